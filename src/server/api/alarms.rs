//! Who was told what, and what has not arrived yet. To whom stands in the jobs' files; no address is here.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::page::{CURSOR, LIMIT, after, last, limit, page};
use super::problem::Problem;
use super::records::{ALARM, MESSAGE};
use super::route::{Route, Shape};
use crate::schedule::{alarm_json, message_json};

/// As the store has them.
const STATES: &[&str] = &["fine", "failing", "paused", "held", "in_doubt", "missed"];

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/alarms",
        name: "alarms",
        doc: "As what each job was told of last, by job: only jobs whose file has a `[notify]`, and of which somebody was ever \
              told. As `beadle jobs notify`.",
        access: Access::Token,
        query: &[
            Field { name: "state", ty: Ty::Word(STATES), need: Need::May, doc: "Only those that were told of so" },
            LIMIT,
            CURSOR,
        ],
        body: &[],
        good: (200, Shape::Page(&ALARM)),
        refusals: &[503],
        act: |api, asked| Box::pin(alarms(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/messages",
        name: "messages",
        doc: "Messages that have not arrived yet, the oldest first. As `beadle jobs notify`.",
        access: Access::Token,
        query: &[Field { name: "job", ty: Ty::Text, need: Need::May, doc: "Only those about this job" }, LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&MESSAGE)),
        refusals: &[503],
        act: |api, asked| Box::pin(messages(api, asked)),
    },
];

async fn alarms(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query));
    let after: Option<String> = after(query)?;
    let state = query.text("state");
    let mut rows = api.past.store.alarms().await?;
    rows.retain(|row| {
        after.as_ref().is_none_or(|after| row.job > *after) && state.is_none_or(|state| state == row.state)
    });
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut waiting: BTreeMap<String, u64> = BTreeMap::new();
    for letter in api.past.store.letters().await? {
        *waiting.entry(letter.job).or_default() += 1;
    }
    let last = last(&rows, limit, |row| row.job.clone());
    let item = |row| alarm_json(row, waiting.get(&row.job).copied().unwrap_or(0));
    Ok(Reply::ok(page(rows.iter().map(item).collect(), last)))
}

async fn messages(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query));
    let (after, job): (i64, _) = (after(query)?.unwrap_or(0), query.text("job"));
    let mut rows = api.past.store.letters().await?;
    rows.retain(|row| row.id > after && job.is_none_or(|job| job == row.job));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = last(&rows, limit, |row| row.id);
    Ok(Reply::ok(page(rows.iter().map(message_json).collect(), last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_asked_for_by_every_state_that_it_can_have() {
        assert_eq!(crate::schedule::told_states().collect::<Vec<_>>(), STATES);
    }
}
