//! All jobs of a project: `jobs/*.toml`. One that cannot be used hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::Settings;
use super::super::error::{Error, suggestion};
use super::read::{Parsed, name_of, parse};
use super::{Job, needs};

/// The folder below the project's.
const FOLDER: &str = "jobs";

/// The jobs that can be used, and why others cannot.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    /// By name.
    pub jobs: BTreeMap<String, Job>,
    /// By file, in the order of their names.
    pub broken: Vec<(PathBuf, Error)>,
    /// What works and should be changed all the same, each with its file; for people.
    pub warnings: Vec<(PathBuf, String)>,
}

impl Jobs {
    /// Reads them. A project without the folder has none; an error is about the folder as a whole.
    pub fn load(settings: &Settings) -> Result<Self, Error> {
        let folder = &settings.project.folder;
        let (mut parsed, mut broken, mut known) = (Vec::<Parsed>::new(), Vec::new(), BTreeSet::new());
        for file in files(folder)? {
            known.extend(name_of(&file).ok());
            match text(folder, &file).and_then(|text| parse(&file, &text, settings)) {
                Ok(job) => parsed.push(job),
                Err(error) => broken.push((file, error)),
            }
        }
        broken.extend(needs::check(&mut parsed, &known));
        broken.sort_by(|(one, _), (other, _)| one.cmp(other));
        let of = |one: &Parsed| {
            one.warnings.iter().map(|warning| (one.job.file.clone(), warning.clone())).collect::<Vec<_>>()
        };
        let warnings = parsed.iter().flat_map(of).collect();
        let jobs = parsed.into_iter().map(|parsed| (parsed.job.name.clone(), parsed.job)).collect();
        Ok(Self { jobs, broken, warnings })
    }

    /// One job, without a look at the others; an error where there is none.
    pub fn one(settings: &Settings, name: &str) -> Result<Job, Error> {
        match Self::find(settings, name)? {
            Some(job) => Ok(job),
            None => Self::load(settings)?.get(name).cloned(),
        }
    }

    /// The same, `None` where there is no such file.
    pub fn find(settings: &Settings, name: &str) -> Result<Option<Job>, Error> {
        let (folder, file) = (&settings.project.folder, Path::new(FOLDER).join(format!("{name}.toml")));
        // A name that leads elsewhere is no job's.
        if file.parent() != Some(Path::new(FOLDER)) || !folder.join(&file).is_file() {
            return Ok(None);
        }
        parse(&file, &text(folder, &file)?, settings).map(|parsed| Some(parsed.job))
    }

    /// What tells whether a file was written, made or removed since: names, sizes and times of all job files.
    pub fn stamp(settings: &Settings) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
        let folder = &settings.project.folder;
        let of = |file: PathBuf| {
            let found = std::fs::metadata(folder.join(&file));
            let (size, time) = found.map_or((0, None), |found| (found.len(), found.modified().ok()));
            (file, size, time)
        };
        files(folder).unwrap_or_default().into_iter().map(of).collect()
    }

    /// The job of this name.
    pub fn get(&self, name: &str) -> Result<&Job, Error> {
        if let Some(job) = self.jobs.get(name) {
            return Ok(job);
        }
        if let Some((_, why)) = self.broken.iter().find(|(file, _)| file.file_stem().is_some_and(|stem| stem == name)) {
            return Err(why.clone());
        }
        let error = Error::new(format!("there is no job `{name}`{}", suggestion(name, self.names())));
        Err(match self.jobs.is_empty() && self.broken.is_empty() {
            true => error.hint("write jobs/NAME.toml: docs/jobs.md"),
            false => error,
        })
    }

    /// Whether the file of this job is there and cannot be used.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|(file, _)| file.file_stem().is_some_and(|stem| stem == name))
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.jobs.keys().map(String::as_str)
    }
}

/// Job files in the order of their names, named from the project's folder. Hidden ones belong to editors.
#[expect(clippy::disallowed_methods, reason = "job files are settings")]
fn files(project: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error: std::io::Error| Error::new(format!("failed to read the folder `{FOLDER}`: {error}"));
    let entries = match std::fs::read_dir(project.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = Path::new(FOLDER).join(entry.map_err(failed)?.file_name());
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[expect(clippy::disallowed_methods, reason = "job files are settings")]
fn text(project: &Path, file: &Path) -> Result<String, Error> {
    let failed = |why: String| Error::new(format!("failed to read `{}`: {why}", file.display()));
    let path = project.join(file);
    // Whoever reads from a pipe waits for somebody to write into it.
    if !std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?.is_file() {
        return Err(failed("it is no file".to_owned()));
    }
    let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        failed(format!("line {line} is not UTF-8; save it as UTF-8"))
    })
}
