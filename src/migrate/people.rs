//! What is carried of each person, and what of them stays behind. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Unmapped, Wish};
use crate::model::{Email, Group, Member, Standing};

/// Fields in which platforms say what somebody may do.
const ROLE_FIELDS: [&str; 2] = ["roles", "role"];

/// One person of one group, as the other side shall have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The source's id.
    pub id: String,
    /// Their address on the other side.
    pub email: Email,
    /// Their address here, where it is another one.
    pub moved: Option<Email>,
    /// Fields by the other side's names; no blank ones.
    pub fields: Vec<(String, String)>,
    /// The role of a new account, where the other side wants one.
    pub role: Option<String>,
    /// What they may do at the source, in its words.
    pub was: String,
    /// The role that `roles` gives them, where it is more than being in.
    pub meant: Option<String>,
}

impl Carried {
    /// What they bring into a field of the other side.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the other side takes of people.
pub(super) struct Takes<'a> {
    /// The fields that a person can have; `None`: any.
    pub fields: Option<Vec<String>>,
    /// Fields that it shows and nobody can write.
    pub read_only: &'a [&'a str],
    /// The field of roles, where roles can be given.
    pub role_field: Option<&'a str>,
    /// Whether a new account wants a role.
    pub role_of_new: bool,
    /// A value as the other side will show it.
    pub tidied: &'a (dyn Fn(&str, &str) -> Option<String> + Sync),
    /// The field that holds what elsewhere is another, where several are one there.
    pub joined: &'a (dyn Fn(&str) -> Option<&'static str> + Sync),
    /// People whom the map of who is who takes for somebody whom it names already: both ids of the source.
    pub doubled: &'a HashMap<String, String>,
    /// Addresses on the other side of people whom the map of who is who names, by the source's id.
    pub addresses: &'a HashMap<String, Email>,
    /// How people call it.
    pub title: &'a str,
}

/// What stays behind; of fields how often.
#[derive(Default)]
pub(super) struct Losses {
    rows: Vec<Unmapped>,
    seen: HashSet<String>,
    fields: BTreeMap<String, (u64, String)>,
    /// Fields that somebody has.
    held: HashSet<String>,
}

impl Losses {
    fn add(&mut self, kind: &'static str, member: &Member, what: String, why: String) {
        let name = member.email.as_ref().map_or_else(|| member.name.clone(), |email| email.as_str().to_owned());
        let row = Unmapped { kind, id: member.id.clone(), name, what, why };
        if self.seen.insert(row.cells().join("\n")) {
            self.rows.push(row);
        }
    }

    /// Somebody has another address here than on the other side.
    fn moved(&mut self, member: &Member, there: &Email, title: &str) {
        let what = format!("is {there} on {title}");
        let why = "an address is who somebody is: on either side a person changes it, and nobody else".to_owned();
        self.add("address", member, what, why);
    }

    /// Fields that were named to be carried, and that nobody has.
    pub fn unheld(&self, wish: &Wish) -> Vec<String> {
        let named = wish.fields.iter().filter(|(name, target)| target.is_some() && !self.held.contains(name));
        named.map(|(name, _)| name.clone()).collect()
    }

    /// All of it: people in the order of their groups, then fields.
    pub fn rows(self, wish: &Wish) -> Vec<Unmapped> {
        let field = |(name, (count, why)): (String, (u64, String))| {
            let what = if count == 1 { "of 1 membership".to_owned() } else { format!("of {count} memberships") };
            Unmapped { kind: "field", id: String::new(), name, what, why }
        };
        let nobody = self.unheld(wish).into_iter().map(|name| Unmapped {
            kind: "field",
            id: String::new(),
            name,
            what: "of nobody".to_owned(),
            why: "`fields` names it, and nobody who moves has anything in it".to_owned(),
        });
        let nobody: Vec<Unmapped> = nobody.collect();
        self.rows.into_iter().chain(self.fields.into_iter().map(field)).chain(nobody).collect()
    }
}

/// The people of one group as the other side shall have them.
pub(super) fn carried(
    group: &Group,
    members: &[Member],
    wish: &Wish,
    takes: &Takes<'_>,
    losses: &mut Losses,
) -> Vec<Carried> {
    let (mut found, mut seen): (Vec<Carried>, HashMap<String, String>) = Default::default();
    for member in members {
        match member.standing {
            Standing::Accepted => {}
            Standing::Pending => {
                let why = "waits to be let in, and nobody can be made to wait elsewhere".to_owned();
                losses.add("membership", member, format!("in {}", group.name), why);
                continue;
            }
            Standing::Declined => {
                losses.add("membership", member, format!("in {}", group.name), "declined".to_owned());
                continue;
            }
        }
        if let Some(first) = takes.doubled.get(&member.id) {
            let why = format!("the map of who is who says that they are who {first} is: `migrate.map()` mends it");
            losses.add("person", member, "all of them".into(), why);
            continue;
        }
        let address = takes.addresses.get(&member.id).or(member.email.as_ref());
        let Some(email) = address.cloned() else {
            losses.add("person", member, "all of them".into(), "has no address, and that is who somebody is".into());
            continue;
        };
        if let Some(first) = seen.insert(email.key().to_owned(), member.id.clone()) {
            losses.add("person", member, format!("in {}", group.name), format!("has the address of {first}"));
            continue;
        }
        let moved = member.email.clone().filter(|here| *here != email);
        if moved.is_some() {
            losses.moved(member, &email, takes.title);
        }
        let mut fields = fields(member, wish, takes, losses);
        let meant = role(group, member, wish, takes, &mut fields, losses);
        let role = takes.role_of_new.then(|| meant.clone().or_else(|| wish.role.clone())).flatten();
        let meant = meant.filter(|role| !is_ordinary(role));
        let was = roles_of(member).into_iter().next().unwrap_or_default();
        found.push(Carried { id: member.id.clone(), email, moved, fields, role, was, meant });
    }
    found
}

fn fields(member: &Member, wish: &Wish, takes: &Takes<'_>, losses: &mut Losses) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    // Whose id and address are wanted as fields says so.
    let own = [("id", Some(member.id.as_str())), ("email", member.email.as_ref().map(Email::as_str))];
    let own = own.into_iter().filter(|(name, _)| wish.names_field(name) && member.field(name).is_none());
    let own = own.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect::<Vec<_>>();
    let given = own.iter().chain(&member.fields).filter(|(name, value)| !is_role(name) && !value.trim().is_empty());
    for (name, value) in given {
        if !losses.held.contains(name) {
            losses.held.insert(name.clone());
        }
        let Some(target) = target_of(name, member, wish, takes) else { continue };
        let why = match &takes.fields {
            _ if takes.read_only.contains(&target) => {
                Some(format!("{} shows `{target}` and takes it from nobody", takes.title))
            }
            Some(known) if !known.iter().any(|known| known == target) => {
                Some(format!("{} has no field `{target}`; `fields` says which one it is there", takes.title))
            }
            _ => unlike_text(name, member, wish),
        };
        match why {
            None => {
                let value = (takes.tidied)(target, value).unwrap_or_else(|| value.clone());
                match found.iter_mut().find(|(known, _)| known == target) {
                    // Several fields for one: a first and a last name make a name.
                    Some((_, text)) => text.extend([" ", value.trim()]),
                    None => found.push((target.to_owned(), value)),
                }
            }
            Some(why) => losses.fields.entry(name.clone()).or_insert((0, why)).0 += 1,
        }
    }
    let lacking = wish.values.iter().filter(|(name, _)| found.iter().all(|(known, _)| known != name));
    let values: Vec<(String, String)> = lacking.cloned().collect();
    found.extend(values);
    found
}

/// Which field a value goes into; `None` where it stays behind, or goes with another.
fn target_of<'a>(name: &'a str, member: &Member, wish: &'a Wish, takes: &Takes<'_>) -> Option<&'a str> {
    let whole = (takes.joined)(name).filter(|_| !wish.names_field(name));
    let Some(whole) = whole else { return wish.field(name) };
    let is_given = wish.fields.iter().any(|(_, target)| target.as_deref() == Some(whole));
    // Whoever has the whole needs none of its parts.
    let has_whole = member.field(whole).is_some_and(|text| !text.trim().is_empty());
    (!is_given && !has_whole).then_some(whole)
}

/// Why a value is not carried that is no text; of numbers and such the text is, where somebody wants it.
fn unlike_text(name: &str, member: &Member, wish: &Wish) -> Option<String> {
    match member.kind(name)? {
        kind @ ("a list" | "a map") => Some(format!("is {kind}, and only text is carried")),
        _ if wish.names_field(name) => None,
        kind => Some(format!("is {kind} and no text: with its name in `fields` it goes as text")),
    }
}

pub(super) fn is_role(name: &str) -> bool {
    ROLE_FIELDS.contains(&name)
}

/// What somebody may do, in the source's words.
fn roles_of(member: &Member) -> Vec<String> {
    let named = ROLE_FIELDS.iter().find_map(|name| member.field(name));
    let named = named.map(|roles| roles.split(',').map(str::trim).filter(|role| !role.is_empty()).map(str::to_owned));
    match (named.map(Iterator::collect::<Vec<_>>), member.admin) {
        (Some(roles), _) if !roles.is_empty() => roles,
        (_, true) => vec!["administrator".to_owned()],
        (_, false) => vec!["member".to_owned()],
    }
}

/// What everybody has who is in: its loss is none.
fn is_ordinary(role: &str) -> bool {
    let role = role.to_lowercase();
    ["member", "user", "regular"].iter().any(|word| role.ends_with(word))
}

/// The role that `roles` gives somebody with a new account; a role that is given in a field is written there.
fn role(
    group: &Group,
    member: &Member,
    wish: &Wish,
    takes: &Takes<'_>,
    fields: &mut Vec<(String, String)>,
    losses: &mut Losses,
) -> Option<String> {
    let takes_roles = takes.role_field.is_some() || takes.role_of_new;
    let mut mapped: Vec<String> = Vec::new();
    for role in roles_of(member) {
        match (wish.role_for(&role), takes_roles) {
            (Some(target), true) => mapped.push(target.to_owned()),
            _ if is_ordinary(&role) || wish.leaves_role(&role) => {}
            (None, true) => {
                let why = format!("`roles` does not say what it is on {}", takes.title);
                losses.add("role", member, format!("{role} in {}", group.name), why);
            }
            (_, false) => {
                let why = format!("{}'s API gives nobody a role", takes.title);
                losses.add("role", member, format!("{role} in {}", group.name), why);
            }
        }
    }
    if let (Some(field), false) = (takes.role_field, mapped.is_empty()) {
        let words = mapped.join(", ");
        let tidied = (takes.tidied)(field, &words).unwrap_or(words);
        fields.push((field.to_owned(), tidied));
    }
    takes.role_of_new.then(|| mapped.first().cloned()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Membership;

    fn member(id: &str, email: &str, fields: &[(&str, &str)]) -> Member {
        Member {
            id: id.into(),
            email: Email::parse(email).ok(),
            name: format!("Person {id}"),
            fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            kinds: Vec::new(),
            registered: None,
            invited_at: None,
            created_at: None,
            admin: false,
            standing: Standing::Accepted,
            groups: vec![Membership { group: "4".into(), admin: false }],
        }
    }

    fn takes(fields: Option<&[&str]>) -> Takes<'static> {
        Takes {
            fields: fields.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            read_only: &[],
            role_field: None,
            role_of_new: false,
            tidied: &|_, _| None,
            joined: &|_| None,
            doubled: Box::leak(Box::default()),
            addresses: Box::leak(Box::default()),
            title: "Otherside",
        }
    }

    fn told(members: &[Member], wish: &Wish, takes: &Takes<'_>) -> (Vec<Carried>, Vec<String>) {
        let group = Group { id: "4".into(), name: "Berlin".into(), parent: None, members: None };
        let mut losses = Losses::default();
        let found = carried(&group, members, wish, takes, &mut losses);
        (found, losses.rows(wish).iter().map(|row| row.cells().join("|")).collect())
    }

    #[test]
    fn fields_go_by_the_map_and_what_the_other_side_has_not_is_counted() {
        let members = [
            member("1", "a@x.example", &[("job_title", "Nurse"), ("city", "Cork"), ("shoe", "43"), ("blank", " ")]),
            member("2", "b@x.example", &[("shoe", "38"), ("secret", "s")]),
        ];
        let fields = vec![("job_title".into(), Some("bio".into())), ("secret".into(), None)];
        let wish = Wish { fields, ..Wish::default() };
        let (found, unmapped) = told(&members, &wish, &takes(Some(&["bio", "city"])));
        assert_eq!(found[0].fields, [("bio".into(), "Nurse".into()), ("city".into(), "Cork".into())]);
        assert!(found[1].fields.is_empty(), "what is left behind on purpose is no loss");
        assert_eq!(
            unmapped,
            ["field||shoe|of 2 memberships|Otherside has no field `shoe`; `fields` says which one it is there"]
        );
    }

    #[test]
    fn what_is_no_text_is_named_and_a_number_goes_where_somebody_says_so() {
        let mut one = member("1", "a@x.example", &[("skills", "[\"a\"]"), ("joined", "1700000000"), ("city", "Cork")]);
        one.kinds = vec![("skills".into(), "a list"), ("joined".into(), "a number")];
        let (found, unmapped) = told(std::slice::from_ref(&one), &Wish::default(), &takes(None));
        assert_eq!(found[0].fields, [("city".into(), "Cork".into())]);
        assert_eq!(
            unmapped,
            [
                "field||joined|of 1 membership|is a number and no text: with its name in `fields` it goes as text",
                "field||skills|of 1 membership|is a list, and only text is carried"
            ]
        );
        let fields = ["joined", "skills"].map(|name| (name.to_owned(), Some(name.to_owned()))).to_vec();
        let (found, unmapped) = told(&[one], &Wish { fields, ..Wish::default() }, &takes(None));
        assert_eq!(found[0].field("joined"), Some("1700000000"));
        assert_eq!((found[0].field("skills"), unmapped.len()), (None, 1));
    }

    #[test]
    fn first_and_last_name_are_the_name_where_it_is_one_and_whoever_has_it_keeps_it() {
        let takes = Takes {
            joined: &|name| ["first_name", "last_name"].contains(&name).then_some("name"),
            ..takes(Some(&["name", "first_name", "last_name"]))
        };
        let members = [
            member("1", "a@x.example", &[("first_name", "Ana"), ("last_name", "Kim")]),
            member("2", "b@x.example", &[("first_name", "Bo"), ("last_name", "Li"), ("name", "Bo Li")]),
        ];
        let (found, unmapped) = told(&members, &Wish::default(), &takes);
        assert_eq!(found[0].fields, [("name".into(), "Ana Kim".into())]);
        assert_eq!(found[1].fields, [("name".into(), "Bo Li".into())]);
        assert!(unmapped.is_empty(), "{unmapped:?}");
        let fields = vec![("last_name".into(), Some("name".into()))];
        let (found, _) = told(&members[..1], &Wish { fields, ..Wish::default() }, &takes);
        assert_eq!(found[0].fields, [("name".into(), "Kim".into())], "who says which it is has said it all");
    }

    #[test]
    fn whom_the_map_takes_for_somebody_else_as_well_stays_behind() {
        let doubled = [("2".to_owned(), "1".to_owned())].into();
        let takes = Takes { doubled: &doubled, ..takes(None) };
        let members = [member("1", "a@x.example", &[]), member("2", "b@x.example", &[])];
        let (found, unmapped) = told(&members, &Wish::default(), &takes);
        assert_eq!(found.len(), 1);
        assert!(unmapped[0].starts_with("person|2|b@x.example|all of them|the map of who is who says"), "{unmapped:?}");
    }

    #[test]
    fn several_fields_for_one_are_joined_in_the_sources_order() {
        let fields = vec![("last".into(), Some("name".into())), ("first".into(), Some("name".into()))];
        let wish = Wish { fields, ..Wish::default() };
        let members = [
            member("1", "a@x.example", &[("first", "Ana Lucía"), ("last", " Kim ")]),
            member("2", "b@x.example", &[("last", "Kim")]),
        ];
        let (found, unmapped) = told(&members, &wish, &takes(Some(&["name"])));
        assert_eq!(found[0].fields, [("name".into(), "Ana Lucía Kim".into())]);
        assert_eq!(found[1].fields, [("name".into(), "Kim".into())]);
        assert!(unmapped.is_empty(), "{unmapped:?}");
    }

    #[test]
    fn whoever_has_no_address_waits_or_declined_stays_behind_and_is_named() {
        let mut members = [
            member("1", "no address", &[]),
            member("2", "p@x.example", &[]),
            member("3", "d@x.example", &[]),
            member("4", "a@x.example", &[]),
            member("5", "A@X.example", &[]),
        ];
        members[1].standing = Standing::Pending;
        members[2].standing = Standing::Declined;
        let (found, unmapped) = told(&members, &Wish::default(), &takes(None));
        assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["4"]);
        assert_eq!(
            unmapped,
            [
                "person|1|Person 1|all of them|has no address, and that is who somebody is",
                "membership|2|p@x.example|in Berlin|waits to be let in, and nobody can be made to wait elsewhere",
                "membership|3|d@x.example|in Berlin|declined",
                "person|5|A@X.example|in Berlin|has the address of 4"
            ]
        );
    }

    #[test]
    fn roles_go_where_the_other_side_takes_them_and_are_named_where_not() {
        let mut admin = member("1", "a@x.example", &[]);
        admin.admin = true;
        let members = [admin, member("2", "b@x.example", &[("roles", "Community Member, Analysts")])];
        let roles = vec![("Administrator".into(), Some("Admins".into())), ("analysts".into(), Some("Data".into()))];
        let wish = Wish { roles, ..Wish::default() };
        let of_field = Takes { role_field: Some("roles"), ..takes(Some(&["roles"])) };
        let (found, unmapped) = told(&members, &wish, &of_field);
        assert_eq!(found[0].fields, [("roles".into(), "Admins".into())]);
        assert_eq!(found[1].fields, [("roles".into(), "Data".into())]);
        assert!(unmapped.is_empty(), "{unmapped:?}");
        let (_, unmapped) = told(&members, &Wish::default(), &of_field);
        assert_eq!(
            unmapped,
            [
                "role|1|a@x.example|administrator in Berlin|`roles` does not say what it is on Otherside",
                "role|2|b@x.example|Analysts in Berlin|`roles` does not say what it is on Otherside"
            ]
        );
        let (_, unmapped) = told(&members, &wish, &takes(None));
        assert_eq!(unmapped[0], "role|1|a@x.example|administrator in Berlin|Otherside's API gives nobody a role");
        let of_new = Takes { role_of_new: true, ..takes(None) };
        let wish = Wish { role: Some("Member".into()), ..wish };
        let (found, _) = told(&members, &wish, &of_new);
        assert_eq!(found.iter().map(|one| one.role.as_deref()).collect::<Vec<_>>(), [Some("Admins"), Some("Data")]);
        let wish = Wish { roles: vec![("administrator".into(), None)], ..wish };
        let (found, unmapped) = told(&members[..1], &wish, &of_new);
        assert_eq!((found[0].role.as_deref(), unmapped.len()), (Some("Member"), 0), "left behind on purpose");
    }

    #[test]
    fn whom_the_map_names_keeps_the_address_that_they_have_there() {
        let addresses = HashMap::from([("1".to_owned(), Email::parse("new@y.example").unwrap())]);
        let takes = Takes { addresses: &addresses, ..takes(None) };
        let (found, _) = told(&[member("1", "old@x.example", &[])], &Wish::default(), &takes);
        assert_eq!(found[0].email.as_str(), "new@y.example");
    }
}
