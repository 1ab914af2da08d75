//! `beadle runs`: which runs there were, how they stand, and everything of one of them.

use std::path::{Path, PathBuf};

use super::past::{PAGE, failed, is_gone, owner, times};
use super::resume::known;
use super::session::Session;
use super::{Code, Failure, Format, Shell};
use crate::runs::history::{Counts, Listed, Samples, Shown, Times, effect_json, log_json};
use crate::settings::{Flags, Mode};
use crate::store::{Approval, RunFilter, RunLine, RunState};
use crate::tables::files_below;

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
    /// The runs on the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Everything of one run: how it was started, what it did, how it ended, what to do next
    #[command(after_help = "Example:
  beadle runs show 20261122-0158-k3f9 --log")]
    Show(ShowOptions),
}

#[derive(Debug, clap::Args)]
struct ShowOptions {
    /// The run, as its report named it
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    /// Every effect, not only the first of each kind
    #[arg(long)]
    effects: bool,
    /// Every call that could change something, not only the first
    #[arg(long)]
    calls: bool,
    /// Its log: what it printed and said
    #[arg(long)]
    log: bool,
}

/// Runs read at a time: the effects of each are counted.
const RUNS: i64 = 50;
/// Effects shown of each kind.
const SAMPLES: i64 = 3;
/// Calls shown unless all are wanted; programs get all of them.
const CALLS: i64 = 10;

/// Lists runs, or shows one.
pub(super) fn runs(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Some(Command::Show(options)) => show(options, shell),
        None => list(options, shell),
    }
}

fn list(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let (flags, times) = (shell.flags(mode), times(&session));
    let script = options.script.as_deref().map(|path| below(&session.settings.project.folder, &shell.folder, path));
    let filter = RunFilter { state: options.state, script };
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
    let (mut shown, mut last): (i64, Option<RunLine>) = (0, None);
    while shown < limit {
        let older = last.as_ref().map(|run| (run.started_at, run.id.as_str()));
        let page = session.store.run_lines(filter, older, RUNS.min(limit - shown));
        let page = session.runtime.block_on(page).map_err(failed)?;
        let Some(oldest) = page.last().cloned() else { break };
        for listed in counted(session, page)? {
            shown += 1;
            if !take(listed)? {
                return Ok(shown);
            }
        }
        last = Some(oldest);
    }
    Ok(shown)
}

/// These runs with whose they are and what came of them.
fn counted(session: &Session<'_>, page: Vec<RunLine>) -> Result<Vec<Listed>, Failure> {
    let ids: Vec<&str> = page.iter().map(|run| run.id.as_str()).collect();
    let counts = session.runtime.block_on(session.store.counts(&ids)).map_err(failed)?;
    let mut listed = Vec::with_capacity(page.len());
    for run in page {
        let (owner, mut of) = (owner(session, &run.id)?, Counts::default());
        for (_, state, count) in counts.iter().filter(|(id, ..)| *id == run.id) {
            of.add(state, *count, owner);
        }
        listed.push(Listed { run, owner, counts: of });
    }
    Ok(listed)
}

fn show(options: &ShowOptions, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let shown = gathered(&session, &options.run, mode, shell.flags(mode), times(&session))?;
    let samples = if options.effects { Samples::None } else { Samples::Few };
    shell.tell(|| format!("{}\n{}", shown.head(), shown.effects(samples)), || shown.json());
    if shell.printer.format() == Format::Json {
        shown.parts().iter().for_each(|part| shell.printer.object(part));
    }
    if options.effects {
        effects(&session, &shown, shell)?;
    }
    calls(&session, &shown, options, shell)?;
    shell.tell_text(&shown.people());
    shell.tell_text(&shown.files());
    if options.log {
        log(&session, &shown, shell)?;
    }
    shell.tell_text(&shown.next().unwrap_or_default());
    Ok(Code::Done)
}

/// What is small of a run.
fn gathered(session: &Session<'_>, id: &str, mode: Mode, flags: Flags, times: Times) -> Result<Shown, Failure> {
    let run = known(session, id, mode)?;
    let owner = owner(session, id)?;
    let folder = session.settings.project.folder.join(".beadle/runs").join(id);
    let files = files_below(&folder);
    let files =
        files.map_err(|error| Failure::failed(format!("failed to look into `{}`: {error}", folder.display())))?;
    let store = &session.store;
    let asked = async {
        let mut effects = Vec::new();
        for group in store.effects_by_state(id).await? {
            let first = store.samples(id, &group, SAMPLES).await?;
            effects.push((group, first));
        }
        let world = store.world().await?;
        let accounts = effects.iter().flat_map(|(_, first)| first).map(|row| row.account.as_str());
        let gone = accounts.clone().count() > 0 && accounts.clone().all(|account| is_gone(account, world.as_ref()));
        let ended = run.ended_at.zip(world.as_ref()).is_some_and(|(end, world)| end < world.started_ms);
        let approvals: Vec<Approval> = store.approvals(id).await?;
        Ok(Shown {
            gone: gone || (mode == Mode::Sandbox && ended),
            owner,
            attempts: store.attempts_of(id).await?,
            approvals,
            decisions: store.decisions(id).await?,
            calls: store.count_calls(id).await?,
            effects,
            files,
            flags,
            times,
            run,
        })
    };
    session.runtime.block_on(asked).map_err(failed)
}

fn effects(session: &Session<'_>, shown: &Shown, shell: &Shell) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(session.store.effects_of(&shown.run.of.id, after, PAGE)).map_err(failed)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for row in &page {
            shell.tell(|| format!("  {}", shown.effect(row)), || effect_json(row, shown.owner));
        }
    }
}

fn calls(session: &Session<'_>, shown: &Shown, options: &ShowOptions, shell: &Shell) -> Result<(), Failure> {
    let text = shell.printer.format() == Format::Text;
    let most = if text && !options.calls { CALLS } else { i64::MAX };
    shell.tell_text(&format!("calls that could change something: {}", shown.calls));
    let (mut after, mut told) = (0, 0);
    while told < most {
        let page = session.store.calls_of(&shown.run.of.id, after, PAGE.min(most - told));
        let page = session.runtime.block_on(page).map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for call in &page {
            told += 1;
            shell.tell(|| format!("  {}", shown.call(call)), || Shown::call_json(call));
        }
    }
    if told < shown.calls {
        let (id, flags) = (&shown.run.of.id, &shown.flags);
        shell.tell_text(&format!("  and {} more: beadle runs show {id} --calls{flags}", shown.calls - told));
    }
    Ok(())
}

fn log(session: &Session<'_>, shown: &Shown, shell: &Shell) -> Result<(), Failure> {
    shell.tell_text("log:");
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(session.store.log_after(&shown.run.of.id, after, PAGE)).map_err(failed)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (_, line) in &page {
            shell.tell(|| format!("  {}", shown.log(line)), || log_json(line));
        }
    }
}

fn nothing(session: &Session<'_>, filter: &RunFilter) -> String {
    let state = filter.state.map(|state| format!(" that is {}", state.as_str())).unwrap_or_default();
    let script = filter.script.as_ref().map(|script| format!(" of {script}")).unwrap_or_default();
    format!("there is no run{script}{state} in {}", session.store.path().display())
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
