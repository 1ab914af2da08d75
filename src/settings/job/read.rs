//! One file of a job: every key with its type, bounds and default. `docs/jobs.md` has them as a table.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::super::error::{Error, Show};
use super::super::section::Section;
use super::super::tree::{self, Origin, Source, Table};
use super::super::{Partial, Settings};
use super::params::{params, params_at};
use super::words::texts;
use super::{Job, Notify, OwnEvents, allow, policy, schedule};
use crate::model::span;
use crate::platforms;

const KEYS: &[&str] = &[
    "description",
    "script",
    "schedule",
    "timezone",
    "on",
    "own_events",
    "connection",
    "params",
    "timeout",
    "overlap",
    "missed",
    "jitter",
    "start_within",
    "limits",
    "allow",
    "retries",
    "pause_after",
    "paused",
    "needs",
    "memory",
    "notify",
];
/// What other schedulers call it, and what to write here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("name", "a job is called as its file is"),
    ("cron", "write `schedule`"),
    ("when", "write `schedule`"),
    ("every", "write `schedule`: \"*/15 * * * *\" is every 15 minutes"),
    ("interval", "write `schedule`: \"*/15 * * * *\" is every 15 minutes"),
    ("command", "write `script`: a job runs a script of the project"),
    ("catchup", "write `missed`"),
    ("concurrency", "write `overlap`"),
    ("max_retries", "write `retries`"),
    ("tz", "write `timezone`"),
    ("zone", "write `timezone`"),
    ("args", "write `[params]`"),
    ("arguments", "write `[params]`"),
    ("brakes", "write `[limits.removals]` and so on"),
    ("may", "write `allow`"),
    ("permissions", "write `allow`"),
    ("event", "write `on`"),
    ("events", "write `on`"),
    ("enabled", "write `paused = true` to keep it from running"),
    ("disabled", "write `paused = true`"),
    ("depends_on", "write `needs`"),
    ("ping_url", "it stands in `[notify]`"),
];
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// A job as its file says, with the places that are looked at once all jobs are known.
pub(super) struct Parsed {
    pub(super) job: Job,
    pub(super) source: Source,
    /// Where each of the needed jobs is named.
    pub(super) needs: Vec<(String, Origin)>,
    /// What works and should be changed all the same.
    pub(super) warnings: Vec<String>,
}

impl Job {
    /// Reads and checks what a job's file says. `file` is its path below the project's folder. Whether the jobs that it needs
    /// are there is looked at by [`Jobs::load`](super::Jobs::load).
    pub fn read(file: &Path, text: &str, settings: &Settings) -> Result<Self, Error> {
        parse(file, text, settings).map(|parsed| parsed.job)
    }
}

pub(super) fn parse(file: &Path, text: &str, settings: &Settings) -> Result<Parsed, Error> {
    let name = name_of(file)?;
    let source = Source { file: file.to_owned(), text: text.trim_start_matches('\u{feff}').to_owned() };
    let table = tree::parse(&source)?;
    elsewhere(&table, &source)?;
    let set = |table: &Table, key: &str| table.0.iter().any(|(name, _, _)| name == key);
    let timed: Vec<&str> = ["missed", "jitter"].into_iter().filter(|key| set(&table, key)).collect();
    let own_events = set(&table, "own_events");
    let params_at = params_at(&table, &source);
    let mut section = Section::new(String::new(), table, &source, KEYS)?;
    let mut warnings = Vec::new();
    let script = script(&mut section, file)?;
    let timetable = schedule::timetable(&mut section, &source, &mut warnings)?;
    let (on, on_at) = schedule::topics(&mut section, &mut warnings)?;
    let connection = connection(&mut section, settings)?;
    if let Some(at) = on_at.as_ref().filter(|_| !on.is_empty()) {
        sends(&section, at, connection.as_deref(), settings)?;
    }
    if timetable.expressions().is_empty() {
        warnings.extend(timed.iter().map(|key| format!("`{key}` says nothing where there is no `schedule`")));
    }
    if own_events && on.is_empty() {
        warnings.push("`own_events` says nothing where there is no `on`".to_owned());
    }
    let needs = needs(&mut section, &name)?;
    let notify = Notify::read(section.table("notify")?, &source, &mut warnings)?;
    if notify.mail.is_some() && settings.mail.command.is_none() {
        warnings.push("`mail` of `[notify]` reaches nobody: write `[mail]` with `command = [\"sendmail\", \"-t\"]` in beadle.toml".to_owned());
    }
    let job = Job {
        description: section.text("description")?.map(|(text, _)| text.trim().to_owned()),
        own_events: match section.bool("own_events", false)? {
            true => OwnEvents::Wanted,
            false => OwnEvents::Ignored,
        },
        connection,
        params: params(section.table("params")?, &source)?,
        params_at,
        timeout: section.time("timeout", TIMEOUT)?,
        overlap: policy::overlap(&mut section)?,
        missed: policy::missed(&mut section, &source)?,
        jitter: if_set(&mut section, "jitter")?.unwrap_or_default(),
        start_within: if_set(&mut section, "start_within")?,
        limits: Partial::of_section("[limits]".into(), section.table("limits")?, &source)?,
        allow: allow::allow(&mut section)?,
        retries: policy::retries(&mut section, &source)?,
        pause_after: section.number_if_set("pause_after", 1000)?.unwrap_or(0),
        paused: policy::paused(&mut section)?,
        memory: memory(&mut section)?,
        needs: needs.iter().map(|(name, _)| name.clone()).collect(),
        file: file.to_owned(),
        name,
        script,
        timetable,
        on,
        notify,
    };
    warnings.extend(lengths(&job));
    Ok(Parsed { job, needs, source, warnings })
}

/// The name that a file gives to its job.
pub(super) fn name_of(file: &Path) -> Result<String, Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    match file.file_stem().and_then(|name| name.to_str()) {
        Some(name) if name.starts_with('-') => {
            let problem = format!("`{}`: commands take a name that begins with `-` for an option", file.display());
            let free = name.trim_start_matches('-');
            let free = if free.is_empty() { "NAME" } else { free };
            Err(Error::new(problem).hint(format!("name the file jobs/{free}.toml")))
        }
        Some(name) if !name.is_empty() && name.len() <= 64 && name.chars().all(fits) => Ok(name.to_owned()),
        _ => {
            let problem = format!("`{}` gives its job no name that can be used", file.display());
            Err(Error::new(problem).hint("name the file with small letters, digits, `-` and `_`, at most 64 of them"))
        }
    }
}

/// What lengths of time can hardly be meant.
fn lengths(job: &Job) -> Vec<String> {
    let mut warnings = Vec::new();
    if job.timeout < Duration::from_secs(1) {
        warnings.push("`timeout` is less than a second: no run comes to its end; \"30m\" is half an hour".to_owned());
    }
    if let Some(between) = schedule::shortest(&job.timetable).filter(|between| *between < job.jitter) {
        warnings.push(format!(
            "`jitter` ({}) is longer than the {} between two moments of `schedule`: a run may begin after the next moment; \
             make it shorter",
            span(job.jitter),
            span(between)
        ));
    }
    warnings
}

fn elsewhere(table: &Table, source: &Source) -> Result<(), Error> {
    for (key, origin, _) in &table.0 {
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(other, _)| other == key) {
            return Err(source.error(format!("there is no key `{key}` at the top; {instead}"), origin, Show::Plain));
        }
    }
    Ok(())
}

fn script(section: &mut Section<'_>, file: &Path) -> Result<PathBuf, Error> {
    let Some((text, origin)) = section.text("script")? else {
        let problem = format!("`{}` names no script", file.display());
        return Err(Error::new(problem).hint("add `script = \"scripts/NAME.rhai\"` to it"));
    };
    let path = PathBuf::from(text.trim());
    let below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match below && path.components().any(|part| matches!(part, Component::Normal(_))) {
        true => Ok(path.components().filter(|part| *part != Component::CurDir).collect()),
        false => {
            Err(section.refuse("script", &origin, "must be a path below the project's folder: \"scripts/NAME.rhai\""))
        }
    }
}

fn connection(section: &mut Section<'_>, settings: &Settings) -> Result<Option<String>, Error> {
    let Some((name, origin)) = section.text("connection")? else { return Ok(None) };
    match settings.connection(&name) {
        Ok(_) => Ok(Some(name)),
        Err(why) => Err(section.refuse("connection", &origin, &format!("is not in the settings: {why}"))),
    }
}

/// Refuses `on` where no platform would ever tell what happens.
fn sends(section: &Section<'_>, on: &Origin, connection: Option<&str>, settings: &Settings) -> Result<(), Error> {
    let found = connection.map_or_else(|| settings.default_connection(), |name| settings.connection(name));
    // Without a connection of its own the project's may be missing; whoever runs the job says so.
    let Some(silent) = found.ok().filter(|connection| !connection.platform.sends_events()) else { return Ok(()) };
    let telling: Vec<String> = settings
        .connections
        .values()
        .filter(|connection| connection.platform.sends_events())
        .map(|connection| format!("`connection = \"{}\"`", connection.name))
        .collect();
    let able = platforms::all().filter(|platform| platform.sends_events()).map(|platform| platform.title);
    let instead = match telling.is_empty() {
        true => format!("only {} does; write a `schedule` in its place", able.collect::<Vec<_>>().join(" and ")),
        false => format!("write {}, or a `schedule` in its place", telling.join(" or ")),
    };
    let (title, name) = (silent.platform.title, &silent.name);
    Err(section.refuse(
        "on",
        on,
        &format!("waits for nothing: {title}, the platform of connection `{name}`, sends no events; {instead}"),
    ))
}

fn needs(section: &mut Section<'_>, name: &str) -> Result<Vec<(String, Origin)>, Error> {
    let Some(texts) = texts(section, "needs", "\"nightly_export\"")? else { return Ok(Vec::new()) };
    match texts.each.iter().find(|(needed, _)| needed == name) {
        Some((_, origin)) => Err(section.refuse("needs", origin, "names this job itself")),
        None => Ok(texts.each),
    }
}

/// A length of time that has no default.
fn if_set(section: &mut Section<'_>, key: &str) -> Result<Option<Duration>, Error> {
    let time = section.time(key, Duration::ZERO)?;
    Ok((!time.is_zero()).then_some(time))
}

/// A size that has no default; none that is given is 0.
fn memory(section: &mut Section<'_>) -> Result<Option<u64>, Error> {
    let size = section.size("memory", 0)?;
    Ok((size > 0).then_some(size))
}
