//! Both sides read and compared: every difference by name. Only reads.

use std::collections::{HashMap, HashSet};

use super::compare::{Compared, compare, difference};
use super::mails::calling_in;
use super::prepare::Prepared;
use super::{Carried, Difference, Kind, Place, Unmapped, Wish, links, side, whole};
use crate::client::{Client, Error};
use crate::effects::Intent;
use crate::model::Group;

/// Both sides, compared.
#[derive(Debug, Default)]
pub struct Verified {
    /// The groups that have a counterpart whose members can be seen.
    pub groups: Vec<VerifiedGroup>,
    /// Every difference.
    pub differences: Vec<Difference>,
    /// What has no place on the other side, and is no difference therefore.
    pub unmapped: Vec<Unmapped>,
    /// Who is awaited: they come in with their first sign-in.
    pub waiting: usize,
}

/// One group with its counterpart.
#[derive(Debug)]
pub struct VerifiedGroup {
    /// As the source has it.
    pub group: Group,
    /// Its id on the other side.
    pub target: String,
    /// Who should be there.
    pub wanted: usize,
    /// How many are.
    pub there: usize,
    /// Where that is known from.
    pub by: By,
    /// A digest of the fields of all who are on both sides: here, and there; where the platform shows people.
    pub digests: Option<(String, String)>,
}

/// Where it is known from who is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The platform shows its members.
    Members,
    /// The last roster that was handed over.
    Roster,
    /// The invitations that wait, and those that were sent from here.
    Invitations,
}

/// Compares counts, memberships, fields, roles and hierarchy.
pub async fn verify(from: &Client, to: &Client, wish: &Wish) -> Result<Verified, Error> {
    let prepared = Prepared::of(from, to, wish).await?;
    let mut verified = Verified::default();
    let names: HashMap<&str, &str> =
        prepared.places.iter().map(|place| (place.group.id.as_str(), place.group.name.as_str())).collect();
    for place in &prepared.places {
        let group = &place.group;
        let target = match &place.place {
            Place::There(id) => id,
            Place::Left => continue,
            Place::Make | Place::Nowhere(_) => {
                verified.differences.push(difference(Kind::Group, group, "", "has no counterpart", (&group.id, "")));
                continue;
            }
        };
        if let Some(now) = &place.astray {
            let above = place.above.as_deref().and_then(|id| names.get(id)).copied().unwrap_or_default();
            verified.differences.push(difference(Kind::Hierarchy, group, "", "parent", (above, now)));
        }
        let wanted = prepared.people.get(&group.id).map(Vec::as_slice).unwrap_or_default();
        let met = Met { to, group, target, wanted, wish };
        match prepared.present.get(target) {
            Some(present) => verified.take(&met, compare(group, wanted, present, &prepared.known), By::Members),
            None => met.unseen(&mut verified).await?,
        }
    }
    verified.differences.extend(links::compare(to, &prepared.links, &prepared.places).await?);
    verified.unmapped = prepared.unmapped;
    Ok(verified)
}

impl Verified {
    fn take(&mut self, met: &Met<'_>, compared: Compared, by: By) {
        self.waiting += compared.waiting;
        self.differences.extend(compared.differences);
        self.groups.push(VerifiedGroup {
            group: met.group.clone(),
            target: met.target.to_owned(),
            wanted: met.wanted.len(),
            there: compared.there,
            by,
            digests: (by == By::Members).then_some(compared.digests),
        });
    }
}

/// A group whose counterpart is there.
struct Met<'a> {
    to: &'a Client,
    group: &'a Group,
    target: &'a str,
    wanted: &'a [Carried],
    wish: &'a Wish,
}

impl Met<'_> {
    /// Where nobody can see who is in: by what was handed over, or by who was written to.
    async fn unseen(&self, verified: &mut Verified) -> Result<(), Error> {
        let Self { to, group, target, wanted, .. } = self;
        if wanted.is_empty() {
            return Ok(());
        }
        if let Some((differences, there)) = whole::compare(to, group, target, wanted).await? {
            let compared = Compared { differences, there, ..Compared::default() };
            verified.take(self, compared, By::Roster);
            return Ok(());
        }
        if let Some(compared) = self.called_in().await? {
            verified.take(self, compared, By::Invitations);
            return Ok(());
        }
        let (kind, what) = match whole::of(to.platform()) {
            Some(_) => {
                (Kind::Group, "nothing shows who is in its counterpart, and no roster of it was handed over from here")
            }
            None => (Kind::Unseen, "nothing shows who is in its counterpart"),
        };
        verified.differences.push(difference(kind, group, "", what, (&group.id, target)));
        Ok(())
    }

    /// Whose invitation waits there, or was sent from here.
    async fn called_in(&self) -> Result<Option<Compared>, Error> {
        let Self { to, group, target, wanted, wish } = self;
        let Some(asked) = calling_in(to, target, wanted, wish) else { return Ok(None) };
        let waiting = side::invited(to, target).await?;
        let mut known: HashSet<String> =
            waiting.iter().filter_map(|member| Some(member.email.as_ref()?.key().to_owned())).collect();
        for piece in asked.pieces() {
            let mailed = to.ledger().mailed(to.account(), &piece, &Intent::default()).await;
            let mailed = mailed.map_err(|error| Error::of_ledger(to, error))?;
            known.extend(mailed.into_iter().filter_map(|place| piece.address(place)));
        }
        let missing = wanted.iter().filter(|one| !known.contains(one.email.key()));
        let differences: Vec<Difference> =
            missing.map(|one| difference(Kind::Missing, group, one.email.as_str(), "invitation", ("", ""))).collect();
        let there = wanted.len() - differences.len();
        Ok(Some(Compared { differences, there, ..Compared::default() }))
    }
}
