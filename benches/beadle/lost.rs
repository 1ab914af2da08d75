//! A large import of which every seventh write loses its answer after the effect, against the same without any trouble:
//! everybody is in the group and invited once, and this is what it costs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};
use beadle::store::Store;

use crate::measure::{Spent, beadle, medians, ratio, spent};
use crate::{Outcome, number};

const PEOPLE: usize = 10_000;
const ROUNDS: usize = 1;
/// The first group that is made in the sandbox's community.
const MADE: u64 = 10;
const FAULTS: &str = "504-after:every=7:writes";
const SCRIPT: &str = include_str!("new_group.rhai");

/// What one run has left behind.
struct Left {
    spent: Spent,
    calls: u64,
    writes: u64,
}

/// `lost [ROUNDS] [PEOPLE]`
pub fn bench(arguments: &[String]) -> Outcome {
    let rounds = number(arguments, 0, ROUNDS)?;
    let people = number(arguments, 1, PEOPLE)?;
    let (mut well, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        well.push(import(people, &[])?);
        lost.push(import(people, &["--faults", FAULTS])?);
    }
    println!("{people} new members and their invitations on the sandbox, medians of {rounds} rounds");
    let undisturbed = medians(&well.iter().map(|left| left.spent).collect::<Vec<_>>());
    for (name, left) in [("no trouble", &well), ("every 7th write answered by a 504 after its effect", &lost)] {
        let spent = medians(&left.iter().map(|left| left.spent).collect::<Vec<_>>());
        let (calls, writes) = left.first().map(|left| (left.calls, left.writes)).ok_or("no rounds")?;
        println!(
            "  {name:50} {spent}   CPU {:.2} times, wall {:.2} times; {calls} calls, {writes} of them writes",
            ratio(spent.cpu, undisturbed.cpu),
            ratio(spent.wall, undisturbed.wall)
        );
    }
    println!("  in each: all {people} in the group as the roster says, each invited once, nothing in doubt");
    Ok(())
}

fn import(people: usize, more: &[&str]) -> Outcome<Left> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut roster = String::from("email,first_name,last_name\n");
    for person in 0..people {
        writeln!(roster, "{},First{person},Last{person}", address(person))?;
    }
    std::fs::write(folder.path().join("people.csv"), roster)?;
    std::fs::write(folder.path().join("new_group.rhai"), SCRIPT)?;
    std::fs::write(folder.path().join("beadle.toml"), format!("[limits.mail]\nunattended = {people}\n"))?;
    let mut command = beadle(folder.path());
    let spent = spent(command.args(["run", "new_group.rhai", "--sandbox"]).args(more))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (calls, writes) = runtime.block_on(check(folder.path(), people))?;
    Ok(Left { spent, calls, writes })
}

/// A figure counts only when everything is as it should be. Returns how many calls there were, and how many could change
/// something.
async fn check(folder: &Path, people: usize) -> Outcome<(u64, u64)> {
    let store = Store::open(&folder.join(".beadle/sandbox.db")).await?;
    let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await?;
    sandbox.settle("mobilize").await;
    let mut mails: BTreeMap<String, usize> = BTreeMap::new();
    for mail in sandbox.outbox("mobilize").await {
        *mails.entry(mail.to).or_default() += 1;
    }
    let members = sandbox.look("mobilize", |world| {
        let members =
            world.members_from(MADE, 0).filter(|user| user.membership(MADE).is_some_and(|place| !place.admin));
        members.map(|user| (user.email.clone(), user.name())).collect::<BTreeMap<_, _>>()
    });
    let members = members.await.ok_or("no such platform")?;
    let wanted: BTreeMap<_, _> =
        (0..people).map(|person| (address(person), format!("First{person} Last{person}"))).collect();
    let once = mails.len() == people && mails.iter().all(|(to, count)| *count == 1 && wanted.contains_key(to));
    let run = store.runs(1).await?.into_iter().next().ok_or("no run")?;
    let open = store.tally(&run.of.id).await?.iter().any(|row| matches!(row.state.as_str(), "open" | "doubt"));
    store.close().await;
    if members != wanted || !once || open {
        let doubled = mails.values().filter(|count| **count > 1).count();
        return Err(format!("{} members, {} mailed, {doubled} of them twice", members.len(), mails.len()).into());
    }
    let summary = run.summary.unwrap_or_default();
    let count = |name: &str| summary[name].as_u64().ok_or(format!("the report has no `{name}`: {summary}"));
    Ok((count("calls")?, count("writes")?))
}

fn address(person: usize) -> String {
    format!("person{person}@new.example.org")
}
