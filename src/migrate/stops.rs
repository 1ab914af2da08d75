//! What stops a migration before its first change: said by the look, refused by the run. Only reads.

use std::collections::{HashMap, HashSet};

use super::prepare::{Prepared, comes_by_itself, invites};
use super::{Place, Wish, links, mails, newcomers, side, whole};
use crate::catalog::{Entry, Unsupported};
use crate::client::{Client, Error};
use crate::effects::brakes::flags;
use crate::model::counted;
use crate::roster::{Ahead, Coming};

/// Refuses what cannot be, and holds what the brakes hold, before the first change.
pub(super) async fn check(to: &Client, prepared: &Prepared, wish: &Wish) -> Result<(), Error> {
    somewhere(to, prepared)?;
    newcomers::check(to, &prepared.newcomers, wish)?;
    whole::check(to, &prepared.refused)?;
    letter(to, prepared, wish)?;
    sender(to, wish).await?;
    links::check(to, &prepared.links).await?;
    powers(to, prepared, wish).await
}

/// All of it, a sentence each; what is wrong with a group stands beside it.
pub(super) async fn told(to: &Client, prepared: &Prepared, wish: &Wish) -> Result<Vec<String>, Error> {
    let all = [
        newcomers::check(to, &prepared.newcomers, wish),
        whole::check(to, &prepared.refused),
        letter(to, prepared, wish),
        sender(to, wish).await,
        links::check(to, &prepared.links).await,
        powers(to, prepared, wish).await,
    ];
    let mut told = Vec::new();
    for error in all.into_iter().filter_map(Result::err) {
        let holds = error.holds.clone().into_vec();
        match error.code {
            _ if !holds.is_empty() => {
                let sentences: Vec<&str> = holds.iter().map(|hold| hold.sentence.as_str()).collect();
                told.push(format!(
                    "{}: it will be held for `beadle approve … {}`",
                    sentences.join("; "),
                    flags(&holds)
                ));
            }
            "unsupported" | "bad_argument" => told.push(error.message.replace("; nothing was done", "")),
            _ => return Err(error),
        }
    }
    Ok(told)
}

/// Whether anything moves: where nothing can, that is no success.
fn somewhere(to: &Client, prepared: &Prepared) -> Result<(), Error> {
    let nowhere = |place: &Place| match place {
        Place::Nowhere(why) => Some(why.clone()),
        _ => None,
    };
    let homeless: Vec<_> =
        prepared.places.iter().filter_map(|it| Some((it.group.name.trim(), nowhere(&it.place)?))).collect();
    let Some((name, why)) = homeless.first().filter(|_| !prepared.places.iter().any(|place| place.moves())) else {
        return Ok(());
    };
    let groups = counted(homeless.len(), "group has", "groups have");
    let words = format!("nothing can move: {groups} no place on {}; {name}: {why}", to.platform().title);
    Err(Error::unsupported(to, &Unsupported(words)))
}

/// Whether there is a letter, where people are written to.
fn letter(to: &Client, prepared: &Prepared, wish: &Wish) -> Result<(), Error> {
    let anybody = prepared.people.values().any(|people| !people.is_empty());
    let Some(call) = mails::calling_in(to, "", &[], wish).filter(|_| anybody && wish.letter.is_none()) else {
        return Ok(());
    };
    let (title, name) = (to.platform().title, call.op.name());
    let words = format!(
        "{title} takes nobody in unasked: say what to write to them with `letter: #{{ … }}`, as `{name}` wants it"
    );
    Err(Error::unsupported(to, &Unsupported(words)))
}

/// Whether people are invited in the name of somebody who is there.
async fn sender(to: &Client, wish: &Wish) -> Result<(), Error> {
    let Some(sender) = wish.sender.as_deref().filter(|_| wish.invite && !comes_by_itself(to)) else { return Ok(()) };
    if let Err(why) = invites(to, wish) {
        return Err(Error::unsupported(to, &Unsupported(why)));
    }
    if to.platform().adapter.person(to.connection(), None, sender).is_none()
        || side::person(to, sender).await?.is_some()
    {
        return Ok(());
    }
    let title = to.platform().title;
    let words =
        format!("`sender` is {sender}, and {title} has nobody of this id: people are invited in a member's name");
    Err(Error::unsupported(to, &Unsupported(words)))
}

/// Whether the roles of new accounts are there, and whether anybody would get an administrator's power by them: all of them
/// are held at once.
async fn powers(to: &Client, prepared: &Prepared, wish: &Wish) -> Result<(), Error> {
    let entry = wish.newcomers.unwrap_or(Entry::Account);
    let (mut roles, mut calls): (HashMap<String, bool>, Vec<Coming>) = Default::default();
    let groups = HashMap::new();
    for one in prepared.newcomers.iter().filter(|one| !one.is_done(entry)) {
        let Some(role) = one.carried.role.clone() else { continue };
        if roles.get(&role) == Some(&false) {
            continue;
        }
        let call = newcomers::call(to, one, &groups, entry)?;
        let call = to.completed(&call).await?.into_owned();
        if *roles.entry(role).or_insert(!call.grants().is_empty()) {
            calls.push(Coming { call, rows: HashMap::new(), limits: wish.limits.clone() });
        }
    }
    if calls.is_empty() || to.draft().is_some() {
        // A plan is judged as a whole.
        return Ok(());
    }
    Ahead { calls, in_charge: HashSet::new(), ..Ahead::default() }.check(to).await
}
