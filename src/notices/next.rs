//! `next_page`: an address that somebody else has written. Taken from it are a job's id and numbers, each checked; never a
//! host, a scheme or a path.

/// Where the rest of a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The job's id.
    pub job: String,
    /// How many notifications come before it.
    pub offset: Option<u64>,
    /// How many a page has.
    pub limit: Option<u64>,
    /// A mark of the platform's own, where it gives one in place of an offset.
    pub cursor: Option<String>,
}

/// Longest id or cursor that is taken.
const LONGEST: usize = 128;
/// The largest number that an offset or a limit may have.
const LARGEST: u64 = 1_000_000_000;

impl Next {
    /// Takes an address apart; `None` where it is no page of a bulk.
    pub fn read(address: &str) -> Option<Self> {
        let address = address.trim();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let query = query.split('#').next().unwrap_or_default();
        let mut parts = path.trim_end_matches('/').rsplit('/');
        let (job, noun) = (parts.next()?, parts.next()?);
        if noun != "bulks" || !is_mark(job) {
            return None;
        }
        let mut next = Self { job: job.to_owned(), offset: None, limit: None, cursor: None };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "offset" => next.offset = Some(number(value)?),
                "limit" => next.limit = Some(number(value).filter(|limit| *limit > 0)?),
                "cursor" if is_mark(value) => next.cursor = Some(value.to_owned()),
                "cursor" => return None,
                _ => {}
            }
        }
        Some(next)
    }

    /// Whether a text is an id that can be asked for: it becomes a part of a path.
    pub fn is_id(id: &str) -> bool {
        is_mark(id)
    }
}

fn is_mark(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits)
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= LARGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    #[test]
    fn a_job_an_offset_a_limit_and_a_cursor_are_taken_and_nothing_else() {
        let next = Next::read("https://evil.example:8443/x/bulks/zVVu3_m-t?offset=50&limit=25&host=evil#y").unwrap();
        assert_eq!((next.job.as_str(), next.offset, next.limit, next.cursor), ("zVVu3_m-t", Some(50), Some(25), None));
        assert_eq!(Next::read("/v1/bulks/7/").unwrap().job, "7");
        assert_eq!(Next::read("https://x/bulks/a?cursor=Ab-9").unwrap().cursor.as_deref(), Some("Ab-9"));
    }

    #[test]
    fn what_is_no_page_of_a_bulk_is_no_next_page() {
        let long = format!("/bulks/{}", "a".repeat(129));
        for wrong in [
            "",
            "https://api.mobilize.io/v1/users?offset=50",
            "/bulks/",
            "/bulks/a%2Fb",
            "/bulks/..",
            "/bulks/a b",
            "/bulks/a/b",
            "/bulks/a?offset=-1",
            "/bulks/a?offset=1e3",
            "/bulks/a?offset=99999999999999999999",
            "/bulks/a?limit=0",
            "/bulks/a?offset=",
            "/bulks/a?cursor=a/b",
            &long,
        ] {
            assert_eq!(Next::read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_a_plain_word_or_a_number(text in ".{0,80}") {
            for text in [text.clone(), format!("https://h/bulks/{text}"), format!("/bulks/x?{text}"), format!("/bulks/x?offset={text}")] {
                if let Some(next) = Next::read(&text) {
                    assert!(is_mark(&next.job));
                    assert!(next.cursor.as_deref().is_none_or(is_mark));
                    assert!(next.offset.is_none_or(|offset| offset <= LARGEST));
                }
            }
        }
    }
}
