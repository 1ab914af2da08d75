//! What nobody knows: listed, settled, looked up.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::jobs::WHO;
use super::page::{CURSOR, LIMIT, after, limit, page};
use super::problem::Problem;
use super::records::{DOUBT, LOOKED, SETTLED};
use super::route::{Route, Shape};
use super::{Api, who};
use crate::effects::LeaseError;
use crate::runs::Refused;
use crate::runs::history::Verdict;
use crate::runs::past::Which;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/doubts",
        name: "doubts",
        doc: "What nobody knows whether it happened, and what is only promised, by number. As `beadle doubts`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&DOUBT)),
        refusals: &[503],
        act: |api, asked| Box::pin(list(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/doubts/settle",
        name: "settle_doubts",
        doc: "Say whether what is in doubt happened: all of these or none. As `beadle doubts settle`.",
        access: Access::Token,
        query: &[],
        body: &[
            Field { name: "effects", ty: Ty::Numbers, need: Need::Or(&["run", "all"]), doc: "Their numbers" },
            Field {
                name: "run",
                ty: Ty::Text,
                need: Need::May,
                doc: "In place of numbers: all that is in doubt of this run",
            },
            Field { name: "all", ty: Ty::Number(1, i64::MAX), need: Need::May, doc: "With `run`: how many these are" },
            Field {
                name: "verdict",
                ty: Ty::Word(&["applied", "not_applied"]),
                need: Need::Must,
                doc: "applied: it happened and is not done again; not_applied: resuming the run does it again, mails included",
            },
            Field { name: "reason", ty: Ty::Words, need: Need::Must, doc: "How you know; it is kept" },
            WHO,
        ],
        good: (200, Shape::One(&SETTLED)),
        refusals: &[404, 409, 422, 503],
        act: |api, asked| Box::pin(settle(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/doubts/look",
        name: "look_at_doubts",
        doc: "Ask the platforms about what is in doubt; answered when they have been. Nothing is written to them. As `beadle \
              doubts look`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&LOOKED)),
        refusals: &[409, 503],
        act: |api, asked| Box::pin(look(api, asked)),
    },
];

async fn list(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let limit = usize::try_from(limit(&asked.query)).unwrap_or(usize::MAX);
    let after: i64 = after(&asked.query)?.unwrap_or_default();
    let rows = api.past.doubts_after(after, limit).await?;
    let last = super::page::last(&rows, i64::try_from(limit).unwrap_or(i64::MAX), |(number, _)| *number);
    let items: Vec<Value> = rows.into_iter().map(|(_, object)| object).collect();
    Ok(Reply::ok(page(items, last)))
}

async fn settle(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let body = &asked.body;
    let which = match (body.text("run"), body.number("all")) {
        (Some(run), all) => Which::OfRun(run.to_owned(), all),
        (None, None) => Which::Numbers(body.numbers("effects")),
        (None, Some(_)) => return Err(Problem::bad("`run` is missing: `all` counts what is in doubt of it")),
    };
    let verdict = match body.text("verdict") {
        Some("applied") => Verdict::Applied,
        _ => Verdict::NotApplied,
    };
    let (who, reason) = (who(body), body.text("reason").unwrap_or_default());
    let settled = api.past.settle(&which, verdict, &who, reason, &api.redactor).await?;
    Ok(Reply::ok(settled.json(&api.past.flags)))
}

async fn look(api: Arc<Api>, _asked: Asked) -> Result<Reply, Problem> {
    let loose = api.past.loose().await?;
    let before = api.past.numbers(loose.groups.iter()).await?;
    let looked = api.looks.look(&loose.places()).await.map_err(refused)?;
    let settled = api.past.at_rest(&before).await?;
    let left = api.past.loose().await?;
    Ok(Reply::ok(json!({
        "type": "looked",
        "settled": settled.iter().map(|trace| trace.effect.id).collect::<Vec<_>>(),
        "troubles": looked.into_iter().filter_map(|one| one.trouble).collect::<Vec<_>>(),
        "in_doubt": left.in_doubt(),
        "promised": left.promised(),
        "left_out": left.left_out,
    })))
}

fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::Lease(LeaseError::Taken(_)) => {
            Problem::new(StatusCode::CONFLICT, "somebody else is looking just now; wait for their end")
        }
        other => Problem::new(StatusCode::SERVICE_UNAVAILABLE, other.to_string()),
    }
}
