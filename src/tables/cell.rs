//! Cells: what a spreadsheet would execute, and blanks that nobody sees.

use std::borrow::Cow;

/// Characters that spreadsheets and web pages leave around a text without anybody seeing them.
const UNSEEN: &[char] = &['\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{00AD}'];

/// The cell with a `'` in front if a spreadsheet would execute it.
pub fn neutralised(cell: &str) -> Cow<'_, str> {
    match executes(cell) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// The cell without the `'` that keeps a spreadsheet from executing it; `'t Hooft` keeps his.
pub fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if executes(rest) => rest,
        _ => cell,
    }
}

/// The text without blanks (NBSP and zero-width ones too) around it.
pub fn tidy(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || unseen(c))
}

/// Whether the character takes no room: zero-width blanks, soft hyphens, byte order marks.
pub fn unseen(c: char) -> bool {
    UNSEEN.contains(&c)
}

fn executes(cell: &str) -> bool {
    matches!(cell.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_execute_gets_a_quote_and_loses_it_again() {
        for cell in ["=1+1", "+49 30", "-5", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(neutralised(cell), format!("'{cell}"));
            assert_eq!(unquoted(&neutralised(cell)), cell);
        }
        for cell in ["", "Ada", "1-1", "a=b", " =1"] {
            assert_eq!(neutralised(cell), cell);
        }
    }

    #[test]
    fn an_apostrophe_that_belongs_to_a_name_stays() {
        for cell in ["'t Hooft", "'", "''", "'49er", "O'Neill"] {
            assert_eq!(unquoted(cell), cell);
            assert_eq!(neutralised(cell), cell);
        }
    }

    #[test]
    fn blanks_that_nobody_sees_are_taken_off() {
        assert_eq!(tidy("\u{FEFF} \u{A0}Ada Lovelace\u{200B}\t"), "Ada Lovelace");
    }
}
