//! `[limits]`: how much may be mailed, removed and used up before somebody is asked.

use std::time::Duration;

use super::error::Error;
use super::section::Section;
use super::tree::{Source, Table};

/// All limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// `[limits.mail]`
    pub mail: MailLimits,
    /// `[limits.removals]`
    pub removals: RemovalLimits,
    /// `[limits.overlap]`
    pub overlap: OverlapLimits,
    /// `[limits.changes]`
    pub changes: ChangeLimits,
    /// `[limits.script]`
    pub script: ScriptLimits,
}

/// How often people may be written to, whatever the campaign. Mails of which nobody knows whether they went out count.
#[derive(Clone, Debug, PartialEq)]
pub struct MailLimits {
    /// At most one mail to a person about the same target in so many days.
    pub target_days: u32,
    /// At most so many mails to a person …
    pub per_person: u32,
    /// … in so many days, over all targets of an account.
    pub person_days: u32,
    /// A run that nobody watches mails no more people than this.
    pub unattended: u32,
}

/// When removals are held. They are held where `people` is passed together with `percent` or `most`,
/// and where `few` and `few_percent` are both reached.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct OverlapLimits {
    /// People on both sides.
    pub people: u32,
    /// The share in common, in percent.
    pub percent: u32,
}

/// When overwriting existing values is held: above both.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeLimits {
    /// More people than this …
    pub people: u32,
    /// … who are more than this share of the group, in percent.
    pub percent: u32,
}

/// What one run of a script may use. No `try` of a script catches these.
#[derive(Clone, Debug, PartialEq)]
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

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail: MailLimits { target_days: 14, per_person: 4, person_days: 30, unattended: 500 },
            removals: RemovalLimits { people: 10, percent: 10, most: 250, few: 3, few_percent: 50, days: 7 },
            overlap: OverlapLimits { people: 10, percent: 50 },
            changes: ChangeLimits { people: 25, percent: 25 },
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
    pub(super) fn read(table: Table, source: &Source) -> Result<Self, Error> {
        let default = Self::default();
        let mut limits =
            Section::new("[limits]".into(), table, source, &["mail", "removals", "overlap", "changes", "script"])?;
        Ok(Self {
            mail: mail(limits.table("mail")?, source, &default.mail)?,
            removals: removals(limits.table("removals")?, source, &default.removals)?,
            overlap: overlap(limits.table("overlap")?, source, &default.overlap)?,
            changes: changes(limits.table("changes")?, source, &default.changes)?,
            script: script(limits.table("script")?, source, &default.script)?,
        })
    }
}

fn mail(table: Table, source: &Source, default: &MailLimits) -> Result<MailLimits, Error> {
    let keys = &["target_days", "per_person", "person_days", "unattended"];
    let mut section = Section::new("[limits.mail]".into(), table, source, keys)?;
    Ok(MailLimits {
        target_days: small(&mut section, "target_days", default.target_days, 3650)?,
        per_person: small(&mut section, "per_person", default.per_person, 1000)?,
        person_days: small(&mut section, "person_days", default.person_days, 3650)?,
        unattended: small(&mut section, "unattended", default.unattended, u32::MAX)?,
    })
}

fn removals(table: Table, source: &Source, default: &RemovalLimits) -> Result<RemovalLimits, Error> {
    let keys = &["people", "percent", "most", "few", "few_percent", "days"];
    let mut section = Section::new("[limits.removals]".into(), table, source, keys)?;
    Ok(RemovalLimits {
        people: small(&mut section, "people", default.people, u32::MAX)?,
        percent: small(&mut section, "percent", default.percent, 100)?,
        most: small(&mut section, "most", default.most, u32::MAX)?,
        few: small(&mut section, "few", default.few, u32::MAX)?,
        few_percent: small(&mut section, "few_percent", default.few_percent, 100)?,
        days: small(&mut section, "days", default.days, 3650)?,
    })
}

fn overlap(table: Table, source: &Source, default: &OverlapLimits) -> Result<OverlapLimits, Error> {
    let mut section = Section::new("[limits.overlap]".into(), table, source, &["people", "percent"])?;
    Ok(OverlapLimits {
        people: small(&mut section, "people", default.people, u32::MAX)?,
        percent: small(&mut section, "percent", default.percent, 100)?,
    })
}

fn changes(table: Table, source: &Source, default: &ChangeLimits) -> Result<ChangeLimits, Error> {
    let mut section = Section::new("[limits.changes]".into(), table, source, &["people", "percent"])?;
    Ok(ChangeLimits {
        people: small(&mut section, "people", default.people, u32::MAX)?,
        percent: small(&mut section, "percent", default.percent, 100)?,
    })
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

fn small(section: &mut Section<'_>, key: &str, default: u32, max: u32) -> Result<u32, Error> {
    let number = section.int(key, u64::from(default), 0, u64::from(max))?;
    Ok(u32::try_from(number).unwrap_or(max))
}
