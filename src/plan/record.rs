//! A plan as it is kept, in the store and as a file. Versioned: what a later beadle writes an older one refuses by name.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Meeting;
use crate::catalog::{self, Args, Call, Subject, SubjectKind};
use crate::effects::brakes::Hold;
use crate::model::Placeholder;
use crate::platforms;

/// The version of this form.
pub const FORMAT: u32 = 1;

/// So begins what is planned where a run is taken back; its name follows.
pub const UNDO: &str = "undo of ";

/// How long a plan holds: 7 days.
const LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What a script would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this form: [`FORMAT`].
    pub beadle_plan: u32,
    /// Its name, and the name of the one run that it can become.
    pub id: String,
    /// What was planned: a script's path, or `undo of RUN`.
    pub script: String,
    /// The connection that the script's nouns meant.
    pub connection: String,
    /// Whether nothing of it is real.
    pub sandbox: bool,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// After this it must be made anew; milliseconds since the epoch.
    pub expires_at: i64,
    /// The accounts that it touches: it can be applied to no others.
    pub accounts: Vec<Account>,
    /// What would be done, in order.
    pub steps: Vec<Step>,
    /// The names of the groups that are touched, where they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// What would not be done although it was asked for, and why.
    pub left_out: Vec<LeftOut>,
    /// What holds it until a person approves.
    #[serde(with = "holds")]
    pub holds: Vec<Hold>,
    /// What else a person should know.
    pub notes: Vec<String>,
    /// Who is who on two accounts, once it was applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meetings: Vec<Meeting>,
    /// What it costs.
    pub effort: Effort,
    /// The fingerprint of all but the effort: an approval binds it.
    pub digest: String,
}

/// A connection and what stood behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The connection's name.
    pub connection: String,
    /// The platform's name.
    pub platform: String,
    /// The account behind it.
    pub account: String,
}

/// A group as people know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    /// The connection's name.
    pub connection: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The connection's name.
    pub connection: String,
    /// `noun.verb`.
    pub operation: String,
    /// Its arguments; placeholders stand for what is only known after earlier steps.
    pub arguments: Value,
    /// The campaign of its mails, where it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Whether what is there already may be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub use_existing: bool,
    /// Limits that the script has set for it: the brakes read them when it is applied.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub limits: Value,
    /// Whom it touches, in the request's order.
    pub touches: Vec<Touch>,
}

/// What a call does to one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// `person`, `group`, …
    pub kind: String,
    /// The subject's key: an id, an address, a name, or a placeholder.
    pub subject: String,
    /// The group it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How people know the subject: its address or name.
    pub name: String,
    /// What it is, in one sign.
    pub sign: Sign,
    /// Whether a mail goes out: `yes`, or `unknown` where the platform's document does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails: Option<String>,
    /// What this write touches, as it is: compared before it is applied.
    pub before: Value,
    /// The same as it will be.
    pub after: Value,
    /// What the platform's own record says before it is sent, for the ledger.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub known: Value,
    /// The placeholder for the id of what it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
    /// Groups that follow: joined above, or left below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Whether what they wrote is destroyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroys: bool,
}

/// What a write does to a subject, in one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sign {
    /// Comes, or is made.
    #[serde(rename = "+")]
    Add,
    /// Is changed.
    #[serde(rename = "~")]
    Change,
    /// Goes, or is deleted.
    #[serde(rename = "-")]
    Remove,
    /// Is written to, and nothing else.
    #[serde(rename = "@")]
    Mail,
    /// Is as wanted: nothing is sent.
    #[serde(rename = "=")]
    Same,
}

impl Sign {
    /// The sign itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Mail => "@",
            Self::Same => "=",
        }
    }
}

/// Somebody for whom nothing is planned although a call named them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// `noun.verb`.
    pub operation: String,
    /// How people know the subject.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What a plan costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// Calls that change something.
    pub writes: u64,
    /// Calls that ask after jobs and check what is there, at least.
    pub reads: u64,
    /// How long all of them take at least, in seconds.
    pub seconds: f64,
}

/// Why a text is no plan.
#[derive(Debug, thiserror::Error)]
pub enum NotAPlan {
    /// It cannot be read.
    #[error("this is no plan: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A later beadle made it.
    #[error("this plan has format {0} and this beadle reads {FORMAT}: make it anew, or use the beadle that made it")]
    Format(u64),
    /// Somebody has changed it.
    #[error("the plan was changed after it was made: its fingerprint is {found} and not {named}; make it anew")]
    Changed {
        /// What is in it.
        found: String,
        /// What it says of itself.
        named: String,
    },
    /// Its tables are not those of this beadle.
    #[error("step {step} of the plan is `{operation}` on `{connection}`, which this beadle does not know")]
    Operation {
        /// The how-manyth, from 1.
        step: usize,
        /// `noun.verb`.
        operation: String,
        /// The connection's name.
        connection: String,
    },
}

impl Plan {
    /// A plan of these steps, to be sealed when it is complete; `now` in milliseconds since the epoch.
    pub fn new(id: &str, script: &str, connection: &str, accounts: Vec<Account>, steps: Vec<Step>, now: i64) -> Self {
        Self {
            beadle_plan: FORMAT,
            id: id.to_owned(),
            script: script.to_owned(),
            connection: connection.to_owned(),
            sandbox: false,
            made_at: now,
            expires_at: now + LIFETIME_MS,
            digest: String::new(),
            accounts,
            steps,
            groups: Vec::new(),
            left_out: Vec::new(),
            holds: Vec::new(),
            notes: Vec::new(),
            meetings: Vec::new(),
            effort: Effort::default(),
        }
    }

    /// Writes down what it is, so that any later change is seen.
    pub fn seal(&mut self) {
        self.digest = self.fingerprint();
    }

    /// Of everything but itself and the effort, whose fractions no two readers need read alike.
    fn fingerprint(&self) -> String {
        let mut all = self.write();
        if let Value::Object(map) = &mut all {
            map.retain(|name, _| name != "digest" && name != "effort");
        }
        catalog::digest(&all)
    }

    /// Reads a plan, and refuses one that was changed by hand.
    pub fn read(text: &str) -> Result<Self, NotAPlan> {
        let value: Value = serde_json::from_str(text)?;
        match value.get("beadle_plan").and_then(Value::as_u64) {
            Some(format) if format != u64::from(FORMAT) => return Err(NotAPlan::Format(format)),
            _ => {}
        }
        let plan: Self = serde_json::from_value(value)?;
        let found = plan.fingerprint();
        match found == plan.digest {
            true => Ok(plan),
            false => Err(NotAPlan::Changed { found, named: plan.digest }),
        }
    }

    /// As it is kept.
    pub fn write(&self) -> Value {
        json!(self)
    }

    /// Whether anything would be sent.
    pub fn is_empty(&self) -> bool {
        !self.touches().any(|(_, touch)| touch.sign != Sign::Same)
    }

    /// What to type for a new plan of the same.
    pub fn anew(&self) -> String {
        let flag = if self.sandbox { " --sandbox" } else { "" };
        match self.script.strip_prefix(UNDO) {
            Some(run) => format!("beadle undo {run}{flag}"),
            None => format!("beadle plan {}{flag}", self.script),
        }
    }

    /// All touches with their steps, in order.
    pub fn touches(&self) -> impl Iterator<Item = (&Step, &Touch)> {
        self.steps.iter().flat_map(|step| step.touches.iter().map(move |touch| (step, touch)))
    }

    /// A group's id, with its name where that is known: `4 (Berlin)`.
    pub fn group(&self, connection: &str, id: &str) -> String {
        match self.groups.iter().find(|group| group.connection == connection && group.id == id) {
            Some(group) => format!("{id} ({})", group.name),
            None => id.to_owned(),
        }
    }

    /// The call of a step, by its place.
    pub fn call(&self, place: usize) -> Result<Call, NotAPlan> {
        let step = &self.steps[place];
        let unknown = || NotAPlan::Operation {
            step: place + 1,
            operation: step.operation.clone(),
            connection: step.connection.clone(),
        };
        let account = self.accounts.iter().find(|account| account.connection == step.connection).ok_or_else(unknown)?;
        let platform = platforms::all().find(|known| known.name == account.platform).ok_or_else(unknown)?;
        let (noun, verb) = step.operation.split_once('.').ok_or_else(unknown)?;
        let op = platform.op(noun, verb).ok_or_else(unknown)?;
        let args = step.arguments.as_object().cloned().unwrap_or_default();
        Ok(Call { platform, op, connection: step.connection.clone(), args: Args::from_checked(args) })
    }
}

impl Touch {
    /// The groups that somebody leaves by coming into this one.
    pub fn left_with_it(&self) -> impl Iterator<Item = &str> {
        let left = self.known.get("left").and_then(Value::as_array).into_iter().flatten();
        left.filter(|_| self.sign != Sign::Same).filter_map(Value::as_str)
    }

    /// The subject as the ledger has it.
    pub fn subject(&self) -> Subject {
        let kind = SubjectKind::parse(&self.kind).unwrap_or(SubjectKind::Person);
        Subject { kind, key: self.subject.clone(), group: self.group.clone() }
    }

    /// Whether it depends on something that an earlier step makes.
    pub fn waits(&self) -> bool {
        Placeholder::is_in(&self.subject) || self.group.as_deref().is_some_and(Placeholder::is_in)
    }
}

/// A part of a value that differs: the field's name; what it holds, `None` where the platform does not show it; what it will.
pub type Part = (String, Option<String>, String);

/// Holds as they are kept with a run.
mod holds {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    use super::Hold;

    pub(super) fn serialize<S: Serializer>(holds: &[Hold], to: S) -> Result<S::Ok, S::Error> {
        holds.iter().map(Hold::json).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hold>, D::Error> {
        let kept = Vec::<Value>::deserialize(from)?;
        let hold = |kept: &Value| Hold::of_json(kept).ok_or_else(|| D::Error::custom(format!("`{kept}` is no hold")));
        kept.iter().map(hold).collect()
    }
}
