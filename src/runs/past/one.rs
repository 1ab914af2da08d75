//! One run with everything that is small of it.

use super::super::history::Shown;
use super::{Denied, Past, is_gone};
use crate::settings::Mode;
use crate::store::{Approval, Run};
use crate::tables::files_below;

/// Effects shown of each kind.
const SAMPLES: i64 = 3;

impl Past {
    /// The run of this id. A plan has its run's id before there is one.
    pub async fn known(&self, id: &str) -> Result<Run, Denied> {
        if let Some(run) = self.store.run(id).await? {
            return Ok(run);
        }
        if self.store.plan(id).await?.is_some() {
            let denied = Denied::absent(format!("`{id}` is a plan that was not applied yet"));
            return Err(denied
                .hint(format!("to apply it, type: beadle apply {id}{}", self.flags))
                .ask(format!("GET /api/v1/plans/{id}")));
        }
        let place = self.store.path().display();
        let words = format!("there is no run `{id}`");
        let denied = Denied::absent(format!("{words} in {place}")).hint(self.elsewhere());
        Err(denied.open(words).ask("those that there are: GET /api/v1/runs"))
    }

    /// The run of this id, if there is something left to do about it.
    pub async fn find(&self, id: &str) -> Result<Run, Denied> {
        let run = self.known(id).await?;
        let world = match self.mode {
            Mode::Real => None,
            Mode::Sandbox => self.store.world().await?,
        };
        match world.is_some_and(|world| run.ended_at.is_some_and(|end| end < world.started_ms)) {
            true => {
                let words = format!("the sandbox of run `{id}` is gone: another was begun");
                Err(Denied::wrong(format!("{words} with --fresh")).open(words))
            }
            false => Ok(run),
        }
    }

    /// What is small of a run.
    pub async fn shown(&self, id: &str) -> Result<Shown, Denied> {
        let run = self.known(id).await?;
        let owner = self.owner(id)?;
        let folder = self.folder.join(".beadle/runs").join(id);
        let files = files_below(&folder)
            .map_err(|error| Denied::failed(format!("failed to look into `{}`: {error}", folder.display())))
            .map_err(|denied| denied.open("failed to look for the files that the run left"))?;
        let store = &self.store;
        let mut effects = Vec::new();
        for group in store.effects_by_state(id).await? {
            let first = store.samples(id, &group, SAMPLES).await?;
            effects.push((group, first));
        }
        let world = store.world().await?;
        let accounts = effects.iter().flat_map(|(_, first)| first).map(|row| row.account.as_str());
        let gone = accounts.clone().count() > 0 && accounts.clone().all(|account| is_gone(account, world.as_ref()));
        let ended = run.ended_at.zip(world.as_ref()).is_some_and(|(end, world)| end < world.started_ms);
        let approvals: Vec<Approval> = store.approvals(id).await?;
        Ok(Shown {
            gone: gone || (self.mode == Mode::Sandbox && ended),
            owner,
            plan: store.plan(id).await?.map(|plan| plan.made_at),
            attempts: store.attempts_of(id).await?,
            approvals,
            decisions: store.decisions(id).await?,
            calls: store.count_calls(id).await?,
            requests: store.requests_of(id).await?,
            effects,
            files,
            flags: self.flags.clone(),
            times: self.times.clone(),
            run,
        })
    }
}
