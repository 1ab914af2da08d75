//! One request for a token: what is sent, to where, and what the answer means.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::catalog::{ClientCredentials, Login, TokenAt, filled};
use crate::client::http::{self, HttpOptions, SetUpError};
use crate::client::transport::Lost;
use crate::settings::{BaseUrl, Secret};
use crate::wire::filled_path;

/// Longest answer with a token that is read, in bytes.
const LONGEST: usize = 256 * 1024;
/// What a token lives whose answer does not say so.
const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);
/// What is shown of a server's words, in characters.
const SHOWN: usize = 200;

const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// A token and how long it lives.
pub(super) struct Given {
    pub(super) token: Secret,
    pub(super) lives: Duration,
}

/// How tokens are asked for.
pub(super) struct Grant {
    client: reqwest::Client,
    address: Address,
    body: Body,
}

enum Address {
    Known(String),
    /// The document that names it, and the connection's own address.
    Discovered {
        document: String,
        base: BaseUrl,
        found: OnceCell<String>,
    },
}

enum Body {
    Client { id: Secret, secret: Secret, scope: Option<String> },
    Login { keys: (&'static str, &'static str), email: Secret, password: Secret, at: &'static str, lives: Duration },
}

impl Grant {
    pub(super) fn of_client(
        options: &HttpOptions<'_>,
        client: &reqwest::Client,
        asked: &ClientCredentials,
        (id, secret): (Secret, Secret),
    ) -> Result<Self, SetUpError> {
        let value = |key: &str| options.credentials.get(key).map(|value| value.expose().to_owned());
        let plaintext = options.base_url.plaintext();
        let address = match (options.credentials.get(asked.token_url), asked.at) {
            (Some(url), _) => {
                let url = BaseUrl::parse(url.expose(), plaintext);
                Address::Known(url.map_err(|why| setting(asked.token_url, &why))?.as_str().to_owned())
            }
            (None, TokenAt::Fixed(url)) => Address::Known(url.to_owned()),
            (None, TokenAt::Discovered(path)) => Address::Discovered {
                document: format!("{}{path}", options.base_url.as_str()),
                base: options.base_url.clone(),
                found: OnceCell::new(),
            },
        };
        let scope = asked.scope.and_then(|scope| filled(scope, value).ok());
        Ok(Self { client: client.clone(), address, body: Body::Client { id, secret, scope } })
    }

    pub(super) fn of_login(
        options: &HttpOptions<'_>,
        client: &reqwest::Client,
        login: &Login,
        (email, password): (Secret, Secret),
    ) -> Result<Self, SetUpError> {
        let value = |key: &str| options.credentials.get(key).map(|value| value.expose().to_owned());
        let path = filled_path(login.path, value).map_err(|name| setting(&name, "is needed for the address"))?;
        let address = Address::Known(format!("{}{path}", options.base_url.as_str()));
        let lives = Duration::from_secs(u64::from(login.lives));
        let keys = (login.email, login.password);
        Ok(Self { client: client.clone(), address, body: Body::Login { keys, email, password, at: login.at, lives } })
    }

    /// Asks for a token, once.
    pub(super) async fn ask(&self) -> Result<Given, Lost> {
        let address = self.address().await?;
        let (kind, body) = self.body.written();
        let request = self.client.post(&address).header(CONTENT_TYPE, kind).body(body);
        let (status, answer) = self.exchange(request, &address).await?;
        self.body.read(&answer).ok_or_else(|| {
            let why = format!("`{address}` answered {status} without a token{}", words(&answer));
            Lost::NotSigned { why, refused: true, retry_after: None }
        })
    }

    async fn address(&self) -> Result<String, Lost> {
        match &self.address {
            Address::Known(url) => Ok(url.clone()),
            Address::Discovered { document, base, found } => {
                found.get_or_try_init(|| self.discover(document, base)).await.cloned()
            }
        }
    }

    /// The token's address out of the document. One on another host is not believed: the secret would go there.
    async fn discover(&self, document: &str, base: &BaseUrl) -> Result<String, Lost> {
        let (_, answer) = self.exchange(self.client.get(document), document).await?;
        let refuse = |why: String| Lost::NotSigned { why, refused: true, retry_after: None };
        let Some(url) = answer.get("token_endpoint").and_then(Value::as_str) else {
            return Err(refuse(format!("`{document}` names no `token_endpoint`; `token_url` of the connection may")));
        };
        let checked = BaseUrl::parse(url, base.plaintext());
        let checked = checked.map_err(|why| refuse(format!("`{document}`: `token_endpoint` {why}")))?;
        match checked.origin() == base.origin() {
            true => Ok(checked.as_str().to_owned()),
            false => Err(refuse(format!(
                "`{document}` sends the secret to another host, `{}`; if that is right, add `token_url = \"{}\"` to the \
                 connection",
                checked.origin(),
                checked.as_str()
            ))),
        }
    }

    /// One exchange; what is no success, and no JSON, is an error.
    async fn exchange(&self, request: reqwest::RequestBuilder, address: &str) -> Result<(u16, Value), Lost> {
        let later = |why: String, retry_after| Lost::NotSigned { why, refused: false, retry_after };
        let lost = |why: String| later(format!("`{address}`: {why}"), None);
        let response = request.send().await.map_err(|error| lost(http::reason(&error)))?;
        let status = response.status().as_u16();
        let retry_after = http::retry_after(&response);
        let body = http::body(response, LONGEST).await.map_err(|error| lost(error.to_string()))?;
        let answer: Option<Value> = serde_json::from_slice(&body).ok();
        let told = answer.as_ref().map(words).unwrap_or_default();
        let why = format!("`{address}` answered {status}{told}");
        match (status, answer) {
            (200..300, Some(answer)) => Ok((status, answer)),
            (200..300, None) => Err(later(format!("{why} without JSON"), None)),
            (408 | 425 | 429 | 500.., _) => Err(later(why, retry_after)),
            _ => Err(Lost::NotSigned { why, refused: true, retry_after: None }),
        }
    }
}

impl Body {
    fn written(&self) -> (&'static str, String) {
        match self {
            Self::Client { id, secret, scope } => {
                let mut body = format!(
                    "grant_type=client_credentials&client_id={}&client_secret={}",
                    in_form(id.expose()),
                    in_form(secret.expose())
                );
                if let Some(scope) = scope {
                    body.push_str(&format!("&scope={}", in_form(scope)));
                }
                ("application/x-www-form-urlencoded", body)
            }
            Self::Login { keys, email, password, .. } => {
                let body = json!({ keys.0: email.expose(), keys.1: password.expose() });
                ("application/json", body.to_string())
            }
        }
    }

    fn read(&self, answer: &Value) -> Option<Given> {
        let token = |text: &Value| text.as_str().filter(|text| !text.is_empty()).map(Secret::new);
        match self {
            Self::Client { .. } => {
                let lives = match answer.get("expires_in") {
                    Some(Value::Number(seconds)) => seconds.as_f64(),
                    Some(Value::String(seconds)) => seconds.trim().parse().ok(),
                    _ => None,
                };
                let lives = lives.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(USUAL_LIFE);
                Some(Given { token: token(answer.get("access_token")?)?, lives })
            }
            Self::Login { at, lives, .. } => {
                let refused = answer.get("success").is_some_and(|success| success == &Value::Bool(false));
                let token = answer.pointer(at).filter(|_| !refused).and_then(token)?;
                Some(Given { token, lives: *lives })
            }
        }
    }
}

fn in_form(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

fn setting(key: &str, why: &str) -> SetUpError {
    SetUpError::Setting(format!("`{key}` {why}"))
}

/// What a server says of a refusal, after a colon.
fn words(answer: &Value) -> String {
    let told = ["error", "error_description", "message", "Error", "Reason"];
    let told: Vec<&str> =
        told.iter().filter_map(|key| answer.get(key)?.as_str()).filter(|text| !text.is_empty()).collect();
    match told.is_empty() {
        true => String::new(),
        false => format!(": {}", told.join(": ").chars().take(SHOWN).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Body {
        Body::Client { id: Secret::new("an id"), secret: Secret::new("a&b+c"), scope: Some("org:x y".into()) }
    }

    #[test]
    fn a_form_escapes_what_would_end_a_value() {
        let (kind, body) = client().written();
        assert_eq!(kind, "application/x-www-form-urlencoded");
        assert_eq!(body, "grant_type=client_credentials&client_id=an%20id&client_secret=a%26b%2Bc&scope=org%3Ax%20y");
    }

    #[test]
    fn a_life_is_read_as_a_number_and_as_text_and_is_an_hour_where_nobody_says() {
        for (answer, seconds) in [
            (json!({ "access_token": "t", "expires_in": 60 }), 60),
            (json!({ "access_token": "t", "expires_in": "90" }), 90),
            (json!({ "access_token": "t" }), 3600),
            (json!({ "access_token": "t", "expires_in": -5 }), 3600),
        ] {
            assert_eq!(client().read(&answer).unwrap().lives.as_secs(), seconds, "{answer}");
        }
        assert!(client().read(&json!({ "error": "invalid_client" })).is_none());
    }

    #[test]
    fn a_login_that_failed_gives_no_token_whatever_stands_in_it() {
        let login = Body::Login {
            keys: ("email", "password"),
            email: Secret::new("a@b.example"),
            password: Secret::new("pass"),
            at: "/object",
            lives: Duration::from_secs(8 * 3600),
        };
        assert_eq!(login.written().1, r#"{"email":"a@b.example","password":"pass"}"#);
        assert_eq!(
            login.read(&json!({ "success": true, "errors": {}, "object": "tok" })).unwrap().token.expose(),
            "tok"
        );
        assert!(login.read(&json!({ "success": false, "object": "tok" })).is_none());
        assert!(login.read(&json!({ "success": true, "object": {} })).is_none());
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words_and_never_at_length() {
        assert_eq!(words(&json!({ "error": "invalid_client", "error_description": "no" })), ": invalid_client: no");
        assert_eq!(words(&json!({ "error": { "code": 1 } })), "");
        assert!(words(&json!({ "message": "x".repeat(9_000) })).len() < 300);
    }
}
