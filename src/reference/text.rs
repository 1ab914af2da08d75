//! The reference on a terminal.

use super::{Function, words};

/// Operations by platform and noun, a line each.
pub fn list(functions: &[Function]) -> String {
    let mut text = String::new();
    let mut heading = (String::new(), "");
    for function in functions {
        let (platform, op) = (function.platform, function.op);
        if heading.0 != platform.title {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}, {} functions\n", platform.title, count(functions, platform.name)));
            heading = (platform.title.to_owned(), "");
        }
        if heading.1 != op.noun {
            text.push_str(&format!("\n{}\n", op.noun));
            heading.1 = op.noun;
        }
        text.push_str(&format!("  {}\n      {}\n", words::call(op), op.doc));
    }
    text
}

fn count(functions: &[Function], platform: &str) -> usize {
    functions.iter().filter(|function| function.platform.name == platform).count()
}

/// One operation with everything the table knows of it.
pub fn one(function: &Function) -> String {
    let (platform, op) = (function.platform, function.op);
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
    notes.push((platform.title, words::place(platform, op)));
    let width = notes.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    for (label, sentence) in notes {
        text.push_str(&format!("  {label:width$}  {sentence}\n"));
    }
    text
}
