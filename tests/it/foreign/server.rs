//! HTTP by hand, so that every liberty can be taken: a thread a connection, nothing that beadle itself uses.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::community::{Community, Empty, shown};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub host: Option<String>,
    pub authorization: Option<String>,
    pub content_type: Option<String>,
    pub body: Value,
}

pub struct Foreign {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    community: Mutex<Community>,
    asked: Mutex<Vec<Asked>>,
    strangers: Arc<AtomicUsize>,
    stranger: u16,
    empty: Empty,
    ways: BTreeSet<&'static str>,
}

impl Foreign {
    pub fn start(empty: Empty, ways: &[&'static str]) -> Self {
        let strangers = Arc::new(AtomicUsize::new(0));
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let stranger = other.local_addr().unwrap().port();
        let count = Arc::clone(&strangers);
        std::thread::spawn(move || {
            for _ in other.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let shared = Arc::new(Shared {
            community: Mutex::new(Community::new()),
            asked: Mutex::default(),
            strangers,
            stranger,
            empty,
            ways: ways.iter().copied().collect(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || serve(&shared, stream));
            }
        });
        Self { port, shared }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/api/v9", self.host())
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn strangers(&self) -> usize {
        self.shared.strangers.load(Ordering::SeqCst)
    }

    pub fn community(&self) -> Community {
        self.shared.community.lock().unwrap().clone()
    }
}

fn serve(shared: &Shared, stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(asked) = receive(&mut reader) {
        shared.asked.lock().unwrap().push(asked.clone());
        let times = shared.asked.lock().unwrap().len();
        let (status, body) = match shared.way("busy-date") && times % 9 == 4 && times < 20 {
            true => (429, json!({ "message": "slow down" })),
            false => answer(shared, &asked),
        };
        if send(shared, &mut stream, status, &body).is_err() || shared.way("close") || shared.way("http10") {
            return;
        }
    }
}

fn receive(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut asked = Asked { method, target, host: None, authorization: None, content_type: None, body: Value::Null };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        let value = Some(value.trim().to_owned());
        match name.to_lowercase().as_str() {
            "host" => asked.host = value,
            "authorization" => asked.authorization = value,
            "content-type" => asked.content_type = value,
            "content-length" => length = value?.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    asked.body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(asked)
}

fn send(shared: &Shared, stream: &mut TcpStream, status: u16, body: &Value) -> std::io::Result<()> {
    let mut bytes = body.to_string().into_bytes();
    let version = if shared.way("http10") { "HTTP/1.0" } else { "HTTP/1.1" };
    let mut head = format!("{version} {status} Whatever\r\nContent-Type: text/html; charset=utf-8\r\n");
    if status == 429 {
        let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
        head += &format!("Retry-After: {}\r\n", httpdate::fmt_http_date(soon));
    }
    if shared.way("gzip") {
        head += "Content-Encoding: gzip\r\n";
        bytes = gzip(&bytes);
    }
    if shared.way("close") {
        head += "Connection: close\r\n";
    }
    if shared.way("chunked") {
        head += "Transfer-Encoding: chunked\r\n";
        let mut chunked = Vec::new();
        for part in bytes.chunks(7) {
            chunked.extend(format!("{:x}\r\n", part.len()).into_bytes());
            chunked.extend(part);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\n\r\n");
        bytes = chunked;
    } else if !shared.way("http10") {
        head += &format!("Content-Length: {}\r\n", bytes.len());
    }
    // In HTTP/1.0 the end of the connection is the end of the body.
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&bytes)?;
    stream.flush()
}

/// A gzip file of stored blocks.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<&[u8]> = bytes.chunks(60_000).collect();
    for (at, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        packed.push(u8::from(at + 1 == blocks.len()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(*block);
    }
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    packed
}

impl Shared {
    fn way(&self, way: &str) -> bool {
        self.ways.contains(way)
    }

    fn elsewhere(&self, what: &str) -> String {
        format!("http://127.0.0.1:{}/v1/{what}", self.stranger)
    }
}

/// Routes exactly as the titles of the pages write them, slashes included.
fn answer(shared: &Shared, asked: &Asked) -> (u16, Value) {
    let mut community = shared.community.lock().unwrap();
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let given = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str, other: usize| given(name).and_then(|text| text.parse().ok()).unwrap_or(other);
    let Some(path) = path.strip_prefix("/api/v9/") else { return (404, json!({ "message": "no such host" })) };
    let parts: Vec<&str> = path.split('/').collect();
    let text = !shared.way("number-ids");
    let body = &asked.body;
    let page = |rows: Vec<Value>| {
        let rows: Vec<Value> = rows.into_iter().skip(number("offset", 0)).take(number("limit", 50).min(10)).collect();
        match shared.way("wrapped") {
            true => (200, json!({ "results": rows, "total": 3 })),
            false => (200, Value::Array(rows)),
        }
    };
    match (asked.method.as_str(), &parts[..]) {
        ("GET", ["groups"]) => {
            let after: u64 = given("last_group_id").and_then(|text| text.parse().ok()).unwrap_or(0);
            let groups: Vec<Value> =
                community.groups.iter().filter(|g| g.0 > after).take(1).filter_map(|g| community.group(g.0)).collect();
            (
                200,
                json!({ "next_page": shared.elsewhere("groups?last_group_id=1"), "total_groups": 7, "groups": groups }),
            )
        }
        ("GET", ["groups", id]) => match id.parse().ok().and_then(|id| community.group(id)) {
            Some(group) => (200, group),
            None => (500, json!({ "message": format!("Couldn't find Group with 'id'={id}") })),
        },
        ("GET", ["groups", id, "members", ""]) => {
            let group = id.parse().unwrap_or(0);
            page(community.people.iter().filter(|p| p.groups.contains_key(&group)).map(|p| shown(p, text)).collect())
        }
        ("GET", ["groups", id, "members", user, ""]) => {
            let group = id.parse().unwrap_or(0);
            match community.person(user).filter(|p| p.groups.contains_key(&group)) {
                Some(person) => (200, shown(person, text)),
                None => (400, json!({ "error_code": "404", "error_message": "User id is missing" })),
            }
        }
        ("POST", ["groups", id, "members", ""]) => match community.upsert(id.parse().unwrap_or(0), &body["fields"]) {
            Some(user) => (201, shown(community.person(&user.to_string()).unwrap(), text)),
            None => (422, json!({ "message": "fields" })),
        },
        ("PUT", ["groups", _, "members", user]) => match (community.person(user), body["fields"].as_object()) {
            (Some(person), Some(fields)) => {
                person.fields.extend(fields.clone());
                (200, shown(person, text))
            }
            _ => (400, json!({ "error_code": "404", "error_message": "no such user" })),
        },
        ("DELETE", ["groups", id, "members", user, ""]) => {
            let group = id.parse().unwrap_or(0);
            match community.person(user).and_then(|person| person.groups.remove(&group)) {
                Some(_) => (200, json!({ "success": true, "error_message": null })),
                None => (404, json!({ "error_code": 404, "error_message": "User id is not exist." })),
            }
        }
        ("POST", ["groups", id, "members", "invite"]) => {
            let group = id.parse().unwrap_or(0);
            for user in body["recipients_ids"].as_array().into_iter().flatten() {
                let id = user.as_u64().unwrap();
                *community.mailed.entry((id, group)).or_default() += 1;
                if let Some(place) = community.person(&id.to_string()).and_then(|person| person.groups.get_mut(&group))
                {
                    *place = 1_780_000_000_000;
                }
            }
            (200, json!({ "success": true }))
        }
        ("POST", ["bulk", "members"]) => {
            let group = body["group_id"].as_u64().unwrap_or(0);
            let rows = body["users"].as_array().cloned().unwrap_or_default();
            let ids = rows.iter().filter_map(|row| community.upsert(group, &row["fields"])).collect();
            (200, json!({ "job_id": community.job(ids), "status": "queued" }))
        }
        ("POST", ["bulk", "groups"]) => {
            let rows = body["groups"].as_array().cloned().unwrap_or_default();
            for row in &rows {
                community.make_group(row);
            }
            (200, json!({ "job_id": community.job(Vec::new()), "status": "queued" }))
        }
        ("GET", ["bulk", "members", job]) => match community.jobs.get_mut(*job) {
            Some((looks, ids)) => {
                *looks += 1;
                let status = ["queued", "Processing", "completed"][(*looks as usize - 1).min(2)];
                match shared.way("top-status") {
                    true => (200, json!({ "job_id": job, "status": status, "result": null })),
                    false => (200, json!({ "job_id": job, "result": { "status": status, "users_imported": ids } })),
                }
            }
            None => (404, json!({ "message": "no such job" })),
        },
        ("GET", ["users", ""]) => page(community.people.iter().map(|p| shown(p, text)).collect()),
        ("GET", ["users", "find_by_email"]) => {
            let wanted =
                percent_encoding::percent_decode_str(given("email").unwrap_or_default()).decode_utf8().unwrap();
            match community.people.iter().find(|p| p.email == wanted.to_lowercase()) {
                Some(person) if shared.empty == Empty::Array => (200, json!([shown(person, text)])),
                Some(person) => (200, shown(person, text)),
                None => nobody(shared.empty),
            }
        }
        ("GET", ["users", user, ""]) => match community.person(user) {
            Some(person) => (200, shown(person, text)),
            None => (404, json!({ "message": "no such user" })),
        },
        ("GET", ["activities"]) => {
            let before = given("last_activity_id").and_then(|text| text.parse().ok()).unwrap_or(1_131_u64);
            let rows: Vec<Value> = (1_001..before)
                .rev()
                .take(number("limit", 20).min(20))
                .map(|id| match shared.way("text-ids") {
                    true => json!({ "id": id.to_string(), "type": "view", "extra": { "b": [1] } }),
                    false => json!({ "type": "comment", "id": id, "content": "a\n\"b\";ü" }),
                })
                .collect();
            let key = if shared.way("spelled") { "activities" } else { "activites" };
            (
                200,
                json!({ "total_activities": 9, key: rows, "next_page": shared.elsewhere("activities?last_activity_id=5") }),
            )
        }
        _ => (404, json!({ "message": format!("no route for {} {}", asked.method, asked.target) })),
    }
}

fn nobody(empty: Empty) -> (u16, Value) {
    match empty {
        Empty::Array => (200, json!([])),
        Empty::Null => (200, Value::Null),
        Empty::Map => (200, json!({})),
        Empty::NotFound => (404, json!({ "message": "Not found" })),
        Empty::Failure => (500, json!({ "message": "Couldn't find User" })),
        Empty::Disguised => (400, json!({ "error_code": "404", "error_message": "email" })),
    }
}
