//! The tools that a server lists, held against the table. Schemas of tools change with the integration behind them.

use std::collections::BTreeSet;

use rmcp::model::Tool;
use serde_json::{Map, Value};

use crate::catalog::{Op, Platform, Protocol};

/// Differences that are told one by one.
const TOLD: usize = 8;

/// What the argument is called that every call has, as far as the server's schemas name it, and what differs from the table.
pub(super) fn compare(platform: &Platform, listed: Result<Vec<Tool>, String>) -> (Option<String>, Vec<String>) {
    let tools = match listed {
        Ok(tools) => tools,
        Err(why) => {
            let words = format!("{}: the tools could not be compared with what beadle knows: {why}", platform.title);
            return (None, vec![words]);
        }
    };
    let Protocol::Tools { with: (always, _), .. } = platform.protocol else { return (None, Vec::new()) };
    let is_always = |name: &str| name.eq_ignore_ascii_case(always);
    let with = tools.iter().filter_map(properties).flat_map(Map::keys).find(|name| is_always(name)).cloned();
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for op in platform.ops {
        match tools.iter().find(|tool| tool.name == tool_of(op)) {
            None => missing.push(format!("`{}`", op.name())),
            Some(tool) => arguments(op, tool, &is_always, &mut found),
        }
    }
    found.splice(0..0, (!missing.is_empty()).then(|| format!("it has no tools for {}", missing.join(", "))));
    let unknown = tools.iter().filter(|tool| !platform.ops.iter().any(|op| tool.name == tool_of(op)));
    found.extend(unknown.map(|tool| format!("`{}` is new and cannot be called", tool.name)));
    if found.is_empty() {
        return (with, Vec::new());
    }
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    let mut words =
        format!("{}: the server's tools are not those that beadle knows: {}", platform.title, found.join("; "));
    if more > 0 {
        words.push_str(&format!("; and {more} more"));
    }
    (with, vec![words])
}

fn tool_of(op: &Op) -> &'static str {
    op.path.trim_start_matches('/')
}

fn properties(tool: &Tool) -> Option<&Map<String, Value>> {
    tool.input_schema.get("properties").and_then(Value::as_object)
}

/// Nothing is compared where the server lists no arguments.
fn arguments(op: &Op, tool: &Tool, is_always: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    let Some(properties) = properties(tool) else { return };
    let ours: BTreeSet<&str> =
        op.params.iter().filter(|param| param.place.is_sent()).map(|param| param.on_wire()).collect();
    let theirs: BTreeSet<&str> = properties.keys().map(String::as_str).filter(|name| !is_always(name)).collect();
    let demanded = tool.input_schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let demanded: BTreeSet<&str> = demanded.filter_map(Value::as_str).collect();
    let name = tool_of(op);
    found.extend(ours.difference(&theirs).map(|gone| format!("`{name}` does not take `{gone}`")));
    found.extend(theirs.difference(&ours).map(|new| match demanded.contains(new) {
        true => format!("`{name}` demands `{new}`, which beadle does not send"),
        false => format!("`{name}` also takes `{new}`"),
    }));
    let needed = |wire: &str| op.params.iter().any(|param| param.on_wire() == wire && param.required);
    let newly = ours.intersection(&demanded).filter(|wire| !needed(wire));
    found.extend(newly.map(|wire| format!("`{name}` demands `{wire}`")));
}
