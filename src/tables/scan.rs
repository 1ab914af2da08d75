//! Walks through CSV without keeping any of it: where records begin, how wide they are, and whether the quotes close.
//! It cuts records exactly where the crate `csv` does, which then reads them; a property test holds the two together.

/// One record as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The line on which it begins.
    pub(super) line: u64,
    pub(super) columns: usize,
    /// Whether there is nothing but blanks in it.
    pub(super) blank: bool,
}

/// Quotes that do not close where they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    Open { line: u64 },
    Stray { line: u64, closed: u64 },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    RecordStart,
    CellStart,
    Bare,
    Quoted,
    /// After a quote within a quoted cell: its end, or the first half of a doubled one.
    QuoteSeen,
}

/// The walk; feed it pieces in order, then finish.
pub(super) struct Scan {
    delimiter: u8,
    state: State,
    line: u64,
    span: Span,
    quoted_at: u64,
    stray: Option<Quote>,
    last: u8,
}

impl Scan {
    /// A walk that begins on this line.
    pub(super) fn new(delimiter: u8, line: u64) -> Self {
        let span = Span { line, columns: 1, blank: true };
        Self { delimiter, state: State::RecordStart, line, span, quoted_at: line, stray: None, last: b'\n' }
    }

    /// Goes through the next piece; `each` is told of every record that ends in it.
    pub(super) fn feed(&mut self, piece: &[u8], each: &mut impl FnMut(Span)) {
        for &byte in piece {
            self.step(byte, each);
            if byte == b'\n' {
                self.line += 1;
            }
        }
        self.last = piece.last().copied().unwrap_or(self.last);
    }

    /// The end: the last record if its line did not end, then what is wrong with the quotes.
    pub(super) fn finish(mut self, each: &mut impl FnMut(Span)) -> Result<Finish, Quote> {
        if self.state == State::Quoted {
            return Err(self.stray.unwrap_or(Quote::Open { line: self.quoted_at }));
        }
        if self.state != State::RecordStart {
            self.end_record(each);
        }
        match self.stray {
            Some(quote) => Err(quote),
            None => Ok(Finish { line_ended: matches!(self.last, b'\n' | b'\r') }),
        }
    }

    fn step(&mut self, byte: u8, each: &mut impl FnMut(Span)) {
        let line_end = byte == b'\n' || byte == b'\r';
        match self.state {
            State::RecordStart if line_end => {}
            State::RecordStart => {
                self.span = Span { line: self.line, columns: 1, blank: true };
                self.cell_start(byte, each);
            }
            State::CellStart => self.cell_start(byte, each),
            State::Bare => self.bare(byte, each),
            State::Quoted if byte == b'"' => self.state = State::QuoteSeen,
            State::Quoted => self.span.blank = self.span.blank && is_blank(byte),
            State::QuoteSeen if byte == b'"' => self.state = State::Quoted,
            State::QuoteSeen => {
                let inside = byte != self.delimiter && !line_end;
                if inside && self.line != self.quoted_at && self.stray.is_none() {
                    self.stray = Some(Quote::Stray { line: self.quoted_at, closed: self.line });
                }
                self.bare(byte, each);
            }
        }
    }

    fn cell_start(&mut self, byte: u8, each: &mut impl FnMut(Span)) {
        if byte == b'"' {
            self.quoted_at = self.line;
            self.state = State::Quoted;
        } else {
            self.bare(byte, each);
        }
    }

    fn bare(&mut self, byte: u8, each: &mut impl FnMut(Span)) {
        if byte == self.delimiter {
            self.span.columns += 1;
            self.state = State::CellStart;
        } else if byte == b'\n' || byte == b'\r' {
            self.end_record(each);
        } else {
            self.span.blank = self.span.blank && is_blank(byte);
            self.state = State::Bare;
        }
    }

    fn end_record(&mut self, each: &mut impl FnMut(Span)) {
        each(self.span);
        self.state = State::RecordStart;
    }
}

/// What the end of the file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) line_ended: bool,
}

/// Whether the byte alone says nothing: lines of empty cells are not rows.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'"' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop};
    use proptest::{prop_assert_eq, proptest};

    use super::*;

    fn scan(text: &str) -> (Vec<Span>, Result<Finish, Quote>) {
        let mut spans = Vec::new();
        let mut scan = Scan::new(b',', 1);
        scan.feed(text.as_bytes(), &mut |span| spans.push(span));
        let finish = scan.finish(&mut |span| spans.push(span));
        (spans, finish)
    }

    fn lines(text: &str) -> Vec<u64> {
        scan(text).0.iter().map(|span| span.line).collect()
    }

    #[test]
    fn records_begin_on_the_line_that_an_editor_shows() {
        assert_eq!(lines("a,b\n1,2\n3,4\n"), [1, 2, 3]);
        assert_eq!(lines("a,b\r\n\r\n1,\"x\r\ny\"\r\n3,4"), [1, 3, 5]);
    }

    #[test]
    fn lines_of_blanks_are_seen() {
        let blank: Vec<bool> = scan("a,b\n , \n\"\",\n\",\",\n").0.iter().map(|span| span.blank).collect();
        assert_eq!(blank, [false, true, true, false]);
    }

    #[test]
    fn a_quote_that_never_closes_is_named_by_its_line() {
        assert_eq!(scan("a,b\n1,\"x\n2,y\n").1, Err(Quote::Open { line: 2 }));
    }

    #[test]
    fn a_quote_that_closes_inside_a_cell_of_another_row_is_stray() {
        assert_eq!(scan("a,b\n\"1,x\n2,y\n\"3\",z\n").1, Err(Quote::Stray { line: 2, closed: 4 }));
        assert_eq!(scan("a,b\n\"Ada\" L,x\n").1, Ok(Finish { line_ended: true }), "in one line nothing is swallowed");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn records_are_cut_where_the_reader_cuts_them(
            pieces in prop::collection::vec(prop::sample::select(vec!["\"", ",", "\n", "\r", "\r\n", "a", " ", "ä"]), 0..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let text = pieces.concat();
            let (left, right) = text.as_bytes().split_at(cut.index(text.len() + 1));
            let mut widths = Vec::new();
            let mut scan = Scan::new(b',', 1);
            scan.feed(left, &mut |span| widths.push(span.columns));
            scan.feed(right, &mut |span| widths.push(span.columns));
            let quotes = scan.finish(&mut |span| widths.push(span.columns));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let read: Vec<usize> = reader.records().map(|record| record.unwrap().len()).collect();
            if quotes.is_ok() {
                prop_assert_eq!(widths, read);
            }
        }
    }
}
