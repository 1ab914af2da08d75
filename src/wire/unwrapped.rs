//! Answers that stand under a key of their own.

use bytes::Bytes;

use super::find;

/// What stands under the key, as a part of the same bytes; the whole where there is no such key, or none is named.
pub fn unwrapped(body: Bytes, key: Option<&str>) -> Bytes {
    match key.and_then(|key| find::value(&body, key)) {
        Some(inside) => body.slice_ref(inside),
        None => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_key_is_taken_out() {
        let body = || Bytes::from_static(br#"{"data": {"id":"grp_1","data":2} , "more":1}"#);
        assert_eq!(unwrapped(body(), Some("data")), r#"{"id":"grp_1","data":2}"#);
        assert_eq!(unwrapped(body(), None), body());
        assert_eq!(unwrapped(body(), Some("other")), body());
        assert_eq!(unwrapped(Bytes::from_static(b"[1]"), Some("data")), "[1]");
    }
}
