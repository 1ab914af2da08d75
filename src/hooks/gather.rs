//! All that belongs to a delivery: the rest of it, each notification once, and what the platform says now of everybody whom
//! a job waits for.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::Subscription;
use super::finish::{Looked, Now};
use super::reader::Reader;
use crate::client::crash::{Point, reach};
use crate::notices::{Arrival, Bulk, Next, Notice, Rest};
use crate::store::DeliveryRow;

/// People of one delivery who are asked for at the same time.
const AT_ONCE: usize = 4;

/// All that belongs to a delivery, each notification once, with what the platform says now.
pub(super) async fn gather<F: Future<Output = Result<Reader, String>>>(
    row: &DeliveryRow,
    body: &[u8],
    jobs: &[Subscription],
    open: impl FnOnce() -> F,
) -> Gathered {
    let bulk = match Bulk::read(body) {
        Ok(bulk) => bulk,
        Err(why) => {
            let trouble = Some(Trouble::Lasting(why.to_string()));
            return Gathered { looked: Vec::new(), reader: None, trouble };
        }
    };
    let mut arrival = Arrival::of(&bulk, body);
    if row.replay_of.is_some() {
        arrival.scope = format!("replay {} {}", row.seq, arrival.scope);
    }
    let wanted = |notice: &Notice| notice.topic.is_some_and(|topic| jobs.iter().any(|job| job.on.contains(&topic)));
    let mut trouble = None;
    let mut reader = None;
    // Where nobody waits for anything, nothing is asked.
    let whole = bulk.rest == Rest::None;
    if !jobs.is_empty() && (!whole || bulk.notices.iter().any(wanted)) {
        match open().await {
            Ok(open) => reader = Some(open),
            Err(why) => trouble = Some(Trouble::Passing(why)),
        }
    }
    let (offset, here) = (bulk.offset(), bulk.notices.len() as u64);
    let (mut notices, job) = (bulk.notices, bulk.job);
    if let (Some(reader), false) = (&reader, whole) {
        let (job, next) = match bulk.rest {
            Rest::At(next) => (Some(next.job), next.offset),
            Rest::None | Rest::Unclear => (job.filter(|job| Next::is_id(job)), None),
        };
        match job {
            Some(job) => {
                let (rest, failed) = reader.rest(&job, next.unwrap_or(offset + here)).await;
                notices.extend(rest);
                trouble = failed.map(Trouble::Passing);
            }
            None => trouble = Some(Trouble::Lasting("there is more, and it does not say where".to_owned())),
        }
    }
    reach(Point::AfterFetched);
    let mut seen = HashSet::with_capacity(notices.len());
    let mut looked: Vec<Looked> = Vec::with_capacity(notices.len());
    for notice in notices {
        let key = arrival.notice(&notice);
        if seen.insert(key.clone()) {
            looked.push(Looked { notice, key, now: Now::NotRead });
        }
    }
    if let Some(reader) = &reader {
        let failed = read_again(reader, &mut looked, wanted).await;
        trouble = failed.map(Trouble::Passing).or(trouble);
    } else if trouble.is_some() {
        looked.iter_mut().filter(|one| wanted(&one.notice)).for_each(|one| one.now = Now::Failed);
    }
    Gathered { looked, reader, trouble }
}

/// A delivery with all that belongs to it.
pub(super) struct Gathered {
    pub(super) looked: Vec<Looked>,
    pub(super) reader: Option<Reader>,
    pub(super) trouble: Option<Trouble>,
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

/// A person, and the group in which they are asked for.
type About = (String, Option<String>);

/// Whom a notification is about; `None` where it does not say so in a way that can be asked for.
fn about(notice: &Notice) -> Option<About> {
    let (id, group) = (notice.id.clone()?, notice.group.clone());
    (Next::is_id(&id) && group.as_deref().is_none_or(Next::is_id)).then_some((id, group))
}

/// Asks for everybody whom somebody waits for, each once; returns what went wrong first.
async fn read_again(reader: &Reader, looked: &mut [Looked], wanted: impl Fn(&Notice) -> bool) -> Option<String> {
    let mut people: Vec<About> = Vec::new();
    let mut known: HashSet<About> = HashSet::new();
    for one in looked.iter().filter(|one| wanted(&one.notice)) {
        people.extend(about(&one.notice).filter(|about| known.insert(about.clone())));
    }
    let read = stream::iter(people).map(|(id, group)| async move {
        let item = reader.item(&id, group.as_deref()).await;
        ((id, group), item)
    });
    let found: HashMap<About, Result<Value, String>> = read.buffer_unordered(AT_ONCE).collect().await;
    let mut trouble = None;
    for one in looked.iter_mut().filter(|one| wanted(&one.notice)) {
        one.now = match about(&one.notice).as_ref().and_then(|about| found.get(about)) {
            Some(Ok(item)) => Now::Read(item.clone()),
            Some(Err(why)) => {
                trouble.get_or_insert_with(|| why.clone());
                Now::Failed
            }
            None => Now::Failed,
        };
    }
    trouble
}
