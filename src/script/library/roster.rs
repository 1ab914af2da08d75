//! `roster`: who should be in a group, from a file, and the group made so.

use std::sync::Arc;

use rhai::{Dynamic, Map, NativeCallContext};
use serde_json::json;

use super::{LibraryNoun, Options, Verb, text_of, told};
use crate::model::Email;
use crate::platforms;
use crate::roster::{self, Blank, Declined, Invite, Mapping, Mode, Renames, Strangers, Synced, Use, Wish};
use crate::script::context::{Outcome, Run, Waiting};
use crate::script::later::{self, Later};
use crate::script::{files, values};
use crate::settings::Partial;
use crate::tables::{self, Bare, Reading, Table};

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "roster",
    verbs: &[
        Verb {
            name: "read",
            arguments: 1..=2,
            usage: "roster.read(file) or roster.read(file, #{ columns: #{ \"Contact\": \"email\" } })",
            doc: "Who should be in a group: a CSV file with a column for the e-mail address.",
            does: read,
        },
        Verb {
            name: "sync",
            arguments: 2..=3,
            usage: "roster.sync(group, roster, #{ mode: \"mirror\", invite: true, sender: id })",
            doc: "Makes a group hold the people of a roster, and accounts for every row.",
            does: sync,
        },
    ],
};

/// A roster's file, looked through, with what its columns mean.
#[derive(Clone)]
pub(crate) struct File {
    table: Arc<Table>,
    columns: Mapping,
}

fn read(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let name = text_of("roster.read()", &given[0])?;
    let none = Dynamic::from(Map::new());
    let mut options = Options::of("roster.read()", given.get(1).unwrap_or(&none), &["columns", "delimiter"])?;
    // A roster without anybody is for the brakes to judge.
    let mut reading = Reading { bare: Bare::Taken, ..Reading::default() };
    if let Some(sign) = options.text("delimiter")? {
        match sign.as_bytes() {
            [sign] => reading.delimiter = Some(*sign),
            _ => return Err(format!("roster.read() takes a `delimiter` of one sign, not \"{sign}\"").into()),
        }
    }
    let columns = columns(options.map("columns")?.unwrap_or_default())?;
    let table = Table::open_named(&files::readable(run, &name)?, &name, reading).map_err(|error| error.to_string())?;
    roster::Columns::of(&table, &columns, None)
        .map(drop)
        .or_else(|error| keyed(&table, &columns).ok_or(error.to_string()))?;
    run.say(crate::events::Level::Info, &table.detected().to_string());
    Ok(Dynamic::from(File { table: Arc::new(table), columns }))
}

/// A file without addresses may be the roster of a platform that takes it whole and knows people by a key of theirs.
fn keyed(table: &Table, columns: &Mapping) -> Option<()> {
    let mut wholes = platforms::all().flat_map(|platform| platform.ops).filter_map(|op| op.whole);
    wholes.any(|whole| roster::fits(table, columns, whole)).then_some(())
}

/// `#{ "Contact": "email", "Remarks": () }`
fn columns(map: Map) -> Outcome<Mapping> {
    let mut list = Vec::with_capacity(map.len());
    for (column, value) in map {
        let use_ = match value.is_unit() {
            true => Use::Nothing,
            false => match text_of("`columns` of roster.read()", &value)?.as_str() {
                "email" => Use::Email,
                field => Use::Field(field.to_owned()),
            },
        };
        list.push((column.to_string(), use_));
    }
    Ok(Mapping(list))
}

fn sync(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let group = match (given[0].as_int(), Later::of(&given[0])) {
        (Ok(number), _) => number.to_string(),
        (_, Some(later)) => later.as_str().to_owned(),
        _ => text_of("roster.sync()", &given[0])?.trim().to_owned(),
    };
    if let Some(words) = later::refusal_of_part("the group of roster.sync()", &group) {
        return Err(words.into());
    }
    let file = given[1].clone().try_cast::<File>();
    let file = file.ok_or("roster.sync() needs a roster: `roster.sync(group, roster.read(file))`")?;
    let none = Dynamic::from(Map::new());
    let (wish, connection) = wish(given.get(2).unwrap_or(&none), &file)?;
    let door = run.door(connection.as_deref())?;
    let client = door.client().ok_or("this connection cannot sync rosters")?;
    let synced = roster::sync(client, &group, &file.table, &wish);
    let synced = run.block(Waiting::Write, synced)?.map_err(|error| run.throw(error.into()))?;
    account(run, &file, &group, &wish, &synced)?;
    if let Some(error) = synced.ended {
        return Err(run.throw(error.into()));
    }
    Ok(figures(&synced).into())
}

fn wish(given: &Dynamic, file: &File) -> Outcome<(Wish, Option<String>)> {
    const KNOWN: &[&str] = &[
        "mode",
        "invite",
        "sender",
        "again",
        "blank",
        "declined",
        "renames",
        "strangers",
        "role",
        "id_field",
        "protected",
        "sentinel",
        "limits",
        "connection",
    ];
    let mut options = Options::of("roster.sync()", given, KNOWN)?;
    let mut wish = Wish { columns: file.columns.clone(), ..Wish::default() };
    if let Some(mode) =
        options.choice("mode", &["mirror", "add_only", "remove_only", "update_only", "add_and_update"])?
    {
        wish.compare.mode = match mode.as_str() {
            "add_only" => Mode::AddOnly,
            "remove_only" => Mode::RemoveOnly,
            "update_only" => Mode::UpdateOnly,
            "add_and_update" => Mode::AddAndUpdate,
            _ => Mode::Mirror,
        };
    }
    if options.choice("blank", &["keep", "clear"])?.as_deref() == Some("clear") {
        wish.compare.blank = Blank::Clear;
    }
    if options.choice("declined", &["leave_alone", "add_again"])?.as_deref() == Some("add_again") {
        wish.compare.declined = Declined::AddAgain;
    }
    if options.choice("renames", &["ask", "apart"])?.as_deref() == Some("apart") {
        wish.compare.renames = Renames::Apart;
    }
    wish.strangers = strangers(&mut options)?;
    if options.flag("invite")?.unwrap_or(false) {
        wish.invite = Invite::New;
    }
    wish.compare.sender = options.id("sender")?;
    wish.compare.id_field = options.text("id_field")?;
    wish.compare.protected = options.texts("protected")?.unwrap_or_default();
    wish.again = options.text("again")?;
    if let Some(limits) = options.map("limits")? {
        let limits = values::write(&limits.into())?;
        wish.limits = Partial::of_call(&limits).map_err(|why| format!("`limits` of roster.sync(): {why}"))?;
    }
    if let Some(texts) = options.texts("sentinel")? {
        let addresses: Result<Vec<Email>, _> = texts.iter().map(|text| Email::parse(text)).collect();
        let addresses = addresses.map_err(|error| format!("`sentinel` of roster.sync() names addresses: {error}"))?;
        wish.sentinel = Some(addresses);
    }
    Ok((wish, options.text("connection")?))
}

/// What becomes of people who have no account; the role of pending users has no default.
fn strangers(options: &mut Options) -> Outcome<Strangers> {
    let word = options.choice("strangers", &["pending", "leave"])?;
    let role = options.id("role")?;
    match (word.as_deref(), role) {
        (Some("pending"), Some(role)) => Ok(Strangers::Pending { role }),
        (Some("pending"), None) => Err("roster.sync() needs the role of pending users: `strangers: \"pending\", role: \"…\"`; `roles.list()` names the roles".into()),
        (_, Some(_)) => Err("`role` of roster.sync() is the role of pending users: write `strangers: \"pending\"` beside it".into()),
        (Some(_), None) => Ok(Strangers::Leave),
        (None, None) => Ok(Strangers::Ask),
    }
}

/// Puts the account into the report, and the refused rows into a file that can be fed again.
fn account(run: &Run, file: &File, group: &str, wish: &Wish, synced: &Synced) -> Outcome<()> {
    let rejects = rejects(run, file, synced)?;
    let tense = if run.start().facts.dry_run { told::Tense::Would } else { told::Tense::Did };
    let lines = told::lines(synced, wish, rejects.as_deref(), tense);
    let json = json!({
        "file": file.table.name(),
        "group": group,
        "rows": synced.account.rows,
        "classes": classes(synced),
        "added": synced.added, "existing": synced.existing, "pending": synced.pending, "changed": synced.changed, "removed": synced.removed,
        "same": synced.same, "invited": synced.invited, "recorded": synced.recorded,
        "rejected": synced.rejected.iter().map(|row| json!({ "line": row.line, "reason": row.reason })).collect::<Vec<_>>(),
        "rejects": rejects,
        "below": synced.below.iter().map(|(group, people)| json!({ "group": group, "people": people })).collect::<Vec<_>>(),
        "loosened": synced.loosened,
        "not_invited": synced.not_invited, "in_doubt": synced.in_doubt, "failed": synced.failed, "left": synced.left,
        "remarks": synced.remarks,
    });
    run.with_parts(|parts| {
        parts.rejected += synced.rejected.len() as u64;
        // A write that failed and what it left behind are one thing.
        parts.failed += synced.failed.len().max(synced.left.len()) as u64;
        let group = run.readable(group);
        parts.section(format!("{} to group {group}", file.table.name()), lines, run.readable_value(json));
    });
    Ok(())
}

fn classes(synced: &Synced) -> serde_json::Value {
    let tallies = synced.account.by_row.iter().chain(&synced.account.by_member);
    tallies
        .map(|tally| (tally.word.to_owned(), serde_json::Value::from(tally.count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The refused rows, if there are any: where they were written, below the project's folder. What a plan finds wrong in
/// a file is wrong whether it is applied or not: it is written down beside the plan.
fn rejects(run: &Run, file: &File, synced: &Synced) -> Outcome<Option<String>> {
    if synced.rejected.is_empty() {
        return Ok(None);
    }
    let name = match run.plans() {
        true => format!("{}/rejects.csv", files::folder_of_plan(run)),
        false => format!(".beadle/runs/{}/rejects.csv", run.start().id),
    };
    let delimiter = u8::try_from(file.table.detected().delimiter).unwrap_or(b',');
    let path = run.start().root.join(&name);
    tables::make_room(&path).map_err(|error| error.to_string())?;
    tables::rejects(&path, &synced.columns, delimiter, &synced.rejected).map_err(|error| error.to_string())?;
    Ok(Some(name))
}

fn figures(synced: &Synced) -> Map {
    let number = |count: usize| Dynamic::from(i64::try_from(count).unwrap_or(i64::MAX));
    [
        ("added", synced.added),
        ("existing", synced.existing),
        ("pending", synced.pending),
        ("changed", synced.changed),
        ("removed", synced.removed),
        ("same", synced.same),
        ("rejected", synced.rejected.len()),
        ("invited", synced.invited),
        ("not_invited", synced.not_invited.len()),
        ("in_doubt", synced.in_doubt.len()),
        ("failed", synced.failed.len()),
        ("left", synced.left.len()),
    ]
    .into_iter()
    .map(|(name, count)| (name.into(), number(count)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::Rejected;
    use crate::script::tests::Stage;

    #[test]
    fn refused_rows_of_a_plan_lie_beside_it() {
        for (stage, name) in [
            (Stage::new(""), ".beadle/runs/r1/rejects.csv"),
            (Stage::new("").planned(), ".beadle/plans/r1/rejects.csv"),
        ] {
            stage.file("r.csv", "email\nnobody\n");
            let run = stage.begin();
            let table = Table::open_named(&run.start().root.join("r.csv"), "r.csv", Reading::default()).unwrap();
            let file = File { table: Arc::new(table), columns: Mapping(Vec::new()) };
            let row = Rejected { line: 2, reason: "no address".into(), cells: vec!["nobody".into()] };
            let synced = Synced { columns: vec!["email".into()], rejected: vec![row], ..Synced::default() };
            assert_eq!(rejects(&run, &file, &synced).unwrap().as_deref(), Some(name));
            assert!(run.start().root.join(name).is_file(), "{name}");
        }
    }
}
