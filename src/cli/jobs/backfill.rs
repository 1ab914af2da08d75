//! `beadle jobs backfill`: moments of the past that shall run now, one after the other, by the `beadle serve` at work.

use serde_json::json;

use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::Place;
use super::moments::{typed, typed_end};
use super::standing::{Paused, Standings};
use crate::clock::Clock;
use crate::effects::Lease;
use crate::events::Level;
use crate::model::counted;
use crate::schedule::{self, Asked, Moments, SEAT};
use crate::settings::Jobs;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The job
    name: String,
    /// The first moment: RFC 3339, or by the clocks of the job's timezone
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The last moment; a day without a time counts to its end, today up to now
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Only moments that were missed or skipped, or that nobody decided about
    #[arg(long)]
    only_missing: bool,
    #[command(flatten)]
    place: Place,
}

/// Asks for the moments.
pub(super) fn backfill(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let settings = shell.settings(options.place.mode(), None)?;
    let job = Jobs::one(&settings, &options.name)?;
    let zone = job.timetable.zone();
    let now = Clock::system().now();
    let (from, to) = (typed("--from", &options.from, zone)?, typed_end("--to", &options.to, zone)?);
    // Of a day that has begun, what has been.
    let to = if typed("--to", &options.to, zone)? <= now { to.min(now) } else { to };
    let session = Session::open(shell, settings, options.place.mode())?;
    let which = if options.only_missing { Moments::Missing } else { Moments::All };
    let Asked { asked: count, left } = session.ask(schedule::backfill(&session.store, &job, (from, to), which, now))?;
    let served = Lease::is_held(&session.store, SEAT).unwrap_or(false);
    let pauses = Standings::of_session(&session, now)?.pauses(&job);
    shell.tell(
        || sum(&job.name, count, left),
        || json!({ "type": "backfill", "job": job.name, "asked": count, "left": left, "paused": !pauses.is_empty() }),
    );
    if count == 0 {
        return Ok(Code::Done);
    }
    let remark = |said: &str, next: &str| {
        shell.printer.say(Level::Warn, said);
        shell.printer.say(Level::Info, &format!("  next: {next}"));
    };
    for Paused { said, next } in &pauses {
        remark(&format!("{} is {said}; what was asked for waits until it is not", job.name), next);
    }
    if !served {
        let serve = format!("beadle serve{}", shell.flags(session.mode()));
        remark("no `beadle serve` is at work here; what was asked for waits for one", &serve);
    }
    Ok(Code::Done)
}

fn sum(job: &str, asked: usize, left: usize) -> String {
    let count = |number: usize| counted(number, "moment", "moments");
    let left = if left == 0 { String::new() } else { format!("; {} left as they are", count(left)) };
    format!("{job}: {} asked for, one after the other{left}", count(asked))
}
