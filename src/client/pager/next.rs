//! Where a page says that the list goes on.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The page's own `next_page`, of which only the query counts.
pub(super) fn next_page(body: &Bytes) -> Option<String> {
    #[derive(Deserialize)]
    struct Next<'a> {
        #[serde(borrow)]
        next_page: Option<&'a RawValue>,
    }
    if body.trim_ascii().first() != Some(&b'{') {
        return None;
    }
    let next = serde_json::from_slice::<Next<'_>>(body).ok()?.next_page?.get();
    serde_json::from_str(next).ok()
}

/// One value of an address's query.
pub(super) fn query(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    percent_encoding::percent_decode_str(value).decode_utf8().ok().map(|text| text.into_owned())
}
