//! What a migration is asked for that cannot be: known before its first change, said by the look, refused by the run. Only
//! reads.

use std::collections::{HashMap, HashSet};

use super::prepare::{Prepared, comes_by_itself, invites};
use super::run::calling_in;
use super::{Place, Wish, links, newcomers, side, whole};
use crate::catalog::{Entry, Unsupported};
use crate::client::{Client, Error, Gravity};
use crate::effects::brakes::flags;
use crate::model::{Group, counted};
use crate::roster::{Ahead, Coming};

/// Whether the groups that were named are there.
pub(super) fn groups(from: &Client, source: &[Group], wish: &Wish) -> Result<(), Error> {
    let refused = |words: String| Err(Error::unsupported(from, &Unsupported(words)));
    if source.is_empty() && from.platform().adapter.groups(from.connection()).is_none() {
        let title = from.platform().title;
        return refused(format!("{title} lists no groups: name those that move by their ids, with `groups`"));
    }
    let Some(name) = wish.groups.unknown(source) else { return Ok(()) };
    let known = source.iter().map(|group| group.name.trim());
    refused(format!("`groups` names `{name}`, and {} has no such group{}", from.connection(), meant(name, known)))
}

/// Whether fields that were named, and that nobody has, are any of the source.
pub(super) async fn fields(from: &Client, group: &str, unheld: &[String]) -> Result<(), Error> {
    if unheld.is_empty() {
        return Ok(());
    }
    let known = match from.platform().adapter.standing_fields() {
        Some(known) => known.into_iter().map(str::to_owned).collect(),
        None => match side::fields(from, group).await? {
            Some(known) => known,
            None => return Ok(()),
        },
    };
    let own = ["id", "email", "first_name", "last_name"];
    let is_known = |name: &str| own.contains(&name) || known.iter().any(|known| known == name);
    let Some(name) = unheld.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let known = known.iter().map(String::as_str).chain(own);
    let words = format!("`fields` names `{name}`, and {} has no such field{}", from.connection(), meant(name, known));
    Err(Error::unsupported(from, &Unsupported(words)))
}

/// `; did you mean …?`
fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let far = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let close = known.map(|known| (far(known), known)).min();
    match close.filter(|(far, known)| *far <= known.chars().count().div_ceil(3)) {
        Some((_, known)) => format!("; did you mean `{known}`?"),
        None => String::new(),
    }
}

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
pub(super) async fn stops(to: &Client, prepared: &Prepared, wish: &Wish) -> Result<Vec<String>, Error> {
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
    let Some(call) = calling_in(to, "", &[], wish).filter(|_| anybody && wish.letter.is_none()) else { return Ok(()) };
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

/// Whether an error concerns only what it is about: the rest goes on, and it is said at the end.
pub(super) fn is_passed(error: &Error) -> bool {
    error.gravity == Gravity::Doubt || (error.gravity == Gravity::Catchable && error.code == "refused")
}
