//! `[limits]`: how much may be mailed, removed, changed and used up before somebody is asked. One table names every number;
//! settings of the project, of a connection, of a job and of a call are read and laid over each other by it.

use std::time::Duration;

use super::error::Error;
use super::partial::Partial;
use super::quiet::Quiet;
use super::section::Section;
use super::tree::{Source, Table};

/// All limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `[limits.mail]`
    pub mail: MailLimits,
    /// `[limits.removals]`
    pub removals: RemovalLimits,
    /// `[limits.overlap]`
    pub overlap: OverlapLimits,
    /// `[limits.changes]`
    pub changes: ChangeLimits,
    /// `[limits.deletes]`
    pub deletes: DeleteLimits,
    /// `[limits.roles]`
    pub roles: RoleLimits,
    /// `[limits.script]`
    pub script: ScriptLimits,
}

/// How often people may be written to, and how many. Mails of which nobody knows whether they went out count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimits {
    /// At most one mail to a person about the same target in so many days, whatever the campaign.
    pub target_days: u32,
    /// At most so many mails to a person …
    pub per_person: u32,
    /// … in so many days, over all targets of an account.
    pub person_days: u32,
    /// A run mails no more people than this.
    pub per_run: u32,
    /// A run that nobody watches mails no more people than this.
    pub unattended: u32,
    /// When nobody is written to.
    pub quiet: Option<Quiet>,
}

/// When removals are held. They are held where `people` is passed together with `percent` or `most`,
/// and where `few` and `few_percent` are both reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovalLimits {
    /// More people than this, together with one of the next two.
    pub people: u32,
    /// More than this share of the group, in percent.
    pub percent: u32,
    /// More people than this, whatever the share.
    pub most: u32,
    /// At least so many people, together with the next.
    pub few: u32,
    /// At least this share of the group, in percent.
    pub few_percent: u32,
    /// Removals from the same group in so many days past are counted along.
    pub days: u32,
}

/// When a roster is taken for the wrong one: it and the group have both at least so many people,
/// and less than this share of the smaller one in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlapLimits {
    /// People on both sides.
    pub people: u32,
    /// The share in common, in percent.
    pub percent: u32,
}

/// When overwriting existing values is held: above both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeLimits {
    /// More people than this …
    pub people: u32,
    /// … who are more than this share of the group, in percent.
    pub percent: u32,
}

/// When a run that deletes is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteLimits {
    /// More accounts, groups, or people with all they wrote, than this.
    pub people: u32,
}

/// When a run that makes administrators or moderators is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleLimits {
    /// More people than this.
    pub people: u32,
}

/// What one run of a script may use. No `try` of a script catches these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLimits {
    /// From start to end, waiting included.
    pub time: Duration,
    /// Memory in bytes, beyond what the process had at the run's start.
    pub memory: u64,
    /// Steps of the script.
    pub operations: u64,
    /// Bytes that it prints and logs.
    pub output: u64,
}

/// Where a number can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// For all that a connection does.
    Connection,
    /// For a single call, too.
    Call,
}

/// Which way a brake gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looser {
    More,
    Less,
}

/// One number among the limits.
pub(super) struct Number {
    /// The section below `[limits]`.
    pub(super) section: &'static str,
    /// The key in it.
    pub(super) key: &'static str,
    /// The largest that it can be; the smallest is 0.
    pub(super) max: u32,
    /// Where it can be set.
    pub(super) scope: Scope,
    looser: Looser,
    pub(super) at: fn(&mut Limits) -> &mut u32,
}

const fn number(section: &'static str, key: &'static str, max: u32, at: fn(&mut Limits) -> &mut u32) -> Number {
    Number { section, key, max, scope: Scope::Call, looser: Looser::More, at }
}

impl Number {
    const fn looser_below(self) -> Self {
        Self { looser: Looser::Less, ..self }
    }

    const fn of_connection(self) -> Self {
        Self { scope: Scope::Connection, ..self }
    }
}

const DAYS: u32 = 3650;
const ANY: u32 = u32::MAX;

/// Every number of every section but `[limits.script]`, in the order in which they are told.
pub(super) const NUMBERS: &[Number] = &[
    number("mail", "target_days", DAYS, |of| &mut of.mail.target_days).looser_below().of_connection(),
    number("mail", "per_person", 1000, |of| &mut of.mail.per_person).of_connection(),
    number("mail", "person_days", DAYS, |of| &mut of.mail.person_days).looser_below().of_connection(),
    number("mail", "per_run", ANY, |of| &mut of.mail.per_run),
    number("mail", "unattended", ANY, |of| &mut of.mail.unattended),
    number("removals", "people", ANY, |of| &mut of.removals.people),
    number("removals", "percent", 100, |of| &mut of.removals.percent),
    number("removals", "most", ANY, |of| &mut of.removals.most),
    number("removals", "few", ANY, |of| &mut of.removals.few),
    number("removals", "few_percent", 100, |of| &mut of.removals.few_percent),
    number("removals", "days", DAYS, |of| &mut of.removals.days).looser_below(),
    number("overlap", "people", ANY, |of| &mut of.overlap.people),
    number("overlap", "percent", 100, |of| &mut of.overlap.percent).looser_below(),
    number("changes", "people", ANY, |of| &mut of.changes.people),
    number("changes", "percent", 100, |of| &mut of.changes.percent),
    number("deletes", "people", ANY, |of| &mut of.deletes.people),
    number("roles", "people", ANY, |of| &mut of.roles.people),
];

/// The sections that [`NUMBERS`] names, in their order.
pub(super) const SECTIONS: [&str; 6] = ["mail", "removals", "overlap", "changes", "deletes", "roles"];

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail: MailLimits {
                target_days: 14,
                per_person: 4,
                person_days: 30,
                per_run: 10_000,
                unattended: 500,
                quiet: None,
            },
            removals: RemovalLimits { people: 10, percent: 10, most: 250, few: 3, few_percent: 50, days: 7 },
            overlap: OverlapLimits { people: 10, percent: 50 },
            changes: ChangeLimits { people: 25, percent: 25 },
            deletes: DeleteLimits { people: 10 },
            roles: RoleLimits { people: 0 },
            script: ScriptLimits {
                time: Duration::from_secs(6 * 60 * 60),
                memory: 1 << 30,
                operations: 10_000_000_000,
                output: 256 << 20,
            },
        }
    }
}

impl Limits {
    /// These limits with those that are set closer to the work laid over them.
    pub fn with(&self, closer: &Partial) -> Self {
        let mut limits = self.clone();
        for (number, value) in closer.numbers() {
            *(number.at)(&mut limits) = value;
        }
        if let Some(quiet) = closer.quiet() {
            limits.mail.quiet = quiet;
        }
        limits
    }

    /// What `other` allows and these do not, a fragment each: `removals.percent 30 in place of 10`.
    pub fn loosened(&self, other: &Self) -> Vec<String> {
        let (mut mine, mut others) = (self.clone(), other.clone());
        let mut found = Vec::new();
        for number in NUMBERS {
            let (before, after) = (*(number.at)(&mut mine), *(number.at)(&mut others));
            let looser = match number.looser {
                Looser::More => after > before,
                Looser::Less => after < before,
            };
            if looser {
                found.push(format!("{}.{} {after} in place of {before}", number.section, number.key));
            }
        }
        if let Some(before) = self.mail.quiet.filter(|_| self.mail.quiet != other.mail.quiet) {
            let after = other.mail.quiet.map_or_else(|| "off".to_owned(), |quiet| quiet.to_string());
            found.push(format!("mail.quiet {after} in place of {before}"));
        }
        found
    }

    pub(super) fn read(table: Table, source: &Source) -> Result<Self, Error> {
        let known: Vec<&str> = SECTIONS.into_iter().chain(["script"]).collect();
        let mut limits = Section::new("[limits]".into(), table, source, &known)?;
        let default = Self::default();
        let read = default.with(&Partial::read(&mut limits, source)?);
        Ok(Self { script: script(limits.table("script")?, source, &default.script)?, ..read })
    }
}

fn script(table: Table, source: &Source, default: &ScriptLimits) -> Result<ScriptLimits, Error> {
    let keys = &["time", "memory", "operations", "output"];
    let mut section = Section::new("[limits.script]".into(), table, source, keys)?;
    Ok(ScriptLimits {
        time: section.time("time", default.time)?,
        memory: section.size("memory", default.memory)?,
        operations: section.int("operations", default.operations, 1, u64::MAX)?,
        output: section.size("output", default.output)?,
    })
}
