//! Somebody leaves and somebody of the same name comes: perhaps one person with a new address.

use std::collections::HashMap;

use super::alike::folded;
use crate::model::{Member, Person};

/// What to do about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renames {
    /// Neither removed nor added until a person decides.
    #[default]
    Ask,
    /// They are different people.
    Apart,
}

/// A row and a member who may be one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The person's place in [`super::Wanted::people`].
    pub person: usize,
    /// The member's place in [`super::Present::members`].
    pub member: usize,
    /// What they share: `name`, or the field that holds an id.
    pub by: String,
}

/// All pairs of one who comes and one who leaves with the same name or the same value of the `id` field.
pub(super) fn find(coming: &[(usize, &Person)], leaving: &[(usize, &Member)], id: Option<&str>) -> Vec<Rename> {
    let mut pairs = Vec::new();
    let mut pair =
        |by: &str, of_person: &dyn Fn(&Person) -> Option<String>, of_member: &dyn Fn(&Member) -> Option<String>| {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, member) in leaving {
                if let Some(key) = of_member(member) {
                    places.entry(key).or_default().push(*place);
                }
            }
            for (person, wanted) in coming {
                for member in of_person(wanted).and_then(|key| places.get(&key)).into_iter().flatten() {
                    pairs.push(Rename { person: *person, member: *member, by: by.to_owned() });
                }
            }
        };
    if let Some(id) = id {
        let key =
            |value: Option<&str>| value.map(|text| folded(text).collect::<String>()).filter(|text| !text.is_empty());
        pair(id, &|person| key(person.field(id)), &|member| key(member.field(id)));
    }
    pair("name", &|person| name(|field| person.field(field)), &|member| name(|field| member.field(field)));
    pairs
}

/// First and last name; one of them alone says too little.
fn name<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let part = |name: &str| field(name).map(|text| folded(text).collect::<String>()).filter(|text| !text.is_empty());
    Some(format!("{}\u{1F}{}", part("first_name")?, part("last_name")?))
}
