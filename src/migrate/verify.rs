//! Both sides read and compared: every difference by name. Only reads.

use super::compare::{compare, difference};
use super::prepare::Prepared;
use super::{Difference, Kind, Place, Unmapped, Wish};
use crate::client::{Client, Error};
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
    /// A digest of the fields of all who are on both sides: here, and there.
    pub digests: (String, String),
}

/// Compares counts, memberships and fields.
pub async fn verify(from: &Client, to: &Client, wish: &Wish) -> Result<Verified, Error> {
    let prepared = Prepared::of(from, to, wish).await?;
    let mut verified = Verified { unmapped: prepared.unmapped, ..Verified::default() };
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
        let wanted = prepared.people.get(&group.id).map(Vec::as_slice).unwrap_or_default();
        let Some(present) = prepared.present.get(target) else {
            let what = "nobody can see who is in its counterpart";
            verified.differences.push(difference(Kind::Group, group, "", what, (&group.id, target)));
            continue;
        };
        let compared = compare(group, wanted, present, &prepared.known);
        verified.waiting += compared.waiting;
        verified.differences.extend(compared.differences);
        verified.groups.push(VerifiedGroup {
            group: group.clone(),
            target: target.clone(),
            wanted: wanted.len(),
            there: compared.there,
            digests: compared.digests,
        });
    }
    Ok(verified)
}
