//! What carries a request to a platform: HTTP, or the sandbox without sockets. Two traits, since in plan mode
//! nothing that implements [`Writes`] may exist.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::effects::Permit;
use crate::events::Budget;
use crate::wire::Request;

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The whole body, unpacked.
    pub body: Bytes,
    /// How long the platform asks to wait (`Retry-After`), already as a length of time.
    pub retry_after: Option<Duration>,
    /// How many rows the list has (`Total-Count`), where the answer says so.
    pub total: Option<u64>,
    /// What the platform says is left of what it allows, where the answer says so.
    pub budget: Option<Budget>,
    /// The platform's own name for what it did (`Operation-Id`), for the error's words.
    pub trace: Option<String>,
    /// Where a redirect points to; for the error's words only, it is never followed.
    pub location: Option<String>,
    /// The number of the token that it was asked for with, where another one may fare better ([`Reads::renew`]).
    pub token: Option<u64>,
}

/// Why there is no answer. The two kinds decide whether a write is failed or in doubt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Nothing left this machine: refused, no such host, no TLS.
    #[error("could not reach {host}: {why}")]
    NotSent {
        /// The host.
        host: String,
        /// In the words of the system; without the address's query.
        why: String,
    },
    /// Nobody could be signed in, so the request itself was not sent, or was refused for that and did nothing.
    #[error("could not sign in: {why}")]
    NotSigned {
        /// In the server's words, without secrets.
        why: String,
        /// Whether the credentials were refused; else trying again may help.
        refused: bool,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something may have arrived: time-out, reset, a body that was cut off or too large.
    #[error("no trustworthy answer: {0}")]
    Unknown(String),
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Everything before an operation's path.
    pub url: String,
    /// The host's name or number.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// What sending returns.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<Reply, Lost>> + Send + 'a>>;

/// Sends what changes nothing.
pub trait Reads: Send + Sync {
    /// Sends a read once, without any retry.
    fn read(&self, request: Request) -> SendFuture<'_>;

    /// Signs in anew, since the platform has refused the token of this number. Nothing else is sent.
    fn renew(&self, token: u64) -> BoxFuture<'_, Result<(), Lost>> {
        let _ = token;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Where requests go; `None` where they do not leave the process.
    fn address(&self) -> Option<&Address> {
        None
    }

    /// What it has noticed of the server and people should know, each once.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Sends what changes something; demands the ledger's permit, which exists only when the intent is durable.
pub trait Writes: Send + Sync {
    /// Sends a write once, without any retry.
    fn write<'a>(&'a self, request: Request, permit: &'a Permit) -> SendFuture<'a>;
}
