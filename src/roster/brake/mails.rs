//! How many people a call, or a whole sync, would write to.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::unless_approved;
use crate::catalog::{Call, Invitation};
use crate::client::{Client, Error, With};
use crate::effects::brakes::{Attendance, Figures, Mails, Moment, WallClock, judge};
use crate::events::Level;
use crate::model::{Email, Member};
use crate::settings::Limits;

/// Mails as the brakes judge them: what this run has mailed, or has planned to, and what it would mail now.
pub(super) async fn figures(client: &Client, planned: u64, now: u64) -> Result<Mails, Error> {
    let mailed = match client.draft() {
        Some(_) => planned,
        None => mailed(client).await?,
    };
    Ok(Mails { people: mailed + now, now, attendance: client.rules().attendance, at: at(client) })
}

/// How many this run has written to.
pub(super) async fn mailed(client: &Client) -> Result<u64, Error> {
    client.ledger().mailed_by_this_run().await.map_err(|error| Error::of_ledger(client, error))
}

/// The time, where the quiet hours are.
fn at(client: &Client) -> WallClock {
    let zone = &client.rules().zone;
    let time = client.clock().now().to_zoned(zone.clone()).time();
    WallClock { time, zone: zone.iana_name().unwrap_or("UTC").to_owned() }
}

/// Whether the limits leave it open that this call is held, or somebody watches who wants to know the number. Only then
/// is it counted exactly, for which the call's own first reads are made.
pub(super) async fn are_to_be_counted(
    client: &Client,
    planned: u64,
    people: u64,
    limits: &Limits,
) -> Result<bool, Error> {
    let most = u64::from(limits.mail.per_run.min(limits.mail.unattended));
    let mails = figures(client, planned, people).await?;
    let quiet = limits.mail.quiet.is_some_and(|quiet| quiet.holds(mails.at.time));
    Ok(mails.people > most || quiet || (mails.attendance == Attendance::Attended && people > 1))
}

/// Tells whoever watches how many will be written to.
pub(super) fn tell(client: &Client, call: &Call, people: u64) {
    if client.rules().attendance == Attendance::Attended && people > 1 && client.draft().is_none() {
        let line = format!("{people} people will be written to: {} on {}", call.op.name(), call.connection);
        client.events().say(Level::Info, line);
    }
}

/// Holds the invitations of a sync: the hour may have become a quiet one since its first change.
pub(in crate::roster) async fn check(client: &Client, call: &Call, with: &With, limits: &Limits) -> Result<(), Error> {
    let (now, _) = client.would_mail(call, with).await?;
    let figures = Figures { mails: Some(figures(client, 0, now).await?), ..Figures::default() };
    unless_approved(client, call, judge(&figures, limits), Moment::BeforeSending).await?;
    tell(client, call, now);
    Ok(())
}

/// Mails of a plan that is about to be applied, over all its connections: whether somebody watches and what hour it is,
/// nobody knew when it was made.
pub(super) fn ahead(client: &Client, mailed: u64, now: u64) -> Mails {
    Mails { people: mailed + now, now, attendance: client.rules().attendance, at: at(client) }
}

/// How many invitations a sync would send to these members, and to those who are to be added, by what is known now.
pub(in crate::roster) async fn invitations(
    client: &Client,
    group: &str,
    (members, arriving): (&[&Member], &[&Email]),
    (sender, again): (Option<&str>, Option<&str>),
) -> Result<u64, Error> {
    let mut known: HashMap<String, Value> = HashMap::with_capacity(members.len() + arriving.len());
    let mut people = Vec::with_capacity(members.len() + arriving.len());
    for member in members {
        let email = member.email.as_ref().map(Email::as_str);
        known.insert(member.id.clone(), json!({ "invited_at": member.invited_at, "email": email }));
        people.push(member.id.clone());
    }
    for email in arriving {
        known.insert(email.key().to_owned(), json!({ "email": email.as_str() }));
        people.push(email.key().to_owned());
    }
    let invitation = Invitation { members: people, sender: sender.map(str::to_owned) };
    let calls = client.platform().adapter.invite(client.connection(), group, &invitation);
    let calls = calls.map_err(|why| Error::unsupported(client, &why))?;
    let with = With { known, again: again.map(str::to_owned), ..With::default() };
    let mut people = 0;
    for call in &calls {
        people += client.would_mail(call, &with).await?.0;
    }
    Ok(people)
}
