//! What is to be done about each subject of a write, from what the store knows. Pure.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::key::Place;
use super::recover::{self, Found, Past};
use super::{Caps, Intent, State, Why};
use crate::catalog::{Doubt, Subject, SubjectKind};
use crate::store::{EffectRow, ObjectRow};

/// A day in milliseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// One subject of the write.
pub(super) struct Asked<'a> {
    pub(super) place: Place,
    pub(super) address: Option<String>,
    pub(super) digest: String,
    pub(super) part: &'a Value,
}

/// The write, and whose it is.
pub(super) struct Asking<'a> {
    pub(super) run: &'a str,
    pub(super) attempt: i64,
    pub(super) now: i64,
    pub(super) op: &'a str,
    pub(super) mails: bool,
    pub(super) campaign: &'a str,
    pub(super) caps: Caps,
    pub(super) despite: &'a HashSet<i64>,
    pub(super) replacing: &'a HashSet<i64>,
}

/// What the store knows of the subjects.
#[derive(Default)]
pub(super) struct Known {
    pending: Index,
    mails: Index,
    history: HashMap<Place, Vec<EffectRow>>,
    objects: HashMap<Place, ObjectRow>,
    busy: HashSet<i64>,
}

/// What is to be done about one of them.
pub(super) enum Decision {
    /// Nothing is sent. `matched` is the row of this run that answered, where its order counts.
    Answered { why: Why, share: Option<Value>, matched: Option<i64> },
    /// These must be settled first.
    Doubts(Vec<Doubt>),
    /// It is sent, instead of these.
    Send { superseded: Vec<i64> },
}

/// Rows found by subject or by address.
#[derive(Default)]
struct Index {
    rows: Vec<EffectRow>,
    by_subject: HashMap<(String, String), Vec<usize>>,
    by_address: HashMap<String, Vec<usize>>,
}

impl Known {
    /// Puts rows in order; `busy` are those of `pending` that somebody alive is at work on.
    pub(super) fn of(
        pending: Vec<EffectRow>,
        mails: Vec<EffectRow>,
        history: Vec<EffectRow>,
        objects: Vec<ObjectRow>,
        busy: HashSet<i64>,
    ) -> Self {
        let mut past: HashMap<Place, Vec<EffectRow>> = HashMap::new();
        for row in history {
            past.entry(place(&row)).or_default().push(row);
        }
        let objects = objects.into_iter().map(|row| (place_of(&row.kind, &row.subject, &row.target), row)).collect();
        Self { pending: Index::of(pending), mails: Index::of(mails), history: past, objects, busy }
    }

    /// Decides for one subject; `matched` is the row that this run's last write to it has matched.
    pub(super) fn decide(&self, asking: &Asking<'_>, asked: &Asked<'_>, matched: i64) -> Decision {
        let found = match asking.mails {
            true => Found::New { superseded: Vec::new() },
            false => self.found(asking, asked, matched),
        };
        if let Found::Same(effect) = found {
            return self.same(asked, effect);
        }
        if asking.mails
            && let Some(answered) = self.mailed(asking, asked)
        {
            return answered;
        }
        if let Some(first) = self.unsettled(asking, asked) {
            return first;
        }
        if asking.mails
            && let Some(why) = self.capped(asking, asked)
        {
            return Decision::Answered { why, share: None, matched: None };
        }
        if let Some(object) = self.objects.get(&asked.place) {
            let why = match object.run == asking.run {
                true => Why::Done { attempt: object.attempt },
                false => Why::Made { run: object.run.clone() },
            };
            return Decision::Answered { why, share: object.share.clone(), matched: None };
        }
        match found {
            Found::New { superseded } => Decision::Send { superseded },
            // The very same is sent once more: what came after it then is asked for anew, too.
            Found::Doubt(effect) if asking.replacing.contains(&effect) => {
                let rows = self.history.get(&asked.place).map(Vec::as_slice).unwrap_or_default();
                let later = rows.iter().map(|row| row.id).filter(|id| *id > effect && !asking.replacing.contains(id));
                Decision::Send { superseded: later.collect() }
            }
            // Its doubt was passed on purpose: it stays for a person, and what came after it is asked for anew.
            Found::Doubt(effect) | Found::Same(effect) => Decision::Send { superseded: vec![effect] },
        }
    }

    /// Doubts of this run about the very same that the write takes the place of.
    pub(super) fn same_before<'a>(
        &'a self,
        run: &'a str,
        op: &'a str,
        asked: &'a Asked<'_>,
        intent: &'a Intent,
    ) -> impl Iterator<Item = &'a EffectRow> {
        let same = move |row: &&EffectRow| {
            row.run == run && row.op == op && row.digest == asked.digest && place(row) == asked.place
        };
        self.pending.find(asked).filter(same).filter(|row| intent.replacing.contains(&row.id))
    }

    fn found(&self, asking: &Asking<'_>, asked: &Asked<'_>, matched: i64) -> Found {
        let rows = self.history.get(&asked.place).map(Vec::as_slice).unwrap_or_default();
        let past: Vec<Past> = rows
            .iter()
            .map(|row| Past { effect: row.id, meaning: (row.op.clone(), row.digest.clone()), settled: is_settled(row) })
            .collect();
        recover::next(&past, matched, (asking.op, &asked.digest))
    }

    fn same(&self, asked: &Asked<'_>, effect: i64) -> Decision {
        let row = self.history.get(&asked.place).and_then(|rows| rows.iter().find(|row| row.id == effect));
        Decision::Answered {
            why: Why::Done { attempt: row.map_or(0, |row| row.attempt) },
            share: row.and_then(|row| row.share.clone()),
            matched: Some(effect),
        }
    }

    /// The mail memory: this person has this mail.
    fn mailed(&self, asking: &Asking<'_>, asked: &Asked<'_>) -> Option<Decision> {
        let row = self
            .mails
            .find(asked)
            .find(|row| row.target == asked.place.target && row.campaign == asking.campaign && is_settled(row))?;
        let why = match row.run == asking.run && row.attempt < asking.attempt {
            true => Why::Done { attempt: row.attempt },
            false => Why::Mailed { at: row.begun_at, run: row.run.clone(), campaign: row.campaign.clone() },
        };
        Some(Decision::Answered { why, share: row.share.clone(), matched: None })
    }

    /// Effects of the same subject of which nobody knows, or with which another run is busy.
    fn unsettled(&self, asking: &Asking<'_>, asked: &Asked<'_>) -> Option<Decision> {
        let rows: Vec<_> = self.pending.find(asked).filter(|row| row.target == asked.place.target).collect();
        if let Some(row) = rows.iter().find(|row| self.busy.contains(&row.id)) {
            let why = Why::Elsewhere { run: row.run.clone() };
            return Some(Decision::Answered { why, share: None, matched: None });
        }
        let first: Vec<Doubt> = rows.into_iter().filter(|row| !passes(asking, row)).map(doubt_of).collect();
        (!first.is_empty()).then_some(Decision::Doubts(first))
    }

    fn capped(&self, asking: &Asking<'_>, asked: &Asked<'_>) -> Option<Why> {
        let caps = asking.caps;
        let within = |row: &EffectRow, days: i64| row.begun_at > asking.now - days * DAY;
        let target = self
            .mails
            .find(asked)
            .filter(|row| row.target == asked.place.target && within(row, caps.target_days))
            .count();
        if target >= caps.per_target {
            let sentence = format!(
                "has had {target} mail{} about this within {} days; no more than {} whatever the campaign",
                plural(target),
                caps.target_days,
                caps.per_target
            );
            return Some(Why::MailCap { sentence });
        }
        let account = self.mails.find(asked).filter(|row| within(row, caps.account_days)).count();
        (account >= caps.per_account).then(|| Why::MailCap {
            sentence: format!(
                "has had {account} mail{} from this community within {} days; no more than {} whatever the campaign",
                plural(account),
                caps.account_days,
                caps.per_account
            ),
        })
    }
}

impl Index {
    fn of(rows: Vec<EffectRow>) -> Self {
        let mut index = Self::default();
        for (at, row) in rows.iter().enumerate() {
            index.by_subject.entry((row.kind.clone(), row.subject.clone())).or_default().push(at);
            if let Some(address) = &row.address {
                index.by_address.entry(address.clone()).or_default().push(at);
            }
        }
        Self { rows, ..index }
    }

    /// Rows about the same subject in any group, by its key or its address; each once, in their order.
    fn find<'a>(&'a self, asked: &Asked<'_>) -> impl Iterator<Item = &'a EffectRow> {
        let key = (asked.place.kind.to_owned(), asked.place.subject.clone());
        let by_subject = self.by_subject.get(&key).into_iter().flatten();
        let by_address = asked.address.as_ref().and_then(|address| self.by_address.get(address)).into_iter().flatten();
        let mut places: Vec<usize> = by_subject.chain(by_address).copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|at| self.rows.get(at))
    }
}

/// Whether this doubt was looked up in vain and is of a kind that this write may pass.
fn passes(asking: &Asking<'_>, row: &EffectRow) -> bool {
    let same = match asking.mails {
        true => row.mails == "yes" && row.campaign == asking.campaign,
        false => row.op == asking.op,
    };
    match same {
        true => asking.replacing.contains(&row.id),
        false => asking.despite.contains(&row.id),
    }
}

/// Known to have happened, or promised without a job: nothing needs to be found out.
fn is_settled(row: &EffectRow) -> bool {
    match State::parse(&row.state) {
        Some(State::Accepted) => row.job.is_none(),
        Some(state) => state.happened(),
        None => false,
    }
}

/// A row of which nobody knows, as look-ups want it.
pub(super) fn doubt_of(row: &EffectRow) -> Doubt {
    Doubt {
        effect: row.id,
        operation: row.op.clone(),
        subject: Subject {
            kind: SubjectKind::parse(&row.kind).unwrap_or(SubjectKind::Person),
            key: row.subject.clone(),
            group: (!row.target.is_empty()).then(|| row.target.clone()),
        },
        address: row.address.clone(),
        wanted: row.wanted.clone(),
        before: row.before.clone(),
        begun_at: row.begun_at,
        job: row.job.clone(),
    }
}

/// What an effect's row is about.
pub(super) fn place(row: &EffectRow) -> Place {
    place_of(&row.kind, &row.subject, &row.target)
}

fn place_of(kind: &str, subject: &str, target: &str) -> Place {
    let kind = SubjectKind::parse(kind).unwrap_or(SubjectKind::Person).as_str();
    Place { kind, subject: subject.to_owned(), target: target.to_owned() }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
