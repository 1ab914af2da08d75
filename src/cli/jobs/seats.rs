//! What a job's run holds while it is at work, so that no other process works on the same: `beadle serve` knows what it has
//! started itself, and not what a person starts beside it.

use sha2::{Digest as _, Sha256};

use super::super::{Code, Failure};
use crate::effects::{Lease, LeaseError};
use crate::settings::{Job, Overlap};
use crate::store::Store;

/// Signs of a digest that tell groups apart.
const SIGNS: usize = 16;

/// Taken until they are dropped; the process may end in any way.
#[must_use = "what is not kept is given back"]
pub(super) struct Seats(#[expect(dead_code, reason = "held for their drop")] Vec<Lease>);

impl Seats {
    /// The job, and the group that its parameters name. One whose runs may overlap holds nothing.
    pub(super) fn take(job: &Job, connection: &str, store: &Store) -> Result<Self, Failure> {
        if job.overlap == Overlap::Allow {
            return Ok(Self(Vec::new()));
        }
        let mut seats = vec![take(store, &format!("job-{}", job.name), || format!("job `{}` is at work", job.name))?];
        if let Some(group) = job.group() {
            let digest = Sha256::digest(format!("{connection}\0{group}"));
            let place: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let busy = || format!("another job is at work on group {group} of connection {connection}");
            seats.push(take(store, &format!("group-{}", &place[..SIGNS]), busy)?);
        }
        Ok(Self(seats))
    }
}

fn take(store: &Store, seat: &str, busy: impl FnOnce() -> String) -> Result<Lease, Failure> {
    Lease::take(store, seat).map_err(|error| match error {
        LeaseError::Taken(_) => {
            Failure::with(Code::Skipped, format!("{}; wait for its end, or stop it", busy())).hint("beadle runs")
        }
        other => Failure::failed(other.to_string()),
    })
}
