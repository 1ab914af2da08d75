//! Holds a script's arguments against the table, before anything is sent.

use serde_json::{Map, Value};

use super::{Args, Choice, Op, Param, Place, Ty, Wire};
use crate::model::{Email, Placeholder, counted};

/// Why the arguments of a call were refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {problem}")]
pub struct ArgError {
    /// `noun.verb`.
    pub operation: String,
    /// What is wrong, where, and what to type.
    pub problem: String,
}

/// Checks what a script gave, in order; a last map holds arguments by name.
/// Returns them in their normal form: ids as text, choices as the document's numbers.
pub fn check(op: &Op, mut given: Vec<Value>) -> Result<Args, ArgError> {
    let fail = |problem: String| ArgError { operation: op.name(), problem };
    let positional = op.positional();
    let named = match given.last() {
        Some(Value::Object(map)) if is_named(op, &positional, given.len() - 1, map) => match given.pop() {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        },
        _ => Map::new(),
    };
    let positional = op.places(given.len());
    if given.len() > positional.len() {
        let given = counted(given.len(), "argument without a name is", "arguments without a name are");
        return Err(fail(format!("{given} too many: {}", usage(op, &positional))));
    }
    let mut values = Map::new();
    for (param, value) in positional.iter().zip(given) {
        values.insert(param.name.to_owned(), value);
    }
    for (name, value) in named {
        if values.contains_key(&name) {
            return Err(fail(format!("`{name}` is given twice, by place and by name")));
        }
        values.insert(name, value);
    }
    if let Some(name) = op.params.iter().find(|p| p.place == Place::Found && values.contains_key(p.name)) {
        return Err(fail(format!("`{}` is filled in by beadle alone", name.name)));
    }
    let checked = check_params(op.params, values, "").map_err(&fail)?;
    match op.batch {
        Some(batch) if !checked.contains_key(batch.param) => {
            Err(fail(format!("`{}` is missing: there is nothing to do; {}", batch.param, usage(op, &positional))))
        }
        _ => {
            let args = Args::from_checked(checked);
            (op.also)(&args).map_err(fail)?;
            Ok(args)
        }
    }
}

/// Whether a map in last place holds names rather than being an argument itself (`fields` is a map). One that names
/// `fields` does, so that a misspelt name beside it is found.
fn is_named(op: &Op, positional: &[&Param], place: usize, map: &Map<String, Value>) -> bool {
    match positional.get(place) {
        Some(param) if param.ty == Ty::Fields => {
            map.contains_key(param.name) || (!map.is_empty() && map.keys().all(|key| op.param(key).is_some()))
        }
        _ => true,
    }
}

/// `members.invite(group_id, #{ sender_id, recipients_ids })`
fn usage(op: &Op, positional: &[&Param]) -> String {
    let mut parts: Vec<String> = positional.iter().filter(|p| p.preset.is_none()).map(|p| p.name.to_owned()).collect();
    let by_name = |p: &&Param| p.place != Place::Found && !positional.iter().any(|known| known.name == p.name);
    let rest: Vec<&str> = op.params.iter().filter(by_name).map(|p| p.name).collect();
    if !rest.is_empty() {
        parts.push(format!("#{{ {} }}", rest.join(", ")));
    }
    format!("write `{}({})`", op.name(), parts.join(", "))
}

fn check_params(params: &[Param], mut given: Map<String, Value>, at: &str) -> Result<Map<String, Value>, String> {
    if let Some(unknown) = given.keys().find(|key| !params.iter().any(|p| p.name == key.as_str())) {
        return Err(unknown_name(params, unknown, at));
    }
    let mut checked = Map::new();
    for param in params {
        let place = if at.is_empty() { param.name.to_owned() } else { format!("{at}.{}", param.name) };
        match given.remove(param.name) {
            None if param.required => {
                return Err(format!("`{place}` is missing: it must be {}", param.ty.words()));
            }
            None => {}
            Some(Value::Null) if param.nullable => {
                checked.insert(param.name.to_owned(), Value::Null);
            }
            Some(Value::Null) if param.required => {
                return Err(format!("`{place}` is `()`: it must be {}", param.ty.words()));
            }
            Some(Value::Null) => {}
            Some(value) => {
                checked.insert(param.name.to_owned(), check_value(param, value, &place)?);
            }
        }
    }
    Ok(checked)
}

fn unknown_name(params: &[Param], unknown: &str, at: &str) -> String {
    let place = if at.is_empty() { String::new() } else { format!(" in `{at}`") };
    let close = params
        .iter()
        .map(|p| (strsim::damerau_levenshtein(p.name, unknown), p.name))
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3) || name.contains(unknown))
        .min();
    match close {
        Some((_, name)) => format!("there is no argument `{unknown}`{place}; did you mean `{name}`?"),
        None => {
            let names: Vec<_> = params.iter().map(|p| format!("`{}`", p.name)).collect();
            format!("there is no argument `{unknown}`{place}; there are {}", names.join(", "))
        }
    }
}

fn check_value(param: &Param, value: Value, at: &str) -> Result<Value, String> {
    let wrong = |value: &Value| Err(format!("`{at}` must be {}, not {}", param.ty.words(), shown(value)));
    if unknown_yet(&value, may_wait(&param.ty), at)? {
        return Ok(value);
    }
    match param.ty {
        Ty::Id(wire) => match id(&value) {
            Some(id) if id_fits(param, wire, &id) => Ok(Value::String(id)),
            _ => wrong(&value),
        },
        Ty::Ids(wire) => match value {
            Value::Array(items) => ids(items, wire, at, param.may_be_empty),
            other => wrong(&other),
        },
        Ty::Text(max) => match value {
            Value::String(text) if max == 0 || text.chars().count() <= max => Ok(Value::String(text)),
            Value::String(text) => {
                Err(format!("`{at}` is {} characters long; the document allows {max}", text.chars().count()))
            }
            other => wrong(&other),
        },
        Ty::Email => match &value {
            Value::String(text) => match Email::parse(text) {
                Ok(email) => Ok(Value::String(email.as_str().to_owned())),
                Err(error) => Err(format!("`{at}`: {error}")),
            },
            other => wrong(other),
        },
        Ty::Emails => match value {
            Value::Array(items) => emails(items, at),
            other => wrong(&other),
        },
        Ty::Int(min, max) => match whole(&value) {
            Some(number) if (min..=max).contains(&number) => Ok(number.into()),
            _ => wrong(&value),
        },
        Ty::Bool => match &value {
            Value::Bool(_) => Ok(value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
            other => wrong(other),
        },
        Ty::Choice(list) => choice(list, &value, at, &param.ty),
        Ty::Choices(list) => match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| choice(list, item, &format!("{at}[{i}]"), &Ty::Choice(list)))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            other => wrong(&other),
        },
        Ty::Fields => match value {
            Value::Object(map) if map.is_empty() && param.required => {
                Err(format!("`{at}` is empty: there is nothing to do"))
            }
            Value::Object(map) => fields(map, at),
            other => wrong(&other),
        },
        Ty::Map(params) => match value {
            Value::Object(map) => Ok(Value::Object(check_params(params, map, at)?)),
            other => wrong(&other),
        },
        Ty::Rows(params) => match value {
            Value::Array(items) => rows(params, items, at),
            other => wrong(&other),
        },
    }
}

/// What may be known only after apply: ids and words. Whom to write to is always known.
fn may_wait(ty: &Ty) -> Waits {
    match ty {
        Ty::Id(_) | Ty::Text(_) | Ty::Choice(_) => Waits::May,
        _ => Waits::MayNot,
    }
}

/// Whether a value may be known only after apply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    May,
    MayNot,
}

/// Whether the value is a placeholder that may stand here; text that holds one and more may stand nowhere.
fn unknown_yet(value: &Value, waits: Waits, at: &str) -> Result<bool, String> {
    let Some(text) = value.as_str().filter(|text| Placeholder::is_in(text)) else { return Ok(false) };
    let what = Placeholder::what_in(text);
    match (waits, Placeholder::parse(text)) {
        (Waits::May, Some(_)) => Ok(true),
        (Waits::MayNot, Some(_)) => {
            Err(format!("`{at}` is known only after apply (`{what}`); here a plan needs the value itself"))
        }
        (_, None) => Err(format!(
            "`{at}` holds other text beside a value that is known only after apply (`{what}`); hand the value over as a whole, or do this in a script of its own that runs after `beadle apply`"
        )),
    }
}

/// A community's own fields: their values are taken as they are, and an address is known.
fn fields(map: Map<String, Value>, at: &str) -> Result<Value, String> {
    for (name, value) in &map {
        unknown_yet(&Value::String(name.clone()), Waits::MayNot, &format!("{at}: a field's name"))?;
        let waits = if name.eq_ignore_ascii_case("email") { Waits::MayNot } else { Waits::May };
        unknown_within(value, waits, &format!("{at}.{name}"))?;
    }
    Ok(Value::Object(map))
}

fn unknown_within(value: &Value, waits: Waits, at: &str) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| unknown_within(item, waits, at)),
        Value::Object(map) => map.values().try_for_each(|item| unknown_within(item, waits, at)),
        value => unknown_yet(value, waits, at).map(drop),
    }
}

/// An id in a path must not be empty or climb: `..` and `/` would name another operation.
fn id_fits(param: &Param, wire: Wire, id: &str) -> bool {
    let plain = !id.contains(['/', '\\', '?', '#']) && id != "." && id != "..";
    is_id(wire, id) && (param.place != Place::Path || plain)
}

/// What the document has as a number consists of digits; a name in its place is a mistake of the script.
fn is_id(wire: Wire, id: &str) -> bool {
    match wire {
        Wire::Number => !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()),
        Wire::Text => !id.is_empty(),
    }
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// Each id once: naming somebody twice must not write to them twice.
fn ids(items: Vec<Value>, wire: Wire, at: &str, empty: bool) -> Result<Value, String> {
    let mut seen = std::collections::HashSet::new();
    let mut list = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let unknown = unknown_yet(item, Waits::May, &format!("{at}[{i}]"))?;
        let Some(id) = id(item).filter(|id| unknown || is_id(wire, id)) else {
            return Err(format!("`{at}[{i}]` must be {}, not {}", Ty::Id(wire).words(), shown(item)));
        };
        if seen.insert(id.clone()) {
            list.push(Value::String(id));
        }
    }
    if list.is_empty() && !empty {
        return Err(format!("`{at}` is empty: there is nothing to do"));
    }
    Ok(Value::Array(list))
}

/// Each address once, whatever its case: naming somebody twice must not write to them twice.
fn emails(items: Vec<Value>, at: &str) -> Result<Value, String> {
    let mut seen = std::collections::HashSet::new();
    let mut list = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let place = format!("{at}[{i}]");
        unknown_yet(item, Waits::MayNot, &place)?;
        let Some(text) = item.as_str() else {
            return Err(format!("`{place}` must be {}, not {}", Ty::Email.words(), shown(item)));
        };
        let email = Email::parse(text).map_err(|error| format!("`{place}`: {error}"))?;
        if seen.insert(email.key().to_owned()) {
            list.push(Value::String(email.as_str().to_owned()));
        }
    }
    match list.is_empty() {
        true => Err(format!("`{at}` is empty: there is nothing to do")),
        false => Ok(Value::Array(list)),
    }
}

fn rows(params: &'static [Param], items: Vec<Value>, at: &str) -> Result<Value, String> {
    if items.is_empty() {
        return Err(format!("`{at}` is empty: there is nothing to do"));
    }
    let mut list = Vec::with_capacity(items.len());
    for (i, item) in items.into_iter().enumerate() {
        let place = format!("{at}[{i}]");
        let Value::Object(map) = item else {
            return Err(format!("`{place}` must be a map, not {}", shown(&item)));
        };
        list.push(Value::Object(check_params(params, map, &place)?));
    }
    Ok(Value::Array(list))
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// By name or alias in any case, by number, or by the number's text.
fn choice(list: &[Choice], value: &Value, at: &str, ty: &Ty) -> Result<Value, String> {
    if unknown_yet(value, Waits::May, at)? {
        return Ok(value.clone());
    }
    let number = whole(value);
    let text = value.as_str().map(|text| text.trim().to_lowercase());
    let found = list.iter().find(|choice| {
        (number.is_some() && number == choice.number)
            || text.as_deref().is_some_and(|text| {
                text == choice.name.to_lowercase() || choice.aliases.iter().any(|a| text == a.to_lowercase())
            })
    });
    match found {
        Some(choice) => Ok(choice.number.map_or_else(|| choice.name.into(), Into::into)),
        None => {
            let hint = text
                .as_deref()
                .and_then(|text| list.iter().find(|c| strsim::damerau_levenshtein(c.name, text) <= 2).map(|c| c.name));
            let hint = hint.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
            Err(format!("`{at}` is {}; it must be {}{hint}", shown(value), ty.words()))
        }
    }
}

/// A value as an error names it; long ones by their kind.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "`()`".into(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "a map".into(),
        Value::String(text) if text.chars().count() > 40 => "a longer text".into(),
        other => format!("`{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Wire;
    use serde_json::json;

    const OP: Op = Op::post("things", "make", "/things/{id}").params(&[
        Param::path("id", Ty::Id(Wire::Text)),
        Param::body("fields", Ty::Fields).required(),
        Param::body("note", Ty::Text(3)),
    ]);

    #[test]
    fn a_last_map_is_the_fields_or_the_names_and_never_both() {
        let fields = json!({ "note": "as a field", "city": "Turin" });
        let by_place = check(&OP, vec![json!(1), fields.clone()]).unwrap();
        assert_eq!(by_place.to_value(), json!({ "id": "1", "fields": fields }));
        let named = check(&OP, vec![json!(1), json!({ "fields": fields, "note": "abc" })]).unwrap();
        assert_eq!(named.to_value(), json!({ "id": "1", "fields": fields, "note": "abc" }));
        let both = check(&OP, vec![json!(1), fields.clone(), json!({ "note": "abc" })]).unwrap();
        assert_eq!(both, named);
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let of = |note: &str| check(&OP, vec![json!(1), json!({ "a": 1 }), json!({ "note": note })]);
        assert!(of("éüß").is_ok());
        assert_eq!(of("éüßa").unwrap_err().problem, "`note` is 4 characters long; the document allows 3");
    }

    const COLOURS: &[Choice] = &[Choice { name: "red", aliases: &[], number: Some(1) }];
    const EVERYTHING: Op = Op::post("things", "make", "/things/{id}").params(&[
        Param::path("id", Ty::Id(Wire::Number)),
        Param::body("word", Ty::Id(Wire::Text)),
        Param::body("text", Ty::Text(3)),
        Param::body("colour", Ty::Choice(COLOURS)),
        Param::body("colours", Ty::Choices(COLOURS)),
        Param::body("ids", Ty::Ids(Wire::Number)),
        Param::body("fields", Ty::Fields),
        Param::body("email", Ty::Email),
        Param::body("count", Ty::Int(0, 9)),
        Param::body("flag", Ty::Bool),
        Param::body("rows", Ty::Rows(&[Param::body("id", Ty::Id(Wire::Number)), Param::body("email", Ty::Email)])),
    ]);

    fn made(name: &str, value: &Value) -> Result<Value, String> {
        let mut given = Map::new();
        given.insert("id".into(), json!(1));
        given.insert(name.into(), value.clone());
        let checked = check(&EVERYTHING, vec![given.into()]).map_err(|error| error.problem)?;
        Ok(checked.get(name).cloned().unwrap_or_default())
    }

    /// Puts a value in its place.
    type Within = fn(&Value) -> Value;

    #[test]
    fn what_is_known_only_after_apply_stands_as_a_whole_where_an_id_or_a_text_may() {
        let later = json!(Placeholder::of("group a").as_str());
        let part = json!(format!("about {}", Placeholder::of("group a")));
        let places: [(&str, Within); 9] = [
            ("id", Value::clone),
            ("word", Value::clone),
            ("text", Value::clone),
            ("colour", Value::clone),
            ("colours", |value| json!(["red", value])),
            ("ids", |value| json!(["5", value])),
            ("fields", |value| json!({ "team": value })),
            ("fields", |value| json!({ "teams": [{ "of": value }] })),
            ("rows", |value| json!([{ "id": value }])),
        ];
        for (name, within) in places {
            let taken = made(name, &within(&later)).unwrap();
            assert!(taken.to_string().contains(later.as_str().unwrap()), "{name}: {taken}");
            let refused = made(name, &within(&part)).unwrap_err();
            assert!(refused.contains(" holds other text beside a value that is known only after apply"), "{refused}");
        }
    }

    #[test]
    fn whom_to_write_to_and_what_is_counted_is_never_known_only_after_apply() {
        let later = json!(Placeholder::of("user a").as_str());
        let places: [(&str, &str, Value); 8] = [
            ("email", "email", later.clone()),
            ("count", "count", later.clone()),
            ("flag", "flag", later.clone()),
            ("ids", "ids", later.clone()),
            ("rows", "rows", later.clone()),
            ("fields", "fields.Email", json!({ "Email": later })),
            ("fields", "fields: a field's name", json!({ later.as_str().unwrap(): 1 })),
            ("rows", "rows[0].email", json!([{ "email": later }])),
        ];
        for (name, place, value) in places {
            let words = "is known only after apply (`user a`); here a plan needs the value itself";
            assert_eq!(made(name, &value).unwrap_err(), format!("`{place}` {words}"));
        }
    }

    #[test]
    fn what_is_too_long_to_show_is_named_by_its_kind() {
        assert_eq!(shown(&json!("x".repeat(41))), "a longer text");
        assert_eq!(shown(&json!("x")), "`\"x\"`");
        assert_eq!(shown(&json!([1, 2])), "a list of 2");
        assert_eq!(shown(&json!({ "a": 1 })), "a map");
        assert_eq!(shown(&Value::Null), "`()`");
    }

    #[test]
    fn a_name_that_resembles_none_gets_the_whole_list() {
        let error = check(&OP, vec![json!(1), json!({ "a": 1 }), json!({ "colour": 1 })]).unwrap_err();
        assert_eq!(error.to_string(), "things.make: there is no argument `colour`; there are `id`, `fields`, `note`");
    }
}
