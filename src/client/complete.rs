//! What a call leaves open and beadle must know before it is sent: filled in from the platform, or from what the run has
//! just read. A call that stays open is not sent.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::lately::Memory;
use super::{Client, Error};
use crate::catalog::{Call, Completion, Consequence, Place, Repeat};

impl Client {
    /// The call with everything in it that its subjects are known by.
    pub(crate) async fn completed<'a>(&self, call: &'a Call) -> Result<Cow<'a, Call>, Error> {
        let call = self.preset(call)?;
        let Some(completion) = self.platform().adapter.completion(&call) else { return Ok(call) };
        let (reads, remembered) = self.for_completion(&completion, Memory::May).await?;
        let mut filled = (completion.fill)(&call, &reads);
        let may_do = || self.draft().is_some() || (completion.may_be_remembered)(&call, &reads);
        let anew = match (remembered, &filled) {
            // What is missing may have been made since.
            (true, Err(_)) => Some(Memory::MayNot),
            (true, Ok(_)) if !may_do() => Some(Memory::NotOfPeople),
            _ => None,
        };
        if let Some(memory) = anew {
            filled = (completion.fill)(&call, &self.for_completion(&completion, memory).await?.0);
        }
        filled.map(Cow::Owned).map_err(|why| Error::new(&call, "bad_argument", why))
    }

    /// A call that replaces what was read, made whole by what is there now: before it is sent again. What others gave in
    /// between would be lost else. `None` where the same call again is right.
    pub(super) async fn united_anew(&self, call: &Call) -> Result<Option<Call>, Error> {
        let replaces = call.op.write(&call.args).is_some_and(|write| {
            write.repeat == Repeat::Converges && matches!(write.consequence, Consequence::Adds | Consequence::Changes)
        });
        match replaces && call.op.params.iter().any(|param| param.place == Place::Found) {
            true => Ok(Some(self.completed(call).await?.into_owned())),
            false => Ok(None),
        }
    }

    /// What a completion reads, and whether any of it comes from memory.
    async fn for_completion(&self, completion: &Completion, memory: Memory) -> Result<(Vec<Arc<Value>>, bool), Error> {
        let (mut reads, mut any) = (Vec::with_capacity(completion.reads.len()), false);
        for read in &completion.reads {
            let (value, remembered) = self.lately(read, &completion.about, memory).await?;
            any |= remembered;
            reads.push(value);
        }
        if let (true, Some(id)) = (reads.is_empty(), &completion.recent) {
            reads.push(Arc::new(self.recent().invitation(id).unwrap_or(Value::Null)));
        }
        Ok((reads, any))
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
