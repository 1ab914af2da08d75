//! The export of activities: the program with all it does against a plain loop over the same HTTP library.

use std::path::Path;
use std::process::Command;

use crate::measure::{Spent, beadle, contestant, medians, ratio, spent};
use crate::pages::Pages;
use crate::{Outcome, number};

const FEW: usize = 20_000;
const MANY: usize = 200_000;
const ROUNDS: usize = 7;
const SCRIPT: &str = include_str!("../../scripts/export_activities.rhai");

/// Those who export, each in its own process; the ratios are to the first.
const EXPORTERS: [&str; 4] = ["plain loop", "pass-through loop", "beadle ndjson", "beadle csv"];

/// `export [ROUNDS] [ROWS]`
pub fn bench(arguments: &[String]) -> Outcome {
    let rounds = number(arguments, 0, ROUNDS)?;
    let many = number(arguments, 1, MANY)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let few = compare(FEW, rounds, folder.path())?;
    let many = compare(many, rounds, folder.path())?;
    for ((name, few), many) in EXPORTERS.iter().zip(&few).zip(&many) {
        let grown = many.peak as f64 / few.peak as f64;
        println!("  {name:18} peak memory with ten times as many rows: {grown:.2} times");
    }
    Ok(())
}

/// Prints and returns the medians, exporter by exporter.
fn compare(rows: usize, rounds: usize, folder: &Path) -> Outcome<Vec<Spent>> {
    let pages = Pages::serve(rows)?;
    let mut runs = vec![Vec::new(); EXPORTERS.len()];
    for _ in 0..rounds {
        for (name, runs) in EXPORTERS.iter().zip(&mut runs) {
            let out = folder.join("out");
            runs.push(spent(&mut exporter(name, &pages.base_url, folder, &out)?)?);
            check(name, &out, rows)?;
        }
    }
    println!("export of {rows} activities over HTTP on localhost, medians of {rounds} rounds");
    let medians: Vec<Spent> = runs.iter().map(|runs| medians(runs)).collect();
    for (name, spent) in EXPORTERS.iter().zip(&medians) {
        let (cpu, wall) = (ratio(spent.cpu, medians[0].cpu), ratio(spent.wall, medians[0].wall));
        println!("  {name:18} {spent}   CPU {cpu:.2} times, wall {wall:.2} times the plain loop");
    }
    Ok(medians)
}

fn exporter(name: &str, base_url: &str, folder: &Path, out: &Path) -> Outcome<Command> {
    let format = match name {
        "plain loop" => return with("plain-export", base_url, out),
        "pass-through loop" => return with("passing-export", base_url, out),
        "beadle csv" => "csv",
        _ => "ndjson",
    };
    let project = folder.join(format);
    std::fs::create_dir_all(&project)?;
    std::fs::write(project.join("export.rhai"), SCRIPT)?;
    let settings = format!(
        "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"{base_url}\"\nkey = \"env:BENCH_KEY\"\nsecret = \"env:BENCH_SECRET\"\n"
    );
    std::fs::write(project.join("beadle.toml"), settings)?;
    let mut command = beadle(&project);
    command.env("BENCH_KEY", "key-of-the-bench").env("BENCH_SECRET", "secret-of-the-bench");
    command.args(["run", "export.rhai", "--arg"]).arg(format!("out={}", out.display()));
    command.args(["--arg", &format!("format={format}")]);
    Ok(command)
}

fn with(name: &str, base_url: &str, out: &Path) -> Outcome<Command> {
    let mut command = contestant(name)?;
    command.arg(base_url).arg(out);
    Ok(command)
}

/// A figure counts only when every row has arrived.
fn check(name: &str, out: &Path, rows: usize) -> Outcome {
    let written = match name {
        "beadle csv" => csv::Reader::from_path(out)?.byte_records().try_fold(0, |count, row| row.map(|_| count + 1))?,
        _ => std::fs::read(out)?.iter().filter(|byte| **byte == b'\n').count(),
    };
    std::fs::remove_file(out)?;
    match written == rows {
        true => Ok(()),
        false => Err(format!("{name} wrote {written} of {rows} rows").into()),
    }
}
