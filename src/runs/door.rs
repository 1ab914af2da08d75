//! A script's door to a connection: the client's errors as thrown values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::catalog::{Call, Mails, Platform};
use crate::client::{self, Client, Pager};
use crate::script::{Door, IfExists, Rows, Thrown, With};
use crate::wire::Row;

/// A client behind the script's trait.
pub(super) struct Through {
    pub(super) client: Client,
    pub(super) spared: Spared,
}

/// Who was not written to because they were before, counted by the reason: the report says it, whatever the script does.
#[derive(Clone, Default)]
pub(super) struct Spared(Arc<Mutex<BTreeMap<String, u64>>>);

/// Reasons that are told one by one.
const REASONS: usize = 5;

impl Spared {
    /// Looks into the answer of a write that mails.
    fn note(&self, call: &Call, answer: &[u8]) {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Answer {
            effects: Effects,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Effects {
            skipped: Vec<Skipped>,
        }
        #[derive(Deserialize)]
        struct Skipped {
            why: String,
        }
        if call.op.write(&call.args).is_none_or(|write| write.mails == Mails::No) {
            return;
        }
        let skipped = serde_json::from_slice::<Answer>(answer).unwrap_or_default().effects.skipped;
        let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in skipped {
            *reasons.entry(one.why).or_default() += 1;
        }
    }

    /// A line for each reason.
    pub(super) fn lines(&self) -> Vec<String> {
        let reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> =
            reasons.iter().take(REASONS).map(|(why, count)| format!("not written to: {count}, {why}")).collect();
        if reasons.len() > REASONS {
            let rest: u64 = reasons.values().skip(REASONS).sum();
            lines.push(format!("not written to: {rest} more, for other reasons"));
        }
        lines
    }
}

impl Door for Through {
    fn connection(&self) -> &str {
        self.client.connection()
    }

    fn platform(&self) -> &'static Platform {
        self.client.platform()
    }

    fn call<'a>(&'a self, call: &'a Call, with: &'a With) -> BoxFuture<'a, Result<Bytes, Thrown>> {
        let with = client::With {
            again: with.again.clone(),
            wait: with.wait,
            use_existing: with.if_exists == IfExists::Use,
            ..client::With::default()
        };
        async move {
            let answer = self.client.call(call, &with).await?;
            self.spared.note(call, &answer);
            Ok(answer)
        }
        .boxed()
    }

    fn list(&self, call: &Call) -> Box<dyn Rows> {
        Box::new(Pages(self.client.list(call)))
    }

    fn client(&self) -> Option<&Client> {
        Some(&self.client)
    }
}

struct Pages(Pager);

impl Rows for Pages {
    fn next_page(&mut self) -> BoxFuture<'_, Option<Result<Vec<Row>, Thrown>>> {
        async { Some(self.0.next_page().await?.map_err(Thrown::from)) }.boxed()
    }
}
