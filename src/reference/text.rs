//! The reference on a terminal.

use super::{Function, Of, words};
use crate::catalog::{Op, Platform};

/// Functions by platform and noun, a line each; the library's behind them.
pub fn list(functions: &[Function]) -> String {
    let mut text = String::new();
    let mut heading = (String::new(), "");
    for function in functions {
        let title = title(function, functions);
        if heading.0 != title {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{title}\n"));
            heading = (title, "");
        }
        if heading.1 != function.noun() {
            heading.1 = function.noun();
            text.push_str(&format!("\n{}\n", heading.1));
        }
        text.push_str(&match function.0 {
            Of::Platform(_, op) => format!("  {}\n      {}\n", words::call(op), op.doc),
            Of::Library { usage, .. } => format!("  {usage}\n"),
        });
    }
    text
}

/// Whose functions follow, and how many of those that are listed.
fn title(function: &Function, among: &[Function]) -> String {
    let count = |of: fn(&Of, &Of) -> bool| among.iter().filter(|other| of(&function.0, &other.0)).count();
    match function.0 {
        Of::Platform(platform, _) => {
            let same = |one: &Of, other: &Of| matches!((one, other), (Of::Platform(a, _), Of::Platform(b, _)) if a.name == b.name);
            format!("{}, {} functions", platform.title, count(same))
        }
        Of::Library { .. } => {
            let count = count(|_, other| matches!(other, Of::Library { .. }));
            format!("The library, {count} functions: docs/scripting.md")
        }
    }
}

/// One function with everything that its table knows of it.
pub fn one(function: &Function) -> String {
    match function.0 {
        Of::Platform(platform, op) => operation(platform, op),
        Of::Library { usage, .. } => format!("{usage}\n\nOf the library: docs/scripting.md\n"),
    }
}

fn operation(platform: &Platform, op: &Op) -> String {
    let mut text = format!("{}\n\n{}\n\n", words::call(op), op.doc);
    let lines = words::arguments(op);
    let width = |of: fn(&words::Line) -> &str| lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0);
    let (names, types) = (width(|line| &line.name), width(|line| &line.ty));
    for line in &lines {
        let row = format!("  {:names$}  {:types$}  {}", line.name, line.ty, line.doc);
        text.push_str(row.trim_end());
        text.push('\n');
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    for (name, list) in words::names(op) {
        text.push_str(&format!("  {name}: {list}\n\n"));
    }
    let mut notes = words::notes(op);
    notes.push((platform.title, format!("{} {}", op.method.as_str(), op.path)));
    let width = notes.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    for (label, sentence) in notes {
        text.push_str(&format!("  {label:width$}  {sentence}\n"));
    }
    text
}
