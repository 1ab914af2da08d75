//! A whole sync, held against the brakes before its first change.

use super::{mails, unless_approved};
use crate::catalog::Call;
use crate::client::{Client, Error};
use crate::effects::Removed;
use crate::effects::brakes::{self, Leaving, Moment, Removals, Roster, judge};
use crate::roster::Figures;
use crate::settings::Limits;

/// What a sync is about to do.
pub(in crate::roster) struct Asked<'a> {
    /// The group.
    pub group: &'a str,
    /// The comparison in numbers.
    pub figures: &'a Figures,
    /// Groups below it that people leave with it: id, and how it shrinks.
    pub below: Vec<(String, Leaving)>,
    /// Sentinel persons whom the roster does not name.
    pub missing: Vec<String>,
    /// Who would get an administrator's or moderator's power.
    pub roles: Vec<String>,
    /// How many would be invited; `None` where nobody is to be.
    pub invitations: Option<u64>,
}

/// Holds a sync when it would do too much. Everything is said at once: a person decides on the whole.
pub(in crate::roster) async fn check(
    client: &Client,
    call: &Call,
    asked: Asked<'_>,
    limits: &Limits,
) -> Result<(), Error> {
    let figures = figures(client, asked, limits).await?;
    unless_approved(client, call, judge(&figures, limits), Moment::BeforeChange).await
}

async fn figures(client: &Client, asked: Asked<'_>, limits: &Limits) -> Result<brakes::Figures, Error> {
    let Asked { group, figures, below, missing, roles, invitations } = asked;
    let count = |number: usize| number as u64;
    let removed = removed(client, group, limits).await?;
    let from = Leaving {
        group: group.to_owned(),
        members: count(figures.present),
        admins: count(figures.admins),
        leaving: count(figures.removals),
        admins_leaving: count(figures.admins - figures.admins_left),
        arriving: count(figures.adds),
        lately: lately(&removed),
        of_this_run: count(removed.by_this_run.len()),
    };
    let mut shrinking = Vec::with_capacity(below.len());
    for (id, leaving) in below {
        let removed = self::removed(client, &id, limits).await?;
        let of_this_run = count(removed.by_this_run.len());
        shrinking.push(Leaving { lately: lately(&removed), of_this_run, ..leaving });
    }
    let roster = Roster {
        group: group.to_owned(),
        people: count(figures.wanted),
        members: count(figures.present),
        common: count(figures.overlap),
        missing,
    };
    let changes = brakes::Changes {
        place: format!("in group {group}"),
        people: count(figures.overwrites),
        of: Some(count(figures.present)),
    };
    Ok(brakes::Figures {
        roster: Some(roster),
        removals: vec![Removals { from, below: shrinking }],
        changes: vec![changes],
        roles,
        mails: match invitations {
            Some(now) => Some(mails::figures(client, 0, now).await?),
            None => None,
        },
        ..brakes::Figures::default()
    })
}

async fn removed(client: &Client, group: &str, limits: &Limits) -> Result<Removed, Error> {
    let days = limits.removals.days.into();
    let removed = client.ledger().removed(client.account(), group, days).await;
    removed.map_err(|error| Error::of_ledger(client, error))
}

fn lately(removed: &Removed) -> u64 {
    removed.by_others.union(&removed.by_this_run).count() as u64
}
