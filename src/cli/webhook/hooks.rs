//! `webhook add`, `rotate`, `remove`: the addresses themselves. A secret is shown when it is made and never again.

use std::time::Duration;

use serde_json::json;

use super::super::past::{failed, times};
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::{hook, mode, name, open};
use crate::clock::rfc3339;
use crate::hooks::HookSecret;
use crate::store::Error;

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The hook's name
    #[arg(value_parser = name)]
    name: String,
    /// The connection whose platform sends to it
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// For the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// The hook's name
    name: String,
    /// How long the secret before it still holds
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = time)]
    overlap: Duration,
    /// For the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Remove {
    /// The hook's name
    name: String,
    /// For the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Makes a hook and shows its address.
pub(super) fn add(options: &Add, shell: &Shell) -> Result<Code, Failure> {
    let mode = mode(options.sandbox);
    let settings = shell.settings(mode, options.connection.as_deref())?;
    let connection = settings.default_connection()?;
    if !connection.platform.sends_events() {
        let why = format!("connection `{}` is {}, which sends no webhooks", connection.name, connection.platform.title);
        return Err(Failure::usage(why).hint("name a connection to Mobilize with --connection"));
    }
    let connection = connection.name.clone();
    let session = Session::open(shell, settings, mode)?;
    let (secret, now) = (secret()?, session.now_ms());
    let kept = session.runtime.block_on(async {
        let mut writing = session.store.writing().await?;
        let new = writing.keep_hook(&options.name, &connection, now).await?;
        if new {
            writing.keep_secret(&options.name, &secret.digest(), now, now).await?;
            writing.commit().await?;
        }
        Ok::<_, Error>(new)
    });
    if !kept.map_err(failed)? {
        let again = format!("beadle webhook rotate {}{}", options.name, shell.flags(mode));
        return Err(Failure::usage(format!("there is a hook `{}` already", options.name)).hint(again));
    }
    let address = session.settings.webhooks.address(secret.expose());
    let hook = &options.name;
    shell.tell(
        || {
            format!(
                "hook {hook} for connection {connection}\n  {address}\n\
                 This is shown once; what is kept of it is a fingerprint. Enter it in Mobilize under Community Settings, \
                 integrations, Webhooks Options, behind your own https name: docs/webhooks.md"
            )
        },
        || json!({ "type": "hook", "hook": hook, "connection": connection, "address": address }),
    );
    Ok(Code::Done)
}

/// Gives a hook another secret.
pub(super) fn rotate(options: &Rotate, shell: &Shell) -> Result<Code, Failure> {
    let session = open(shell, options.sandbox)?;
    let row = hook(&session, &options.name)?;
    let (secret, now) = (secret()?, session.now_ms());
    let until = now.saturating_add(i64::try_from(options.overlap.as_millis()).unwrap_or(i64::MAX));
    let kept = session.runtime.block_on(async {
        let mut writing = session.store.writing().await?;
        writing.keep_secret(&row.name, &secret.digest(), now, until).await?;
        writing.commit().await
    });
    kept.map_err(failed)?;
    let address = session.settings.webhooks.address(secret.expose());
    let shown = times(&session).show(until);
    let old_until = rfc3339(Some(until));
    shell.tell(
        || format!("hook {}\n  {address}\nThis is shown once. The address before it is taken until {shown}.", row.name),
        || json!({ "type": "hook", "hook": row.name, "connection": row.connection, "address": address, "old_until": old_until }),
    );
    Ok(Code::Done)
}

/// Ends a hook at once.
pub(super) fn remove(options: &Remove, shell: &Shell) -> Result<Code, Failure> {
    let session = open(shell, options.sandbox)?;
    let row = hook(&session, &options.name)?;
    let now = session.now_ms();
    let removed = session.runtime.block_on(async {
        let mut writing = session.store.writing().await?;
        writing.remove_hook(&row.name, now).await?;
        writing.commit().await
    });
    removed.map_err(failed)?;
    shell.tell(
        || match row.waiting {
            0 => format!("hook {} is removed; what came to it is kept for a while", row.name),
            1 => format!("hook {} is removed; 1 delivery that has come is still worked off", row.name),
            count => format!("hook {} is removed; {count} deliveries that have come are still worked off", row.name),
        },
        || json!({ "type": "hook_removed", "hook": row.name, "waiting": row.waiting }),
    );
    Ok(Code::Done)
}

fn secret() -> Result<HookSecret, Failure> {
    HookSecret::new().map_err(|why| Failure::failed(format!("failed to make a secret: {why}")))
}

/// `24h`, `30m`, `0s`
fn time(text: &str) -> Result<Duration, String> {
    let time = text.trim().parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "write a length of time such as 24h or 30m".to_owned())
}
