//! Writes in plan mode: they go as far as live ones do, to the ledger's own answers, and are then taken down instead of
//! sent. What they would find is read; what they would change, later reads of the run see.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::answer::Merged;
use super::drafting::{Drafting, Follows};
use super::question::question;
use super::replaced::is_replaced;
use super::{Client, Error, With};
use crate::catalog::{Call, Code, Consequence, Deed, Doubt, Mails, Piece, SubjectKind, Verdict, Whom};
use crate::effects::{Answered, Intent, Why};
use crate::model::{Cascade, Group, Placeholder};
use crate::plan::{Draft, LeftOut, Overlay, Step, Touch};

impl Client {
    /// Takes down whatever of a piece would be sent, and answers as the platform would.
    pub(super) async fn plan_piece(
        &self,
        draft: &Draft,
        piece: Piece,
        intent: &Intent,
        with: &With,
        merged: &mut Merged,
    ) -> Result<(), Error> {
        let piece = self.would_be_sent(draft, piece, intent, merged).await?;
        if piece.subjects.is_empty() {
            return Ok(());
        }
        draft.use_account(self.connection(), self.platform().name, self.account());
        self.learn(draft, &piece, &self.deeds(&piece)).await?;
        let piece = self.not_there(draft, piece, with, merged);
        let piece = self.who_is_there(draft, piece, merged)?;
        if piece.subjects.is_empty() {
            return Ok(());
        }
        let deeds = self.deeds(&piece);
        let follows = self.follows(draft, &deeds).await?;
        let groups = self.groups_to_name(draft, &piece, &deeds).await?;
        let number = draft.next();
        let drafting = Drafting { client: self, piece: &piece, intent, follows: &follows, groups: &groups, number };
        let (touches, rows) = draft.with(&self.realm_of(&piece), |overlay| drafting.touches(overlay, &deeds));
        for (touch, _) in touches.iter().zip(&deeds).filter(|(touch, deed)| keeps_its_values(touch, deed.as_ref())) {
            let why = "has an account already, which stays as it is; to write its fields: `users.update`".to_owned();
            let operation = piece.call.op.name();
            draft.leave_out(LeftOut { operation, name: touch.name.clone(), why });
        }
        let answer = draft.with(&self.realm_of(&piece), |overlay| drafting.answer(overlay, &rows));
        merged.done(touches.len(), &answer);
        draft.push(Step {
            connection: self.connection().to_owned(),
            operation: piece.call.op.name(),
            arguments: piece.call.args.to_value(),
            campaign: with.again.clone(),
            use_existing: with.use_existing,
            limits: with.limits.json(),
            touches,
        });
        Ok(())
    }

    /// All groups, where a piece is about one of which only they tell the name.
    async fn groups_to_name(&self, draft: &Draft, piece: &Piece, deeds: &[Option<Deed>]) -> Result<Vec<Group>, Error> {
        let unnamed = |(place, deed): (usize, &Option<Deed>)| {
            deed.is_none() && piece.subjects[place].0.kind == SubjectKind::Group
        };
        let names_itself = piece.call.op.write(&piece.call.args).map(|write| write.consequence);
        match deeds.iter().enumerate().any(unnamed) && names_itself != Some(Consequence::Creates) {
            true => self.all_groups(draft).await,
            false => Ok(Vec::new()),
        }
    }

    /// Leaves out whom the ledger answers for, whoever is in doubt, and whom this plan writes to already.
    async fn would_be_sent(
        &self,
        draft: &Draft,
        piece: Piece,
        intent: &Intent,
        merged: &mut Merged,
    ) -> Result<Piece, Error> {
        let begun = self.ledger().ask(self.account(), &piece, intent).await;
        let begun = begun.map_err(|error| Error::ledger(&piece.call, error))?;
        let mut free = begun.held_back;
        for answered in begun.answered {
            match self.still_to_make(&piece, intent, &answered).await? {
                true => free.push(answered.place),
                false => self.leave_out(draft, &piece, intent, answered, merged),
            }
        }
        free.extend(self.plan_doubts(draft, &piece, begun.doubts, merged).await?);
        free.sort_unstable();
        free.dedup();
        if piece.call.op.write(&piece.call.args).is_some_and(|write| write.mails == Mails::Yes) {
            free.retain(|&place| {
                let (subject, _) = &piece.subjects[place];
                let person = intent.addresses.get(&subject.key).unwrap_or(&subject.key);
                let first = draft.mail(self.account(), subject.group.as_deref().unwrap_or_default(), person);
                if !first {
                    merged.already(subject.clone(), "this plan writes to them about it already".into(), None);
                }
                first
            });
        }
        Ok(piece.only(&free))
    }

    /// Whether what an earlier run made is gone, so that it would be made anew.
    async fn still_to_make(&self, piece: &Piece, intent: &Intent, answered: &Answered) -> Result<bool, Error> {
        if !matches!(answered.why, Why::Made { .. }) {
            return Ok(false);
        }
        let asked = Doubt { before: Value::Null, ..question(piece, answered.place, intent, 0) };
        Ok(self.looked(&[asked]).await?.first() == Some(&Verdict::NotApplied))
    }

    fn leave_out(&self, draft: &Draft, piece: &Piece, intent: &Intent, answered: Answered, merged: &mut Merged) {
        let Some((subject, _)) = piece.subjects.get(answered.place) else { return };
        let why = answered.why.sentence();
        let name = intent.addresses.get(&subject.key).unwrap_or(&subject.key).clone();
        draft.leave_out(LeftOut { operation: piece.call.op.name(), name, why: why.clone() });
        merged.already(subject.clone(), why, answered.share);
    }

    /// What is in doubt is looked at, and left as it is in the ledger: a plan settles nothing.
    async fn plan_doubts(
        &self,
        draft: &Draft,
        piece: &Piece,
        doubts: Vec<(usize, Doubt)>,
        merged: &mut Merged,
    ) -> Result<Vec<usize>, Error> {
        let mut by_operation: HashMap<String, Vec<(usize, Doubt)>> = HashMap::new();
        for (place, doubt) in doubts {
            by_operation.entry(doubt.operation.clone()).or_default().push((place, doubt));
        }
        let mut free = Vec::new();
        for group in by_operation.into_values() {
            let verdicts = self.looked(&group.iter().map(|(_, doubt)| doubt.clone()).collect::<Vec<_>>()).await?;
            for ((place, doubt), verdict) in group.into_iter().zip(verdicts) {
                let verdict = if is_replaced(piece, &doubt, &verdict) { Verdict::NotApplied } else { verdict };
                let same = doubt.operation == piece.call.op.name() && doubt.wanted == piece.subjects[place].1;
                let why = match verdict {
                    Verdict::Applied(_) if same => "done, as a look shows; an earlier run did not know".to_owned(),
                    Verdict::Applied(_) | Verdict::NotApplied => {
                        free.push(place);
                        continue;
                    }
                    Verdict::Unknown(why) | Verdict::Stale(why) => format!("in doubt since an earlier run: {why}"),
                };
                let name = doubt.address.clone().unwrap_or_else(|| doubt.subject.key.clone());
                draft.leave_out(LeftOut { operation: doubt.operation.clone(), name, why: why.clone() });
                merged.already(doubt.subject, why, None);
            }
        }
        Ok(free)
    }

    fn realm_of(&self, piece: &Piece) -> Cow<'_, str> {
        self.realm(piece.subjects.first().and_then(|(subject, _)| subject.group.as_deref()))
    }

    fn deeds(&self, piece: &Piece) -> Vec<Option<Deed>> {
        let (adapter, op) = (self.platform().adapter, piece.call.op);
        piece.subjects.iter().map(|(subject, part)| adapter.deed(op, subject, part)).collect()
    }

    /// Leaves out the groups that are there already: the platform would refuse to make them.
    fn not_there(&self, draft: &Draft, piece: Piece, with: &With, merged: &mut Merged) -> Piece {
        if with.use_existing {
            return piece;
        }
        let adapter = self.platform().adapter;
        let is_there = |deed: &Option<Deed>| {
            let Some(Deed::GroupMade { name, .. }) = deed else { return false };
            let row = draft.with(self.account(), |overlay| overlay.group_named(adapter, name).cloned());
            // What this plan makes is ours: to make it again is to use it.
            row.and_then(|row| adapter.group(&row)).is_some_and(|group| !Placeholder::is_in(&group.id))
        };
        let deeds = self.deeds(&piece);
        let (there, free): (Vec<usize>, Vec<usize>) = (0..deeds.len()).partition(|&place| is_there(&deeds[place]));
        for place in there {
            let Some(Deed::GroupMade { name, .. }) = &deeds[place] else { continue };
            let why = "is there already; to use what is there: `if_exists: \"use\"`";
            let error = Error::new(&piece.call, Code::Refused.as_str(), format!("`{name}` {why}"));
            merged.failed(&piece.only(&[place]), &error);
            draft.leave_out(LeftOut { operation: piece.call.op.name(), name: name.clone(), why: why.to_owned() });
        }
        piece.only(&free)
    }

    /// Reads what is there of those whom nobody has looked up yet.
    async fn learn(&self, draft: &Draft, piece: &Piece, deeds: &[Option<Deed>]) -> Result<(), Error> {
        let adapter = self.platform().adapter;
        let none = Intent::default();
        let unknown = draft.with(&self.realm_of(piece), |overlay| {
            let is_known = |place: usize| {
                let (subject, _) = &piece.subjects[place];
                match &deeds[place] {
                    Some(deed) => match deed.who() {
                        Some(who) => overlay.knows(who),
                        None => deed.group().is_some_and(|id| overlay.group_row(id).is_some()),
                    },
                    None => subject.kind != SubjectKind::Person,
                }
            };
            let readable = |place: usize| {
                let (subject, _) = &piece.subjects[place];
                !Placeholder::is_in(&subject.key)
            };
            let places = (0..piece.subjects.len()).filter(|&place| readable(place) && !is_known(place));
            places.map(|place| (place, question(piece, place, &none, 0))).collect::<Vec<_>>()
        });
        let questions: Vec<Doubt> = unknown.iter().map(|(_, question)| question.clone()).collect();
        if questions.is_empty() {
            return Ok(());
        }
        let Some(rows) = self.rows(&questions).await? else { return Ok(()) };
        draft.with(&self.realm_of(piece), |overlay| {
            for ((place, _), row) in unknown.iter().zip(rows) {
                // Who is not in the group may be elsewhere.
                match &deeds[*place] {
                    Some(deed) if row.is_none() && is_about_somebody_there(deed) => {}
                    Some(deed) => overlay.learn_of(adapter, deed, row),
                    None => {}
                }
            }
        });
        Ok(())
    }

    /// Leaves out whoever is not where the write needs them to be; a call about one of these alone is refused, as the
    /// platform would.
    fn who_is_there(&self, draft: &Draft, piece: Piece, merged: &mut Merged) -> Result<Piece, Error> {
        let adapter = self.platform().adapter;
        let deeds = self.deeds(&piece);
        let missing: Vec<usize> = draft.with(&self.realm_of(&piece), |overlay| {
            let is_known_by_id = |who: &Whom| who.address.is_none() && !adapter.rows_are_apart();
            let only_accounts = adapter.accounts(self.connection(), &[]).is_some();
            let is_there = |place: usize| match &deeds[place] {
                Some(Deed::Joins { who, .. }) if only_accounts || is_known_by_id(who) => overlay.row(who).is_some(),
                Some(deed) if is_about_somebody_there(deed) => {
                    let group = piece.subjects[place].0.group.as_deref();
                    let row = deed.who().and_then(|who| overlay.row(who));
                    row.is_some_and(|row| Overlay::shows(adapter, row, group))
                }
                _ => true,
            };
            (0..piece.subjects.len()).filter(|&place| !is_there(place)).collect()
        });
        let Some(&first) = missing.first() else { return Ok(piece) };
        let why = |place: usize| match &piece.subjects[place].0.group {
            Some(_) if matches!(deeds[place], Some(Deed::Joins { .. })) => {
                format!("there is no account {}: only accounts can be in a group", piece.subjects[place].0.key)
            }
            Some(group) => format!("{} is not in group {group}", piece.subjects[place].0.key),
            None => format!("there is no account {}", piece.subjects[place].0.key),
        };
        if piece.subjects.len() == 1 {
            let not_found = Error::new(&piece.call, Code::NotFound.as_str(), why(first));
            return Err(Error { status: Some(404), ..not_found });
        }
        for &place in &missing {
            let (subject, _) = &piece.subjects[place];
            draft.leave_out(LeftOut { operation: piece.call.op.name(), name: subject.key.clone(), why: why(place) });
            merged.already(subject.clone(), why(place), None);
        }
        let missing: HashSet<usize> = missing.into_iter().collect();
        let there: Vec<usize> = (0..piece.subjects.len()).filter(|place| !missing.contains(place)).collect();
        Ok(piece.only(&there))
    }

    /// The groups that come along with a deed's own, by its group: above for who joins, below for who leaves.
    async fn follows(&self, draft: &Draft, deeds: &[Option<Deed>]) -> Result<Follows, Error> {
        let mut follows = Follows::default();
        if self.platform().adapter.cascade() == Cascade::None {
            return Ok(follows);
        }
        for deed in deeds.iter().flatten() {
            let (Deed::Joins { group, .. } | Deed::Leaves { group, .. }) = deed else { continue };
            let joins = matches!(deed, Deed::Joins { .. });
            if let Entry::Vacant(entry) = follows.0.entry((joins, group.clone())) {
                self.read_groups(draft).await?;
                entry.insert(draft.follows(self.account(), self.platform().adapter, joins, group));
            }
        }
        Ok(follows)
    }

    /// The groups as the platform lists them, read once.
    async fn read_groups(&self, draft: &Draft) -> Result<Arc<Vec<Group>>, Error> {
        if let Some(groups) = draft.groups(self.account()) {
            return Ok(groups);
        }
        let adapter = self.platform().adapter;
        let mut groups = Vec::new();
        if let Some(list) = adapter.groups(self.connection()) {
            let rows = self.read_all(&list).await?;
            groups.extend(rows.as_array().into_iter().flatten().filter_map(|row| adapter.group(row)));
        }
        draft.set_groups(self.account(), groups.clone());
        Ok(Arc::new(groups))
    }

    /// All groups, those that the plan makes among them.
    pub(crate) async fn all_groups(&self, draft: &Draft) -> Result<Vec<Group>, Error> {
        let adapter = self.platform().adapter;
        let mut groups = self.read_groups(draft).await?.to_vec();
        draft.with(self.account(), |overlay| {
            for planned in overlay.groups().filter_map(|row| adapter.group(row)) {
                match groups.iter_mut().find(|group| group.id == planned.id) {
                    Some(known) => *known = planned,
                    None => groups.push(planned),
                }
            }
        });
        Ok(groups)
    }
}

/// Whether an account was to be made with values that one which is there already does not hold.
fn keeps_its_values(touch: &Touch, deed: Option<&Deed>) -> bool {
    let Some(Deed::AccountMade { fields, .. }) = deed else { return false };
    let held = |name: &String| touch.before.get("fields").and_then(|held| held.get(name));
    let is_there = touch.before.get("id").is_some_and(|id| !id.is_null());
    is_there && fields.iter().any(|(name, value)| held(name).is_some_and(|held| held != value))
}

/// Whether a deed needs somebody who is there already.
fn is_about_somebody_there(deed: &Deed) -> bool {
    matches!(deed, Deed::Leaves { .. } | Deed::Changes { .. } | Deed::Mailed { .. } | Deed::AccountDeleted { .. })
}

/// An argument that is only known after apply, where a read would need it.
pub(super) fn unknown_yet(call: &Call) -> Option<Error> {
    fn holds(value: &Value) -> Option<&str> {
        match value {
            Value::String(text) => Placeholder::is_in(text).then_some(text),
            Value::Array(items) => items.iter().find_map(holds),
            Value::Object(map) => map.values().find_map(holds),
            _ => None,
        }
    }
    let text = call.args.iter().find_map(|(_, value)| holds(value))?;
    let why = format!("{text} is known only after apply: a plan cannot ask the platform about it");
    Some(Error::new(call, "known_after_apply", why))
}
