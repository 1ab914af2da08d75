//! What platforms tell: hooks, what came to them, and a delivery once more. Addresses of hooks are secrets and stand nowhere
//! here.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Given, Need, Ty};
use super::page::{CURSOR, LIMIT, after, last, limit, page};
use super::problem::Problem;
use super::records::{ASIDE, DELIVERY, DELIVERY_WHOLE, HOOK, REPLAY};
use super::route::{Route, Shape};
use crate::hooks::{Bell, Inbox, aside_json, delivery_json, hook_json, whole_delivery_json};
use crate::store::{DeliveryRow, Store};

const OF_HOOK: Field = Field { name: "hook", ty: Ty::Text, need: Need::May, doc: "Of this hook alone" };

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/api/v1/hooks",
        name: "hooks",
        doc: "The hooks by name, those that were removed among them; never their addresses. As `beadle webhook list`.",
        access: Access::Token,
        query: &[LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&HOOK)),
        refusals: &[503],
        act: |api, asked| Box::pin(hooks(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/deliveries",
        name: "deliveries",
        doc: "What platforms have sent, the newest first. As `beadle webhook list`.",
        access: Access::Token,
        query: &[
            OF_HOOK,
            Field {
                name: "state",
                ty: Ty::Word(&["waiting", "done"]),
                need: Need::May,
                doc: "waiting: not worked off yet; done: worked off",
            },
            LIMIT,
            CURSOR,
        ],
        body: &[],
        good: (200, Shape::Page(&DELIVERY)),
        refusals: &[404, 503],
        act: |api, asked| Box::pin(deliveries(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/deliveries/{delivery}",
        name: "delivery",
        doc: "A delivery by its number, with its body and the runs that it asked for. As `beadle webhook show`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (200, Shape::One(&DELIVERY_WHOLE)),
        refusals: &[503],
        act: |api, asked| Box::pin(delivery(api, asked)),
    },
    Route {
        method: Method::POST,
        path: "/api/v1/deliveries/{delivery}/replay",
        name: "replay",
        doc: "Have a delivery worked off once more: its notifications count as new, and jobs run again, with runs of their own. \
              As `beadle webhook replay`.",
        access: Access::Token,
        query: &[],
        body: &[],
        good: (202, Shape::One(&REPLAY)),
        refusals: &[409, 503],
        act: |api, asked| Box::pin(replay(api, asked)),
    },
    Route {
        method: Method::GET,
        path: "/api/v1/asides",
        name: "asides",
        doc: "Bodies that were no delivery, the newest first, each with its beginning. As `beadle webhook show --aside`.",
        access: Access::Token,
        query: &[OF_HOOK, LIMIT, CURSOR],
        body: &[],
        good: (200, Shape::Page(&ASIDE)),
        refusals: &[404, 503],
        act: |api, asked| Box::pin(asides(api, asked)),
    },
];

async fn hooks(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (limit, after): (_, Option<String>) = (limit(&asked.query), after(&asked.query)?);
    let mut rows = api.past.store.hooks().await?;
    rows.retain(|row| after.as_ref().is_none_or(|after| row.name > *after));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = last(&rows, limit, |row| row.name.clone());
    Ok(Reply::ok(page(rows.iter().map(hook_json).collect(), last)))
}

async fn deliveries(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query));
    let hook = known_hook(&api.past.store, query).await?;
    let before = after(query)?.unwrap_or(i64::MAX);
    let rows = api.past.store.deliveries_that_are(hook, query.text("state"), before, limit).await?;
    let last = last(&rows, limit, |row| row.seq);
    let numbers: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let idle = api.past.store.idle_of(&numbers).await?;
    let shown = |row: &DeliveryRow| {
        let idle: Vec<_> = idle.iter().filter(|idle| idle.delivery == row.seq).collect();
        delivery_json(row, &idle)
    };
    Ok(Reply::ok(page(rows.iter().map(shown).collect(), last)))
}

async fn delivery(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (row, body) = one(&api.past.store, asked.name()).await?;
    let runs = api.past.store.triggers_of(row.seq).await?;
    let idle = api.past.store.idle_of(&[row.seq]).await?;
    Ok(Reply::ok(whole_delivery_json(&row, &body, &runs, &idle.iter().collect::<Vec<_>>())))
}

async fn replay(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (row, body) = one(&api.past.store, asked.name()).await?;
    let busy = |words: String| Problem::new(StatusCode::CONFLICT, words);
    if row.state != "done" {
        return Err(busy(format!("delivery {} is not worked off yet; it needs no replay", row.seq)));
    }
    // The worker looks by itself every other second.
    let inbox = Inbox::new(api.past.store.clone(), api.clock.clone(), Bell::default());
    let kept = inbox.replay(&row, &body).await?;
    let number = kept.ok_or_else(|| busy("somebody else has replayed it at the same moment".to_owned()))?;
    let object = json!({ "type": "replay", "delivery": number, "replay_of": row.seq });
    let mut reply = Reply::json(StatusCode::ACCEPTED, object);
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/deliveries/{number}")) {
        reply.headers.push((header::LOCATION, place));
    }
    Ok(reply)
}

async fn asides(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query));
    let hook = known_hook(&api.past.store, query).await?;
    let before = after(query)?.unwrap_or(i64::MAX);
    // Of each hook there are a hundred at most.
    let mut rows = api.past.store.asides(hook).await?;
    rows.retain(|row| row.seq < before);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = last(&rows, limit, |row| row.seq);
    Ok(Reply::ok(page(rows.iter().map(aside_json).collect(), last)))
}

/// The hook that the request names, if it names one: a name that nobody has is no empty list.
async fn known_hook<'a>(store: &Store, query: &'a Given) -> Result<Option<&'a str>, Problem> {
    let Some(name) = query.text("hook") else { return Ok(None) };
    match store.hooks().await?.iter().any(|hook| hook.name == name) {
        true => Ok(Some(name)),
        false => Err(absent(format!("there is no hook `{name}`")).next("GET /api/v1/hooks")),
    }
}

async fn one(store: &Store, number: &str) -> Result<(DeliveryRow, Vec<u8>), Problem> {
    let missing = || absent(format!("there is no delivery {number}")).next("GET /api/v1/deliveries");
    let seq: i64 = number.parse().map_err(|_| missing())?;
    let row = store.delivery(seq).await?.ok_or_else(missing)?;
    let body = store.delivery_body(seq).await?.ok_or_else(missing)?;
    Ok((row, body))
}

fn absent(detail: String) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, detail)
}
