//! `webhook send`: what a platform would send, made of the sandbox's people or read from a file.

use std::path::PathBuf;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use crate::catalog::{Args, Call};
use crate::client::{Poster, Reads as _};
use crate::clock::Clock;
use crate::hooks::HookSecret;
use crate::model::Topic;
use crate::sandbox::{InProcess, Wanted, kept};
use crate::settings::Mode;
use crate::tables::read_text;
use crate::{platforms, wire};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The hook's whole address
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// What is said to have happened
    #[arg(long, value_name = "TOPIC", value_parser = topic, default_value = "user.created")]
    topic: Topic,
    /// To how many of the sandbox's people
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=50))]
    people: u64,
    /// Send this file as it is instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topic", "people"])]
    file: Option<PathBuf>,
}

/// Sends one and says what came back.
pub(super) fn send(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    if !options.to.starts_with("http://") && !options.to.starts_with("https://") {
        return Err(Failure::usage("`--to` must be the whole address, as `beadle webhook add` has shown it"));
    }
    let body = match &options.file {
        Some(file) => read(&shell.folder.join(file))?,
        None => sample(options, shell)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("failed to start: {error}")))?;
    let answer = runtime.block_on(async { Poster::new()?.post(&options.to, body).await });
    let (status, words) = answer.map_err(|why| {
        Failure::failed(format!("nobody took it: {why}")).hint("begin to receive first: beadle serve")
    })?;
    shell.tell(
        || format!("answered {status}: {words}"),
        || json!({ "type": "sent", "status": status, "answer": words }),
    );
    match status {
        200 => Ok(Code::Done),
        404 => Err(Failure::failed("no hook has this address").hint("beadle webhook list")),
        _ => Err(Failure::failed(format!("it was refused with {status}"))),
    }
}

fn read(file: &std::path::Path) -> Result<Bytes, Failure> {
    read_text(file).map(Bytes::from).map_err(|error| Failure::usage(error.to_string()))
}

/// A delivery about the first of the sandbox's people.
fn sample(options: &Options, shell: &Shell) -> Result<Bytes, Failure> {
    let session = Session::open(shell, shell.settings(Mode::Sandbox, None)?, Mode::Sandbox)?;
    let people = session.runtime.block_on(people(&session, options.people)).map_err(Failure::failed)?;
    let kind = if options.topic == Topic::GroupMemberAdded { "group_member" } else { "user" };
    let notices: Vec<Value> = people
        .into_iter()
        .map(|item| json!({ "item_type": kind, "topic": options.topic.name(), "item": item }))
        .collect();
    // A new job each time: the same one would be known already.
    let job = HookSecret::new().map_err(Failure::failed)?;
    let job = format!("sample-{}", job.expose().get(..12).unwrap_or_default());
    let total = notices.len();
    Ok(json!({ "notifications": notices, "total": total, "job": { "id": job } }).to_string().into())
}

async fn people(session: &Session<'_>, count: u64) -> Result<Vec<Value>, String> {
    let kept = kept(&session.store, &Clock::system(), Wanted::default()).await;
    let (sandbox, _) = kept.map_err(|error| error.to_string())?;
    let platform = platforms::named("mobilize").ok_or("there is no Mobilize")?;
    let op = platform.op("users", "list").ok_or("Mobilize lists no users")?;
    let mut args = Args::default();
    args.set("limit", count);
    let call = Call { platform, op, connection: "main".into(), args };
    let reply = InProcess::new(sandbox, platform.name).read(wire::build(&call)).await;
    let reply = reply.map_err(|lost| lost.to_string())?;
    let rows = wire::rows(&reply.body, &["users"]).map_err(|error| error.to_string())?;
    rows.iter().map(|row| serde_json::from_slice(row.bytes()).map_err(|error| error.to_string())).collect()
}

fn topic(text: &str) -> Result<Topic, String> {
    Topic::read(text).ok_or_else(|| {
        let known: Vec<&str> = Topic::ALL.iter().map(|topic| topic.name()).collect();
        format!("there are {}", known.join(", "))
    })
}
