//! What is kept of a log that a run writes: its beginning and its end, within bounds, however much it says. Pure.
//! Its one rule: a line that is not kept is counted.

use std::collections::VecDeque;

use crate::store::{Cut, LogLine};

/// Lines of the beginning, and as many of the end.
const LINES: usize = 5_000;
/// Bytes of the beginning, and as many of the end.
const BYTES: usize = 2 << 20;
/// Bytes of a line.
const LINE: usize = 64 << 10;

/// The log of one attempt on its way into the store.
#[derive(Debug)]
pub(super) struct Kept {
    bounds: Bounds,
    /// What was taken of the beginning.
    lines: usize,
    bytes: usize,
    is_full: bool,
    /// Lines of the beginning that are not written yet.
    head: Vec<LogLine>,
    /// Lines of the end that are not written yet.
    tail: VecDeque<LogLine>,
    /// Sizes of the lines of the end that are written, the oldest first.
    written: VecDeque<usize>,
    /// Bytes of both.
    held: usize,
    /// Lines that went before they were written, and written ones that have to go.
    cut: Cut,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    lines: usize,
    bytes: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::within(Bounds { lines: LINES, bytes: BYTES })
    }
}

impl Kept {
    fn within(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: 0,
            bytes: 0,
            is_full: false,
            head: Vec::new(),
            tail: VecDeque::new(),
            written: VecDeque::new(),
            held: 0,
            cut: Cut::default(),
        }
    }

    /// Takes a line.
    pub(super) fn take(&mut self, line: LogLine) {
        let size = line.text.len();
        self.is_full |= self.lines == self.bounds.lines || self.bytes + size > self.bounds.bytes;
        if !self.is_full {
            (self.lines, self.bytes) = (self.lines + 1, self.bytes + size);
            self.head.push(line);
            return;
        }
        self.held += size;
        self.tail.push_back(line);
        while self.tail.len() + self.written.len() > self.bounds.lines || self.held > self.bounds.bytes {
            if let Some(size) = self.written.pop_front() {
                self.held -= size;
                self.cut.written += 1;
            } else if let Some(line) = self.tail.pop_front() {
                self.held -= line.text.len();
                self.cut.unwritten += 1;
            }
        }
    }

    /// Lines of the beginning, to be written now.
    pub(super) fn head(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.head)
    }

    /// Whether lines of the end wait.
    pub(super) fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }

    /// Lines of the end, and what has to go for them.
    pub(super) fn tail(&mut self) -> (Cut, Vec<LogLine>) {
        let lines: Vec<LogLine> = self.tail.drain(..).collect();
        self.written.extend(lines.iter().map(|line| line.text.len()));
        (std::mem::take(&mut self.cut), lines)
    }
}

/// What is kept of a line.
pub(super) fn shortened(text: String) -> String {
    if text.len() <= LINE {
        return text;
    }
    let end = text.floor_char_boundary(LINE);
    format!("{} … ({} more bytes of this line are not kept)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { at: 1, level: "print".into(), text: text.into() }
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_beginning_and_the_end_are_kept_and_the_rest_is_counted() {
        let mut kept = Kept::within(Bounds { lines: 3, bytes: 1_000 });
        (0..5).for_each(|n| kept.take(line(&n.to_string())));
        assert_eq!(texts(&kept.head()), ["0", "1", "2"]);
        let (cut, lines) = kept.tail();
        assert_eq!((cut, texts(&lines)), (Cut::default(), vec!["3", "4"]));
        (5..7).for_each(|n| kept.take(line(&n.to_string())));
        let (cut, lines) = kept.tail();
        assert_eq!((cut, texts(&lines)), (Cut { written: 1, unwritten: 0 }, vec!["5", "6"]), "3 goes for 6");
        (7..20).for_each(|n| kept.take(line(&n.to_string())));
        let (cut, lines) = kept.tail();
        assert_eq!((cut, texts(&lines)), (Cut { written: 3, unwritten: 10 }, vec!["17", "18", "19"]));
        assert!(!kept.has_tail() && kept.head().is_empty());
    }

    #[test]
    fn bytes_count_as_well_as_lines() {
        let mut kept = Kept::within(Bounds { lines: 100, bytes: 10 });
        for text in ["123456", "123456", "ab", "c", "1234567"] {
            kept.take(line(text));
        }
        assert_eq!(texts(&kept.head()), ["123456"]);
        let (cut, lines) = kept.tail();
        assert_eq!((cut, texts(&lines)), (Cut { written: 0, unwritten: 1 }, vec!["ab", "c", "1234567"]));
        kept.take(line("longer than all there is room for"));
        let (cut, lines) = kept.tail();
        assert_eq!((cut, lines.len()), (Cut { written: 3, unwritten: 1 }, 0));
    }

    #[test]
    fn a_line_is_kept_up_to_a_length() {
        assert_eq!(shortened("short".into()), "short");
        let long = shortened("ä".repeat(LINE));
        assert_eq!(long.len(), LINE + " … (65536 more bytes of this line are not kept)".len());
        assert!(long.ends_with("ä … (65536 more bytes of this line are not kept)"));
    }
}
