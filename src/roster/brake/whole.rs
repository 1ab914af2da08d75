//! Rosters that are handed over whole, held against the last one that this store knows: from a sync and from a script that
//! calls by itself alike.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::unless_approved;
use crate::catalog::{Call, Whole};
use crate::client::{Client, Error};
use crate::effects::WEIGHED;
use crate::effects::brakes::{Changes, Figures, LastRoster, Leaving, Moment, Removals, Roster, WholeRoster, judge};
use crate::model::Email;
use crate::roster::whole::{Baseline, Difference};
use crate::settings::Limits;

/// A roster beside what is known of its group.
pub(in crate::roster) struct Weighed {
    pub(in crate::roster) baseline: Baseline,
    pub(in crate::roster) difference: Difference,
    group: String,
    rows: Vec<String>,
    whole: &'static Whole,
}

/// Compares the roster in a call with the last one.
pub(in crate::roster) async fn weigh(client: &Client, call: &Call, whole: &'static Whole) -> Result<Weighed, Error> {
    let group = call.args.text(whole.group).to_owned();
    // No call makes the days fewer that are counted along.
    let days = client.rules().limits.removals.days.into();
    let subject = call.pieces().into_iter().flat_map(|piece| piece.subjects).next();
    let known = subject.and_then(|(subject, _)| subject.group).unwrap_or_else(|| group.clone());
    let rosters = client.ledger().rosters(client.account(), &call.op.name(), &known, days).await;
    let rosters = rosters.map_err(|error| Error::ledger(call, error))?;
    let baseline = Baseline::of(whole, &rosters);
    let rows = call.args.get(whole.rows).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let difference = Difference::of(whole, rows, &baseline);
    let rows = rows.iter().map(|row| whole.key_of(row).to_owned()).collect();
    Ok(Weighed { baseline, difference, group, rows, whole })
}

/// Holds the run unless a person has allowed all of this; who is protected is never left out.
pub(in crate::roster) async fn check(
    client: &Client,
    call: &Call,
    weighed: &Weighed,
    (limits, sentinel): (&Limits, &[Email]),
    moment: Moment,
) -> Result<(), Error> {
    protect(client, call, weighed)?;
    weighed.tell_plan(client, call);
    unless_approved(client, call, judge(&weighed.figures(call, sentinel), limits), moment).await
}

/// A script that calls by itself: the same brakes.
pub(super) async fn free_hand(
    client: &Client,
    call: &Call,
    whole: &'static Whole,
) -> Result<HashMap<String, Value>, Error> {
    let rules = client.rules();
    let weighed = weigh(client, call, whole).await?;
    check(client, call, &weighed, (&rules.limits, &rules.sentinel), Moment::BeforeSending).await?;
    Ok(weighed.known(call))
}

impl Weighed {
    /// The key of a row, by its place in the roster.
    pub(in crate::roster) fn key(&self, place: usize) -> &str {
        self.rows.get(place).map(String::as_str).unwrap_or_default()
    }

    /// For the intent: against what it was weighed, and who is missing.
    pub(in crate::roster) fn known(&self, call: &Call) -> HashMap<String, Value> {
        let known = json!({ WEIGHED: self.baseline.newest, "missing": self.difference.names(self.whole) });
        let pieces = call.pieces();
        let subjects = pieces.iter().flat_map(|piece| &piece.subjects);
        subjects.map(|(subject, _)| (subject.key.clone(), known.clone())).collect()
    }

    fn figures(&self, call: &Call, sentinel: &[Email]) -> Figures {
        let Self { baseline, difference, group, .. } = self;
        let count = |number: usize| number as u64;
        let (last, missing) = (count(baseline.people.len()), count(difference.missing.len()));
        let people = count(self.rows.len());
        let lately = count(difference.lately);
        let whole = WholeRoster {
            group: group.clone(),
            people,
            last: baseline.settled.then_some(LastRoster { people: last, sure: count(baseline.sure()), lately }),
            missing: difference.names(self.whole),
            costs: self.whole.costs,
        };
        let roster = Roster {
            group: group.clone(),
            people,
            members: last,
            common: last - missing,
            missing: self.absent(call, sentinel),
        };
        let from = Leaving {
            group: group.clone(),
            members: last,
            leaving: missing,
            arriving: count(difference.added.len()),
            lately,
            ..Leaving::default()
        };
        let changes =
            Changes { place: format!("in group {group}"), people: count(difference.changed.len()), of: Some(last) };
        Figures {
            roster: Some(roster),
            removals: vec![Removals { from, below: Vec::new() }],
            changes: vec![changes],
            whole: Some(whole),
            ..Figures::default()
        }
    }

    /// Sentinel persons whom no row names.
    fn absent(&self, call: &Call, sentinel: &[Email]) -> Vec<String> {
        let rows = call.args.get(self.whole.rows).and_then(Value::as_array).into_iter().flatten();
        let named: HashSet<String> =
            rows.filter_map(|row| self.email(row)).map(|email| email.key().to_owned()).collect();
        let absent = sentinel.iter().filter(|email| !named.contains(email.key()));
        absent.map(|email| email.as_str().to_owned()).collect()
    }

    fn email(&self, row: &Value) -> Option<Email> {
        let column = self.whole.columns.iter().find(|column| column.name == "email")?;
        Email::parse(row.pointer(column.at)?.as_str()?).ok()
    }

    /// A plan names everybody who would be removed.
    fn tell_plan(&self, client: &Client, call: &Call) {
        let Some(draft) = client.draft() else { return };
        let Self { difference, baseline, group, .. } = self;
        let (added, changed) = (difference.added.len(), difference.changed.len());
        let missing = difference.missing.len();
        let (op, same) = (call.op.name(), difference.same.len());
        let perhaps = match difference.perhaps.len() {
            0 => String::new(),
            perhaps => format!("{perhaps} come in unless a roster of which nobody knows was applied, "),
        };
        draft.note(&format!(
            "{op} hands over everybody of group {group}: {added} come in, {perhaps}{changed} changed, {same} as they are, {missing} leave"
        ));
        if missing > 0 {
            let (of, costs) = (baseline.people.len(), self.whole.costs);
            let names = difference.names(self.whole).join(", ");
            draft.note(&format!(
                "of the {of} in the last roster of group {group} these are missing, and each {costs}: {names}"
            ));
        }
        if !baseline.settled {
            let costs = self.whole.costs;
            draft.note(&format!("no roster of group {group} is known: whoever is in it and not in this one {costs}"));
        }
    }
}

/// Whoever the settings protect cannot be left out of a whole roster.
fn protect(client: &Client, call: &Call, weighed: &Weighed) -> Result<(), Error> {
    for (key, row) in &weighed.difference.missing {
        let email = row.as_ref().and_then(|row| weighed.email(row));
        if client.rules().protect(key, email.as_ref()) {
            let name = row.as_ref().map_or_else(|| key.clone(), weighed.whole.name);
            let why = format!(
                "{name} is protected by the settings and missing from this roster, which would remove them; nothing was \
                 sent: put their row back, or take them out of `protected`"
            );
            return Err(Error::new(call, "protected", why));
        }
    }
    Ok(())
}
