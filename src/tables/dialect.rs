//! How the cells of a line are separated: said in a `sep=` line, or seen in the first rows, quotes respected.

use super::scan::Scan;

/// What separates cells, and what stands before the column names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Bytes of the `sep=` line; 0 without one.
    pub(super) skip: usize,
}

/// In the order in which they win a draw: a comma stands in prose, too.
const CANDIDATES: [u8; 4] = [b';', b'\t', b'|', b','];
/// Rows that are looked at.
const ROWS: usize = 200;

/// What the beginning of the text shows; `whole` says whether it is all of it.
pub(super) fn detect(start: &[u8], whole: bool) -> Dialect {
    if let Some((delimiter, skip)) = said(start) {
        return Dialect { delimiter, skip };
    }
    let best = CANDIDATES.iter().rev().filter_map(|&delimiter| Some((fit(start, whole, delimiter)?, delimiter)));
    let delimiter = best.max_by_key(|(fit, _)| *fit).map_or(b',', |(_, delimiter)| delimiter);
    Dialect { delimiter, skip: 0 }
}

/// Excel's own: `sep=;` alone on the first line.
fn said(start: &[u8]) -> Option<(u8, usize)> {
    let end = start.iter().position(|byte| *byte == b'\n' || *byte == b'\r')?;
    let line = start[..end].trim_ascii();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (word, sign) = line.split_at_checked(4)?;
    let delimiter = match sign {
        [sign] => *sign,
        // A tab at the end of the line went with the blanks.
        [] if start[..end].contains(&b'\t') => b'\t',
        _ => return None,
    };
    if !word.eq_ignore_ascii_case(b"sep=") || delimiter.is_ascii_alphanumeric() || !delimiter.is_ascii() {
        return None;
    }
    let line_end = if start[end..].starts_with(b"\r\n") { 2 } else { 1 };
    Some((delimiter, end + line_end))
}

/// How well this sign cuts the text: per mille of rows as wide as the names, then how wide; `None` if it cuts nothing.
fn fit(start: &[u8], whole: bool, delimiter: u8) -> Option<(usize, usize)> {
    let mut widths = Vec::new();
    let mut note = |span: super::scan::Span| {
        if !span.blank && widths.len() < ROWS {
            widths.push(span.columns);
        }
    };
    let mut scan = Scan::new(delimiter, 1);
    scan.feed(start, &mut note);
    if whole {
        // Quotes that stay open are told by the full walk; here only the shape counts.
        scan.finish(&mut note).ok();
    }
    let wide = widths.first().copied().filter(|wide| *wide > 1)?;
    let alike = widths.iter().filter(|width| **width == wide).count();
    Some((alike * 1000 / widths.len(), wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &str) -> char {
        char::from(detect(text.as_bytes(), true).delimiter)
    }

    #[test]
    fn the_sign_that_cuts_names_and_rows_alike_is_taken() {
        assert_eq!(delimiter("email,name\na@b.example,Ada\n"), ',');
        assert_eq!(delimiter("email;name\na@b.example;Ada\n"), ';');
        assert_eq!(delimiter("email\tname\na@b.example\tAda\n"), '\t');
        assert_eq!(delimiter("email|name\na@b.example|Ada\n"), '|');
        assert_eq!(delimiter("email\na@b.example\n"), ',', "one column: any sign will do");
    }

    #[test]
    fn signs_within_quotes_do_not_count() {
        assert_eq!(delimiter("\"a;b;c\",name\n\"x;y;z\",Ada\n"), ',');
    }

    #[test]
    fn commas_in_prose_lose_against_the_true_sign() {
        assert_eq!(delimiter("Name, Vorname;E-Mail\nLovelace, Ada;a@b.example\n"), ';');
        assert_eq!(delimiter("email;note\na@b.example;one, two, three\nc@d.example;none\n"), ';');
    }

    #[test]
    fn a_sep_line_says_it() {
        assert_eq!(detect(b"sep=;\r\na,b;c\r\n", true), Dialect { delimiter: b';', skip: 7 });
        assert_eq!(detect(b"\"SEP=|\"\na|b\n", true), Dialect { delimiter: b'|', skip: 8 });
        assert_eq!(detect(b"sep=\t\na\tb\n", true), Dialect { delimiter: b'\t', skip: 6 });
        assert_eq!(detect(b"separate,b\n", true).skip, 0);
    }
}
