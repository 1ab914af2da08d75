//! What each platform can, side by side, and what it has instead of what it cannot: told from tables and adapters.
//! Its one rule: a "no" stands with the platform's own sentence.

use serde_json::{Value, json};

use crate::catalog::{Answer, Args, Deed, Invitation, Mails, Op, Platform, Repeat, Subject, Ty, Weight, Write};
use crate::platforms;

/// A row of the table: what it is called, and what a platform has of it.
type Row = (&'static str, fn(&'static Platform) -> String);

const ROWS: &[Row] = &[
    ("groups", groups),
    ("who is in a group", members),
    ("`roster.sync`", rosters),
    ("a roster taken whole", wholes),
    ("invitations", invitations),
    ("roles", roles),
    ("exports", |it| listed(it, |op| matches!(op.answer, Answer::Many(..)))),
    ("plans show, person by person or group by group", |it| listed(it, |op| deed(it, op).is_some())),
    ("plans show as the call it is", |it| listed(it, |op| !op.is_read() && deed(it, op).is_none())),
    ("undo brings back", |it| listed(it, |op| goes_back(it, op))),
    ("undo leaves, and says so", |it| listed(it, |op| !op.is_read() && !goes_back(it, op))),
    ("after a lost answer: sent again", |it| repeated(it, Repeat::Converges)),
    ("a read decides first", |it| repeated(it, Repeat::CheckFirst)),
    ("a read proves it, or a person decides", |it| repeated(it, Repeat::ProvesOnlyDone)),
    ("a person decides", |it| repeated(it, Repeat::Unprovable)),
];

/// The page about the platforms of `docs/platforms/`.
pub fn overview() -> String {
    let mut text = String::from(
        "# What each platform can\n\n\
         Written by beadle from its tables; the same nouns and verbs mean the same everywhere. What a platform does not have stands below with what it has\n\
         instead; a script that asks for it is told the same (`err.code == \"unsupported\"`). Facts and contradictions of each platform's document: its own page in this folder.\n\n|  |",
    );
    let own = || platforms::ALL.iter().copied();
    own().for_each(|platform| text.push_str(&format!(" [{}]({}.md) |", platform.title, platform.name)));
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(own().count())));
    for (name, told) in ROWS {
        text.push_str(&format!("| {name} |"));
        own().for_each(|platform| text.push_str(&format!(" {} |", told(platform).replace('|', "\\|"))));
        text.push('\n');
    }
    text.push_str(
        "\nEvery write of every platform passes the ledger, can be planned and applied, and is followed to its end where it goes on after the call.\n",
    );
    for platform in own() {
        text.push_str(&format!("\n## {}\n\nWhat it does not have, and what it has instead:\n\n", platform.title));
        for (what, sentence) in missing(platform) {
            text.push_str(&format!("- {what}: {sentence}\n"));
        }
    }
    text
}

/// What the platform does not have, each with its sentence.
fn missing(platform: &'static Platform) -> Vec<(String, String)> {
    let (adapter, connection) = (platform.adapter, platform.connection);
    let refused = |what: &str, sentence: String| (what.to_owned(), sentence);
    let rosters = adapter.members(connection, ID).err().map(|why| refused("a list of members", why.0));
    let invited = adapter.invite(connection, ID, &somebody()).err();
    let invited = invited.map(|why| refused("invitations with a roster", why.0));
    let nouns = platform.instead.iter().map(|(noun, sentence)| (format!("`{noun}`"), (*sentence).to_owned()));
    rosters.into_iter().chain(invited).chain(nouns).collect()
}

/// An id, wherever one is needed to ask.
const ID: &str = "1";
const NO: &str = "no";

fn somebody() -> Invitation {
    Invitation { members: vec![ID.into()], sender: Some(ID.into()) }
}

fn name(op: &Op) -> String {
    format!("`{}`", op.name())
}

fn listed(platform: &'static Platform, has: impl Fn(&'static Op) -> bool) -> String {
    let names: Vec<String> = platform.ops.iter().filter(|op| has(op)).map(name).collect();
    if names.is_empty() { NO.into() } else { names.join(", ") }
}

fn groups(platform: &'static Platform) -> String {
    platform.adapter.groups(platform.connection).map_or_else(|| NO.into(), |call| name(call.op))
}

fn members(platform: &'static Platform) -> String {
    platform.adapter.members(platform.connection, ID).map_or_else(|_| NO.into(), |call| name(call.op))
}

fn whole(platform: &'static Platform) -> Option<&'static Op> {
    platform.ops.iter().find(|op| op.whole.is_some())
}

fn rosters(platform: &'static Platform) -> String {
    match (platform.adapter.members(platform.connection, ID), whole(platform)) {
        (_, Some(_)) => "whole rosters alone".into(),
        (Ok(_), None) => "yes".into(),
        (Err(_), None) => NO.into(),
    }
}

fn wholes(platform: &'static Platform) -> String {
    whole(platform).map_or_else(|| NO.into(), |op| format!("{}: whoever is missing is removed", name(op)))
}

/// What an operation is, whatever its arguments.
fn writes(op: &Op) -> Vec<Write> {
    use crate::catalog::Kind;
    match op.kind {
        Kind::Read => Vec::new(),
        Kind::Write(write) => vec![write],
        Kind::Either(_, one, other) => vec![one, other],
    }
}

fn invitations(platform: &'static Platform) -> String {
    let mailing = listed(platform, |op| writes(op).iter().any(|write| write.mails == Mails::Yes));
    match platform.adapter.invite(platform.connection, ID, &somebody()) {
        Ok(_) => format!("{mailing}; with `roster.sync`"),
        Err(_) => mailing,
    }
}

/// Lists of roles, and the arguments that give them.
fn roles(platform: &'static Platform) -> String {
    let lists = platform.ops.iter().filter(|op| op.noun == "roles").map(name);
    let of_op = |op: &'static Op| {
        let named = |param: &&crate::catalog::Param| {
            matches!(param.weight, Weight::Roles { .. } | Weight::RoleNamed(_) | Weight::Grants)
        };
        op.params.iter().filter(named).map(|param| format!("`{}` of {}", param.name, name(op)))
    };
    let all: Vec<String> = lists.chain(platform.ops.iter().flat_map(of_op)).collect();
    if all.is_empty() { NO.into() } else { all.join(", ") }
}

fn repeated(platform: &'static Platform, repeat: Repeat) -> String {
    let of_op = |op: &'static Op| {
        let kinds = writes(op);
        let alike = kinds.iter().filter(|write| write.repeat == repeat).count();
        match (alike, kinds.len()) {
            (0, _) => None,
            (alike, all) if alike == all => Some(name(op)),
            // The argument decides.
            _ => Some(format!("{} (it depends)", name(op))),
        }
    };
    let names: Vec<String> = platform.ops.iter().filter_map(of_op).collect();
    if names.is_empty() { NO.into() } else { names.join(", ") }
}

/// What the operation does to one subject, in the words of all platforms; asked with something of everything.
fn deed(platform: &'static Platform, op: &Op) -> Option<Deed> {
    let write = op.write(&Args::default())?;
    let item = op.batch.and_then(|batch| op.param(batch.param)).map(|param| param.ty);
    let part = match item {
        Some(Ty::Ids(_) | Ty::Emails) => Value::from(ID),
        _ => json!({
            "id": ID, "group_id": ID, "community_id": ID, "user_id": ID, "name": "A", "email": "a@b.example",
            "fields": { "email": "a@b.example", "first_name": "A" },
        }),
    };
    let subject = Subject { kind: write.subject.kind, key: "a@b.example".into(), group: Some(ID.into()) };
    platform.adapter.deed(op, &subject, &part)
}

/// Whether undo can bring back what it changes, where that was read before.
fn goes_back(platform: &'static Platform, op: &'static Op) -> bool {
    match deed(platform, op) {
        Some(Deed::Joins { .. } | Deed::Leaves { .. } | Deed::Changes { .. } | Deed::GroupChanged { .. }) => true,
        Some(Deed::GroupMade { .. }) => platform.op("groups", "delete").is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_no_has_a_sentence_and_every_write_stands_once_under_plans_and_once_under_undo() {
        for platform in platforms::ALL.iter().copied() {
            let sentences: Vec<String> = missing(platform).into_iter().map(|(what, _)| what).collect();
            assert_eq!(
                members(platform) == NO,
                sentences.iter().any(|it| it == "a list of members"),
                "{}",
                platform.name
            );
            assert!(rosters(platform) != NO || members(platform) == NO, "{}", platform.name);
            let told = |row: &str| ROWS.iter().find(|(name, _)| name.contains(row)).unwrap().1(platform);
            for op in platform.ops.iter().filter(|op| !op.is_read()) {
                for (yes, no) in [("person by person", "as the call"), ("brings back", "leaves")] {
                    let stands = [told(yes), told(no)].map(|cell| cell.contains(&name(op)));
                    assert_eq!(stands.iter().filter(|it| **it).count(), 1, "{} {}", platform.name, op.name());
                }
                let repeats = ROWS.iter().skip(ROWS.len() - 4).filter(|(_, told)| told(platform).contains(&name(op)));
                assert!(repeats.count() >= 1, "{} {}", platform.name, op.name());
            }
        }
    }
}
