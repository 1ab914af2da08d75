//! The end of a delivery: what was told before is left out, what beadle wrote is marked, and each job that waits for any of
//! the rest is asked for once. All of it is one transaction: after it nothing of the delivery is done again, before it all is.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::idle::Idle;
use super::subscription::run_id;
use super::{Event, Subscription};
use crate::client::crash::{Point, reach};
use crate::model::Topic;
use crate::notices::{Notice, Way, Written, is_own};
use crate::settings::OwnEvents;
use crate::store::{DeliveryCounts, DeliveryRow, Error, IdleWhy, Store, Subjects, TriggerRow, TriggerState, UnreadRow};

/// So long before a delivery its own writes are looked at, in milliseconds: an echo that names its moment may come late.
const WINDOW_MS: i64 = 6 * 60 * 60 * 1000;

/// A notification with what was found out about it.
pub(super) struct Looked {
    pub(super) notice: Notice,
    /// By what it is known again.
    pub(super) key: String,
    pub(super) now: Now,
}

/// What the platform says now.
pub(super) enum Now {
    /// This; `null` is nobody.
    Read(Value),
    /// Nothing: it could not be asked, or nobody waits for such a thing.
    NotRead,
    /// Nothing, although somebody waits for it.
    Failed,
    /// Nothing, and nobody ever can: what it names is no id.
    NoId,
}

/// Marks what tells of beadle's own writes on this account: each place of a list.
pub(super) async fn own(store: &Store, account: &str, looked: &[Looked], received_at: i64) -> Result<Vec<bool>, Error> {
    let emails: Vec<Option<String>> = looked.iter().map(|one| one.notice.email()).collect();
    let ids = looked.iter().filter_map(|one| one.notice.id.as_deref());
    let keys = ids.chain(emails.iter().flatten().map(String::as_str));
    let of = Subjects::of(keys, emails.iter().flatten().map(String::as_str));
    let rows = store.written_to(account, &of, received_at - WINDOW_MS, received_at).await?;
    let mut by_key: HashMap<String, Vec<Written>> = HashMap::new();
    for row in rows {
        let written = Written {
            consequence: row.consequence,
            subject: row.subject.clone(),
            target: row.target,
            wanted: row.wanted,
            answer: row.answer,
            way: if row.in_job { Way::Job } else { Way::Call },
            begun_at: row.begun_at,
            settled_at: row.settled_at,
        };
        for key in [Some(row.subject), row.address].into_iter().flatten() {
            by_key.entry(key).or_default().push(written.clone());
        }
    }
    let known = |key: &str| by_key.get(key).into_iter().flatten();
    let is_echo = |(one, email): (&Looked, &Option<String>)| {
        let by_id = one.notice.id.as_deref().into_iter().flat_map(known);
        by_id
            .chain(email.as_deref().into_iter().flat_map(known))
            .any(|written| is_own(&one.notice, written, received_at))
    };
    Ok(looked.iter().zip(&emails).map(is_echo).collect())
}

/// Ends a delivery; returns how many runs it asks for, `None` where somebody else has ended it.
pub(super) async fn finish(
    store: &Store,
    row: &DeliveryRow,
    looked: Vec<Looked>,
    own: &[bool],
    jobs: &[Subscription],
    ended: Ended,
) -> Result<Option<usize>, Error> {
    let mut counts = DeliveryCounts {
        partial: ended.partial,
        notices: i64::try_from(looked.len()).unwrap_or(i64::MAX),
        ..DeliveryCounts::default()
    };
    let mut writing = store.writing().await?;
    let (mut events, mut idle, mut unread) = (Vec::new(), Idle::default(), Vec::new());
    for (one, own) in looked.into_iter().zip(own) {
        // What could not be read stays unknown, so that a replay or a later delivery still brings it.
        let failed = matches!(one.now, Now::Failed | Now::NoId);
        let told_by = if failed { None } else { writing.keep_notice(&row.hook, &one.key, row.seq).await? };
        if told_by.is_some() {
            counts.known += 1;
            idle.note(IdleWhy::Known, &one.notice, told_by);
            continue;
        }
        if let Some(why) = why_idle(&one, *own, jobs) {
            idle.note(why, &one.notice, None);
        }
        counts.unknown += i64::from(one.notice.topic.is_none());
        counts.unread += i64::from(failed);
        unread.extend(one.notice.topic.filter(|_| matches!(one.now, Now::Failed)));
        counts.own += i64::from(*own);
        if let (Some(topic), Some(id), Now::Read(item)) = (one.notice.topic, one.notice.id.clone(), one.now) {
            let gone = item.is_null();
            counts.gone += i64::from(gone);
            let told = one.notice.item().clone();
            let Notice { item_type, group, .. } = one.notice;
            events.push(Event { topic, item_type, id, group, item, told, gone, own: *own });
        }
    }
    let mut runs = 0;
    for trigger in jobs.iter().filter_map(|job| asked(row, job, &events, ended.now)) {
        writing.keep_trigger(&trigger).await?;
        runs += 1;
    }
    for row in lost(row.seq, jobs, &unread, &ended) {
        writing.keep_unread(&row).await?;
    }
    for row in idle.rows(row.seq) {
        writing.keep_idle(&row).await?;
    }
    reach(Point::BeforeAsked);
    if !writing.end_delivery(row.seq, ended.now, &counts, ended.trouble.as_deref()).await? {
        return Ok(None);
    }
    writing.commit().await?;
    reach(Point::AfterAsked);
    Ok(Some(runs))
}

/// The run that a job is asked for; `None` where it waits for none of these.
fn asked(row: &DeliveryRow, job: &Subscription, events: &[Event], now: i64) -> Option<TriggerRow> {
    let wanted: Vec<Value> = events.iter().filter(|event| job.wants(event)).map(Event::json).collect();
    let received = Timestamp::from_millisecond(row.received_at).unwrap_or_default();
    (!wanted.is_empty()).then(|| TriggerRow {
        run: run_id(received, &row.hook, &row.key, &job.job),
        job: job.job.clone(),
        delivery: row.seq,
        events: Value::Array(wanted),
        made_at: now,
        state: TriggerState::Waiting,
        ended_how: None,
        tries: 0,
        due_at: None,
        why: None,
    })
}

/// What jobs wait for and never get, by the topics of what could not be read.
fn lost(delivery: i64, jobs: &[Subscription], unread: &[Topic], ended: &Ended) -> impl Iterator<Item = UnreadRow> {
    // Whom the pages are about that are missing nobody knows.
    let pages = ended.partial && unread.is_empty();
    jobs.iter().filter_map(move |job| {
        let people = unread.iter().filter(|topic| job.on.contains(topic)).count();
        (people > 0 || pages).then(|| UnreadRow {
            id: 0,
            delivery,
            job: job.job.clone(),
            people: i64::try_from(people).unwrap_or(i64::MAX),
            why: ended.trouble.clone().unwrap_or_default(),
        })
    })
}

/// Why a notification that nobody has told before starts no job.
fn why_idle(one: &Looked, own: bool, jobs: &[Subscription]) -> Option<IdleWhy> {
    let Some(topic) = one.notice.topic else { return Some(IdleWhy::Unknown) };
    let mut waiting = jobs.iter().filter(|job| job.on.contains(&topic)).peekable();
    match one.now {
        _ if waiting.peek().is_none() => Some(IdleWhy::NoJob),
        Now::NoId => Some(IdleWhy::NoId),
        Now::Failed | Now::NotRead => Some(IdleWhy::Unread),
        Now::Read(_) => (own && waiting.all(|job| job.own_events == OwnEvents::Ignored)).then_some(IdleWhy::Own),
    }
}

/// How a delivery ended.
pub(super) struct Ended {
    /// When, in milliseconds since the epoch.
    pub(super) now: i64,
    /// Whether something of it could not be had.
    pub(super) partial: bool,
    /// Why.
    pub(super) trouble: Option<String>,
}
