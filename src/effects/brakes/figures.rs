//! What somebody is about to do, in numbers.

use jiff::civil::Time;

use super::Attendance;

/// All that the brakes judge. What is not about to happen stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// A roster and the group that it is compared with.
    pub roster: Option<Roster>,
    /// Everybody of a group, handed over at once.
    pub whole: Option<WholeRoster>,
    /// Who leaves which group, an entry a group that is named; those below stand in it.
    pub removals: Vec<Removals>,
    /// Whose values are overwritten, an entry a group.
    pub changes: Vec<Changes>,
    /// Accounts and groups that are deleted, people whose contributions are: by this run so far, and now.
    pub deletes: u64,
    /// People who become administrators or moderators, by this run so far and now: as the calls name them.
    pub roles: Vec<String>,
    /// People who are written to.
    pub mails: Option<Mails>,
}

/// A roster beside its group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The group.
    pub group: String,
    /// Different people in the roster.
    pub people: u64,
    /// Members of the group.
    pub members: u64,
    /// People in both.
    pub common: u64,
    /// Sentinel persons whom the roster does not name.
    pub missing: Vec<String>,
}

/// Everybody of a group, handed over at once: whoever is missing is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WholeRoster {
    /// The group.
    pub group: String,
    /// Different people in the roster.
    pub people: u64,
    /// What they are held against; `None` where nothing is known of who is in the group.
    pub last: Option<LastRoster>,
    /// Those who are missing from it, as people know them.
    pub missing: Vec<String>,
    /// What being missing costs somebody: `loses their plan`.
    pub costs: &'static str,
}

/// The last roster that was handed over, together with those that may have been since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastRoster {
    /// People in it.
    pub people: u64,
    /// Those of them who are known to be in, and not only in rosters of which nobody knows.
    pub sure: u64,
    /// How many were in the rosters of the days that are counted along, and are neither in the last nor in the new one.
    pub lately: u64,
}

/// How one group shrinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// The group, as a person knows it.
    pub group: String,
    /// People in it now.
    pub members: u64,
    /// Administrators among them.
    pub admins: u64,
    /// How many go.
    pub leaving: u64,
    /// Administrators among those.
    pub admins_leaving: u64,
    /// How many come in the same go.
    pub arriving: u64,
    /// How many were taken out of it in the days that are counted along, done or in doubt.
    pub lately: u64,
    /// How many of those this very run has taken out: an approval names the whole number, also when the run is resumed.
    pub of_this_run: u64,
}

/// Removals from one group, and those that follow from the hierarchy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removals {
    /// The group that is named.
    pub from: Leaving,
    /// Groups below it that the same people leave.
    pub below: Vec<Leaving>,
}

/// Values that are there and would be others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Where, for people: `in group 4`, `of the community`.
    pub place: String,
    /// People who would lose a value; where nobody has read what they hold, people who are written to.
    pub people: u64,
    /// Of how many; `None` where nobody knows.
    pub of: Option<u64>,
}

/// People who are written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mails {
    /// How many: by this run so far, and now. Nobody is about to be written to where this is what was.
    pub people: u64,
    /// How many of them now.
    pub now: u64,
    /// Whether somebody watches.
    pub attendance: Attendance,
    /// The time at which they would be.
    pub at: WallClock,
}

/// A time of the day, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// The time.
    pub time: Time,
    /// The time zone's name.
    pub zone: String,
}
