//! What a person allows: held runs, and plans.

use std::sync::Arc;

use axum::http::Method;
use serde_json::json;

use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::jobs::{WHO, ordered};
use super::problem::Problem;
use super::records::APPROVED;
use super::route::{Route, Shape};
use super::{Api, who};
use crate::effects::brakes::Hold;

const BODY: &[Field] = &[
    Field {
        name: "numbers",
        ty: Ty::Leaves,
        need: Need::Must,
        doc: "What is allowed, by brake: the numbers that the holds name",
    },
    Field { name: "reason", ty: Ty::Words, need: Need::Must, doc: "Why; it is kept" },
    WHO,
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        path: "/api/v1/runs/{run}/approve",
        name: "approve_run",
        doc: "Allow a held run what its brakes named: each number must be the right one. It goes on when it is resumed. As \
              `beadle approve`.",
        access: Access::Token,
        query: &[],
        body: BODY,
        good: (200, Shape::One(&APPROVED)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(approve(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/plans/{plan}/approve",
        name: "approve_plan",
        doc: "Allow a plan what its brakes named, bound to what it says. As `beadle approve`.",
        access: Access::Token,
        query: &[],
        body: BODY,
        good: (200, Shape::One(&APPROVED)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(approve(api, asked)),
    },
];

async fn approve(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (named, reason) = (asked.body.leaves("numbers"), asked.body.text("reason").unwrap_or_default());
    let (reason, at) = (api.redactor.redact(reason), api.clock.now_ms());
    let approved = api.past.approve(asked.name(), &named, &who(&asked.body), &reason, at).await?;
    ordered(&api).await;
    let left: Vec<_> = approved.left.iter().map(Hold::json).collect();
    let next = approved.next(&api.past.flags);
    Ok(Reply::ok(json!({ "type": "approved", "run": approved.id, "left": left, "next": next })))
}
