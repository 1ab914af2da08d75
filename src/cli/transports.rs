//! How the connections of the settings are reached: over HTTP, or on the sandbox without sockets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::catalog::Platform;
use crate::client::{HttpOptions, Network, Pace, Policy, Writes};
use crate::clock::Clock;
use crate::effects::brakes::{Attendance, Powers, Rules};
use crate::effects::{fingerprint, recognise};
use crate::runs::{Access, Opened, Transports};
use crate::sandbox::{InProcess, Sandbox, Wanted, kept, parse_faults};
use crate::settings::{At, Connection, Credentials, Environment, Redactor, Settings};
use crate::store::Store;

/// Requests per second where the settings name none and the host is not this machine. No platform documents a limit.
const POLITE: f64 = 10.0;

/// The connections of the settings.
pub(super) struct Connected {
    pub(super) settings: Settings,
    pub(super) environment: Environment,
    pub(super) redactor: Redactor,
    pub(super) clock: Clock,
    /// The ledger's store.
    pub(super) store: Store,
    /// Whether somebody watches.
    pub(super) attendance: Attendance,
    /// What may be deleted for good.
    pub(super) powers: Powers,
    /// What the sandbox shall be, and what shall go wrong on it.
    pub(super) wanted: Wanted,
    pub(super) faults: Option<String>,
    pub(super) sandbox: OnceCell<(Sandbox, String)>,
}

impl Transports for Connected {
    fn open<'a>(&'a self, connection: &'a str, access: Access) -> BoxFuture<'a, Result<Opened, String>> {
        async move {
            let connection = self.settings.connection(connection).map_err(|error| words(&error))?;
            match &connection.at {
                At::Sandbox => self.simulated(connection, access).await,
                At::Address(_) => self.real(connection, access).await,
            }
        }
        .boxed()
    }
}

impl Connected {
    /// The sandbox of this project; made when it is first needed.
    pub(super) async fn sandbox(&self) -> Result<&(Sandbox, String), String> {
        self.sandbox
            .get_or_try_init(|| async {
                let made = kept(&self.store, &self.clock, self.wanted).await.map_err(|error| error.to_string())?;
                if let Some(faults) = &self.faults {
                    made.0.set_faults(parse_faults(faults).map_err(|error| error.to_string())?);
                }
                Ok(made)
            })
            .await
    }

    fn rules(&self, connection: &Connection) -> Rules {
        Rules {
            limits: self.settings.limits_of(connection),
            protected: self.settings.protected_on(connection),
            sentinel: connection.sentinel.clone(),
            attendance: self.attendance,
            powers: self.powers.clone(),
            zone: self.settings.project.timezone.clone(),
        }
    }

    async fn simulated(&self, connection: &Connection, access: Access) -> Result<Opened, String> {
        let (sandbox, world) = self.sandbox().await?;
        let platform = connection.platform;
        let place = match &connection.world {
            None => platform.name.to_owned(),
            Some(own) => format!("{}/{own}", platform.name),
        };
        let transport = InProcess::new(sandbox.clone(), &place);
        Ok(Opened {
            platform,
            account: format!("{world}-{}", place.replace('/', "-")),
            values: simulated(platform),
            credentials: "the sandbox takes any".into(),
            writes: (access == Access::Writes).then(|| Arc::new(transport.writes()) as Arc<dyn Writes>),
            reads: Arc::new(transport),
            pace: Pace::new(None, 1, connection.pace.concurrency as usize),
            // The sandbox's queue is quicker than a real one's.
            policy: Policy { settle: Duration::from_millis(500), prove: Duration::from_secs(3), ..policy(connection) },
            rules: self.rules(connection),
        })
    }

    async fn real(&self, connection: &Connection, access: Access) -> Result<Opened, String> {
        let At::Address(url) = &connection.at else { return Err("the connection has no address".into()) };
        let read = connection.credentials(&self.settings.project, &self.environment, &self.redactor);
        let credentials = read.map_err(|error| words(&error))?;
        let network = Network::new(HttpOptions {
            platform: connection.platform,
            base_url: url,
            credentials: &credentials,
            redactor: self.redactor.clone(),
            clock: self.clock.clone(),
            connect_timeout: connection.pace.connect_timeout,
            read_timeout: connection.pace.timeout,
            timeout: connection.pace.timeout,
            max_answer: usize::try_from(connection.pace.max_answer).unwrap_or(usize::MAX),
        });
        let network = network.map_err(|error| format!("connection `{}`: {error}", connection.name))?;
        let polite = (!url.is_loopback()).then_some(POLITE);
        let rate = connection.pace.requests_per_second.or(polite);
        Ok(Opened {
            platform: connection.platform,
            account: self.account(connection, url.origin(), &credentials).await?,
            values: values(connection.platform, &credentials),
            credentials: check(connection, &way_in(connection, &credentials)),
            writes: (access == Access::Writes).then(|| network.writes()),
            reads: network.reads(),
            pace: Pace::new(rate, connection.pace.burst, connection.pace.concurrency as usize),
            policy: policy(connection),
            rules: self.rules(connection),
        })
    }

    async fn account(
        &self,
        connection: &Connection,
        origin: &str,
        credentials: &Credentials,
    ) -> Result<String, String> {
        let shown = |key: &&str| credentials.get(key).map(|value| fingerprint(value.expose()));
        let key = way_in(connection, credentials).first().and_then(shown);
        let apart: Vec<String> = connection.platform.account.iter().filter_map(shown).collect();
        let origin = match apart.is_empty() {
            true => origin.to_owned(),
            false => format!("{origin}#{}", apart.join("-")),
        };
        let (platform, name) = (connection.platform.name, connection.name.as_str());
        let account = recognise(&self.store, platform, &origin, name, key.as_deref(), &self.clock).await;
        account.map_err(|error| error.to_string())
    }
}

/// The settings of a connection that arguments are taken from.
fn values(platform: &Platform, credentials: &Credentials) -> HashMap<&'static str, String> {
    let open = platform.credentials.iter().filter(|credential| !credential.secret);
    open.filter_map(|credential| Some((credential.key, credentials.get(credential.key)?.expose().to_owned()))).collect()
}

/// The same on the sandbox, where no settings are read.
fn simulated(platform: &Platform) -> HashMap<&'static str, String> {
    platform.credentials.iter().filter_map(|known| Some((known.key, known.simulated?.to_owned()))).collect()
}

/// The credentials that are used to sign in: a ready token, where there is one, in place of what it would be asked for with.
fn way_in(connection: &Connection, credentials: &Credentials) -> Vec<&'static str> {
    let ways = connection.platform.sign_in.ways();
    let complete = |way: &&Vec<&str>| way.iter().all(|key| credentials.get(key).is_some());
    ways.iter().rev().find(complete).cloned().unwrap_or_default()
}

fn policy(connection: &Connection) -> Policy {
    Policy { max_attempts: connection.pace.max_attempts as usize, settle: connection.pace.settle, ..Policy::default() }
}

/// "check `secret` (the variable `MOBILIZE_SECRET`) of connection `main`"
fn check(connection: &Connection, keys: &[&str]) -> String {
    let named = |key: &&str| match connection.source_of(key) {
        Some(source) => format!("`{key}` ({source})"),
        None => format!("`{key}`"),
    };
    let named_keys: Vec<String> = keys.iter().map(named).collect();
    let check = format!("check {} of connection `{}`", named_keys.join(" and "), connection.name);
    // A ready token ends, and nobody renews it: with what it would be asked for, beadle does.
    match connection.platform.sign_in.ways().as_slice() {
        [asked, .., ready] if ready == keys => {
            let asked: Vec<String> = asked.iter().map(|key| format!("`{key}`")).collect();
            format!("{check}: if it has ended, put a new one there, or give {} in its place", asked.join(" and "))
        }
        _ => check,
    }
}

fn words(error: &crate::settings::Error) -> String {
    match error.next_step() {
        Some(step) => format!("{error}; {step}"),
        None => error.to_string(),
    }
}
