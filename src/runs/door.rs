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
        // What an earlier attempt of this run did is its own work.
        for one in skipped.into_iter().filter(|one| !one.why.starts_with("done in attempt ")) {
            *reasons.entry(undated(&one.why)).or_default() += 1;
        }
    }

    /// A line for each reason, the most frequent first.
    pub(super) fn lines(&self) -> Vec<String> {
        let reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reasons: Vec<(&String, &u64)> = reasons.iter().collect();
        reasons.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
        let shown = reasons.iter().take(REASONS);
        let mut lines: Vec<String> = shown.map(|(why, count)| format!("not written to: {count}, {why}")).collect();
        if reasons.len() > REASONS {
            let rest: u64 = reasons.iter().skip(REASONS).map(|(_, count)| **count).sum();
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

    fn list_as_needed(&self, call: &Call) -> Box<dyn Rows> {
        Box::new(Pages(self.client.list_as_needed(call)))
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

/// `invited on 2026-11-22 by …` without the day: a reason for many has many days.
fn undated(why: &str) -> String {
    match why.split_once(" on ") {
        Some((start, rest)) if rest.starts_with(|sign: char| sign.is_ascii_digit()) => {
            let end = rest.split_once(' ').map_or("", |(_, end)| end);
            format!("{start} {end}")
        }
        _ => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_whatever_their_day() {
        assert_eq!(undated("invited on 2026-11-22 by run r-1; write on"), "invited by run r-1; write on");
        assert_eq!(undated("has had 1 mail"), "has had 1 mail");
        assert_eq!(undated("depends on you"), "depends on you");
    }

    #[test]
    fn the_most_frequent_reasons_come_first_and_the_rest_is_counted() {
        let spared = Spared::default();
        let reasons = (1..=7).map(|count| (format!("reason {count}"), count));
        spared.0.lock().unwrap().extend(reasons);
        let lines = spared.lines();
        assert_eq!(lines[0], "not written to: 7, reason 7");
        assert_eq!((lines.len(), lines[5].as_str()), (6, "not written to: 3 more, for other reasons"));
    }
}
