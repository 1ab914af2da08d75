//! `[webhooks]`: where a platform's deliveries are received, and how much of them at a time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::address::{BaseUrl, Plaintext};
use super::error::Error;
use super::section::Section;
use super::tree::{Origin, Source, Table};

/// Where webhooks are received, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhooks {
    /// The address on this machine.
    pub listen: SocketAddr,
    /// What the world calls that address: `https://hooks.example.org`.
    pub public: Option<String>,
    /// The largest body that is taken, in bytes.
    pub max_body: u64,
    /// How long a body may take from its first byte to its last.
    pub body_timeout: Duration,
    /// Connections at the same time; more wait.
    pub connections: u32,
    /// Deliveries of one hook in a second, on average; four times as many at once.
    pub per_second: u32,
    /// How long deliveries are kept that are worked off.
    pub keep: Duration,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8788)),
            public: None,
            max_body: 1 << 20,
            body_timeout: Duration::from_secs(10),
            connections: 64,
            per_second: 50,
            keep: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

const KEYS: &[&str] = &["listen", "public", "max_body", "body_timeout", "connections", "requests_per_second", "keep"];

impl Webhooks {
    /// `api` is where the API listens: the two are never the same.
    pub(super) fn read(table: Table, source: &Source, api: Option<SocketAddr>) -> Result<Self, Error> {
        let mut section = Section::new("[webhooks]".into(), table, source, KEYS)?;
        let default = Self::default();
        let (listen, origin) = match section.text("listen")? {
            None => (default.listen, Origin::File(0..0)),
            Some((text, origin)) => {
                let wrong = "must be an address with a port such as \"127.0.0.1:8788\"";
                (text.trim().parse().map_err(|_| section.refuse("listen", &origin, wrong))?, origin)
            }
        };
        if api == Some(listen) && listen.port() != 0 {
            let wrong = format!("must be another address than {listen}, where `listen` of `[serve]` has the API");
            return Err(section.refuse("listen", &origin, &wrong));
        }
        let public = match section.text("public")? {
            None => None,
            Some((text, origin)) => {
                let url = BaseUrl::parse(&text, Plaintext::Anywhere);
                Some(url.map_err(|why| section.refuse("public", &origin, &why))?.as_str().to_owned())
            }
        };
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Self {
            listen,
            public,
            max_body: section.size("max_body", default.max_body)?,
            body_timeout: section.time("body_timeout", default.body_timeout)?,
            connections: small(section.int("connections", u64::from(default.connections), 1, 10_000)?),
            per_second: small(section.int("requests_per_second", u64::from(default.per_second), 1, 1_000_000)?),
            keep: section.time("keep", default.keep)?,
        })
    }

    /// The address that a platform is told, with a secret in its end.
    pub fn address(&self, secret: &str) -> String {
        match &self.public {
            Some(public) => format!("{public}/hooks/{secret}"),
            None => format!("http://{}/hooks/{secret}", self.listen),
        }
    }
}
