//! Plans: which there are, and what each would do to whom.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::page::{CURSOR, LIMIT, after, limit, page};
use super::problem::Problem;
use super::records::{PLAN, PLAN_WHOLE, TOUCH};
use super::route::{Route, Shape};
use crate::clock::rfc3339;
use crate::effects::brakes::{Hold, flags};
use crate::plan::{Detail, Plan};
use crate::store::PlanLine;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/plans",
        name: "plans",
        doc: "The plans that are kept, the newest first.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&PLAN)),
        refusals: &[503],
        act: |api, asked| Box::pin(list(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/plans/{plan}",
        name: "plan",
        doc: "What a plan would do, group by group, and what holds it. As `beadle plan PLAN`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&PLAN_WHOLE)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(one(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/plans/{plan}/touches",
        name: "plan_touches",
        doc: "What a plan would do, person by person, in its order. As `beadle plan PLAN --json`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&TOUCH)),
        refusals: &[422, 503],
        act: |api, asked| Box::pin(touches(api, asked)),
    },
];

async fn list(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let limit = limit(&asked.query);
    let older: Option<(i64, String)> = after(&asked.query)?;
    let older = older.as_ref().map(|(at, id)| (*at, id.as_str()));
    let rows = api.past.store.plan_lines(older, limit).await?;
    let last = super::page::last(&rows, limit, |row| (row.made_at, row.id.clone()));
    Ok(Reply::ok(page(rows.iter().map(line).collect(), last)))
}

async fn one(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let plan = known(&api, asked.name()).await?;
    let waits = api.past.open_holds(&plan).await?;
    let applied = api.past.store.run(&plan.id).await?.is_some();
    let (id, mode) = (&plan.id, &api.past.flags);
    let next = match (applied || plan.is_empty(), waits.is_empty()) {
        (true, _) => None,
        (false, true) => Some(format!("beadle apply {id}{mode}")),
        (false, false) => Some(format!("beadle approve {id}{mode} {} --reason \"…\"", flags(&waits))),
    };
    let mut object = plan.head();
    if let Some(map) = object.as_object_mut() {
        map.insert("touches".into(), plan.touches().count().into());
        map.insert("text".into(), plan.text(&Detail::Samples).into());
        map.insert("waits".into(), waits.iter().map(Hold::json).collect::<Vec<_>>().into());
        map.insert("next".into(), json!(next));
    }
    Ok(Reply::ok(object))
}

async fn touches(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let plan = known(&api, asked.name()).await?;
    let limit = usize::try_from(limit(&asked.query)).unwrap_or(usize::MAX);
    // A plan never changes: a place in it stays what it is.
    let from: usize = after(&asked.query)?.unwrap_or_default();
    let items: Vec<Value> = plan.touch_objects().skip(from).take(limit).collect();
    let last = (items.len() == limit).then_some(from + limit);
    Ok(Reply::ok(page(items, last)))
}

async fn known(api: &Api, id: &str) -> Result<Plan, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, format!("there is no plan `{id}`"));
    api.past.plan(id).await?.ok_or_else(|| unknown().next("those that are kept: GET /api/v1/plans"))
}

fn line(row: &PlanLine) -> Value {
    json!({
        "type": "plan",
        "plan": row.id,
        "script": row.script,
        "connection": row.connection,
        "made": rfc3339(Some(row.made_at)),
        "expires": rfc3339(Some(row.expires_at)),
        "applied": row.applied,
    })
}
