//! A stream of events (`text/event-stream`), as far as answers come in one: what stands behind `data:`, event by event.
//! Pieces come as the network cuts them; each byte is looked at once.

use bytes::{Bytes, BytesMut};

/// A stream that is being read.
#[derive(Debug, Default)]
pub struct EventStream {
    /// What came and is not a whole line yet.
    rest: BytesMut,
    /// How far it was looked through for the end of a line.
    seen: usize,
    /// The lines of data of the event that has begun.
    data: Vec<Bytes>,
    /// Whether the line before ended with a carriage return alone: a line feed next belongs to it.
    after_return: bool,
}

impl EventStream {
    /// Takes what came; gives the data of the events that are whole now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<Bytes> {
        self.rest.extend_from_slice(piece);
        let mut whole = Vec::new();
        while let Some(line) = self.line() {
            if line.is_empty() {
                let data = std::mem::take(&mut self.data);
                whole.extend(joined(data));
                continue;
            }
            let value = |name: &[u8]| line.strip_prefix(name).map(|value| line.slice_ref(value));
            let data = value(b"data: ").or_else(|| value(b"data:")).or_else(|| (&line[..] == b"data").then(Bytes::new));
            self.data.extend(data);
        }
        whole
    }

    fn line(&mut self) -> Option<Bytes> {
        loop {
            let end = self.rest[self.seen..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let Some(end) = end.map(|at| at + self.seen) else {
                self.seen = self.rest.len();
                return None;
            };
            let sign = self.rest[end];
            let line = self.rest.split_to(end + 1).freeze().slice(..end);
            self.seen = 0;
            let empty_half =
                std::mem::replace(&mut self.after_return, sign == b'\r') && sign == b'\n' && line.is_empty();
            if !empty_half {
                return Some(line);
            }
        }
    }
}

fn joined(mut data: Vec<Bytes>) -> Option<Bytes> {
    match data.len() {
        0 => None,
        1 => data.pop(),
        _ => Some(Bytes::from(data.join(&b'\n'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, size: usize) -> Vec<String> {
        let mut stream = EventStream::default();
        let pieces = text.as_bytes().chunks(size);
        pieces.flat_map(|piece| stream.push(piece)).map(|data| String::from_utf8(data.to_vec()).unwrap()).collect()
    }

    #[test]
    fn events_are_the_same_however_the_network_cuts_them() {
        let text = ": hello\n\nevent: message\r\nid: 7\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nretry\ndata: [2]\n\ndata\n\rdata: x\r\rdata: cut";
        for size in 1..=text.len() {
            assert_eq!(read(text, size), ["{\"a\":\n1}", "[2]", "", "x"], "{size}");
        }
    }

    #[test]
    fn a_long_line_costs_no_more_than_its_length() {
        let text = format!("data: {}\n\n", "x".repeat(4_000_000));
        let start = std::time::Instant::now();
        assert_eq!(read(&text, 1000)[0].len(), 4_000_000);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
