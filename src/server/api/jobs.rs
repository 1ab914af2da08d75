//! Jobs: how they stand, pauses, runs by hand, moments of the past.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::page::{CURSOR, LIMIT, after, last, limit, page};
use super::problem::Problem;
use super::records::{BACKFILL, BEGUN, JOB, PAUSED, UNPAUSED};
use super::route::{Route, Shape};
use super::{Api, who};
use crate::clock::rfc3339;
use crate::schedule::{self, ByHand, Moments, SeenJob, job_json};

/// Who asks for it.
pub(super) const WHO: Field =
    Field { name: "who", ty: Ty::Text, need: Need::May, doc: "Who asks for it; it is kept. Nobody checks it" };

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/jobs",
        name: "jobs",
        doc: "The jobs in force, by name, each with its next moment and how it stands. As `beadle jobs`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&JOB)),
        refusals: &[503],
        act: |api, asked| Box::pin(list(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/jobs/{job}",
        name: "job",
        doc: "One job.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&JOB)),
        refusals: &[503],
        act: |api, asked| Box::pin(async move { Ok(Reply::ok(object(&one(&api, asked.name()).await?))) }),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/jobs/{job}/pause",
        name: "pause_job",
        doc: "Skip the job's moments until a time, or until it is unpaused. As `beadle jobs pause`.",
        access: Access::Token,
        query: &[],
        body: &[
            Field {
                name: "reason",
                ty: Ty::Words,
                need: Need::Must,
                doc: "Why; it is shown wherever a moment is skipped",
            },
            Field { name: "until", ty: Ty::Time, need: Need::May, doc: "Until when" },
            WHO,
        ],
        good: (200, Shape::One(&PAUSED)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(pause(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/jobs/{job}/unpause",
        name: "unpause_job",
        doc: "Let the job run again; its failures in a row are forgotten. As `beadle jobs unpause`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&UNPAUSED)),
        refusals: &[503],
        act: |api, asked| Box::pin(unpause(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/jobs/{job}/run",
        name: "run_job",
        doc: "Run the job now, beside its schedule and also while it is paused. As `beadle jobs run`, but as a process of the \
              scheduler: it waits for a place among the runs at work. What was asked for and had not begun when the scheduler \
              ends is not begun later.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (202, Shape::One(&BEGUN)),
        refusals: &[503],
        act: |api, asked| Box::pin(run(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/jobs/{job}/backfill",
        name: "backfill_job",
        doc: "Run moments of the past, one after the other. As `beadle jobs backfill`.",
        access: Access::Token,
        query: &[],
        body: &[
            Field { name: "from", ty: Ty::Time, need: Need::Must, doc: "The first moment" },
            Field { name: "to", ty: Ty::Time, need: Need::Must, doc: "The last moment" },
            Field {
                name: "only_missing",
                ty: Ty::Flag,
                need: Need::May,
                doc: "Only moments that were missed or skipped, or that nobody decided about",
            },
        ],
        good: (202, Shape::One(&BACKFILL)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(backfill(api, asked)),
    },
];

async fn list(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let after: String = after(&asked.query)?.unwrap_or_default();
    let limit = limit(&asked.query);
    let seen = api.desk.look().await?.jobs.into_iter().filter(|seen| seen.job.name > after);
    let rows: Vec<SeenJob> = seen.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
    let last = last(&rows, limit, |seen| seen.job.name.clone());
    Ok(Reply::ok(page(rows.iter().map(object).collect(), last)))
}

async fn pause(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let job = one(&api, asked.name()).await?.job;
    let (until, reason) = (asked.body.time("until"), asked.body.text("reason").unwrap_or_default());
    let (store, who, now) = (&api.past.store, who(&asked.body), api.clock.now());
    let row = schedule::pause(store, &job.name, until, reason, &who, now).await?;
    ordered(&api).await;
    let until = rfc3339(row.until);
    let object = json!({ "type": "paused", "job": row.job, "until": until, "reason": row.reason, "who": row.who });
    Ok(Reply::ok(object))
}

async fn unpause(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let job = one(&api, asked.name()).await?.job;
    let was = api.past.store.unpause_job(&job.name).await?;
    ordered(&api).await;
    let object = json!({ "type": "unpaused", "job": job.name, "was_paused": was, "file_pauses": job.paused });
    Ok(Reply::ok(object))
}

async fn run(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let name = asked.name();
    match api.desk.run(name, ByHand::New).await? {
        Some(run) => begun(name, &run),
        None => Err(unknown(name)),
    }
}

/// A run will begin or go on.
pub(super) fn begun(job: &str, run: &str) -> Result<Reply, Problem> {
    let mut reply = Reply::json(StatusCode::ACCEPTED, json!({ "type": "asked", "job": job, "run": run }));
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/runs/{run}")) {
        reply.headers.push((header::LOCATION, place));
    }
    Ok(reply)
}

async fn backfill(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let job = one(&api, asked.name()).await?.job;
    let (Some(from), Some(to)) = (asked.body.time("from"), asked.body.time("to")) else {
        return Err(Problem::bad("`from` and `to` must be moments"));
    };
    let which = if asked.body.flag("only_missing") { Moments::Missing } else { Moments::All };
    let done = schedule::backfill(&api.past.store, &job, (from, to), which, api.clock.now()).await?;
    ordered(&api).await;
    let object = json!({ "type": "backfill", "job": job.name, "asked": done.asked, "left": done.left });
    Ok(Reply::json(StatusCode::ACCEPTED, object))
}

/// Whoever asks next sees what was ordered. It is in the store: where the scheduler does not answer now, it takes it in later.
pub(super) async fn ordered(api: &Api) {
    let _ = api.desk.take_orders().await;
}

async fn one(api: &Api, name: &str) -> Result<SeenJob, Problem> {
    api.desk.job(name).await?.ok_or_else(|| unknown(name))
}

/// No job of this name.
pub(super) fn unknown(name: &str) -> Problem {
    let words = format!("there is no job `{name}` in force");
    Problem::new(StatusCode::NOT_FOUND, words).next("those that are: GET /api/v1/jobs")
}

fn object(seen: &SeenJob) -> Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let standing = &seen.standing;
    let mut object = job_json(&seen.job, seen.next);
    if let Some(map) = object.as_object_mut() {
        let pause = standing.pause.as_ref();
        let pause = pause.map(|pause| json!({ "until": time(pause.until), "reason": pause.reason }));
        map.insert("pause".into(), json!(pause));
        map.insert("failures".into(), standing.failures.into());
        map.insert("last_done".into(), json!(time(standing.last_done)));
        map.insert("unfinished".into(), json!(standing.unfinished));
        map.insert("at_work".into(), json!(seen.at_work));
        map.insert("waiting".into(), seen.waiting.into());
    }
    object
}
