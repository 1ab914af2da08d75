//! People without an account, on platforms where only accounts can be in a group: whoever they are, they come in once, with
//! all their groups. Its one rule: how they come in, and with which role, somebody has said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::compare::lacks_one;
use super::side::Everybody;
use super::who::Who;
use super::{Carried, GroupPlace, PENDING, Unmapped, Wish};
use crate::catalog::{Call, Code, Entry, Unsupported};
use crate::client::{Client, Error, Gravity, With};
use crate::effects::Identities;
use crate::events::Level;
use crate::model::{Member, Person};

/// After so many lost answers, one after the other, nothing more is sent.
const LOST: usize = 3;
/// Who is named in an error.
const NAMED: usize = 3;

/// Somebody without an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Newcomer {
    /// As the other side shall have them.
    pub carried: Carried,
    /// The groups they come into, by the source's ids.
    pub groups: Vec<String>,
    /// Whether they were made a pending user before.
    pub awaited: bool,
}

impl Newcomer {
    /// Whether nothing is to be done for them but to wait.
    pub fn is_done(&self, entry: Entry) -> bool {
        self.awaited && entry == Entry::Pending
    }
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Welcomed {
    /// Accounts that were made.
    pub accounts: usize,
    /// Pending users that were made.
    pub pending: usize,
    /// Who was made a pending user before, and has not come yet.
    pub awaited: usize,
    /// Who could not be made one: the source's id, the address, and why.
    pub failed: Vec<(String, String, String)>,
    /// Of whom nobody knows whether they were made one: the same.
    pub in_doubt: Vec<(String, String, String)>,
}

/// Everybody who has no account there, each once, in the order of the groups.
pub(super) fn newcomers(
    to: &Client,
    places: &[GroupPlace],
    people: &HashMap<String, Vec<Carried>>,
    known: &Identities,
    everybody: &Everybody,
) -> (Vec<Newcomer>, Vec<Unmapped>) {
    let mut found: Vec<Newcomer> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for place in places.iter().filter(|place| place.moves()) {
        for one in people.get(&place.group.id).into_iter().flatten() {
            let next = found.len();
            let place_of = *at.entry(one.email.key().to_owned()).or_insert(next);
            if place_of == next {
                let awaited = known.id(PENDING, &one.id).is_some_and(|address| address == one.email.key());
                found.push(Newcomer { carried: one.clone(), groups: Vec::new(), awaited });
            }
            found[place_of].groups.push(place.group.id.clone());
            if let Some(role) = &one.role {
                found[place_of].carried.role.get_or_insert_with(|| role.clone());
            }
        }
    }
    let there: HashMap<String, Member> =
        everybody.accounts().filter_map(|member| Some((member.email.as_ref()?.key().to_owned(), member))).collect();
    let kept =
        found.iter().filter_map(|one| kept_role(&one.carried, there.get(one.carried.email.key())?, to)).collect();
    found.retain(|one| !there.contains_key(one.carried.email.key()));
    (found, kept)
}

/// Whoever has an account keeps its role.
fn kept_role(one: &Carried, there: &Member, to: &Client) -> Option<Unmapped> {
    let (wanted, held) = (one.meant.as_deref()?, there.field("role")?);
    let title = to.platform().title;
    lacks_one(wanted, held).then(|| Unmapped {
        kind: "role",
        id: one.id.clone(),
        name: one.email.as_str().to_owned(),
        what: wanted.to_owned(),
        why: format!("is {held} on {title}, and the role of an account that is there stays: its pages change it"),
    })
}

/// Refuses before the first change what nobody has said.
pub(super) fn check(to: &Client, newcomers: &[Newcomer], wish: &Wish) -> Result<(), Error> {
    let new: Vec<&Newcomer> = newcomers.iter().filter(|one| !one.awaited).collect();
    let refused = |of: &[&Newcomer], why: &str| {
        let mut named: Vec<&str> = of.iter().take(NAMED).map(|one| one.carried.email.as_str()).collect();
        let more = format!("{} more", of.len() - named.len());
        if of.len() > named.len() {
            named.push(&more);
        }
        let people = if of.len() == 1 { "1 person has" } else { &format!("{} people have", of.len()) };
        let title = to.platform().title;
        let words = format!("{people} no account on {title}: {}; nothing was done. {why}", named.join(", "));
        Err(Error::unsupported(to, &Unsupported(words)))
    };
    if wish.newcomers.is_none() && !new.is_empty() {
        return refused(
            &new,
            "Say how they come in: `newcomers: \"accounts\"` makes an account for each, `newcomers: \"pending\"` lets them \
             in with their first sign-in",
        );
    }
    let without: Vec<&Newcomer> = new.into_iter().filter(|one| one.carried.role.is_none()).collect();
    if without.is_empty() {
        return Ok(());
    }
    let lacking: BTreeSet<&str> = without.iter().map(|one| one.carried.was.as_str()).collect();
    let roles: Vec<String> = lacking.iter().map(|role| format!("\"{role}\": \"…\"")).collect();
    let options: Vec<String> = lacking.iter().map(|role| format!("--role {role}=…")).collect();
    refused(
        &without,
        &format!(
            "Say with which role: `roles: #{{ {} }}` (`{}`), or `role: \"…\"` for all",
            roles.join(", "),
            options.join(" ")
        ),
    )
}

/// Lets them in. `targets`: the counterparts of groups, by the source's ids. A doubt holds back whom it is about, and no
/// more; it is given back. Answers that get lost one after the other end it.
pub(super) async fn welcome(
    to: &Client,
    newcomers: &[Newcomer],
    targets: &HashMap<String, String>,
    wish: &Wish,
    welcomed: &mut Welcomed,
    who: &mut Who<'_>,
) -> Result<Option<Error>, Error> {
    let Some(entry) = wish.newcomers else { return Ok(None) };
    let (mut doubt, mut lost) = (None, 0);
    let with = With { limits: wish.limits.clone(), ..With::default() };
    for (place, one) in newcomers.iter().enumerate() {
        to.events().progress("people without an account", place as u64, newcomers.len() as u64);
        if one.is_done(entry) {
            welcomed.awaited += 1;
            continue;
        }
        let answer = to.call(&call(to, one, targets, entry)?, &with).await;
        lost = if answer.as_ref().is_err_and(|error| error.gravity == Gravity::Doubt) { lost + 1 } else { 0 };
        match answer {
            Ok(_) if entry == Entry::Account => welcomed.accounts += 1,
            Ok(_) => {
                welcomed.pending += 1;
                let awaited = (one.carried.id.clone(), one.carried.email.key().to_owned());
                who.learn(PENDING, vec![awaited]).await?;
            }
            Err(error) if error.gravity == Gravity::Catchable && error.code == Code::Refused.as_str() => {
                let carried = one.carried.clone();
                welcomed.failed.push((carried.id, carried.email.as_str().to_owned(), error.message));
            }
            Err(error) if error.gravity == Gravity::Doubt && lost < LOST => {
                let carried = one.carried.clone();
                welcomed.in_doubt.push((carried.id, carried.email.as_str().to_owned(), error.message.clone()));
                doubt.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if welcomed.pending > 0 {
        to.events().say(Level::Info, format!("{} come in with their first sign-in", welcomed.pending));
    }
    Ok(doubt)
}

/// The write by which somebody comes in.
pub(super) fn call(
    to: &Client,
    one: &Newcomer,
    targets: &HashMap<String, String>,
    entry: Entry,
) -> Result<Call, Error> {
    let groups: Vec<&str> = one.groups.iter().filter_map(|id| targets.get(id)).map(String::as_str).collect();
    let carried = &one.carried;
    let person = Person { email: carried.email.clone(), fields: carried.fields.clone(), line: 0 };
    let role = carried.role.as_deref().unwrap_or_default();
    let call = to.platform().adapter.welcome(to.connection(), &groups, &person, role, entry);
    call.map_err(|why| Error::unsupported(to, &why))
}
