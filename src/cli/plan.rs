//! `beadle plan SCRIPT`: what a script would do, person by person, without doing it. `beadle plan PLAN` shows one again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::run::{How, order};
use super::session::Session;
use super::{Code, Failure, Format, Shell};
use crate::effects::brakes::{Hold, flags};
use crate::plan::{Detail, Plan};
use crate::runs::{Ending, Planned};
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle plan scripts/sync_roster.rhai --sandbox
  beadle plan scripts/sync_roster.rhai --sandbox --all --out roster.plan.json
  beadle plan 20261122-0601-k3f9 --sandbox --only ada@example.org

Exit codes: as of `run`, and 4 when the plan waits for approval.
With --exit-code, 3 tells that something would change; brakes (4) and refused rows (5) are told first.")]
pub(super) struct Options {
    /// The script; or a plan, by its name or file, to show it again
    what: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    shown: Shown,
}

/// How a plan is shown and kept.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Shown {
    /// Also write the plan to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// End with 3 when something would change
    #[arg(long)]
    exit_code: bool,
    /// Show everybody, not a few of each kind
    #[arg(long, conflicts_with = "only")]
    all: bool,
    /// Show only those whose address, name or id holds this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Plans the script and shows the plan, or shows one that was made before.
pub(super) fn plan(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    if is_script(&options.what) {
        let (session, order, play) = order(&options.what, &options.how, shell)?;
        return show(&options.shown, shell, &session.plan(&order, play)?);
    }
    let mode = if options.how.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let plan = find(&session, &options.what)?;
    options.shown.keep(shell, &plan)?;
    let waits = session.ask(session.past().open_holds(&plan))?;
    let code = options.shown.code(&plan, if waits.is_empty() { Code::Done } else { Code::Held });
    options.shown.print(shell, &plan, &waits, Said { lines: Vec::new(), report: None, code });
    Ok(code)
}

/// What is said beside the plan itself.
struct Said {
    /// What the script had to say, for people.
    lines: Vec<String>,
    /// The same for programs.
    report: Option<Value>,
    /// How the command ends.
    code: Code,
}

/// Shows what planning came to, and says how it ended.
pub(super) fn show(shown: &Shown, shell: &Shell, planned: &Planned) -> Result<Code, Failure> {
    let worst = Code::worst(ended(planned));
    if planned.ending != Ending::Done {
        if shell.printer.format() == Format::Json {
            let mut object = planned.json();
            object["exit_code"] = worst.number().into();
            shell.printer.object(&object);
        }
        return Ok(worst);
    }
    shown.keep(shell, &planned.plan)?;
    let code = shown.code(&planned.plan, worst);
    let said = Said { lines: planned.lines(), report: Some(planned.json()["report"].take()), code };
    shown.print(shell, &planned.plan, &planned.plan.holds, said);
    Ok(code)
}

/// A plan by its name or its file; what a file says is not kept.
pub(super) fn find(session: &Session<'_>, what: &Path) -> Result<Plan, Failure> {
    let named = what.display().to_string();
    let unreadable = |error: crate::plan::NotAPlan| Failure::usage(format!("`{named}`: {error}"));
    if let Some(plan) = session.ask(session.past().plan(&named))? {
        return Ok(plan);
    }
    let file = session.shell.folder.join(what);
    if !file.is_file() {
        let place = session.store.path().display();
        let hint = match session.mode() {
            Mode::Real => "a plan made on the sandbox is found with --sandbox",
            Mode::Sandbox => "a plan made on a real connection is found without --sandbox",
        };
        return Err(Failure::usage(format!("there is no plan `{named}` in {place}, and no such file")).hint(hint));
    }
    let text = crate::tables::read_text(&file).map_err(|error| Failure::usage(error.to_string()))?;
    Plan::read(&text).map_err(unreadable)
}

fn is_script(what: &Path) -> bool {
    what.extension().is_some_and(|ending| ending == "rhai")
}

impl Shown {
    fn keep(&self, shell: &Shell, plan: &Plan) -> Result<(), Failure> {
        let Some(out) = &self.out else { return Ok(()) };
        let mut text = serde_json::to_string_pretty(&plan.write()).unwrap_or_default();
        text.push('\n');
        let path = shell.folder.join(out);
        crate::tables::write_text(&path, &text).map_err(|error| Failure::failed(error.to_string()))
    }

    fn code(&self, plan: &Plan, worst: Code) -> Code {
        match self.exit_code && !plan.is_empty() {
            true => Code::worst([worst, Code::Pending]),
            false => worst,
        }
    }

    fn print(&self, shell: &Shell, plan: &Plan, waits: &[Hold], said: Said) {
        shell.printer.end();
        match shell.printer.format() {
            Format::Json => objects(plan, said).iter().for_each(|object| shell.printer.object(object)),
            Format::Text => {
                let lines = self.lines(shell, plan, waits, said.lines);
                shell.printer.data(&format!("{}\n", lines.join("\n")));
            }
        }
    }

    fn lines(&self, shell: &Shell, plan: &Plan, waits: &[Hold], mut lines: Vec<String>) -> Vec<String> {
        let detail = match (&self.only, self.all) {
            (Some(text), _) => Detail::Of(text.clone()),
            (None, true) => Detail::All,
            (None, false) => Detail::Samples,
        };
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let sandbox = if plan.sandbox { " (sandbox)" } else { "" };
        lines.push(format!("plan {} of {} on {}{sandbox}", plan.id, plan.script, plan.connection));
        lines.extend(plan.text(&detail).into_iter().map(|line| format!("  {line}")));
        let flag = shell.flags(if plan.sandbox { Mode::Sandbox } else { Mode::Real });
        if !waits.is_empty() {
            let approve = format!("beadle approve {}{flag} {} --reason \"…\"", plan.id, flags(waits));
            lines.push(format!("if it is meant, type: {approve}"));
        }
        if !plan.is_empty() {
            lines.push(format!("nothing was changed; to do exactly this: beadle apply {}{flag}", plan.id));
        }
        lines
    }
}

/// One object for everybody that the plan touches, and one for the plan.
fn objects(plan: &Plan, said: Said) -> Vec<Value> {
    let mut objects: Vec<Value> = plan.touch_objects().collect();
    let mut head = plan.head();
    if let Value::Object(map) = &mut head {
        map.insert("exit_code".into(), said.code.number().into());
        map.extend(said.report.map(|report| ("report".to_owned(), report)));
    }
    objects.push(head);
    objects
}

fn ended(planned: &Planned) -> Vec<Code> {
    let mut codes = vec![match &planned.ending {
        Ending::Done => Code::Done,
        Ending::Interrupted(_) | Ending::TimedOut(_) => Code::Interrupted,
        Ending::Held(..) => Code::Held,
        Ending::InDoubt(_) => Code::InDoubt,
        Ending::Failed(_) | Ending::Limit(_) => Code::Failed,
    }];
    if !planned.plan.holds.is_empty() {
        codes.push(Code::Held);
    }
    if planned.parts.rejected + planned.parts.failed > 0 {
        codes.push(Code::Partial);
    }
    codes
}
