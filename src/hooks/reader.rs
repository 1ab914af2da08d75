//! Asks the platform of a hook's connection: for the rest of a delivery, and for what it tells of. Only reads exist here,
//! and they go where the connection goes; nothing of an address that was sent is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::gather::Trouble;
use crate::catalog::{Args, Call, Code, Page};
use crate::client::{Client, Error, Parts, Way};
use crate::clock::Clock;
use crate::effects::{Caps, Ledger};
use crate::events::Events;
use crate::notices::{Notice, Told};
use crate::plan::Draft;
use crate::runs::{Access, Transports};
use crate::settings::Redactor;

/// What readers are made of.
pub(super) struct Means {
    pub(super) transports: Arc<dyn Transports>,
    pub(super) ledger: Ledger,
    pub(super) clock: Clock,
    pub(super) events: Events,
    pub(super) redactor: Redactor,
    pub(super) stop: CancellationToken,
}

/// One connection, for reads alone; cheap to clone.
#[derive(Clone)]
pub(super) struct Reader {
    client: Client,
    /// Which of the community's keys is meant.
    key: Option<String>,
    refused: Arc<AtomicBool>,
}

/// Notifications of one delivery that are taken: a list that never ends must not fill the memory.
const MOST: usize = 100_000;
/// The key of a connection's settings that says which key's webhooks are meant.
const APPLICATION_KEY: &str = "application_key";

impl Reader {
    /// Opens a connection; an error says what to do.
    pub(super) async fn open(means: &Means, connection: &str) -> Result<Self, String> {
        let opened = means.transports.open(connection, Access::Reads).await?;
        let key = opened.values.get(APPLICATION_KEY).cloned();
        let client = Client::new(Parts {
            connection: connection.to_owned(),
            platform: opened.platform,
            account: opened.account,
            values: opened.values,
            credentials: opened.credentials,
            reads: opened.reads,
            // Nothing that could write is made.
            way: Way::Plan(Draft::default()),
            ledger: means.ledger.with_caps(Caps::default()),
            pace: opened.pace,
            policy: opened.policy,
            clock: means.clock.clone(),
            events: means.events.clone(),
            rules: opened.rules,
            brake: None,
            stop: means.stop.clone(),
            redactor: means.redactor.clone(),
        });
        Ok(Self { client, key, refused: Arc::default() })
    }

    /// Whether the platform has refused what proves who asks: somebody may have renewed it since.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// What an error says; a refusal is remembered.
    fn words(&self, error: &Error) -> String {
        if matches!(error.status, Some(401 | 403)) || error.code == Code::Unauthorized.as_str() {
            self.refused.store(true, Ordering::Relaxed);
        }
        error.to_string()
    }

    /// The account behind the connection.
    pub(super) fn account(&self) -> &str {
        self.client.account()
    }

    /// The notifications of a job from here on, and what kept it from reading them all.
    pub(super) async fn rest(&self, job: &str, offset: u64, told: Told) -> (Vec<Notice>, Option<Trouble>) {
        let mut notices = Vec::new();
        let mut args = Args::default();
        args.set("id", job);
        args.set("offset", offset);
        if let Some(key) = &self.key {
            args.set("api_application_key", key.as_str());
        }
        let call = match self.call("webhooks", "batch", args) {
            Ok(call) => call,
            Err(why) => return (notices, Some(Trouble::Passing(why))),
        };
        let pager = self.client.list(&call);
        while let Some(page) = pager.next_page().await {
            match page {
                // Where only a number says that there is more, a refusal says that there is not.
                Err(error) if told == Told::ByTotal && !error.retryable => {
                    let words = format!("its `total` says that there is more: {}", self.words(&error));
                    return (notices, Some(Trouble::Lasting(words)));
                }
                Err(error) => return (notices, Some(Trouble::Passing(self.words(&error)))),
                Ok(rows) => notices
                    .extend(rows.iter().map(|row| Notice::of(serde_json::from_slice(row.bytes()).unwrap_or_default()))),
            }
            if notices.len() >= MOST {
                let words = format!("it tells of more than {MOST} things; those behind are left out");
                return (notices, Some(Trouble::Lasting(words)));
            }
        }
        (notices, None)
    }

    /// Somebody as the platform has them now: the member where a group is named. `null` is nobody.
    pub(super) async fn item(&self, person: &str, group: Option<&str>) -> Result<Value, String> {
        let mut call = self.people("get", group)?;
        call.args.set("user_id", person);
        let item = self.client.read_all(&call).await.map_err(|error| self.words(&error))?;
        // A group member's own id may be that of the membership.
        match is_about(&item, if group.is_some() { "user_id" } else { "id" }, person) {
            true => Ok(item),
            false => Err(format!("{} of {person} was answered with something else", call.op.name())),
        }
    }

    /// One page of the users, or of a group's members, as `item` has them.
    pub(super) async fn page(&self, group: Option<&str>, offset: usize) -> Result<Vec<Value>, String> {
        let mut call = self.people("list", group)?;
        let Page::Offset { offset: begin, limit, size, documented } = call.op.page else {
            return Err(format!("{} is not paged by offset", call.op.name()));
        };
        call.args.set(begin, offset);
        call.args.set(limit, size);
        let read = match self.client.page(&call).await {
            // The page's size may be what it was refused for.
            Err(error) if matches!(error.status, Some(400 | 422)) => {
                call.args.set(limit, documented);
                self.client.page(&call).await
            }
            other => other,
        };
        read.map_err(|error| self.words(&error))
    }

    /// A read of users, or of a group's members, with the community's own fields: notifications show them, too.
    fn people(&self, verb: &str, group: Option<&str>) -> Result<Call, String> {
        let mut args = Args::default();
        if let Some(group) = group {
            args.set("group_id", group);
        }
        args.set("include_fields", true);
        self.call(if group.is_some() { "members" } else { "users" }, verb, args)
    }

    fn call(&self, noun: &str, verb: &str, args: Args) -> Result<Call, String> {
        let platform = self.client.platform();
        let op = platform.op(noun, verb);
        let op = op.ok_or_else(|| format!("{} has no `{noun}.{verb}`: it sends no webhooks", platform.title))?;
        Ok(Call { platform, op, connection: self.client.connection().to_owned(), args })
    }
}

/// Whether this can be the record of somebody: nobody, or something that names no other id there.
fn is_about(item: &Value, key: &str, id: &str) -> bool {
    let Value::Object(record) = item else { return item.is_null() };
    match record.get(key) {
        Some(Value::String(named)) => named == id,
        Some(Value::Number(named)) => named.to_string() == id,
        _ => !record.is_empty(),
    }
}
