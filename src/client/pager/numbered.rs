//! Lists whose pages are counted.

use bytes::Bytes;
use serde::Deserialize;

use super::{Dropped, Reading, fingerprint};
use crate::client::Error;
use crate::wire::Row;

impl Reading {
    /// Turns pages; ends at one without a new id, and at the last one where the platform says which that is: some repeat
    /// their last page for ever.
    pub(super) async fn by_number(&mut self, name: &str, size: u32) -> Result<(), Option<Error>> {
        let mut number = self.call.args.get(name).and_then(serde_json::Value::as_u64).unwrap_or(1);
        let mut call = self.sized(size);
        loop {
            call.args.set(name, number);
            self.wanted().await?;
            let page = self.fetch(&call).await?;
            let last = total_pages(&page.body).is_some_and(|pages| number >= pages);
            let new = page.rows.into_iter().filter(|row| self.seen.insert(fingerprint(row)));
            let rows: Vec<Row> = new.collect();
            if rows.is_empty() {
                return Ok(());
            }
            self.hand(rows).await.map_err(|Dropped| None)?;
            if last {
                return Ok(());
            }
            number += 1;
        }
    }
}

/// How many pages there are, where the answer says so.
fn total_pages(body: &Bytes) -> Option<u64> {
    #[derive(Deserialize)]
    struct Paged {
        pagination: Option<Pagination>,
    }
    #[derive(Deserialize)]
    struct Pagination {
        total_pages: Option<u64>,
    }
    if body.trim_ascii().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice::<Paged>(body).ok()?.pagination?.total_pages
}
