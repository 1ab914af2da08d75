//! Posts to an address that a person has named: a sample of a delivery, an alarm. No credential goes along, nothing is sent
//! twice, and no error shows the address: its path is a secret.
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;

use super::http::{body, reason, retry_after};

/// Longest wait for an answer, unless another is named.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of an answer so many bytes are read.
const LARGEST: usize = 64 << 10;

/// Posts; cheap to clone.
#[derive(Clone, Debug)]
pub struct Poster(reqwest::Client);

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The first line of its body, where it is text and no page; empty where it is too long to be read.
    pub said: String,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl Poster {
    /// Ready to post; nothing is sent yet.
    pub fn new() -> Result<Self, String> {
        Self::patient(PATIENCE)
    }

    /// One that waits so long for an answer, from the beginning. Redirects are not followed.
    pub fn patient(patience: Duration) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(patience)
            .build();
        client.map(Self).map_err(|error| reason(&error))
    }

    /// Posts JSON to this address; returns the status and the answer's first line.
    pub async fn post(&self, address: &str, body: Bytes) -> Result<(u16, String), String> {
        let answered = self.send(address, "application/json", body).await?;
        Ok((answered.status, answered.said))
    }

    /// Posts something of this type.
    pub async fn send(&self, address: &str, content_type: &str, what: Bytes) -> Result<Answered, String> {
        let sent = self.0.post(address).header(CONTENT_TYPE, content_type).body(what).send().await;
        let response = sent.map_err(|error| reason(&error.without_url()))?;
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
        let poster = Poster::patient(Duration::from_secs(5)).unwrap();
        for address in ["http://127.0.0.1:1/hook/very-secret", "http://[very-secret"] {
            let error = poster.post(address, Bytes::new()).await.unwrap_err();
            assert!(!error.contains("very-secret") && !error.contains("127.0.0.1"), "{error}");
        }
    }
}
