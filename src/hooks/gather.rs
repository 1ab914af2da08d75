//! All that belongs to a delivery: the rest of it, each notification once, and what the platform says now of everybody whom
//! a job waits for.

use std::collections::HashSet;

use super::Subscription;
use super::finish::{Looked, Now};
use super::people::{About, People};
use super::reader::Reader;
use crate::client::crash::{Point, reach};
use crate::notices::{Arrival, Bulk, Missing, Next, Notice, Told};
use crate::store::DeliveryRow;

/// Whether another try follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    /// It does: what was read is kept for it.
    Usual,
    /// It does not: what cannot be had now never is.
    Last,
}

/// What an earlier try has read already. It may be lost at any time: then it is read once more.
#[derive(Default)]
pub(super) struct Kept {
    rest: Option<Vec<Notice>>,
    people: People,
}

impl Kept {
    /// How much it is.
    pub(super) fn size(&self) -> usize {
        self.rest.as_ref().map_or(0, Vec::len) + self.people.len()
    }
}

/// All that belongs to a delivery, each notification once, with what the platform says now.
pub(super) async fn gather<F: Future<Output = Result<Reader, String>>>(
    row: &DeliveryRow,
    body: &[u8],
    jobs: &[Subscription],
    (which, mut kept): (Try, Kept),
    open: impl FnOnce() -> F,
    told: impl Fn(usize, usize) + Send + Sync,
) -> Gathered {
    let mut bulk = match Bulk::read(body) {
        Ok(bulk) => bulk,
        Err(why) => return Gathered { trouble: Some(Trouble::Lasting(why.to_string())), ..Gathered::put_off(kept) },
    };
    let mut arrival = Arrival::of(&bulk, body);
    if row.replay_of.is_some() {
        arrival.scope = format!("replay {} {}", row.seq, arrival.scope);
    }
    let wanted = |notice: &Notice| notice.topic.is_some_and(|topic| jobs.iter().any(|job| job.on.contains(&topic)));
    let mut trouble = None;
    let mut reader = None;
    // Where nobody waits for anything, nothing is asked.
    let missing = bulk.missing();
    if !jobs.is_empty() && (missing.is_some() || bulk.notices.iter().any(wanted)) {
        match open().await {
            Ok(open) => reader = Some(open),
            Err(why) => trouble = Some(Trouble::Passing(why)),
        }
    }
    if let (Some(reader), Some(missing)) = (&reader, missing) {
        trouble = rest(reader, missing, &mut bulk, &mut kept.rest).await;
    }
    if which == Try::Usual && matches!(trouble, Some(Trouble::Passing(_))) {
        // All of it comes again: nobody is asked for now.
        return Gathered { trouble, ..Gathered::put_off(kept) };
    }
    reach(Point::AfterFetched);
    let mut seen = HashSet::with_capacity(bulk.notices.len());
    let mut looked: Vec<Looked> = Vec::with_capacity(bulk.notices.len());
    for notice in bulk.notices {
        let key = arrival.notice(&notice);
        if seen.insert(key.clone()) {
            looked.push(Looked { notice, key, now: Now::NotRead });
        }
    }
    if let Some(reader) = &reader {
        let about: HashSet<About> =
            looked.iter().filter(|one| wanted(&one.notice)).filter_map(|one| about(&one.notice)).collect();
        let failed = kept.people.read(reader, &about, told).await;
        trouble = failed.map(Trouble::Passing).or(trouble);
    }
    if reader.is_some() || trouble.is_some() {
        for one in looked.iter_mut().filter(|one| wanted(&one.notice)) {
            let item = about(&one.notice).and_then(|about| kept.people.get(&about).cloned());
            one.now = item.map_or(Now::Failed, Now::Read);
        }
    }
    Gathered { looked, reader, trouble, kept }
}

/// Appends the rest of a delivery, fetched or kept from a try before; returns what kept it from being whole.
async fn rest(reader: &Reader, missing: Missing, bulk: &mut Bulk, kept: &mut Option<Vec<Notice>>) -> Option<Trouble> {
    let Missing::Behind { job, offset, told } = missing else {
        return Some(Trouble::Lasting("there is more, and it does not say where".to_owned()));
    };
    if kept.is_none() {
        let (rest, failed) = reader.rest(&job, offset, told).await;
        if let Some(failed) = failed {
            bulk.notices.extend(rest);
            return Some(failed);
        }
        *kept = Some(rest);
    }
    bulk.notices.extend(kept.iter().flatten().cloned());
    let (all, total) = (bulk.notices.len() as u64, bulk.total.unwrap_or(0));
    let words = || Trouble::Lasting(format!("it says that there are {total}, and has {all}"));
    (told == Told::ByTotal && all < total).then(words)
}

/// A delivery with all that belongs to it.
pub(super) struct Gathered {
    pub(super) looked: Vec<Looked>,
    pub(super) reader: Option<Reader>,
    pub(super) trouble: Option<Trouble>,
    /// For the next try.
    pub(super) kept: Kept,
}

impl Gathered {
    /// Nothing of it yet.
    fn put_off(kept: Kept) -> Self {
        Self { looked: Vec::new(), reader: None, trouble: None, kept }
    }
}

/// Why something of a delivery could not be had.
pub(super) enum Trouble {
    /// It may be had later.
    Passing(String),
    /// It never will.
    Lasting(String),
}

impl Trouble {
    pub(super) fn why(self) -> String {
        match self {
            Self::Passing(why) | Self::Lasting(why) => why,
        }
    }
}

/// Whom a notification is about; `None` where it does not say so in a way that can be asked for.
fn about(notice: &Notice) -> Option<About> {
    let (id, group) = (notice.id.clone()?, notice.group.clone());
    (Next::is_id(&id) && group.as_deref().is_none_or(Next::is_id)).then_some((id, group))
}
