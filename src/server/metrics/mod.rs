//! Figures for Prometheus. Its one rule: counters count since the process began and only grow, and a scrape costs what has
//! happened since the last one, not what there is.

mod deliveries;
mod meter;
mod requests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::runs::past::Past;
use crate::schedule::{Desk, Outcome, Seen, SeenJob};
use crate::server::Arrivals;
use crate::store::{Error, Store};
use deliveries::Deliveries;
use meter::Meter;
use requests::Requests;
use text::{Text, Type, number};

/// Figures that several may ask for.
pub(super) struct Shared {
    past: Past,
    desk: Desk,
    arrivals: Arrivals,
    clock: Clock,
    began: Timestamp,
    /// `None` until the store could be read.
    meters: Mutex<Option<Meters>>,
}

/// What is counted from the store.
struct Meters {
    effects: Meter,
    requests: Requests,
    deliveries: Deliveries,
}

/// What the store tells in one look.
struct Told {
    in_doubt: i64,
    promised: i64,
    held: i64,
    /// Runs that events ask for: waiting, at work, and to be tried again.
    asked: [i64; 3],
    undelivered: i64,
    hooks: Vec<String>,
}

impl Shared {
    pub(super) fn new(past: Past, desk: Desk, arrivals: Arrivals, clock: Clock) -> Self {
        Self { past, desk, arrivals, began: clock.now(), clock, meters: Mutex::new(None) }
    }

    /// Counts from here on. Where the store cannot be read, the next scrape begins.
    pub(super) async fn begin(&self) {
        *self.meters.lock().await = Meters::begin(&self.past.store).await.ok();
    }

    /// All figures. What cannot be known just now is left out, and `beadle_store_up` or `beadle_scheduler_up` says so.
    pub(super) async fn text(&self) -> String {
        let mut text = Text::default();
        let (name, help) = ("beadle_build_info", "Which release runs.");
        let version = ("version", env!("CARGO_PKG_VERSION"));
        text.family(name, Type::Gauge, help).sample(&[version], 1.0);
        let help = "When the process began to serve, seconds since the epoch.";
        text.one("beadle_start_time_seconds", Type::Gauge, help, seconds(self.began));
        let seen = self.desk.look().await.ok();
        let help = "Whether the scheduler turns.";
        text.one("beadle_scheduler_up", Type::Gauge, help, flag(seen.is_some()));
        if let Some(seen) = &seen {
            scheduler(seen, self.clock.now(), &mut text);
        }
        let mut meters = self.meters.lock().await;
        let told = self.look(&mut meters).await;
        let help = "Whether the store could be read for this answer.";
        text.one("beadle_store_up", Type::Gauge, help, flag(told.is_some()));
        if let Some(told) = &told {
            store(told, &mut text);
        }
        arrived(&self.arrivals, &mut text);
        if let Some(Meters { effects, requests, deliveries }) = meters.as_ref() {
            let help = "Effects that are open, promised or in doubt, whoever works on them.";
            text.one("beadle_effects_unsettled", Type::Gauge, help, number(effects.unsettled() as u64));
            effects.write(&mut text);
            requests.write(&mut text);
            let hooks = told.map(|told| told.hooks).unwrap_or_default();
            deliveries.write(&hooks, self.clock.now_ms(), &mut text);
        }
        text.whole()
    }

    async fn look(&self, meters: &mut Option<Meters>) -> Option<Told> {
        let store = &self.past.store;
        let counted: Result<(), Error> = match meters {
            Some(meters) => meters.look(store).await,
            None => Meters::begin(store).await.map(|begun| *meters = Some(begun)),
        };
        counted.ok()?;
        let loose = self.past.loose().await.ok()?;
        let held = store.held_runs().await.ok()?;
        let (waiting, started, put_off, undelivered) = store.waiting_told().await.ok()?;
        let hooks = store.hook_names().await.ok()?;
        let (in_doubt, promised) = (loose.in_doubt(), loose.promised());
        Some(Told { in_doubt, promised, held, asked: [waiting, started - put_off, put_off], undelivered, hooks })
    }
}

impl Meters {
    async fn begin(store: &Store) -> Result<Self, Error> {
        let (effects, requests) = (Meter::begin(store).await?, Requests::begin(store).await?);
        Ok(Self { effects, requests, deliveries: Deliveries::begin(store).await? })
    }

    async fn look(&mut self, store: &Store) -> Result<(), Error> {
        self.effects.look(store).await?;
        self.requests.look(store).await?;
        self.deliveries.look(store).await
    }
}

/// What the scheduler knows.
fn scheduler(seen: &Seen, now: Timestamp, text: &mut Text) {
    text.one("beadle_jobs", Type::Gauge, "Jobs in force.", number(seen.jobs.len() as u64));
    text.one(
        "beadle_runs_at_work",
        Type::Gauge,
        "Runs of the scheduler that are at work.",
        number(seen.at_work as u64),
    );
    let help = "Moments, events and orders that wait for their run.";
    text.one("beadle_runs_waiting", Type::Gauge, help, number(seen.waiting as u64));
    let of_jobs = |text: &mut Text, name, help, value: &dyn Fn(&SeenJob) -> Option<f64>| {
        let mut family = text.family(name, Type::Gauge, help);
        for seen in &seen.jobs {
            if let Some(value) = value(seen) {
                family.sample(&[("job", &seen.job.name)], value);
            }
        }
    };
    let help = "When a run of the job was last done, seconds since the epoch; no sample before the first one.";
    of_jobs(text, "beadle_job_last_success_timestamp_seconds", help, &|seen| seen.standing.last_done.map(seconds));
    let help = "When the job is due next, seconds since the epoch; no sample where it never is.";
    of_jobs(text, "beadle_job_next_run_timestamp_seconds", help, &|seen| seen.next.map(seconds));
    let help = "Failures of the job in a row.";
    of_jobs(text, "beadle_job_failures_in_a_row", help, &|seen| Some(f64::from(seen.standing.failures)));
    let help = "Whether the job is paused, by its file, by a person, or after failures.";
    of_jobs(text, "beadle_job_paused", help, &|seen| Some(flag(is_paused(seen, now))));
    let help = "Moments of the timetable since the process began, by job and what became of them.";
    counts(text, "beadle_ticks_total", help, seen, &seen.tally.ticks, &["skipped", "missed"]);
    let help =
        "Processes of runs that ended since the process began, by job and how; a run that goes on ends once more.";
    counts(text, "beadle_runs_ended_total", help, seen, &seen.tally.runs, &[]);
    let help = "How often the store did not take what the scheduler had decided, since the process began.";
    text.one("beadle_store_write_failures_total", Type::Counter, help, number(seen.tally.store_failures));
    let help = "Alarms since the process began, by what they are about, each once however many ways it takes.";
    let mut family = text.family("beadle_alarms_total", Type::Counter, help);
    for (what, count) in &seen.alarms.made {
        family.sample(&[("what", what)], number(*count));
    }
    let help = "Tries to deliver alarms and pings since the process began, by way and outcome: arrived, failed (tried again), \
                given_up.";
    let mut family = text.family("beadle_alarm_tries_total", Type::Counter, help);
    for ((way, outcome), count) in &seen.alarms.tries {
        family.sample(&[("way", way), ("outcome", outcome)], number(*count));
    }
}

/// What came to the hooks.
fn arrived(arrivals: &Arrivals, text: &mut Text) {
    let help = "Requests to the addresses of webhooks since the process began, by hook and how they were answered; without a hook: \
                nobody has this address.";
    let mut family = text.family("beadle_webhook_requests_total", Type::Counter, help);
    for (hook, outcome, count) in arrivals.all() {
        family.sample(&[("hook", &hook), ("outcome", outcome)], number(count));
    }
}

/// What the store knows.
fn store(told: &Told, text: &mut Text) {
    let count = |count: i64| number(count.unsigned_abs());
    text.one("beadle_runs_held", Type::Gauge, "Runs that a brake holds until a person decides.", count(told.held));
    let help = "Effects of which nobody knows whether they happened.";
    text.one("beadle_effects_in_doubt", Type::Gauge, help, count(told.in_doubt));
    let help = "Effects that a platform has promised and nobody has seen yet.";
    text.one("beadle_effects_promised", Type::Gauge, help, count(told.promised));
    let help = "Runs that events have asked for: waiting for their beginning, started, and put off until they are tried again.";
    let mut family = text.family("beadle_event_runs", Type::Gauge, help);
    for (state, asked) in ["waiting", "started", "put_off"].iter().zip(told.asked) {
        family.sample(&[("state", state)], count(asked));
    }
    let help = "Alarms that have not arrived yet.";
    text.one("beadle_alarms_undelivered", Type::Gauge, help, count(told.undelivered));
}

/// What was counted of each job, how runs end and `besides`. A sample is there before its first event: a counter that comes
/// with 1 has not grown, for whoever asks Prometheus by how much it did.
fn counts(
    text: &mut Text,
    name: &'static str,
    help: &str,
    seen: &Seen,
    counted: &BTreeMap<String, BTreeMap<&'static str, u64>>,
    besides: &[&str],
) {
    let in_force = seen.jobs.iter().map(|seen| seen.job.name.as_str());
    let jobs: BTreeSet<&str> = counted.keys().map(String::as_str).chain(in_force).collect();
    let mut family = text.family(name, Type::Counter, help);
    for job in jobs {
        for outcome in Outcome::WORDS.iter().chain(besides) {
            let count = counted.get(job).and_then(|counts| counts.get(outcome)).copied().unwrap_or_default();
            family.sample(&[("job", job), ("outcome", outcome)], number(count));
        }
    }
}

fn is_paused(seen: &SeenJob, now: Timestamp) -> bool {
    let pause = seen.standing.pause.as_ref();
    seen.job.paused.is_some() || pause.is_some_and(|pause| pause.until.is_none_or(|until| now < until))
}

fn flag(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of these centuries are exact")]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
