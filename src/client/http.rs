//! HTTP: one request, one answer. Redirects, retries and cookies of the library are off; what is sent goes to the
//! connection's own address and nowhere else (tokens: `sign_in`).
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};

use super::sign_in::Signer;
use super::transport::{Address, Lost, Reads, Reply, SendFuture, Writes};
use crate::catalog::{Method, Platform, Protocol};
use crate::clock::Clock;
use crate::effects::Permit;
use crate::events::Budget;
use crate::settings::{BaseUrl, Credentials, Redactor};
use crate::wire::{Request, filled_path};

/// The platform's own name for what it did.
const TRACE: HeaderName = HeaderName::from_static("operation-id");

/// How many rows a list has, whatever page was asked for.
const TOTAL: &str = "total-count";

/// What is left of what a server allows, and how much that is: as most servers call it, and as the draft of a standard does.
const BUDGETS: [(HeaderName, HeaderName); 2] = [
    (HeaderName::from_static("x-ratelimit-remaining"), HeaderName::from_static("x-ratelimit-limit")),
    (HeaderName::from_static("ratelimit-remaining"), HeaderName::from_static("ratelimit-limit")),
];

/// Idle connections are dropped before servers do it: a reused one that dies under a write leaves a doubt.
const IDLE: Duration = Duration::from_secs(4);

/// Where and how to connect. All times have defaults in the settings.
pub struct HttpOptions<'a> {
    /// The platform.
    pub platform: &'static Platform,
    /// The connection's base address.
    pub base_url: &'a BaseUrl,
    /// What proves who asks, and what paths are filled in with.
    pub credentials: &'a Credentials,
    /// Learns the tokens that are asked for.
    pub redactor: Redactor,
    /// Tells how old a token is.
    pub clock: Clock,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Longest silence while an answer is read.
    pub read_timeout: Duration,
    /// Time for the whole exchange.
    pub timeout: Duration,
    /// Largest answer in bytes, unpacked.
    pub max_answer: usize,
}

/// A connection over HTTP.
pub struct Http {
    client: reqwest::Client,
    signer: Signer,
    /// The base address with the platform's prefix.
    base_url: String,
    address: Address,
    credentials: Credentials,
    /// What every request says besides who sends it.
    header: Option<(HeaderName, HeaderValue)>,
    host: String,
    max_answer: usize,
}

/// Why a connection could not be set up; no request was made.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A credential holds signs that a header cannot carry.
    #[error("the credentials hold characters that HTTP cannot carry (a line break?)")]
    Credentials,
    /// Something is not set, or not as it must be.
    #[error("{0}")]
    Setting(String),
    /// Anything else.
    #[error("cannot set up HTTP: {0}")]
    Library(String),
}

impl Http {
    /// Sets the connection up; nothing is sent yet.
    pub fn new(options: HttpOptions<'_>) -> Result<Self, SetUpError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let client = reqwest::Client::builder()
            .user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .pool_idle_timeout(IDLE)
            .tcp_nodelay(true)
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .timeout(options.timeout)
            .build()
            .map_err(|error| SetUpError::Library(reason(&error)))?;
        let signer = Signer::new(&options, &client)?;
        let credentials = options.credentials.clone();
        let value = |key: &str| credentials.get(key).map(|value| value.expose().to_owned());
        let prefix = filled_path(options.platform.prefix, value)
            .map_err(|key| SetUpError::Setting(format!("`{key}` is needed for the address")))?;
        let header = match options.platform.protocol {
            Protocol::Tools { header, .. } => chosen(header, &credentials)?,
            Protocol::Rest => None,
        };
        let host = options.base_url.host().to_owned();
        Ok(Self {
            client,
            signer,
            header,
            address: Address {
                // As the platform's table writes it: what fills it in belongs to the connection.
                url: format!("{}{}", options.base_url.as_str(), options.platform.prefix),
                host: host.clone(),
                port: options.base_url.port(),
            },
            host,
            base_url: format!("{}{prefix}", options.base_url.as_str()),
            credentials,
            max_answer: options.max_answer,
        })
    }

    /// Sends a request, once.
    async fn send(&self, request: Request) -> Result<Reply, Lost> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let value = |key: &str| self.credential(key).map(str::to_owned);
        let target = request.filled(value).map_err(|key| Lost::NotSigned {
            why: format!("`{key}` of the connection is needed for the address"),
            refused: true,
            retry_after: None,
        })?;
        let builder = self.client.request(method, format!("{}{target}", self.base_url));
        let builder = match request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body),
            None => builder,
        };
        let (response, token) = self.signed(builder).await?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        let total = response.headers().get(TOTAL).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let budget = budget(response.headers());
        let trace = header(&response, TRACE).map(str::to_owned);
        let location = location(&response);
        let body = body(response, self.max_answer).await?;
        Ok(Reply { status, body, retry_after, total, budget, trace, location, token })
    }

    /// Posts a body to the address itself; with the answer, the token that may be renewed.
    pub(super) async fn post(
        &self,
        body: &Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<(reqwest::Response, Option<u64>), Lost> {
        self.signed(with(self.client.post(&self.base_url), headers).body(body.clone())).await
    }

    /// Tells the address itself that something of it is not needed any more.
    pub(super) async fn delete(&self, headers: &[(HeaderName, HeaderValue)]) -> Result<(), Lost> {
        self.signed(with(self.client.delete(&self.base_url), headers)).await.map(drop)
    }

    /// Asks for another token in place of this one.
    pub(super) async fn renew(&self, token: u64) -> Result<(), Lost> {
        self.signer.renew(token).await
    }

    /// Sends what is made, signed. What a refusal of the token looks like only the platform's adapter knows: whoever asked
    /// renews it and asks once more.
    async fn signed(&self, made: reqwest::RequestBuilder) -> Result<(reqwest::Response, Option<u64>), Lost> {
        let signature = self.signer.signature().await?;
        let token = signature.token();
        let made = with(made, self.header.as_slice());
        let sent = made.header(signature.name, signature.value).send().await;
        Ok((sent.map_err(|error| self.lost(&error))?, token))
    }

    /// Where requests go.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The host that is asked.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The largest answer that is read, in bytes.
    pub(super) fn max_answer(&self) -> usize {
        self.max_answer
    }

    /// A value of the connection.
    pub(super) fn credential(&self, key: &str) -> Option<&str> {
        self.credentials.get(key).map(|value| value.expose())
    }

    /// Only what failed before a byte could leave is certain not to have arrived.
    fn lost(&self, error: &reqwest::Error) -> Lost {
        match error.is_connect() || error.is_builder() {
            true => Lost::NotSent { host: self.host.clone(), why: reason(error) },
            false => Lost::Unknown(reason(error)),
        }
    }
}

impl Reads for Http {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(self.send(request))
    }

    fn renew(&self, token: u64) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(self.signer.renew(token))
    }

    fn address(&self) -> Option<&Address> {
        Some(&self.address)
    }
}

/// The half of a connection that changes something: a plan never makes one.
pub struct HttpWrites(std::sync::Arc<Http>);

impl HttpWrites {
    /// Over the same sockets as the half that reads.
    pub fn of(http: &std::sync::Arc<Http>) -> Self {
        Self(http.clone())
    }
}

impl Writes for HttpWrites {
    fn write<'a>(&'a self, request: Request, _permit: &'a Permit) -> SendFuture<'a> {
        Box::pin(self.0.send(request))
    }
}

/// The header that a connection may name for all its requests.
fn chosen(
    (name, key): (&'static str, &'static str),
    credentials: &Credentials,
) -> Result<Option<(HeaderName, HeaderValue)>, SetUpError> {
    let Some(value) = credentials.get(key) else { return Ok(None) };
    let value = HeaderValue::from_str(value.expose().trim());
    let value = value.map_err(|_| SetUpError::Setting(format!("`{key}` holds characters that HTTP cannot carry")))?;
    Ok(Some((HeaderName::from_static(name), value)))
}

/// A whole body, up to so many bytes.
pub(super) async fn body(response: reqwest::Response, max: usize) -> Result<Bytes, Lost> {
    let expected = response.content_length().unwrap_or(0).min(max as u64);
    let mut body = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Lost::Unknown(reason(&error)))?;
        if body.len() + chunk.len() > max {
            return Err(too_large(max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What an answer is that is larger than a connection allows.
pub(super) fn too_large(max: usize) -> Lost {
    Lost::Unknown(format!("the answer is larger than {max} bytes; `max_answer` of the connection may allow more"))
}

fn with(builder: reqwest::RequestBuilder, headers: &[(HeaderName, HeaderValue)]) -> reqwest::RequestBuilder {
    headers.iter().fold(builder, |builder, (name, value)| builder.header(name.clone(), value.clone()))
}

/// Where a redirect points to, without what its query may say of people.
pub(super) fn location(response: &reqwest::Response) -> Option<String> {
    header(response, LOCATION).map(|url| url.split('?').next().unwrap_or_default().to_owned())
}

/// How long a server asks to wait.
pub(super) fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    header(response, RETRY_AFTER).and_then(wait)
}

/// What a server says is left of what it allows. None of the platforms' documents names such a header; gateways before them
/// know them.
pub(super) fn budget(headers: &HeaderMap) -> Option<Budget> {
    BUDGETS.iter().find_map(|(remaining, allowed)| {
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Some(Budget { remaining: number(remaining)?, allowed: number(allowed) })
    })
}

pub(super) fn header(response: &reqwest::Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// `Retry-After` in seconds or as a date.
fn wait(header: &str) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(header).ok()?;
    Some(at.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

/// An error with its causes, and without the address: its query may name people.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return match error.is_connect() {
            true => "connecting took too long".into(),
            false => "the answer took too long".into(),
        };
    }
    let mut words = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words.push(cause.to_string());
        source = cause.source();
    }
    match words.pop() {
        Some(last) => last,
        None => match error.is_decode() || error.is_body() {
            true => "the answer was cut off".into(),
            false => "the connection failed".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_read_where_a_server_says_so() {
        let of = |headers: &[(&'static str, &'static str)]| {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            budget(&headers.iter().map(pair).collect())
        };
        let both = of(&[("x-ratelimit-remaining", " 12 "), ("x-ratelimit-limit", "60")]);
        assert_eq!(both, Some(Budget { remaining: 12, allowed: Some(60) }));
        assert_eq!(of(&[("ratelimit-remaining", "0")]), Some(Budget { remaining: 0, allowed: None }));
        assert_eq!(of(&[("x-ratelimit-remaining", "plenty"), ("x-ratelimit-limit", "60")]), None);
        assert_eq!(of(&[("x-ratelimit-limit", "60")]), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(wait(" 3 "), Some(Duration::from_secs(3)));
        assert_eq!(wait("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        let later = std::time::SystemTime::now() + Duration::from_secs(90);
        let read = wait(&httpdate::fmt_http_date(later)).unwrap();
        assert!((80..=90).contains(&read.as_secs()), "{read:?}");
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO), "a date that is over asks for no wait");
    }
}
