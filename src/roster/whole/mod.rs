//! Platforms that take everybody of a group at once and show nobody: a roster is compared with the last one that this store
//! applied, held against the brakes, and handed over whole or not at all.

mod baseline;
mod compare;
mod outcome;
mod rows;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use compare::Difference;
pub use rows::{Rows, fits, read as read_whole};

use serde_json::Value;

use self::outcome::outcome;
use super::account::{Account, SAMPLES, Tally};
use super::brake::{self, Weighed};
use super::options::{Blank, Declined, Mode};
use super::{Invite, Mapping, Mending, Synced, Wish};
use crate::catalog::{Args, Call, Op, Platform, Unsupported, Whole};
use crate::client::{Client, Error, With};
use crate::effects::brakes::Moment;
use crate::model::counted;
use crate::tables::Table;

/// The operation that takes everybody at once, where the platform has one.
pub(super) fn operation(platform: &'static Platform) -> Option<(&'static Op, &'static Whole)> {
    platform.ops.iter().find_map(|op| Some((op, op.whole?)))
}

/// Makes the people of the table everybody in the group.
pub(super) async fn sync(
    client: &Client,
    group: &str,
    table: &Table,
    wish: &Wish,
    (op, whole): (&'static Op, &'static Whole),
) -> Result<Synced, Error> {
    possible(client, wish)?;
    let call = |rows: Vec<Value>| {
        let mut args = Args::default();
        args.set(whole.group, group);
        args.set(whole.rows, rows);
        Call { platform: client.platform(), op, connection: client.connection().to_owned(), args }
    };
    let read = read_whole(table, &wish.columns, whole);
    let read = read.map_err(|error| Error::new(&call(Vec::new()), "roster", error.to_string()))?;
    client.events().progress("rows read", read.count, read.count);
    let mut synced = Synced { columns: table.columns().to_vec(), mending: Mending::Whole, ..Synced::default() };
    synced.account = Account { rows: read.count, unused: read.unused, ..Account::default() };
    if let Some(why) = unusable(&read.rows, read.rejected.len(), table.name(), whole) {
        synced.account.by_row = refused_rows(read.rejected.len(), read.rows.len());
        synced.rejected = read.rejected;
        synced.ended = Some(Error::new(&call(Vec::new()), "roster", why));
        return Ok(synced);
    }
    let call = call(read.rows);
    let limits = client.rules().limits.with(&wish.limits);
    synced.loosened = wish.loosened(client.rules(), &limits);
    let weighed = brake::weigh(client, &call, whole).await?;
    let sentinel = wish.sentinel.as_ref().unwrap_or(&client.rules().sentinel);
    brake::check_whole(client, &call, &weighed, (&limits, sentinel), Moment::BeforeChange).await?;
    account(&mut synced, &weighed, &call, whole);
    let difference = &weighed.difference;
    if difference.is_empty() && weighed.baseline.settled && weighed.baseline.certain {
        return Ok(synced);
    }
    let with = With { known: weighed.known(&call), checked: true, ..With::default() };
    let answer = client.call(&call, &with).await?;
    let answer = serde_json::from_slice(&answer).unwrap_or_default();
    match client.draft().is_none() && is_running(op, &answer) {
        true => synced.left.push("the platform still works on it; the next run asks after it first".to_owned()),
        false => outcome(client, &mut synced, &weighed, &answer, whole),
    }
    Ok(synced)
}

/// The rows of a roster beside the last one of its group that this store has handed over.
pub struct Beside {
    /// The rows that may be sent.
    pub rows: Vec<Value>,
    /// How many the last roster named; `None` where there was none.
    pub last: Option<usize>,
    /// What differs.
    pub difference: Difference,
    /// What a row holds.
    pub whole: &'static Whole,
}

/// Compares a roster with the last one; nothing is sent. `None` where the platform takes no whole rosters.
pub async fn beside(client: &Client, group: &str, table: &Table, mapping: &Mapping) -> Result<Option<Beside>, Error> {
    let Some((op, whole)) = operation(client.platform()) else { return Ok(None) };
    let mut args = Args::default();
    args.set(whole.group, group);
    let call = Call { platform: client.platform(), op, connection: client.connection().to_owned(), args };
    let read = read_whole(table, mapping, whole);
    let read = read.map_err(|error| Error::new(&call, "roster", error.to_string()))?;
    let mut call = call;
    call.args.set(whole.rows, read.rows.clone());
    let weighed = brake::weigh(client, &call, whole).await?;
    let last = weighed.baseline.settled.then_some(weighed.baseline.people.len());
    Ok(Some(Beside { rows: read.rows, last, difference: weighed.difference, whole }))
}

/// Refuses what has no meaning where everybody is handed over at once.
fn possible(client: &Client, wish: &Wish) -> Result<(), Error> {
    let (title, compare) = (client.platform().title, &wish.compare);
    let refused = [
        (
            compare.mode != Mode::Mirror,
            "mode",
            "whoever is missing from a roster is removed, so the only mode is `mirror`",
        ),
        (
            wish.invite != Invite::Nobody,
            "invite",
            "it has no invitations; whom it writes to when somebody is added, it decides",
        ),
        (wish.again.is_some() || compare.sender.is_some(), "again` and `sender", "it has no invitations"),
        (compare.blank == Blank::Clear, "blank", "a row is handed over as it stands: an empty cell is nothing already"),
        (compare.declined != Declined::default(), "declined", "nobody declines there"),
        (compare.id_field.is_some(), "id_field", "people are known by their key alone"),
        (
            !compare.protected.is_empty(),
            "protected",
            "to protect somebody, leave their row in the roster; those whom the settings protect are asked for",
        ),
    ];
    match refused.into_iter().find(|(asked, ..)| *asked) {
        None => Ok(()),
        Some((_, option, why)) => {
            let words = format!("{title} takes a roster whole, and roster.sync() takes no `{option}` there: {why}");
            Err(Error::unsupported(client, &Unsupported(words)))
        }
    }
}

/// Why this roster is not handed over at all.
fn unusable(rows: &[Value], rejected: usize, file: &str, whole: &Whole) -> Option<String> {
    match (rejected, rows.is_empty()) {
        (0, false) => None,
        (0, true) => Some(format!(
            "nothing was sent: `{file}` names nobody, and an empty roster would remove everybody; there is no leave for that"
        )),
        (rejected, _) => Some(format!(
            "nothing was sent: {} of `{file}` cannot be handed over, and without them whoever they mean {}; mend them and run it again",
            counted(rejected, "row", "rows"),
            whole.costs
        )),
    }
}

fn tally(sign: char, word: &'static str, meaning: &'static str, people: &[String]) -> Tally {
    Tally { sign, word, meaning, count: people.len(), samples: people.iter().take(SAMPLES).cloned().collect() }
}

fn refused_rows(rejected: usize, good: usize) -> Vec<Tally> {
    let of = |sign, word, meaning, count| Tally { sign, word, meaning, count, samples: Vec::new() };
    let all = [
        of('=', "kept back", "without fault, and not sent without the others", good),
        of('!', "invalid", "cannot be handed over; the reasons are below", rejected),
    ];
    all.into_iter().filter(|tally| tally.count > 0).collect()
}

/// Every row and everybody who is missing, by class.
fn account(synced: &mut Synced, weighed: &Weighed, call: &Call, whole: &Whole) {
    let rows = call.args.get(whole.rows).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let difference = &weighed.difference;
    let name = |place: &usize| rows.get(*place).map(whole.name).unwrap_or_default();
    let changed = |(place, columns): &(usize, Vec<&str>)| format!("{}: {}", name(place), columns.join(", "));
    let added: Vec<String> = difference.added.iter().map(name).collect();
    let perhaps: Vec<String> = difference.perhaps.iter().map(name).collect();
    let changed: Vec<String> = difference.changed.iter().map(changed).collect();
    let same: Vec<String> = difference.same.iter().map(name).collect();
    let new = match weighed.baseline.settled {
        true => "not in the last roster: added",
        false => "the group's first roster: added where they are not in",
    };
    let by_row = [
        tally('+', "new", new, &added),
        tally('+', "perhaps", "in a roster of which nobody knows whether it was applied: added if not", &perhaps),
        tally('~', "changed", "in the last roster with other values: changed", &changed),
        tally('=', "same", "in the last roster with the same values", &same),
    ];
    synced.account.by_row = by_row.into_iter().filter(|tally| tally.count > 0).collect();
    let meaning = match weighed.baseline.certain {
        true => "in the last roster and not in this one: removed",
        false => "in the last roster, or in one of which nobody knows, and not in this one: removed if they are in",
    };
    let missing = tally('-', "missing", meaning, &difference.names(whole));
    synced.account.members = weighed.baseline.people.len();
    synced.account.by_member = [missing].into_iter().filter(|tally| tally.count > 0).collect();
    synced.same = same.len();
}

/// Whether the platform has only accepted it: the patience ended before its work did.
fn is_running(op: &Op, answer: &Value) -> bool {
    let accepted = |job: &str| answer.get(job).is_some_and(|id| !id.is_null());
    let ended = |end: &str| answer.pointer(end).is_some_and(|end| !end.is_null());
    op.follow.is_some_and(|follow| accepted(follow.job) && !follow.ends.is_some_and(ended))
}
