//! Functions on arrays: grouping, indexing, cutting, summing.

use std::collections::BTreeSet;

use rhai::{Array, Dynamic, FnPtr, FuncRegistration, Map, Module, NativeCallContext};

use super::shown;
use crate::script::call::wrong;
use crate::script::context::{Outcome, Run};
use crate::script::later::{self, Later};
use crate::script::list::called;

pub(super) fn register(module: &mut Module) {
    of_array("group_by").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: FnPtr| {
        group_by(&context, rows, &Key::Closure("group_by", key))
    });
    of_array("group_by").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: &str| {
        group_by(&context, rows, &Key::Field(key.to_owned()))
    });
    of_array("index_by").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: FnPtr| {
        index_by(&context, rows, &Key::Closure("index_by", key))
    });
    of_array("index_by").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: &str| {
        index_by(&context, rows, &Key::Field(key.to_owned()))
    });
    of_array("unique")
        .set_into_module(module, |context: NativeCallContext, rows: &mut Array| unique(&context, rows, &Key::Itself));
    of_array("unique").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: FnPtr| {
        unique(&context, rows, &Key::Closure("unique", key))
    });
    of_array("unique").set_into_module(module, |context: NativeCallContext, rows: &mut Array, key: &str| {
        unique(&context, rows, &Key::Field(key.to_owned()))
    });
    of_array("chunk").set_into_module(module, chunk);
    of_array("sum").set_into_module(module, sum);
}

fn of_array(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_purity(true).with_volatility(true)
}

/// By what rows are told apart.
enum Key {
    Itself,
    Field(String),
    Closure(&'static str, FnPtr),
}

impl Key {
    /// The key of a row: text; numbers and ids are the same key as their text.
    fn of(&self, context: &NativeCallContext, row: &Dynamic) -> Outcome<String> {
        let key = match self {
            Self::Itself => row.clone(),
            Self::Closure(name, closure) => called(context, name, closure, row.clone())?,
            Self::Field(field) => match row.as_map_ref() {
                Ok(map) => map.get(field.as_str()).cloned().unwrap_or(Dynamic::UNIT),
                Err(_) => return Err(wrong("a field's name as the key", "rows that are maps", row).into()),
            },
        };
        if key.is_unit() && !matches!(self, Self::Itself) {
            return Err("a row has no key here: its key is `()`".into());
        }
        if let Some(later) = Later::of(&key) {
            return Err(unknown(context, &later));
        }
        shown(context, &key)
    }
}

/// A value that a plan does not know is no key: it may be that of another row.
fn unknown(context: &NativeCallContext, later: &Later) -> Box<rhai::EvalAltResult> {
    let words = later.refusal(&format!("`{}()`", context.fn_name()));
    if let Ok(run) = Run::of(context) {
        later::note(&run, context, &words);
    }
    words.into()
}

fn group_by(context: &NativeCallContext, rows: &Array, key: &Key) -> Outcome<Map> {
    let mut groups = std::collections::BTreeMap::<String, Array>::new();
    for row in rows {
        groups.entry(key.of(context, row)?).or_default().push(row.clone());
    }
    Ok(groups.into_iter().map(|(key, rows)| (key.into(), rows.into())).collect())
}

/// Two rows of the same key are an error: one of them would silently be lost.
fn index_by(context: &NativeCallContext, rows: &Array, key: &Key) -> Outcome<Map> {
    let mut index = Map::new();
    for row in rows {
        let key = key.of(context, row)?;
        if index.insert(key.as_str().into(), row.clone()).is_some() {
            return Err(format!("two rows have the key `{key}`; write `group_by` where that may be").into());
        }
    }
    Ok(index)
}

fn unique(context: &NativeCallContext, rows: &Array, key: &Key) -> Outcome<Array> {
    let mut seen = BTreeSet::new();
    let mut kept = Array::new();
    // Among their own kind they are told apart by what they stand for.
    if matches!(key, Key::Itself) && rows.iter().all(|row| row.is::<Later>()) {
        let mut names = BTreeSet::new();
        let new = |row: &&Dynamic| Later::of(row).is_some_and(|later| names.insert(later.as_str().to_owned()));
        return Ok(rows.iter().filter(new).cloned().collect());
    }
    for row in rows {
        let of_type = if matches!(key, Key::Itself) { row.type_name() } else { "" };
        if seen.insert((of_type, key.of(context, row)?)) {
            kept.push(row.clone());
        }
    }
    Ok(kept)
}

fn chunk(rows: &mut Array, size: i64) -> Outcome<Array> {
    match usize::try_from(size) {
        Ok(size @ 1..) => Ok(rows.chunks(size).map(|part| Dynamic::from(part.to_vec())).collect()),
        _ => Err(format!("chunk() needs a number from 1, not {size}").into()),
    }
}

fn sum(items: &mut Array) -> Outcome<Dynamic> {
    let mut whole: i64 = 0;
    let mut parts = 0.0;
    let mut broken = false;
    for item in items.iter() {
        match (item.as_int(), item.as_float()) {
            (Ok(number), _) => whole = whole.checked_add(number).ok_or("the sum is too large for a whole number")?,
            (_, Ok(number)) => {
                parts += number;
                broken = true;
            }
            _ => return Err(wrong("sum()", "numbers", item).into()),
        }
    }
    Ok(if broken { (parts + whole as f64).into() } else { whole.into() })
}
