//! Reads: tried again until they are whole, within the connection's patience.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use serde_json::Value;
use tracing::Instrument as _;

use super::plan::unknown_yet;
use super::transport::{Lost, Reply};
use super::{Client, Error, traced};
use crate::catalog::{Answer, Call, Code, Fault, Seen};
use crate::events::{Called, Event, Level};
use crate::wire;

impl Client {
    /// One read that is one answer; its body is whole JSON. Where nobody may be found, "not found" is an answer: `null`.
    pub(super) async fn read(&self, call: &Call) -> Result<Bytes, Error> {
        match self.read_known(call).await {
            Err(error) if error.is_not_found() && matches!(call.op.answer, Answer::Perhaps(_)) => {
                Ok(Bytes::from_static(b"null"))
            }
            other => other,
        }
    }

    /// The same, where "not found" is an error.
    async fn read_known(&self, call: &Call) -> Result<Bytes, Error> {
        let whole = |body: Bytes| match serde_json::from_slice::<IgnoredAny>(&body) {
            Ok(_) => Ok(body),
            Err(error) => Err(error.to_string()),
        };
        if let Answer::Count(verb) = call.op.answer {
            return self.counted_rows(call, verb).await;
        }
        self.read_as(call, whole).await
    }

    /// One read whose body must make sense to `open`: a body that does not is as good as no answer, and is asked for again.
    pub(super) async fn read_as<T>(&self, call: &Call, open: impl Fn(Bytes) -> Result<T, String>) -> Result<T, Error> {
        let mut waits = self.policy().waits();
        let mut resent = 0;
        loop {
            let read = self.read_once(call, resent).await;
            resent += 1;
            let error = match read {
                Ok(body) => match open(body) {
                    Ok(opened) => return Ok(opened),
                    Err(why) => Error {
                        retryable: true,
                        ..Error::new(call, Code::Unreadable.as_str(), format!("the answer cannot be read: {why}"))
                    },
                },
                Err(error) => error,
            };
            match waits.next() {
                Some(wait) if error.retryable => self.wait(call, &error, wait).await?,
                _ => return Err(error),
            }
        }
    }

    /// Waits before the next try, as long as the platform asks for; longer than the patience is an error.
    pub(super) async fn wait(&self, call: &Call, error: &Error, wait: Duration) -> Result<(), Error> {
        let asked = error.retry_after.unwrap_or_default();
        if asked > self.policy().patience {
            let message = format!(
                "{}; it asks to wait {} s, more than the {} s that are waited for: run again later",
                error.message,
                asked.as_secs(),
                self.policy().patience.as_secs()
            );
            return Err(Error { message, ..error.clone() });
        }
        let wait = wait.max(asked);
        tracing::debug!(operation = call.op.name(), ?wait, error = %error, "trying again");
        self.events().note(Event::Again { connection: self.connection().to_owned(), operation: call.op.name() });
        self.rest(wait).await
    }

    async fn read_once(&self, call: &Call, resent: u32) -> Result<Bytes, Error> {
        let mut asked = self.asked(call, resent).await?;
        if let Err(fault) = &asked.1
            && self.signed_anew(fault, &asked.0).await.map_err(|lost| self.unreached(call, &lost))?
        {
            asked = self.asked(call, resent + 1).await?;
        }
        let (reply, judged) = asked;
        match (judged, call.op.answer) {
            (Ok(()), Answer::Count(_)) => {
                Ok(reply.total.map_or_else(Bytes::new, |total| Bytes::from(total.to_string())))
            }
            (Ok(()), _) => Ok(wire::unwrapped(reply.body, call.op.inside)),
            (Err(fault), _) => Err(self.refused(call, &fault, &reply)),
        }
    }

    /// One request, and what its answer means.
    async fn asked(&self, call: &Call, resent: u32) -> Result<(Reply, Result<(), Fault>), Error> {
        let asked = Instant::now();
        let turn = self.turn().await?;
        let (waited, start) = (turn.waited, Instant::now());
        let request = wire::build(call);
        let span = self.exchange(call, &request, resent, start - asked);
        let sent = self.reads().read(request).instrument(span.clone()).await;
        traced::answered(&span, &sent);
        drop((span, turn));
        self.note_call(call, waited, start, sent.as_ref().ok());
        let reply = sent.map_err(|lost| self.unreached(call, &lost))?;
        let judged = self.judge(call, &reply);
        Ok((reply, judged))
    }

    /// Where the platform has refused the token, in whatever way it says so: asks for another one. Returns whether the
    /// same request may be sent once more; nothing of it has happened.
    pub(super) async fn signed_anew(&self, fault: &Fault, reply: &Reply) -> Result<bool, Lost> {
        match reply.token.filter(|_| fault.code == Code::Unauthorized && !fault.doubtful) {
            Some(refused) => self.reads().renew(refused).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// How many rows a list has, by its header; where there is none they are counted.
    fn counted_rows<'a>(&'a self, call: &'a Call, verb: &'a str) -> BoxFuture<'a, Result<Bytes, Error>> {
        async move {
            let list = self.platform().op(call.op.noun, verb).map(|op| Call { op, ..call.clone() });
            let told = self.told_count(call, list.as_ref()).await?;
            if let (None, Some(list)) = (told, list) {
                let pager = self.list_once(&list);
                let mut count = 0;
                while let Some(page) = pager.next_page().await {
                    count += page?.len();
                }
                return Ok(Bytes::from(count.to_string()));
            }
            Ok(Bytes::from(told.unwrap_or(0).to_string()))
        }
        .boxed()
    }

    /// What the header says of a list's length; in plan mode with what is planned. `None` where there is no header.
    pub(super) async fn told_count(&self, call: &Call, list: Option<&Call>) -> Result<Option<u64>, Error> {
        let told = self.read_as(call, Ok).await?;
        let told: Option<i64> = std::str::from_utf8(&told).ok().and_then(|text| text.parse().ok());
        let change = match (self.draft(), list.map(|list| self.platform().adapter.seen(list))) {
            (Some(draft), Some(Seen::People { group: Some(group) })) => {
                draft.with(&self.realm(Some(&group)), |overlay| overlay.count(&group))
            }
            _ => 0,
        };
        Ok(told.map(|told| u64::try_from(told.saturating_add(change)).unwrap_or(0)))
    }

    /// The error of a request that got no answer.
    pub(super) fn unreached(&self, call: &Call, lost: &Lost) -> Error {
        let (code, retryable, retry_after) = match lost {
            Lost::NotSent { .. } => ("unreachable", true, None),
            Lost::NotSigned { refused: false, retry_after, .. } => ("unreachable", true, *retry_after),
            Lost::NotSigned { refused: true, .. } => {
                let words = format!("{lost}; {}", self.credentials());
                return Error::new(call, Code::Unauthorized.as_str(), words);
            }
            Lost::Unknown(_) => ("unavailable", true, None),
        };
        Error { retryable, retry_after, ..Error::new(call, code, lost.to_string()) }
    }

    /// What the platform's answer means; a redirect is never an answer.
    pub(super) fn judge(&self, call: &Call, reply: &Reply) -> Result<(), Fault> {
        if (300..400).contains(&reply.status) {
            let to = reply.location.as_deref().unwrap_or("nowhere");
            let mut fault =
                Fault::by_status(reply.status, format!("a redirect to {to}; check the connection's `base_url`"));
            fault.transient = false;
            return Err(fault);
        }
        (call.platform.open)(call.op, reply.status, &reply.body)
    }

    /// The error of a refusal, with what a person can do about it; tells the pace.
    pub(super) fn refused(&self, call: &Call, fault: &Fault, reply: &Reply) -> Error {
        let mut error = Error::refused(call, fault, reply.retry_after);
        if let Some(trace) = reply.trace.as_ref().filter(|trace| !error.message.contains(trace.as_str())) {
            error.message.push_str(&format!(" (operation {trace})"));
        }
        error.message = self.redacted(&error.message);
        match fault.code {
            Code::TooMany => self.pace().too_many(reply.retry_after),
            Code::Unauthorized => error.message = format!("{}; {}", error.message, self.credentials()),
            _ => {}
        }
        error
    }

    /// A platform's words without secrets.
    pub(super) fn redacted(&self, words: &str) -> String {
        self.0.parts.redactor.redact(words).into_owned()
    }

    /// Tells listeners that a request is over.
    pub(super) fn note_call(&self, call: &Call, waited: Duration, start: Instant, reply: Option<&Reply>) {
        let took = start.elapsed();
        let status = reply.map(|reply| reply.status);
        if status.is_some_and(|status| status < 400) {
            self.pace().answered();
        }
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(operation = call.op.name(), connection = call.connection, status, millis, "called");
        for notice in self.reads().notices() {
            self.events().say(Level::Warn, self.redacted(&notice));
        }
        let (rate, ceiling) = self.pace().stands();
        self.events().note(Event::Called(Called {
            connection: self.connection().to_owned(),
            operation: call.op.name(),
            write: !call.op.is_read(),
            status,
            took,
            waited,
            rate,
            ceiling,
            budget: reply.and_then(|reply| reply.budget),
        }));
    }

    /// All that a read gives, as look-ups want it: every row of a list, `null` for what is not found.
    pub(crate) async fn read_all(&self, call: &Call) -> Result<Value, Error> {
        let call = self.preset(call)?;
        let call = call.as_ref();
        // What a plan makes is not there for anybody yet.
        if self.draft().is_some() && unknown_yet(call).is_some() {
            return Ok(Value::Null);
        }
        let list = matches!(call.op.answer, Answer::Many(..));
        let read = match list {
            true => self.list_all(call).await,
            false => self.read_known(call).await.and_then(|body| {
                let row = serde_json::from_slice(&body);
                let row = row.map_err(|error| Error::new(call, Code::Unreadable.as_str(), error.to_string()));
                row.map(|row| self.platform().adapter.placed(call, row))
            }),
        };
        match read {
            Err(error) if error.is_surely_not_found() => Ok(Value::Null),
            other => other,
        }
    }

    async fn list_all(&self, call: &Call) -> Result<Value, Error> {
        let pager = self.list_as_is(call);
        let adapter = self.platform().adapter;
        let mut rows = Vec::new();
        while let Some(page) = pager.next_page().await {
            for row in page? {
                let row = serde_json::from_slice(row.bytes()).map_err(|error| {
                    Error::new(call, Code::Unreadable.as_str(), format!("a row cannot be read: {error}"))
                })?;
                rows.push(adapter.placed(call, row));
            }
        }
        Ok(Value::Array(rows))
    }
}
