//! The job files while the daemon runs: read again when they have changed. A broken file leaves what was there in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::settings::Job;

/// Reads the job files.
pub trait JobFiles: Send + Sync + 'static {
    /// Whether a file was written, made or removed since [`JobFiles::read`].
    fn have_changed(&mut self) -> bool;
    /// Reads all of them.
    fn read(&mut self) -> Found;
}

/// What was found in the folder of jobs.
#[derive(Debug, Default)]
pub struct Found {
    /// The jobs.
    pub jobs: Vec<Arc<Job>>,
    /// The names of those whose files are broken, each with what is wrong.
    pub broken: BTreeMap<String, String>,
    /// Why the folder itself could not be read: all jobs stay as they were.
    pub unread: Option<String>,
    /// Jobs whose files are right and whose runs would be refused all the same, each with why.
    pub hopeless: BTreeMap<String, String>,
}

/// The jobs in force.
#[derive(Debug, Default)]
pub(super) struct InForce {
    jobs: BTreeMap<String, Arc<Job>>,
    hopeless: BTreeMap<String, String>,
}

impl InForce {
    /// The jobs that could not run, of which that has not been said before.
    pub(super) fn hopeless(&mut self, found: &Found) -> Vec<(String, String)> {
        let news = found.hopeless.iter().filter(|(job, why)| self.hopeless.get(*job) != Some(why));
        let news = news.map(|(job, why)| (job.clone(), why.clone())).collect();
        self.hopeless.clone_from(&found.hopeless);
        news
    }

    /// Puts what was found in force; a job whose file is broken stays as it was.
    pub(super) fn take(&mut self, found: Found) -> Vec<Arc<Job>> {
        if found.unread.is_some() {
            return self.jobs.values().cloned().collect();
        }
        let mut jobs: BTreeMap<_, _> = found.jobs.into_iter().map(|job| (job.name.clone(), job)).collect();
        for name in found.broken.keys() {
            if let Some(old) = self.jobs.remove(name) {
                jobs.entry(name.clone()).or_insert(old);
            }
        }
        self.jobs = jobs;
        self.jobs.values().cloned().collect()
    }

    /// Whether there is a job of this name.
    pub(super) fn has(&self, job: &str) -> bool {
        self.jobs.contains_key(job)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.jobs.len()
    }
}
