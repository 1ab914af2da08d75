//! What differs between a group and its counterpart, name by name. Pure.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::people::is_role;
use super::{Carried, PENDING, PERSON};
use crate::effects::Identities;
use crate::model::{Group, Member, Standing};
use crate::roster::{alike, folded};

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A group has no counterpart.
    Group,
    /// The numbers differ.
    Count,
    /// Somebody is not in the counterpart.
    Missing,
    /// Somebody has another value in a field.
    Field,
    /// Somebody lacks a role.
    Role,
    /// A group stands below another one.
    Hierarchy,
    /// Somebody has another address.
    Address,
    /// A link by which people come in is not there.
    Invitation,
    /// Nothing shows who is in the counterpart.
    Unseen,
    /// Somebody is in the counterpart alone.
    Extra,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its kind.
    pub kind: Kind,
    /// The group's name.
    pub group: String,
    /// Whose: an address, or empty.
    pub who: String,
    /// What differs.
    pub what: String,
    /// What the source has.
    pub source: String,
    /// What the target has.
    pub target: String,
}

impl Kind {
    /// The word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Count => "count",
            Self::Missing => "missing",
            Self::Field => "field",
            Self::Role => "role",
            Self::Hierarchy => "hierarchy",
            Self::Address => "address",
            Self::Invitation => "invitation",
            Self::Unseen => "not shown",
            Self::Extra => "only there",
        }
    }

    /// Whether something of the source is not on the other side; whom a number is about is named besides, and an address
    /// is a person's to change.
    pub const fn lacks(self) -> bool {
        match self {
            Self::Group | Self::Missing | Self::Field | Self::Role | Self::Hierarchy | Self::Invitation => true,
            Self::Count | Self::Address | Self::Unseen | Self::Extra => false,
        }
    }
}

impl Difference {
    /// The names of the columns.
    pub const COLUMNS: [&'static str; 6] = ["kind", "group", "who", "what", "source", "target"];

    /// The cells of its row.
    pub fn cells(&self) -> [&str; 6] {
        [self.kind.word(), &self.group, &self.who, &self.what, &self.source, &self.target]
    }

    /// `Berlin, ada@x.example: job_title is "Nurse" here and "Cook" there`
    pub fn sentence(&self) -> String {
        let Self { kind, group, who, what, source, target } = self;
        match kind {
            Kind::Group | Kind::Unseen | Kind::Invitation => format!("{group}: {what}"),
            Kind::Count => format!("{group}: people here {source}, there {target}"),
            Kind::Missing => format!("{group}, {who}: not there"),
            Kind::Field => format!("{group}, {who}: {what} is \"{source}\" here and \"{target}\" there"),
            Kind::Role => format!("{group}, {who}: is to be \"{source}\" and is \"{target}\" there"),
            Kind::Hierarchy if target.is_empty() => format!("{group}: below {source} here, at the top there"),
            Kind::Hierarchy => format!("{group}: below {source} here, below {target} there"),
            Kind::Address => format!("{group}, {who}: is {target} there"),
            Kind::Extra => format!("{group}, {who}: only there"),
        }
    }
}

/// A group and its counterpart, compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    pub differences: Vec<Difference>,
    /// Who is awaited: they come in with their first sign-in.
    pub waiting: usize,
    /// How many are there.
    pub there: usize,
    /// A digest of the fields of everybody who is on both sides, here and there.
    pub digests: (String, String),
}

/// Compares a group with its counterpart.
pub(super) fn compare(group: &Group, wanted: &[Carried], present: &[Member], known: &Identities) -> Compared {
    let mut compared = Compared::default();
    let members: Vec<&Member> = present.iter().filter(|member| member.standing == Standing::Accepted).collect();
    let by_id: HashMap<&str, usize> = members.iter().enumerate().map(|(at, member)| (member.id.as_str(), at)).collect();
    let by_address: HashMap<&str, usize> =
        members.iter().enumerate().filter_map(|(at, member)| Some((member.email.as_ref()?.key(), at))).collect();
    let (mut met, mut both) = (vec![false; members.len()], BTreeMap::new());
    for one in wanted {
        let by_map = || known.id(PERSON, &one.id).and_then(|id| by_id.get(id));
        let found = by_address.get(one.email.key()).or_else(by_map).copied();
        let Some(at) = found else {
            match known.id(PENDING, &one.id) {
                Some(_) => compared.waiting += 1,
                None => compared.differences.push(difference(Kind::Missing, group, one.email.as_str(), "", ("", ""))),
            }
            continue;
        };
        met[at] = true;
        both.insert(one.email.key(), (fields_here(one), fields_there(one, members[at])));
        if let (Some(here), Some(there)) = (&one.moved, &members[at].email) {
            let values = (here.as_str(), there.as_str());
            compared.differences.push(difference(Kind::Address, group, here.as_str(), "email", values));
        }
        compared.differences.extend(fields(group, one, members[at]));
        compared.differences.extend(role(group, one, members[at]));
    }
    for (member, _) in members.iter().zip(&met).filter(|(_, met)| !**met) {
        let who = member.email.as_ref().map_or_else(|| member.name.clone(), |email| email.as_str().to_owned());
        compared.differences.push(difference(Kind::Extra, group, &who, "", ("", "")));
    }
    compared.there = members.len();
    if wanted.len() != members.len() + compared.waiting {
        let (here, there) = (wanted.len().to_string(), members.len().to_string());
        compared.differences.insert(0, difference(Kind::Count, group, "", "people", (&here, &there)));
    }
    compared.digests = (digest(both.values().map(|(here, _)| here)), digest(both.values().map(|(_, there)| there)));
    compared
}

pub(super) fn difference(kind: Kind, group: &Group, who: &str, what: &str, values: (&str, &str)) -> Difference {
    Difference {
        kind,
        group: group.name.clone(),
        who: who.to_owned(),
        what: what.to_owned(),
        source: values.0.to_owned(),
        target: values.1.to_owned(),
    }
}

/// The fields that are carried, each with another value. Equal digests need no closer look.
fn fields(group: &Group, one: &Carried, member: &Member) -> Vec<Difference> {
    if fields_here(one) == fields_there(one, member) {
        return Vec::new();
    }
    let differing = one.fields.iter().filter_map(|(name, here)| {
        let there = member.field(name).unwrap_or_default();
        let (kind, differs) = match is_role(name) {
            true => (Kind::Role, lacks_one(here, there)),
            false => (Kind::Field, !alike(here, there)),
        };
        differs.then(|| difference(kind, group, one.email.as_str(), name, (here, there)))
    });
    differing.collect()
}

/// The role that a new account would have been given, where whoever had one already has another.
fn role(group: &Group, one: &Carried, member: &Member) -> Option<Difference> {
    let (here, there) = (one.meant.as_deref()?, member.field("role")?);
    let names_it = one.fields.iter().any(|(name, _)| is_role(name));
    let differs = !names_it && lacks_one(here, there);
    differs.then(|| difference(Kind::Role, group, one.email.as_str(), "role", (here, there)))
}

/// Whether one of these roles is not among those.
pub(super) fn lacks_one(here: &str, there: &str) -> bool {
    let list = |text: &str| text.split(',').map(|role| folded(role).collect::<String>()).collect::<Vec<_>>();
    let there = list(there);
    list(here).iter().any(|role| !role.is_empty() && !there.contains(role))
}

fn fields_here(one: &Carried) -> String {
    hash(one.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn fields_there(one: &Carried, member: &Member) -> String {
    let there = |(name, here): &'_ (String, String)| -> (String, String) {
        let there = member.field(name).unwrap_or_default();
        // Whoever has more roles than they bring has those that they bring.
        let same = is_role(name) && !lacks_one(here, there);
        (name.clone(), if same { here.clone() } else { there.to_owned() })
    };
    let there: Vec<(String, String)> = one.fields.iter().map(there).collect();
    hash(there.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Case and blanks alone are no difference.
fn hash<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in fields {
        let value: String = folded(value).collect();
        for part in [name, &value] {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize())
}

fn digest<'a>(hashes: impl Iterator<Item = &'a String>) -> String {
    let mut hasher = Sha256::new();
    hashes.for_each(|hash| hasher.update(hash));
    hex(&hasher.finalize())[..12].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Email;

    fn group() -> Group {
        Group { id: "4".into(), name: "Berlin".into(), parent: None, members: None }
    }

    fn list(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn here(id: &str, email: &str, fields: &[(&str, &str)]) -> Carried {
        Carried {
            id: id.into(),
            email: Email::parse(email).unwrap(),
            moved: None,
            fields: list(fields),
            role: None,
            was: String::new(),
            meant: None,
        }
    }

    fn there(id: &str, email: &str, fields: &[(&str, &str)]) -> Member {
        Member {
            id: id.into(),
            email: Email::parse(email).ok(),
            name: email.into(),
            fields: list(fields),
            kinds: Vec::new(),
            registered: None,
            invited_at: None,
            created_at: None,
            admin: false,
            standing: Standing::Accepted,
            groups: Vec::new(),
        }
    }

    fn told(wanted: &[Carried], present: &[Member], known: &Identities) -> (Vec<String>, Compared) {
        let compared = compare(&group(), wanted, present, known);
        (compared.differences.iter().map(Difference::sentence).collect(), compared)
    }

    #[test]
    fn sides_that_agree_differ_in_nothing_and_case_and_blanks_are_no_difference() {
        let wanted = [here("1", "a@x.example", &[("city", "São Paulo")]), here("2", "b@x.example", &[])];
        let present =
            [there("9", "B@x.example", &[("city", "Cork")]), there("8", "a@x.example", &[("city", " são  paulo")])];
        let (lines, compared) = told(&wanted, &present, &Identities::default());
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!((compared.there, compared.waiting), (2, 0));
        assert_eq!(compared.digests.0, compared.digests.1);
    }

    #[test]
    fn every_difference_is_named() {
        let wanted = [
            here("1", "a@x.example", &[("city", "Cork"), ("job", "Nurse")]),
            here("2", "b@x.example", &[]),
            here("3", "c@x.example", &[]),
        ];
        let present = [there("7", "a@x.example", &[("job", "Cook")]), there("8", "z@x.example", &[])];
        let (lines, compared) = told(&wanted, &present, &Identities::default());
        assert_eq!(
            lines,
            [
                "Berlin: people here 3, there 2",
                "Berlin, a@x.example: city is \"Cork\" here and \"\" there",
                "Berlin, a@x.example: job is \"Nurse\" here and \"Cook\" there",
                "Berlin, b@x.example: not there",
                "Berlin, c@x.example: not there",
                "Berlin, z@x.example: only there"
            ]
        );
        assert_ne!(compared.digests.0, compared.digests.1);
    }

    #[test]
    fn whoever_changed_their_address_is_known_by_the_map_and_whoever_is_awaited_is_not_missing() {
        let wanted = [here("1", "old@x.example", &[]), here("2", "soon@x.example", &[])];
        let mut known = Identities::default();
        known.learn(PERSON, "1", "7");
        known.learn(PENDING, "2", "soon@x.example");
        let (lines, compared) = told(&wanted, &[there("7", "new@x.example", &[])], &known);
        assert_eq!((lines, compared.waiting), (vec![], 1));
    }

    #[test]
    fn whoever_only_waits_there_is_not_in() {
        let mut waits = there("7", "a@x.example", &[]);
        waits.standing = Standing::Pending;
        let (lines, _) = told(&[here("1", "a@x.example", &[])], &[waits], &Identities::default());
        assert_eq!(lines, ["Berlin: people here 1, there 0", "Berlin, a@x.example: not there"]);
    }
}
