//! `[params]`: the script's arguments, and where in the file one more is to be written.

use std::collections::BTreeMap;

use super::super::error::{Error, Show};
use super::super::tree::{Node, Origin, Source, Table, Value};
use super::Job;

/// Where a job's file gives its script arguments; lines count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParamsAt {
    /// Nowhere.
    #[default]
    Nowhere,
    /// Below the line `[params]`.
    Section(usize),
    /// In `params = { … }`.
    Inline(usize),
    /// As `params.KEY = …`.
    Keys(usize),
}

impl Job {
    /// The group that its parameters name: two jobs that name the same one, over the same connection, do not work on it at
    /// the same time.
    pub fn group(&self) -> Option<&str> {
        self.params.get("group").map(String::as_str)
    }

    /// What a person types to give the script this argument: `value` is as it stands in the file.
    pub fn how_to_give(&self, name: &str, value: &str) -> String {
        let file = self.file.display();
        match self.params_at {
            ParamsAt::Nowhere => format!("write at the top of {file}: params = {{ {name} = {value} }}"),
            ParamsAt::Section(line) => format!("write below `[params]` in line {line} of {file}: {name} = {value}"),
            ParamsAt::Inline(line) => format!("write into `params` in line {line} of {file}: {name} = {value}"),
            ParamsAt::Keys(line) => format!("write below line {line} of {file}: params.{name} = {value}"),
        }
    }
}

/// Finds them in the file.
pub(super) fn params_at(table: &Table, source: &Source) -> ParamsAt {
    let key = table.0.iter().find(|(key, _, _)| key == "params").map(|(_, origin, _)| origin);
    let Some(Origin::File(span)) = key else { return ParamsAt::Nowhere };
    let before = source.text.get(..span.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let text = source.text.lines().nth(line - 1).unwrap_or_default().trim_start();
    match text.split_once('=').map_or(text, |(key, _)| key) {
        key if key.starts_with('[') => ParamsAt::Section(line),
        key if key.contains('.') => ParamsAt::Keys(line),
        _ => ParamsAt::Inline(line),
    }
}

/// Values as `--arg` takes them.
pub(super) fn params(table: Table, source: &Source) -> Result<BTreeMap<String, String>, Error> {
    let mut params = BTreeMap::new();
    for (key, _, Node { value, origin }) in table.0 {
        let text = match value {
            Value::Text(text) => Some(text),
            Value::Int(number) => Some(number.to_string()),
            Value::Float(number) if number.is_finite() => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        };
        let problem = || format!("`{key}` in `[params]` must be text in quotes, a number, true or false");
        params.insert(key.clone(), text.ok_or_else(|| source.error(problem(), &origin, Show::Plain))?);
    }
    Ok(params)
}
