//! What a call leaves open and beadle must know before it is sent: filled in from the platform, or from what the run has
//! just read. A call that stays open is not sent.

use std::borrow::Cow;

use serde_json::Value;

use super::{Client, Error};
use crate::catalog::Call;

impl Client {
    /// The call with everything in it that its subjects are known by.
    pub(super) async fn completed<'a>(&self, call: &'a Call) -> Result<Cow<'a, Call>, Error> {
        let Some(completion) = self.platform().adapter.completion(call) else { return Ok(Cow::Borrowed(call)) };
        let mut reads = Vec::with_capacity(completion.reads.len());
        for read in &completion.reads {
            reads.push(self.read_all(read).await?);
        }
        if let (true, Some(id)) = (reads.is_empty(), &completion.recent) {
            reads.push(self.recent().invitation(id).unwrap_or(Value::Null));
        }
        let filled = (completion.fill)(call, &reads);
        filled.map(Cow::Owned).map_err(|why| Error::new(call, "bad_argument", why))
    }
}
