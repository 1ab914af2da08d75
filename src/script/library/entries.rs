//! What scripts have on every platform, as the reference tells it: the library's verbs from their table, and what every
//! script finds.

use super::NOUNS;

/// One thing that a script can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `csv`, `ctx`, or `script` for what needs no noun.
    pub noun: &'static str,
    /// Its name behind the noun.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
}

const fn entry(noun: &'static str, name: &'static str, usage: &'static str, doc: &'static str) -> Entry {
    Entry { noun, name, usage, doc }
}

/// What a script reads of its run; a list's methods; what needs no noun.
const MORE: &[Entry] = &[
    entry("ctx", "args", "ctx.args.NAME", "The script's own arguments, checked."),
    entry("ctx", "run", "ctx.run", "The run's id."),
    entry("ctx", "job", "ctx.job", "The job that it belongs to, or ()."),
    entry("ctx", "scheduled_for", "ctx.scheduled_for", "The moment for which its job was due, or ()."),
    entry("ctx", "last_success", "ctx.last_success", "When its job's last run before it began that ended well, or ()."),
    entry("ctx", "events", "ctx.events", "The events that started it, maps; empty where none did."),
    entry("ctx", "started", "ctx.started", "When the run was first started."),
    entry("ctx", "connection", "ctx.connection", "The name of the run's connection."),
    entry("ctx", "sandbox", "ctx.sandbox", "Whether the platform is the simulated one."),
    entry("ctx", "dry_run", "ctx.dry_run", "Whether writes are only recorded."),
    entry("list", "to_array", "list.to_array()", "All rows at once."),
    entry("list", "first", "list.first()", "The first row, or ()."),
    entry("list", "take", "list.take(n)", "The first rows."),
    entry("list", "count", "list.count()", "How many rows there are; reads them all."),
    entry("list", "filter", "list.filter(|row| …)", "The rows for which the function gives true."),
    entry("list", "map", "list.map(|row| …)", "What the function gives for each row."),
    entry("list", "each", "list.each(|row| …)", "Calls the function for each row."),
    entry(
        "script",
        "args",
        "args(#{ group: #{ type: \"id\" } })",
        "Declares the script's arguments; stands at its top.",
    ),
    entry("script", "connect", "connect(\"name\").members", "The nouns of another connection of the settings."),
    entry("script", "print", "print(value)", "A line of data, to stdout."),
];

/// All of it, by noun.
pub fn entries() -> Vec<Entry> {
    let verbs = NOUNS.iter().flat_map(|noun| noun.verbs.iter().map(|verb| (noun.name, verb)));
    verbs.map(|(noun, verb)| entry(noun, verb.name, verb.usage, verb.doc)).chain(MORE.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::list::METHODS;

    #[test]
    fn every_noun_of_the_library_and_every_method_of_a_list_is_told() {
        let told = entries();
        for noun in NOUNS {
            assert!(told.iter().any(|entry| entry.noun == noun.name), "{}", noun.name);
        }
        let of_list: Vec<&str> = told.iter().filter(|entry| entry.noun == "list").map(|entry| entry.name).collect();
        let methods: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
        assert_eq!(of_list, methods);
        for entry in &told {
            assert!(entry.usage.contains(entry.name) && entry.doc.ends_with('.'), "{entry:?}");
        }
    }
}
