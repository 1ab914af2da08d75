//! Reading a crontab's line and finding its next time in a zone with summer time: beside the crates `cron` and `croner`, and,
//! where they are installed, croniter and APScheduler of Python.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use beadle::timetable::{Expression, Timetable};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::measure::{median, ratio};
use crate::{Outcome, number};

const LINES: usize = 100_000;
const ROUNDS: usize = 5;
const ZONE: &str = "Europe/Berlin";
/// 2026-03-27: the clocks are changed two days later.
const AFTER: i64 = 1_774_600_000;
/// Slower ones read fewer lines; what is shown is the time of one.
const PYTHON: [(&str, &str); 2] = [
    (
        "croniter (Python)",
        "
from croniter import croniter
next = lambda line: croniter(line, after).get_next()",
    ),
    (
        "APScheduler (Python)",
        "
from apscheduler.triggers.cron import CronTrigger
next = lambda line: CronTrigger.from_crontab(line, timezone=zone).get_next_fire_time(None, after)",
    ),
];

/// Who reads lines: a name, and how; it says how many have a next time.
type Reader = (&'static str, fn(&[String]) -> Outcome<usize>);

/// `crontab [ROUNDS] [LINES]`
pub fn bench(arguments: &[String]) -> Outcome {
    let (rounds, count) = (number(arguments, 0, ROUNDS)?, number(arguments, 1, LINES)?);
    let lines = lines(count);
    println!("reading {count} crontab lines and finding the next time of each, {rounds} times in turn");
    let contestants: [Reader; 3] =
        [("beadle", ours), ("the crate `cron` (other days, UTC)", cron), ("the crate `croner`", croner)];
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..rounds {
        for ((_, contestant), times) in contestants.iter().zip(&mut times) {
            let began = Instant::now();
            black_box(contestant(&lines)?);
            times.push(began.elapsed());
        }
    }
    let medians: Vec<Duration> = times.into_iter().filter_map(median).collect();
    let [ours, ..] = medians.as_slice() else { return Ok(()) };
    for ((name, _), time) in contestants.iter().zip(&medians) {
        line(name, *time / u32::try_from(count)?, *ours / u32::try_from(count)?);
    }
    for (name, code) in PYTHON {
        match python(code, &lines[..count.min(2_000)])? {
            Some(each) => line(name, each, *ours / u32::try_from(count)?),
            None => println!("  {name:38} skipped: it is not installed here"),
        }
    }
    Ok(())
}

fn line(name: &str, each: Duration, ours: Duration) {
    println!("  {name:38} {:8.2} us a line  {:7.1} of ours", each.as_secs_f64() * 1e6, ratio(each, ours));
}

fn ours(lines: &[String]) -> Outcome<usize> {
    let zone = TimeZone::get(ZONE)?;
    let after = Timestamp::from_second(AFTER)?;
    let next =
        |line: &String| -> Outcome<_> { Ok(Timetable::new(vec![Expression::parse(line)?], zone.clone()).next(after)) };
    count(lines, next)
}

/// The crate numbers weekdays otherwise and wants seconds: the least that it can do, not the same.
fn cron(lines: &[String]) -> Outcome<usize> {
    let after = chrono::DateTime::from_timestamp(AFTER, 0).ok_or("no time")?;
    count(lines, |line| {
        let line = line.replace(" 0", " SUN");
        Ok(cron::Schedule::from_str(&format!("0 {line}")).ok().and_then(|schedule| schedule.after(&after).next()))
    })
}

fn croner(lines: &[String]) -> Outcome<usize> {
    let after = Timestamp::from_second(AFTER)?.in_tz(ZONE)?;
    count(lines, |line| Ok(croner::Cron::from_str(line)?.find_next_occurrence(&after, false).ok()))
}

fn count<T>(lines: &[String], next: impl Fn(&String) -> Outcome<Option<T>>) -> Outcome<usize> {
    let mut found = 0;
    for line in lines {
        found += usize::from(next(line)?.is_some());
    }
    Ok(found)
}

/// The time of one line, as Python tells it; `None` where the package is not there.
fn python(code: &str, lines: &[String]) -> Outcome<Option<Duration>> {
    let program = format!(
        "
import sys, time, datetime, zoneinfo
zone = zoneinfo.ZoneInfo('{ZONE}')
after = datetime.datetime.fromtimestamp({AFTER}, zone)
lines = {lines:?}
{code}
began = time.perf_counter()
for line in lines: next(line)
print((time.perf_counter() - began) / len(lines))"
    );
    let python = std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Ok(output) = Command::new(python).args(["-c", &program]).stderr(Stdio::null()).output() else {
        return Ok(None);
    };
    if !output.status.success() {
        return Ok(None);
    }
    Ok(Some(Duration::from_secs_f64(String::from_utf8(output.stdout)?.trim().parse()?)))
}

/// Lines as people write them, all of which every contestant reads.
fn lines(count: usize) -> Vec<String> {
    let mut number = 7_u64;
    let mut random = |below: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % below
    };
    let shapes = |random: &mut dyn FnMut(u64) -> u64| match random(6) {
        0 => format!("{} {} * * *", random(60), random(24)),
        1 => format!("*/{} * * * *", [5, 10, 15, 30][usize::try_from(random(4)).unwrap_or(0)]),
        2 => format!("{} {} * * MON-FRI", random(60), random(24)),
        3 => format!("{} {} {} * *", random(60), random(24), random(28) + 1),
        4 => format!("{} 8-18 * * *", random(60)),
        _ => format!("{} {} 1 {} *", random(60), random(24), random(12) + 1),
    };
    (0..count).map(|_| shapes(&mut random)).collect()
}
