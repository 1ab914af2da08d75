//! A plan that is about to be applied: all that it still removes, deletes, mails and grants on one account, held against the
//! limits as they are now. It was judged when it was made; settings may be stricter since, and others may have removed.

use std::collections::HashMap;

use serde_json::Value;

use super::free_hand::Book;
use super::leaving::Shrinking;
use super::{mails, place_of, unless_approved};
use crate::catalog::{Call, Consequence, Write};
use crate::client::{Client, Error};
use crate::effects::brakes::{Brake, Figures, Hold, Moment, judge};

/// What a plan will do on one account. What waits for something that the plan makes is left out.
#[derive(Default)]
pub struct Ahead {
    /// Calls that take something away or give somebody power, for whom they still are to be made, in their order.
    pub calls: Vec<Coming>,
    /// What an earlier attempt has destroyed: it counts, and is not destroyed again.
    pub begun: Vec<Call>,
    /// How many will come into each group.
    pub arriving: HashMap<String, u64>,
    /// The first call that mails, and to how many people the whole plan still writes.
    pub mails: Option<(Call, u64)>,
}

/// A call to come.
pub struct Coming {
    /// The call.
    pub call: Call,
    /// What reads will show of those who leave by it, by their keys.
    pub rows: HashMap<String, Value>,
}

impl Ahead {
    /// Whether a write is one that the brakes would judge by what it takes away or whom it gives power.
    pub fn concerns(call: &Call, write: &Write) -> bool {
        matches!(write.consequence, Consequence::Removes | Consequence::Deletes)
            || call.destroys().is_some()
            || !call.grants().is_empty()
    }

    /// Holds the plan unless a person has allowed all of it. Everything is said at once; nothing is sent but reads.
    pub async fn check(self, client: &Client) -> Result<(), Error> {
        let mut holds: Vec<(String, Hold)> = Vec::new();
        let mut book = Book::of(Shrinking::with_arriving(self.arriving));
        for call in &self.begun {
            book.has_destroyed(client, call)?;
        }
        let mut first = None;
        for Coming { call, rows } in self.calls {
            book.shrinking.show(rows);
            let place = place_of(&call);
            for hold in book.foresee(client, &call).await? {
                match holds.iter_mut().find(|(known, held)| *known == place && held.what == hold.what) {
                    Some((_, held)) => *held = hold,
                    None => holds.push((place.clone(), hold)),
                }
            }
            first.get_or_insert(call);
        }
        if let Some((call, people)) = &self.mails {
            let figures = Figures { mails: Some(mails::ahead(client, *people).await?), ..Figures::default() };
            let more = judge(&figures, &client.rules().limits);
            holds.extend(more.into_iter().map(|hold| (String::new(), hold)));
            first.get_or_insert_with(|| call.clone());
        }
        let Some(call) = first else { return Ok(()) };
        let mut holds: Vec<Hold> = holds.into_iter().map(|(_, hold)| hold).collect();
        holds.sort_by_key(|hold| Brake::ALL.iter().position(|brake| *brake == hold.what));
        unless_approved(client, &call, holds, Moment::BeforeChange).await?;
        if let Some((call, people)) = &self.mails {
            mails::tell(client, call, *people);
        }
        Ok(())
    }
}
