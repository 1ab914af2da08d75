//! Webhooks: 16 senders at once, each answered when its delivery is on the disk; then every one of them worked off once.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use beadle::store::Store;
use serde_json::{Value, json};

use crate::measure::{beadle, ratio};
use crate::{Outcome, number};

/// Senders at the same time.
const SENDERS: usize = 16;
/// Deliveries of each.
const EACH: usize = 250;
/// So long one may take, at the 99th percentile.
const GOAL: Duration = Duration::from_millis(25);

/// `hooks [DELIVERIES OF EACH SENDER]`
pub fn bench(arguments: &[String]) -> Outcome {
    let each = number(arguments, 0, EACH)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let all = each * SENDERS;
    println!("{all} webhook deliveries from {SENDERS} senders at once, each answered when it is durable");
    let ideal = ideal(&folder.path().join("ideal"), each)?;
    println!("  a file, one forced write for all who wait      {}", shown(&ideal, all));
    std::fs::write(folder.path().join("beadle.toml"), "[webhooks]\nrequests_per_second = 1000000\n")?;
    let mut command = beadle(folder.path());
    let added = command.args(["webhook", "add", "crm", "--sandbox", "--json"]).output()?;
    let added: Value = serde_json::from_slice(&added.stdout)?;
    let address = added["address"].as_str().ok_or("no address")?;
    let path = &address[address.find("/hooks/").ok_or("no path")?..];
    let mut receiver = Receiver::start(folder.path())?;
    let idle = receiver.memory("VmRSS:")?;
    let measured = load(&receiver.address, path, each, 200)?;
    let peak = receiver.memory("VmHWM:")?;
    let verdict = if measured.percentile(99) <= GOAL { "within" } else { "ABOVE" };
    println!(
        "  beadle                                         {}, {verdict} {} ms; {:.2} of the ideal's rate, {:.1} MiB above idle ({:.1})",
        shown(&measured, all),
        GOAL.as_millis(),
        ratio(ideal.wall, measured.wall),
        (peak.saturating_sub(idle)) as f64 / 1024.0,
        idle as f64 / 1024.0,
    );
    let began = Instant::now();
    let (stored, asked) = worked_off(folder.path(), all)?;
    println!(
        "  answered {all}, stored {stored}, runs asked for {asked}; worked off {:.1} s after the last answer",
        began.elapsed().as_secs_f64()
    );
    receiver.child.kill()?;
    receiver.child.wait()?;
    if stored != all || asked != all {
        return Err("what was answered and what is there differ".into());
    }
    peer(folder.path(), each)
}

/// What senders saw.
struct Measured {
    wall: Duration,
    each: Vec<Duration>,
}

impl Measured {
    fn percentile(&self, percent: usize) -> Duration {
        self.each
            .get((self.each.len() * percent / 100).min(self.each.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

fn shown(of: &Measured, all: usize) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "{:6.0} a second, p50 {:5.1} ms, p99 {:5.1} ms",
        all as f64 / of.wall.as_secs_f64(),
        ms(of.percentile(50)),
        ms(of.percentile(99))
    )
}

/// Lets all senders do `one` so many times, and measures each.
fn senders(
    each: usize,
    sender: impl Fn(usize) -> Outcome<Box<dyn FnMut(usize) -> Result<(), String>>> + Sync,
) -> Outcome<Measured> {
    let began = Instant::now();
    let times: Vec<Result<Vec<Duration>, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SENDERS)
            .map(|place| {
                let sender = &sender;
                scope.spawn(move || {
                    let mut send = sender(place).map_err(|error| error.to_string())?;
                    let mut times = Vec::with_capacity(each);
                    for number in 0..each {
                        let start = Instant::now();
                        send(number)?;
                        times.push(start.elapsed());
                    }
                    Ok(times)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a sender failed".to_owned())?).collect()
    });
    let wall = began.elapsed();
    let mut all = Vec::new();
    for times in times {
        all.extend(times?);
    }
    all.sort();
    Ok(Measured { wall, each: all })
}

/// The same records in a plain file: whoever waits shares one forced write.
fn ideal(file: &Path, each: usize) -> Outcome<Measured> {
    let mut file = std::fs::File::create(file)?;
    let (send, receive) = mpsc::channel::<(Vec<u8>, mpsc::Sender<()>)>();
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        while let Ok(first) = receive.recv() {
            let group: Vec<_> = std::iter::once(first).chain(receive.try_iter()).collect();
            let bytes: Vec<u8> = group.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            file.write_all(&bytes)?;
            file.sync_data()?;
            for (_, done) in group {
                // Whoever waits is there: senders end after their answer.
                let _ = done.send(());
            }
        }
        Ok(())
    });
    let measured = senders(each, |place| {
        let send = send.clone();
        Ok(Box::new(move |number| {
            let (done, wait) = mpsc::channel();
            send.send((delivery(place, number), done)).map_err(|error| error.to_string())?;
            wait.recv().map_err(|error| error.to_string())
        }))
    })?;
    drop(send);
    writer.join().map_err(|_| "the writer failed")??;
    Ok(measured)
}

/// Posts over connections that are kept.
fn load(address: &str, path: &str, each: usize, wanted: u16) -> Outcome<Measured> {
    senders(each, |place| {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let path = path.to_owned();
        Ok(Box::new(move |number| {
            let body = delivery(place, number);
            let mut request = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            request.extend_from_slice(&body);
            stream.write_all(&request).map_err(|error| error.to_string())?;
            match answered(&mut stream).map_err(|error| error.to_string())? {
                status if status == wanted => Ok(()),
                status => Err(format!("answered {status}")),
            }
        }))
    })
}

/// Reads one answer to its end.
fn answered(stream: &mut TcpStream) -> Outcome<u16> {
    let (mut seen, mut part) = (Vec::new(), [0; 1024]);
    loop {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err("the connection ended".into());
        }
        seen.extend_from_slice(&part[..count]);
        let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0").parse::<usize>()?;
        if seen.len() >= end + 4 + length {
            return Ok(head.split(' ').nth(1).unwrap_or_default().parse()?);
        }
    }
}

/// One notification, about a person of the sandbox.
fn delivery(sender: usize, number: usize) -> Vec<u8> {
    let id = 1001 + (sender * 31 + number) % 200;
    let item = json!({ "id": id.to_string(), "first_name": "Ada", "last_name": "Lovelace", "email": "ada@x.example" });
    let notice = json!({ "item_type": "user", "topic": "user.created", "item": item });
    json!({ "notifications": [notice], "total": 1, "job": { "id": format!("j{sender}-{number}") } })
        .to_string()
        .into_bytes()
}

struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    fn start(folder: &Path) -> Outcome<Self> {
        let mut command = beadle(folder);
        command.args(["webhook", "serve", "--sandbox", "--port", "0", "--json", "--job", "welcome=user.created"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        Ok(Self { child, address: said["address"].as_str().ok_or("no address")?.to_owned() })
    }

    /// In KiB.
    fn memory(&self, field: &str) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
        Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
    }
}

/// Waits until everything is done; how many deliveries are there, and how many different runs they asked for.
fn worked_off(folder: &Path, all: usize) -> Outcome<(usize, usize)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(&folder.join(".beadle/sandbox.db")).await?;
        let limit = i64::try_from(all * 2)?;
        let rows = loop {
            let rows = store.deliveries(None, i64::MAX, limit).await?;
            if rows.iter().all(|row| row.state == "done") {
                break rows;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let runs: BTreeSet<String> = store.waiting_triggers(limit).await?.into_iter().map(|run| run.run).collect();
        Ok((rows.len(), runs.len()))
    })
}

/// Debian's `webhook`, which answers at once and starts a process for each; how many of those came to run.
fn peer(folder: &Path, each: usize) -> Outcome {
    if Command::new("webhook").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("  Debian's `webhook` is not installed: left out (apt install webhook)");
        return Ok(());
    }
    let (hooks, ran) = (folder.join("hooks.json"), folder.join("ran"));
    let script = folder.join("ran.sh");
    std::fs::write(&script, format!("#!/bin/sh\necho x >> {}\n", ran.display()))?;
    Command::new("chmod").arg("+x").arg(&script).status()?;
    std::fs::write(&hooks, json!([{ "id": "x", "execute-command": script }]).to_string())?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut child = Command::new("webhook")
        .arg("-hooks")
        .arg(&hooks)
        .args(["-ip", "127.0.0.1", "-port", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let address = format!("127.0.0.1:{port}");
    while TcpStream::connect(&address).is_err() {
        std::thread::yield_now();
    }
    let measured = load(&address, "/hooks/x", each, 200);
    let mut last = usize::MAX;
    let ran = loop {
        std::thread::sleep(Duration::from_millis(500));
        let lines = std::fs::read_to_string(&ran).unwrap_or_default().lines().count();
        if lines == last {
            break lines;
        }
        last = lines;
    };
    child.kill()?;
    child.wait()?;
    let all = each * SENDERS;
    println!("  webhook                                        {}; ran {ran} of {all}", shown(&measured?, all));
    Ok(())
}
