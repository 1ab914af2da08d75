//! Moments that came due: what of them is let in.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::arrears::arrears;
use super::super::verdict::{Entry, What, Why};
use super::{Board, Turn};
use crate::settings::Overlap;
use crate::store::Cause;

impl Board {
    /// Decides every moment of a post that is due by now.
    pub(super) fn come_due(&mut self, number: usize, turn: &mut Turn) {
        let post = &self.posts[number];
        let job = Arc::clone(&post.job);
        let found = arrears(&job.timetable, post.next, turn.now, post.jitter, &job.missed);
        let mut folded = found.folded;
        for (moment, why) in found.missed {
            self.posts[number].standing.decided_to = moment;
            if self.posts[number].ran.contains(&moment) {
                continue;
            }
            let entry = self.entry(number, moment, true, String::new());
            turn.say(&job, entry, What::Missed { why, folded: std::mem::take(&mut folded) });
        }
        let made_up = found.made_up.into_iter().map(|moment| (moment, true));
        for (moment, made_up) in made_up.chain(found.due.into_iter().map(|moment| (moment, false))) {
            let since = std::mem::replace(&mut self.posts[number].standing.decided_to, moment);
            if self.posts[number].ran.contains(&moment) {
                continue;
            }
            let run = (self.new_id)(turn.now);
            let entry = self.entry(number, moment, made_up, run);
            self.admit(number, entry, since, turn);
        }
        let post = &mut self.posts[number];
        post.next = found.next;
        post.ran = post.ran.split_off(&post.standing.decided_to);
        if let Some(at) = post.due_at() {
            self.due.push(Reverse((at, number)));
        }
    }

    fn entry(&self, number: usize, moment: Timestamp, made_up: bool, run: String) -> Entry {
        let due_at = self.posts[number].due_at_of(moment);
        Entry { cause: Cause::Schedule, scheduled_at: moment, due_at, made_up, run, tries: 0 }
    }

    /// Lets a moment in, unless its job is paused or still at work.
    fn admit(&mut self, number: usize, entry: Entry, since: Timestamp, turn: &mut Turn) {
        let post = &self.posts[number];
        let job = Arc::clone(&post.job);
        if let Some(reason) = post.paused(turn.now) {
            return turn.say(&job, entry, What::Skipped(Why::Paused(reason)));
        }
        // One missed moment after the other, each to its end.
        if entry.made_up {
            self.retry_now(number, &entry);
            return self.queue(number, entry, since, turn);
        }
        let busy = post.at_work.first().map(|work| work.run.clone());
        match (job.overlap, busy) {
            (Overlap::Allow, _) => {}
            (Overlap::Skip, Some(run)) => return turn.say(&job, entry, What::Skipped(Why::Overlap(run))),
            (Overlap::CancelOther, Some(_)) => {
                for work in &mut self.posts[number].at_work {
                    work.superseded = Some(entry.scheduled_at);
                    turn.say(&job, entry.clone(), What::Stops(work.run.clone()));
                }
                self.supersede(number, turn);
            }
            (Overlap::Skip | Overlap::QueueOne | Overlap::CancelOther, _) => self.supersede(number, turn),
        }
        self.retry_now(number, &entry);
        self.queue(number, entry, since, turn);
    }

    /// A run that waits to be tried again has waited long enough once its job is due: it is gone on with first.
    fn retry_now(&mut self, number: usize, moment: &Entry) {
        let due_at = moment.due_at;
        self.put_off(number, due_at, |queued| queued.entry.tries > 0 && queued.entry.due_at > due_at);
    }

    /// Moments that were due earlier and have not begun give way.
    fn supersede(&mut self, number: usize, turn: &mut Turn) {
        let gives_way = |entry: &Entry| entry.cause == Cause::Schedule && entry.tries == 0 && !entry.made_up;
        let queue = &self.posts[number].queue;
        let places: Vec<_> =
            queue.iter().filter(|queued| gives_way(&queued.entry)).map(|queued| queued.place).collect();
        for place in places {
            if let Some(queued) = self.unqueue(place) {
                let job = Arc::clone(&self.posts[number].job);
                turn.say(&job, queued.entry, What::Skipped(Why::Superseded));
            }
        }
    }
}
