//! The rows of people that a run has read last, as they came: what a write is about to change was read just before it as a
//! rule. A look-up of a lost answer and undo go back to it; nothing is asked for it. Bounded, whatever a list's length.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use super::Client;
use super::question::question;
use crate::catalog::{Call, Deed, Piece, Seen};
use crate::effects::Intent;
use crate::wire::Row;

/// Pages and single rows that are kept.
const KEPT: usize = 8;
/// All that is kept, in bytes; the last page is kept whatever its size.
const LARGEST: usize = 16 * 1024 * 1024;
/// Invitations that are kept; whoever has read more must say which group one belongs to.
const INVITATIONS: usize = 50_000;

/// What was read last, and whom the run has written to since: their rows are no longer what is there.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    pages: VecDeque<Vec<Row>>,
    written: HashSet<String>,
    invitations: HashMap<String, Row>,
}

impl Recent {
    fn keep(&self, rows: Vec<Row>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pages.push_back(rows);
        let mut size: usize = kept.pages.iter().map(|page| weight(page)).sum();
        while kept.pages.len() > KEPT || (size > LARGEST && kept.pages.len() > 1) {
            size -= kept.pages.pop_front().as_ref().map_or(0, |page| weight(page));
        }
    }

    fn keep_invitations(&self, rows: &[Row]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            if let Some(id) = row.id().filter(|_| kept.invitations.len() < INVITATIONS) {
                // A copy: a row is a part of its page, and would keep all of it.
                kept.invitations.insert(id, Row::from(Bytes::copy_from_slice(row.bytes())));
            }
        }
    }

    /// The row of an invitation that the run has read.
    pub(super) fn invitation(&self, id: &str) -> Option<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_slice(kept.invitations.get(id)?.bytes()).ok()
    }

    /// The rows about these keys, each by its key; then they count as written to.
    fn take(&self, keys: &HashSet<&str>) -> HashMap<String, Value> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut also): (HashMap<String, Value>, Vec<String>) = Default::default();
        for row in kept.pages.iter().rev().flatten() {
            let id = row.id().filter(|id| keys.contains(id.as_str()));
            let address = || row.text("email").or_else(|| row.text("Email")).map(|email| email.trim().to_lowercase());
            let Some(key) = id.or_else(|| address().filter(|address| keys.contains(address.as_str()))) else {
                continue;
            };
            if kept.written.contains(&key) || found.contains_key(&key) {
                continue;
            }
            if let Ok(value) = serde_json::from_slice(row.bytes()) {
                found.insert(key, value);
                also.extend(row.id().into_iter().chain(address()));
            }
        }
        kept.written.extend(keys.iter().map(|key| (*key).to_owned()));
        kept.written.extend(also);
        found
    }
}

fn weight(page: &[Row]) -> usize {
    page.iter().map(|row| row.bytes().len()).sum()
}

impl Client {
    /// Keeps what a read shows of people, where it shows all of them.
    pub(super) fn remember(&self, read: &Call, rows: &[Row]) {
        let adapter = self.platform().adapter;
        let seen = adapter.seen(read);
        if seen == Seen::Invitations {
            return self.0.recent.keep_invitations(rows);
        }
        let of_people = matches!(seen, Seen::People { .. } | Seen::Person { .. } | Seen::Found);
        if of_people && adapter.shows_fields(read) && !rows.is_empty() {
            self.0.recent.keep(rows.to_vec());
        }
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// What these writes would change, where the run has just read it, by the subjects' keys.
    pub(super) fn remembered(&self, piece: &Piece) -> HashMap<String, Value> {
        let adapter = self.platform().adapter;
        let changes = |place: &usize| {
            let (subject, part) = &piece.subjects[*place];
            let deed = adapter.deed(piece.call.op, subject, part);
            matches!(deed, Some(Deed::Joins { .. } | Deed::Leaves { .. } | Deed::Changes { .. }))
        };
        let places: Vec<usize> = (0..piece.subjects.len()).filter(changes).collect();
        let keys: HashSet<&str> = places.iter().map(|&place| piece.subjects[place].0.key.as_str()).collect();
        if keys.is_empty() {
            return HashMap::new();
        }
        let rows = self.0.recent.take(&keys);
        let none = Intent::default();
        let held = |place: usize| {
            let key = &piece.subjects[place].0.key;
            let row = rows.get(key)?;
            Some((key.clone(), adapter.held(&question(piece, place, &none, 0), Some(row))))
        };
        places.into_iter().filter_map(held).collect()
    }
}
