//! A line of somebody's file around a place in it, as errors show it: not longer than a screen takes, and nothing in it that
//! moves a terminal.

/// A line of so many signs is shown whole.
const WHOLE: usize = 200;
/// Of a longer one so many are shown before the place, …
const BEFORE: usize = 60;
/// … so many in all.
const SHOWN: usize = 120;
/// Words that are longer than this are shown by their beginning and their end.
const WORDS: usize = 2000;
const ENDS: usize = 300;
const CUT: &str = "… ";

/// A line, or a part of it, with a place to underline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What is shown of the line.
    pub shown: String,
    /// So many signs of it stand before the place.
    pub before: usize,
    /// So many are the place; at least one.
    pub width: usize,
}

impl Excerpt {
    /// A line around the place that begins after so many signs and is so many wide.
    pub fn around(line: &str, before: usize, width: usize) -> Self {
        let signs = line.chars().count();
        let from = if signs > WHOLE { before.saturating_sub(BEFORE) } else { 0 };
        let most = if signs > WHOLE { SHOWN } else { WHOLE };
        let shown: String = line.chars().skip(from).take(most).map(harmless).collect();
        let head = if from > 0 { CUT } else { "" };
        let tail = if signs > from + most { " …" } else { "" };
        let room = most.saturating_sub(before - from).max(1);
        Self {
            shown: format!("{head}{shown}{tail}").trim_end().to_owned(),
            before: head.chars().count() + before - from,
            width: width.clamp(1, room),
        }
    }

    /// The line below it that underlines the place.
    pub fn marks(&self) -> String {
        format!("{}{}", " ".repeat(self.before), "^".repeat(self.width))
    }
}

/// Words that may quote what somebody's file holds, so that they can be shown; lines stay lines.
pub fn quotable(words: &str) -> String {
    let sign = |sign: char| if sign == '\n' { sign } else { harmless(sign) };
    let shown = |words: &mut dyn Iterator<Item = char>| words.map(sign).collect::<String>();
    let signs = words.chars().count();
    match signs > WORDS {
        false => shown(&mut words.chars()),
        true => {
            let (start, end) = (&mut words.chars().take(ENDS), &mut words.chars().skip(signs - ENDS));
            format!("{} … {}", shown(start), shown(end))
        }
    }
}

/// A sign, or what is shown in its place: `␛` for an escape.
fn harmless(sign: char) -> char {
    match sign {
        '\t' | '\r' | '\n' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(sign)).unwrap_or(' '),
        '\u{7f}' => '\u{2421}',
        // Signs that turn the direction of what stands behind them.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        sign if sign.is_control() => '\u{fffd}',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(excerpt: &Excerpt) -> String {
        excerpt.shown.chars().skip(excerpt.before).take(excerpt.width).collect()
    }

    #[test]
    fn a_line_that_fits_is_shown_as_it_is() {
        let excerpt = Excerpt::around("overlap = \"skipp\"  ", 10, 7);
        assert_eq!((excerpt.shown.as_str(), excerpt.before, excerpt.width), ("overlap = \"skipp\"", 10, 7));
        assert_eq!(excerpt.marks(), "          ^^^^^^^");
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let line = format!("{}HERE{}", "ä".repeat(100_000), "z".repeat(100_000));
        let excerpt = Excerpt::around(&line, 100_000, 4);
        assert_eq!(marked(&excerpt), "HERE");
        assert!(excerpt.shown.starts_with("… ää") && excerpt.shown.ends_with("zz …"), "{}", excerpt.shown);
        let start = Excerpt::around(&line, 0, 200_000);
        assert_eq!((start.before, start.width), (0, SHOWN), "{}", start.shown);
        let end = Excerpt::around(&line, 200_004, 1);
        assert_eq!(end.shown, format!("… {}", "z".repeat(BEFORE)));
        assert_eq!(end.marks().chars().count(), end.shown.chars().count() + 1, "it stands behind the last sign");
    }

    #[test]
    fn what_would_move_a_terminal_is_shown_as_a_sign() {
        assert_eq!(Excerpt::around("a\0\u{1b}[2J\u{9b}\tb\u{202e}\u{7f}", 0, 1).shown, "a␀␛[2J� b�␡");
        assert_eq!(quotable("must not be \"\u{1b}[0m\""), "must not be \"␛[0m\"");
        let long = quotable(&format!("unknown key `{}`; did you mean `schedule`?", "x".repeat(1_000_000)));
        assert!(long.chars().count() < 700 && long.ends_with("`; did you mean `schedule`?"), "{long}");
    }
}
