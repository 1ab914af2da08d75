//! Runs: which there were, everything of one of them, and going on with one.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::jobs::{begun, unknown};
use super::page::{CURSOR, LIMIT, after, last, limit, page};
use super::problem::Problem;
use super::records::{BEGUN, CALL, EFFECT, LINE, RUN, RUN_WHOLE};
use super::route::{Route, Shape};
use crate::effects::brakes::Hold;
use crate::runs::history::{Owner, Shown, effect_json, log_json};
use crate::schedule::ByHand;
use crate::store::{RunFilter, RunState};

/// Their words in [`RunState`].
const STATES: &[&str] = &["running", "done", "failed", "held", "interrupted"];
/// The effects of each run of a page are counted: fewer than of other lists.
const MOST: i64 = 100;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/runs",
        name: "runs",
        doc: "The runs there were, the newest first, at most 100 a page. As `beadle runs`.",
        access: Access::Token,
        query: &[
            Field { name: "state", ty: Ty::Word(STATES), need: Need::May, doc: "Only those that stand so" },
            Field { name: "job", ty: Ty::Text, need: Need::May, doc: "Only those of this job" },
            Field { name: "script", ty: Ty::Text, need: Need::May, doc: "Only those of this script" },
            LIMIT,
            CURSOR,
        ],
        body: &[],
        good: (200, Shape::Page(&RUN)),
        refusals: &[503],
        act: |api, asked| Box::pin(list(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/runs/{run}",
        name: "run",
        doc: "Everything that is small of a run, with its report. As `beadle runs show`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&RUN_WHOLE)),
        refusals: &[503],
        act: |api, asked| Box::pin(one(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/runs/{run}/effects",
        name: "run_effects",
        doc: "Every effect of a run, in the order in which they were begun. As `beadle runs show --effects`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&EFFECT)),
        refusals: &[503],
        act: |api, asked| Box::pin(effects(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/runs/{run}/calls",
        name: "run_calls",
        doc: "Every call of a run that could change something. As `beadle runs show --calls`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&CALL)),
        refusals: &[503],
        act: |api, asked| Box::pin(calls(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/runs/{run}/log",
        name: "run_log",
        doc: "What a run printed and said. As `beadle runs show --log`. Whoever follows a run at work asks again with the last \
              cursor that was given.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&LINE)),
        refusals: &[503],
        act: |api, asked| Box::pin(log(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/runs/{run}/resume",
        name: "resume_run",
        doc: "Go on with a job's run that was stopped, failed, or was held and is approved: what is done is not done again. As \
              `beadle resume`, as a process of the scheduler.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (202, Shape::One(&BEGUN)),
        refusals: &[409, 422, 503],
        act: |api, asked| Box::pin(resume(api, asked)),
    },
];

async fn list(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query).min(MOST));
    let filter = RunFilter {
        state: query.text("state").and_then(RunState::parse),
        script: query.text("script").map(str::to_owned),
        job: query.text("job").map(str::to_owned),
    };
    let older: Option<(i64, String)> = after(query)?;
    let older = older.as_ref().map(|(at, id)| (*at, id.as_str()));
    let rows = api.past.runs(&filter, older, limit).await?;
    let last = last(&rows, limit, |listed| (listed.run.started_at, listed.run.id.clone()));
    Ok(Reply::ok(page(rows.iter().map(|listed| listed.json(&api.past.flags)).collect(), last)))
}

async fn one(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let shown = api.past.shown(asked.name()).await?;
    let mut object = shown.json();
    if let Some(map) = object.as_object_mut() {
        let holds: Vec<Value> = shown.open_holds().iter().map(Hold::json).collect();
        map.insert("holds".into(), holds.into());
        let parts = shown.parts();
        for (kind, name) in [
            ("attempt", "each_attempt"),
            ("effects", "effects"),
            ("approval", "approvals"),
            ("decision", "decisions"),
            ("file", "files"),
        ] {
            let of_kind: Vec<Value> = parts.iter().filter(|part| part["type"] == kind).cloned().collect();
            map.insert(name.into(), of_kind.into());
        }
    }
    Ok(Reply::ok(object))
}

async fn effects(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let run = api.past.known(asked.name()).await?;
    let (owner, limit) = (api.past.owner(&run.of.id)?, limit(&asked.query));
    let after: i64 = after(&asked.query)?.unwrap_or_default();
    let rows = api.past.store.effects_of(&run.of.id, after, limit).await?;
    let last = last(&rows, limit, |row| row.id);
    Ok(Reply::ok(page(rows.iter().map(|row| effect_json(row, owner)).collect(), last)))
}

async fn calls(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let run = api.past.known(asked.name()).await?;
    let (limit, after): (_, Option<i64>) = (limit(&asked.query), after(&asked.query)?);
    let rows = api.past.store.calls_of(&run.of.id, after.unwrap_or_default(), limit).await?;
    let last = last(&rows, limit, |row| row.id);
    Ok(Reply::ok(page(rows.iter().map(Shown::call_json).collect(), last)))
}

async fn log(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let run = api.past.known(asked.name()).await?;
    let (limit, after): (_, Option<i64>) = (limit(&asked.query), after(&asked.query)?);
    let rows = api.past.store.log_after(&run.of.id, after.unwrap_or_default(), limit).await?;
    // More may be said at any time: there is always somewhere to go on from.
    let last = rows.last().map(|(place, _)| *place).or(after);
    Ok(Reply::ok(page(rows.iter().map(|(_, line)| log_json(line)).collect(), last)))
}

async fn resume(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let id = asked.name();
    let wrong = |words: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    let run = api.past.find(id).await?;
    if api.past.owner(id)? == Owner::Alive {
        return Err(Problem::new(StatusCode::CONFLICT, format!("run `{id}` is at work: wait for its end")));
    }
    if run.state == RunState::Done && run.exit_code == Some(0) {
        return Err(wrong(format!("run `{id}` has come to its end; there is nothing to go on with")));
    }
    let open = api.past.shown(id).await?.open_holds();
    if !open.is_empty() {
        let next = format!("POST /api/v1/runs/{id}/approve");
        return Err(wrong(format!("run `{id}` is held")).next(next));
    }
    let Some(job) = run.of.job.map(|job| job.name) else {
        let problem = wrong(format!("run `{id}` belongs to no job, and only jobs are run here"));
        return Err(problem.next(format!("beadle resume {id}{}", api.past.flags)));
    };
    match api.desk.run(&job, ByHand::GoOn(id.to_owned())).await? {
        Some(run) => begun(&job, &run),
        None => Err(unknown(&job)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_asked_for_by_every_state_that_it_can_have() {
        let words: Vec<&str> = RunState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(words, STATES);
    }
}
