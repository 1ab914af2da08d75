//! What completions and companions have just read: a thousand calls of one kind must not read the same list a thousand
//! times. People are taken from memory for a moment only, and never those to whom this run has written since.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Client, Error};
use crate::catalog::{Call, Piece, Seen};
use crate::plan::{Draft, View};
use crate::wire::Row;

/// So long rows of people stand for what is there, in milliseconds.
const PEOPLE_MS: i64 = 5_000;
/// So long anything else does: roles, the people of an organisation.
const OTHER_MS: i64 = 60_000;
/// So many reads are kept.
const KEPT: usize = 16;

/// Answers of the last moments.
#[derive(Default)]
pub(super) struct Lately(Mutex<HashMap<String, Kept>>);

struct Kept {
    at_ms: i64,
    value: Arc<Value>,
    /// Ids and addresses of people written to since.
    written: HashSet<String>,
}

impl Lately {
    /// Notes that whoever a piece is about is no longer as was read.
    pub(super) fn written(&self, piece: &Piece) {
        let mut kept = self.kept();
        for (place, (subject, _)) in piece.subjects.iter().enumerate() {
            for kept in kept.values_mut() {
                kept.written.insert(subject.key.clone());
                kept.written.extend(piece.address(place));
            }
        }
    }

    fn get(&self, key: &str, about: &[String], youngest: std::ops::RangeInclusive<i64>) -> Option<Arc<Value>> {
        let kept = self.kept();
        let found = kept.get(key).filter(|found| youngest.contains(&found.at_ms))?;
        let fresh = about.iter().all(|who| !found.written.contains(who));
        fresh.then(|| found.value.clone())
    }

    fn keep(&self, key: String, at_ms: i64, value: &Arc<Value>) {
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.at_ms).map(|(key, _)| key.clone());
            oldest.map(|key| kept.remove(&key));
        }
        kept.insert(key, Kept { at_ms, value: value.clone(), written: HashSet::new() });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a read may be answered from memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    May,
    /// Unless people are read.
    NotOfPeople,
    MayNot,
}

impl Client {
    /// All that a read gives, as [`Client::read_all`], or what it gave a moment ago; says whether it was remembered. In plan
    /// mode people are as they would be. `about`: ids and addresses of whom it is read for.
    pub(super) fn lately<'a>(
        &'a self,
        read: &'a Call,
        about: &'a [String],
        memory: Memory,
    ) -> BoxFuture<'a, Result<(Arc<Value>, bool), Error>> {
        async move {
            let seen = self.platform().adapter.seen(read);
            let age = match seen {
                Seen::People { .. } => PEOPLE_MS,
                Seen::Other => OTHER_MS,
                // Whoever was just made must be found.
                _ => 0,
            };
            let people = matches!(seen, Seen::People { .. });
            let (key, now) = (self.preset(read)?.digest(), self.clock().now_ms());
            let known = match memory {
                Memory::May if age > 0 => self.recently().get(&key, about, now - age..=now),
                Memory::NotOfPeople if age > 0 && !people => self.recently().get(&key, about, now - age..=now),
                _ => None,
            };
            let remembered = known.is_some();
            let value = match known {
                Some(value) => value,
                None => {
                    let value = Arc::new(self.read_all(read).await?);
                    self.recently().keep(key, now, &value);
                    value
                }
            };
            match (self.draft(), &seen) {
                (Some(draft), Seen::People { group }) => {
                    let call = self.preset(read)?;
                    Ok((Arc::new(self.as_planned(draft, &call, group.as_deref(), &value)), remembered))
                }
                _ => Ok((value, remembered)),
            }
        }
        .boxed()
    }

    /// All that a read gave a moment ago, as the platform has it.
    pub(super) async fn read_lately(&self, read: &Call) -> Result<Value, Error> {
        let (key, now) = (self.preset(read)?.digest(), self.clock().now_ms());
        if let Some(value) = self.recently().get(&key, &[], now - PEOPLE_MS..=now) {
            return Ok(value.as_ref().clone());
        }
        let value = Arc::new(self.read_all(read).await?);
        self.recently().keep(key, now, &value);
        Ok(value.as_ref().clone())
    }

    /// Rows of a list with what another read says of them.
    pub(super) async fn joined(&self, list: &Call, rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        let Some(companion) = self.platform().adapter.companion(list) else { return Ok(rows) };
        let (told, _) = self.lately(&companion.read, &[], Memory::May).await?;
        let joined = |row: Row| match serde_json::from_slice(row.bytes()) {
            Ok(mut whole) => {
                (companion.join)(list, &mut whole, &told);
                Row::from(Bytes::from(whole.to_string()))
            }
            Err(_) => row,
        };
        Ok(rows.into_iter().map(joined).collect())
    }

    /// Rows as they would be after all that was planned so far.
    fn as_planned(&self, draft: &Draft, list: &Call, group: Option<&str>, rows: &Value) -> Value {
        let adapter = self.platform().adapter;
        let (Some(mut view), Some(rows)) = (View::of(adapter, list), rows.as_array()) else { return rows.clone() };
        let rows = rows.iter().map(|row| Row::from(Bytes::from(row.to_string()))).collect();
        let shown = draft.with(&self.realm(group), |overlay| {
            let mut shown = view.page(overlay, adapter, rows);
            shown.extend(view.rest(overlay, adapter));
            shown
        });
        shown.iter().filter_map(|row| serde_json::from_slice::<Value>(row.bytes()).ok()).collect()
    }

    pub(super) fn recently(&self) -> &Lately {
        &self.0.lately
    }

    /// The part of the account in which a person has one row.
    pub fn realm(&self, group: Option<&str>) -> Cow<'_, str> {
        match group.filter(|_| self.platform().adapter.rows_are_apart()) {
            Some(group) => Cow::Owned(format!("{} {}", self.account(), group.to_lowercase())),
            None => Cow::Borrowed(self.account()),
        }
    }
}
