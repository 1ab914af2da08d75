//! How a request proves who sends it, as data: what the client asks for tokens, and the sandbox answers.

use serde_json::Value;

/// How a request proves who sends it. All texts but addresses and paths are keys of credentials.
#[derive(Clone, Copy, Debug)]
pub enum SignIn {
    /// HTTP Basic with these two credentials as user and password.
    Basic {
        /// The credential that is the user name.
        user: &'static str,
        /// The credential that is the password.
        password: &'static str,
    },
    /// A configured token in the `Authorization` header.
    Bearer {
        /// The credential that is the token.
        token: &'static str,
    },
    /// A token that is asked for and lives for a while.
    ClientCredentials(ClientCredentials),
    /// A token that a person's address and password give.
    Login(Login),
}

/// OAuth2 client credentials: the token goes into the `Authorization` header.
#[derive(Clone, Copy, Debug)]
pub struct ClientCredentials {
    /// The credential that is the client's id.
    pub id: &'static str,
    /// The credential that is the client's secret.
    pub secret: &'static str,
    /// The credential that is a ready token, used in place of both where it is set.
    pub token: Option<&'static str>,
    /// What is asked for, with `{credential}`s; left out where one of them is not set.
    pub scope: Option<&'static str>,
    /// Where tokens are asked for.
    pub at: TokenAt,
    /// The credential that names another address for tokens.
    pub token_url: &'static str,
}

/// Where tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAt {
    /// Where the document at this path below the base address says (`token_endpoint`, OpenID Connect Discovery).
    Discovered(&'static str),
    /// At this address.
    Fixed(&'static str),
}

/// E-mail and password for a token.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// Where both are posted, below the base address, with `{credential}`s.
    pub path: &'static str,
    /// The credential that is the address; also the key in the request.
    pub email: &'static str,
    /// The credential that is the password; also the key in the request.
    pub password: &'static str,
    /// The header that carries the token.
    pub header: &'static str,
    /// How long a token lives, in seconds.
    pub lives: u32,
    /// The credential that is a ready token, used in place of both where it is set.
    pub token: &'static str,
    /// The credential that says `bearer` where the ready token goes into the `Authorization` header.
    pub scheme: &'static str,
    /// The token in an answer, as a JSON pointer.
    pub at: &'static str,
    /// What the sandbox answers with this token.
    pub answer: fn(&str) -> Value,
}

impl SignIn {
    /// The credentials of which one list must be complete, the usual one first.
    pub fn ways(&self) -> Vec<Vec<&'static str>> {
        match self {
            Self::Basic { user, password } => vec![vec![user, password]],
            Self::Bearer { token } => vec![vec![token]],
            Self::ClientCredentials(asked) => {
                let ready = asked.token.map(|token| vec![token]);
                std::iter::once(vec![asked.id, asked.secret]).chain(ready).collect()
            }
            Self::Login(login) => vec![vec![login.email, login.password], vec![login.token]],
        }
    }
}

/// A text with each `{name}` in it replaced by what `value` gives; `Err` names the first for which it gives nothing.
pub fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        whole.push_str(before);
        whole.push_str(&value(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_filled_in_and_the_first_unknown_one_is_told() {
        let value = |name: &str| (name != "c").then(|| name.to_uppercase());
        assert_eq!(filled("/api/{a}/x/{b}", value).unwrap(), "/api/A/x/B");
        assert_eq!(filled("plain", value).unwrap(), "plain");
        assert_eq!(filled("/{a}/{c}/{d}", |name| (name == "a").then(String::new)).unwrap_err(), "c");
    }
}
