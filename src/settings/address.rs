//! A platform's base address: https, or http to this machine. Strict on purpose: what two parsers could
//! read differently is refused, so that a credential goes to the host that was checked.

use std::net::IpAddr;

/// A checked base address without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin: usize,
    host: String,
}

/// Whether plain http may leave this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plaintext {
    /// Only to this machine.
    Loopback,
    /// Only to this machine, and no key allows more.
    LoopbackForGood,
    /// Anywhere: `insecure = true`.
    Anywhere,
}

impl BaseUrl {
    /// Checks an address; the error is the rest of a sentence that begins with the key's name.
    pub fn parse(text: &str, plaintext: Plaintext) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('/');
        let (scheme, rest) =
            text.split_once("://").ok_or("must be an address such as \"https://api.example.org/v1\"")?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err("must not name a user or password; they have keys of their own".into());
        }
        if path.contains(['?', '#']) || authority.contains(['?', '#']) {
            return Err("must not have a query or a fragment".into());
        }
        let whole = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c);
        if !path.chars().all(whole) || path.split('/').any(|part| part == "..") {
            return Err("has a path that is not written as addresses are".into());
        }
        let host = host_of(authority)?;
        match scheme.as_str() {
            "https" => {}
            "http" if plaintext == Plaintext::Anywhere || is_loopback(&host) => {}
            "http" => {
                let leave = if plaintext == Plaintext::Loopback { " (`insecure = true` allows it)" } else { "" };
                let why = "must begin with https://: credentials would cross the network in the clear";
                return Err(format!("{why}{leave}"));
            }
            other => return Err(format!("must begin with https://, not {other}://")),
        }
        let origin = format!("{scheme}://{}", authority.to_ascii_lowercase());
        Ok(Self { origin: origin.len(), text: origin + path, host })
    }

    /// The whole address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin]
    }

    /// The host's name or number; an IPv6 number without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port, or that of its scheme.
    pub fn port(&self) -> u16 {
        let named = self.origin().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        named.unwrap_or(if self.text.starts_with("https://") { 443 } else { 80 })
    }

    /// What its own scheme says about plain http: allowed elsewhere where it is used itself.
    pub fn plaintext(&self) -> Plaintext {
        match self.text.starts_with("http://") && !self.is_loopback() {
            true => Plaintext::Anywhere,
            false => Plaintext::Loopback,
        }
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

fn host_of(authority: &str) -> Result<String, String> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((number, port)) => match number.parse::<std::net::Ipv6Addr>() {
            Ok(_) => (number, port.strip_prefix(':').or(port.is_empty().then_some(""))),
            Err(_) => return Err(format!("has a host that is no IPv6 number: `[{number}]`")),
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("")),
        },
    };
    let port = port.ok_or("has something other than a port after its host")?;
    if !port.is_empty() && port.parse::<u16>().is_err() {
        return Err(format!("has a port that is no number up to 65535: `{port}`"));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if host.is_empty() || !(host.chars().all(is_name) || host.contains(':')) {
        return Err(format!("has no host that can be used: `{host}`"));
    }
    Ok(host.to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BaseUrl, String> {
        BaseUrl::parse(text, Plaintext::Loopback)
    }

    #[test]
    fn a_slash_at_the_end_does_not_matter_and_hosts_have_no_case() {
        let url = parse("HTTPS://API.Example.org:8443/V1//").unwrap();
        assert_eq!(url.as_str(), "https://api.example.org:8443/V1");
        assert_eq!((url.origin(), url.host()), ("https://api.example.org:8443", "api.example.org"));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for local in ["http://localhost:8080/v1", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:80/x"] {
            assert!(parse(local).unwrap().is_loopback(), "{local}");
        }
        for remote in ["http://api.example.org", "http://localhost.example.org", "http://10.0.0.1", "http://0x7f.1"] {
            assert!(parse(remote).unwrap_err().starts_with("must begin with https://: credentials"), "{remote}");
            assert!(BaseUrl::parse(remote, Plaintext::Anywhere).is_ok(), "{remote}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for odd in [
            "api.example.org",
            "ftp://api.example.org",
            "https://user:pass@api.example.org",
            "https://api.example.org\\@evil.example",
            "https://api.example.org?x=1",
            "https://api.example.org/#x",
            "https://api.example.org/a b",
            "https://api.example.org/a/../b",
            "https://api.example.org:99999",
            "https://[::1]x",
            "https://[nonsense]",
            "https://exämple.org",
            "https:///v1",
        ] {
            assert!(parse(odd).is_err(), "{odd}");
        }
    }
}
