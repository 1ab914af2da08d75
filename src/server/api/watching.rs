//! What monitors ask for: whether it lives, whether it works, figures; and the document of all this.

use std::sync::Arc;

use axum::http::{Method, StatusCode};

use super::Api;
use super::answer::{Asked, Reply};
use super::door::Access;
use super::openapi::document;
use super::problem::Problem;
use super::route::{Route, Shape};

const PLAIN: &str = "text/plain; charset=utf-8";
/// Prometheus's text format.
const FIGURES: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/healthz",
        name: "healthz",
        doc: "Whether the process lives.",
        access: Access::Anybody,
        query: &[],
        body: &[],
        good: (200, Shape::Text(PLAIN)),
        refusals: &[],
        act: |_, _| Box::pin(async { Ok(Reply::text(StatusCode::OK, PLAIN, "ok\n".to_owned())) }),
    },
    Route {
        method: Method::GET,
        path: "/readyz",
        name: "readyz",
        doc: "Whether it works: the store can be read and written, the scheduler turns, and hooks, where there are any, are received. \
              What is wrong stands in the answer.",
        access: Access::Anybody,
        query: &[],
        body: &[],
        good: (200, Shape::Text(PLAIN)),
        refusals: &[503],
        act: |api, _| Box::pin(ready(api)),
    },
    Route {
        method: Method::GET,
        path: "/metrics",
        name: "metrics",
        doc: "Figures in Prometheus's text format. From this machine without a proxy between, no token is needed.",
        access: Access::Neighbour,
        query: &[],
        body: &[],
        good: (200, Shape::Text(FIGURES)),
        refusals: &[],
        act: |api, _| Box::pin(async move { Ok(Reply::text(StatusCode::OK, FIGURES, api.meter.text().await)) }),
    },
];

pub(super) const DOCUMENT: &[Route] = &[Route {
    method: Method::GET,
    path: "/api/v1/openapi.json",
    name: "openapi",
    doc: "This document.",
    access: Access::Token,
    query: &[],
    body: &[],
    good: (200, Shape::Document),
    refusals: &[],
    act: |_, _: Asked| Box::pin(async { Ok(Reply::ok(document())) }),
}];

async fn ready(api: Arc<Api>) -> Result<Reply, Problem> {
    match api.health.ready().await {
        Ok(()) => Ok(Reply::text(StatusCode::OK, PLAIN, "ok\n".to_owned())),
        Err(why) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why)),
    }
}
