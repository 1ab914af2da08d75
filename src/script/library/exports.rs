//! `exports`: lists into files. Rows go through as the platform sent them; the script does not look into them.

use std::time::Duration;

use rhai::{Dynamic, Map, NativeCallContext};

use super::{LibraryNoun, Options, Verb};
use crate::events::Level;
use crate::export::{Mark, Since, Sink};
use crate::script::context::{Outcome, Run, Waiting};
use crate::script::files::{self, Target};
use crate::script::later;
use crate::script::list::{Ahead, List};
use crate::script::start::WriteTo;
use crate::settings;
use crate::tables::Profile;
use crate::wire::Row;

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "exports",
    verbs: &[Verb {
        name: "write",
        arguments: 2..=2,
        usage: "exports.write(list, #{ file: \"activities.csv\", format: \"csv\", since: \"start\" })",
        doc: "A list into a file, as csv or ndjson; with `since: \"last\"` only what is new since the last export.",
        does: write,
    }],
};

/// Rows between two words on how far it is.
const STEP: u64 = 500;

/// How far back is looked for rows that came late, unless the script says it.
const LAG: Duration = Duration::from_secs(3 * 24 * 60 * 60);

fn write(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let list = given[0].clone().try_cast::<List>().ok_or("exports.write() needs a list: `activities.list()`")?;
    let known = ["file", "format", "since", "lag", "spreadsheet"];
    let mut options = Options::of("exports.write()", &given[1], &known)?;
    let file = options.text("file")?.ok_or("exports.write() needs `file`: where to write")?;
    let format = options.choice("format", &["csv", "ndjson"])?.unwrap_or_else(|| "csv".into());
    let incremental = options.choice("since", &["start", "last"])?.as_deref() == Some("last");
    let lag = options.text("lag")?.map_or(Ok(LAG), |text| lag_of(&text))?;
    let profile = if options.flag("spreadsheet")?.unwrap_or(false) { Profile::Spreadsheet } else { Profile::Exact };
    let target = files::writable(run, &file)?;
    let file = target.name();
    let cursor = Cursor::of(run, &list);
    let last = if incremental { cursor.read()? } else { Mark::default() };
    let mut sink = match format.as_str() {
        "ndjson" => Sink::ndjson(&target.path),
        _ => Sink::csv(&target.path, list.record(), profile),
    }
    .map_err(|error| error.to_string())?;
    let since = new_rows(run, &list, last, lag, &mut sink)?;
    let remarks = remarks(run, &since, incremental, file);
    if incremental && sink.rows() == 0 && target.is_there() {
        cursor.write(&since.mark())?;
        return Ok(nothing_new(run, file, remarks).into());
    }
    target.is_free(run)?;
    let kept = if incremental { keep_older(run, &target)? } else { None };
    let manifest = sink.finish().map_err(|error| error.to_string())?;
    target.written(run)?;
    run.start().events.progress("rows written", manifest.rows, manifest.rows);
    let late = since.late();
    cursor.write(&since.mark())?;
    let mut told = Map::new();
    told.insert("file".into(), file.into());
    told.insert("rows".into(), i64::try_from(manifest.rows).unwrap_or(i64::MAX).into());
    told.insert("bytes".into(), i64::try_from(manifest.bytes).unwrap_or(i64::MAX).into());
    told.insert("sha256".into(), manifest.sha256.clone().into());
    told.insert("first".into(), manifest.first.clone().map_or(Dynamic::UNIT, Into::into));
    told.insert("last".into(), manifest.last.clone().map_or(Dynamic::UNIT, Into::into));
    let rows = if manifest.rows == 1 { "row" } else { "rows" };
    let mut lines = vec![format!("{} {rows}, {} bytes, sha256 {}", manifest.rows, manifest.bytes, manifest.sha256)];
    lines.extend(kept.map(|kept| format!("the rows of earlier exports are kept in {kept}")));
    lines.extend(remarks);
    let json = serde_json::json!({
        "file": file, "rows": manifest.rows, "bytes": manifest.bytes, "sha256": manifest.sha256,
        "first": manifest.first, "last": manifest.last, "late": late,
    });
    run.with_parts(|parts| parts.section(format!("export to {file}"), lines, json));
    Ok(told.into())
}

/// Writes what is new.
fn new_rows(run: &Run, list: &List, last: Mark, lag: Duration, sink: &mut Sink) -> Outcome<Since> {
    // What was exported before ends the reading early: then a page ahead is a call in vain.
    let ahead = if last.is_none() { Ahead::One } else { Ahead::None };
    let (mut since, mut walk) = (Since::last(last, lag), list.rows(ahead));
    while let Some(page) = walk.raw_page()? {
        for row in since.new_of(page) {
            if run.plans() {
                nothing_unknown(&row, sink.rows() + 1)?;
            }
            sink.write(&row).map_err(|error| error.to_string())?;
            if sink.rows().is_multiple_of(STEP) {
                run.start().events.progress("rows written", sink.rows(), 0);
            }
        }
        if since.is_over() {
            break;
        }
    }
    Ok(since)
}

fn lag_of(text: &str) -> Outcome<Duration> {
    settings::length(text)
        .ok_or_else(|| format!("`lag` of exports.write() is a length of time such as \"3d\", not \"{text}\"").into())
}

/// What is to be said of an incremental export beside its numbers.
fn remarks(run: &Run, since: &Since, incremental: bool, file: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    match since.late() {
        0 => {}
        1 => remarks.push("1 row came late: it is older than the newest one of the last export".to_owned()),
        late => remarks.push(format!("{late} rows came late: they are older than the newest one of the last export")),
    }
    if let Some(disorder) = since.disorder().filter(|_| incremental) {
        run.say(Level::Warn, &format!("export to {file}: {disorder}"));
        remarks.push(format!("warning: {disorder}"));
    }
    remarks
}

/// A file says nothing of what is not known yet: a row that a plan adds holds values that only the platform can give.
fn nothing_unknown(row: &Row, number: u64) -> Outcome<()> {
    let row = serde_json::from_slice(row.bytes()).unwrap_or_default();
    let words =
        later::text_in(&row).and_then(|text| later::refusal_of_text(&format!("row {number} of the export"), text));
    words.map_or(Ok(()), |words| Err(words.into()))
}

/// An incremental export that brought nothing leaves the file of the last one in its place.
fn nothing_new(run: &Run, file: &str, remarks: Vec<String>) -> Map {
    let mut lines = vec!["nothing new since the last export; the file is as it was".to_owned()];
    lines.extend(remarks);
    let json = serde_json::json!({ "file": file, "rows": 0 });
    run.with_parts(|parts| parts.section(format!("export to {file}"), lines, json));
    [("file".into(), file.to_owned().into()), ("rows".into(), 0_i64.into())].into_iter().collect()
}

/// What an incremental export would write over holds rows that it will not bring again.
fn keep_older(run: &Run, target: &Target) -> Outcome<Option<String>> {
    if !target.is_there() {
        return Ok(None);
    }
    // Before a plan's own file there is only the real one, which it leaves in its place.
    let end = format!(".before-{}", run.start().id);
    Ok(Some(target.put_aside(&end)?.unwrap_or_else(|| format!("{}{end}", target.name()))))
}

/// Where a list's export is remembered, by account, operation and filter.
struct Cursor<'a> {
    run: &'a Run,
    list: &'a List,
    name: String,
}

impl<'a> Cursor<'a> {
    fn of(run: &'a Run, list: &'a List) -> Self {
        // What a simulation writes is nobody's last export but its own.
        let apart = match &run.start().write_to {
            WriteTo::Folder(folder) => format!(" in {}", folder.display()),
            WriteTo::Project | WriteTo::Sandbox => String::new(),
        };
        Self { run, list, name: format!("export {}{apart}", list.call().digest()) }
    }

    fn read(&self) -> Outcome<Mark> {
        if let Some(mark) = self.run.mark(&self.place()) {
            return Ok(Mark::parse(&mark).unwrap_or_default());
        }
        let Some(client) = self.list.door().client() else { return Ok(Mark::default()) };
        let read = client.ledger().cursor(client.account(), &self.name);
        let read = self.run.block(Waiting::Read, read)?.map_err(|error| error.to_string())?;
        Ok(read.and_then(|text| Mark::parse(&text)).unwrap_or_default())
    }

    /// The mark's name among those of this run: two connections may have the same list.
    fn place(&self) -> String {
        format!("{} {}", self.list.door().connection(), self.name)
    }

    /// A plan leaves the store's mark alone and goes by its own.
    fn write(&self, mark: &Mark) -> Outcome<()> {
        let text = mark.text();
        if self.run.plans() {
            self.run.set_mark(&self.place(), text);
            return Ok(());
        }
        let Some(client) = self.list.door().client() else { return Ok(()) };
        let written = client.ledger().set_cursor(client.account(), &self.name, &text);
        self.run.block(Waiting::Write, written)?.map_err(|error| error.to_string().into())
    }
}
