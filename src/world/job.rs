//! Work on many rows that goes on after the call: one job at a time, a row at a time.

use super::queue::Due;
use super::{Deed, Delivery, Doing, GroupChange, NewGroup, NewUser, Topic, Values, World, WorldError, person::plain};

/// One row of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Make or overwrite the account with the row's address, and put it into the group.
    Member {
        /// The group.
        group: u64,
        /// The fields, `email` among them.
        values: Values,
    },
    /// Make a group.
    NewGroup(NewGroup),
    /// Change a group.
    ChangeGroup(u64, GroupChange),
    /// Nothing can be done with this row; why.
    Bad(String),
}

/// What a job works on; for its closing words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// People become members of this group.
    Members(u64),
    /// Groups are made or changed.
    Groups,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits.
    Queued,
    /// It is being worked on.
    Processing,
    /// It has ended, with at least one row done.
    Completed,
    /// It has ended, with no row done.
    Failed,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What it works on.
    pub kind: JobKind,
    /// Rows in all.
    pub rows: usize,
    /// The people or groups that were made or changed, in the order of the rows.
    pub done: Vec<u64>,
    /// Why rows were refused.
    pub refused: Vec<String>,
    begins_ms: i64,
    row_us: i64,
    tasks: std::collections::VecDeque<Task>,
    created: Vec<u64>,
    joined: Vec<u64>,
}

impl Job {
    /// How far it is at this time.
    pub fn state(&self, now_ms: i64) -> JobState {
        match (self.tasks.is_empty(), now_ms < self.begins_ms, self.done.is_empty()) {
            (false, true, _) => JobState::Queued,
            (false, false, _) => JobState::Processing,
            (true, _, false) => JobState::Completed,
            (true, _, true) => JobState::Failed,
        }
    }

    /// How many rows still wait.
    pub(super) fn left(&self) -> usize {
        self.tasks.len()
    }

    fn due_ms(&self) -> i64 {
        let place = i64::try_from(self.rows - self.tasks.len() + 1).unwrap_or(i64::MAX);
        self.begins_ms + (place.saturating_mul(self.row_us) + 999) / 1000
    }
}

impl World {
    /// Queues a job; refused while another one is not finished.
    pub fn start_job(&mut self, kind: JobKind, tasks: Vec<Task>) -> Result<String, WorldError> {
        if let Some(other) = self.busy() {
            return Err(WorldError::Busy(other.to_owned()));
        }
        let id = self.mint();
        let job = Job {
            id: id.clone(),
            kind,
            rows: tasks.len(),
            done: Vec::new(),
            refused: Vec::new(),
            begins_ms: self.now_ms + self.pace.queued_ms,
            row_us: self.pace.row_us,
            tasks: tasks.into(),
            created: Vec::new(),
            joined: Vec::new(),
        };
        if job.left() > 0 {
            self.later(job.due_ms(), Due::Row(self.jobs.len()));
        }
        self.jobs.push(job);
        Ok(id)
    }

    /// A job.
    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// Does a job's next row, and queues the one after it.
    pub(super) fn work_on(&mut self, place: usize) {
        let Some(task) = self.jobs.get_mut(place).and_then(|job| job.tasks.pop_front()) else { return };
        let before = self.next_user;
        let outcome = self.work(task);
        let made = self.next_user > before;
        let Some(job) = self.jobs.get_mut(place) else { return };
        match outcome {
            Ok((id, joined)) => {
                job.done.push(id);
                if made {
                    job.created.push(id);
                }
                if joined {
                    job.joined.push(id);
                }
            }
            Err(why) => job.refused.push(why),
        }
        match job.left() {
            0 => self.finish(place),
            _ => {
                let due = job.due_ms();
                self.later(due, Due::Row(place));
            }
        }
    }

    /// Whom or what a row touched, and whether somebody became a member by it.
    fn work(&mut self, task: Task) -> Result<(u64, bool), String> {
        let words = |error: WorldError| error.to_string();
        match task {
            Task::Member { group, values } => {
                let user = self.upsert(values, group).map_err(words)?;
                let joined = self.join(user, group).map_err(words)?;
                Ok((user, joined))
            }
            Task::NewGroup(new) => self.create_group(new).map(|id| (id, false)).map_err(words),
            Task::ChangeGroup(id, change) => self.change_group(id, change).map(|()| (id, false)).map_err(words),
            Task::Bad(why) => Err(why),
        }
    }

    /// Overwrites the account with the row's address, or makes it.
    pub fn upsert(&mut self, values: Values, group: u64) -> Result<u64, WorldError> {
        let email = values.get("email").map(plain).unwrap_or_default();
        match self.user_by_email(&email).map(|user| user.id) {
            Some(id) => self.change_user(id, &values, Some(group)).map(|()| id),
            None => self.create_user(NewUser { email, values, registered: false }, Some(group)),
        }
    }

    /// What is told of a finished import: an activity, and a delivery to webhooks under the job's id.
    fn finish(&mut self, place: usize) {
        let Some(job) = self.jobs.get_mut(place) else { return };
        let JobKind::Members(group) = job.kind else { return };
        let (created, joined) = (std::mem::take(&mut job.created), std::mem::take(&mut job.joined));
        let delivery = Delivery {
            id: job.id.clone(),
            notices: created
                .into_iter()
                .map(|id| (Topic::Created, id))
                .chain(joined.iter().map(|id| (Topic::Joined, *id)))
                .collect(),
        };
        if !joined.is_empty() {
            let count = u32::try_from(joined.len()).unwrap_or(u32::MAX);
            self.record(Deed { count, ..Deed::new(Doing::AddedMembers, group, 0) });
        }
        self.deliver(delivery);
    }
}
