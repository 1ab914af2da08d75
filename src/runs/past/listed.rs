//! Runs as lines of a list, page by page.

use super::super::history::{Counts, Listed};
use super::{Denied, Past};
use crate::store::{RunFilter, RunLine};

impl Past {
    /// Up to `limit` runs of this filter, the newest first; those older than this one (its start and its id), if it is
    /// named. The effects of each are counted: ask for some dozens at a time.
    pub async fn runs(
        &self,
        filter: &RunFilter,
        older: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<Listed>, Denied> {
        let page = self.store.run_lines(filter, older, limit).await?;
        let ids: Vec<&str> = page.iter().map(|run| run.id.as_str()).collect();
        let counts = self.store.counts(&ids).await?;
        let mut listed = Vec::with_capacity(page.len());
        for run in page {
            listed.push(self.listed(run, &counts)?);
        }
        Ok(listed)
    }

    fn listed(&self, run: RunLine, counts: &[(String, String, bool, i64)]) -> Result<Listed, Denied> {
        let (owner, mut of) = (self.owner(&run.id)?, Counts::default());
        for (_, state, job, count) in counts.iter().filter(|(id, ..)| *id == run.id) {
            of.add(state, *job, *count, owner);
        }
        Ok(Listed { run, owner, counts: of })
    }
}
