//! `migrate`: people move from one account to another, whatever the two platforms are.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{Array, Dynamic, Map, NativeCallContext};
use serde_json::{Value, json};

use super::migrated::{self, Told};
use super::{LibraryNoun, Options, Verb, text_of};
use crate::catalog::Entry;
use crate::client::Client;
use crate::migrate::{self, Chosen, Difference, Existing, KINDS, Looked, Moved, Selection, Unmapped, Verified, Wish};
use crate::model::Email;
use crate::script::call::wrong;
use crate::script::context::{Outcome, Run, Waiting};
use crate::script::door::Door;
use crate::script::nouns::Connection;
use crate::script::{files, values};
use crate::settings::Partial;
use crate::tables;

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "migrate",
    verbs: &[
        Verb {
            name: "look",
            arguments: 2..=3,
            usage: "migrate.look(connect(\"main\"), connect(\"people\"), #{ fields: #{ \"job_title\": \"bio\" } })",
            doc: "What a migration would do: groups, people, memberships, and what has no place on the other side.",
            does: look,
        },
        Verb {
            name: "run",
            arguments: 2..=3,
            usage: "migrate.run(from, to, #{ groups: #{ \"4\": true }, roles: #{ \"administrator\": \"Admin\" } })",
            doc: "Makes groups, memberships, fields and roles of one account so on another; what is so already is left.",
            does: run,
        },
        Verb {
            name: "verify",
            arguments: 2..=3,
            usage: "migrate.verify(from, to, #{ fields: #{ \"job_title\": \"bio\" } })",
            doc: "Compares counts, memberships and fields of both sides, and names every difference.",
            does: verify,
        },
        Verb {
            name: "map",
            arguments: 2..=3,
            usage: "migrate.map(from, to, #{ set: #{ kind: \"person\", from: \"1001\", to: \"5001\" } })",
            doc: "Who is who on both sides: all of it; with `set` or `forget` one more or one less.",
            does: map,
        },
    ],
};

/// Both ends of a migration.
struct Ends {
    from: Arc<dyn Door>,
    to: Arc<dyn Door>,
}

impl Ends {
    fn of(run: &Run, verb: &str, given: &[Dynamic]) -> Outcome<Self> {
        let door = |value: &Dynamic| -> Outcome<Arc<dyn Door>> {
            if let Some(connection) = value.clone().try_cast::<Connection>() {
                return run.door(Some(&connection.0));
            }
            match value.as_immutable_string_ref() {
                Ok(name) => run.door(Some(&name)),
                Err(_) => Err(wrong(verb, "connections: `connect(\"name\")`", value).into()),
            }
        };
        let ends = Self { from: door(&given[0])?, to: door(&given[1])? };
        match ends.from()?.account() == ends.to()?.account() {
            true => Err(format!("{verb} needs two accounts: both connections are the same one").into()),
            false => Ok(ends),
        }
    }

    fn from(&self) -> Outcome<&Client> {
        Ok(self.from.client().ok_or("this connection cannot migrate")?)
    }

    fn to(&self) -> Outcome<&Client> {
        Ok(self.to.client().ok_or("this connection cannot migrate")?)
    }

    fn title(&self, what: &str) -> String {
        format!("{what} from {} to {}", self.from.connection(), self.to.connection())
    }
}

fn look(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let ends = Ends::of(run, "migrate.look()", &given)?;
    let wish = wish("migrate.look()", given.get(2))?;
    let looked = run.block(Waiting::Read, migrate::look(ends.from()?, ends.to()?, &wish))?;
    let looked: Looked = looked.map_err(|error| run.throw(error.into()))?;
    let file = unmapped(run, &ends, &looked.unmapped)?;
    let Told { lines, json } = migrated::looked(&looked, file.as_deref());
    section(run, ends.title("a look"), lines, &json);
    Ok(given_back(&json))
}

fn run(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let ends = Ends::of(run, "migrate.run()", &given)?;
    let wish = wish("migrate.run()", given.get(2))?;
    let moved = run.block(Waiting::Write, migrate::run(ends.from()?, ends.to()?, &wish))?;
    let moved: Moved = moved.map_err(|error| run.throw(error.into()))?;
    let file = unmapped(run, &ends, &moved.unmapped)?;
    let Told { lines, json } = migrated::moved(&moved, file.as_deref(), run.plans());
    let rows: u64 = moved.groups.iter().flat_map(|group| &group.synced).map(|one| one.rejected.len() as u64).sum();
    let failed =
        moved.groups.iter().flat_map(|group| &group.synced).map(|one| one.failed.len().max(one.left.len()) as u64);
    let failed: u64 = failed.sum();
    run.with_parts(|parts| {
        parts.rejected += rows;
        parts.failed += failed + (moved.welcomed.failed.len() + moved.unmade.len()) as u64;
    });
    section(run, ends.title("moved"), lines, &json);
    match moved.ended {
        Some(error) => Err(run.throw(error.into())),
        None => Ok(given_back(&json)),
    }
}

fn verify(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let ends = Ends::of(run, "migrate.verify()", &given)?;
    let wish = wish("migrate.verify()", given.get(2))?;
    let verified = run.block(Waiting::Read, migrate::verify(ends.from()?, ends.to()?, &wish))?;
    let verified: Verified = verified.map_err(|error| run.throw(error.into()))?;
    let rows: Vec<Vec<&str>> = verified.differences.iter().map(|row| row.cells().to_vec()).collect();
    let file = write(run, &ends, "differences", &Difference::COLUMNS, rows)?;
    let Told { lines, json } = migrated::verified(&verified, file.as_deref());
    let lacking = verified.differences.iter().filter(|one| one.kind.lacks()).count() as u64;
    run.with_parts(|parts| parts.differing += lacking);
    section(run, ends.title("compared"), lines, &json);
    Ok(given_back(&json))
}

fn map(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let ends = Ends::of(run, "migrate.map()", &given)?;
    let none = Dynamic::from(Map::new());
    let mut options = Options::of("migrate.map()", given.get(2).unwrap_or(&none), &["set", "forget"])?;
    let (set, forget) = (options.map("set")?, options.map("forget")?);
    let (from, to) = (ends.from()?.account().to_owned(), ends.to()?.account().to_owned());
    let ledger = ends.to()?.ledger();
    let failed = |error: crate::effects::Error| format!("the ledger cannot go on: {error}");
    if run.plans() && (set.is_some() || forget.is_some()) {
        return Err("migrate.map() changes the map at once, and a plan changes nothing: leave `set` and `forget` out of what is planned".into());
    }
    if let Some(set) = set {
        let mut set = Options::of("`set` of migrate.map()", &set.into(), &["kind", "from", "to"])?;
        let said = (kind(&mut set)?, needed(&mut set, "from")?, needed(&mut set, "to")?);
        run.block(Waiting::Write, ledger.say_identity(&from, &to, said))?.map_err(failed)?;
    }
    if let Some(forget) = forget {
        let mut forget = Options::of("`forget` of migrate.map()", &forget.into(), &["kind", "from"])?;
        let (kind, id) = (kind(&mut forget)?, needed(&mut forget, "from")?);
        let known = run.block(Waiting::Write, ledger.forget_identity(&from, &to, &kind, &id))?.map_err(failed)?;
        if !known {
            return Err(format!("migrate.map() knows no {kind} {id} to forget").into());
        }
    }
    let rows = run.block(Waiting::Read, ledger.identity_rows(&from, &to))?.map_err(failed)?;
    let row = |row: crate::store::IdentityRow| {
        given_back(&json!({ "kind": row.kind, "from": row.source_id, "to": row.target_id, "by": row.made_by }))
    };
    Ok(rows.into_iter().map(row).collect::<Array>().into())
}

fn kind(options: &mut Options) -> Outcome<String> {
    Ok(options
        .choice("kind", &KINDS)?
        .ok_or_else(|| format!("migrate.map() needs `kind`: one of {}", KINDS.join(", ")))?)
}

fn needed(options: &mut Options, key: &str) -> Outcome<String> {
    Ok(options.id(key)?.ok_or_else(|| format!("migrate.map() needs `{key}`: an id"))?)
}

/// What a migration is asked to do: the same options for all verbs, so that what is looked at is what is done.
fn wish(verb: &'static str, given: Option<&Dynamic>) -> Outcome<Wish> {
    const KNOWN: &[&str] = &[
        "groups",
        "under",
        "fields",
        "values",
        "roles",
        "role",
        "newcomers",
        "if_exists",
        "manager",
        "invite",
        "letter",
        "sender",
        "limits",
    ];
    let none = Dynamic::from(Map::new());
    let given = given.unwrap_or(&none);
    let mut options = Options::of(verb, given, KNOWN)?;
    let mut wish = Wish { groups: selection(verb, given)?, ..Wish::default() };
    wish.under = options.id("under")?;
    wish.fields = names(verb, "fields", options.map("fields")?)?;
    for (name, value) in names(verb, "values", options.map("values")?)? {
        let value = value.ok_or_else(|| format!("`values` of {verb}: `{name}` is `()`: say what everybody gets"))?;
        wish.values.push((name, value));
    }
    wish.roles = names(verb, "roles", options.map("roles")?)?;
    wish.role = options.id("role")?;
    wish.newcomers = options.choice("newcomers", &["accounts", "pending"])?.map(|word| match word.as_str() {
        "pending" => Entry::Pending,
        _ => Entry::Account,
    });
    if options.choice("if_exists", &["fail", "use"])?.as_deref() == Some("use") {
        wish.existing = Existing::Use;
    }
    wish.manager = options.text("manager")?;
    if let Some(manager) = &wish.manager {
        Email::parse(manager).map_err(|error| format!("`manager` of {verb}: {error}"))?;
    }
    if let Some(letter) = options.map("letter")? {
        wish.letter = values::write(&letter.into())?.as_object().cloned();
    }
    wish.invite = options.flag("invite")?.unwrap_or(false);
    wish.sender = options.id("sender")?;
    if let Some(limits) = options.map("limits")? {
        let limits = values::write(&limits.into())?;
        wish.limits = Partial::of_call(&limits).map_err(|why| format!("`limits` of {verb}: {why}"))?;
    }
    Ok(wish)
}

/// `["4", "Mentors"]`, or `#{ "4": "77", "Mentors": true, "9": (), "*": true }`.
fn selection(verb: &str, given: &Dynamic) -> Outcome<Selection> {
    let given = given.clone().try_cast::<Map>().and_then(|map| map.get("groups").cloned());
    let Some(given) = given.filter(|value| !value.is_unit()) else { return Ok(Selection::All) };
    let wrong = |value: &Dynamic| -> Box<rhai::EvalAltResult> {
        wrong(&format!("`groups` of {verb}"), "a list of groups, or a map: `#{ \"4\": true, \"5\": \"77\" }`", value)
            .into()
    };
    if let Some(list) = given.clone().try_cast::<Array>() {
        let name = |value: &Dynamic| match (value.as_int(), value.as_immutable_string_ref()) {
            (Ok(number), _) => Ok((number.to_string(), Chosen::Found)),
            (_, Ok(text)) => Ok((text.to_string(), Chosen::Found)),
            _ => Err(wrong(value)),
        };
        let groups = list.iter().map(name).collect::<Outcome<_>>()?;
        return Ok(Selection::Named { groups, others: false });
    }
    let map = given.clone().try_cast::<Map>().ok_or_else(|| wrong(&given))?;
    let (mut groups, mut others) = (Vec::new(), false);
    for (name, value) in map {
        let chosen = match (value.is_unit(), value.as_bool(), value.as_int(), value.as_immutable_string_ref()) {
            (true, ..) | (_, Ok(false), ..) => Chosen::Left,
            (_, Ok(true), ..) => Chosen::Found,
            (_, _, Ok(number), _) => Chosen::Into(number.to_string()),
            (.., Ok(id)) => Chosen::Into(id.to_string()),
            _ => return Err(wrong(&value)),
        };
        match name.as_str() {
            "*" => others = chosen == Chosen::Found,
            name => groups.push((name.to_owned(), chosen)),
        }
    }
    Ok(Selection::Named { groups, others })
}

/// `#{ "job_title": "bio", "city": () }`
fn names(verb: &str, key: &str, map: Option<Map>) -> Outcome<Vec<(String, Option<String>)>> {
    let mut list = Vec::new();
    for (name, value) in map.unwrap_or_default() {
        let target = match value.is_unit() {
            true => None,
            false => Some(text_of(&format!("`{key}` of {verb}"), &value)?.to_string()),
        };
        list.push((name.to_string(), target));
    }
    Ok(list)
}

/// Figures as the script gets them.
fn given_back(json: &Value) -> Dynamic {
    values::read(json.to_string().as_bytes(), None).unwrap_or(Dynamic::UNIT)
}

fn section(run: &Run, title: String, lines: Vec<String>, json: &Value) {
    run.with_parts(|parts| parts.section(title, lines, run.readable_value(json.clone())));
}

/// What stays behind, in a file of the run; `None` where nothing does.
fn unmapped(run: &Run, ends: &Ends, rows: &[Unmapped]) -> Outcome<Option<String>> {
    write(run, ends, "unmapped", &Unmapped::COLUMNS, rows.iter().map(|row| row.cells().to_vec()).collect())
}

/// A file for people in the run's folder, or beside the plan; gives its name below the project's folder. Each pair of
/// connections has one of its own, and what it said before is gone: without rows there is no file, or an empty one.
fn write(run: &Run, ends: &Ends, file: &str, columns: &[&str], rows: Vec<Vec<&str>>) -> Outcome<Option<String>> {
    let folder = match run.plans() {
        true => files::folder_of_plan(run),
        false => format!(".beadle/runs/{}", run.start().id),
    };
    let name = match run.turn_of_migration(&ends.title("")) {
        1 => format!("{folder}/{file}.csv"),
        turn => format!("{folder}/{file}-{turn}.csv"),
    };
    let path: PathBuf = run.start().root.join(&name);
    if rows.is_empty() && !path.exists() {
        return Ok(None);
    }
    let is_empty = rows.is_empty();
    tables::make_room(&path).map_err(|error| error.to_string())?;
    tables::for_people(&path, columns, rows.into_iter()).map_err(|error| error.to_string())?;
    Ok((!is_empty).then_some(name))
}
