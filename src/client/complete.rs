//! What a call leaves open and beadle must know before it is sent: filled in from the platform, or from what the run has
//! just read. A call that stays open is not sent.

use std::borrow::Cow;

use serde_json::Value;

use super::{Client, Error};
use crate::catalog::{Call, Reading};

impl Client {
    /// The call with everything in it that its subjects are known by.
    pub(super) async fn completed<'a>(&self, call: &'a Call) -> Result<Cow<'a, Call>, Error> {
        let Some(completion) = self.platform().adapter.completion(call) else { return Ok(Cow::Borrowed(call)) };
        let mut reads = Vec::with_capacity(completion.reads.len());
        for read in &completion.reads {
            reads.push(match completion.reading {
                Reading::Anew => self.read_all(read).await?,
                Reading::Once => self.read_once_a_run(read).await?,
            });
        }
        if let (true, Some(id)) = (reads.is_empty(), &completion.recent) {
            reads.push(self.recent().invitation(id).unwrap_or(Value::Null));
        }
        let filled = (completion.fill)(call, &reads);
        filled.map(Cow::Owned).map_err(|why| Error::new(call, "bad_argument", why))
    }

    async fn read_once_a_run(&self, read: &Call) -> Result<Value, Error> {
        let mut known = self.0.lasting.lock().await;
        let sentence = read.sentence();
        if let Some(value) = known.get(&sentence) {
            return Ok(value.clone());
        }
        let value = self.read_all(read).await?;
        known.insert(sentence, value.clone());
        Ok(value)
    }
}
