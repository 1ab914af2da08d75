//! `allow`: what a job may delete for good while nobody watches.

use super::super::error::{Error, suggestion};
use super::super::section::Section;
use super::words::texts;
use crate::platforms;

/// Reads `allow`: names of operations and arguments that delete for good on any platform.
pub(super) fn allow(section: &mut Section<'_>) -> Result<Vec<String>, Error> {
    let mut allowed: Vec<String> = Vec::new();
    let Some(texts) = texts(section, "allow", "\"users.delete\"")? else { return Ok(allowed) };
    let powers = platforms::powers();
    for (name, origin) in texts.each {
        if !powers.contains(&name) {
            let hint = suggestion(&name, powers.iter().map(String::as_str));
            let why = match is_operation(&name) {
                true => "needs no leave: only what deletes for good does",
                false => "is nothing that deletes for good",
            };
            return Err(section.refuse("allow", &origin, &format!("names `{name}`, which {why}{hint}")));
        }
        if !allowed.contains(&name) {
            allowed.push(name);
        }
    }
    Ok(allowed)
}

fn is_operation(name: &str) -> bool {
    let has = |(noun, verb): (&str, &str)| platforms::all().any(|platform| platform.op(noun, verb).is_some());
    name.split_once('.').is_some_and(has)
}
