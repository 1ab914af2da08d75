//! Who may come in. A request must call this address by a name that is its own (a page in a browser that was led here under
//! another name is turned away), show the token, and say that it brings JSON where it changes something, which no page of
//! another origin can do unasked. Nothing is allowed to other origins.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::settings::ServeToken;

/// Who may ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody: it tells nothing.
    Anybody,
    /// Whoever asks from this machine without a proxy between, or shows the token.
    Neighbour,
    /// Whoever shows the token.
    Token,
}

/// Headers by which a request is known that somebody else has handed on.
const HANDED_ON: [&str; 8] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// The door of one address.
pub(super) struct Door {
    listen: SocketAddr,
    hosts: Vec<String>,
    /// Digests are compared, so that neither content nor length of the token shows in the time it takes.
    token: [u8; 32],
}

impl Door {
    pub(super) fn new(listen: SocketAddr, hosts: Vec<String>, token: &ServeToken) -> Self {
        Self { listen, hosts, token: digest(token.secret.expose().as_bytes()) }
    }

    /// Lets a request in, or says why not.
    pub(super) fn enter(&self, access: Access, parts: &Parts, peer: IpAddr) -> Result<(), Problem> {
        if access == Access::Anybody {
            return Ok(());
        }
        if !self.is_meant(parts) {
            let words = "this address is not called so; ask for it by the name under which it listens";
            let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, words);
            return Err(problem.next("a name of a proxy before it is written in `hosts` of `[serve]`"));
        }
        let near = peer.to_canonical().is_loopback() && !HANDED_ON.iter().any(|name| parts.headers.contains_key(*name));
        if access == Access::Neighbour && near {
            return Ok(());
        }
        match shown(&parts.headers) {
            Some(token) if same(&digest(token.as_bytes()), &self.token) => Ok(()),
            Some(_) => Err(stranger("the token is not the right one", "Bearer error=\"invalid_token\"")),
            None => Err(stranger("a token is needed", "Bearer")),
        }
    }

    /// Whether the request calls it by one of its names.
    fn is_meant(&self, parts: &Parts) -> bool {
        let mut named = parts.headers.get_all(header::HOST).iter();
        let host = match (parts.uri.authority(), named.next(), named.next()) {
            (Some(authority), ..) => Some(authority.as_str()),
            (None, Some(host), None) => host.to_str().ok(),
            _ => None,
        };
        host.is_some_and(|host| self.is_name(host))
    }

    fn is_name(&self, host: &str) -> bool {
        let (name, port) = split(host);
        let name = name.trim_end_matches('.').to_lowercase();
        if self.hosts.contains(&name) {
            return true;
        }
        if port.unwrap_or(80) != self.listen.port() {
            return false;
        }
        let own = self.listen.ip().to_canonical();
        match name.parse::<IpAddr>() {
            // Only names can be led astray, so any number of this machine will do where it listens on all of them.
            Ok(ip) => own.is_unspecified() || ip.to_canonical() == own,
            Err(_) => name == "localhost" && (own.is_loopback() || own.is_unspecified()),
        }
    }
}

/// Whether a body comes as JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// `name` and `port` of `name:port`, also of `[::1]:8787`.
fn split(host: &str) -> (&str, Option<u16>) {
    let (name, rest) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(parts) => parts,
        None => host.split_at(host.rfind(':').unwrap_or(host.len())),
    };
    match rest.strip_prefix(':') {
        None if rest.is_empty() => (name, None),
        // Whatever else stands there is no port.
        port => (name, Some(port.and_then(|port| port.parse().ok()).unwrap_or(0))),
    }
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// All bytes are compared, whatever the first ones say.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let differs = one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other));
    std::hint::black_box(differs) == 0
}

fn stranger(words: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, words)
        .next("show it: Authorization: Bearer TOKEN; `beadle serve` says where it is kept when it starts")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;

    fn door(listen: &str, hosts: &[&str]) -> Door {
        let token = ServeToken { secret: Secret::new("sesame-sesame-sesame"), place: "a test".into() };
        Door::new(listen.parse().unwrap(), hosts.iter().map(|host| (*host).to_owned()).collect(), &token)
    }

    #[test]
    fn an_address_is_called_by_its_own_names_alone() {
        let near = door("127.0.0.1:8787", &[]);
        for host in ["127.0.0.1:8787", "localhost:8787", "LOCALHOST.:8787"] {
            assert!(near.is_name(host), "{host}");
        }
        for host in
            ["", "localhost", "localhost:80", "evil.example:8787", "127.0.0.2:8787", "localhost:8787x", "[::1]:8787"]
        {
            assert!(!near.is_name(host), "{host}");
        }
        let named = door("127.0.0.1:8787", &["beadle.example.org"]);
        assert!(named.is_name("beadle.example.org") && named.is_name("Beadle.example.org:443"));
        assert!(!named.is_name("beadle.example.org.evil.example"));
        let wide = door("0.0.0.0:8787", &[]);
        assert!(
            wide.is_name("192.0.2.7:8787") && wide.is_name("localhost:8787") && !wide.is_name("rebound.example:8787")
        );
        assert!(door("[::1]:8787", &[]).is_name("[::1]:8787"));
        assert!(door("127.0.0.1:80", &[]).is_name("localhost"));
    }

    #[test]
    fn only_the_token_opens_and_only_a_neighbour_sees_figures_without_it() {
        let door = door("127.0.0.1:8787", &[]);
        let parts = |headers: &[(&str, &str)]| {
            let mut request = axum::http::Request::builder().uri("/metrics").header("host", "127.0.0.1:8787");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(()).unwrap().into_parts().0
        };
        let (here, there) = ("127.0.0.1".parse().unwrap(), "192.0.2.7".parse().unwrap());
        let enter = |access, headers: &[(&str, &str)], peer| door.enter(access, &parts(headers), peer).is_ok();
        assert!(enter(Access::Token, &[("authorization", "bearer sesame-sesame-sesame")], there));
        for wrong in ["Bearer sesame-sesame-sesam", "Bearer ", "Basic sesame-sesame-sesame", "sesame-sesame-sesame"] {
            assert!(!enter(Access::Token, &[("authorization", wrong)], here), "{wrong}");
        }
        assert!(!enter(Access::Token, &[], here));
        assert!(enter(Access::Neighbour, &[], here));
        assert!(enter(Access::Neighbour, &[], "::ffff:127.0.0.1".parse().unwrap()));
        assert!(!enter(Access::Neighbour, &[], there));
        assert!(!enter(Access::Neighbour, &[("x-forwarded-for", "192.0.2.9")], here));
        assert!(!enter(Access::Neighbour, &[("host", "evil.example")], here), "it is called by two names");
    }
}
