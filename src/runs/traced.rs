//! What a run looks like as a span: which run of what it is, and how it ended. No argument and no word of an error goes into
//! it: they name people.

use tracing::Span;
use tracing::field::Empty;

use super::report::Report;
use super::runner::{Order, Refused, Runner, Source};
use super::work::Work;
use crate::spans;

/// A run, from taking its lock to its account.
pub(super) fn run(runner: &Runner, order: &Order) -> Span {
    let span = tracing::info_span!(
        "run",
        otel.name = Empty,
        otel.status_code = Empty,
        "error.type" = Empty,
        beadle.run = Empty,
        beadle.attempt = Empty,
        beadle.script = order.path.as_str(),
        beadle.connection = order.connection.as_str(),
        beadle.sandbox = runner.sandbox,
        beadle.job = Empty,
        beadle.cause = Empty,
        beadle.ending = Empty,
        beadle.exit_code = Empty,
        beadle.calls = Empty,
        beadle.writes = Empty,
        beadle.effects.done = Empty,
        beadle.effects.queued = Empty,
        beadle.effects.failed = Empty,
        beadle.effects.in_doubt = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    let what = match &order.work {
        Work::Plan { .. } => "apply",
        Work::Script(_) | Work::Undo(_) => "run",
    };
    span.record("otel.name", format!("{what} {}", order.path));
    let job = match &order.source {
        Source::OfJob(begin) => Some(&begin.of),
        Source::Again(run) => run.of.job.as_ref(),
        Source::New => None,
    };
    if let Some(job) = job {
        span.record("beadle.job", job.name.as_str());
        span.record("beadle.cause", job.cause.as_str());
    }
    span
}

/// Tells the run's span how it ended.
pub(super) fn ended(span: &Span, ended: &Result<Report, Refused>) {
    if span.is_disabled() {
        return;
    }
    let report = match ended {
        Ok(report) => report,
        Err(_) => {
            return spans::failed(span, "refused");
        }
    };
    let code = report.exit_code();
    span.record("beadle.run", report.run.as_str());
    span.record("beadle.attempt", report.attempt);
    span.record("beadle.ending", report.ending.word());
    span.record("beadle.exit_code", i64::from(code));
    for (name, count) in [
        ("beadle.calls", report.calls),
        ("beadle.writes", report.writes),
        ("beadle.effects.done", report.tally.done),
        ("beadle.effects.queued", report.tally.queued),
        ("beadle.effects.failed", report.tally.failed),
        ("beadle.effects.in_doubt", report.tally.in_doubt),
    ] {
        span.record(name, spans::count(count));
    }
    if code != 0 {
        spans::failed(span, report.ending.word());
    }
}
