//! A run that only plans: reads are real, writes are taken down, nothing of it is kept but the plan.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::attempt::ending;
use super::connections::Connections;
use super::door::Spared;
use super::id::new_id;
use super::report::Ending;
use super::requests::{Counting, Requests};
use super::scripted::{Earnest, Surroundings};
use super::{Order, Refused, Runner, Work};
use crate::client::Client;
use crate::effects::{Caps, Lease, Ledger};
use crate::events::{Called, Event, Events, Level, Sink};
use crate::plan::{Draft, Effort, Plan, Sign};
use crate::roster::FreeHand;
use crate::script::{Ended, JobFacts, Parts, ScriptError, execute};
use crate::store::PlanRow;

/// What planning came to.
pub struct Planned {
    /// What would be done.
    pub plan: Plan,
    /// What the script had to say.
    pub parts: Parts,
    /// How the script ended; only a plan that was made to its end is kept.
    pub ending: Ending,
}

impl Planned {
    /// What the script had to say, for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = super::report::lines(&self.parts);
        lines.extend(self.parts.file_lines());
        lines
    }

    /// The same for programs, and how it ended.
    pub fn json(&self) -> Value {
        let mut report = super::report::json_of(&self.parts);
        let files = self.parts.files.iter().map(|file| json!({ "file": file.name, "as_it_would_be": file.at }));
        report["files"] = files.collect();
        json!({ "type": "plan", "ending": self.ending.word(), "error": self.ending.error(), "report": report })
    }
}

impl Runner {
    /// Runs the order's script in plan mode. Blocks. A plan that was made to its end is kept in the store.
    pub fn plan(&self, order: &Order) -> Result<Planned, Refused> {
        let Work::Script(scripted) = &order.work else { return Err(Refused::Planned) };
        let planning = self.runtime.block_on(Planning::begin(self, order))?;
        let run = planning.surroundings(order).run_of(self, scripted);
        let ended = execute(&scripted.script, &run);
        let parts = run.parts();
        drop(run);
        self.runtime.block_on(planning.end(self, order, parts, ended))
    }
}

/// A plan that is being made.
pub(super) struct Planning {
    id: String,
    began: i64,
    draft: Draft,
    events: Events,
    pulse: Arc<Pulse>,
    counting: Counting,
    connections: Arc<Connections>,
    spared: Spared,
    /// A plan is nobody's job.
    job: JobFacts,
    pub(super) client: Client,
}

impl Planning {
    pub(super) async fn begin(runner: &Runner, order: &Order) -> Result<Self, Refused> {
        let now = runner.clock.now();
        let id = new_id(now);
        let lease = Lease::take(&runner.store, &id)?;
        let pulse = Arc::new(Pulse::default());
        let mut sinks = runner.listeners.clone();
        sinks.push(pulse.clone());
        let requests = Requests::new(runner.clock.clone());
        sinks.push(requests.clone());
        let events = Events::to(sinks);
        let draft = Draft::default();
        let connections = Arc::new(Connections {
            transports: Arc::clone(&runner.transports),
            ledger: Ledger::new(runner.store.clone(), lease, 1, runner.clock.clone(), Caps::default()),
            clock: runner.clock.clone(),
            events: events.clone(),
            brake: Arc::new(FreeHand::default()),
            stop: runner.cancel.token().clone(),
            redactor: runner.redactor.clone(),
            draft: Some(draft.clone()),
            open: Mutex::new(HashMap::new()),
        });
        let client = connections.client(&order.connection).await.map_err(Refused::Connection)?;
        let sandbox = if runner.sandbox { " (sandbox)" } else { "" };
        events
            .say(Level::Info, format!("planning {} on {}{sandbox}: nothing is changed", order.path, order.connection));
        Ok(Self {
            began: now.as_millisecond(),
            draft,
            events,
            pulse,
            counting: requests.keep(runner.store.clone(), Some(id.clone())),
            id,
            connections,
            spared: Spared::default(),
            job: JobFacts::default(),
            client,
        })
    }

    /// Where everything is taken down.
    pub(super) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The client of a connection, in plan mode.
    pub(super) async fn client_of(&self, connection: &str) -> Result<Client, String> {
        self.connections.client(connection).await
    }

    fn surroundings<'a>(&'a self, order: &'a Order) -> Surroundings<'a> {
        Surroundings {
            id: &self.id,
            connection: &order.connection,
            started_at: self.began,
            connections: &self.connections,
            events: &self.events,
            spared: &self.spared,
            earnest: Earnest::Plans,
            job: &self.job,
        }
    }

    /// Makes the plan of what was taken down, and keeps it.
    pub(super) async fn end(
        self,
        runner: &Runner,
        order: &Order,
        parts: Parts,
        ended: Result<(), Ended>,
    ) -> Result<Planned, Refused> {
        let mut plan = self.draft.finish(&self.id, &order.path, &order.connection, runner.clock.now_ms());
        plan.sandbox = runner.sandbox;
        plan.effort = self.effort(&plan);
        plan.seal();
        let mut ending = ending(ended);
        if ending == Ending::Done && !plan.is_empty() {
            let kept = runner.redactor.redact(&plan.write().to_string()).into_owned();
            match Plan::read(&kept) {
                Ok(_) => runner.store.keep_plan(&plan_row(&plan, kept)).await?,
                // A secret among the values would be kept as its stand-in, and no longer be what was planned.
                Err(_) => ending = Ending::Failed("the plan holds a secret of the settings and is not kept".to_owned()),
            }
        }
        match &ending {
            Ending::Failed(why) | Ending::InDoubt(why) | Ending::Held(why, _) => {
                self.events.say(Level::Error, why.clone());
            }
            Ending::Limit(limit) => {
                self.events.say(Level::Error, format!("ended by the limit `{limit}`; raise it in `[limits.script]`"));
            }
            Ending::Done | Ending::Interrupted(_) | Ending::TimedOut(_) => {}
        }
        // Figures that are lost keep nobody from the plan.
        self.counting.end().await.ok();
        Ok(Planned { plan, parts, ending })
    }

    /// What the plan costs, by how long the platform took to answer while it was made, or by the connection's own pace.
    fn effort(&self, plan: &Plan) -> Effort {
        let steps = || plan.steps.iter().filter(|step| step.touches.iter().any(|touch| touch.sign != Sign::Same));
        let follows = |step: &&crate::plan::Step| {
            let op = step.operation.split_once('.').and_then(|(noun, verb)| self.client.platform().op(noun, verb));
            op.is_some_and(|op| op.follow.is_some())
        };
        let writes = steps().count() as u64;
        let mut checked: Vec<(&str, &str, Option<&str>)> = plan
            .touches()
            .map(|(step, touch)| (step.connection.as_str(), step.operation.as_str(), touch.group.as_deref()))
            .collect();
        checked.sort_unstable();
        checked.dedup();
        let reads = steps().filter(follows).count() as u64 + checked.len() as u64;
        let calls = (writes + reads) as f64;
        let by_rate = self.client.rate().map_or(0.0, |rate| calls / rate);
        Effort { writes, reads, seconds: (calls * self.pulse.mean()).max(by_rate) }
    }
}

/// How long answers took.
#[derive(Default)]
struct Pulse {
    calls: AtomicU64,
    micros: AtomicU64,
}

impl Pulse {
    /// Seconds a call.
    fn mean(&self) -> f64 {
        let calls = self.calls.load(Ordering::Relaxed).max(1);
        self.micros.load(Ordering::Relaxed) as f64 / 1_000_000.0 / calls as f64
    }
}

impl Sink for Pulse {
    fn note(&self, event: &Event) {
        if let Event::Called(Called { took, .. }) = event {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}

/// The plan as the store keeps it.
fn plan_row(plan: &Plan, body: String) -> PlanRow {
    PlanRow {
        id: plan.id.clone(),
        script: plan.script.clone(),
        connection: plan.connection.clone(),
        sandbox: plan.sandbox,
        made_at: plan.made_at,
        expires_at: plan.expires_at,
        digest: plan.digest.clone(),
        body,
    }
}

/// An end in words of its own, for work that is no script.
pub(super) fn failed(why: impl std::fmt::Display) -> Ended {
    Ended::Failed(ScriptError::plain(why.to_string()))
}
