//! What a refusal means, read from an answer in any of the shapes a platform has for it.

/// What went wrong, in words that scripts compare: `err.code == "not_found"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The platform does not have it.
    NotFound,
    /// The platform did not like the request.
    Refused,
    /// The credentials are wrong.
    Unauthorized,
    /// The credentials are right and not enough.
    Forbidden,
    /// Too many requests.
    TooMany,
    /// Something else of the same kind is still being worked on.
    Busy,
    /// The platform has a problem of its own.
    Unavailable,
    /// The answer cannot be understood.
    Unreadable,
}

impl Code {
    /// The word that scripts see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::TooMany => "too_many_requests",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it means.
    pub code: Code,
    /// The HTTP status it came with.
    pub status: u16,
    /// The platform's own words, at most 500 characters.
    pub message: String,
    /// Whether a read may be tried again.
    pub transient: bool,
    /// Whether a write that got this answer may have happened all the same (`docs/ledger.md`).
    pub doubtful: bool,
    /// Whether the words are not the platform's: a web page, or what its adapter knows for none of its own. Then something
    /// before the platform has answered in its place.
    pub foreign: bool,
}

/// Longest message kept.
const LONGEST: usize = 500;

impl Fault {
    /// Judges by the HTTP status alone, with the platform's words. The classes of writes are those of the ledger's rules:
    /// 401, 403, 429 and, for one subject, 400, 404, 405, 413, 415, 422 did nothing; anything else may have.
    pub fn by_status(status: u16, message: impl Into<String>) -> Self {
        let code = match status {
            401 => Code::Unauthorized,
            403 => Code::Forbidden,
            404 | 410 => Code::NotFound,
            429 => Code::TooMany,
            408 | 425 | 500..=599 => Code::Unavailable,
            _ => Code::Refused,
        };
        let message: String = message.into();
        let foreign = message.trim_start().starts_with('<');
        Self {
            code,
            status,
            message: message.chars().take(LONGEST).collect(),
            transient: matches!(status, 408 | 425 | 429 | 500..=599),
            doubtful: !matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429),
            foreign,
        }
    }

    /// An answer that says "it worked" and cannot be understood.
    pub fn unreadable(status: u16, message: impl Into<String>) -> Self {
        Self {
            code: Code::Unreadable,
            status,
            message: message.into().chars().take(LONGEST).collect(),
            transient: true,
            doubtful: true,
            foreign: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_is_wrong_whether_to_try_again_and_whether_it_may_have_happened() {
        let of = |status| {
            let fault = Fault::by_status(status, "");
            (fault.code, fault.transient, fault.doubtful)
        };
        for status in [400, 405, 413, 415, 422] {
            assert_eq!(of(status), (Code::Refused, false, false), "{status}");
        }
        assert_eq!(of(401), (Code::Unauthorized, false, false));
        assert_eq!(of(403), (Code::Forbidden, false, false));
        assert_eq!(of(404), (Code::NotFound, false, false));
        assert_eq!(of(429), (Code::TooMany, true, false));
        for status in [408, 500, 502, 503, 504, 599] {
            assert_eq!(of(status), (Code::Unavailable, true, true), "{status}");
        }
        for status in [301, 302, 307, 409, 418] {
            assert_eq!(of(status), (Code::Refused, false, true), "{status}: nobody knows what it did");
        }
        assert_eq!(of(410), (Code::NotFound, false, true));
    }

    #[test]
    fn a_web_page_is_nobodys_word() {
        let is_foreign = |message: &str| Fault::by_status(404, message).foreign;
        assert!(is_foreign("<html>404 Not Found</html>") && is_foreign("\n<!DOCTYPE html>"));
        assert!(!is_foreign("Couldn't find User <7>") && !is_foreign(""));
    }

    #[test]
    fn long_words_of_a_platform_are_cut_between_characters() {
        let fault = Fault::by_status(500, "é".repeat(900));
        assert_eq!(fault.message, "é".repeat(500));
        assert_eq!(Fault::unreadable(200, "é".repeat(900)).message.chars().count(), 500);
    }

    #[test]
    fn the_words_for_scripts_are_all_different() {
        use Code::{Busy, Forbidden, NotFound, Refused, TooMany, Unauthorized, Unavailable, Unreadable};
        let all = [NotFound, Refused, Unauthorized, Forbidden, TooMany, Busy, Unavailable, Unreadable];
        let words: std::collections::HashSet<_> = all.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), all.len());
    }
}
