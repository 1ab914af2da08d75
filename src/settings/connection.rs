//! `[connections.NAME]`: a platform, where it is, how fast it may be asked, and what proves who asks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::address::{BaseUrl, Plaintext};
use super::error::{Error, Show, suggestion};
use super::secret::{Secret, Source as From};
use super::section::Section;
use super::tree::{Node, Origin, Source, Table, Value};
use super::{Environment, Mode, Partial, Project, Redactor};
use crate::catalog::{Platform, SignIn};
use crate::model::Email;
use crate::platforms;

/// A connection by its name.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name in settings and scripts: `main`.
    pub name: String,
    /// The platform.
    pub platform: &'static Platform,
    /// Where requests go.
    pub at: At,
    /// How fast and how patiently.
    pub pace: Pace,
    /// Limits of its own.
    pub limits: Partial,
    /// Who is never removed over it, besides those whom the project names.
    pub protected: Vec<String>,
    /// Who must stand in every roster that a group of it is compared with.
    pub sentinel: Vec<Email>,
    /// Which community of the sandbox it means: `None` the seeded one, a name one of its own that begins empty.
    pub world: Option<String>,
    /// Where the credentials come from, by their key.
    credentials: BTreeMap<&'static str, From>,
}

/// Where a connection's requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// To this address, and to no other.
    Address(BaseUrl),
    /// To the embedded sandbox.
    Sandbox,
}

/// How a platform is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Requests in a second, on average; `None` leaves it to whoever connects.
    pub requests_per_second: Option<f64>,
    /// Requests that may go at once after a pause.
    pub burst: u32,
    /// Requests under way at the same time.
    pub concurrency: u32,
    /// From the first byte sent to the last one read.
    pub timeout: Duration,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// How often a request is sent at most; 1 is without any repetition.
    pub max_attempts: u32,
    /// The largest answer that is read, in bytes.
    pub max_answer: u64,
    /// How long after a lost answer a read may still miss what was written.
    pub settle: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            requests_per_second: None,
            burst: 4,
            concurrency: 4,
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_attempts: 5,
            max_answer: 64 << 20,
            settle: Duration::from_secs(5),
        }
    }
}

/// A connection's credentials, read and known to the redactor.
#[derive(Clone, Debug, Default)]
pub struct Credentials(BTreeMap<&'static str, Secret>);

impl FromIterator<(&'static str, Secret)> for Credentials {
    fn from_iter<T: IntoIterator<Item = (&'static str, Secret)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Credentials {
    /// One credential; `None` where the connection has none of this key.
    pub fn get(&self, key: &str) -> Option<&Secret> {
        self.0.get(key)
    }
}

const KEYS: &[&str] = &[
    "platform",
    "sandbox",
    "world",
    "base_url",
    "insecure",
    "requests_per_second",
    "burst",
    "concurrency",
    "timeout",
    "connect_timeout",
    "max_attempts",
    "max_answer",
    "settle",
    "limits",
    "protected",
    "sentinel",
];

impl Connection {
    /// The simulated twin of a platform.
    pub(super) fn simulated(name: &str, platform: &'static Platform) -> Self {
        Self {
            name: name.to_owned(),
            platform,
            at: At::Sandbox,
            pace: Pace::default(),
            limits: Partial::default(),
            protected: Vec::new(),
            sentinel: Vec::new(),
            world: None,
            credentials: BTreeMap::new(),
        }
    }

    /// The same in a community of the sandbox that begins empty.
    pub(super) fn in_world(self, world: &str) -> Self {
        Self { world: Some(world.to_owned()), ..self }
    }

    /// Reads one section; `warn` takes what a person should change although it works.
    pub(super) fn read(
        name: &str,
        table: Table,
        source: &Source,
        mode: Mode,
        warn: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let section_name = format!("[connections.{name}]");
        let platform = match table.0.iter().find(|(key, _, _)| key == "platform") {
            Some((_, _, node)) => platform_of(node, source)?,
            None => return Err(without_platform(section_name, table, source)),
        };
        let known: Vec<&str> = KEYS.iter().copied().chain(platform.credentials.iter().map(|c| c.key)).collect();
        let mut section = Section::new(section_name, table, source, &known)?;
        let pace = pace(&mut section)?;
        let at = at(&mut section, platform, mode)?;
        let world = world(&mut section)?;
        let credentials = credentials(&mut section, platform, &at, warn)?;
        let limits = Partial::of_section(format!("[connections.{name}.limits]"), section.table("limits")?, source)?;
        let protected = section.texts("protected")?.map(|(texts, _)| texts).unwrap_or_default();
        let sentinel = sentinel(&mut section)?;
        Ok(Self { name: name.to_owned(), platform, at, pace, limits, protected, sentinel, world, credentials })
    }

    /// Reads the credentials now and makes them known to the redactor. A sandbox needs none and none is read.
    pub fn credentials(
        &self,
        project: &Project,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<Credentials, Error> {
        let mut read = BTreeMap::new();
        if self.at == At::Sandbox {
            return Ok(Credentials(read));
        }
        for credential in self.platform.credentials {
            let Some(from) = self.credentials.get(credential.key) else {
                if let Some(default) = credential.default {
                    read.insert(credential.key, Secret::new(default));
                }
                continue;
            };
            let value = match credential.secret {
                true => from.read(&project.folder, environment),
                false => from.read_plain(&project.folder, environment),
            };
            let secret = value.map_err(|why| {
                let error = Error::new(format!("`{}` of connection `{}` {why}", credential.key, self.name));
                match from {
                    From::Variable(name) => error.hint(format!("export {name}=… ({})", credential.doc)),
                    _ => error.hint(credential.doc),
                }
            })?;
            if credential.secret {
                redactor.learn(&secret);
            }
            read.insert(credential.key, secret);
        }
        if let SignIn::Basic { user, password } = self.platform.sign_in
            && let (Some(user), Some(password)) = (read.get(user), read.get(password))
        {
            redactor.learn_basic(user, password);
        }
        Ok(Credentials(read))
    }

    /// Where a credential comes from, for errors: "the variable `MOBILIZE_SECRET`". `None`: it is not configured.
    pub fn source_of(&self, credential: &str) -> Option<String> {
        self.credentials.get(credential).map(From::name)
    }
}

fn platform_of(node: &Node, source: &Source) -> Result<&'static Platform, Error> {
    match &node.value {
        Value::Text(name) => platforms::named(name).ok_or_else(|| {
            let hint = suggestion(name, platforms::all().map(|platform| platform.name));
            source.error(format!("there is no platform `{name}`{hint}"), &node.origin, Show::Plain)
        }),
        _ => Err(source.error("`platform` must be text in quotes".into(), &node.origin, Show::Plain)),
    }
}

/// A key that no platform has comes first: it may be `platform`, misspelt.
fn without_platform(section: String, table: Table, source: &Source) -> Error {
    let credentials = platforms::all().flat_map(|platform| platform.credentials).map(|credential| credential.key);
    let known: Vec<&str> = KEYS.iter().copied().chain(credentials).collect();
    let problem = format!("`{section}` names no platform");
    match Section::new(section, table, source, &known) {
        Err(unknown) => unknown,
        Ok(_) => {
            let names: Vec<String> = platforms::all().map(|platform| format!("\"{}\"", platform.name)).collect();
            Error::new(problem).hint(format!("add `platform = {}` to it", names.join(" or ")))
        }
    }
}

/// Addresses, since a roster has nothing else to be known by.
fn sentinel(section: &mut Section<'_>) -> Result<Vec<Email>, Error> {
    let Some((texts, origin)) = section.texts("sentinel")? else { return Ok(Vec::new()) };
    let address = |text: &String| Email::parse(text).map_err(|error| format!("must name addresses: {error}"));
    let addresses: Result<Vec<Email>, String> = texts.iter().map(address).collect();
    addresses.map_err(|why| section.refuse("sentinel", &origin, &why))
}

fn pace(section: &mut Section<'_>) -> Result<Pace, Error> {
    let default = Pace::default();
    let count = |section: &mut Section<'_>, key: &str, default: u32, max: u32| {
        let number = section.int(key, u64::from(default), 1, u64::from(max))?;
        Ok(u32::try_from(number).unwrap_or(max))
    };
    Ok(Pace {
        requests_per_second: section.number("requests_per_second", 0.01, 1000.0)?,
        burst: count(section, "burst", default.burst, 1000)?,
        concurrency: count(section, "concurrency", default.concurrency, 100)?,
        timeout: section.time("timeout", default.timeout)?,
        connect_timeout: section.time("connect_timeout", default.connect_timeout)?,
        max_attempts: count(section, "max_attempts", default.max_attempts, 20)?,
        max_answer: section.size("max_answer", default.max_answer)?,
        settle: section.time("settle", default.settle)?,
    })
}

fn at(section: &mut Section<'_>, platform: &Platform, mode: Mode) -> Result<At, Error> {
    let simulated = section.bool("sandbox", false)?;
    let plaintext = match section.bool("insecure", false)? {
        true => Plaintext::Anywhere,
        false => Plaintext::Loopback,
    };
    let url = match section.text("base_url")? {
        Some((text, origin)) => {
            BaseUrl::parse(&text, plaintext).map_err(|why| section.refuse("base_url", &origin, &why))?
        }
        None if simulated || mode == Mode::Sandbox => return Ok(At::Sandbox),
        None if platform.base_url.is_empty() => {
            let error = Error::new(format!("`{}` has no `base_url`", section.name()));
            return Err(error.hint("add `base_url = \"https://…\"` to it: the address of your own community"));
        }
        None => BaseUrl::parse(platform.base_url, plaintext).map_err(Error::new)?,
    };
    Ok(if simulated || mode == Mode::Sandbox { At::Sandbox } else { At::Address(url) })
}

/// The name of a community of the sandbox.
fn world(section: &mut Section<'_>) -> Result<Option<String>, Error> {
    let Some((name, origin)) = section.text("world")? else { return Ok(None) };
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !name.is_empty() && name.len() <= 32 && name.chars().all(fits) {
        true => Ok(Some(name)),
        false => Err(section.refuse("world", &origin, "a name of small letters, digits and `-`")),
    }
}

fn credentials(
    section: &mut Section<'_>,
    platform: &'static Platform,
    at: &At,
    warn: &mut Vec<String>,
) -> Result<BTreeMap<&'static str, From>, Error> {
    let mut found = BTreeMap::new();
    for credential in platform.credentials {
        let Some(node) = section.take(credential.key) else {
            if credential.required && *at != At::Sandbox {
                let error = Error::new(format!("`{}` has no `{}`", section.name(), credential.key));
                let variable = format!("{}_{}", platform.name, credential.key).to_uppercase();
                return Err(error.hint(format!(
                    "add `{} = \"env:{variable}\"` to it and export {variable} ({})",
                    credential.key, credential.doc
                )));
            }
            continue;
        };
        let from = source_of(&node).map_err(|why| section.refuse_secretly(credential.key, &node.origin, &why))?;
        let exposed = matches!((&from, &node.origin), (From::Literal(_), Origin::File(_)));
        if exposed && credential.secret && !matches!(at, At::Address(url) if url.is_loopback()) {
            warn.push(format!(
                "`{}` of `{}` stands in the settings file in plain text; \"env:NAME\", \"file:PATH\" or a command keeps it out",
                credential.key,
                section.name()
            ));
        }
        found.insert(credential.key, from);
    }
    match *at != At::Sandbox && !signs_in(platform, &found) {
        true => Err(no_way_in(section.name(), platform)),
        false => Ok(found),
    }
}

/// Whether the credentials of one way to sign in are all there.
fn signs_in(platform: &Platform, found: &BTreeMap<&'static str, From>) -> bool {
    platform.sign_in.ways().iter().any(|way| way.iter().all(|key| found.contains_key(key)))
}

fn no_way_in(section: &str, platform: &Platform) -> Error {
    let ways = platform.sign_in.ways();
    let named: Vec<String> = ways.iter().map(|way| format!("`{}`", way.join("` and `"))).collect();
    let lines: Vec<String> = ways
        .first()
        .into_iter()
        .flatten()
        .map(|key| format!("`{key} = \"env:{}\"`", format!("{}_{key}", platform.name).to_uppercase()))
        .collect();
    let error = Error::new(format!("`{section}` has no way to sign in: {}", named.join(", or ")));
    error.hint(format!("add {} to it and export the variables", lines.join(" and ")))
}

/// Where a value comes from that may be a secret: text, or the list of a command.
pub(super) fn source_of(node: &Node) -> Result<From, String> {
    match &node.value {
        Value::Text(text) => From::parse(text),
        Value::List(items) => {
            let texts = items.iter().map(|item| match &item.value {
                Value::Text(text) => Ok(text.clone()),
                _ => Err("must be a list of texts".to_owned()),
            });
            From::parse_list(texts.collect::<Result<_, _>>()?)
        }
        _ => Err("must be text in quotes".into()),
    }
}
