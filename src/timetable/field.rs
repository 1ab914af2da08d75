//! One of the five fields: its name, its numbers, and the values that its text means.

use std::fmt;
use std::ops::Range;

use super::Refused;

/// The five fields, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59
    Minute,
    /// 0 to 23
    Hour,
    /// 1 to 31
    DayOfMonth,
    /// 1 to 12, or a name
    Month,
    /// 0 to 7, both Sunday, or a name
    DayOfWeek,
}

pub(super) const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
pub(super) const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The values of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values {
    /// A bit a value; Sunday is 0.
    pub(super) bits: u64,
    /// Whether its text begins with `*`: such a day field does not restrict by itself, such a time follows the real clock.
    pub(super) star: bool,
}

impl Values {
    pub(super) fn has(self, value: u32) -> bool {
        self.bits >> value & 1 == 1
    }

    pub(super) fn list(self) -> Vec<u32> {
        (0..u64::BITS).filter(|value| self.has(*value)).collect()
    }

    /// Whether it has every value that the field can have.
    pub(super) fn is_all(self, field: Field) -> bool {
        let (low, high) = field.bounds();
        let high = if field == Field::DayOfWeek { 6 } else { high };
        (low..=high).all(|value| self.has(value))
    }
}

/// The text of one field within its expression.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) whole: &'a str,
    pub(super) field: Field,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Field {
    /// Its place, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Its lowest and its highest number, as they may be written.
    pub(super) fn bounds(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 7),
        }
    }

    fn named(self, text: &str) -> Option<u32> {
        let (names, first): (&[&str], u32) = match self {
            Self::Month => (&MONTHS, 1),
            Self::DayOfWeek => (&WEEKDAYS, 0),
            _ => return None,
        };
        (first..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(number, _)| number)
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Minute => "write numbers from 0 to 59",
            Self::Hour => "write numbers from 0 to 23",
            Self::DayOfMonth => "write numbers from 1 to 31",
            Self::Month => "write numbers from 1 to 12 or names from JAN to DEC",
            Self::DayOfWeek => "write numbers from 0 (Sunday) to 6 (Saturday) or names from SUN to SAT",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

impl Text<'_> {
    /// Reads a list of values, ranges and steps.
    pub(super) fn values(self) -> Result<Values, Refused> {
        let text = &self.whole[self.from..self.to];
        let mut bits = 0;
        let mut at = self.from;
        for item in text.split(',') {
            bits |= self.item(item, at)?;
            at += item.len() + 1;
        }
        if self.field == Field::DayOfWeek && bits >> 7 & 1 == 1 {
            bits = bits & !(1 << 7) | 1;
        }
        Ok(Values { bits, star: text.starts_with('*') })
    }

    fn item(self, item: &str, at: usize) -> Result<u64, Refused> {
        let whole = at..at + item.len();
        if item.is_empty() {
            return Err(self.refused(self.beside(at), "a value is missing", "write one on both sides of each comma"));
        }
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            Some((range, step)) => (range, Some(self.step(step, at + range.len() + 1)?)),
        };
        let (low, high) = match (range, range.split_once('-')) {
            ("*", _) => self.field.bounds_of_star(),
            (_, Some((low, high))) => self.range((low, high), at)?,
            (one, None) => {
                let value = self.value(one, at)?;
                if let Some(step) = step {
                    let (_, last) = self.field.bounds_of_star();
                    let fix = format!("write `{one}-{last}/{step}`");
                    return Err(self.refused(whole, format!("`{item}` steps, but says no range"), fix));
                }
                (value, value)
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        Ok((low..=high).step_by(step).fold(0, |bits, value| bits | 1 << value))
    }

    fn range(self, (low, high): (&str, &str), at: usize) -> Result<(u32, u32), Refused> {
        let (from, to) = (self.value(low, at)?, self.value(high, at + low.len() + 1)?);
        if from > to {
            let (first, last) = self.field.bounds_of_star();
            let fix = match from > last {
                true => format!("write `{}`", span(first, to)),
                false => format!("write `{},{}`", span(from, last), span(first, to)),
            };
            let at = at..at + low.len() + 1 + high.len();
            return Err(self.refused(at, format!("the range `{low}-{high}` runs backwards"), fix));
        }
        Ok((from, to))
    }

    fn step(self, text: &str, at: usize) -> Result<u32, Refused> {
        let step = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        match step.filter(|step| *step > 0) {
            Some(step) => Ok(step),
            None if text.is_empty() => {
                Err(self.refused(self.beside(at), "a step is missing", "write a number from 1 after the `/`"))
            }
            None => {
                let problem = format!("`{text}` is no step");
                Err(self.refused(at..at + text.len(), problem, "write a number from 1 after the `/`"))
            }
        }
    }

    fn value(self, text: &str, at: usize) -> Result<u32, Refused> {
        let place = at..at + text.len();
        if let Some(named) = self.field.named(text) {
            return Ok(named);
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let (low, high) = self.field.bounds();
            return match text.parse().ok().filter(|number| (low..=high).contains(number)) {
                Some(number) => Ok(number),
                None => Err(self.refused(place, format!("there is no {} `{text}`", self.field), self.field.allowed())),
            };
        }
        let fix = match text {
            "?" => "write `*`",
            "H" | "h" => "write a number; `jitter = \"10m\"` in the job spreads the load",
            "*" => "write `*` alone, or `*/N`",
            _ if text.contains(['L', 'W', '#']) => "beadle reads what Debian's cron reads: no `L`, `W` and `#`",
            _ => self.field.allowed(),
        };
        match text {
            "" => Err(self.refused(self.beside(at), "a number is missing", fix)),
            text => Err(self.refused(place, format!("`{text}` is no {}", self.field), fix)),
        }
    }

    /// What is missing has no characters of its own: the one before it is pointed at, or the one that stands in its place.
    fn beside(self, at: usize) -> Range<usize> {
        if at > self.from { at - 1..at } else { at..(at + 1).min(self.to) }
    }

    fn refused(self, at: Range<usize>, problem: impl Into<String>, fix: impl Into<String>) -> Refused {
        let (problem, fix) = (problem.into(), fix.into());
        Refused { expression: self.whole.to_owned(), field: Some(self.field), at, problem, fix }
    }
}

impl Field {
    /// What `*` means: Sunday once.
    fn bounds_of_star(self) -> (u32, u32) {
        match self {
            Self::DayOfWeek => (0, 6),
            _ => self.bounds(),
        }
    }
}

fn span(from: u32, to: u32) -> String {
    if from == to { from.to_string() } else { format!("{from}-{to}") }
}
