//! `webhook show` and `replay`: one delivery, and the same once more.

use serde_json::{Value, json};

use super::super::past::{failed, times};
use super::super::session::Session;
use super::super::{Code, Failure, Format, Shell};
use super::deliveries::{delivery_line, idle_lines};
use super::open;
use crate::clock::Clock;
use crate::hooks::{Bell, Inbox, aside_json, whole_delivery_json};
use crate::model::counted;
use crate::runs::history::Times;
use crate::store::{DeliveryRow, IdleRow, TriggerRow};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Its number, as `beadle webhook list` shows it
    number: i64,
    /// A body that was kept aside
    #[arg(long)]
    aside: bool,
    /// Of the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Replay {
    /// Its number, as `beadle webhook list` shows it
    number: i64,
    /// Of the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Shows all that is kept of one.
pub(super) fn show(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let session = open(shell, options.sandbox)?;
    if options.aside {
        return aside(&session, options.number, shell);
    }
    let (row, body) = delivery(&session, options.number)?;
    let runs = session.runtime.block_on(session.store.triggers_of(row.seq)).map_err(failed)?;
    let idle = session.runtime.block_on(session.store.idle_of(&[row.seq])).map_err(failed)?;
    let idle: Vec<&IdleRow> = idle.iter().collect();
    if shell.printer.format() == Format::Json {
        shell.printer.object(&whole_delivery_json(&row, &body, &runs, &idle));
        return Ok(Code::Done);
    }
    shell.tell_text(&delivery_line(&row, &times(&session)));
    runs.iter().for_each(|run| shell.tell_text(&run_line(run, &times(&session))));
    idle_lines(&row, &idle).iter().for_each(|line| shell.tell_text(line));
    let body: Value = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    shell.tell_text(&harmless(&serde_json::to_string_pretty(&body).unwrap_or_default()));
    Ok(Code::Done)
}

/// A run that a delivery asked for, and how it stands.
fn run_line(run: &TriggerRow, times: &Times) -> String {
    let count = run.events.as_array().map_or(0, Vec::len);
    let events = counted(count, "event", "events");
    let mut line = format!("  run {} of job {} for {events}: ", run.run, run.job);
    match (&run.ended_how, &run.why) {
        (Some(how), _) => line.push_str(how),
        (None, Some(why)) => line.push_str(&format!("waits: {why}")),
        (None, None) if run.tries > 0 => line.push_str("at work"),
        (None, None) => line.push_str("waits to begin"),
    }
    if let Some(at) = run.due_at {
        line.push_str(&format!("; next try {}", times.show(at)));
    }
    line
}

/// Stores it once more, to be worked off by whoever does that.
pub(super) fn replay(options: &Replay, shell: &Shell) -> Result<Code, Failure> {
    let session = open(shell, options.sandbox)?;
    let (row, body) = delivery(&session, options.number)?;
    let flags = shell.flags(session.mode());
    if row.state != "done" {
        let why = format!("delivery {} is not worked off yet; it needs no replay", row.seq);
        return Err(Failure::usage(why).hint(format!("beadle webhook show {}{flags}", row.seq)));
    }
    let inbox = Inbox::new(session.store.clone(), Clock::system(), Bell::default());
    let kept = session.runtime.block_on(inbox.replay(&row, &body)).map_err(failed)?;
    let number = kept.ok_or_else(|| Failure::failed("somebody else has replayed it at the same moment"))?;
    shell.tell(
        || {
            format!(
                "delivery {number} is a replay of {}; jobs that wait for it run once more, with runs of their own\n\
                 to see what becomes of it: beadle webhook show {number}{flags}",
                row.seq
            )
        },
        || json!({ "type": "replay", "delivery": number, "replay_of": row.seq }),
    );
    Ok(Code::Done)
}

fn delivery(session: &Session<'_>, number: i64) -> Result<(DeliveryRow, Vec<u8>), Failure> {
    let read = session.runtime.block_on(async {
        let row = session.store.delivery(number).await?;
        let body = session.store.delivery_body(number).await?;
        Ok(row.zip(body))
    });
    read.map_err(failed)?.ok_or_else(|| missing(session, &format!("there is no delivery {number}")))
}

fn aside(session: &Session<'_>, number: i64, shell: &Shell) -> Result<Code, Failure> {
    let asides = session.runtime.block_on(session.store.asides(None)).map_err(failed)?;
    let found = asides.iter().find(|aside| aside.seq == number);
    let aside = found.ok_or_else(|| missing(session, &format!("nothing aside has the number {number}")))?;
    let start = harmless(&String::from_utf8_lossy(&aside.body));
    shell.tell(|| format!("{} bytes to hook {}: {}\n{start}", aside.size, aside.hook, aside.why), || aside_json(aside));
    Ok(Code::Done)
}

/// What somebody else wrote, without what a terminal would obey.
fn harmless(text: &str) -> String {
    let shown = |sign: char| if sign.is_control() && !matches!(sign, '\n' | '\t') { '\u{fffd}' } else { sign };
    text.chars().map(shown).collect()
}

fn missing(session: &Session<'_>, what: &str) -> Failure {
    Failure::usage(what).hint(format!("beadle webhook list{}", session.shell.flags(session.mode())))
}
