//! From the command to the first line of a script.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::measure::{beadle, contestant, median, spent, wall};
use crate::{Outcome, number};

const TIMES: usize = 31;

/// What is started, and how.
type Started = (&'static str, fn(&Path) -> Outcome<Command>);

const SETTINGS: &str = "\
[connections.main]
platform = \"mobilize\"
base_url = \"http://127.0.0.1:9\"
key = \"env:BENCH_KEY\"
secret = \"env:BENCH_SECRET\"
";

/// `start [TIMES]`
pub fn bench(arguments: &[String]) -> Outcome {
    let times = number(arguments, 0, TIMES)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let folder = folder.path();
    std::fs::write(folder.join("beadle.toml"), SETTINGS)?;
    std::fs::write(folder.join("hello.rhai"), "print(\"hello\");\n")?;
    println!("start to end of a process, {times} times each, in turn");
    let starts: [Started; 6] = [
        ("a process that does nothing", |_| contestant("nothing")),
        ("beadle --version", |folder| Ok(hello(folder, &["--version"]))),
        ("run hello.rhai", |folder| Ok(hello(folder, &["run", "hello.rhai"]))),
        ("run hello.rhai --sandbox", |folder| Ok(hello(folder, &["run", "hello.rhai", "--sandbox"]))),
        ("run hello.rhai --sandbox --fresh", |folder| {
            Ok(hello(folder, &["run", "hello.rhai", "--sandbox", "--fresh"]))
        }),
        ("python3 -c pass", |_| Ok(python())),
    ];
    let mut walls = vec![Vec::new(); starts.len()];
    for _ in 0..times {
        for ((_, command), walls) in starts.iter().zip(&mut walls) {
            // Whatever is not there is skipped below.
            walls.extend(wall(&mut command(folder)?).ok());
        }
    }
    for ((name, command), walls) in starts.iter().zip(walls) {
        let Some((least, median)) = walls.iter().min().copied().zip(median(walls)) else {
            println!("  {name:34} skipped: it does not run here");
            continue;
        };
        let peak = match spent(&mut command(folder)?)?.peak {
            // Over before anybody could look.
            0..1024 => String::new(),
            peak => format!("  {:5.1} MiB", peak as f64 / 1024.0),
        };
        println!("  {name:34} median {:6.1} ms  least {:6.1} ms{peak}", millis(median), millis(least));
    }
    Ok(())
}

fn hello(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = beadle(folder);
    command.args(arguments).env("BENCH_KEY", "key-of-the-bench").env("BENCH_SECRET", "secret-of-the-bench");
    command
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", "pass"]);
    command
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
