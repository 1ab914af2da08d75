//! `beadle serve` with its API, in a process of its own; what it answers is held against its own document.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::builder::Test;

/// A daemon that can be asked.
pub struct Api {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub address: String,
    pub token: String,
    pub test: Test,
    document: Value,
}

/// What it answered.
pub struct Answer {
    pub status: u16,
    /// In small letters.
    pub head: String,
    pub body: String,
}

impl Api {
    /// Starts it on a free port and waits until it says which.
    pub fn start(test: Test) -> Self {
        Self::receiving_at("127.0.0.1:0", test)
    }

    /// Starts it with this address for webhooks.
    pub fn receiving_at(webhooks: &str, test: Test) -> Self {
        let test = test.env("BEADLE_SERVE__LISTEN", "127.0.0.1:0").env("BEADLE_WEBHOOKS__LISTEN", webhooks);
        let test = test.args(["serve", "--sandbox", "--json"]);
        let mut child = test.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (address, token) = (String::new(), String::new());
        let mut api = Self { child, lines, address, token, test, document: Value::Null };
        let said = api.next(|object| object["type"] == "listening");
        api.address = said["address"].as_str().unwrap().to_owned();
        let kept = std::fs::read_to_string(api.test.folder().join(".beadle/serve-token"));
        api.token = kept.unwrap_or_default().trim().to_owned();
        api.document = Value::Null;
        api
    }

    /// Reads the document, with which good answers are compared from then on.
    pub fn read_document(&mut self) -> Value {
        self.document = self.get("/api/v1/openapi.json").json();
        self.document.clone()
    }

    /// Waits for a line of its log about this job with these words.
    pub fn until(&mut self, job: &str, words: &str) -> Value {
        self.next(|line| line["job"] == job && line["text"].as_str().is_some_and(|text| text.contains(words)))
    }

    /// Waits for a line of its log with these words, whatever it is about, and gives its text.
    pub fn said(&mut self, words: &str) -> String {
        let said = |line: &Value| line["text"].as_str().is_some_and(|text| text.contains(words));
        self.next(said)["text"].as_str().unwrap_or_default().to_owned()
    }

    fn next(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("it ended")).unwrap();
            let object: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            assert_ne!(object["level"], "warning", "{line}");
            if is_it(&object) {
                return object;
            }
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(body))
    }

    /// As whoever knows the token.
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let token = format!("Bearer {}", self.token);
        let headers =
            [("Host", self.address.as_str()), ("Authorization", &token), ("Content-Type", "application/json")];
        self.raw(method, path, &headers, &body.map(|body| body.to_string()).unwrap_or_default())
    }

    /// With these headers and no others.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // It may answer and close before all of a long body was sent.
        let _ = stream.write_all(body.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let head = head.to_lowercase();
        let body = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
        Answer { status, head, body }
    }

    /// What is wrong with a good answer of this operation, by the document.
    pub fn misfit(&self, method: &str, path: &str, answer: &Answer) -> Option<String> {
        let operation = &self.document["paths"][path][method.to_lowercase()];
        let response = &operation["responses"][answer.status.to_string()];
        let Some(content) = response["content"].as_object() else { return Some(format!("no {}", answer.status)) };
        let (kind, content) = content.iter().next()?;
        if !answer.head.contains(&format!("content-type: {kind}")) {
            return Some(format!("{kind}: {}", answer.head));
        }
        match kind.ends_with("json") {
            true => self.misfits(&content["schema"], &answer.json(), "").err(),
            false => None,
        }
    }

    fn misfits(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.document.pointer(reference.trim_start_matches('#')).ok_or(reference)?;
            return self.misfits(target, value, place);
        }
        let wrong = |what: &str| Err(format!("{place}: {what}: {value}"));
        if let Some(of) = schema["oneOf"].as_array() {
            let fits = of.iter().filter(|schema| self.misfits(schema, value, place).is_ok()).count();
            return if fits == 1 { Ok(()) } else { wrong("fits none or several") };
        }
        if schema.get("const").is_some_and(|word| word != value) {
            return wrong("another word");
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return Ok(()),
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !kinds.contains(&kind) {
            return wrong(&format!("no {}", kinds.join(" or ")));
        }
        for item in value.as_array().into_iter().flatten() {
            self.misfits(&schema["items"], item, &format!("{place}[]"))?;
        }
        let Some(object) = value.as_object() else { return Ok(()) };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                return wrong(&format!("`{name}` is missing"));
            }
        }
        for (name, value) in object {
            match schema["properties"].get(name) {
                Some(schema) => self.misfits(schema, value, &format!("{place}.{name}"))?,
                None if schema["additionalProperties"] == false => return wrong(&format!("`{name}` is not described")),
                None => {}
            }
        }
        Ok(())
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it politely; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        for _ in self.lines.by_ref() {}
        self.child.wait().unwrap().code()
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.body))
    }

    /// Of a refusal, what it says; it must be a whole problem.
    pub fn problem(&self) -> String {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["type"].is_string() && problem["title"].is_string() && problem.get("next").is_some());
        problem["detail"].as_str().unwrap().to_owned()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length.trim(), 16) else { break };
        if length == 0 {
            break;
        }
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
