//! What the foreign server holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What is answered where nobody has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    Array,
    Null,
    Map,
    NotFound,
    Failure,
    Disguised,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: u64,
    pub email: String,
    pub fields: Map<String, Value>,
    pub admin: bool,
    /// Groups, each with the time of the last invitation.
    pub groups: BTreeMap<u64, u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Community {
    pub people: Vec<Person>,
    pub groups: Vec<(u64, String, Option<u64>)>,
    pub jobs: BTreeMap<String, (u32, Vec<u64>)>,
    pub mailed: BTreeMap<(u64, u64), u32>,
    next: u64,
}

impl Community {
    pub fn new() -> Self {
        let groups = vec![(1, "Everybody".to_owned(), None), (12, "Chapter".to_owned(), Some(1))];
        let mut this = Self { groups, next: 900, ..Self::default() };
        this.add(100, "admin@x.example", "Ada", true);
        for number in 0..24 {
            this.add(200 + number, &format!("p{number}@x.example"), &format!("Person {number}"), false);
        }
        this
    }

    fn add(&mut self, id: u64, email: &str, name: &str, admin: bool) {
        let mut fields = Map::new();
        fields.insert("first_name".into(), name.into());
        let groups = BTreeMap::from([(1, 0), (12, 0)]);
        self.people.push(Person { id, email: email.to_owned(), fields, admin, groups });
    }

    pub fn members_of(&self, group: u64) -> BTreeSet<String> {
        self.people.iter().filter(|p| p.groups.contains_key(&group)).map(|p| p.email.clone()).collect()
    }

    pub fn field(&self, email: &str, name: &str) -> String {
        let person = self.people.iter().find(|p| p.email == email);
        person.and_then(|p| p.fields.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn person(&mut self, id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|p| p.id.to_string() == id)
    }

    /// Makes or overwrites an account and puts it into a group and those above.
    pub fn upsert(&mut self, group: u64, fields: &Value) -> Option<u64> {
        let mut fields = fields.as_object()?.clone();
        let email = fields.shift_remove("email")?.as_str()?.to_lowercase();
        self.next += 1;
        let parent = self.groups.iter().find(|g| g.0 == group)?.2;
        if !self.people.iter().any(|p| p.email == email) {
            let groups = BTreeMap::new();
            self.people.push(Person { id: self.next, email: email.clone(), fields: Map::new(), admin: false, groups });
        }
        let person = self.people.iter_mut().find(|p| p.email == email)?;
        person.fields.extend(fields);
        for group in [Some(group), parent].into_iter().flatten() {
            person.groups.entry(group).or_insert(0);
        }
        Some(person.id)
    }

    pub fn job(&mut self, ids: Vec<u64>) -> String {
        self.next += 1;
        let id = format!("5df5b23a8d1fb26ee12d{:04x}", self.next);
        self.jobs.insert(id.clone(), (0, ids));
        id
    }

    pub fn make_group(&mut self, row: &Value) -> u64 {
        self.next += 1;
        let parent = row["parent_group_id"].as_u64();
        self.groups.push((self.next, row["name"].as_str().unwrap_or_default().to_owned(), parent));
        self.next
    }

    pub fn group(&self, id: u64) -> Option<Value> {
        let (id, name, parent) = self.groups.iter().find(|g| g.0 == id)?;
        let field =
            |n: u64, name: &str| json!({ "id": n, "name": name, "type": "text", "unique_name": name, "options": null });
        Some(json!({
            "id": id, "name": name, "parent_group": parent, "privacy": "public", "hidden_emails": null,
            "created_at": 1_400_000_000_000_u64, "update_at": 1_400_000_000_000_u64, "members_count": self.members_of(*id).len(),
            "fields": [field(1, "first_name"), field(2, "last_name"), field(3, "email"), field(4, "city")],
        }))
    }
}

/// A person as an answer has them; ids of every type.
pub fn shown(person: &Person, text_ids: bool) -> Value {
    let id = |id: u64| if text_ids { Value::from(id.to_string()) } else { Value::from(id) };
    let groups: Vec<Value> = person
        .groups
        .iter()
        .map(|(group, at)| match at {
            0 => json!({ "id": id(*group), "is_admin": person.admin }),
            at => json!({ "id": id(*group), "is_admin": person.admin, "last_invited_in": at, "status": "approved" }),
        })
        .collect();
    json!({
        "id": id(person.id), "email": person.email, "name": person.fields.get("first_name"),
        "first_name": person.fields.get("first_name"), "last_name": null, "is_registered": person.admin,
        "groups": groups, "fields": person.fields, "avatar": {}, "unheard_of": [1, { "a": null }],
    })
}
