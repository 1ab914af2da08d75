//! How many people a call would write to: those whom neither the ledger nor the platform knows as written to.

use std::collections::HashMap;

use serde_json::Value;

use super::answer::Merged;
use super::{Client, Error, With};
use crate::catalog::Call;

impl Client {
    /// How many people the call would write to if it were sent now, and what was read of them: [`With::known`] spares the
    /// call the same reads.
    pub(crate) async fn would_mail(&self, call: &Call, with: &With) -> Result<(u64, HashMap<String, Value>), Error> {
        let call = &self.completed(call).await?;
        let (mut people, mut read) = (0, HashMap::new());
        let mut aside = Merged::new(call);
        for piece in call.pieces() {
            let intent = self.intent(&piece, with).await?;
            let left = self.not_yet_mailed(piece, &intent, &mut aside).await?;
            let known = self.ledger().mailed(self.account(), &left, &intent).await;
            let known = known.map_err(|error| Error::ledger(&left.call, error))?;
            people += (left.subjects.len() - known.len()) as u64;
            read.extend(intent.before);
        }
        Ok((people, read))
    }
}
