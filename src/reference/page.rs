//! A platform's page for `docs/reference/`, in Markdown. The pages are committed; a test fails when they are stale.

use super::words;
use crate::catalog::{Credential, FieldTy, Op, Platform, Protocol, Record};

/// The page of a platform.
pub fn page(platform: &'static Platform) -> String {
    let mut text = format!(
        "# {}\n\nWritten by beadle from its table of operations; `beadle functions NAME` shows the same.\n\
         Address: `{}`. {} operations. What ids, lists, errors and `()` are: [scripting](../scripting.md).\n\n\
         ## A connection\n\n| key | needed | what it is |\n|---|---|---|\n",
        platform.title,
        platform.base_url,
        platform.ops.len()
    );
    for credential in platform.credentials {
        text.push_str(&format!(
            "| `{}` | {} | {} |\n",
            credential.key,
            needed(platform, credential),
            cell(credential.doc)
        ));
    }
    for noun in platform.nouns() {
        text.push_str(&format!("\n## {noun}\n"));
        for op in platform.ops.iter().filter(|op| op.noun == noun) {
            text.push_str(&section(platform, op));
        }
    }
    text.push_str("\n## Records\n\nFields that a platform sends beyond these are kept.\n");
    for record in records(platform) {
        text.push_str(&format!("\n### {}\n\n| field | what it is |\n|---|---|\n", record.name));
        for field in record.fields {
            text.push_str(&format!("| `{}` | {} |\n", field.name, cell(&words::field(field.ty))));
        }
    }
    text
}

/// Whether a connection needs it: where there are several ways to sign in, one of them.
fn needed(platform: &Platform, credential: &Credential) -> String {
    let ways = platform.sign_in.ways();
    let others: Vec<String> = ways
        .iter()
        .filter(|way| {
            ways.len() > 1 && ways.iter().flatten().any(|key| *key == credential.key) && !way.contains(&credential.key)
        })
        .map(|way| format!("or `{}`", way.join("`, `")))
        .collect();
    match (credential.required, credential.default) {
        (true, _) => "yes".into(),
        (false, Some(default)) => format!("no: `{default}`"),
        (false, None) if !others.is_empty() => format!("yes, {}", others.join(", ")),
        (false, None) => "no".into(),
    }
}

fn section(platform: &Platform, op: &Op) -> String {
    let place = match platform.protocol {
        Protocol::Rest => format!("`{} {}{}`", op.method.as_str(), platform.prefix, op.path),
        Protocol::Tools { .. } => words::place(platform, op),
    };
    let mut text = format!("\n### {}\n\n{}\n\n```text\n{}\n```\n\n{place}\n\n", op.name(), op.doc, words::call(op));
    let lines = words::arguments(op);
    if !lines.is_empty() {
        text.push_str("| argument | type | what it is for |\n|---|---|---|\n");
    }
    for line in &lines {
        text.push_str(&format!("| `{}` | {} | {} |\n", line.name, cell(&line.ty), cell(&line.doc)));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    for (name, list) in words::names(op) {
        text.push_str(&format!("`{name}`: {list}.\n\n"));
    }
    for (label, sentence) in words::notes(op) {
        text.push_str(&format!("- {label}: {sentence}\n"));
    }
    text
}

/// The platform's records and those inside them, each once, in the order in which they are met.
fn records(platform: &Platform) -> Vec<&'static Record> {
    let mut found: Vec<&'static Record> = Vec::new();
    let mut waiting: Vec<&'static Record> = platform.records.iter().rev().copied().collect();
    while let Some(record) = waiting.pop() {
        if found.iter().any(|known| known.name == record.name) {
            continue;
        }
        found.push(record);
        for field in record.fields.iter().rev() {
            if let FieldTy::One(inner) | FieldTy::Many(inner) = field.ty {
                waiting.push(inner);
            }
        }
    }
    found
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
