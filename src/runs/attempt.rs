//! One attempt of a run: its lock, ledger and log; what earlier runs left in doubt; how it ended.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::applying::{Applying, greet};
use super::connections::{Access, Connections};
use super::door::Spared;
use super::id::new_id;
use super::journal::{Journal, Writing};
use super::limit::Reached;
use super::planning::failed;
use super::report::{Ending, Report, Tally};
use super::requests::{Counting, Requests};
use super::runner::{Order, Refused, Runner, Source};
use super::scripted::{Earnest, Surroundings};
use super::work::{Stale, Work};
use crate::client::{Client, LookedUp};
use crate::effects::{Caps, Lease, Ledger, State};
use crate::events::{Events, Level, Sink};
use crate::model::span;
use crate::plan::Plan;
use crate::roster::FreeHand;
use crate::script::{Ended, JobFacts, Limits, Parts, Stop, Thrown};
use crate::settings::Flags;
use crate::store::{self, NewRun, RunState};

/// An attempt that has begun: the run is ours, and written down.
pub(super) struct Attempt {
    id: String,
    started_at: i64,
    began: Instant,
    ledger: Ledger,
    events: Events,
    journal: Arc<Journal>,
    writing: Writing,
    counting: Counting,
    connections: Arc<Connections>,
    client: Client,
    spared: Spared,
    job: JobFacts,
}

impl Attempt {
    /// Owns the run, writes it down and opens its connection.
    pub(super) async fn begin(runner: &Runner, order: &Order) -> Result<Self, Refused> {
        let began = Instant::now();
        let now = runner.clock.now();
        let id = match &order.source {
            Source::New => match &order.work {
                // A plan becomes one run, and that has its name.
                Work::Plan { plan, .. } => plan.id.clone(),
                Work::Script(_) | Work::Undo(_) => new_id(now),
            },
            Source::OfJob(begin) => begin.id.clone().unwrap_or_else(|| new_id(now)),
            Source::Again(run) => run.of.id.clone(),
        };
        let lease = Lease::take(&runner.store, &id)?;
        if let Work::Plan { plan, .. } = &order.work {
            check_accounts(runner, plan).await?;
        }
        let (attempt, started_at) = match &order.source {
            Source::New | Source::OfJob(_) => {
                start(runner, order, &id, now).await?;
                (1, now.as_millisecond())
            }
            Source::Again(run) => (runner.store.next_attempt(&id, now.as_millisecond()).await?, run.of.started_at),
        };
        let job = runner.job_facts(&order.source, &id, started_at).await?;
        let (journal, writing) = Journal::begin(runner, id.clone(), attempt);
        let mut sinks = runner.listeners.clone();
        let requests = Requests::new(runner.clock.clone());
        sinks.extend([journal.clone() as Arc<dyn Sink>, requests.clone()]);
        let events = Events::to(sinks);
        let ledger = Ledger::new(runner.store.clone(), lease, attempt, runner.clock.clone(), Caps::default());
        let connections = Arc::new(Connections {
            transports: Arc::clone(&runner.transports),
            ledger: ledger.clone(),
            clock: runner.clock.clone(),
            events: events.clone(),
            brake: Arc::new(FreeHand::default()),
            stop: runner.cancel.token().clone(),
            redactor: runner.redactor.clone(),
            draft: None,
            open: Mutex::new(HashMap::new()),
        });
        let client = match connections.client(&order.connection).await {
            Ok(client) => client,
            Err(why) => {
                // Nothing was sent: the run was never begun.
                let summary = json!({ "error": why });
                runner.store.end_run(&id, RunState::Failed, 2, &summary, runner.clock.now_ms()).await?;
                return Err(Refused::Connection(why));
            }
        };
        let this = Self {
            counting: requests.keep(runner.store.clone(), Some(id.clone())),
            id,
            started_at,
            began,
            ledger,
            events,
            journal,
            writing,
            connections,
            client,
            spared: Spared::default(),
            job,
        };
        this.greet(runner, order).await?;
        Ok(this)
    }

    /// Which run this is.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Says which run this is, and which one was interrupted before it.
    async fn greet(&self, runner: &Runner, order: &Order) -> Result<(), Refused> {
        let sandbox = if runner.sandbox { " (sandbox)" } else { "" };
        match &order.source {
            Source::Again(run) => {
                let line = format!("run {} goes on{sandbox}: attempt {}", self.id, run.attempt + 1);
                self.events.say(Level::Info, line);
            }
            Source::New | Source::OfJob(_) => {
                self.events
                    .say(Level::Info, format!("run {}: {} on {}{sandbox}", self.id, order.path, order.connection));
                // A sandbox that was begun anew has forgotten what earlier runs left.
                let world = if runner.sandbox { runner.store.world().await? } else { None };
                let since = world.map_or(i64::MIN, |world| world.started_ms);
                let mut others = Vec::new();
                let job = self.job.name.as_deref();
                for run in runner.store.unfinished(&order.path, job).await? {
                    if run.of.id != self.id
                        && run.ended_at.is_none_or(|end| end >= since)
                        && !Lease::is_held(&runner.store, &run.of.id)?
                    {
                        others.push(run);
                    }
                }
                if let Some(newest) = others.first() {
                    self.events.say(Level::Warn, unfinished(newest, others.len(), job, &runner.flags()));
                }
            }
        }
        Ok(())
    }

    /// Looks up what earlier runs of the account left in doubt, before anything new is sent.
    pub(super) async fn look_up_doubts(&self, runner: &Runner) -> Result<(), Thrown> {
        let LookedUp { settled, left, trouble } = self.client.settle_open_doubts().await?;
        if settled > 0 {
            self.events.say(
                Level::Info,
                match settled {
                    1 => "an effect of an earlier run was in doubt and is settled by reading".to_owned(),
                    _ => format!("{settled} effects of earlier runs were in doubt and are settled by reading"),
                },
            );
        }
        if let Some(error) = trouble {
            self.events.say(Level::Warn, format!("of what earlier runs left in doubt, {}", error.message));
        }
        if left > 0 {
            let what = match left {
                1 => "an effect of an earlier run is".to_owned(),
                _ => format!("{left} effects of earlier runs are"),
            };
            let line = format!(
                "{what} still in doubt; what may not happen twice waits until it is settled; to see and settle: beadle \
                 doubts{}",
                runner.flags()
            );
            self.events.say(Level::Warn, line);
        }
        Ok(())
    }

    /// What its script is given.
    pub(super) fn surroundings<'a>(&'a self, order: &'a Order) -> Surroundings<'a> {
        Surroundings {
            id: &self.id,
            connection: &order.connection,
            started_at: self.started_at,
            connections: &self.connections,
            events: &self.events,
            spared: &self.spared,
            earnest: Earnest::Acts,
            job: &self.job,
        }
    }

    /// Does what a plan says.
    pub(super) async fn apply(&self, runner: &Runner, plan: &Plan, stale: Stale) -> (Parts, Result<(), Ended>) {
        let mut clients = HashMap::new();
        for account in &plan.accounts {
            let client = match self.connections.client(&account.connection).await {
                Ok(client) => client,
                Err(why) => return (Parts::default(), Err(failed(why))),
            };
            clients.insert(account.connection.clone(), client);
        }
        let command = self.ledger.command("resume").await.unwrap_or_else(|_| format!("beadle resume {}", self.id));
        greet(&self.events, plan);
        Applying::new(runner, plan, clients, self.events.clone()).run(stale, &command).await
    }

    /// What earlier attempts did and this one, which came to its end, did not ask for: a line an operation.
    async fn not_asked_again(&self) -> Result<Vec<String>, Refused> {
        let mut by_operation: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.ledger.no_longer_asked().await.map_err(in_the_ledger)? {
            by_operation.entry(row.op).or_default().push(row.subject);
        }
        let line = |(op, subjects): (String, Vec<String>)| {
            let few: Vec<&str> = subjects.iter().take(3).map(String::as_str).collect();
            let more = if subjects.len() > few.len() { ", …" } else { "" };
            format!("done by earlier attempts of this run: {op} of {} ({}{more})", subjects.len(), few.join(", "))
        };
        Ok(by_operation.into_iter().map(line).collect())
    }

    /// A job's time-out is none of the script's limits: it stops the run where the next attempt goes on.
    fn ending(&self, runner: &Runner, ended: Result<(), Ended>) -> Ending {
        match (&ended, &self.job.name, runner.limits.time) {
            (Err(Ended::Stopped(Stop::TimeOut)), Some(_), Some(time)) => {
                Ending::TimedOut(format!("stopped after {}: time-out", span(time)))
            }
            (_, job, _) => ending(ended, &runner.limits, job.as_deref()),
        }
    }

    /// Writes down how it ended, and accounts for it.
    pub(super) async fn end(
        self,
        runner: &Runner,
        order: &Order,
        mut parts: Parts,
        ended: Result<(), Ended>,
    ) -> Result<Report, Refused> {
        if ended.is_ok() {
            parts.notes.extend(self.not_asked_again().await?);
        }
        parts.notes.extend(self.spared.lines());
        let (calls, writes) = self.journal.calls();
        let report = Report {
            run: self.id.clone(),
            script: order.path.clone(),
            connection: order.connection.clone(),
            sandbox: runner.sandbox,
            flags: runner.flags(),
            ending: self.ending(runner, ended),
            parts,
            attempt: self.ledger.attempt(),
            tally: tally(&self.ledger).await.map_err(in_the_ledger)?,
            calls,
            writes,
            seconds: self.began.elapsed().as_secs_f64(),
        };
        if let Ending::Failed(why) | Ending::InDoubt(why) | Ending::TimedOut(why) = &report.ending {
            self.events.say(Level::Error, why.clone());
        }
        if let Ending::Limit(reached) = &report.ending {
            self.events.say(Level::Error, reached.why.clone());
        }
        let code = i64::from(report.exit_code());
        let summary = clean(&report.json(), runner);
        let (requests, budgets) = self.counting.rest().await;
        let mut writing = runner.store.writing().await?;
        writing.end_run(&self.id, state(&report.ending), code, &summary, runner.clock.now_ms()).await?;
        writing.add_requests(Some(&self.id), &requests, &budgets).await?;
        writing.commit().await?;
        self.writing.end(runner, &self.journal).await;
        Ok(report)
    }
}

/// Writes down that a run begins. Of a name that was given, there is one run.
async fn start(runner: &Runner, order: &Order, id: &str, now: Timestamp) -> Result<(), Refused> {
    if let Source::OfJob(begin) = &order.source {
        runner.keep_events(id, begin).await?;
    }
    match runner.store.start_run(&new_run(runner, order, id, now)).await {
        Err(store::Error::Twice { .. }) if matches!(order.source, Source::OfJob(_)) => {
            Err(Refused::Begun(id.to_owned()))
        }
        started => Ok(started?),
    }
}

/// Refuses a plan while nothing of its run is written down, so that it is not used up: where a connection cannot be used, or
/// leads elsewhere.
async fn check_accounts(runner: &Runner, plan: &Plan) -> Result<(), Refused> {
    let open =
        async |connection: &str| runner.transports.open(connection, Access::Reads).await.map_err(Refused::Connection);
    open(&plan.connection).await?;
    for account in &plan.accounts {
        if open(&account.connection).await?.account != account.account {
            return Err(Refused::Connection(format!(
                "connection `{}` leads to another account than when the plan was made: lead it back, or plan anew: {}",
                account.connection,
                plan.anew()
            )));
        }
    }
    Ok(())
}

/// What is said of a run of the same job, or of the same script, that has not come to its end; it is the newest of so many.
fn unfinished(run: &crate::store::Run, all: usize, job: Option<&str>, flags: &Flags) -> String {
    let what = match run.state {
        RunState::Held => "is held",
        RunState::Interrupted => "was interrupted",
        _ => "ended without a word",
    };
    let more = match all {
        1 => String::new(),
        all => format!(" ({} before it are not finished either)", all - 1),
    };
    let id = &run.of.id;
    let of = if job.is_some() { "job" } else { "script" };
    format!("run {id} of this {of} {what}{more}; this is a new one. To go on with that one: beadle resume {id}{flags}")
}

/// The same without the secrets that were read.
fn clean(summary: &Value, runner: &Runner) -> Value {
    let text = summary.to_string();
    serde_json::from_str(&runner.redactor.redact(&text)).unwrap_or_else(|_| json!({}))
}

fn new_run(runner: &Runner, order: &Order, id: &str, now: Timestamp) -> NewRun {
    let clean = |text: &str| runner.redactor.redact(text).into_owned();
    let given = order.given.iter().map(|(name, value)| json!([name, clean(value)])).collect();
    NewRun {
        id: id.to_owned(),
        script: order.path.clone(),
        source: clean(order.work.source()),
        args: Value::Array(given),
        connection: Some(order.connection.clone()),
        sandbox: runner.sandbox,
        settings: runner.settings.as_ref().map(|file| file.display().to_string()),
        job: match &order.source {
            Source::OfJob(begin) => Some(begin.of.clone()),
            Source::New | Source::Again(_) => None,
        },
        started_at: now.as_millisecond(),
    }
}

/// A doubt that nobody caught ends the run as a doubt, not as a failure of the script.
pub(super) fn ending(ended: Result<(), Ended>, limits: &Limits, job: Option<&str>) -> Ending {
    match ended {
        Ok(()) => Ending::Done,
        Err(Ended::Stopped(Stop::Interrupted)) => Ending::Interrupted(None),
        Err(Ended::Stopped(Stop::Alone)) => Ending::Interrupted(Some("whoever started it is gone")),
        Err(Ended::Stopped(stop)) => Ending::Limit(Reached::of(stop, limits, job)),
        Err(Ended::Fatal(thrown)) if thrown.code == "held" => Ending::Held(thrown.message, thrown.holds.into_vec()),
        Err(Ended::Fatal(thrown)) => Ending::Failed(thrown.sentence()),
        Err(Ended::Failed(error)) if error.code.as_deref() == Some("in_doubt") => Ending::InDoubt(error.to_string()),
        Err(Ended::Failed(error)) => Ending::Failed(error.to_string()),
    }
}

const fn state(ending: &Ending) -> RunState {
    match ending {
        Ending::Done => RunState::Done,
        Ending::Interrupted(_) | Ending::TimedOut(_) => RunState::Interrupted,
        Ending::Held(..) => RunState::Held,
        Ending::Limit(_) | Ending::Failed(_) | Ending::InDoubt(_) => RunState::Failed,
    }
}

async fn tally(ledger: &Ledger) -> Result<Tally, crate::effects::Error> {
    let mut tally = Tally::default();
    for row in ledger.tally().await? {
        match row.state {
            state if state.happened() => tally.done += row.count,
            State::Accepted => tally.queued += row.count,
            State::Failed | State::NotApplied => tally.failed += row.count,
            State::Replaced => tally.replaced += row.count,
            _ => tally.in_doubt += row.count,
        }
    }
    Ok(tally)
}

fn in_the_ledger(error: crate::effects::Error) -> Refused {
    Refused::Ledger(error.to_string())
}
