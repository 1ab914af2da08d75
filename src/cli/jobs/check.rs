//! `beadle jobs check`: whether every job could run, without running any.

use serde_json::json;

use super::super::{Code, Failure, Shell};
use super::order::order;
use super::remarks::{self, Remark};
use super::{Place, broken};
use crate::events::Level;
use crate::model::counted;
use crate::runs::Order;
use crate::settings::Job;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
}

/// Checks all files, connections, scripts and parameters; ends with 2 where one is wrong.
pub(super) fn check(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let (settings, jobs) = options.place.open(shell)?;
    let mode = options.place.mode();
    // A project without jobs on events needs no look into the store.
    let hooks = match jobs.jobs.values().any(|job| !job.on.is_empty()) {
        true => remarks::hooks(&settings, mode, shell)?,
        false => Vec::new(),
    };
    let flags = shell.flags(mode);
    let remarks_of = |job: &Job, order: &Order| -> Vec<Remark> {
        [remarks::of_powers(job, order), remarks::of_events(job, order, &hooks, &flags)].into_iter().flatten().collect()
    };
    let (mut wrong, mut remarked) = (0, 0);
    for job in jobs.jobs.values() {
        let (failure, remarks) = match order(job, &settings, mode) {
            Ok(order) => (None, remarks_of(job, &order)),
            Err(failure) => (Some(failure), Vec::new()),
        };
        if let Some(failure) = &failure {
            wrong += 1;
            shell.printer.say(Level::Error, &format!("{}: {}", job.file.display(), failure.message));
            if let Some(hint) = &failure.hint {
                shell.printer.say(Level::Info, &format!("  next: {hint}"));
            }
        }
        remarked += remarks.len();
        remarks.iter().for_each(|remark| remark.say(job, shell));
        let error = failure.as_ref().map(|failure| failure.message.as_str());
        let next = failure.as_ref().and_then(|failure| failure.hint.as_deref());
        let object = || {
            let remarks: Vec<_> = remarks.iter().map(Remark::json).collect();
            json!({ "type": "checked", "job": job.name, "file": job.file, "error": error, "next": next, "remarks": remarks })
        };
        match error {
            None => shell.tell(|| format!("{}: can run", job.name), object),
            Some(_) => shell.tell_object(object),
        }
    }
    let code = broken(&jobs, shell);
    let (all, wrong) = (jobs.jobs.len() + jobs.broken.len(), wrong + jobs.broken.len());
    let words = match (all, wrong) {
        (0, _) => "there is no job".to_owned(),
        (_, 0) => format!("{all} checked, all of them can run"),
        _ => format!("{all} checked, {wrong} cannot run"),
    };
    let words = match remarked {
        0 => words,
        count => format!("{words}; {}", counted(count as u64, "remark", "remarks")),
    };
    shell.tell(|| words, || json!({ "type": "check", "checked": all, "wrong": wrong, "remarks": remarked }));
    Ok(if wrong == 0 { code } else { Code::Usage })
}
