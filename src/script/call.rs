//! A verb in a script becomes a checked call for a door, and its answer a script's value.

use bytes::Bytes;
use rhai::{Dynamic, NativeCallContext};
use serde_json::{Map, Value};

use super::context::{Outcome, Run, Waiting};
use super::door::{Door, IfExists, Thrown, With};
use super::later::{self, Later};
use super::library;
use super::list::List;
use super::nouns::Noun;
use super::values;
use super::words::{instead, kind, listed, with_article};
use crate::catalog::{self, Answer, Call, Op, Platform, Seen, Ty};
use crate::model::Email;
use crate::platforms;

/// Options of the host, in the last map of any call; a parameter of the same name wins.
const OPTIONS: [&str; 3] = ["again", "wait", "if_exists"];

/// Calls a verb of a noun.
pub(crate) fn verb(context: &NativeCallContext, noun: &Noun, verb: &str, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let run = Run::of(context)?;
    if let Some(of_library) = library::noun(noun.noun) {
        let called = of_library.call(context, &run, verb, given);
        return called.map_err(|error| later::noted(&run, context, error));
    }
    let door = run.door(noun.connection.as_deref())?;
    let platform = door.platform();
    let name = format!("{}.{verb}", noun.noun);
    let op = platform.op(noun.noun, verb).ok_or_else(|| {
        let lacking = Thrown::new("unsupported", lacking(platform, noun.noun, verb));
        run.throw(lacking.at(name.as_str(), door.connection()))
    })?;
    let refused = |problem: String| {
        later::note(&run, context, &problem);
        run.throw(Thrown::new("bad_argument", problem).at(op.name(), door.connection()))
    };
    let given = given.iter().map(values::write).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let (given, with) = options(op, given).map_err(refused)?;
    let args = catalog::check(op, given).map_err(|error| refused(error.problem))?;
    let call = Call { platform, op, connection: door.connection().to_owned(), args };
    match run.plans() {
        true => warn_of_searches(&run, &call),
        false => nothing_planned(&call).map_err(refused)?,
    }
    match op.answer {
        Answer::Many(record, _) => Ok(Dynamic::from(List::new(run, door, call, record))),
        _ => answer(&run, door.as_ref(), &call, &with),
    }
}

/// A plan's own changes are shown in what reads find, but for what the platform searches.
fn warn_of_searches(run: &Run, call: &Call) {
    if call.op.is_read() && call.platform.adapter.seen(call) == Seen::Found {
        run.warn_once("search", "a search shows what the platform holds now, not what the plan changes");
    }
}

/// What only a plan can hold is sent to nobody.
fn nothing_planned(call: &Call) -> Result<(), String> {
    let found = call.args.iter().find_map(|(name, value)| later::text_in(value).map(|text| (name, text)));
    match found.and_then(|(name, text)| later::refusal_of_text(&format!("`{name}`"), text)) {
        Some(words) => Err(words),
        None => Ok(()),
    }
}

fn answer(run: &Run, door: &dyn Door, call: &Call, with: &With) -> Outcome<Dynamic> {
    let waiting = if call.op.is_read() { Waiting::Read } else { Waiting::Write };
    let body = run.block(waiting, door.call(call, with))?.map_err(|thrown| run.throw(thrown))?;
    opened(run, call, &body).map_err(|error| {
        let words = format!("the answer cannot be understood: {error}");
        run.throw(Thrown::new("unreadable", words).at(call.op.name(), door.connection()))
    })
}

fn opened(run: &Run, call: &Call, body: &Bytes) -> serde_json::Result<Dynamic> {
    let record = match call.op.answer {
        Answer::Done | Answer::Count(_) => None,
        Answer::One(record) | Answer::Perhaps(record) | Answer::Many(record, _) => Some(record),
    };
    if body.trim_ascii().is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let value = values::read_in(run, body, record)?;
    Ok(match call.op.answer {
        Answer::Perhaps(_) => perhaps(call, value),
        _ => value,
    })
}

/// The record meant, where a server sends one, several or none. Whoever has another address is not meant.
fn perhaps(call: &Call, value: Dynamic) -> Dynamic {
    let asked = Email::parse(call.args.text("email")).ok();
    let meant = |row: &Dynamic| {
        let Ok(map) = row.as_map_ref() else { return false };
        let has = map.get("email").and_then(|email| email.clone().into_immutable_string().ok());
        match (&asked, has) {
            (Some(asked), Some(has)) => Email::parse(&has).is_ok_and(|has| has == *asked),
            _ => !map.is_empty(),
        }
    };
    let rows = match value.is_array() {
        true => value.into_array().unwrap_or_default(),
        false => vec![value],
    };
    rows.into_iter().find(meant).unwrap_or(Dynamic::UNIT)
}

/// What to say of an operation that the platform does not have.
fn lacking(platform: &Platform, noun: &str, verb: &str) -> String {
    if let Some((_, instead)) = platform.instead.iter().find(|(of, _)| *of == noun) {
        return (*instead).to_owned();
    }
    let verbs = platform.verbs(noun);
    if verbs.is_empty() {
        return format!("{} has no `{noun}`; it has {}", platform.title, listed(&platform.nouns()));
    }
    let others: Vec<&str> = platforms::all().filter(|it| it.op(noun, verb).is_some()).map(|it| it.title).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        [one] => format!(" ({one} has it)"),
        many => format!(" ({} have it)", many.join(", ")),
    };
    format!("{} has no `{noun}.{verb}`{others}{}", platform.title, instead(verb, &verbs))
}

/// Takes the host's options out of the last map; a map that held nothing else is taken away.
fn options(op: &Op, mut given: Vec<Value>) -> Result<(Vec<Value>, With), String> {
    let mut with = With::default();
    let place = given.len().saturating_sub(1);
    let Some(Value::Object(map)) = given.last_mut() else { return Ok((given, with)) };
    if !holds_options(op, place, map) {
        return Ok((given, with));
    }
    for option in OPTIONS.iter().filter(|option| op.param(option).is_none()) {
        if let Some(value) = map.shift_remove(*option) {
            set(op, &mut with, option, &value)?;
        }
    }
    if map.is_empty() {
        given.pop();
    }
    Ok((given, with))
}

/// A map that is itself an argument (`fields`) is the community's: its keys are no options.
fn holds_options(op: &Op, place: usize, map: &Map<String, Value>) -> bool {
    let known = |key: &String| op.param(key).is_some() || OPTIONS.contains(&key.as_str());
    let is_argument = op.positional().get(place).is_some_and(|param| param.ty == Ty::Fields);
    map.keys().any(|key| OPTIONS.contains(&key.as_str())) && (!is_argument || map.keys().all(known))
}

fn set(op: &Op, with: &mut With, option: &str, value: &Value) -> Result<(), String> {
    if op.is_read() {
        return Err(format!("`{option}` is for operations that change something"));
    }
    if let (Some(words), "again") = (later::text_in(value).and_then(|it| later::refusal_of_text("`again`", it)), option)
    {
        return Err(words);
    }
    match (option, value) {
        ("again", Value::String(reason)) if !reason.trim().is_empty() => with.again = Some(reason.clone()),
        ("again", _) => return Err("`again` must be a text that says why: `again: \"second reminder\"`".into()),
        ("wait", _) if op.follow.is_none() => {
            return Err("`wait` is for work that goes on after the call; this one is done when it answers".into());
        }
        ("wait", Value::Bool(wait)) => with.wait = *wait,
        ("wait", _) => return Err("`wait` must be true or false".into()),
        (_, Value::String(word)) if word == "use" => with.if_exists = IfExists::Use,
        (_, Value::String(word)) if word == "fail" => with.if_exists = IfExists::Fail,
        _ => return Err("`if_exists` must be \"fail\" or \"use\"".into()),
    }
    Ok(())
}

/// What a verb of the library says of an argument of the wrong type.
pub(crate) fn wrong(name: &str, wanted: &str, value: &Dynamic) -> String {
    if let Some(later) = Later::of(value) {
        return later.refusal(name);
    }
    format!("{name} needs {wanted}, not {}", with_article(&kind(value.type_name())))
}
