//! A process's own time and memory, as the system counts them; and medians.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// The system counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);
/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(2);

/// What one process has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    pub wall: Duration,
    /// User and system.
    pub cpu: Duration,
    /// The most memory that it ever held, in KiB.
    pub peak: u64,
}

/// This program again, as one of its contestants.
pub fn contestant(name: &str) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name);
    Ok(command)
}

/// The program that is measured.
pub fn beadle(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
    command.current_dir(folder);
    command
}

/// Runs a process to its end. Its processor time is read between its end and its burial, its memory while it lives.
pub fn spent(command: &mut Command) -> Outcome<Spent> {
    let said = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stderr-{}", std::process::id()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said)?);
    let began = Instant::now();
    let mut child = command.spawn()?;
    let place = format!("/proc/{}", child.id());
    let mut spent = Spent::default();
    loop {
        let status = std::fs::read_to_string(format!("{place}/status"))?;
        spent.peak = spent.peak.max(field(&status, "VmHWM:").unwrap_or(0));
        if status.contains("State:\tZ") {
            break;
        }
        std::thread::sleep(LOOK);
    }
    spent.wall = began.elapsed();
    spent.cpu = cpu(&std::fs::read_to_string(format!("{place}/stat"))?);
    match child.wait()?.success() {
        true => Ok(spent),
        false => Err(format!("{command:?} failed: {}", std::fs::read_to_string(said)?).into()),
    }
}

/// Only the time from start to end, without looking in between.
pub fn wall(command: &mut Command) -> Outcome<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    match status.success() {
        true => Ok(began.elapsed()),
        false => Err(format!("{command:?} failed with {status}").into()),
    }
}

fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// The 14th and 15th field; the second one is the program's name, which may hold blanks.
fn cpu(stat: &str) -> Duration {
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// The middle one.
pub fn median<T: Copy + PartialOrd>(mut values: Vec<T>) -> Option<T> {
    values.sort_by(|left, right| left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied()
}

/// The medians of several runs, each figure for itself.
pub fn medians(runs: &[Spent]) -> Spent {
    Spent {
        wall: median(runs.iter().map(|run| run.wall).collect()).unwrap_or_default(),
        cpu: median(runs.iter().map(|run| run.cpu).collect()).unwrap_or_default(),
        peak: median(runs.iter().map(|run| run.peak).collect()).unwrap_or_default(),
    }
}

/// How many times as long.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, cpu, peak } = self;
        write!(f, "{:6.2} s CPU {:6.2} s wall {:7.1} MiB", cpu.as_secs_f64(), wall.as_secs_f64(), *peak as f64 / 1024.0)
    }
}
