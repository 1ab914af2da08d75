//! `to_json`, `parse_json`, and `error(err)`, which gives every caught thing one shape.

use rhai::{Array, Dynamic, FuncRegistration, Map, Module, NativeCallContext};

use super::shown;
use crate::script::context::{Outcome, Run};
use crate::script::values;

pub(super) fn register(module: &mut Module) {
    pure("to_json")
        .set_into_module(module, |context: NativeCallContext, map: &mut Map| to_json(&context, &map.clone().into()));
    pure("to_json").set_into_module(module, |context: NativeCallContext, list: &mut Array| {
        to_json(&context, &list.clone().into())
    });
    FuncRegistration::new("to_json")
        .with_volatility(true)
        .set_into_module(module, |context: NativeCallContext, value: Dynamic| to_json(&context, &value));
    FuncRegistration::new("parse_json")
        .with_volatility(true)
        .set_into_module(module, |context: NativeCallContext, json: &str| parse_json(&context, json));
    FuncRegistration::new("error").with_volatility(true).set_into_module(module, error);
}

fn pure(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_purity(true).with_volatility(true)
}

fn to_json(context: &NativeCallContext, value: &Dynamic) -> Outcome<String> {
    let run = Run::of(context)?;
    run.room(weight(value, 0))?;
    values::write(value).map(|value| value.to_string()).map_err(Into::into)
}

/// At least as many bytes as the JSON text takes; the same text used a thousand times weighs a thousand times.
fn weight(value: &Dynamic, depth: usize) -> usize {
    if depth > 64 {
        return 0;
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return text.len() + 2;
    }
    if let Ok(items) = value.as_array_ref() {
        return items.iter().fold(2, |sum: usize, item| sum.saturating_add(weight(item, depth + 1) + 1));
    }
    if let Ok(map) = value.as_map_ref() {
        return map
            .iter()
            .fold(2, |sum: usize, (key, item)| sum.saturating_add(key.len() + weight(item, depth + 1) + 4));
    }
    24
}

/// The community's own JSON: nothing in it is taken for an id.
fn parse_json(context: &NativeCallContext, json: &str) -> Outcome<Dynamic> {
    let run = Run::of(context)?;
    run.room(json.len().saturating_mul(4))?;
    values::read_in(&run, json.as_bytes(), None).map_err(|error| format!("this is not JSON: {error}").into())
}

/// A caught text, error of the language or thrown map as one map: `code`, `message`, and what a call adds.
fn error(context: NativeCallContext, caught: Dynamic) -> Outcome<Map> {
    let mut map = Map::new();
    for key in ["status", "operation", "connection", "retry_after"] {
        map.insert(key.into(), Dynamic::UNIT);
    }
    map.insert("retryable".into(), false.into());
    map.insert("code".into(), "script".into());
    match caught.clone().try_cast::<Map>() {
        Some(given) => {
            map.extend(given);
            if !map.contains_key("message") {
                map.insert("message".into(), shown(&context, &caught)?.into());
            }
        }
        None => {
            map.insert("message".into(), shown(&context, &caught)?.into());
        }
    }
    Ok(map)
}
