//! One delivery: a message to where a job's `[notify]` says, or a sign of life to the watcher outside. Its one rule: no
//! address is in what it says of how that went.

use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;

use super::decide::Pulse;
use super::message::{Message, Topic};
use super::{program, shapes};
use crate::client::{Answered, Poster};
use crate::runs::history::{Owner, Shown, Times};
use crate::settings::{Address, Environment, Flags, Job, Mail, Project, Redactor, Secret, Shape, Telling};
use crate::store::{Error, Store};

/// Of several messages in one, so many say what their runs say of their errors.
const COMPLETED: usize = 20;

/// How a message leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is posted.
    Webhook,
    /// A program reads it.
    Command,
    /// It is a mail.
    Mail,
    /// A sign of life, not a message.
    Ping,
}

/// How long deliveries are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// For a post.
    pub post: Duration,
    /// For a program.
    pub program: Duration,
    /// Before a message is sent again for the first time; each further wait is twice as long, up to half an hour.
    pub again: Duration,
    /// Before a ping is sent again.
    pub ping_again: Duration,
    /// So long the first message to a receiver waits for others that leave with it.
    pub gather: Duration,
}

/// What is needed to deliver.
pub struct DeliveryParts {
    /// Where what became of runs is read.
    pub store: Store,
    /// The project: its folder, its zone.
    pub project: Project,
    /// How mails leave.
    pub mail: Mail,
    /// Where addresses may come from.
    pub environment: Environment,
    /// Learns the addresses.
    pub redactor: Redactor,
    /// What commands repeat.
    pub flags: Flags,
    /// How long is waited.
    pub waits: Waits,
}

/// Delivers.
pub struct Delivery {
    pub(super) parts: DeliveryParts,
    poster: Poster,
}

/// Why something did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The rest of a sentence that begins with to whom it was meant.
    pub why: String,
    /// How long the other side asks to wait.
    pub wait: Option<Duration>,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            post: Duration::from_secs(10),
            program: Duration::from_secs(30),
            again: Duration::from_secs(10),
            ping_again: Duration::from_secs(2),
            gather: Telling::default().gather,
        }
    }
}

impl Way {
    /// Those that messages take.
    pub const MESSAGES: [Self; 3] = [Self::Webhook, Self::Command, Self::Mail];

    /// The word that the store keeps.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Command => "command",
            Self::Mail => "mail",
            Self::Ping => "ping",
        }
    }

    /// Whether a job's file names it.
    pub fn is_of(self, job: &Job) -> bool {
        match self {
            Self::Webhook => job.notify.webhook.is_some(),
            Self::Command => job.notify.command.is_some(),
            Self::Mail => job.notify.mail.is_some(),
            Self::Ping => job.notify.ping.is_some(),
        }
    }

    /// To whom it leads, for people; never the address.
    pub fn place(self, job: &Job) -> String {
        let notify = &job.notify;
        match self {
            Self::Webhook => notify.webhook.as_ref().map_or("the webhook".to_owned(), |(shape, address)| {
                let shape = match shape {
                    Shape::Json => "webhook",
                    Shape::Slack => "Slack webhook",
                    Shape::Teams => "Teams webhook",
                };
                format!("the {shape} of {}", address.source())
            }),
            Self::Command => match notify.command.as_ref().and_then(|words| words.first()) {
                Some(program) => format!("the command `{program}`"),
                None => "the command".to_owned(),
            },
            Self::Mail => "the mail".to_owned(),
            Self::Ping => match &notify.ping {
                Some(ping) => format!("the watcher of {}", ping.0.source()),
                None => "the watcher".to_owned(),
            },
        }
    }
}

impl Delivery {
    /// With these parts; nothing is sent yet.
    pub fn new(parts: DeliveryParts) -> Result<Self, String> {
        Ok(Self { poster: Poster::patient(parts.waits.post)?, parts })
    }

    /// Sends these as one message, once; what was answered, and its title.
    pub(super) async fn send_all(
        &self,
        job: &Job,
        way: Way,
        mut all: Vec<Message>,
    ) -> (Result<String, Trouble>, String) {
        if all.len() > 1 {
            for one in all.iter_mut().take(COMPLETED) {
                *one = self.completed(one).await;
            }
        }
        let next = format!("beadle jobs{}", self.parts.flags);
        let message = match Message::gathered(all.clone(), next) {
            Some(gathered) => gathered,
            None => match all.pop() {
                Some(only) => only,
                None => return (Err(Trouble::gone()), String::new()),
            },
        };
        (self.send(job, way, &message).await, message.title())
    }

    /// Sends a message once; what was answered.
    pub async fn send(&self, job: &Job, way: Way, message: &Message) -> Result<String, Trouble> {
        let message = self.completed(message).await;
        let sent = match way {
            Way::Webhook => self.webhook(job, &message).await,
            Way::Command => self.command(job, &message).await,
            Way::Mail => self.mail(job, &message).await,
            Way::Ping => Err(Trouble::new("takes no message".to_owned())),
        };
        sent.map_err(|trouble| self.clean(trouble))
    }

    /// Sends a sign of life once.
    pub async fn ping(&self, job: &Job, pulse: Pulse, body: &str) -> Result<String, Trouble> {
        let Some(ping) = &job.notify.ping else { return Err(Trouble::gone()) };
        let sent = async {
            let address = below(&self.address(&ping.0).await?, pulse.path());
            self.parts.redactor.learn(&address);
            self.post(&address, "text/plain; charset=utf-8", body.to_owned()).await
        };
        sent.await.map_err(|trouble| self.clean(trouble))
    }

    async fn webhook(&self, job: &Job, message: &Message) -> Result<String, Trouble> {
        let Some((shape, address)) = &job.notify.webhook else { return Err(Trouble::gone()) };
        let address = self.address(address).await?;
        self.post(&address, "application/json", shapes::posted(message, *shape).to_string()).await
    }

    async fn post(&self, address: &Secret, content_type: &str, body: String) -> Result<String, Trouble> {
        match self.poster.send(address.expose(), content_type, Bytes::from(body)).await {
            Ok(Answered { status: status @ 200..300, said, .. }) => Ok(answered(status, &said)),
            Ok(Answered { status: status @ 300..400, .. }) => Err(Trouble::new(format!(
                "answered {status}, a redirect, which is not followed; write down the address that it leads to"
            ))),
            Ok(Answered { status, said, retry_after }) => {
                Err(Trouble { why: answered(status, &said), wait: retry_after })
            }
            Err(why) => Err(Trouble::new(format!("could not be asked: {why}"))),
        }
    }

    async fn command(&self, job: &Job, message: &Message) -> Result<String, Trouble> {
        let Some(words) = &job.notify.command else { return Err(Trouble::gone()) };
        self.run(words, format!("{}\n", message.json())).await
    }

    async fn mail(&self, job: &Job, message: &Message) -> Result<String, Trouble> {
        let Some(to) = &job.notify.mail else { return Err(Trouble::gone()) };
        let Some(words) = &self.parts.mail.command else {
            return Err(Trouble::new(
                "cannot leave: write `[mail]` with `command = [\"sendmail\", \"-t\"]` in beadle.toml".to_owned(),
            ));
        };
        let text = shapes::mail(message, self.parts.mail.from.as_deref(), to, &self.zone());
        let taken = self.run(words, text).await;
        taken.map_err(|trouble| Trouble { why: format!("was not taken: `{}` {}", words[0], trouble.why), ..trouble })
    }

    async fn run(&self, words: &[String], what: String) -> Result<String, Trouble> {
        let told = program::tell(words, &self.parts.project.folder, what.as_bytes(), self.parts.waits.program).await;
        told.map(|()| "took it".to_owned()).map_err(Trouble::new)
    }

    /// The address, now. Programs that print it are waited for apart from everybody else.
    async fn address(&self, address: &Address) -> Result<Secret, Trouble> {
        let DeliveryParts { project, environment, redactor, .. } = &self.parts;
        let (address, project) = (address.clone(), project.clone());
        let (environment, redactor) = (environment.clone(), redactor.clone());
        let read = tokio::task::spawn_blocking(move || address.read(&project, &environment, &redactor)).await;
        match read {
            Ok(Ok(address)) => Ok(address),
            Ok(Err(error)) => Err(Trouble::new(format!("has no address: {error}"))),
            Err(_) => Err(Trouble::new("has no address: reading it was broken off".to_owned())),
        }
    }

    /// With what the store knows of the run by now; without secrets.
    async fn completed(&self, message: &Message) -> Message {
        let mut message = message.clone();
        let ended = matches!(message.what, Topic::Failed | Topic::Paused | Topic::Held | Topic::InDoubt);
        if let (true, Some(run)) = (ended, message.run.clone()) {
            // A message that says less is better than one that waits for the store.
            if let Ok(Some(shown)) = self.shown(&run).await {
                if let Some(error) = shown.error() {
                    message.with_error(&error);
                }
                let command = shown.command().filter(|command| !message.next.contains(command));
                message.next.splice(message.next.len().min(1)..message.next.len().min(1), command);
            }
        }
        message.each_text(&|text: &str| self.parts.redactor.redact(text).into_owned())
    }

    async fn shown(&self, id: &str) -> Result<Option<Shown>, Error> {
        let store = &self.parts.store;
        let Some(run) = store.run(id).await? else { return Ok(None) };
        let effects = store.effects_by_state(id).await?.into_iter().map(|group| (group, Vec::new())).collect();
        Ok(Some(Shown {
            run,
            owner: Owner::Nobody,
            plan: None,
            attempts: Vec::new(),
            effects,
            approvals: store.approvals(id).await?,
            decisions: Vec::new(),
            calls: 0,
            requests: Vec::new(),
            files: Vec::new(),
            gone: false,
            flags: self.parts.flags.clone(),
            times: Times::within(self.zone()),
        }))
    }

    fn zone(&self) -> TimeZone {
        self.parts.project.timezone.clone()
    }

    fn clean(&self, trouble: Trouble) -> Trouble {
        Trouble { why: self.parts.redactor.redact(&trouble.why).into_owned(), ..trouble }
    }
}

impl Trouble {
    fn new(why: String) -> Self {
        Self { why, wait: None }
    }

    fn gone() -> Self {
        Self::new("is no longer named in the job's file".to_owned())
    }
}

impl Pulse {
    const fn path(self) -> &'static str {
        match self {
            Self::Start => "/start",
            Self::Success => "",
            Self::Fail => "/fail",
        }
    }
}

fn answered(status: u16, said: &str) -> String {
    match said {
        "" => format!("answered {status}"),
        said => format!("answered {status}: {said}"),
    }
}

/// The address with more at the end of its path, before its query.
fn below(address: &Secret, path: &str) -> Secret {
    let (base, query) = match address.expose().split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (address.expose(), String::new()),
    };
    Secret::new(format!("{}{path}{query}", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_of_life_goes_below_the_address_and_before_its_query() {
        let of = |address: &str, pulse: Pulse| below(&Secret::new(address), pulse.path()).expose().to_owned();
        assert_eq!(of("https://hc.example.org/uuid/", Pulse::Start), "https://hc.example.org/uuid/start");
        assert_eq!(of("https://hc.example.org/uuid", Pulse::Success), "https://hc.example.org/uuid");
        assert_eq!(
            of("https://hc.example.org/uuid?create=1", Pulse::Fail),
            "https://hc.example.org/uuid/fail?create=1"
        );
    }
}
