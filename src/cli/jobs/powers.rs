//! What a job's run may delete for good: whatever a person watches, else what the job's file names.

use std::path::Path;

use crate::effects::brakes::{Attendance, Named, Powers};
use crate::settings::Job;

/// The powers of a run of this job.
pub(in crate::cli) fn powers(job: &Job, attendance: Attendance) -> Powers {
    of(job.allow.clone(), &job.file, attendance)
}

/// The powers of a run whose job is gone: nobody names anything any more.
pub(in crate::cli) fn powers_of_none(job: &str, attendance: Attendance) -> Powers {
    of(Vec::new(), &Path::new("jobs").join(format!("{job}.toml")), attendance)
}

fn of(names: Vec<String>, file: &Path, attendance: Attendance) -> Powers {
    match attendance {
        Attendance::Attended => Powers::All,
        Attendance::Unattended => Powers::Named(Named { names, file: file.to_owned() }),
    }
}
