//! One page of a list, for those who choose the pages themselves.

use serde_json::Value;
use tokio::sync::mpsc;

use super::Reading;
use crate::catalog::{Call, Code};
use crate::client::{Client, Error};

impl Client {
    /// The page that a call's own arguments ask for, as the platform has it; nothing is read ahead of it.
    pub(crate) async fn page(&self, call: &Call) -> Result<Vec<Value>, Error> {
        let (pages, _) = mpsc::channel(1);
        let reading = Reading::new(self.clone(), self.preset(call)?.into_owned(), 1, pages);
        let nothing = || Error::new(call, Code::Unreadable.as_str(), "nobody asked for the page");
        let fetched = reading.fetch(&reading.call).await.map_err(|error| error.unwrap_or_else(nothing))?;
        let adapter = self.platform().adapter;
        let value = |row: &crate::wire::Row| {
            let read = serde_json::from_slice(row.bytes()).map(|row| adapter.placed(&reading.call, row));
            read.map_err(|error| Error::new(call, Code::Unreadable.as_str(), format!("a row cannot be read: {error}")))
        };
        fetched.rows.iter().map(value).collect()
    }
}
