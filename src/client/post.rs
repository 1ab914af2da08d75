//! Posts a sample to an address that a person has named. No credential goes along, and no error shows the address: its path
//! is a secret.
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::http::reason;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posts JSON; cheap to clone.
#[derive(Clone, Debug)]
pub struct Poster(reqwest::Client);

impl Poster {
    /// Ready to post; nothing is sent yet.
    pub fn new() -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .build();
        client.map(Self).map_err(|error| reason(&error))
    }

    /// Posts to this address; returns the status and the answer's first line.
    pub async fn post(&self, address: &str, body: Bytes) -> Result<(u16, String), String> {
        let json = HeaderValue::from_static("application/json");
        let sent = self.0.post(address).header(CONTENT_TYPE, json).body(body).send().await;
        let answer = sent.map_err(|error| reason(&error.without_url()))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|error| reason(&error.without_url()))?;
        Ok((status, text.lines().next().unwrap_or_default().chars().take(200).collect()))
    }
}
