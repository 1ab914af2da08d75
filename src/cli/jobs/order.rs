//! From a job to the order of its run: its connection, its script, and its parameters as the script takes them.

use std::path::{Component, Path};

use super::super::Failure;
use super::super::run::{bound, load};
use crate::runs::{Order, Source};
use crate::script::{Kind, Script};
use crate::settings::{Job, Mode, Settings};

/// What `run` would refuse is refused here, before anything begins. No credential is read.
pub(super) fn order(job: &Job, settings: &Settings, mode: Mode) -> Result<Order, Failure> {
    let connection = match &job.connection {
        Some(name) => settings.connection(name)?,
        None => settings.default_connection()?,
    };
    let root = &settings.project.folder;
    let script = load(root, &root.join(&job.script))?;
    stay_inside(job, &script)?;
    let given = job.params.clone().into_iter().collect();
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

fn hint(job: &Job) -> String {
    format!(
        "write `[params]` of {} as the script takes them: beadle run {} --help",
        job.file.display(),
        job.script.display()
    )
}
