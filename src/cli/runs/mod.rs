//! `beadle runs`: which runs there were, how they stand, and everything of one of them.

mod show;

use std::path::{Path, PathBuf};

use super::past::{failed, times};
use super::session::Session;
use super::{Code, Failure, Format, Shell};
use crate::runs::history::Listed;
use crate::settings::Mode;
use crate::store::{RunFilter, RunLine, RunState};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  beadle runs --state interrupted
  beadle runs show 20261122-0158-k3f9 --effects"
)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// Only those that stand so: running, done, failed, held or interrupted
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<RunState>,
    /// Only those of this script
    #[arg(long, value_name = "PATH")]
    script: Option<PathBuf>,
    /// Only those of this job
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// The runs on the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Everything of one run: how it was started, what it did, how it ended, what to do next
    #[command(after_help = "Example:
  beadle runs show 20261122-0158-k3f9 --log")]
    Show(show::Options),
}

/// Runs read at a time: the effects of each are counted.
const RUNS: i64 = 50;
/// Lists runs, or shows one.
pub(super) fn runs(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Some(Command::Show(options)) => show::show(options, shell),
        None => list(options, shell),
    }
}

fn list(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let (flags, times) = (shell.flags(mode), times(&session));
    let script = options.script.as_deref().map(|path| below(&session.settings.project.folder, &shell.folder, path));
    let filter = RunFilter { state: options.state, script, job: options.job.clone() };
    let all = session.runtime.block_on(session.store.count_runs(&filter)).map_err(failed)?;
    let shown = each(&session, &filter, options.limit, |listed| {
        shell.tell(|| listed.text(&times), || listed.json(&flags));
        Ok(true)
    })?;
    if shell.printer.format() == Format::Json {
        shell.printer.object(&serde_json::json!({ "type": "runs", "shown": shown, "all": all }));
    } else if all == 0 {
        shell.tell_text(&nothing(&session, &filter));
    } else if shown < all {
        shell.tell_text(&format!("and {} older: --limit {all} shows them", all - shown));
    }
    Ok(Code::Done)
}

/// Hands out runs, the newest first, until `limit` or until told to stop; returns how many.
pub(super) fn each(
    session: &Session<'_>,
    filter: &RunFilter,
    limit: i64,
    mut take: impl FnMut(Listed) -> Result<bool, Failure>,
) -> Result<i64, Failure> {
    let (past, mut shown, mut last): (_, i64, Option<RunLine>) = (session.past(), 0, None);
    while shown < limit {
        let older = last.as_ref().map(|run| (run.started_at, run.id.as_str()));
        let page = session.ask(past.runs(filter, older, RUNS.min(limit - shown)))?;
        let Some(oldest) = page.last().map(|listed| listed.run.clone()) else { break };
        for listed in page {
            shown += 1;
            if !take(listed)? {
                return Ok(shown);
            }
        }
        last = Some(oldest);
    }
    Ok(shown)
}

fn nothing(session: &Session<'_>, filter: &RunFilter) -> String {
    let state = filter.state.map(|state| format!(" that is {}", state.as_str())).unwrap_or_default();
    let script = filter.script.as_ref().map(|script| format!(" of {script}")).unwrap_or_default();
    let job = filter.job.as_ref().map(|job| format!(" for {job}")).unwrap_or_default();
    format!("there is no run{script}{job}{state} in {}", session.store.path().display())
}

/// A script as runs name it: by its path below the project's folder.
fn below(project: &Path, current: &Path, named: &Path) -> String {
    let path = current.join(named);
    let parts: Vec<_> = path.strip_prefix(project).unwrap_or(named).components().collect();
    let normal = parts.iter().filter(|part| !matches!(part, std::path::Component::CurDir));
    normal.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn state(word: &str) -> Result<RunState, String> {
    RunState::parse(word).ok_or_else(|| {
        let words: Vec<&str> = RunState::ALL.iter().map(|state| state.as_str()).collect();
        format!("a run is {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_from_the_current_folder_and_known_below_the_projects() {
        let named = |path: &str| below(Path::new("/p"), Path::new("/p/scripts"), Path::new(path));
        assert_eq!(named("sync.rhai"), "scripts/sync.rhai");
        assert_eq!(named("./sync.rhai"), "scripts/sync.rhai");
        assert_eq!(named("/p/other.rhai"), "other.rhai");
    }

    #[test]
    fn a_state_is_one_of_the_five_words() {
        assert_eq!(state("held"), Ok(RunState::Held));
        assert_eq!(state("dead").unwrap_err(), "a run is running, done, failed, held, interrupted");
    }
}
