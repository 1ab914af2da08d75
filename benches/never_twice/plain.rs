//! What one would write without beadle: a loop that posts one invitation after the other, with or without a file of those
//! that are done.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write;

use serde_json::json;

use crate::Outcome;

/// By what this program knows that it is to be the plain script.
pub const WORD: &str = "plain-script";

/// `plain-script BASE_URL KEY SECRET GROUP SENDER IDS [DONE]`
#[tokio::main]
pub async fn invite(arguments: &[String]) -> Outcome {
    let [base_url, key, secret, group, sender, ids, done @ ..] = arguments else {
        return Err("it needs an address, credentials, a group, a sender and a file of ids".into());
    };
    let url = format!("{base_url}/groups/{group}/members/invite");
    let sender: u64 = sender.parse()?;
    let already: HashSet<String> = match done.first().map(std::fs::read_to_string) {
        Some(Ok(text)) => text.lines().map(str::to_owned).collect(),
        Some(Err(_)) | None => HashSet::new(),
    };
    let mut done = match done.first() {
        Some(file) => Some(OpenOptions::new().append(true).create(true).open(file)?),
        None => None,
    };
    let client = reqwest::Client::new();
    for id in std::fs::read_to_string(ids)?.lines().filter(|id| !already.contains(*id)) {
        let body = json!({ "sender_id": sender, "recipients_ids": [id.parse::<u64>()?] }).to_string();
        let request = client.post(&url).basic_auth(key, Some(secret)).header("content-type", "application/json");
        request.body(body).send().await?.error_for_status()?;
        if let Some(done) = &mut done {
            done.write_all(format!("{id}\n").as_bytes())?;
        }
    }
    Ok(())
}
