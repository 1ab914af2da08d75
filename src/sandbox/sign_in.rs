//! Who may ask the simulated platforms: what their requests are signed with, and the tokens that the sandbox gives out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Answered;
use crate::catalog::{ClientCredentials, Login, Platform, SignIn, TokenAt};
use crate::clock::Clock;
use crate::wire::below;

/// Key and secret that the simulated platforms accept: as user and password, as a client's id and secret, as address and
/// password; the secret also as a ready token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who asks.
    pub key: String,
    /// What proves it.
    pub secret: String,
}

impl Credentials {
    /// Made anew from the system's random numbers.
    pub fn random() -> std::io::Result<Self> {
        let text = random()?;
        let (key, secret) = text.split_at(24);
        Ok(Self { key: format!("sandbox-{key}"), secret: secret.to_owned() })
    }
}

/// What is asked of the part of a platform that signs people in.
pub(super) struct Entry<'a> {
    pub platform: &'static Platform,
    pub method: &'a str,
    /// Path and query below the platform's base address.
    pub target: &'a str,
    /// The base address itself.
    pub base_url: &'a str,
    pub body: &'a [u8],
}

/// Gives out tokens and knows them again.
pub(super) struct Doorman {
    credentials: Credentials,
    clock: Clock,
    lives: Duration,
    /// The end of each token's life, by token and platform.
    given: Mutex<HashMap<(&'static str, String), i64>>,
}

impl Doorman {
    pub fn new(credentials: Credentials, clock: Clock, lives: Duration) -> Self {
        Self { credentials, clock, lives, given: Mutex::default() }
    }

    /// Whether a request is signed as the platform demands.
    pub fn knows(&self, platform: &Platform, headers: &HeaderMap) -> bool {
        match &platform.sign_in {
            SignIn::Basic { .. } => {
                let pair = STANDARD.encode(format!("{}:{}", self.credentials.key, self.credentials.secret));
                authorization(headers, "basic").is_some_and(|given| given == pair)
            }
            SignIn::Bearer { .. } | SignIn::ClientCredentials(_) => {
                authorization(headers, "bearer").is_some_and(|token| self.lives(platform, token))
            }
            SignIn::Login(login) => {
                let own = headers.get(login.header).and_then(|value| value.to_str().ok());
                own.or_else(|| authorization(headers, "bearer")).is_some_and(|token| self.lives(platform, token))
            }
        }
    }

    fn lives(&self, platform: &Platform, token: &str) -> bool {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let until = given.get(&(platform.name, token.to_owned())).copied();
        token == self.credentials.secret || until.is_some_and(|until| self.clock.now_ms() < until)
    }

    /// Answers what is asked on the way to a token; `None`: it is a request to the platform itself.
    pub fn answer(&self, entry: &Entry<'_>) -> Option<Answered> {
        match &entry.platform.sign_in {
            SignIn::Basic { .. } | SignIn::Bearer { .. } => None,
            SignIn::ClientCredentials(asked) => self.client(asked, entry),
            SignIn::Login(login) => self.login(login, entry),
        }
    }

    fn client(&self, asked: &ClientCredentials, entry: &Entry<'_>) -> Option<Answered> {
        let at = match asked.at {
            TokenAt::Fixed(url) => path(url),
            TokenAt::Discovered(document) if is(document, entry, "GET") => {
                let names = json!({
                    "issuer": format!("{}/identity", entry.base_url),
                    "token_endpoint": format!("{}{TOKENS}", entry.base_url),
                    "grant_types_supported": ["client_credentials"],
                });
                return Some(Answered::json(200, &names));
            }
            TokenAt::Discovered(_) => TOKENS,
        };
        if !is(at, entry, "POST") {
            return None;
        }
        let form = form(entry.body);
        let named = |key: &str, value: &str| form.get(key).is_some_and(|given| given == value);
        let refuse =
            |error: &str, told: &str| Some(Answered::json(400, &json!({ "error": error, "error_description": told })));
        if !named("grant_type", "client_credentials") {
            return refuse("unsupported_grant_type", "grant_type must be client_credentials");
        }
        if !named("client_id", &self.credentials.key) || !named("client_secret", &self.credentials.secret) {
            return refuse("invalid_client", "client_id or client_secret is wrong");
        }
        let token = self.give(entry.platform, self.lives)?;
        let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": self.lives.as_secs() });
        Some(Answered::json(200, &answer))
    }

    fn login(&self, login: &Login, entry: &Entry<'_>) -> Option<Answered> {
        if !is(login.path, entry, "POST") {
            return None;
        }
        let given: Value = match serde_json::from_slice(entry.body) {
            Ok(object @ Value::Object(_)) => object,
            _ => form(entry.body).into_iter().map(|(key, value)| (key, Value::from(value))).collect(),
        };
        let named = |key: &str, value: &str| given.get(key).and_then(Value::as_str) == Some(value);
        if !named(login.email, &self.credentials.key) || !named(login.password, &self.credentials.secret) {
            let words = "the e-mail address or the password is wrong";
            return Some(Answered::json(401, &(entry.platform.refuse)(401, words)));
        }
        let lives = self.lives.min(Duration::from_secs(u64::from(login.lives)));
        Some(Answered::json(200, &(login.answer)(&self.give(entry.platform, lives)?)))
    }

    /// A new token.
    fn give(&self, platform: &Platform, lives: Duration) -> Option<String> {
        let token = random().ok()?;
        let now = self.clock.now_ms();
        let until = now + i64::try_from(lives.as_millis()).unwrap_or(i64::MAX / 2);
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|_, until| *until > now);
        given.insert((platform.name, token.clone()), until);
        Some(token)
    }
}

/// Where tokens are asked for when a document says where.
const TOKENS: &str = "/identity/connect/token";

fn is(pattern: &str, entry: &Entry<'_>, method: &str) -> bool {
    let rest = below(pattern, entry.target);
    entry.method == method && rest.is_some_and(|rest| rest.trim_start_matches('/').split('?').next() == Some(""))
}

/// The path of an address.
pub(super) fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (named, value) = given.split_once(' ')?;
    named.eq_ignore_ascii_case(scheme).then(|| value.trim())
}

fn form(body: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let decoded = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    };
    text.split('&').map(pair).collect()
}

fn random() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
