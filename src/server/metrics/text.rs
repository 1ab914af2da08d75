//! Prometheus's text format 0.0.4: families of samples, each with its help and its type.

use std::fmt::Write as _;

/// What a family counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// It only grows, and begins anew with the process.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many were at most so long.
    Histogram,
}

/// The text while it is written.
#[derive(Debug, Default)]
pub(super) struct Text(String);

/// A family whose samples are being written.
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

/// All that a histogram is about.
pub(super) struct Whole {
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// A count as the format knows it.
#[expect(clippy::cast_precision_loss, reason = "the format knows only floating-point numbers")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

impl Text {
    /// Begins a family; its samples follow at once.
    pub(super) fn family(&mut self, name: &'static str, kind: Type, help: &str) -> Family<'_> {
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a text never fails.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { text: &mut self.0, name }
    }

    /// A family of one sample.
    pub(super) fn one(&mut self, name: &'static str, kind: Type, help: &str, value: f64) {
        self.family(name, kind, help).sample(&[], value);
    }

    pub(super) fn whole(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// One sample.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.part("", labels, value);
    }

    /// A histogram: how many there were of each length, with the upper ends of the lengths.
    pub(super) fn histogram(
        &mut self,
        labels: &[(&str, &str)],
        lengths: impl Iterator<Item = (f64, u64)>,
        whole: Whole,
    ) {
        let mut below = 0;
        for (end, count) in lengths {
            below += count;
            self.part("_bucket", &[labels, &[("le", &end.to_string())]].concat(), number(below));
        }
        self.part("_bucket", &[labels, &[("le", "+Inf")]].concat(), number(whole.count));
        self.part("_sum", labels, whole.sum);
        self.part("_count", labels, number(whole.count));
    }

    /// A sample whose name ends so.
    fn part(&mut self, end: &str, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(self.name);
        self.text.push_str(end);
        for (place, (name, value)) in labels.iter().enumerate() {
            self.text.push(if place == 0 { '{' } else { ',' });
            self.text.push_str(name);
            self.text.push_str("=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    c => self.text.push(c),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        // Writing to a text never fails.
        let _ = writeln!(self.text, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_help_are_escaped_as_the_format_has_it() {
        let mut text = Text::default();
        let mut family = text.family("beadle_x_total", Type::Counter, "a\\b\nc");
        family.sample(&[("job", "a\"b\\c\nd"), ("outcome", "done")], 3.0);
        family.sample(&[], 0.25);
        let wanted = "# HELP beadle_x_total a\\\\b\\nc\n# TYPE beadle_x_total counter\n\
                      beadle_x_total{job=\"a\\\"b\\\\c\\nd\",outcome=\"done\"} 3\nbeadle_x_total 0.25\n";
        assert_eq!(text.whole(), wanted);
    }
}
