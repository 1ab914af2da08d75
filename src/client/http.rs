//! HTTP: one request, one answer. Redirects, retries and cookies of the library are off; what is sent goes to the
//! connection's own address and nowhere else.
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::transport::{Lost, Reads, Reply, SendFuture, Writes};
use crate::catalog::Method;
use crate::effects::Permit;
use crate::wire::Request;

/// Idle connections are dropped before servers do it: a reused one that dies under a write leaves a doubt.
const IDLE: Duration = Duration::from_secs(4);

/// Where and how to connect. All times have defaults in the settings.
pub struct HttpOptions {
    /// The connection's base address, without a slash at its end.
    pub base_url: String,
    /// Who signs: user and password of HTTP Basic.
    pub basic: Option<(SecretString, SecretString)>,
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
    base_url: String,
    host: String,
    max_answer: usize,
}

/// Why a connection could not be set up; no request was made.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A credential holds signs that a header cannot carry.
    #[error("the credentials hold characters that HTTP cannot carry (a line break?)")]
    Credentials,
    /// Anything else.
    #[error("cannot set up HTTP: {0}")]
    Library(String),
}

impl Http {
    /// Sets the connection up; nothing is sent yet.
    pub fn new(options: HttpOptions) -> Result<Self, SetUpError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some((user, password)) = &options.basic {
            let pair = STANDARD.encode(format!("{}:{}", user.expose_secret(), password.expose_secret()));
            let mut value = HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| SetUpError::Credentials)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
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
        let host = options.base_url.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or_default();
        Ok(Self { client, host: host.to_owned(), base_url: options.base_url, max_answer: options.max_answer })
    }

    async fn send(&self, request: Request) -> Result<Reply, Lost> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, format!("{}{}", self.base_url, request.target));
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = builder.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(wait);
        let location = header(LOCATION).map(|url| url.split('?').next().unwrap_or_default().to_owned());
        let body = self.body(response).await?;
        Ok(Reply { status, body, retry_after, location })
    }

    async fn body(&self, response: reqwest::Response) -> Result<Bytes, Lost> {
        let expected = response.content_length().unwrap_or(0).min(self.max_answer as u64);
        let mut body = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0));
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| Lost::Unknown(reason(&error)))?;
            if body.len() + chunk.len() > self.max_answer {
                return Err(Lost::Unknown(format!(
                    "the answer is larger than {} bytes; `max_answer` of the connection may allow more",
                    self.max_answer
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
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
fn reason(error: &reqwest::Error) -> String {
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
