//! A value that only the platform can give, while a plan is made: the id of a group that is not there yet. It travels
//! as text that can be told apart from everything a platform sends, and is filled in when the plan is applied.

use std::borrow::Cow;
use std::fmt;

const BEGIN: &str = "⟦after apply: ";
const END: char = '⟧';

/// The text that stands for such a value: `⟦after apply: group founders⟧`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder(String);

impl Placeholder {
    /// Stands for what is named; the same name is the same value.
    pub fn of(what: &str) -> Self {
        let what: String = what.chars().filter(|sign| !matches!(sign, '⟦' | '⟧')).collect();
        Self(format!("{BEGIN}{}{END}", what.trim().to_lowercase()))
    }

    /// The placeholder that this text is, as a whole.
    pub fn parse(text: &str) -> Option<Self> {
        let what = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
        (!what.contains(['⟦', '⟧'])).then(|| Self(text.to_owned()))
    }

    /// Whether a text holds one anywhere, in any case: such a text may be shown, and sent to nobody.
    pub fn is_in(text: &str) -> bool {
        text.contains('⟦') && text.to_lowercase().contains(BEGIN)
    }

    /// What the first one in a text stands for; "a value" where that can no longer be told.
    pub fn what_in(text: &str) -> &str {
        let inner = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        inner.map_or("a value", |(what, _)| what)
    }

    /// A text as people read it: `Group (known after apply: group founders)`.
    pub fn readable(text: &str) -> Cow<'_, str> {
        if !text.contains(BEGIN) {
            return Cow::Borrowed(text);
        }
        let mut parts = text.split(BEGIN);
        let mut readable = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once(END) {
                Some((what, rest)) => readable.extend(["(known after apply: ", what, ")", rest]),
                None => readable.extend([BEGIN, part]),
            }
        }
        Cow::Owned(readable)
    }

    /// What it stands for: `group founders`.
    pub fn what(&self) -> &str {
        self.0.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).unwrap_or_default()
    }

    /// The text that travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_read_back_and_survives_the_way_keys_are_compared() {
        let one = Placeholder::of("group Founders ");
        assert_eq!(one.as_str(), "⟦after apply: group founders⟧");
        assert_eq!(one.as_str().trim().to_lowercase(), one.as_str());
        assert_eq!(Placeholder::parse(one.as_str()), Some(one.clone()));
        assert_eq!(one.what(), "group founders");
        assert_eq!(Placeholder::of("a ⟦nested⟧ one").what(), "a nested one");
    }

    #[test]
    fn text_around_a_placeholder_is_none_itself_and_still_holds_one() {
        let text = format!("Group {}", Placeholder::of("group a"));
        assert_eq!(Placeholder::parse(&text), None);
        assert!(Placeholder::is_in(&text) && !Placeholder::is_in("Group 12"));
        assert!(Placeholder::is_in(&text.to_uppercase()), "also in capitals");
        assert_eq!(Placeholder::what_in(&text), "group a");
        assert_eq!(Placeholder::what_in(&text.to_uppercase()), "a value");
    }

    #[test]
    fn people_read_what_it_stands_for() {
        let (one, two) = (Placeholder::of("group a"), Placeholder::of("user b@c.example"));
        let text = format!("[{one}] and {two}!");
        let readable = "[(known after apply: group a)] and (known after apply: user b@c.example)!";
        assert_eq!(Placeholder::readable(&text), readable);
        assert_eq!(Placeholder::readable("⟦after apply: cut"), "⟦after apply: cut");
        assert!(matches!(Placeholder::readable("⟦x⟧"), Cow::Borrowed("⟦x⟧")));
    }
}
