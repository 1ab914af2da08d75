//! Which job is started by what, and the id of its run.

use sha2::{Digest as _, Sha256};

use super::Event;
use crate::model::Topic;
use crate::runs::id_of;
use crate::settings::{Job, OwnEvents};

/// What one job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The job's name.
    pub job: String,
    /// The connection whose hooks start it.
    pub connection: String,
    /// The topics that start it.
    pub on: Vec<Topic>,
    /// Whether what beadle wrote starts it, too.
    pub own_events: OwnEvents,
}

/// Signs behind the minute: 40 bits keep the runs of a minute apart.
const TAIL: usize = 8;

impl Subscription {
    /// What a job's file says; `connection` is what its nouns mean. `None` where no event starts it.
    pub fn of(job: &Job, connection: &str) -> Option<Self> {
        (!job.on.is_empty()).then(|| Self {
            job: job.name.clone(),
            connection: connection.to_owned(),
            on: job.on.clone(),
            own_events: job.own_events,
        })
    }

    /// Whether an event starts it.
    pub fn wants(&self, event: &Event) -> bool {
        self.on.contains(&event.topic) && (!event.own || self.own_events == OwnEvents::Wanted)
    }
}

/// The id of the run that a delivery asks for: the same one however often it is worked out.
pub(super) fn run_id(received_at: jiff::Timestamp, hook: &str, key: &str, job: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [hook, key, job] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    id_of(received_at, &hasher.finalize()[..TAIL])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runs_id_depends_on_the_delivery_and_the_job_and_on_nothing_else() {
        let at = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        let id = run_id(at, "crm", "job x 0 a", "welcome");
        assert!(id.starts_with("20231114-2213-") && id.len() == 22, "{id}");
        assert_eq!(id, run_id(at, "crm", "job x 0 a", "welcome"));
        let others = [
            run_id(at, "crm", "job x 0 a", "other"),
            run_id(at, "crm", "job x 50 a", "welcome"),
            run_id(at, "crmj", "ob x 0 a", "welcome"),
        ];
        assert!(!others.contains(&id));
    }
}
