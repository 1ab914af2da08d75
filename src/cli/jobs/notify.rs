//! `beadle jobs notify NAME`: who is told of a job; with `--test`, whether messages and pings arrive.

use serde_json::json;

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::Place;
use crate::clock::Clock;
use crate::events::Level;
use crate::model::counted;
use crate::schedule::{Delivery, DeliveryParts, Pulse, Trouble, Waits, Way, test_message};
use crate::settings::{Job, Jobs};

/// What a watcher is told in a test: that something begins, and that it is done.
const PULSES: [(Pulse, &str); 2] = [(Pulse::Start, "start"), (Pulse::Success, "success")];

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The job
    name: String,
    /// Send a test message to everybody, and a start and a success to the watcher outside
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    place: Place,
}

/// Shows who is told, or tells them something.
pub(super) fn notify(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = options.place.mode();
    let settings = shell.settings(mode, None)?;
    let job = Jobs::one(&settings, &options.name)?;
    if job.notify.is_nobody() {
        let hint = format!(
            "name `slack`, `teams`, `webhook`, `command`, `mail` or `ping_url` below `[notify]` in {}: docs/alarms.md",
            job.file.display()
        );
        return Err(Failure::usage(format!("nobody is told of `{}`", job.name)).hint(hint));
    }
    let session = Session::open(shell, settings, mode)?;
    if options.test {
        return test(&job, &session, shell);
    }
    show(&job, &session, shell)
}

/// What delivers for this project.
pub(in super::super) fn delivery(shell: &Shell, session: &Session<'_>) -> Result<Delivery, Failure> {
    let parts = DeliveryParts {
        store: session.store.clone(),
        project: session.settings.project.clone(),
        mail: session.settings.mail.clone(),
        environment: shell.environment.clone(),
        redactor: shell.redactor.clone(),
        flags: shell.flags(session.mode()),
        waits: Waits { gather: session.settings.notify.gather, ..Waits::default() },
    };
    Delivery::new(parts).map_err(|error| Failure::failed(format!("cannot set up HTTP: {error}")))
}

fn show(job: &Job, session: &Session<'_>, shell: &Shell) -> Result<Code, Failure> {
    let after = match job.notify.after {
        1 => "every first failure".to_owned(),
        after => format!("{after} failures in a row"),
    };
    shell.tell_text(&format!("{}: told of after {after}", job.name));
    let letters = session.runtime.block_on(session.store.letters()).map_err(failed)?;
    for way in ways(job) {
        let kept = letters.iter().filter(|letter| letter.job == job.name && letter.way == way.word()).count();
        let waiting = match kept {
            0 => String::new(),
            _ => {
                let count = counted(kept, "message has", "messages have");
                format!(": {count} not arrived yet")
            }
        };
        shell.tell(
            || format!("  {}{waiting}", way.place(job)),
            || {
                json!({ "type": "notify", "job": job.name, "way": way.word(), "to": way.place(job), "after": job.notify.after,
                        "not_arrived": kept })
            },
        );
    }
    Ok(Code::Done)
}

fn test(job: &Job, session: &Session<'_>, shell: &Shell) -> Result<Code, Failure> {
    let delivery = delivery(shell, session)?;
    let message = test_message(&job.name, session.mode(), &shell.flags(session.mode()), Clock::system().now());
    let mut code = Code::Done;
    for way in ways(job) {
        match way {
            Way::Ping => {
                for (pulse, word) in PULSES {
                    let body = format!("{word}: {}", message.title());
                    let sent = session.runtime.block_on(delivery.ping(job, pulse, &body));
                    told(&mut code, job, way, Some(word), sent, shell);
                }
            }
            Way::Webhook | Way::Command | Way::Mail => {
                let sent = session.runtime.block_on(delivery.send(job, way, &message));
                told(&mut code, job, way, None, sent, shell);
            }
        }
    }
    Ok(code)
}

fn ways(job: &Job) -> impl Iterator<Item = Way> {
    Way::MESSAGES.into_iter().chain([Way::Ping]).filter(|way| way.is_of(job))
}

/// How one delivery went.
fn told(code: &mut Code, job: &Job, way: Way, what: Option<&str>, sent: Result<String, Trouble>, shell: &Shell) {
    let place = match what {
        Some(what) => format!("{}, {what}", way.place(job)),
        None => way.place(job),
    };
    let arrived = sent.is_ok();
    let said = sent.unwrap_or_else(|trouble| trouble.why);
    shell.tell(
        || if arrived { format!("{place}: {said}") } else { format!("{place}: not told") },
        || json!({ "type": "notified", "job": job.name, "way": way.word(), "what": what, "arrived": arrived, "said": said }),
    );
    if !arrived {
        *code = Code::Failed;
        shell.printer.say(Level::Error, &format!("{} {said}", way.place(job)));
    }
}
