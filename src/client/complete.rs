//! What a call leaves open and beadle must know before it is sent: filled in from the platform, or from what the run has
//! just read. A call that stays open is not sent.

use std::borrow::Cow;

use serde_json::Value;

use super::{Client, Error};
use crate::catalog::{Call, Place};

impl Client {
    /// The call with everything in it that its subjects are known by.
    pub(super) async fn completed<'a>(&self, call: &'a Call) -> Result<Cow<'a, Call>, Error> {
        let call = self.preset(call)?;
        let Some(completion) = self.platform().adapter.completion(&call) else { return Ok(call) };
        let mut reads = Vec::with_capacity(completion.reads.len());
        for read in &completion.reads {
            reads.push(self.read_all(read).await?);
        }
        if let (true, Some(id)) = (reads.is_empty(), &completion.recent) {
            reads.push(self.recent().invitation(id).unwrap_or(Value::Null));
        }
        let filled = (completion.fill)(&call, &reads);
        filled.map(Cow::Owned).map_err(|why| Error::new(&call, "bad_argument", why))
    }

    /// The call with what the connection's settings know of its arguments.
    pub(super) fn preset<'a>(&self, call: &'a Call) -> Result<Cow<'a, Call>, Error> {
        let mut filled = Cow::Borrowed(call);
        for param in call.op.params {
            let Some(setting) = param.preset.filter(|_| call.args.get(param.name).is_none()) else { continue };
            match self.0.parts.values.get(setting) {
                Some(value) => filled.to_mut().args.set(param.name, value.as_str()),
                None if param.place == Place::Path => {
                    let words = format!(
                        "`{}` is missing: give it, or write `{setting} = \"…\"` under `[connections.{}]`",
                        param.name, call.connection
                    );
                    return Err(Error::new(call, "bad_argument", words));
                }
                None => {}
            }
        }
        Ok(filled)
    }
}
