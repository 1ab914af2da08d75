//! Takes calls down while a script runs in plan mode; shared by all connections of the run.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::{Account, GroupName, LeftOut, Plan, Step};
use super::{Meeting, Overlay, follows};
use crate::catalog::Adapter;
use crate::effects::brakes::{Hold, Leave};
use crate::model::{Group, Hierarchy};

/// What was planned so far; cheap to clone.
#[derive(Clone, Default)]
pub struct Draft(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    accounts: Vec<Account>,
    steps: Vec<Step>,
    overlays: HashMap<String, Overlay>,
    groups: HashMap<String, Arc<Vec<Group>>>,
    /// The groups with what was planned about them, by account; and how much of that is in it.
    hierarchies: HashMap<String, (Hierarchy, usize)>,
    mailed: HashSet<(String, String, String)>,
    left_out: Vec<LeftOut>,
    holds: Vec<(String, Hold)>,
    notes: Vec<String>,
    meetings: Vec<Meeting>,
    /// Who was noted already: source account, connection, kind and the source's id.
    met: HashSet<(String, String, String, String)>,
}

impl Draft {
    /// Names an account that is used.
    pub fn use_account(&self, connection: &str, platform: &str, account: &str) {
        let used = Account { connection: connection.into(), platform: platform.into(), account: account.into() };
        let mut state = self.state();
        if !state.accounts.contains(&used) {
            state.accounts.push(used);
        }
    }

    /// Looks at an account as planned so far, or changes it.
    pub fn with<T>(&self, account: &str, look: impl FnOnce(&mut Overlay) -> T) -> T {
        look(self.state().overlays.entry(account.to_owned()).or_default())
    }

    /// The account's groups as the platform lists them, once they were read.
    pub fn groups(&self, account: &str) -> Option<Arc<Vec<Group>>> {
        self.state().groups.get(account).cloned()
    }

    /// The groups that come along with one: above for who joins it, below for who leaves; those of the plan among them. The
    /// account's groups must have been read.
    pub fn follows(&self, account: &str, adapter: &dyn Adapter, joins: bool, group: &str) -> Vec<String> {
        let mut state = self.state();
        let State { groups, hierarchies, overlays, .. } = &mut *state;
        let (hierarchy, seen) = hierarchies.entry(account.to_owned()).or_insert_with(|| {
            (groups.get(account).into_iter().flat_map(|groups| groups.iter().cloned()).collect(), 0)
        });
        if let Some(overlay) = overlays.get(account) {
            let (planned, all) = overlay.groups_since(*seen);
            planned.filter_map(|row| adapter.group(row)).for_each(|group| hierarchy.learn(group));
            *seen = all;
        }
        if joins { hierarchy.above(group) } else { hierarchy.below(group) }
    }

    /// Keeps the account's groups.
    pub fn set_groups(&self, account: &str, groups: Vec<Group>) {
        self.state().groups.insert(account.to_owned(), Arc::new(groups));
    }

    /// Notes that somebody would be written to about a group; `false` if that was planned before.
    pub fn mail(&self, account: &str, group: &str, person: &str) -> bool {
        self.state().mailed.insert((account.to_owned(), group.to_owned(), person.to_owned()))
    }

    /// The number of the step that is taken down next, from 1.
    pub fn next(&self) -> usize {
        self.state().steps.len() + 1
    }

    /// Takes a call down.
    pub fn push(&self, step: Step) {
        self.state().steps.push(step);
    }

    /// Notes somebody for whom nothing is planned.
    pub fn leave_out(&self, one: LeftOut) {
        self.state().left_out.push(one);
    }

    /// Notes a brake that would hold the run at this place; what it said of the place before is a part of it.
    pub fn hold(&self, place: &str, hold: Hold) {
        // At its end a plan knows all of it: nothing more follows.
        let hold = Hold { leave: Leave::Exactly, ..hold };
        let mut state = self.state();
        match state.holds.iter_mut().find(|(known, held)| known == place && held.what == hold.what) {
            Some((_, held)) => *held = hold,
            None => state.holds.push((place.to_owned(), hold)),
        }
    }

    /// Notes who would be who; each once.
    pub fn meet(&self, mut meeting: Meeting) {
        let mut state = self.state();
        let Meeting { from, connection, kind, who, .. } = &mut meeting;
        who.retain(|(id, _)| state.met.insert((from.clone(), connection.clone(), kind.clone(), id.clone())));
        if !who.is_empty() {
            state.meetings.push(meeting);
        }
    }

    /// Notes a line for people, once.
    pub fn note(&self, line: &str) {
        let mut state = self.state();
        if !state.notes.iter().any(|known| known == line) {
            state.notes.push(line.to_owned());
        }
    }

    /// The plan of all that was taken down; `now` in milliseconds since the epoch.
    pub fn finish(&self, id: &str, script: &str, connection: &str, now: i64) -> Plan {
        let mut state = self.state();
        let steps = std::mem::take(&mut state.steps);
        let mut plan = Plan::new(id, script, connection, state.accounts.clone(), steps, now);
        plan.left_out = std::mem::take(&mut state.left_out);
        plan.holds = std::mem::take(&mut state.holds).into_iter().map(|(_, hold)| hold).collect();
        plan.notes = std::mem::take(&mut state.notes);
        plan.meetings = std::mem::take(&mut state.meetings);
        plan.groups = state.names(&plan);
        plan.notes.extend(follows::lines(&plan));
        plan
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The names of all groups that a plan touches.
    fn names(&self, plan: &Plan) -> Vec<GroupName> {
        let touched: BTreeSet<(&str, &str)> = plan
            .touches()
            .flat_map(|(step, touch)| {
                let ids = touch.group.iter().chain(&touch.also).map(String::as_str).chain(touch.left_with_it());
                ids.map(|id| (step.connection.as_str(), id))
            })
            .collect();
        let account = |connection: &str| self.accounts.iter().find(|account| account.connection == connection);
        let named = |(connection, id): (&str, &str)| {
            let groups = self.groups.get(&account(connection)?.account)?;
            let name = groups.iter().find(|group| group.id == id)?.name.clone();
            Some(GroupName { connection: connection.to_owned(), id: id.to_owned(), name })
        };
        touched.into_iter().filter_map(named).collect()
    }
}
