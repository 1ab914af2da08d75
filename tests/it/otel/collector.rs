//! A collector of traces on this machine: takes OTLP over HTTP, and reads as much of its protobuf as tests look at.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Taken.
pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Listens until the tests end.
pub struct Collector {
    pub address: String,
    heard: Arc<(Mutex<Vec<Post>>, Condvar)>,
}

/// What was posted.
#[derive(Clone)]
pub struct Post {
    /// The first line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

/// One span.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub trace: String,
    pub id: String,
    /// Empty at the top.
    pub parent: String,
    pub name: String,
    /// 1 internal, 2 server, 3 client, 5 consumer.
    pub kind: u64,
    pub attributes: BTreeMap<String, String>,
    /// 2 is an error.
    pub status: u64,
    /// Those of whoever sent it.
    pub resource: BTreeMap<String, String>,
}

impl Span {
    pub fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

impl Collector {
    /// One that takes everything.
    pub fn start() -> Self {
        Self::answering(Some(OK))
    }

    /// One that answers so; `None` never answers.
    pub fn answering(answer: Option<&'static str>) -> Self {
        Self::slow(answer, Duration::ZERO)
    }

    /// One that takes its time for each answer.
    pub fn slow(answer: Option<&'static str>, time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<(Mutex<Vec<Post>>, Condvar)> = Arc::default();
        let taken = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || serve(stream, answer, time, &taken));
            }
        });
        Self { address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn posts(&self) -> Vec<Post> {
        self.heard.0.lock().unwrap().clone()
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.posts().iter().flat_map(|post| request(&post.body)).collect()
    }

    /// All spans, once one of them is this one.
    pub fn until(&self, is_it: impl Fn(&Span) -> bool) -> Vec<Span> {
        let (heard, news) = &*self.heard;
        let mut posts = heard.lock().unwrap();
        loop {
            let spans: Vec<Span> = posts.iter().flat_map(|post| request(&post.body)).collect();
            if spans.iter().any(&is_it) {
                return spans;
            }
            let (more, waited) = news.wait_timeout(posts, Duration::from_secs(60)).unwrap();
            assert!(!waited.timed_out(), "it never came: {spans:#?}");
            posts = more;
        }
    }
}

fn serve(stream: TcpStream, answer: Option<&str>, time: Duration, heard: &(Mutex<Vec<Post>>, Condvar)) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        std::thread::sleep(time);
        heard.0.lock().unwrap().push(Post { head, body });
        heard.1.notify_all();
        match answer {
            Some(answer) => writer.write_all(answer.as_bytes()).unwrap(),
            None => drop(reader.read_to_string(&mut String::new())),
        }
    }
}

/// One field of a message: its number, and what it holds.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, as protobuf writes them.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => {
                let (number, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Number(u64::from_le_bytes(number.try_into().unwrap()))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (text, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(text)
            }
            5 => {
                let (number, rest) = bytes.split_at(4);
                bytes = rest;
                Field::Number(u64::from(u32::from_le_bytes(number.try_into().unwrap())))
            }
            other => panic!("no such kind of field: {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return number;
        }
    }
}

/// All messages in a field.
fn below(bytes: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    fields(bytes).into_iter().filter_map(move |(at, field)| match field {
        Field::Bytes(bytes) if at == number => Some(bytes),
        _ => None,
    })
}

/// `ExportTraceServiceRequest`
fn request(bytes: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for group in below(bytes, 1) {
        let resource = below(group, 1).next().map(|resource| attributes(resource, 1)).unwrap_or_default();
        for span in below(group, 2).flat_map(|scope| below(scope, 2)) {
            spans.push(Span { resource: resource.clone(), ..one(span) });
        }
    }
    spans
}

fn one(bytes: &[u8]) -> Span {
    let mut span = Span { attributes: attributes(bytes, 9), ..Span::default() };
    for (number, field) in fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(id)) => span.trace = hex(id),
            (2, Field::Bytes(id)) => span.id = hex(id),
            (4, Field::Bytes(id)) => span.parent = hex(id),
            (5, Field::Bytes(name)) => span.name = text(name),
            (6, Field::Number(kind)) => span.kind = kind,
            (15, Field::Bytes(status)) => {
                let code = fields(status).into_iter().find_map(|(number, field)| match field {
                    Field::Number(code) if number == 3 => Some(code),
                    _ => None,
                });
                span.status = code.unwrap_or(0);
            }
            _ => {}
        }
    }
    span
}

fn attributes(bytes: &[u8], number: u64) -> BTreeMap<String, String> {
    let value = |pair: &[u8]| {
        let value = below(pair, 2).next()?;
        fields(value).into_iter().next().map(|(kind, field)| match (kind, field) {
            (1, Field::Bytes(bytes)) => text(bytes),
            (2, Field::Number(yes)) => (yes == 1).to_string(),
            (3, Field::Number(number)) => number.cast_signed().to_string(),
            (other, _) => format!("(a value of kind {other})"),
        })
    };
    below(bytes, number)
        .map(|pair| (below(pair, 1).next().map(text).unwrap(), value(pair).unwrap_or_default()))
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
