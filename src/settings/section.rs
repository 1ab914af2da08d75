//! One section of the settings while it is read: typed values by key, and no key that nobody knows.

use std::time::Duration;

use super::error::{Error, Show, suggestion};
use super::tree::{Node, Origin, Source, Table, Value};

/// A section whose keys are all known.
pub(super) struct Section<'a> {
    /// Its name as errors show it: `[connections.main]`.
    name: String,
    table: Table,
    source: &'a Source,
}

impl<'a> Section<'a> {
    /// Refuses keys that are not among these.
    pub(super) fn new(name: String, table: Table, source: &'a Source, known: &[&str]) -> Result<Self, Error> {
        for (key, origin, _) in &table.0 {
            if !known.contains(&key.as_str()) {
                let place = if name.is_empty() { "at the top".to_owned() } else { format!("in `{name}`") };
                let hint = suggestion(key, known.iter().copied());
                return Err(source.error(format!("there is no key `{key}` {place}{hint}"), origin, Show::Plain));
            }
        }
        Ok(Self { name, table, source })
    }

    /// One value, taken out.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let place = self.table.0.iter().position(|(name, _, _)| name == key)?;
        Some(self.table.0.remove(place).2)
    }

    /// A section below this one; empty when it is not there.
    pub(super) fn table(&mut self, key: &str) -> Result<Table, Error> {
        match self.take(key) {
            None => Ok(Table::default()),
            Some(Node { value: Value::Table(table), .. }) => Ok(table),
            Some(node) => Err(self.wrong(key, &node, "a section")),
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<(String, Origin)>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Node { value: Value::Text(text), origin }) => Ok(Some((text, origin))),
            Some(node) => Err(self.wrong(key, &node, "text in quotes")),
        }
    }

    pub(super) fn bool(&mut self, key: &str, default: bool) -> Result<bool, Error> {
        let Some(node) = self.take(key) else { return Ok(default) };
        match (&node.value, &node.origin) {
            (Value::Bool(yes), _) => Ok(*yes),
            (Value::Text(text), Origin::Environment(_)) if text == "true" || text == "false" => Ok(text == "true"),
            _ => Err(self.wrong(key, &node, "true or false")),
        }
    }

    /// A whole number between both, inclusive.
    pub(super) fn int(&mut self, key: &str, default: u64, min: u64, max: u64) -> Result<u64, Error> {
        let Some(node) = self.take(key) else { return Ok(default) };
        let number = match (&node.value, &node.origin) {
            (Value::Int(number), _) => u64::try_from(*number).ok(),
            (Value::Text(text), Origin::Environment(_)) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(number),
            None if max == u64::MAX => Err(self.wrong(key, &node, &format!("a whole number from {min}"))),
            None => Err(self.wrong(key, &node, &format!("a whole number from {min} to {max}"))),
        }
    }

    /// A whole number up to `max`; `None` where it is not set.
    pub(super) fn number_if_set(&mut self, key: &str, max: u32) -> Result<Option<u32>, Error> {
        if !self.table.0.iter().any(|(name, _, _)| name == key) {
            return Ok(None);
        }
        let number = self.int(key, 0, 0, u64::from(max))?;
        Ok(Some(u32::try_from(number).unwrap_or(max)))
    }

    /// A list of texts; in the environment with commas between them.
    pub(super) fn texts(&mut self, key: &str) -> Result<Option<(Vec<String>, Origin)>, Error> {
        let Some(node) = self.take(key) else { return Ok(None) };
        let texts: Option<Vec<String>> = match (&node.value, &node.origin) {
            (Value::List(items), _) => items
                .iter()
                .map(|item| match &item.value {
                    Value::Text(text) => Some(text.trim().to_owned()),
                    _ => None,
                })
                .collect(),
            (Value::Text(text), Origin::Environment(_)) => {
                Some(text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
            }
            _ => None,
        };
        match texts.filter(|texts| texts.iter().all(|text| !text.is_empty())) {
            Some(texts) => Ok(Some((texts, node.origin))),
            None => Err(self.wrong(key, &node, "a list of texts in quotes")),
        }
    }

    /// A number between both, inclusive.
    pub(super) fn number(&mut self, key: &str, min: f64, max: f64) -> Result<Option<f64>, Error> {
        let Some(node) = self.take(key) else { return Ok(None) };
        let number = match (&node.value, &node.origin) {
            #[expect(clippy::cast_precision_loss, reason = "the allowed numbers are small")]
            (Value::Int(number), _) => Some(*number as f64),
            (Value::Float(number), _) => Some(*number),
            (Value::Text(text), Origin::Environment(_)) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, &node, &format!("a number from {min} to {max}"))),
        }
    }

    /// A length of time: `"30s"`, `"1h 30m"`, `"7d"`, or a number of seconds. More than nothing.
    pub(super) fn time(&mut self, key: &str, default: Duration) -> Result<Duration, Error> {
        let Some(node) = self.take(key) else { return Ok(default) };
        self.has_unit(key, &node)?;
        match time_of(&node.value).filter(|time| !time.is_zero()) {
            Some(time) => Ok(time),
            None => {
                let want = "a length of time such as \"30s\" or \"1h 30m\"";
                let why = match (time_of(&node.value), is_negative(&node.value)) {
                    (Some(_), _) => "is no time at all",
                    (None, true) => "is less than no time",
                    (None, false) => return Err(self.wrong(key, &node, want)),
                };
                Err(self.source.error(format!("`{key}` {why}; write {want}"), &node.origin, Show::Plain))
            }
        }
    }

    /// The same up to so long, or `"off"`, which is no time at all.
    pub(super) fn time_or_off(&mut self, key: &str, default: Duration, most: Duration) -> Result<Duration, Error> {
        let Some(node) = self.take(key) else { return Ok(default) };
        if matches!(&node.value, Value::Text(text) if text.trim() == "off") {
            return Ok(Duration::ZERO);
        }
        self.has_unit(key, &node)?;
        match time_of(&node.value).filter(|time| !time.is_zero() && *time <= most) {
            Some(time) => Ok(time),
            None => {
                let want =
                    format!("a length of time such as \"30s\", {} at most, or \"off\"", crate::model::span(most));
                Err(self.wrong(key, &node, &want))
            }
        }
    }

    /// Refuses text that is a bare number: minutes may be meant as well. All that variables hold is text.
    fn has_unit(&self, key: &str, node: &Node) -> Result<(), Error> {
        match (&node.value, &node.origin) {
            (Value::Text(text), Origin::File(_)) if text.trim().parse::<f64>().is_ok() => {
                let number = text.trim();
                let why = format!("has no unit; write \"{number}s\", \"{number}m\" or \"{number}h\"");
                Err(self.refuse(key, &node.origin, &why))
            }
            _ => Ok(()),
        }
    }

    /// A size: `"64 MiB"`, or a number of bytes. More than nothing.
    pub(super) fn size(&mut self, key: &str, default: u64) -> Result<u64, Error> {
        self.size_from(key, default, 1)
    }

    /// The same, of at least so many bytes.
    pub(super) fn size_from(&mut self, key: &str, default: u64, least: u64) -> Result<u64, Error> {
        let Some(node) = self.take(key) else { return Ok(default) };
        let size = match &node.value {
            Value::Int(bytes) => u64::try_from(*bytes).ok(),
            Value::Text(text) => size(text),
            _ => None,
        };
        match size.filter(|size| *size >= least) {
            Some(size) => Ok(size),
            None if least > 1 => {
                let want = format!("a size such as \"1 GiB\", at least {}", crate::model::size(least));
                Err(self.wrong(key, &node, &want))
            }
            None => Err(self.wrong(key, &node, "a size such as \"64 MiB\"")),
        }
    }

    /// An error about a value of an ordinary setting.
    pub(super) fn refuse(&self, key: &str, origin: &Origin, why: &str) -> Error {
        self.source.error(format!("`{key}` {why}"), origin, Show::Plain)
    }

    /// An error about a value that may be a secret.
    pub(super) fn refuse_secretly(&self, key: &str, origin: &Origin, why: &str) -> Error {
        self.source.error(format!("`{key}` {why}"), origin, Show::Masked)
    }

    /// The section's name, as errors show it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn wrong(&self, key: &str, node: &Node, want: &str) -> Error {
        let have = match &node.value {
            Value::Text(_) => "text",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a section",
            Value::Other(what) => what,
        };
        let problem = match have == kind_of(want) {
            true => format!("`{key}` must be {want}"),
            false => format!("`{key}` must be {want}, not {have}"),
        };
        self.source.error(problem, &node.origin, Show::Plain)
    }
}

/// Whether what was wanted and what was given are of one kind, so that naming the kind would not help.
fn kind_of(want: &str) -> &str {
    match want {
        want if want.contains("number") => "a number",
        want if want.contains("such as") => "text",
        want => want,
    }
}

fn time_of(value: &Value) -> Option<Duration> {
    match value {
        Value::Int(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
        Value::Float(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
        Value::Text(text) => match text.trim().parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => length(text.trim()),
        },
        _ => None,
    }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Int(seconds) => *seconds < 0,
        Value::Float(seconds) => *seconds < 0.0,
        Value::Text(text) => text.trim().parse::<jiff::Span>().is_ok_and(|span| span.is_negative()),
        _ => false,
    }
}

/// A length of time as settings write it: `1h 30m`, `7d`; days are 24 hours.
pub fn length(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?.try_into().ok()
}

fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{length, size};

    #[test]
    fn lengths_of_time_are_read_with_their_units() {
        let seconds = |text| length(text).map(|time: Duration| time.as_secs_f64());
        assert_eq!(seconds("1h 30m"), Some(5_400.0));
        assert_eq!(seconds("7d"), Some(604_800.0));
        assert_eq!(seconds("1w 12h"), Some(648_000.0));
        assert_eq!(seconds("1.5s"), Some(1.5));
        for wrong in ["", "soon", "-5m", "1 month", "2y", "30"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("64 MiB"), Some(64 << 20));
        assert_eq!(size("2gb"), Some(2_000_000_000));
        assert_eq!(size("17"), Some(17));
        for wrong in ["", "MiB", "1.5 MiB", "1 parsec", "99999999999 GiB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
