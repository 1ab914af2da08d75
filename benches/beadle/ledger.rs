//! Durable effects at the door: begun before a request would leave, settled after, in a file on the disk.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use beadle::catalog::{Args, Call, Piece};
use beadle::clock::Clock;
use beadle::effects::{Caps, Intent, Lease, Ledger, Outcome as Ended};
use beadle::platforms;
use beadle::store::{NewRun, Store};
use serde_json::{Value, json};

use crate::measure::{contestant, ratio, spent};
use crate::{Outcome, number};

/// Effects in all, how many in one call, and how many calls at the same time.
const SINGLY: (usize, usize, usize) = (2_000, 1, 1);
const AT_ONCE: (usize, usize, usize) = (4_000, 1, 64);
const IN_BATCHES: (usize, usize, usize) = (40_000, 500, 1);
/// `ledger`
pub fn bench(_: &[String]) -> Outcome {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let sync = one_sync(folder.path())?;
    println!("durable effects on disk; one forced write of 4 KiB takes {:.2} ms here", sync.as_secs_f64() * 1_000.0);
    let mut singly = None;
    for (all, batch, at_once) in [SINGLY, AT_ONCE, IN_BATCHES] {
        let file = folder.path().join(format!("of-{batch}-{at_once}.db"));
        let mut command = contestant("effects")?;
        command.arg(&file).args([all, batch, at_once].map(|number| number.to_string()));
        let spent = spent(&mut command)?;
        let rate = all as f64 / spent.wall.as_secs_f64();
        let commits: u32 = std::fs::read_to_string(commits(&file))?.parse()?;
        println!(
            "  {all:6} in calls of {batch:3}, {at_once:2} at once {spent}   {rate:6.0} a second ({:.1} times single calls), {:.0} us CPU each, \
             {:.3} forced writes each, wall {:.2} times these",
            rate / *singly.get_or_insert(rate),
            spent.cpu.as_secs_f64() * 1e6 / all as f64,
            f64::from(commits) / all as f64,
            ratio(spent.wall, sync * commits)
        );
    }
    Ok(())
}

/// How long the disk needs to keep something.
fn one_sync(folder: &Path) -> Outcome<Duration> {
    const TIMES: u32 = 200;
    let mut file = std::fs::File::create(folder.join("synced"))?;
    let began = Instant::now();
    for _ in 0..TIMES {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    Ok(began.elapsed() / TIMES)
}

/// Begins and settles so many effects, so many in one call and so many calls at a time: `effects FILE ALL BATCH AT_ONCE`.
#[tokio::main]
pub async fn effects(arguments: &[String]) -> Outcome {
    let file = Path::new(arguments.first().ok_or("it needs a file")?);
    let (all, batch, at_once) = (number(arguments, 1, 0)?, number(arguments, 2, 1)?, number(arguments, 3, 1)?);
    let store = Store::open(file).await?;
    let ledger = ledger(&store).await?;
    let mut tasks = Vec::new();
    for task in 0..at_once {
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            for first in (task * batch..all).step_by(batch * at_once) {
                write(&ledger, first, batch).await?;
            }
            Ok::<_, String>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(std::fs::write(commits(file), store.commits().to_string())?)
}

async fn write(ledger: &Ledger, first: usize, batch: usize) -> Result<(), String> {
    let piece = piece(first, batch).map_err(|error| error.to_string())?;
    let begun = ledger.begin("mobilize-1", &piece, &Intent::default()).await.map_err(|error| error.to_string())?;
    let permit = begun.permit.ok_or("nothing may be sent")?;
    ledger.settle(permit, Ended::Done { shares: HashMap::new() }).await.map_err(|error| error.to_string())
}

/// Where a contestant says how often it has forced something to the disk.
fn commits(file: &Path) -> PathBuf {
    file.with_extension("commits")
}

async fn ledger(store: &Store) -> Outcome<Ledger> {
    let clock = Clock::system();
    let run = NewRun {
        id: "r1".into(),
        script: "bench".into(),
        source: "bench".into(),
        args: json!({}),
        connection: None,
        sandbox: false,
        settings: None,
        job: None,
        started_at: clock.now_ms(),
    };
    store.start_run(&run).await?;
    let lease = Lease::take(store, "r1")?;
    Ok(Ledger::new(store.clone(), lease, 1, clock, Caps::default()))
}

/// One call for people whom nobody knows yet.
fn piece(first: usize, batch: usize) -> Outcome<Piece> {
    let people: Vec<Value> = (first..first + batch)
        .map(|n| json!({ "fields": { "email": format!("person{n}@x.example"), "first_name": "Ada" } }))
        .collect();
    let args = json!({ "group_id": "12", "users": people });
    let Value::Object(args) = args else { return Err("no arguments".into()) };
    let platform = platforms::named("mobilize").ok_or("no such platform")?;
    let op = platform.op("bulk", "create_members").ok_or("no such operation")?;
    let call = Call { platform, op, connection: "main".into(), args: Args::from_checked(args) };
    Ok(call.pieces().into_iter().next().ok_or("no pieces")?)
}
