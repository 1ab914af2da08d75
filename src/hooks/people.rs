//! Who is read again, in as few calls as it takes: each person once, and many of one place from its list where that is
//! shorter. A list only ever says who is there; whoever it does not show is asked for by id before they count as gone.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::reader::Reader;

/// People who are asked for at the same time.
const AT_ONCE: usize = 4;
/// Fewer than these are asked for one by one: looking whether a list is shorter takes two calls.
const FEWEST: usize = 20;
/// A list is read where it has at most one page for so many of the people looked for.
const FOR_A_PAGE: usize = 2;
/// After so many failures in a row nobody else is asked for: it is not the people.
const IN_VAIN: u32 = 5;
/// Between two lines about how far it is.
const SAID: Duration = Duration::from_secs(60);

/// A person, and the group in which they are asked for.
pub(super) type About = (String, Option<String>);

/// What the platform has said of people. It outlives a try that failed, so that nobody is read twice.
#[derive(Default)]
pub(super) struct People(HashMap<About, Value>);

impl People {
    /// What was read of somebody; `null` is nobody.
    pub(super) fn get(&self, about: &About) -> Option<&Value> {
        self.0.get(about)
    }

    /// How many were read.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Reads those of these who were not read yet; returns what went wrong first.
    pub(super) async fn read(
        &mut self,
        reader: &Reader,
        wanted: &HashSet<About>,
        told: impl Fn(usize, usize) + Send + Sync,
    ) -> Option<String> {
        let mut talk = Talk { told, of: wanted.len(), last: Instant::now() };
        let mut places: BTreeMap<Option<String>, HashSet<String>> = BTreeMap::new();
        for (id, group) in wanted.iter().filter(|about| !self.0.contains_key(about)) {
            places.entry(group.clone()).or_default().insert(id.clone());
        }
        for (group, missing) in &mut places {
            self.read_list(reader, group, missing, &mut talk).await;
        }
        let left: Vec<About> = places
            .into_iter()
            .flat_map(|(group, missing)| missing.into_iter().map(move |id| (id, group.clone())))
            .collect();
        self.one_by_one(reader, left, &mut talk).await
    }

    /// Takes whom it can from the list of a place, where that is short enough. A list that cannot be read is left alone:
    /// those who are asked for one by one say why.
    async fn read_list<F: Fn(usize, usize) + Send + Sync>(
        &mut self,
        reader: &Reader,
        group: &Option<String>,
        missing: &mut HashSet<String>,
        talk: &mut Talk<F>,
    ) {
        if missing.len() < FEWEST {
            return;
        }
        let Ok(first) = reader.page(group.as_deref(), 0).await else { return };
        let rows = first.len();
        self.take(first, group, missing);
        let budget = missing.len() / FOR_A_PAGE;
        if rows == 0 || budget == 0 {
            return;
        }
        // Nobody says how long a list is. Somebody who stands behind the last page that is worth it says that it is too long.
        match reader.page(group.as_deref(), rows * (budget + 1)).await {
            Ok(behind) if behind.is_empty() => {}
            Ok(behind) => {
                self.take(behind, group, missing);
                return;
            }
            Err(_) => return,
        }
        let mut offset = rows;
        for _ in 0..budget {
            talk.about(self.len());
            if missing.is_empty() {
                return;
            }
            let Ok(page) = reader.page(group.as_deref(), offset).await else { return };
            if page.is_empty() {
                return;
            }
            offset += page.len();
            self.take(page, group, missing);
        }
    }

    /// Keeps those who are looked for.
    fn take(&mut self, rows: Vec<Value>, group: &Option<String>, missing: &mut HashSet<String>) {
        for row in rows {
            let id = match row.get("id") {
                Some(Value::String(id)) => id.clone(),
                Some(Value::Number(id)) => id.to_string(),
                _ => continue,
            };
            if missing.remove(&id) {
                self.0.insert((id, group.clone()), row);
            }
        }
    }

    async fn one_by_one<F: Fn(usize, usize) + Send + Sync>(
        &mut self,
        reader: &Reader,
        left: Vec<About>,
        talk: &mut Talk<F>,
    ) -> Option<String> {
        let failed = AtomicU32::new(0);
        let worth_it = stream::iter(left).take_while(|_| std::future::ready(failed.load(Ordering::Relaxed) < IN_VAIN));
        let read = worth_it.map(|(id, group)| async move {
            let item = reader.item(&id, group.as_deref()).await;
            ((id, group), item)
        });
        let mut read = std::pin::pin!(read.buffer_unordered(AT_ONCE));
        let mut trouble = None;
        while let Some((about, item)) = read.next().await {
            match item {
                Ok(item) => {
                    failed.store(0, Ordering::Relaxed);
                    self.0.insert(about, item);
                }
                Err(why) => {
                    failed.fetch_add(1, Ordering::Relaxed);
                    trouble.get_or_insert(why);
                }
            }
            talk.about(self.len());
        }
        trouble
    }
}

/// Says how far it is, once in a while.
struct Talk<F> {
    told: F,
    of: usize,
    last: Instant,
}

impl<F: Fn(usize, usize) + Send + Sync> Talk<F> {
    fn about(&mut self, done: usize) {
        if self.last.elapsed() >= SAID {
            self.last = Instant::now();
            (self.told)(done, self.of);
        }
    }
}
