//! One key's value in an object, without reading what stands behind it. The JSON was checked before: of anything else
//! it may say nonsense, and nothing worse.

/// The value of this key at the top of an object, as it is written; `None` where the key is not there.
pub(super) fn value<'a>(json: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut rest = json.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    while rest.starts_with(b"\"") {
        let (name, after) = rest.split_at_checked(text_end(rest))?;
        let after = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (value, after) = after.split_at_checked(end(after))?;
        if is(name, key) {
            return Some(value);
        }
        rest = after.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    }
    None
}

/// Whether a name in quotes means this key.
fn is(name: &[u8], key: &str) -> bool {
    match name {
        [b'"', plain @ .., b'"'] if !plain.contains(&b'\\') => plain == key.as_bytes(),
        escaped => serde_json::from_slice::<String>(escaped).is_ok_and(|name| name == key),
    }
}

/// Where the value ends that stands at the beginning.
fn end(json: &[u8]) -> usize {
    match json.first() {
        Some(b'"') => text_end(json),
        Some(b'{' | b'[') => nested_end(json),
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
            json.iter().position(ends).unwrap_or(json.len())
        }
    }
}

/// Behind the bracket that closes the first one.
fn nested_end(json: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at += text_end(&json[at..]);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    json.len()
}

/// Behind the next quote that no backslash escapes.
fn text_end(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, any};
    use proptest::{prop_assert_eq, prop_oneof, proptest};
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn the_first_of_two_equal_keys_counts() {
        assert_eq!(value(br#" { "a" : 1 , "a" : 2 } "#, "a"), Some(&b"1"[..]));
    }

    #[test]
    fn what_is_no_object_has_no_values() {
        for json in ["", "{", "[]", "1", "\"a\"", "{}", "{\"a", "{\"a\"", "{\"a\":", "{\"b\":[", "{\"b\":\"x", "{\"\\"]
        {
            assert_eq!(value(json.as_bytes(), "c"), None, "{json}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ a\"\\\\\nä{}\\[\\]:,]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                vec(("[a\"\\\\ä]{0,3}", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_found_as_a_parser_finds_it(
            pairs in vec(("[a\"\\\\ä]{0,3}", json()), 0..5),
            pretty in any::<bool>(),
        ) {
            let object: Map<String, Value> = pairs.into_iter().collect();
            let written = match pretty {
                true => serde_json::to_vec_pretty(&object).unwrap(),
                false => serde_json::to_vec(&object).unwrap(),
            };
            for (key, expected) in &object {
                let found: Value = serde_json::from_slice(value(&written, key).unwrap()).unwrap();
                prop_assert_eq!(&found, expected);
            }
            prop_assert_eq!(value(&written, "none"), None);
        }

        #[test]
        fn nonsense_does_no_harm(json in "[{}\\[\\]\":,\\\\ aä1]{0,40}") {
            let _ = value(json.as_bytes(), "a");
        }
    }
}
