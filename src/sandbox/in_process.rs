//! A simulated platform without sockets: the same answers and faults as over HTTP.

use std::time::{Duration, UNIX_EPOCH};

use super::{Answered, Asked, Ending, Sandbox};
use crate::client::{Lost, Reads, Reply, SendFuture, Writes};
use crate::effects::Permit;
use crate::wire::Request;

/// A transport into a sandbox.
#[derive(Clone, Debug)]
pub struct InProcess {
    sandbox: Sandbox,
    platform: String,
}

impl InProcess {
    /// The way to one of the sandbox's platforms, signed in.
    pub fn new(sandbox: Sandbox, platform: &str) -> Self {
        Self { sandbox, platform: platform.to_owned() }
    }

    async fn send(&self, request: Request) -> Result<Reply, Lost> {
        let asked = Asked {
            platform: self.platform.clone(),
            method: request.method.as_str().to_owned(),
            target: request.target,
            authorised: true,
            body: request.body.unwrap_or_default(),
        };
        let answered = self.sandbox.handle(asked).await;
        match answered.ending {
            Ending::Whole => Ok(self.reply(answered)),
            Ending::CutAt(bytes) => {
                Err(Lost::Unknown(format!("the answer ended after {bytes} of {} bytes", answered.body.len())))
            }
            Ending::Dropped => Err(Lost::Unknown("the connection was reset".into())),
        }
    }

    fn reply(&self, answered: Answered) -> Reply {
        let header = |name| answered.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let now = Duration::from_millis(u64::try_from(self.sandbox.clock().now_ms()).unwrap_or(0));
        let retry_after = header("retry-after").and_then(|text| wait(&text, now));
        let total = header("total-count").and_then(|text| text.parse().ok());
        let (location, trace) = (header("location"), header("operation-id"));
        Reply {
            status: answered.status,
            location,
            retry_after,
            total,
            budget: None,
            trace,
            token: None,
            body: answered.body,
        }
    }
}

/// Seconds, or a date.
fn wait(text: &str, now: Duration) -> Option<Duration> {
    let date = || httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH + now).ok();
    text.parse().ok().map(Duration::from_secs).or_else(date)
}

impl Reads for InProcess {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(self.send(request))
    }
}

/// The half that changes something: a plan never makes one.
#[derive(Clone, Debug)]
pub struct InProcessWrites(InProcess);

impl InProcess {
    /// The other half of the way.
    pub fn writes(&self) -> InProcessWrites {
        InProcessWrites(self.clone())
    }
}

impl Writes for InProcessWrites {
    fn write<'a>(&'a self, request: Request, _permit: &'a Permit) -> SendFuture<'a> {
        Box::pin(self.0.send(request))
    }
}
