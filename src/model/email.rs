//! An e-mail address as people write it and as it is compared.

use std::fmt;

/// Characters that spreadsheets and web pages leave around an address.
const INVISIBLE: &[char] =
    &['\u{00A0}', '\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{202F}', '\u{00AD}'];

/// An address: shown as written (blanks taken off), compared without case.
/// `+tags` and dots are kept: they are different addresses to a platform.
#[derive(Clone, Debug)]
pub struct Email {
    shown: String,
    key: String,
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("no e-mail address")]
    Missing,
    /// Something else is there.
    #[error("`{0}` is not an e-mail address: {1}")]
    Malformed(String, &'static str),
}

impl Email {
    /// Reads an address; blanks, NBSP and zero-width characters around it are dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let shown = text.trim_matches(|c: char| c.is_whitespace() || INVISIBLE.contains(&c));
        if shown.is_empty() {
            return Err(EmailError::Missing);
        }
        let bad = |why| Err(EmailError::Malformed(shown.to_owned(), why));
        let Some((local, domain)) = shown.rsplit_once('@') else {
            return bad("there is no `@`");
        };
        if shown.len() > 254 {
            return bad("it is longer than 254 characters");
        }
        if local.is_empty() || domain.is_empty() {
            return bad("one side of the `@` is empty");
        }
        let odd = |c: char| c.is_whitespace() || c.is_control() || INVISIBLE.contains(&c) || ",;<>()[]\\\"".contains(c);
        if shown.contains(odd) {
            return bad("it holds a blank or a sign that addresses do not have");
        }
        if local.contains('@') {
            return bad("it has more than one `@`");
        }
        if !domain.contains('.') || domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
            return bad("its domain is not complete");
        }
        Ok(Self { key: shown.to_lowercase(), shown: shown.to_owned() })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// As compared: lower case.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Email {}
impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_case_and_zero_width_do_not_make_another_address() {
        let a = Email::parse("\u{FEFF} Ada@Example.ORG\u{00A0}").unwrap();
        assert_eq!(a, Email::parse("ada@example.org").unwrap());
        assert_eq!(a.as_str(), "Ada@Example.ORG", "shown as written");
    }

    #[test]
    fn tags_and_dots_are_other_addresses() {
        assert_ne!(Email::parse("a+x@b.example").unwrap(), Email::parse("a@b.example").unwrap());
        assert_ne!(Email::parse("a.b@c.example").unwrap(), Email::parse("ab@c.example").unwrap());
    }

    #[test]
    fn what_is_no_address_says_why() {
        assert_eq!(Email::parse(" \u{200B}"), Err(EmailError::Missing));
        for text in
            ["plain", "@b.example", "a@", "a@b", "a b@c.example", "a@b@c.example", "a@b..example", "a@b.example;"]
        {
            let Err(EmailError::Malformed(shown, _)) = Email::parse(text) else {
                panic!("{text} was taken for an address")
            };
            assert_eq!(shown, text);
        }
    }
}
