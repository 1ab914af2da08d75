//! What `beadle serve` answers with: its address for those who watch and drive it, and its log as objects.

use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::session::{Play, Session};
use super::{Failure, Format, Printer};
use crate::clock::Clock;
use crate::events::{Event, Events, Level, Sink};
use crate::runs::{Looked, Refused};
use crate::schedule::Desk;
use crate::script::Cancel;
use crate::server::api::{Looks, Options, listen};
use crate::server::{Arrivals, Listening};

/// Connections with their accounts, and whoever waits for what looking has shown.
type Question = (Vec<(String, String)>, oneshot::Sender<Result<Vec<Looked>, Refused>>);

/// Hands questions about doubts to [`attend`].
struct Window(mpsc::Sender<Question>);

/// The other side of the window.
pub(super) struct Questions(mpsc::Receiver<Question>);

impl Looks for Window {
    fn look<'a>(&'a self, places: &'a [(String, String)]) -> BoxFuture<'a, Result<Vec<Looked>, Refused>> {
        async {
            let (send, answer) = oneshot::channel();
            let gone = || Refused::Connection("beadle serve is stopping".to_owned());
            self.0.send((places.to_vec(), send)).await.map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        }
        .boxed()
    }
}

/// Listens where the settings say so, and says where; `None` where it is off.
pub(super) async fn open(
    session: &Session<'_>,
    desk: Desk,
    arrivals: Arrivals,
    stop: CancellationToken,
    events: &Events,
) -> Result<(Option<Listening>, Questions), Failure> {
    let (send, questions) = mpsc::channel(1);
    let serve = &session.settings.serve;
    let Some(address) = serve.listen else { return Ok((None, Questions(questions))) };
    let shell = session.shell;
    let token = serve.token(&session.settings.project, &shell.environment, &shell.redactor)?;
    let place = token.place.clone();
    let options = Options {
        address,
        token,
        past: session.past(),
        desk,
        arrivals,
        hosts: serve.hosts.clone(),
        looks: Arc::new(Window(send)),
        redactor: shell.redactor.clone(),
        clock: Clock::system(),
        stop,
    };
    let listening = listen(options).await.map_err(|error| {
        let hint = format!("{}; \"off\" opens none", another_place("serve", address, &error));
        Failure::failed(format!("failed to listen on {address}: {error}")).hint(hint)
    })?;
    let at = listening.address;
    if !serve.is_local() {
        events.say(
            Level::Warn,
            format!("others can reach http://{at}: put a proxy with TLS before it, the token travels openly"),
        );
    }
    match shell.printer.format() {
        Format::Text => events.say(Level::Info, format!("API on http://{at}/api/v1; its token: {place}")),
        Format::Json => {
            shell.printer.object(&json!({ "type": "listening", "address": at.to_string(), "token": place }));
        }
    }
    Ok((Some(listening), Questions(questions)))
}

/// What to write where an address cannot be had: the setting with another port, in the file and as a variable.
pub(super) fn another_place(section: &str, taken: SocketAddr, error: &io::Error) -> String {
    let variable = format!("BEADLE_{}__LISTEN", section.to_uppercase());
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let port = taken.port().checked_add(10).unwrap_or(8797);
            let other = SocketAddr::new(taken.ip(), port);
            format!(
                "something listens there already, such as the `beadle serve` of another project: write below `[{section}]` of \
                 beadle.toml: listen = \"{other}\", or set {variable}={other}"
            )
        }
        _ => format!(
            "write an address of this machine below `[{section}]` of beadle.toml: listen = \"127.0.0.1:{}\", or set {variable}",
            taken.port()
        ),
    }
}

/// Asks the platforms whenever somebody wants it, until dropped.
pub(super) async fn attend(session: &Session<'_>, mut questions: Questions) {
    while let Some((places, answer)) = questions.0.recv().await {
        // Another process may have changed the sandbox since: each look begins anew.
        let looked = session.runner(Play::default(), Cancel::default()).look(&places).await;
        // Whoever asked may have gone away.
        drop(answer.send(looked));
    }
    std::future::pending().await
}

/// The log: for people on stderr, each line with its time by the clocks of the zone; where objects are wanted, one a line on
/// stdout.
pub(super) fn log(printer: &Arc<Printer>, zone: &TimeZone) -> Arc<dyn Sink> {
    let (printer, clock) = (printer.clone(), Clock::system());
    match printer.format() {
        Format::Text => Arc::new(Lines { printer, clock, zone: zone.clone() }),
        Format::Json => Arc::new(Objects { printer, clock }),
    }
}

struct Lines {
    printer: Arc<Printer>,
    clock: Clock,
    zone: TimeZone,
}

impl Sink for Lines {
    fn note(&self, event: &Event) {
        let Some(said) = said(event) else { return };
        let time = self.clock.now().to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        self.printer.say_at(&time, said.level, &said.line);
    }
}

struct Objects {
    printer: Arc<Printer>,
    clock: Clock,
}

impl Sink for Objects {
    fn note(&self, event: &Event) {
        let Some(Said { level, job, run, line }) = said(event) else { return };
        if self.printer.shows(level) {
            let time = self.clock.now().to_string();
            let level = level.word();
            self.printer
                .object(&json!({ "type": "log", "time": time, "level": level, "job": job, "run": run, "text": line }));
        }
    }
}

/// A line of the log.
struct Said<'a> {
    level: Level,
    job: Option<&'a str>,
    run: Option<&'a str>,
    line: Cow<'a, str>,
}

/// What an event says in a log, where nobody watches how far something is.
fn said(event: &Event) -> Option<Said<'_>> {
    let (level, job, run, line) = match event {
        Event::Say(level, line) => (*level, None, None, Cow::from(line)),
        Event::Job { level, job, run, line } => (*level, Some(job.as_str()), run.as_deref(), Cow::from(line)),
        Event::Called(called) => (Level::Debug, None, None, Cow::from(called.to_string())),
        Event::Print(_) | Event::Again { .. } | Event::Progress { .. } => return None,
    };
    Some(Said { level, job, run, line })
}
