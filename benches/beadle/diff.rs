//! A roster against a group's members, from two files to the list of changes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use beadle::catalog::Adapter;
use beadle::platforms;
use beadle::roster::{self, Columns, Mapping, Options, Present};
use beadle::tables::Table;
use serde_json::Value;

use crate::measure::{Spent, contestant, medians, ratio, spent};
use crate::{Outcome, members, number};

const ROWS: usize = 100_000;
const ROUNDS: usize = 5;

/// `diff [ROUNDS] [ROWS]`
pub fn bench(arguments: &[String]) -> Outcome {
    let (rounds, rows) = (number(arguments, 0, ROUNDS)?, number(arguments, 1, ROWS)?);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (roster, present) = (folder.path().join("roster.csv"), folder.path().join("members.ndjson"));
    members::write(rows, &roster, &present)?;
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (name, runs) in ["plain-diff", "roster-diff"].iter().zip(&mut runs) {
            runs.push(spent(contestant(name)?.arg(&roster).arg(&present).arg(rows.to_string()))?);
        }
    }
    let [plain, ours]: [Spent; 2] = [medians(&runs[0]), medians(&runs[1])];
    println!("a roster of {rows} against {rows} members, files to changes, medians of {rounds} rounds");
    println!("  records in a map   {plain}");
    println!("  beadle's own       {ours}   CPU {:.2} times, {:.2} times the memory", ratio(ours.cpu, plain.cpu), {
        ours.peak as f64 / plain.peak as f64
    });
    Ok(())
}

/// Reads and compares with what the program uses.
pub fn roster(arguments: &[String]) -> Outcome {
    let [roster, members, rows] = arguments else { return Err("it needs two files and a number".into()) };
    let adapter: &dyn Adapter = platforms::named("mobilize").ok_or("no such platform")?.adapter;
    let table = Table::open(Path::new(roster))?;
    let wanted = roster::read(&table, &Columns::of(&table, &Mapping::default(), None)?)?;
    let mut present = Present::default();
    for line in BufReader::new(File::open(members)?).lines() {
        present.members.push(adapter.member("12", &serde_json::from_str(&line?)?).ok_or("a member without an id")?);
    }
    let diff = roster::diff(&wanted, &present, &Options::default());
    found(diff.changes.len() + 2 * diff.renames.len(), rows)
}

/// What somebody would write with a CSV reader and a map.
pub fn plain(arguments: &[String]) -> Outcome {
    let [roster, members, rows] = arguments else { return Err("it needs two files and a number".into()) };
    let mut reader = csv::Reader::from_path(roster)?;
    let mut wanted: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in reader.deserialize() {
        let mut row: HashMap<String, String> = row?;
        wanted.insert(row.remove("email").ok_or("no address")?.to_lowercase(), row);
    }
    let (mut changed, mut gone) = (0, 0);
    let mut seen = 0;
    for line in BufReader::new(File::open(members)?).lines() {
        let member: Value = serde_json::from_str(&line?)?;
        let Some(row) = wanted.get(&member["email"].as_str().unwrap_or_default().to_lowercase()) else {
            gone += 1;
            continue;
        };
        seen += 1;
        let is = |name: &str| match name {
            "first_name" | "last_name" => member[name].as_str(),
            _ => member["fields"][name].as_str(),
        };
        changed += usize::from(row.iter().any(|(name, value)| is(name) != Some(value.as_str())));
    }
    found(changed + gone + wanted.len() - seen, rows)
}

fn found(changes: usize, rows: &str) -> Outcome {
    let expected = members::differences(rows.parse()?);
    match changes == expected {
        true => Ok(()),
        false => Err(format!("{changes} changes instead of {expected}").into()),
    }
}
