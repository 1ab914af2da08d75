//! A brake's refusal: its number, its sentence, how it is kept with the run, and the very command that lets the run go on.

use serde_json::{Value, json};

use crate::store::Approval;

/// Which brake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Brake {
    /// Somebody who stands in every roster is missing from this one.
    Sentinel,
    /// A roster that names hardly anybody of the group.
    Overlap,
    /// The first roster of a group that the platform shows nobody of.
    FirstRoster,
    /// People taken out of a group.
    Removals,
    /// Existing values overwritten.
    Changes,
    /// Accounts, groups or contributions destroyed.
    Deletes,
    /// Administrators or moderators made.
    Roles,
    /// More people written to than a run may.
    Mails,
    /// People written to in quiet hours.
    Quiet,
}

impl Brake {
    /// All, in the order in which their holds are told.
    pub const ALL: [Self; 9] = [
        Self::Sentinel,
        Self::Overlap,
        Self::FirstRoster,
        Self::Removals,
        Self::Changes,
        Self::Deletes,
        Self::Roles,
        Self::Mails,
        Self::Quiet,
    ];

    /// The word for it: in an approval, and as an option of `beadle approve`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sentinel => "sentinel",
            Self::Overlap => "overlap",
            Self::FirstRoster => "first-roster",
            Self::Removals => "removals",
            Self::Changes => "changes",
            Self::Deletes => "deletes",
            Self::Roles => "roles",
            Self::Mails => "mails",
            Self::Quiet => "quiet",
        }
    }

    /// The brake that this word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|brake| brake.as_str() == word)
    }
}

/// What an approval's number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// This number and no other: what was counted is what is allowed.
    Exactly,
    /// The most: nobody can know how many more there will be.
    UpTo,
}

impl Leave {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Exactly => "exactly",
            Self::UpTo => "up_to",
        }
    }
}

/// A run is held: nothing more was sent, a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Which brake.
    pub what: Brake,
    /// The number that a person must name to let it go on.
    pub number: u64,
    /// What an approval's number means.
    pub leave: Leave,
    /// What it is compared with: the group's people, the limit.
    pub of: u64,
    /// For people.
    pub sentence: String,
    /// From when on no leave is needed: a time of the day, for people.
    pub after: Option<String>,
}

impl Hold {
    pub(super) fn new(what: Brake, number: u64, of: u64, sentence: String) -> Self {
        Self { what, number, leave: Leave::Exactly, of, sentence, after: None }
    }

    /// The same hold, for which an approval names the most.
    pub fn up_to(self) -> Self {
        Self { leave: Leave::UpTo, ..self }
    }

    /// Whether this number is the one that the brake needs, or enough.
    pub fn takes(&self, number: u64) -> bool {
        match self.leave {
            Leave::Exactly => number == self.number,
            Leave::UpTo => number >= self.number,
        }
    }

    /// Whether a person has allowed exactly this: same brake, right number.
    pub fn is_approved(&self, approvals: &[Approval]) -> bool {
        let given = |approval: &Approval| u64::try_from(approval.number).is_ok_and(|number| self.takes(number));
        approvals.iter().any(|approval| approval.what == self.what.as_str() && given(approval))
    }

    /// As kept in the run's summary.
    pub fn json(&self) -> Value {
        json!({
            "brake": self.what.as_str(),
            "number": self.number,
            "leave": self.leave.as_str(),
            "of": self.of,
            "sentence": self.sentence,
            "after": self.after,
        })
    }

    /// As it was kept; `None` where this is no hold.
    pub fn of_json(kept: &Value) -> Option<Self> {
        let text = |key: &str| kept.get(key).and_then(Value::as_str);
        let leave = [Leave::Exactly, Leave::UpTo].into_iter().find(|leave| text("leave") == Some(leave.as_str()));
        Some(Self {
            what: Brake::parse(text("brake")?)?,
            number: kept.get("number")?.as_u64()?,
            leave: leave?,
            of: kept.get("of")?.as_u64()?,
            sentence: text("sentence")?.to_owned(),
            after: text("after").map(str::to_owned),
        })
    }
}

/// All that holds a run, as an error carries it: small until there is something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds(Option<Box<List>>);

/// One pointer wide behind its box.
#[derive(Clone, Debug, PartialEq, Eq)]
struct List(Vec<Hold>);

impl From<Vec<Hold>> for Holds {
    fn from(holds: Vec<Hold>) -> Self {
        Self((!holds.is_empty()).then(|| Box::new(List(holds))))
    }
}

impl Holds {
    /// Them, in the order of the brakes.
    pub fn into_vec(self) -> Vec<Hold> {
        self.0.map(|list| list.0).unwrap_or_default()
    }
}

/// What a person types for these holds: `--removals 12 --mails 600`, each number once.
pub fn flags<'a>(holds: impl IntoIterator<Item = &'a Hold>) -> String {
    let mut flags: Vec<String> =
        holds.into_iter().map(|hold| format!("--{} {}", hold.what.as_str(), hold.number)).collect();
    let mut seen = std::collections::HashSet::new();
    flags.retain(|flag| seen.insert(flag.clone()));
    flags.join(" ")
}

/// When a run is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before its flow changes anything: the numbers are those of the whole.
    BeforeChange,
    /// Before the write that would pass a limit: more of the same may follow.
    BeforeSending,
}

/// What a person types about the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    /// `beadle approve 20261122-0158-k3f9 --sandbox`
    pub approve: String,
    /// `beadle resume 20261122-0158-k3f9 --sandbox`
    pub resume: String,
}

/// Everything that holds the run, and what to type if it is meant.
pub fn text(holds: &[Hold], moment: Moment, commands: &Commands) -> String {
    let sentences: Vec<&str> = holds.iter().map(|hold| hold.sentence.as_str()).collect();
    let exact = |hold: &Hold| moment == Moment::BeforeChange || hold.leave == Leave::Exactly;
    let flag = |hold: &Hold| match exact(hold) {
        true => format!("--{} {}", hold.what.as_str(), hold.number),
        false => format!("--{} N", hold.what.as_str()),
    };
    let mut flags: Vec<String> = holds.iter().map(flag).collect();
    flags.dedup();
    let when = match moment {
        Moment::BeforeChange => "held before the first change",
        Moment::BeforeSending => "held before it was sent",
    };
    let how = match holds.iter().all(exact) {
        true => "if it is meant, type",
        false => "if it is meant, type the most that this run may do in place of N",
    };
    let what = sentences.join("; ");
    let approve = &commands.approve;
    let mut lines = vec![format!("{when}: {what}")];
    if let [Hold { after: Some(after), .. }] = holds {
        lines.push(format!("from {after} on no leave is needed; type then: {}", commands.resume));
    }
    lines.push(format!("{how}: {approve} {} --reason \"…\"", flags.join(" ")));
    lines.join("\n")
}
