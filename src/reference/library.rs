//! What every script has besides the platforms' operations.

use serde_json::json;

use crate::script::{Entry, entries};

/// All of it, or what a name means: `csv`, `csv.read`.
pub fn library(name: Option<&str>) -> Vec<Entry> {
    let meant = |entry: &Entry| name.is_none_or(|wanted| entry.noun == wanted || self::name(entry) == wanted);
    entries().into_iter().filter(meant).collect()
}

/// `csv.read`
pub(super) fn name(entry: &Entry) -> String {
    match entry.noun {
        "script" => entry.name.to_owned(),
        noun => format!("{noun}.{}", entry.name),
    }
}

/// For people, by noun.
pub fn library_list(entries: &[Entry]) -> String {
    let mut text = String::from("On every platform\n");
    let mut noun = "";
    for entry in entries {
        if entry.noun != noun {
            noun = entry.noun;
            text.push_str(&format!("\n{noun}\n"));
        }
        text.push_str(&format!("  {}\n      {}\n", entry.usage, entry.doc));
    }
    text
}

/// For programs, one object a line.
pub fn library_json(entries: &[Entry]) -> String {
    let object = |entry: &Entry| {
        json!({ "name": name(entry), "platform": null, "doc": entry.doc, "call": entry.usage }).to_string() + "\n"
    };
    entries.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_a_noun_or_one_of_its_verbs() {
        let names = |wanted| library(Some(wanted)).iter().map(name).collect::<Vec<_>>();
        assert_eq!(names("roster"), ["roster.read", "roster.sync"]);
        assert_eq!(names("exports.write"), ["exports.write"]);
        assert_eq!(names("print"), ["print"]);
        assert!(names("members").is_empty());
        assert_eq!(
            library_list(&library(Some("print"))),
            "On every platform\n\nscript\n  print(value)\n      A line of data, to stdout.\n"
        );
    }
}
