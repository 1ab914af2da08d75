//! Where a daemon begins: with what the one before it has left. And how it takes up what others have changed since.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::super::board::{Board, Open};
use super::super::verdict::{Entry, Outcome, Verdict, What};
use super::files::{Found, InForce};
use super::notices::{ClockWatch, jumped};
use super::{Daemon, NotServed, Parts, SEAT, Tally, rows};
use crate::effects::{Lease, LeaseError};
use crate::events::Level;
use crate::runs::new_scheduled_id;
use crate::store::{Error, TickRow};

/// How long a run is waited for that a process before this one has left at work.
const ORPHAN: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);

impl Daemon {
    /// Takes the store's one seat, and up what an earlier daemon has left.
    pub async fn begin(mut parts: Parts) -> Result<Self, NotServed> {
        let seat = Lease::take(&parts.store, SEAT).map_err(|error| match error {
            LeaseError::Taken(_) => NotServed::Taken,
            other => NotServed::Lease(other),
        })?;
        let now = parts.clock.now();
        let mut in_force = InForce::default();
        let found = parts.files.read();
        say_broken(&parts, &found);
        let jobs = in_force.take(found);
        parts.alarms.begin(&jobs).await?;
        let known: BTreeMap<String, _> =
            parts.store.job_rows().await?.into_iter().map(|row| (row.name.clone(), row)).collect();
        let mut board = Board::new(parts.at_once, new_scheduled_id);
        for job in &jobs {
            board.add(Arc::clone(job), rows::standing(job, known.get(&job.name), now));
        }
        let (tell, endings) = mpsc::unbounded_channel();
        let mut daemon = Self {
            watch: ClockWatch::new(now),
            tally: Tally::default(),
            parts,
            board,
            in_force,
            paused: BTreeMap::new(),
            at_work: HashMap::new(),
            unkept: Vec::new(),
            endings,
            tell,
            tidied: None,
            _seat: seat,
        };
        daemon.subscribe(&jobs);
        daemon.take_up(now).await?;
        Ok(daemon)
    }

    /// Goes on with what waited or was at work; what has come to its end meanwhile is written down as that.
    async fn take_up(&mut self, now: Timestamp) -> Result<(), Error> {
        self.pauses().await?;
        let mut open = Vec::new();
        let (mut ended, mut passed) = (Vec::new(), Vec::new());
        // What nobody has taken in yet is taken in like everything that is asked for later.
        let taken = self.parts.store.open_ticks().await?.into_iter().filter(|row| row.run.is_some());
        for row in taken {
            match self.left(row, now).await? {
                Left::Open(entry) => open.push(entry),
                Left::Ended(row, how) => {
                    let job = self.board.next_moments().find(|(job, _)| job.name == row.job).map(|(job, _)| job);
                    if let (Some((entry, outcome)), Some(job)) = (how, job) {
                        passed.push(Verdict { job: Arc::clone(job), entry, what: What::Ended(outcome) });
                    }
                    ended.push(row);
                }
            }
        }
        open.extend(self.left_triggers(now).await?);
        // The board has not counted them.
        let failures = |job: &str| 1 + self.board.standing(job).map_or(0, |standing| standing.failures);
        let told = self.parts.alarms.draft(&passed, failures, now);
        self.parts.store.keep_turn_told(&[], &ended, &told.alarms, &told.letters).await?;
        self.parts.alarms.kept(told);
        if !open.is_empty() {
            self.parts.events.say(Level::Info, format!("taking up {} that the last daemon left", open.len()));
        }
        let verdicts = self.board.take_up(open, now);
        self.act(verdicts).await;
        Ok(())
    }

    async fn left(&self, row: TickRow, now: Timestamp) -> Result<Left, Error> {
        let Some(mut entry) = rows::open(row.clone()) else { return Ok(Left::Ended(row, None)) };
        let run = match &row.run {
            Some(run) if row.state == "running" => self.parts.store.run(run).await?,
            _ => None,
        };
        match run {
            Some(run) => {
                if let Some(outcome) = rows::outcome(&run) {
                    let why = (!outcome.is_done()).then(|| outcome.to_string());
                    let ended_at = run.ended_at.or(Some(now.as_millisecond()));
                    let row = TickRow { state: outcome.word().into(), why, ended_at, ..row };
                    return Ok(Left::Ended(row, Some((entry.entry, outcome))));
                }
                // Its process may be about to end: it notices that its daemon is gone.
                let held =
                    row.run.as_deref().is_some_and(|run| Lease::is_held(&self.parts.store, run).unwrap_or(false));
                if held {
                    entry.entry.due_at = now.saturating_add(ORPHAN).unwrap_or(now);
                }
            }
            // Its process never got as far as writing the run down.
            None if row.state == "running" => entry.entry.tries = 0,
            None => {}
        }
        Ok(Left::Open(entry))
    }

    /// Looks at the clock, at what other processes ordered, and at the job files.
    pub(super) async fn look_around(&mut self, now: Timestamp) {
        if let Some(jump) = self.watch.look(now) {
            self.parts.events.say(Level::Warn, jumped(jump));
        }
        if self.parts.files.have_changed() {
            self.reload().await;
        }
        let orders = self.orders(now).await;
        if let Some(error) = orders.err().filter(|_| self.watch.store_fails()) {
            self.parts.events.say(Level::Error, format!("the store cannot be read: {error}"));
            self.parts.alarms.store_fails(&error.to_string(), now);
        }
    }

    async fn orders(&mut self, now: Timestamp) -> Result<(), Error> {
        self.pauses().await?;
        self.backfills(now).await?;
        self.triggers(now).await?;
        self.tidy(now).await
    }

    /// Reads the job files again and shows what that changes.
    pub(super) async fn reload(&mut self) {
        let now = self.parts.clock.now();
        let found = self.parts.files.read();
        say_broken(&self.parts, &found);
        let jobs = self.in_force.take(found);
        self.parts.alarms.serve(&jobs);
        self.subscribe(&jobs);
        let (verdicts, changes) = self.board.replace(jobs, now);
        let shown = |time: Option<Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
        for change in changes {
            let line = format!("job {}: next {} (was {})", change.job, shown(change.after), shown(change.before));
            self.parts.events.say(Level::Info, line);
        }
        self.act(verdicts).await;
    }

    /// Pauses are written by people, too.
    async fn pauses(&mut self) -> Result<(), Error> {
        // The board's own ones are not in the store yet.
        if !self.unkept.is_empty() {
            return Ok(());
        }
        let pauses = self.parts.store.pauses().await?;
        let paused = pauses.into_iter().map(|row| (row.job.clone(), rows::pause(row))).collect();
        if self.paused != paused {
            self.board.paused(&paused);
            self.paused = paused;
        }
        Ok(())
    }

    /// Moments of the past that somebody asked for.
    async fn backfills(&mut self, now: Timestamp) -> Result<(), Error> {
        let asked = self.parts.store.asked_ticks().await?;
        let asked: Vec<Open> =
            asked.into_iter().filter(|row| self.board.has(&row.job)).filter_map(rows::open).collect();
        let verdicts = self.board.backfill(asked, now);
        self.act(verdicts).await;
        Ok(())
    }
}

/// What became of a tick that was open.
enum Left {
    Open(Open),
    /// With how its run ended, where that is known.
    Ended(TickRow, Option<(Entry, Outcome)>),
}

fn say_broken(parts: &Parts, found: &Found) {
    if let Some(why) = &found.unread {
        parts.events.say(Level::Error, format!("{why}; the jobs stay as they were"));
    }
    for (job, why) in &found.broken {
        parts
            .events
            .say(Level::Error, format!("the file of job `{job}` is broken; what was there stays in force\n{why}"));
    }
}
