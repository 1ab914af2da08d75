//! Platforms that take everybody of a group at once and show nobody: what of these people they would refuse, and how they
//! stand beside the last roster that was handed over. Nothing is sent.

use std::collections::HashMap;

use serde_json::Value;

use super::compare::difference;
use super::sheet::roster_of;
use super::{Carried, Difference, Kind, Unmapped};
use crate::catalog::{Platform, Unsupported, Whole};
use crate::client::{Client, Error};
use crate::model::{Group, counted};
use crate::roster::{self, Mapping, Use};

/// How a column of a roster is named that is no field.
pub(super) fn mapping() -> Mapping {
    Mapping(vec![("email".to_owned(), Use::Email)])
}

/// What a platform wants of everybody whom it takes at once; `None` where it takes people one by one.
pub(super) fn of(platform: &'static Platform) -> Option<&'static Whole> {
    platform.ops.iter().find_map(|op| op.whole)
}

/// Who of a group cannot be handed over, and why.
pub(super) fn refused(group: &Group, people: &[Carried], whole: &'static Whole) -> Vec<Unmapped> {
    let row = |id: &str, name: &str, why: String| {
        let (id, name, what) = (id.to_owned(), name.to_owned(), format!("in {}", group.name));
        Unmapped { kind: "person", id, name, what, why }
    };
    if people.is_empty() {
        return Vec::new();
    }
    let all = |why: String| {
        vec![Unmapped {
            kind: "membership",
            id: group.id.clone(),
            name: group.name.clone(),
            what: "its members".into(),
            why,
        }]
    };
    if !people.iter().any(|one| one.fields.iter().any(|(name, _)| name == whole.key)) {
        let key = whole.key;
        return all(format!(
            "each of them must have `{key}`: say with `fields` which field it is; `\"id\": \"{key}\"` takes their id here"
        ));
    }
    let read = match roster_of(&group.name, people).map(|table| roster::read_whole(&table, &mapping(), whole)) {
        Err(error) => return all(error.to_string()),
        Ok(Err(error)) => return all(error.to_string()),
        Ok(Ok(read)) => read,
    };
    let ids: HashMap<&str, &str> = people.iter().map(|one| (one.email.as_str(), one.id.as_str())).collect();
    let wrong = read.rejected.into_iter().map(|rejected| {
        let who = rejected.cells.first().map(String::as_str).unwrap_or_default();
        row(ids.get(who).copied().unwrap_or_default(), who, rejected.reason)
    });
    wrong.collect()
}

/// Refuses before the first change what the platform would refuse after some: all of a group or nothing.
pub(super) fn check(to: &Client, refused: &[Unmapped]) -> Result<(), Error> {
    let Some(first) = refused.first() else { return Ok(()) };
    let title = to.platform().title;
    let rows = counted(refused.len(), "row of `unmapped.csv` says", "rows of `unmapped.csv` say");
    let words = format!(
        "{title} takes everybody of a group at once or nobody, and {rows} why it would not: {}, {}: {}; nothing was done",
        first.name, first.what, first.why
    );
    Err(Error::unsupported(to, &Unsupported(words)))
}

/// How the people of a group stand beside the last roster: the differences, and how many it named.
pub(super) async fn compare(
    to: &Client,
    group: &Group,
    target: &str,
    people: &[Carried],
) -> Result<Option<(Vec<Difference>, usize)>, Error> {
    let unreadable = |why: String| Error::unsupported(to, &Unsupported(why));
    let table = roster_of(&group.name, people).map_err(|error| unreadable(error.to_string()))?;
    let beside = match people.iter().any(|one| !one.fields.is_empty()) {
        true => roster::beside(to, target, &table, &mapping()).await?,
        false => None,
    };
    let Some(beside) = beside else { return Ok(None) };
    let Some(last) = beside.last else { return Ok(None) };
    let (whole, apart) = (beside.whole, &beside.difference);
    let name = |place: &usize| beside.rows.get(*place).map(whole.name).unwrap_or_default();
    let missing = apart.added.iter().map(|place| difference(Kind::Missing, group, &name(place), "", ("", "")));
    let changed = apart.changed.iter().flat_map(|(place, columns)| {
        let held = |column: &str| text(beside.rows.get(*place), column, whole);
        let differing =
            |column: &&str| difference(Kind::Field, group, &name(place), column, (&held(column), "another"));
        columns.iter().map(differing).collect::<Vec<_>>()
    });
    let extra = apart.names(whole);
    let extra = extra.iter().map(|who| difference(Kind::Extra, group, who, "", ("", "")));
    Ok(Some((missing.chain(changed).chain(extra).collect(), last)))
}

fn text(row: Option<&Value>, column: &str, whole: &Whole) -> String {
    let at = whole.columns.iter().find(|known| known.name == column).map(|known| known.at);
    let held = row.zip(at).and_then(|(row, at)| row.pointer(at)).and_then(Value::as_str);
    held.unwrap_or_default().to_owned()
}
