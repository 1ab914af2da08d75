//! Durable effects at the door: begun before a request would leave, settled after, in a file on the disk.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use beadle::catalog::{Args, Call, Piece};
use beadle::clock::Clock;
use beadle::effects::{Caps, Intent, Lease, Ledger, Outcome as Ended};
use beadle::platforms;
use beadle::store::{NewRun, Store};
use serde_json::{Value, json};

use crate::measure::{contestant, ratio, spent};
use crate::{Outcome, number};

/// Effects in all, and how many in one call.
const SINGLY: (usize, usize) = (1_000, 1);
const IN_BATCHES: (usize, usize) = (40_000, 500);
/// A call is made durable twice: when it is begun and when it is settled.
const COMMITS: usize = 2;

/// `ledger`
pub fn bench(_: &[String]) -> Outcome {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let sync = one_sync(folder.path())?;
    println!("durable effects on disk; one forced write of 4 KiB takes {:.2} ms here", sync.as_secs_f64() * 1_000.0);
    for (all, batch) in [SINGLY, IN_BATCHES] {
        let file = folder.path().join(format!("of-{batch}.db"));
        let mut command = contestant("effects")?;
        command.arg(&file).args([all.to_string(), batch.to_string()]);
        let spent = spent(&mut command)?;
        let rate = all as f64 / spent.wall.as_secs_f64();
        let floor = sync * u32::try_from(COMMITS * all / batch)?;
        println!(
            "  {all:6} in calls of {batch:3} {spent}   {rate:6.0} a second, {:.0} us CPU each, wall {:.2} times its forced writes",
            spent.cpu.as_secs_f64() * 1e6 / all as f64,
            ratio(spent.wall, floor)
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

/// Begins and settles so many effects, so many in one call: `effects FILE ALL BATCH`.
#[tokio::main]
pub async fn effects(arguments: &[String]) -> Outcome {
    let file = arguments.first().ok_or("it needs a file")?;
    let (all, batch) = (number(arguments, 1, 0)?, number(arguments, 2, 1)?);
    let ledger = ledger(Path::new(file)).await?;
    for first in (0..all).step_by(batch) {
        let piece = piece(first, batch)?;
        let begun = ledger.begin("mobilize-1", &piece, &Intent::default()).await?;
        let permit = begun.permit.ok_or("nothing may be sent")?;
        ledger.settle(permit, Ended::Done { shares: HashMap::new() }).await?;
    }
    Ok(())
}

async fn ledger(file: &Path) -> Outcome<Ledger> {
    let (store, clock) = (Store::open(file).await?, Clock::system());
    let run = NewRun {
        id: "r1".into(),
        script: "bench".into(),
        source: "bench".into(),
        args: json!({}),
        connection: None,
        sandbox: false,
        settings: None,
        started_at: clock.now_ms(),
    };
    store.start_run(&run).await?;
    let lease = Lease::take(&store, "r1")?;
    Ok(Ledger::new(store, lease, 1, clock, Caps::default()))
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
