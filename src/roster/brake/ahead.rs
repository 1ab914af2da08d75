//! A plan that is about to be applied: all that it still removes, deletes, mails and grants on one account, held against the
//! limits as they are now. It was judged when it was made; settings may be stricter since, and others may have removed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::free_hand::Book;
use super::leaving::Shrinking;
use super::roles::Powers;
use super::{mails, place_of, unless_approved};
use crate::catalog::{Call, Consequence, Write};
use crate::client::{Client, Error};
use crate::effects::brakes::{Brake, Figures, Hold, Moment, judge};
use crate::settings::Partial;

/// What a plan will do on one account. What waits for something that the plan makes is left out.
#[derive(Default)]
pub struct Ahead {
    /// Calls that take something away or give somebody power, for whom they still are to be made, in their order.
    pub calls: Vec<Coming>,
    /// What an earlier attempt has destroyed: it counts, and is not destroyed again.
    pub begun: Vec<Call>,
    /// How many will come into each group.
    pub arriving: HashMap<String, u64>,
    /// Who is put in charge of the groups that the plan makes: their placeholders, and how the calls name people.
    pub in_charge: HashSet<(String, String)>,
    /// Calls that mail, in their order.
    pub mails: Vec<Mailing>,
}

/// A call to come that mails.
pub struct Mailing {
    /// The call.
    pub call: Call,
    /// To how many people the plan still writes up to its end, on all connections.
    pub people: u64,
    /// Limits that the script has set for it.
    pub limits: Partial,
}

/// A call to come.
pub struct Coming {
    /// The call.
    pub call: Call,
    /// What reads will show of those who leave by it, by their keys.
    pub rows: HashMap<String, Value>,
    /// Limits that the script has set for it.
    pub limits: Partial,
}

impl Ahead {
    /// Whether a write is one that the brakes would judge by what it takes away or whom it gives power.
    pub fn concerns(call: &Call, write: &Write) -> bool {
        matches!(write.consequence, Consequence::Removes | Consequence::Moves | Consequence::Deletes)
            || call.destroys().is_some()
            || !call.grants().is_empty()
    }

    /// Holds the plan unless a person has allowed all of it. Everything is said at once; nothing is sent but reads.
    pub async fn check(self, client: &Client) -> Result<(), Error> {
        let mut holds: Vec<(String, Hold)> = Vec::new();
        let mut book = Book::of(Shrinking::with_arriving(self.arriving), Powers::with_in_charge(self.in_charge));
        for call in &self.begun {
            book.has_destroyed(call);
        }
        let mut first = None;
        let rules = &client.rules().limits;
        for Coming { call, rows, limits } in self.calls {
            book.shrinking.show(rows);
            let place = place_of(&call);
            for hold in book.foresee(client, &call, &rules.with(&limits)).await? {
                match holds.iter_mut().find(|(known, held)| *known == place && held.what == hold.what) {
                    Some((_, held)) => *held = hold,
                    None => holds.push((place.clone(), hold)),
                }
            }
            first.get_or_insert(call);
        }
        let (mut mails, mut told) = (Vec::new(), 0);
        let mailed = if self.mails.is_empty() { 0 } else { mails::mailed(client).await? };
        for Mailing { call, people, limits } in &self.mails {
            let figures = Figures { mails: Some(mails::ahead(client, mailed, *people)), ..Figures::default() };
            let last = judge(&figures, &rules.with(limits));
            mails.retain(|hold: &Hold| last.iter().all(|more| more.what != hold.what));
            mails.extend(last);
            told = *people;
            first.get_or_insert_with(|| call.clone());
        }
        let Some(call) = first else { return Ok(()) };
        let mut holds: Vec<Hold> = holds.into_iter().map(|(_, hold)| hold).chain(mails).collect();
        holds.sort_by_key(|hold| Brake::ALL.iter().position(|brake| *brake == hold.what));
        unless_approved(client, &call, holds, Moment::BeforeChange).await?;
        if let Some(Mailing { call, .. }) = self.mails.first() {
            mails::tell(client, call, told);
        }
        Ok(())
    }
}
