//! The dry look: what a migration would do, in numbers and sentences.

use std::collections::{BTreeSet, HashMap};

use super::prepare::Prepared;
use super::{GroupPlace, Place, Unmapped, Wish, mails, stops};
use crate::client::{Client, Error};
use crate::model::Member;

/// A dry look.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Each group and where it goes, those above first.
    pub places: Vec<GroupPlace>,
    /// How many people go into each group, and how many of them are in it already.
    pub people: HashMap<String, (usize, usize)>,
    /// Everybody who moves, each once.
    pub everybody: usize,
    /// Who has no account on the other side, where only accounts can be in a group.
    pub newcomers: usize,
    /// How many mails invitations would be, at most.
    pub mails: usize,
    /// What a run would refuse, or be held by, before its first change: a sentence each.
    pub stops: Vec<String>,
    /// What stays behind.
    pub unmapped: Vec<Unmapped>,
}

/// What a migration would do. Only reads.
pub async fn look(from: &Client, to: &Client, wish: &Wish) -> Result<Looked, Error> {
    let mut prepared = Prepared::of(from, to, wish).await?;
    let mut looked = Looked {
        mails: mails::foreseen(to, &prepared, wish),
        stops: stops::told(to, &prepared, wish).await?,
        unmapped: std::mem::take(&mut prepared.unmapped),
        ..Looked::default()
    };
    let mut everybody = BTreeSet::new();
    for place in &prepared.places {
        let people = prepared.people.get(&place.group.id).map(Vec::as_slice).unwrap_or_default();
        everybody.extend(people.iter().map(|one| one.email.key().to_owned()));
        let present: &[Member] = match &place.place {
            Place::There(id) => prepared.present.get(id).map(Vec::as_slice).unwrap_or_default(),
            _ => &[],
        };
        let there: BTreeSet<&str> = present.iter().filter_map(|member| Some(member.email.as_ref()?.key())).collect();
        let already = people.iter().filter(|one| there.contains(one.email.key())).count();
        looked.people.insert(place.group.id.clone(), (people.len(), already));
    }
    looked.everybody = everybody.len();
    looked.newcomers = prepared.newcomers.len();
    looked.places = prepared.places;
    Ok(looked)
}
