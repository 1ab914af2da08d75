//! One JSON value a line.

use std::io::{self, Write};

use serde::Serialize;

/// Writes values one a line. Give it a buffered writer.
#[derive(Debug)]
pub struct NdjsonWriter<W: Write> {
    to: W,
    line: Vec<u8>,
}

impl<W: Write> NdjsonWriter<W> {
    /// Writes to this.
    pub fn new(to: W) -> Self {
        Self { to, line: Vec::new() }
    }

    /// A value.
    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.end_line()
    }

    /// JSON as somebody else wrote it: keys, their order and numbers stay, blanks between them go.
    pub fn raw(&mut self, json: &[u8]) -> io::Result<()> {
        self.line.clear();
        compact(json, &mut self.line);
        self.end_line()
    }

    /// The writer, after everything is with it.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        self.to.write_all(&self.line)
    }
}

/// Adds JSON to `into` without the blanks between its parts. It must be valid JSON.
pub fn compact(json: &[u8], into: &mut Vec<u8>) {
    into.reserve(json.len() + 1);
    let mut rest = json;
    loop {
        let outside = rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len());
        let (between, text) = rest.split_at(outside);
        match between.iter().any(u8::is_ascii_whitespace) {
            true => into.extend(between.iter().filter(|byte| !byte.is_ascii_whitespace())),
            false => into.extend_from_slice(between),
        }
        if text.is_empty() {
            return;
        }
        let (text, after) = text.split_at(text_end(text));
        into.extend_from_slice(text);
        rest = after;
    }
}

/// Where the text ends that begins with a quote: behind the next quote that no backslash escapes.
fn text_end(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(sign) = text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        at += sign;
        if text[at] == b'"' {
            return at + 1;
        }
        at = (at + 2).min(text.len());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop};
    use proptest::{prop_assert_eq, prop_oneof, proptest};
    use serde_json::Value;

    use super::*;

    fn compacted(json: &str) -> String {
        let mut line = Vec::new();
        compact(json.as_bytes(), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn blanks_go_outside_of_texts_and_stay_inside() {
        let pretty = "{\r\n  \"b \\\" , \": 1.0,\n\t\"a\": [ 1e2 , \"x y\\\\\" , null ]\n}";
        assert_eq!(compacted(pretty), r#"{"b \" , ":1.0,"a":[1e2,"x y\\",null]}"#);
        assert_eq!(compacted(r#"{"id":1,"a":"b c"}"#), r#"{"id":1,"a":"b c"}"#);
    }

    #[test]
    fn values_stand_one_a_line() {
        let mut writer = NdjsonWriter::new(Vec::new());
        writer.raw(b"{\n}").unwrap();
        writer.value(&"a\nb").unwrap();
        assert_eq!(writer.finish().unwrap(), b"{}\n\"a\\nb\"\n");
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[ a\"\\\\\n\tä{}:,]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ a\"\\\\]{0,4}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn pretty_json_compacts_to_what_would_have_been_written_compact(value in json()) {
            prop_assert_eq!(compacted(&serde_json::to_string_pretty(&value).unwrap()), value.to_string());
        }
    }
}
