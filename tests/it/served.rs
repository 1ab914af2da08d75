//! `beadle sandbox` in a process of its own, for as long as a test needs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::builder::Test;

/// Somebody who administers the sandbox's groups and is invited by no test.
const MARK: u64 = 1001;

/// A sandbox that listens; it ends with this value.
pub struct Served {
    child: Child,
    /// Where it is, without a platform's part.
    pub address: String,
    base_url: String,
    /// The key that it takes.
    pub key: String,
    /// The secret that it takes.
    pub secret: String,
}

impl Served {
    /// Starts it and waits until it has said where it is.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts it with these options.
    pub fn with(options: &[&str]) -> Self {
        let mut command = Test::new().args(["sandbox", "--json"]).command();
        // What it sends is told on stderr.
        let mut child = command.args(options).current_dir("/").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            child,
            address: text(&said["address"]),
            base_url: text(&said["base_urls"]["mobilize"]),
            key: text(&said["key"]),
            secret: text(&said["secret"]),
        }
    }

    /// A settings file for it; the secret comes from the variable `SECRET`.
    pub fn settings(&self) -> String {
        let (url, key) = (&self.base_url, &self.key);
        format!(
            "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"{url}\"\nkey = \"{key}\"\nsecret = \"env:SECRET\"\n"
        )
    }

    /// What shall go wrong from now on.
    pub fn set_faults(&self, faults: &str) {
        self.ask("POST", "/faults", faults);
    }

    /// What a page of it holds.
    pub fn get(&self, path: &str) -> Vec<u8> {
        self.ask("GET", path, "")
    }

    /// What a platform's page answers to this body.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        serde_json::from_slice(&self.ask("POST", path, &body.to_string())).unwrap()
    }

    /// Deletes what a page is about.
    pub fn delete(&self, path: &str) {
        self.ask("DELETE", path, "");
    }

    /// Every mail that would have gone out, as the id of the person it was for: in their order, the last one is out.
    pub fn mails(&self) -> Vec<u64> {
        // Mails leave in the order in which they were asked for: one more marks the end of those before it.
        let marks = self.outbox().iter().filter(|user| **user == MARK).count();
        let invitation = format!("{{\"sender_id\":{MARK},\"recipients_ids\":[{MARK}]}}");
        self.ask("POST", "/mobilize/v1/groups/4/members/invite", &invitation);
        loop {
            let mut mails = self.outbox();
            if mails.iter().filter(|user| **user == MARK).count() > marks {
                mails.retain(|user| *user != MARK);
                return mails;
            }
        }
    }

    fn outbox(&self) -> Vec<u64> {
        let outbox: Vec<Value> = serde_json::from_slice(&self.get("/outbox")).unwrap();
        outbox.iter().map(|mail| mail["user"].as_u64().unwrap()).collect()
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let sign_in = STANDARD.encode(format!("{}:{}", self.key, self.secret));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {sign_in}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200") && !head.contains("chunked"), "{path}: {head}");
        answer.split_off(end)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
