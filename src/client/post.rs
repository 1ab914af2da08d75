//! A plain post to an address that somebody wrote down for alarms: no platform, no credentials of a connection, no retry.
//! Its one rule: the address is a secret, and no answer and no error holds it.
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;

use super::http::{SetUpError, body, reason, retry_after};
use crate::settings::Secret;

/// Of an answer so many bytes are read.
const LARGEST: usize = 64 << 10;

/// Posts to addresses; cheap to clone.
#[derive(Clone, Debug)]
pub struct Poster(reqwest::Client);

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The beginning of its body, where it is text; one that is too long to be read is empty.
    pub said: String,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl Poster {
    /// One that waits so long for an answer, from the first byte that is sent. Redirects are not followed.
    pub fn new(patience: Duration) -> Result<Self, SetUpError> {
        reqwest::Client::builder()
            .user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(patience)
            .timeout(patience)
            .build()
            .map(Self)
            .map_err(|error| SetUpError::Library(reason(&error)))
    }

    /// Posts once. The error is the rest of a sentence that begins with whose address it is.
    pub async fn post(&self, address: &Secret, content_type: &str, what: Bytes) -> Result<Answered, String> {
        let request = self.0.post(address.expose()).header(CONTENT_TYPE, content_type).body(what);
        let response = request.send().await.map_err(|error| match error.is_builder() {
            true => "is no address that can be asked".to_owned(),
            false => format!("could not be asked: {}", reason(&error)),
        })?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        // The status is the answer; what stands below it only helps.
        let said = body(response, LARGEST).await.unwrap_or_default();
        Ok(Answered { status, said: beginning(&said), retry_after })
    }
}

/// Of an answer in text, its first line.
fn beginning(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else { return String::new() };
    let line = text.trim().lines().next().unwrap_or_default();
    if line.starts_with('<') {
        return String::new();
    }
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_the_first_line_is_told_and_no_page() {
        assert_eq!(beginning(b" no_service\nmore"), "no_service");
        assert_eq!(beginning(b"<!doctype html>"), "");
        assert_eq!(beginning(&[0xff, 0xfe]), "");
        assert_eq!(beginning("\u{fc}".repeat(300).as_bytes()).chars().count(), 200);
    }

    #[tokio::test]
    async fn an_error_does_not_hold_the_address() {
        static PROVIDER: std::sync::Once = std::sync::Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let poster = Poster::new(Duration::from_secs(5)).unwrap();
        for address in ["http://127.0.0.1:1/hook/very-secret", "http://[very-secret"] {
            let error = poster.post(&Secret::new(address), "text/plain", Bytes::new()).await.unwrap_err();
            assert!(!error.contains("very-secret") && !error.contains("127.0.0.1"), "{error}");
        }
    }
}
