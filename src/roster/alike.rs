//! Whether two texts say the same to a person: case, blanks and signs that nobody sees do not matter.

use crate::tables::unseen;

/// Whether nobody would call these different.
pub fn alike(one: &str, other: &str) -> bool {
    one == other || folded(one).eq(folded(other))
}

/// The text in lower case, its words one blank apart.
pub fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut gap = false;
    let mut begun = false;
    text.chars().filter(|c| !unseen(*c)).flat_map(move |c| {
        let blank = c.is_whitespace();
        let before = (!blank && gap && begun).then_some(' ');
        gap = blank;
        begun = begun || !blank;
        before.into_iter().chain(c.to_lowercase().filter(move |_| !blank))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_make_no_difference() {
        for (one, other) in
            [("Ada", "ADA "), ("van  der\u{A0}Berg", "Van der Berg"), ("a\u{200B}b", "ab"), ("", " \u{A0}")]
        {
            assert!(alike(one, other), "{one:?} {other:?}");
        }
        for (one, other) in [("Ada", "Adah"), ("vander", "van der"), ("", "x"), ("é", "e")] {
            assert!(!alike(one, other), "{one:?} {other:?}");
        }
        assert_eq!(folded("  Van \t DER  ").collect::<String>(), "van der");
    }
}
