//! Proves who sends a request: a header that is always the same, or one with a token that is asked for when it is needed.
//! Its one rule: credentials go to the connection's own host and to its token address, and tokens are kept nowhere.

mod grant;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use self::tokens::Tokens;
use super::http::{HttpOptions, SetUpError};
use super::transport::Lost;
use crate::catalog::SignIn;
use crate::settings::Secret;

/// Signs the requests of one connection.
pub struct Signer(How);

enum How {
    Always(HeaderName, HeaderValue),
    Tokens(Box<Tokens>),
}

/// What a request is signed with.
#[derive(Clone)]
pub struct Signature {
    /// The header's name.
    pub name: HeaderName,
    /// Its value; marked as one that is never shown.
    pub value: HeaderValue,
    /// Which token it is; `None` where it is always the same.
    number: Option<u64>,
    /// Whether the token was asked for just now.
    fresh: bool,
}

impl Signature {
    /// The number of its token, where another one may fare better if this one is refused: there is a way to ask for one,
    /// and this one is not new.
    pub fn token(&self) -> Option<u64> {
        self.number.filter(|_| !self.fresh)
    }
}

impl Signer {
    /// The signer of a connection; nothing is sent yet.
    pub fn new(options: &HttpOptions<'_>, client: &reqwest::Client) -> Result<Self, SetUpError> {
        let credential = |key: &str| options.credentials.get(key);
        let both = |a: &str, b: &str| Some((credential(a)?.clone(), credential(b)?.clone()));
        let how = match &options.platform.sign_in {
            SignIn::Basic { user, password } => {
                let (user, password) = both(user, password).ok_or_else(|| missing(options))?;
                let pair = STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
                How::Always(AUTHORIZATION, hidden(&format!("Basic {pair}"))?)
            }
            SignIn::Bearer { token } => bearer(credential(token).ok_or_else(|| missing(options))?)?,
            SignIn::ClientCredentials(asked) => match asked.token.and_then(credential) {
                Some(ready) => bearer(ready)?,
                None => {
                    let pair = both(asked.id, asked.secret).ok_or_else(|| missing(options))?;
                    How::Tokens(Box::new(Tokens::of_client(options, client, asked, pair)?))
                }
            },
            SignIn::Login(login) => match credential(login.token) {
                Some(ready) => match credential(login.scheme).map(Secret::expose) {
                    Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => bearer(ready)?,
                    None => How::Always(tokens::header(login.header)?, hidden(ready.expose())?),
                    Some(_) => {
                        let words = format!("`{}` must be \"bearer\" or left out", login.scheme);
                        return Err(SetUpError::Setting(words));
                    }
                },
                None => {
                    let pair = both(login.email, login.password).ok_or_else(|| missing(options))?;
                    How::Tokens(Box::new(Tokens::of_login(options, client, login, pair)?))
                }
            },
        };
        Ok(Self(how))
    }

    /// What the next request is signed with; asks for a token where there is none or it ends soon.
    pub async fn signature(&self) -> Result<Signature, Lost> {
        match &self.0 {
            How::Always(name, value) => {
                Ok(Signature { name: name.clone(), value: value.clone(), number: None, fresh: false })
            }
            How::Tokens(tokens) => tokens.current().await,
        }
    }

    /// Asks for another token in place of the one with this number, which was refused; who had the same one shares it.
    pub async fn renew(&self, number: u64) -> Result<(), Lost> {
        match &self.0 {
            How::Always(..) => Ok(()),
            How::Tokens(tokens) => tokens.instead_of(number).await,
        }
    }
}

fn bearer(token: &Secret) -> Result<How, SetUpError> {
    Ok(How::Always(AUTHORIZATION, hidden(&format!("Bearer {}", token.expose()))?))
}

/// A header's value that no `Debug` shows.
fn hidden(text: &str) -> Result<HeaderValue, SetUpError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SetUpError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

fn missing(options: &HttpOptions<'_>) -> SetUpError {
    let ways: Vec<String> =
        options.platform.sign_in.ways().iter().map(|way| format!("`{}`", way.join("` and `"))).collect();
    SetUpError::Setting(format!("{} is needed to sign in", ways.join(" or ")))
}
