//! What a script can call, told from the table alone: for the terminal, as JSON and as pages for `docs/`.
//! Its one rule: nothing is said here that the table does not hold.

mod json;
mod library;
mod overview;
mod page;
mod text;
mod words;

pub use json::json;
pub use library::{library, library_json, library_list};
pub use overview::overview;
pub use page::page;
pub use text::{list, one};

use crate::catalog::{Op, Platform};
use crate::platforms;

/// An operation of a platform.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The platform.
    pub platform: &'static Platform,
    /// The operation.
    pub op: &'static Op,
}

/// Nothing has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no function `{name}`{hint}")]
pub struct Unknown {
    name: String,
    hint: String,
}

/// Every operation, platform by platform, in the order of its document.
pub fn all() -> Vec<Function> {
    let of = |platform: &'static Platform| platform.ops.iter().map(move |op| Function { platform, op });
    platforms::all().flat_map(of).collect()
}

/// The operations that a name means: `members.invite`, or all of `members`; on every platform that has them.
pub fn find(name: &str) -> Result<Vec<Function>, Unknown> {
    let found: Vec<Function> =
        all().into_iter().filter(|function| function.op.noun == name || function.op.name() == name).collect();
    match found.is_empty() {
        true => Err(Unknown { name: name.to_owned(), hint: hint(name) }),
        false => Ok(found),
    }
}

fn hint(name: &str) -> String {
    let noun = name.split('.').next().unwrap_or(name);
    let has = platforms::all().any(|platform| !platform.verbs(noun).is_empty());
    let instead = platforms::all().flat_map(|platform| platform.instead).find(|(known, _)| *known == noun);
    if let (false, Some((_, sentence))) = (has, instead) {
        return format!(": {sentence}");
    }
    let nouns = all().into_iter().map(|function| function.op.noun.to_owned());
    let of_library = library(None).into_iter().flat_map(|own| [own.noun.to_owned(), library::name(&own)]);
    let names: Vec<String> = all().iter().map(|function| function.op.name()).chain(nouns).chain(of_library).collect();
    let close = names
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min();
    match close {
        Some((_, known)) => format!("; did you mean `{known}`?"),
        None => "; `beadle functions` lists them all".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Place;

    #[test]
    fn one_function_is_told_with_all_that_the_table_knows() {
        let text = one(&find("members.invite").unwrap()[0]);
        assert_eq!(
            text,
            "\
members.invite(group_id, #{ sender_id: …, recipients_ids: … })

Mails members an invitation into the group; the platform queues it.

  group_id        an id, required          the group
  sender_id       an id, required          the member in whose name it is sent
  recipients_ids  a list of ids, required  the members to invite; more than 500 become several calls

  does       writes to people and changes nothing else
  mails      yes; nobody is written to twice
  repeating  a read can show that it happened, never that it did not; the rest a person decides
  answers    nothing but that it worked
  Mobilize   POST /groups/{group_id}/members/invite
"
        );
    }

    #[test]
    fn every_operation_of_every_platform_is_listed_and_can_be_looked_up() {
        let text = list(&all());
        for function in all() {
            let name = function.op.name();
            assert!(text.contains(&format!("  {name}(")), "{name}");
            let found = find(&name).unwrap();
            let told = one(found.iter().find(|found| found.platform.name == function.platform.name).unwrap());
            for param in function.op.params {
                // What beadle fills in alone is nobody's to write.
                let is_told = told.contains(&format!("\n  {} ", param.name));
                assert_eq!(is_told, param.place != Place::Found, "{name}: {}", param.name);
            }
            assert!(!told.contains("\n\n\n") && !told.lines().any(|line| line.ends_with(' ')), "{told}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_gets_a_hint() {
        let refused = |name| find(name).unwrap_err().to_string();
        assert_eq!(refused("members.invit"), "there is no function `members.invit`; did you mean `members.invite`?");
        assert_eq!(refused("grops"), "there is no function `grops`; did you mean `groups`?");
        assert_eq!(refused("webhooks.list"), "there is no function `webhooks.list`; did you mean `webhooks.batch`?");
        assert_eq!(refused("teleport"), "there is no function `teleport`; `beadle functions` lists them all");
    }

    #[test]
    fn json_has_one_object_a_line_with_types_limits_and_values() {
        let lines = json(&find("members").unwrap());
        assert_eq!(lines.lines().count(), 11);
        let lines = json(&find("groups.create").unwrap());
        let value: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(value["name"], "groups.create");
        assert_eq!(value["platform"], "mobilize");
        assert_eq!(value["arguments"][0]["type"], "text of at most 255 characters");
        assert_eq!(value["arguments"][1]["nullable"], true);
        assert_eq!(value["arguments"][2]["values"], serde_json::json!(["public", "private"]));
        assert_eq!(value["writes"]["repeating"], "check_first");
    }
}
