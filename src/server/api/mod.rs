//! The address on which `beadle serve` is watched and driven: jobs, runs, plans, doubts, webhooks, alarms as JSON, and what monitors ask for.
//! Its one rule: every path stands in one table, which routes requests and makes the OpenAPI document, and no act does what
//! the command line would do in another way.

mod alarms;
mod answer;
mod decisions;
mod door;
mod doubts;
mod field;
mod hooks;
mod jobs;
mod listen;
mod openapi;
mod page;
mod plans;
mod problem;
mod record;
mod records;
mod route;
mod runs;
mod ticks;
mod watching;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use listen::{Options, listen};
pub use openapi::document;
pub use route::paths;

use crate::clock::Clock;
use crate::runs::past::Past;
use crate::runs::{Looked, Refused};
use crate::schedule::Desk;
use crate::settings::Redactor;
use door::Door;

/// Whoever can ask the platforms about doubts: it needs their connections.
pub trait Looks: Send + Sync {
    /// Asks on these connections, each with the account that the doubts are about. Nothing is written to a platform.
    fn look<'a>(&'a self, places: &'a [(String, String)]) -> BoxFuture<'a, Result<Vec<Looked>, Refused>>;
}

/// What the acts work with.
struct Api {
    past: Past,
    desk: Desk,
    looks: Arc<dyn Looks>,
    door: Door,
    redactor: Redactor,
    clock: Clock,
    health: super::health::Health,
    meter: super::metrics::Shared,
}

/// Who did it, where nobody says more.
const WHO: &str = "api";

/// Who is written down: what the request says, and by which way it came.
fn who(given: &field::Given) -> String {
    match given.text("who").map(str::trim) {
        Some(who) if !who.is_empty() => format!("{who} ({WHO})"),
        _ => WHO.to_owned(),
    }
}
