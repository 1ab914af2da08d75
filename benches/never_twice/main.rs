//! Never twice, measured: 200 invitations, sent by a process that is killed 40 times and started again, by a plain script,
//! by one that keeps a file of what is done, and by beadle. `cargo bench --bench never_twice [-- SEED]`; it draws
//! docs/pictures/never_twice.svg from what it has measured. docs/performance.md says what it shows.
#![expect(clippy::disallowed_methods, reason = "benchmarks start programs, send requests and write files")]
#![expect(clippy::print_stdout, reason = "figures are their output")]

mod community;
mod contenders;
mod kills;
mod picture;
mod plain;

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use community::Community;
use contenders::{BeadleRun, Contender, Plain};
use kills::{Kill, survive};

/// What may go wrong, shown as it is.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// How many people are to be invited, and how often the process dies.
const PEOPLE: usize = 200;
const KILLS: usize = 40;
/// From which the moments of the kills are drawn.
const SEED: u64 = 1;

/// What has become of the invitations of one contender.
struct Account {
    name: &'static str,
    kills: usize,
    /// Mails that went out.
    mails: usize,
    /// Mails beyond each person's first.
    doubled: usize,
    /// Who has no mail, and nobody will look.
    missing: usize,
    /// Whom it has left for a person to decide, without a mail.
    held: usize,
    seconds: f64,
}

fn main() -> ExitCode {
    // As the program does; a process has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // `cargo bench` adds a flag for benchmarks that are made otherwise.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let done = match arguments.split_first() {
        Some((word, rest)) if word == plain::WORD => plain::invite(rest),
        Some((seed, [])) => seed.parse().map_err(Into::into).and_then(compare),
        _ => compare(SEED),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(seed: u64) -> Outcome {
    let kills = kills::drawn(seed, KILLS);
    println!("{PEOPLE} invitations on the simulated Mobilize over HTTP; SIGKILL {KILLS} times, seed {seed}");
    println!("killed after so many further mails and milliseconds: {}", list(&kills));
    let contenders: [Box<dyn Contender>; 3] =
        [Box::new(Plain::without_a_file()), Box::new(Plain::with_a_file()), Box::<BeadleRun>::default()];
    println!(
        "\n{:34} {:>6} {:>6} {:>8} {:>8} {:>13} {:>8}",
        "", "kills", "mails", "doubled", "missing", "for a person", "seconds"
    );
    let mut accounts = Vec::new();
    for mut contender in contenders {
        let account = measure(&mut *contender, &kills)?;
        println!(
            "{:34} {:6} {:6} {:8} {:8} {:13} {:8.1}",
            account.name, account.kills, account.mails, account.doubled, account.missing, account.held, account.seconds
        );
        accounts.push(account);
    }
    println!("\n{}", line(seed, &accounts));
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/never_twice.svg");
    std::fs::write(&picture, picture::drawn(&accounts, PEOPLE, KILLS))?;
    println!("drawn: {}", picture.display());
    Ok(())
}

/// A community of its own for each, the same people in each.
fn measure(contender: &mut dyn Contender, kills: &[Kill]) -> Outcome<Account> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let community = Community::serve(PEOPLE)?;
    contender.settle_in(folder.path(), &community)?;
    let (killed, spent) = survive(contender, &community, kills)?;
    let held = contender.left_for_a_person()?;
    let mails = community.mails();
    let missing: Vec<&u64> = community.people.iter().filter(|id| !mails.contains_key(id)).collect();
    let held = missing.iter().filter(|id| held.contains(id)).count();
    Ok(Account {
        name: contender.name(),
        kills: killed,
        mails: mails.values().sum(),
        doubled: mails.values().map(|count| count - 1).sum(),
        missing: missing.len() - held,
        held,
        seconds: spent.as_secs_f64(),
    })
}

fn list(kills: &[Kill]) -> String {
    kills.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The same for programs.
fn line(seed: u64, accounts: &[Account]) -> String {
    let of = |account: &Account| {
        json!({
            "name": account.name, "kills": account.kills, "mails": account.mails, "doubled": account.doubled,
            "missing": account.missing, "for_a_person": account.held, "seconds": (account.seconds * 10.0).round() / 10.0,
        })
    };
    let contenders: Vec<_> = accounts.iter().map(of).collect();
    json!({ "bench": "never_twice", "people": PEOPLE, "seed": seed, "contenders": contenders }).to_string()
}
