//! What happens later: the rows of jobs and queued invitations, each at its own time.

use super::{JobState, Mail, World};

/// How fast the community does what it has queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a job waits before it is begun.
    pub queued_ms: i64,
    /// How long one row of a job takes, in microseconds.
    pub row_us: i64,
    /// How long an invitation waits before it goes out.
    pub invite_ms: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { queued_ms: 150, row_us: 400, invite_ms: 400 }
    }
}

/// One thing that is due at some time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Due {
    /// The next row of the job at this place.
    Row(usize),
    /// The roster at this place is applied.
    Roster(usize),
    /// An invitation goes out.
    Invitation { group: u64, sender: u64, user: u64, operation: String },
}

impl World {
    /// Lets the time pass up to `now_ms`: everything that is due until then happens, each at its own time.
    /// A time in the past changes nothing.
    pub fn advance(&mut self, now_ms: i64) {
        while let Some((at, due)) = self.next_due(Some(now_ms)) {
            self.now_ms = self.now_ms.max(at);
            self.perform(due);
        }
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// Lets everything happen that is queued, as if enough time had passed; the time moves with it.
    pub fn settle(&mut self) {
        while let Some((at, due)) = self.next_due(None) {
            self.now_ms = self.now_ms.max(at);
            self.perform(due);
        }
    }

    /// How many rows of jobs, invitations and rosters still wait.
    pub fn waiting(&self) -> usize {
        let rows: usize = self.jobs.iter().map(|job| job.left()).sum();
        rows + self.queue.values().filter(|due| matches!(due, Due::Invitation { .. } | Due::Roster(_))).count()
    }

    pub(super) fn later(&mut self, at_ms: i64, due: Due) {
        self.queue.insert((at_ms, self.queued), due);
        self.queued += 1;
    }

    fn next_due(&mut self, until_ms: Option<i64>) -> Option<(i64, Due)> {
        let entry = self.queue.first_entry()?;
        match until_ms {
            Some(until) if entry.key().0 > until => None,
            _ => {
                let ((at, _), due) = entry.remove_entry();
                Some((at, due))
            }
        }
    }

    fn perform(&mut self, due: Due) {
        match due {
            Due::Row(job) => self.work_on(job),
            Due::Roster(place) => self.apply_roster(place),
            Due::Invitation { group, sender, user, operation } => self.send_invitation(group, sender, user, &operation),
        }
    }

    /// Goes out only to who is still a member, and is written from whoever the sender was.
    fn send_invitation(&mut self, group: u64, sender: u64, user: u64, operation: &str) {
        let Some(person) = self.user(user).filter(|person| person.membership(group).is_some()) else { return };
        self.post(group, (user, person.email.clone()), sender, operation);
        self.set_invited(user, group, self.now_ms);
    }

    /// Puts a mail into the outbox.
    pub(super) fn post(&mut self, group: u64, (user, to): (u64, String), sender: u64, operation: &str) {
        let mail = Mail {
            at_ms: self.now_ms,
            to,
            user,
            from: self.user(sender).map(|sender| sender.email.clone()).unwrap_or_default(),
            sender,
            group,
            group_name: self.group(group).map(|group| group.name.clone()).unwrap_or_default(),
            operation: operation.to_owned(),
        };
        self.outbox.push(mail);
    }

    /// The first job that is not finished.
    pub(super) fn busy(&self) -> Option<&str> {
        let open = |job: &&super::Job| matches!(job.state(self.now_ms), JobState::Queued | JobState::Processing);
        self.jobs.iter().find(open).map(|job| job.id.as_str())
    }
}
