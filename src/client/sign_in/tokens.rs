//! Tokens that live for a while: asked for by one request at a time, renewed before they end.

use std::collections::VecDeque;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::sync::{Mutex, MutexGuard};

use super::grant::{Given, Grant};
use super::{Signature, hidden};
use crate::catalog::{ClientCredentials, Login};
use crate::client::http::{HttpOptions, SetUpError};
use crate::client::transport::Lost;
use crate::clock::Clock;
use crate::settings::{Redactor, Secret};

/// A token is renewed so long before its end, or when half of its life is over.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// A token that could not be renewed is used on for so long, before the next try.
const PATIENCE_MS: i64 = 5 * 1000;
/// For so long wrong credentials are not sent again: accounts are locked for less.
const REFUSED_MS: i64 = 60 * 1000;
/// So many tokens are kept out of output and log: those that an answer may still hold.
const TOLD: usize = 8;

/// The tokens of a connection.
pub(super) struct Tokens {
    grant: Grant,
    header: HeaderName,
    /// What stands before the token: `Bearer `.
    scheme: &'static str,
    clock: Clock,
    redactor: Redactor,
    /// Locked while a token is asked for: whoever needs one meanwhile waits for it.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    number: u64,
    told: VecDeque<Secret>,
    refused: Option<(i64, String)>,
}

struct Token {
    value: HeaderValue,
    from_ms: i64,
    renew_ms: i64,
    ends_ms: i64,
}

impl Tokens {
    /// Tokens for a client's id and secret.
    pub(super) fn of_client(
        options: &HttpOptions<'_>,
        client: &reqwest::Client,
        asked: &ClientCredentials,
        pair: (Secret, Secret),
    ) -> Result<Self, SetUpError> {
        let grant = Grant::of_client(options, client, asked, pair)?;
        Ok(Self::new(options, grant, AUTHORIZATION, "Bearer "))
    }

    /// Tokens for an address and a password.
    pub(super) fn of_login(
        options: &HttpOptions<'_>,
        client: &reqwest::Client,
        login: &Login,
        pair: (Secret, Secret),
    ) -> Result<Self, SetUpError> {
        let grant = Grant::of_login(options, client, login, pair)?;
        Ok(Self::new(options, grant, header(login.header)?, ""))
    }

    fn new(options: &HttpOptions<'_>, grant: Grant, header: HeaderName, scheme: &'static str) -> Self {
        let (clock, redactor) = (options.clock.clone(), options.redactor.clone());
        Self { grant, header, scheme, clock, redactor, held: Mutex::default() }
    }

    /// The token, asked for where there is none or it ends soon.
    pub(super) async fn current(&self) -> Result<Signature, Lost> {
        let mut held = self.held.lock().await;
        let now = self.clock.now_ms();
        match &held.token {
            // A clock that was set back says nothing about the token.
            Some(token) if (token.from_ms..token.renew_ms).contains(&now) => Ok(self.signature(token, &held, false)),
            _ => self.renew(&mut held).await,
        }
    }

    /// Asks for the token that comes after this one, unless somebody has done so.
    pub(super) async fn instead_of(&self, number: u64) -> Result<(), Lost> {
        let mut held = self.held.lock().await;
        if held.token.is_some() && held.number != number {
            return Ok(());
        }
        held.token = None;
        self.renew(&mut held).await.map(drop)
    }

    async fn renew(&self, held: &mut MutexGuard<'_, Held>) -> Result<Signature, Lost> {
        let now = self.clock.now_ms();
        if let Some((_, why)) = held.refused.as_ref().filter(|(at, _)| (*at..*at + REFUSED_MS).contains(&now)) {
            return Err(Lost::NotSigned { why: why.clone(), refused: true, retry_after: None });
        }
        match self.grant.ask().await {
            Ok(given) => self.keep(held, given, now),
            Err(lost) => self.without(held, lost, now),
        }
    }

    fn keep(&self, held: &mut Held, given: Given, from_ms: i64) -> Result<Signature, Lost> {
        self.redactor.learn(&given.token);
        let value = hidden(&format!("{}{}", self.scheme, given.token.expose())).map_err(|error| Lost::NotSigned {
            why: error.to_string(),
            refused: true,
            retry_after: None,
        })?;
        held.told.push_back(given.token);
        while held.told.len() > TOLD {
            if let Some(old) = held.told.pop_front() {
                self.redactor.forget(&old);
            }
        }
        let lives_ms = i64::try_from(given.lives.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        let ends_ms = from_ms + lives_ms;
        let token = Token { value, from_ms, renew_ms: ends_ms - AHEAD_MS.min(lives_ms / 2), ends_ms };
        held.number += 1;
        held.refused = None;
        let signature = self.signature(&token, held, true);
        held.token = Some(token);
        Ok(signature)
    }

    /// No new token: the old one goes on while it lives.
    fn without(&self, held: &mut Held, lost: Lost, now: i64) -> Result<Signature, Lost> {
        let lost = self.clean(lost);
        if let Lost::NotSigned { why, refused: true, .. } = &lost {
            held.refused = Some((now, why.clone()));
            return Err(lost);
        }
        match &mut held.token {
            Some(token) if (token.from_ms..token.ends_ms).contains(&now) => {
                token.renew_ms = token.ends_ms.min(now + PATIENCE_MS);
                let value = token.value.clone();
                Ok(Signature { name: self.header.clone(), value, number: Some(held.number), fresh: false })
            }
            _ => Err(lost),
        }
    }

    /// A server's words without secrets.
    fn clean(&self, lost: Lost) -> Lost {
        match lost {
            Lost::NotSigned { why, refused, retry_after } => {
                Lost::NotSigned { why: self.redactor.redact(&why).into_owned(), refused, retry_after }
            }
            other => other,
        }
    }

    fn signature(&self, token: &Token, held: &Held, fresh: bool) -> Signature {
        Signature { name: self.header.clone(), value: token.value.clone(), number: Some(held.number), fresh }
    }
}

/// A header's name out of the catalogue.
pub(super) fn header(name: &str) -> Result<HeaderName, SetUpError> {
    HeaderName::try_from(name).map_err(|_| SetUpError::Library(format!("`{name}` is no name of a header")))
}
