//! `webhook list`: the hooks, what stands aside, and the deliveries, the newest first.

use super::super::past::{failed, times};
use super::super::{Code, Failure, Shell};
use super::open;
use crate::hooks::{aside_json, delivery_json, hook_json};
use crate::model::counted;
use crate::runs::history::Times;
use crate::store::{AsideRow, DeliveryRow, HookRow, IdleRow};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Only this hook's
    name: Option<String>,
    /// How many deliveries, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// Those of the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Bodies aside that are listed; the others are counted.
const ASIDES: usize = 5;

/// Lists hooks and deliveries.
pub(super) fn list(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let session = open(shell, options.sandbox)?;
    let (times, only) = (times(&session), options.name.as_deref());
    let read = session.runtime.block_on(async {
        let hooks = session.store.hooks().await?;
        let asides = session.store.asides(only).await?;
        let deliveries = session.store.deliveries(only, i64::MAX, options.limit).await?;
        let numbers: Vec<i64> = deliveries.iter().map(|row| row.seq).collect();
        let idle = session.store.idle_of(&numbers).await?;
        Ok((hooks, asides, deliveries, idle))
    });
    let (mut hooks, asides, deliveries, idle) = read.map_err(failed)?;
    hooks.retain(|hook| only.is_none_or(|only| only == hook.name));
    let flags = shell.flags(session.mode());
    if hooks.is_empty() {
        if let Some(name) = only {
            let next = format!("beadle webhook list{flags}");
            return Err(Failure::usage(format!("there is no hook `{name}`")).hint(next));
        }
        shell.tell_text(&format!("no hooks; make one: beadle webhook add NAME{flags}"));
    }
    let all: i64 = hooks.iter().map(|hook| hook.deliveries).sum();
    for hook in &hooks {
        shell.tell(|| hook_line(hook, &times), || hook_json(hook));
    }
    for aside in asides.iter().take(ASIDES) {
        shell.tell(|| aside_line(aside, &times), || aside_json(aside));
    }
    if asides.len() > ASIDES {
        shell.tell_text(&format!("  and {} more aside", asides.len() - ASIDES));
    }
    for row in &deliveries {
        let idle: Vec<&IdleRow> = idle.iter().filter(|idle| idle.delivery == row.seq).collect();
        let text = || [vec![delivery_line(row, &times)], idle_lines(row, &idle)].concat().join("\n");
        shell.tell(text, || delivery_json(row, &idle));
    }
    let shown = i64::try_from(deliveries.len()).unwrap_or(i64::MAX);
    if shown < all {
        shell.tell_text(&format!("and {} older: --limit {all} shows them", all - shown));
    }
    Ok(Code::Done)
}

fn hook_line(hook: &HookRow, times: &Times) -> String {
    let deliveries = counted(hook.deliveries, "delivery", "deliveries");
    let mut line = format!("hook {} for connection {}: {deliveries}", hook.name, hook.connection);
    if hook.waiting > 0 {
        line.push_str(&format!(", {} not worked off yet", hook.waiting));
    }
    if hook.aside > 0 {
        line.push_str(&format!(", {} kept aside", counted(hook.aside, "body", "bodies")));
    }
    match (hook.removed_at, hook.old_until) {
        (Some(at), _) => line.push_str(&format!("; removed {}", times.show(at))),
        (None, Some(until)) => {
            line.push_str(&format!("; the secret before this one holds until {}", times.show(until)))
        }
        (None, None) => {}
    }
    line
}

fn aside_line(aside: &AsideRow, times: &Times) -> String {
    let start: String = String::from_utf8_lossy(&aside.body).chars().filter(|c| !c.is_control()).take(60).collect();
    format!("  aside {}  {}  {} bytes, {}: {start}", aside.seq, times.show(aside.at), aside.size, aside.why)
}

/// One delivery as a line.
pub(super) fn delivery_line(row: &DeliveryRow, times: &Times) -> String {
    let mut line = format!("{}  {}  {}  ", row.seq, times.show(row.received_at), row.hook);
    match row.state.as_str() {
        "done" => line.push_str(&format!("done: {} told, {}", row.counts.notices, counted(row.runs, "run", "runs"))),
        _ if row.tries > 0 => line.push_str(&format!("waits until {}", times.show(row.next_try_at))),
        _ => line.push_str("waits"),
    }
    for flag in flags(row) {
        line.push_str(&format!(", {flag}"));
    }
    if let Some(trouble) = &row.trouble {
        line.push_str(&format!(": {trouble}"));
    }
    line
}

/// Why some of a delivery started nothing, a line a reason.
pub(super) fn idle_lines(row: &DeliveryRow, idle: &[&IdleRow]) -> Vec<String> {
    idle.iter().map(|idle| format!("  {}", idle.text(&row.connection))).collect()
}

/// What is out of the ordinary about a delivery.
fn flags(row: &DeliveryRow) -> Vec<String> {
    let counts = &row.counts;
    let mut flags = Vec::new();
    if let Some(of) = row.replay_of {
        flags.push(format!("replay of {of}"));
    }
    if counts.partial {
        flags.push("partial".to_owned());
    }
    for (count, word) in [
        (counts.unknown, "of an unknown topic"),
        (counts.known, "told before"),
        (counts.gone, "gone"),
        (counts.own, "written by beadle"),
        (counts.unread, "not read"),
    ] {
        if count > 0 {
            flags.push(format!("{count} {word}"));
        }
    }
    if row.repeats > 0 {
        flags.push(format!("sent again {}", counted(row.repeats, "time", "times")));
    }
    flags
}
