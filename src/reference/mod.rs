//! What a script can call, told from the tables alone: for the terminal, as JSON and as pages for `docs/reference/`.
//! Its one rule: nothing is said here that the platforms' tables and the library's do not hold.

mod json;
mod page;
mod text;
mod words;

pub use json::json;
pub use page::page;
pub use text::{list, one};

use crate::catalog::{Op, Platform};
use crate::{platforms, script};

/// Something that a script can call.
#[derive(Clone, Copy, Debug)]
pub struct Function(Of);

/// Whose it is.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// An operation of a platform.
    Platform(&'static Platform, &'static Op),
    /// A verb of the library, and how it is written.
    Library { noun: &'static str, verb: &'static str, usage: &'static str },
}

impl Function {
    /// `members`
    pub fn noun(&self) -> &'static str {
        match self.0 {
            Of::Platform(_, op) => op.noun,
            Of::Library { noun, .. } => noun,
        }
    }

    /// `members.invite`
    pub fn name(&self) -> String {
        match self.0 {
            Of::Platform(_, op) => op.name(),
            Of::Library { noun, verb, .. } => format!("{noun}.{verb}"),
        }
    }
}

/// Nothing has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no function `{name}`{hint}")]
pub struct Unknown {
    name: String,
    hint: String,
}

/// Every operation, platform by platform, in the order of its document; then the library.
pub fn all() -> Vec<Function> {
    let of = |platform: &'static Platform| platform.ops.iter().map(move |op| Function(Of::Platform(platform, op)));
    let operations = platforms::ALL.iter().flat_map(|platform| of(platform));
    let library = script::LIBRARY.iter().flat_map(|noun| {
        noun.verbs.iter().map(|verb| Of::Library { noun: noun.name, verb: verb.name, usage: verb.usage })
    });
    operations.chain(library.map(Function)).collect()
}

/// What a name means: `members.invite`, or all of `members`; on every platform that has them.
pub fn find(name: &str) -> Result<Vec<Function>, Unknown> {
    let found: Vec<Function> =
        all().into_iter().filter(|function| function.noun() == name || function.name() == name).collect();
    match found.is_empty() {
        true => Err(Unknown { name: name.to_owned(), hint: hint(name) }),
        false => Ok(found),
    }
}

fn hint(name: &str) -> String {
    let noun = name.split('.').next().unwrap_or(name);
    let instead = platforms::ALL.iter().flat_map(|platform| platform.instead).find(|(known, _)| *known == noun);
    if let Some((_, sentence)) = instead {
        return format!(": {sentence}");
    }
    let nouns = all().into_iter().map(|function| function.noun().to_owned());
    let names: Vec<String> = all().iter().map(Function::name).chain(nouns).collect();
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
    fn everything_is_listed_and_can_be_looked_up() {
        let text = list(&all());
        for function in all() {
            let name = function.name();
            assert!(text.contains(&format!("  {name}(")), "{name}");
            let told = one(&find(&name).unwrap()[0]);
            let Of::Platform(_, op) = function.0 else { continue };
            for param in op.params {
                assert!(told.contains(&format!("\n  {} ", param.name)), "{name}: {}", param.name);
            }
            assert!(!told.contains("\n\n\n") && !told.lines().any(|line| line.ends_with(' ')), "{told}");
        }
    }

    #[test]
    fn the_library_is_told_beside_the_platforms() {
        let text = list(&find("email").unwrap());
        assert_eq!(
            text,
            "The library, 2 functions: docs/scripting.md\n\nemail\n  email.normal(text)\n  email.valid(text)\n"
        );
        assert_eq!(one(&find("email.valid").unwrap()[0]), "email.valid(text)\n\nOf the library: docs/scripting.md\n");
        let line = json(&find("email.valid").unwrap());
        assert_eq!(line, "{\"name\":\"email.valid\",\"library\":true,\"call\":\"email.valid(text)\"}\n");
    }

    #[test]
    fn a_name_that_is_not_there_gets_a_hint() {
        let refused = |name| find(name).unwrap_err().to_string();
        assert_eq!(refused("members.invit"), "there is no function `members.invit`; did you mean `members.invite`?");
        assert_eq!(refused("grops"), "there is no function `grops`; did you mean `groups`?");
        assert_eq!(refused("roster.snyc"), "there is no function `roster.snyc`; did you mean `roster.sync`?");
        assert_eq!(
            refused("roles.list"),
            "there is no function `roles.list`: Mobilize has no roles; a member's `groups[].is_admin` says who administers a group"
        );
        assert_eq!(refused("teleport"), "there is no function `teleport`; `beadle functions` lists them all");
    }

    #[test]
    fn json_has_one_object_a_line_with_types_limits_and_values() {
        let lines = json(&find("members").unwrap());
        assert_eq!(lines.lines().count(), 7);
        let line = json(&find("groups.create").unwrap());
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["name"], "groups.create");
        assert_eq!(value["platform"], "mobilize");
        assert_eq!(value["arguments"][0]["type"], "text of at most 255 characters");
        assert_eq!(value["arguments"][1]["nullable"], true);
        assert_eq!(value["arguments"][2]["values"], serde_json::json!(["public", "private"]));
        assert_eq!(value["writes"]["repeating"], "check_first");
    }
}
