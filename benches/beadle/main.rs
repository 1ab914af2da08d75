//! Figures measured side by side in one run: `cargo bench` for all, `cargo bench -- export` for one of them.
//! Each contestant is a process of its own, so that time and memory are its own; docs/performance.md says what they mean.
#![expect(clippy::disallowed_methods, reason = "benchmarks start programs, serve pages and write files")]
#![expect(clippy::print_stdout, reason = "figures are their output")]

mod crontab;
mod diff;
mod export;
mod hooks;
mod ledger;
mod lost;
mod measure;
mod members;
mod pages;
mod plain;
mod plan;
mod schedule;
mod start;

use std::process::ExitCode;

/// What may go wrong, shown as it is.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A benchmark: its name, and what it does with the arguments behind the name.
type Bench = (&'static str, fn(&[String]) -> Outcome);

const BENCHES: [Bench; 9] = [
    ("export", export::bench),
    ("start", start::bench),
    ("ledger", ledger::bench),
    ("diff", diff::bench),
    ("lost", lost::bench),
    ("plan", plan::bench),
    ("crontab", crontab::bench),
    ("schedule", schedule::bench),
    ("hooks", hooks::bench),
];

/// What a benchmark starts as a process of its own.
const CONTESTANTS: [Bench; 8] = [
    ("nothing", |_| Ok(())),
    ("plain-export", plain::export),
    ("passing-export", plain::passing),
    ("effects", ledger::effects),
    ("roster-diff", diff::roster),
    ("plain-diff", diff::plain),
    ("plain-plan", plan::plain),
    ("due-at-once", schedule::due_at_once),
];

fn main() -> ExitCode {
    // As the program does; a process has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // `cargo bench` adds a flag for benchmarks that are made otherwise.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match chosen(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn chosen(arguments: &[String]) -> Outcome {
    let Some((name, rest)) = arguments.split_first() else {
        return BENCHES.iter().try_for_each(|(_, bench)| bench(&[]));
    };
    match BENCHES.iter().chain(&CONTESTANTS).find(|(known, _)| known == name) {
        Some((_, act)) => act(rest),
        None => Err(format!(
            "no benchmark `{name}`; there are export, start, ledger, diff, lost, plan, crontab, schedule and hooks"
        )
        .into()),
    }
}

/// One argument as a number.
fn number(arguments: &[String], place: usize, default: usize) -> Outcome<usize> {
    arguments.get(place).map_or(Ok(default), |text| Ok(text.parse()?))
}
