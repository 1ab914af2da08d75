//! Lists page by page. A cursor is the place of the last row that was shown, so that rows which come meanwhile shift nothing;
//! what stands in it is nobody's business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::field::{Field, Given, Need, Ty};
use super::problem::Problem;

/// Rows of a page where nobody says how many.
const USUAL: i64 = 50;
/// The most rows of a page.
pub(super) const MOST: i64 = 500;

/// How many rows.
pub(super) const LIMIT: Field =
    Field { name: "limit", ty: Ty::Number(1, MOST), need: Need::May, doc: "How many at most; 50 where it is left out" };
/// Where to go on.
pub(super) const CURSOR: Field = Field {
    name: "cursor",
    ty: Ty::Cursor,
    need: Need::May,
    doc: "`next_cursor` of the page before; anything else is refused",
};

/// How many rows are asked for.
pub(super) fn limit(given: &Given) -> i64 {
    given.number("limit").unwrap_or(USUAL)
}

/// The place after which the page begins.
pub(super) fn after<T: DeserializeOwned>(given: &Given) -> Result<Option<T>, Problem> {
    let Some(cursor) = given.text("cursor") else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    place.map(Some).ok_or_else(|| Problem::bad("`cursor` is not the `next_cursor` of this list's page"))
}

/// One page. `last` is the place of its last row, where there may be more after it.
pub(super) fn page(items: Vec<Value>, last: Option<impl Serialize>) -> Value {
    let cursor = last.and_then(|place| serde_json::to_vec(&place).ok()).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    json!({ "items": items, "next_cursor": cursor })
}

/// The place of the last row of a page that is full.
pub(super) fn last<T, P>(rows: &[T], limit: i64, place: impl FnOnce(&T) -> P) -> Option<P> {
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
    rows.last().filter(|_| full).map(place)
}
