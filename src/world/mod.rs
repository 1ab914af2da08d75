//! A community in memory, on which the sandbox's simulations act: groups, people, memberships, jobs, mails.
//! Its one rule: plain values. No input, no output, no clock; the time is handed in by [`World::advance`], and whatever was
//! queued happens at its own time, so that advancing once or in many steps gives the same world.

mod activity;
mod club;
mod coverage;
mod error;
mod group;
mod guid;
mod invitation;
mod job;
mod mail;
mod membership;
mod person;
mod queue;
mod role;
mod roll;
mod words;

use std::collections::{BTreeMap, HashMap};

pub use activity::{Activities, Activity, Deed, Doing, Filter};
pub use club::{Club, Link, Pending, Profile, ROLES};
pub use coverage::{Covered, Handed, HandedRow};
pub use error::WorldError;
pub use group::{Field, FieldKind, Group, GroupChange, NewGroup};
pub use guid::{Kind, guid, number_of};
pub use invitation::{Invitation, Invitee, Standing};
pub use job::{Job, JobKind, JobState, Task};
pub use mail::{Delivery, Mail, Topic};
pub use membership::{Content, Membership};
pub use person::{NewUser, User};
pub use queue::Pace;
pub use roll::Roll;
pub use words::{conversation_of, title_of, words_of};

use queue::Due;

/// Field values by unique name, in the order in which they came.
pub type Values = serde_json::Map<String, serde_json::Value>;

/// One community.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    now_ms: i64,
    /// How fast queued work is done. Set it before anything is queued.
    pub pace: Pace,
    seed: u64,
    minted: u64,
    groups: BTreeMap<u64, Group>,
    group_names: HashMap<String, u64>,
    fields: Vec<Field>,
    users: HashMap<u64, User>,
    by_email: HashMap<String, u64>,
    everybody: Roll,
    next_user: u64,
    next_group: u64,
    jobs: Vec<Job>,
    queue: BTreeMap<(i64, u64), Due>,
    queued: u64,
    /// What members did.
    pub activities: Activities,
    deliveries: Vec<Delivery>,
    outbox: Vec<Mail>,
    /// In the order in which they were made.
    invitations: BTreeMap<u64, Invitation>,
    invited: u64,
    club: Club,
    /// Who has a plan by a roster, by group and key.
    covered: BTreeMap<u64, BTreeMap<String, Covered>>,
    covered_so_far: u64,
    handed: Vec<Handed>,
}

impl World {
    /// An empty community at this time. `seed` makes its job ids; `first_user` and `first_group` are the first ids given out.
    pub fn new(seed: u64, now_ms: i64, first_user: u64, first_group: u64) -> Self {
        Self {
            now_ms,
            pace: Pace::default(),
            seed,
            minted: 0,
            groups: BTreeMap::new(),
            group_names: HashMap::new(),
            fields: Vec::new(),
            users: HashMap::new(),
            by_email: HashMap::new(),
            everybody: Roll::default(),
            next_user: first_user,
            next_group: first_group,
            jobs: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            activities: Activities::default(),
            deliveries: Vec::new(),
            outbox: Vec::new(),
            invitations: BTreeMap::new(),
            invited: 0,
            club: Club::default(),
            covered: BTreeMap::new(),
            covered_so_far: 0,
            handed: Vec::new(),
        }
    }

    /// The world's time, milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// A text of 24 hexadecimal digits that nothing else in this world has; the same in every replay.
    fn mint(&mut self) -> String {
        self.minted += 1;
        let first = mix(self.seed ^ self.minted.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let second = mix(first ^ self.minted);
        format!("{first:016x}{:08x}", second >> 32)
    }
}

/// Scatters a number's bits (the finishing step of splitmix64).
pub fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
