//! Where a daemon begins: with what the one before it has left. And how it takes up what others have changed since.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::super::board::{Board, Open};
use super::super::verdict::Entry;
use super::files::{Found, InForce};
use super::notices::ClockWatch;
use super::{Daemon, NotServed, Parts, SEAT, Tally, rows};
use crate::clock::moment;
use crate::effects::{Lease, LeaseError};
use crate::events::Level;
use crate::model::counted;
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
        say_broken(&parts, &found, &mut in_force);
        let jobs = in_force.take(found);
        parts.alarms.begin(&jobs).await?;
        let known: BTreeMap<String, _> =
            parts.store.job_rows().await?.into_iter().map(|row| (row.name.clone(), row)).collect();
        let mut board = Board::new(parts.at_once, new_scheduled_id);
        for job in &jobs {
            board.add(Arc::clone(job), rows::standing(job, known.get(&job.name), now));
        }
        let news = jobs.iter().filter(|job| rows::is_new(job, known.get(&job.name))).map(|job| job.name.clone());
        let news = news.collect();
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
            news,
            was_ahead: true,
            unfinished: HashMap::new(),
            endings,
            tell,
            tidied: None,
            _seat: seat,
        };
        daemon.subscribe(&jobs);
        daemon.corrected(now);
        daemon.keep_news().await?;
        daemon.put_right(now).await?;
        daemon.take_up(now).await?;
        Ok(daemon)
    }

    /// Goes on with what waited or was at work; what has come to its end meanwhile is written down as that.
    async fn take_up(&mut self, now: Timestamp) -> Result<(), Error> {
        self.pauses().await?;
        let (mut open, mut gone) = (Vec::new(), Vec::new());
        // What nobody has taken in yet is taken in like everything that is asked for later.
        let taken = self.parts.store.open_ticks().await?.into_iter().filter(|row| row.run.is_some());
        for row in taken {
            match rows::open(&row).filter(|_| self.board.has(&row.job)) {
                Some(entry) => {
                    let was = if row.state == "running" { Was::AtWork } else { Was::Waiting };
                    open.push(self.left(row.job, entry, was, now).await?);
                }
                None => gone.push(self.gone(row, now).await?),
            }
        }
        self.parts.store.keep_turn(&[], &gone).await?;
        open.extend(self.left_triggers(now).await?);
        if !open.is_empty() {
            self.parts.events.say(Level::Info, format!("taking up {} that the last daemon left", open.len()));
        }
        let verdicts = self.board.take_up(open, now);
        self.act(verdicts).await;
        Ok(())
    }

    /// How an entry stands that an earlier daemon has left.
    pub(super) async fn left(&self, job: String, mut entry: Entry, was: Was, now: Timestamp) -> Result<Open, Error> {
        let run = match was {
            Was::Waiting if entry.tries == 0 => None,
            Was::Waiting | Was::AtWork => self.parts.store.run(&entry.run).await?,
        };
        let ended = run.as_ref().and_then(rows::outcome);
        match (&run, was) {
            // Its process never got as far as writing the run down.
            (None, Was::AtWork) => entry.tries = 0,
            (Some(_), Was::AtWork) => {
                entry.tries = entry.tries.max(1);
                // Its process may be about to end: it notices that its daemon is gone.
                if ended.is_none() && Lease::is_held(&self.parts.store, &entry.run).unwrap_or(false) {
                    entry.due_at = now.saturating_add(ORPHAN).unwrap_or(now);
                }
            }
            (_, Was::Waiting) => {}
        }
        // How it ended before is what it waits to be tried again for, unless somebody else has brought it to a good end.
        let ended = ended.filter(|outcome| was == Was::AtWork || outcome.is_done());
        Ok(Open { job, entry, ended })
    }

    /// Looks at the clock, at what other processes ordered, and at the job files.
    pub(super) async fn look_around(&mut self, now: Timestamp) {
        if let Some(odd) = self.watch.look(now) {
            self.parts.events.say(Level::Warn, odd);
            self.corrected(now);
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
        self.keep_news().await?;
        self.put_right(now).await?;
        self.pauses().await?;
        self.backfills(now).await?;
        self.stirred(now).await?;
        self.triggers(now).await?;
        self.tidy(now).await
    }

    /// Reads the job files again and shows what that changes.
    pub(super) async fn reload(&mut self) {
        let now = self.parts.clock.now();
        let found = self.parts.files.read();
        say_broken(&self.parts, &found, &mut self.in_force);
        let jobs = self.in_force.take(found);
        self.parts.alarms.serve(&jobs);
        self.subscribe(&jobs);
        let (verdicts, changes) = self.board.replace(jobs, now);
        self.news.extend(changes.iter().map(|change| change.job.clone()));
        for change in changes {
            let zone = self.board.job(&change.job).map_or(TimeZone::UTC, |job| job.timetable.zone().clone());
            self.parts.events.say(Level::Info, change.line(&zone));
        }
        self.act(verdicts).await;
    }

    /// A clock that was far ahead must not keep jobs from running until it would be that late.
    fn corrected(&mut self, now: Timestamp) {
        let (jobs, furthest) = self.board.corrected(now);
        let Some(furthest) = furthest else { return };
        let count = counted(jobs.len(), "job", "jobs");
        let line = format!(
            "the clock was ahead: the moments of {count} had been decided up to {furthest:.0}; they count from now on"
        );
        self.parts.events.say(Level::Warn, line);
        self.news.extend(jobs);
        self.was_ahead = true;
    }

    /// Moments that a clock decided that was ahead are decided when their time comes, but for those that have run.
    async fn put_right(&mut self, now: Timestamp) -> Result<(), Error> {
        if !self.was_ahead {
            return Ok(());
        }
        self.parts.store.undecide(now.as_millisecond()).await?;
        for (job, at) in self.parts.store.begun_undecided().await? {
            if let Some(at) = moment(at) {
                self.board.has_run(&job, at);
            }
        }
        self.was_ahead = false;
        Ok(())
    }

    /// Writes down jobs that were not there before: from then on their moments count, also those that nobody is there for.
    async fn keep_news(&mut self) -> Result<(), Error> {
        let standing = |name: &String| Some(rows::job(self.board.job(name)?, self.board.standing(name)?));
        let jobs: Vec<_> = self.news.iter().filter_map(standing).collect();
        if !jobs.is_empty() {
            self.parts.store.keep_turn(&jobs, &[]).await?;
        }
        self.news.clear();
        Ok(())
    }

    /// Runs that others wait for may be gone on with, or allowed to, by a person.
    async fn stirred(&mut self, now: Timestamp) -> Result<(), Error> {
        let waiting: Vec<(String, String)> =
            self.board.waiting_for().map(|(job, run)| (job.to_owned(), run.to_owned())).collect();
        self.unfinished.retain(|run, _| waiting.iter().any(|(_, waited)| waited == run));
        for (job, run) in waiting {
            let approvals = self.parts.store.approvals(&run).await?.len();
            let Some(stands) = self.parts.store.run(&run).await? else { continue };
            let stands = (stands.attempt, stands.state, approvals);
            let before = self.unfinished.insert(run, stands);
            if before.is_some_and(|before| before != stands) {
                let verdicts = self.board.stirred(&job, now);
                self.act(verdicts).await;
            }
        }
        Ok(())
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
        let asked: Vec<Open> = asked.into_iter().filter(|row| self.board.has(&row.job)).filter_map(asked_for).collect();
        let verdicts = self.board.backfill(asked, now);
        self.act(verdicts).await;
        Ok(())
    }
}

/// How an entry stood with the daemon before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// Its run was at work, as far as that daemon knew.
    AtWork,
    /// It waited.
    Waiting,
}

fn asked_for(row: TickRow) -> Option<Open> {
    Some(Open { entry: rows::open(&row)?, job: row.job, ended: None })
}

fn say_broken(parts: &Parts, found: &Found, in_force: &mut InForce) {
    for (job, why) in in_force.hopeless(found) {
        parts.events.say(Level::Warn, format!("job `{job}` could not run as it is: {why}"));
    }
    if let Some(why) = &found.unread {
        parts.events.say(Level::Error, format!("{why}; the jobs stay as they were"));
    }
    for (job, why) in &found.broken {
        let so = if in_force.has(job) { "what was there stays in force" } else { "it is not taken up" };
        parts.events.say(Level::Error, format!("the file of job `{job}` is broken; {so}\n{why}"));
    }
}
