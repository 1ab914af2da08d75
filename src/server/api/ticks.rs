//! Every moment there was, and what became of it.

use std::sync::Arc;

use axum::http::Method;

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::{Field, Need, Ty};
use super::jobs::unknown;
use super::page::{CURSOR, LIMIT, after, last, limit, page};
use super::problem::Problem;
use super::records::TICK;
use super::route::{Route, Shape};
use crate::schedule::tick_json;
use crate::store::TickFilter;

pub(super) const ROUTES: &[Route] = &[Route {
    method: Method::GET,
    path: "/api/v1/ticks",
    name: "ticks",
    doc: "Every due moment and what became of it, the newest first. As `beadle jobs ticks`.",
    access: Access::Token,
    query: &[
        Field { name: "job", ty: Ty::Text, need: Need::May, doc: "Of this job alone" },
        Field { name: "from", ty: Ty::Time, need: Need::May, doc: "Moments from here on" },
        Field { name: "to", ty: Ty::Time, need: Need::May, doc: "Moments up to here" },
        LIMIT,
        CURSOR,
    ],
    body: &[],
    good: (200, Shape::Page(&TICK)),
    refusals: &[404, 503],
    act: |api, asked| Box::pin(list(api, asked)),
}];

async fn list(api: Arc<Api>, asked: Asked) -> Result<Reply, Problem> {
    let (query, limit) = (&asked.query, limit(&asked.query));
    let time = |name| query.time(name).map(|at| at.as_millisecond());
    let filter = TickFilter {
        job: query.text("job").map(str::to_owned),
        from: time("from"),
        to: time("to"),
        after: after(query)?,
        most: u32::try_from(limit).unwrap_or(u32::MAX),
    };
    let rows = api.past.store.ticks(&filter).await?;
    if let Some(job) = filter.job.as_deref().filter(|_| rows.is_empty()) {
        // A job that is no more may have had moments, only none of those that were asked for.
        let any = TickFilter { job: Some(job.to_owned()), most: 1, ..TickFilter::default() };
        if api.desk.job(job).await?.is_none() && api.past.store.ticks(&any).await?.is_empty() {
            return Err(unknown(job));
        }
    }
    let last = last(&rows, limit, |row| (row.scheduled_at, row.job.clone()));
    Ok(Reply::ok(page(rows.iter().map(tick_json).collect(), last)))
}
