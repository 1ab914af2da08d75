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

/// So many times pages that end early are read again, over two and a half minutes: a platform may still be writing them.
const LATE: i64 = 5;

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
    let (missing, first) = (bulk.missing(), bulk.notices.len());
    if !jobs.is_empty() && (missing.is_some() || bulk.notices.iter().any(wanted)) {
        match open().await {
            Ok(open) => reader = Some(open),
            Err(why) => trouble = Some(Trouble::Passing(why)),
        }
    }
    if let (Some(reader), Some(missing)) = (&reader, missing) {
        let told = missing.told();
        trouble = rest(reader, missing, &mut bulk, &mut kept.rest).await;
        if trouble.is_none()
            && let Some(short) = short(&bulk, first, &arrival)
        {
            kept.rest = None;
            // Where pages lead there the rest may only be late; a number alone may be wrong.
            let late = told == Some(Told::ByPage) && row.tries < LATE;
            trouble = Some(if late { Trouble::Passing(short) } else { Trouble::Lasting(short) });
        }
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
            one.now = match about(&one.notice) {
                Some(about) => kept.people.get(&about).cloned().map_or(Now::Failed, Now::Read),
                None => Now::NoId,
            };
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
    None
}

/// Why a delivery with all its pages is not whole, by what it says of itself. `first` notifications came with it.
fn short(bulk: &Bulk, first: usize, arrival: &Arrival) -> Option<String> {
    let (all, total) = (bulk.notices.len(), usize::try_from(bulk.total?).unwrap_or(usize::MAX));
    let (here, behind) = bulk.notices.split_at(first.min(all));
    let mut known: HashSet<String> = here.iter().map(|notice| arrival.notice(notice)).collect();
    let repeats = !behind.is_empty() && !behind.iter().any(|notice| known.insert(arrival.notice(notice)));
    let has = known.len();
    if repeats && has < total {
        return Some(format!("it says that there are {total}, and its pages repeat the {has} that it has"));
    }
    (all < total).then(|| format!("it says that there are {total}, and has {all}"))
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
