//! From a job to the order of its run: its connection, its script, and its parameters as the script takes them.

use std::path::{Component, Path};

use super::super::Failure;
use super::super::run::{bound, load};
use crate::runs::{Order, Source};
use crate::script::{ArgProblem, Kind, Script};
use crate::settings::{Job, Mode, Settings};

/// What `run` would refuse is refused here, before anything begins. No credential is read.
pub(in super::super) fn order(job: &Job, settings: &Settings, mode: Mode) -> Result<Order, Failure> {
    let connection = match &job.connection {
        Some(name) => settings.connection(name)?,
        None => settings.default_connection()?,
    };
    let root = &settings.project.folder;
    let script = load(root, &root.join(&job.script))?;
    stay_inside(job, &script)?;
    let given: Vec<(String, String)> = job.params.clone().into_iter().collect();
    script
        .declared()
        .bind(given.clone(), mode == Mode::Sandbox)
        .map_err(|problem| in_its_file(job, &script, &problem))?;
    bound(script, given, connection.name.clone(), mode, Source::New, root)
        .map_err(|failure| Failure { hint: Some(hint(job)), ..failure })
}

/// Only a person at the command line names files outside of the project.
fn stay_inside(job: &Job, script: &Script) -> Result<(), Failure> {
    let is_file = |name: &str| script.declared().get(name).is_some_and(|argument| argument.kind == Kind::File);
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    match job.params.iter().find(|(name, path)| is_file(name) && !Path::new(path).components().all(inside)) {
        None => Ok(()),
        Some((name, path)) => {
            let problem = format!("the argument `{name}` names `{path}`, which is not below the project's folder");
            Err(Failure::usage(problem).hint(hint(job)))
        }
    }
}

/// What is wrong with the arguments, in the words of the job's file.
fn in_its_file(job: &Job, script: &Script, problem: &ArgProblem) -> Failure {
    let ArgProblem::Missing { name, doc, placeholder } = problem else {
        return Failure::usage(problem.to_string()).hint(hint(job));
    };
    let kind = script.declared().get(name).map(|argument| argument.kind);
    let value = match kind {
        Some(Kind::Int | Kind::Float | Kind::Bool) => placeholder.clone(),
        _ => format!("\"{placeholder}\""),
    };
    let problem = format!("the argument `{name}` is missing{doc}: `[params]` gives the script no such key");
    Failure::usage(problem).hint(job.how_to_give(name, &value))
}

fn hint(job: &Job) -> String {
    format!(
        "write `[params]` of {} as the script takes them: beadle run {} --help",
        job.file.display(),
        job.script.display()
    )
}
