//! A script's run as the script host wants it: the same for a run that acts and one that only plans.

use std::sync::Arc;

use jiff::Timestamp;

use super::connections::Connections;
use super::door::{Spared, Through};
use super::{Runner, Scripted};
use crate::events::Events;
use crate::script::{Door, Facts, JobFacts, Run, Start, Thrown};

/// Whether a run acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Earnest {
    /// It does what it says.
    Acts,
    /// It only plans.
    Plans,
}

/// What a run is called, and what it reaches.
pub(super) struct Surroundings<'a> {
    pub(super) id: &'a str,
    pub(super) connection: &'a str,
    /// When its first attempt began, milliseconds since the epoch.
    pub(super) started_at: i64,
    pub(super) connections: &'a Arc<Connections>,
    pub(super) events: &'a Events,
    pub(super) spared: &'a Spared,
    pub(super) earnest: Earnest,
    pub(super) job: &'a JobFacts,
}

impl Surroundings<'_> {
    /// What the script is given.
    pub(super) fn run_of(&self, runner: &Runner, scripted: &Scripted) -> Run {
        let (connections, spared) = (Arc::clone(self.connections), self.spared.clone());
        let runtime = runner.runtime.clone();
        let doors = move |name: &str| -> Result<Arc<dyn Door>, Thrown> {
            let client = runtime.block_on(connections.client(name));
            let client = client.map_err(|why| Thrown::new("no_connection", why).at("connect", name))?;
            Ok(Arc::new(Through { client, spared: spared.clone() }))
        };
        Run::from(Start {
            id: self.id.to_owned(),
            facts: Facts {
                args: scripted.args.clone(),
                started: Timestamp::from_millisecond(self.started_at).unwrap_or_default(),
                connection: self.connection.to_owned(),
                sandbox: runner.sandbox,
                dry_run: self.earnest == Earnest::Plans,
                job: self.job.clone(),
            },
            doors: Arc::new(doors),
            events: self.events.clone(),
            cancel: runner.cancel.clone(),
            runtime: runner.runtime.clone(),
            root: runner.root.clone(),
            files: scripted.files.clone(),
            write_to: runner.write_to.clone(),
            limits: runner.limits.clone(),
            memory: runner.memory.clone(),
            clock: runner.clock.clone(),
        })
    }
}
