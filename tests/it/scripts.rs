//! Writes scripts from a number: sensible ones, that ask for nothing the platform refuses. Later steps use what earlier ones
//! gave. Each write is followed by reads of what it changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The same numbers on every machine (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((number ^ (number >> 31)) % bound as u64) as usize
    }
}

/// Somebody as a script knows them.
#[derive(Clone)]
struct Person {
    /// What stands for their id: `"1005"`, or `p3.id`.
    id: String,
    /// Their address, if the script has given it to them.
    email: Option<String>,
    groups: BTreeSet<usize>,
}

#[derive(Clone)]
struct Group {
    /// What stands for its id.
    id: String,
    parent: Option<usize>,
    /// Whether it was made with a manager.
    managed: bool,
}

/// Writes one script, and remembers what it does.
pub struct Author {
    numbers: Numbers,
    text: String,
    people: BTreeMap<usize, Person>,
    next: usize,
    groups: Vec<Group>,
    /// Addresses that somebody had.
    free: Vec<String>,
}

/// So many people stay in all groups.
const ANCHORS: usize = 10;

/// Every script begins so.
const SHOW: &str = r#"
fn row(u) {
    if u == () { return ["nobody"]; }
    let all = [u.email, u.name, u.first_name, u.last_name, u.is_registered];
    for g in u.groups { all.push(g.id); all.push(g.status ?? "accepted"); }
    if "fields" in u { let f = u.fields; all += [f.first_name, f.email, f.city ?? "", f.job_title ?? ""]; }
    all
}
"#;

impl Author {
    /// For a seeded community of so many people, of whom only those are used that nobody has to know more of.
    pub fn new(seed: u64, people: usize) -> Self {
        let parents = [None, Some(0), Some(0), Some(1), Some(1), Some(1), Some(1), Some(2), Some(2)];
        let groups = parents.iter().enumerate().map(|(place, parent)| Group {
            id: format!("\"{}\"", place + 1),
            parent: *parent,
            managed: false,
        });
        let mut author = Self {
            numbers: Numbers(seed.wrapping_mul(0x1234_5678_9ABC_DEF1)),
            text: SHOW.to_owned(),
            people: BTreeMap::new(),
            next: people,
            groups: groups.collect(),
            free: Vec::new(),
        };
        // Where they are is not known: they are put into the root alone before anything else. Those before them are in
        // every group, so that none is ever empty.
        for place in ANCHORS..people {
            let person = Person { id: format!("\"{}\"", 1001 + place), email: None, groups: BTreeSet::from([0]) };
            author.people.insert(place, person);
        }
        author
    }

    /// The script.
    pub fn script(mut self) -> String {
        let apart = format!("if u.id.parse_int() > {}", 1000 + ANCHORS);
        self.line("for g in 4..=9 { for u in 1006..=1010 { members.add(g, #{ user_id: u }); } }");
        let leave = "if u.groups.some(|p| p.id == g) { members.remove(g, u.id); }";
        self.line(format!("for u in users.list() {{ {apart} {{ for g in [\"2\", \"3\"] {{ {leave} }} }} }}"));
        self.line(format!("for u in users.list() {{ {apart} {{ print(u.groups.map(|g| g.id)); }} }}"));
        for _ in 0..4 + self.numbers.below(14) {
            self.step();
        }
        for group in 0..self.groups.len() {
            self.look_at_group(group);
        }
        self.line("print(users.list().map(|u| u.email));");
        let managed: Vec<String> = (0..self.groups.len())
            .filter(|&group| self.groups[group].managed)
            .map(|group| format!("\"New {group}\""))
            .collect();
        self.line(format!("let managed = [{}];", managed.join(", ")));
        let count = "if managed.contains(g.name) { () } else { g.members_count }";
        self.line(format!("for g in groups.list() {{ print([g.name, {count}, g.parent_group]); }}"));
        self.text
    }

    /// A line of the script. What it prints begins with the line's number: rows of a list may come in any order.
    fn line(&mut self, line: impl AsRef<str>) {
        let number = self.text.lines().count();
        let line = line.as_ref().replace("print(", &format!("print([{number}] + "));
        writeln!(self.text, "{line}").unwrap();
    }

    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn some(&mut self) -> usize {
        let places: Vec<usize> = self.people.keys().copied().collect();
        // Few of them, so that they meet again.
        let few = places.len().min(8);
        let from = if self.numbers.below(3) == 0 { 0 } else { places.len() - few };
        places[from + self.numbers.below(places.len() - from)]
    }

    fn group(&mut self) -> usize {
        match self.numbers.below(3) {
            0 => self.groups.len() - 1,
            _ => self.numbers.below(self.groups.len()),
        }
    }

    fn fields(&mut self) -> String {
        let mut fields = Vec::new();
        for (name, values) in [
            ("first_name", ["Ada", "Grace", "", "Ámbar"]),
            ("last_name", ["Byron", "O'Neil", "Ng", ""]),
            ("city", ["Pune", "Oslo", "Łódź", ""]),
            ("job_title", ["Head", "\\\"quoted\\\"", "ops", "Translator"]),
        ] {
            if self.numbers.below(2) == 0 {
                let value = values[self.numbers.below(4)];
                fields.push(format!("{name}: \"{value}\""));
            }
        }
        if fields.is_empty() {
            fields.push("city: \"Rome\"".to_owned());
        }
        fields.join(", ")
    }

    fn above(&self, group: usize) -> Vec<usize> {
        let mut line = vec![group];
        while let Some(parent) = self.groups[*line.last().unwrap()].parent {
            line.push(parent);
        }
        line
    }

    fn below(&self, group: usize) -> Vec<usize> {
        (0..self.groups.len()).filter(|other| self.above(*other).contains(&group)).collect()
    }

    fn join(&mut self, person: usize, group: usize) {
        let line = self.above(group);
        self.people.get_mut(&person).unwrap().groups.extend(line);
    }

    fn step(&mut self) {
        match self.numbers.below(18) {
            0 | 1 => self.make_group(),
            2 => self.add_by_id(),
            3 | 4 => self.add_by_address(),
            5 => self.update_member(),
            6 => self.update_user(),
            7 => self.remove(),
            8 => self.make_account(),
            9 => self.delete(),
            10 => self.bulk(),
            11 => self.change_groups(),
            12 => self.make_again(),
            13 => self.use_what_is_there(),
            14 => self.let_in(),
            15 => self.start_and_go_on(),
            _ => self.invite(),
        }
    }

    fn make_group(&mut self) {
        // A group at the top would have other fields than the others, and no plan can know which.
        let parent = self.numbers.below(self.groups.len());
        let number = self.groups.len();
        let above = self.groups[parent].id.clone();
        // Whether a manager counts as a member no plan can know either.
        let managed = self.numbers.below(2) == 0;
        if managed {
            self.line(format!(
                "let g{number} = groups.create(#{{ name: \"New {number}\", parent_group_id: {above}, privacy: \"private\", \
                 invite_members_enabled: true, hidden_emails: false, alias_name: \"new-{number}\", \
                 default_emails_frequency: \"daily\", manager_email_address: users.get(\"1001\").email }});"
            ));
        } else {
            let row = format!(
                "#{{ name: \"New {number}\", parent_group_id: {above}, alias_name: \"new-{number}\", privacy: \"private\" }}"
            );
            self.line(format!("print([bulk.create_groups(#{{ groups: [{row}] }}).result.status]);"));
            self.line(format!("let g{number} = groups.list().filter(|g| g.name == \"New {number}\")[0];"));
        }
        self.groups.push(Group { id: format!("g{number}.id"), parent: Some(parent), managed });
        self.line(format!("print([g{number}.name, g{number}.privacy]);"));
        self.line(format!("for u in [\"1001\", \"1002\", \"1003\", \"1006\", \"1007\"] {{ members.add(g{number}.id, #{{ user_id: u }}); }}"));
    }

    fn add_by_id(&mut self) {
        let (person, group) = (self.some(), self.group());
        let fields =
            if self.numbers.below(2) == 0 { format!(", fields: #{{ {} }}", self.fields()) } else { String::new() };
        let (id, of) = (self.people[&person].id.clone(), self.groups[group].id.clone());
        self.line(format!("print(row(members.add({of}, #{{ user_id: {id}{fields} }})));"));
        self.join(person, group);
        self.look_at(person, group);
    }

    fn add_by_address(&mut self) {
        let (group, number) = (self.group(), self.fresh());
        let (of, fields) = (self.groups[group].id.clone(), self.fields());
        let known: Vec<usize> =
            self.people.iter().filter(|(_, person)| person.email.is_some()).map(|(place, _)| *place).collect();
        let (place, email) = match known.get(self.numbers.below(known.len() + 2)) {
            Some(place) => (*place, self.people[place].email.clone().unwrap()),
            None => (number, format!("person{number}@new.example")),
        };
        self.line(format!("let p{number} = members.add({of}, #{{ fields: #{{ email: \"{email}\", {fields} }} }}); print(row(p{number}));"));
        self.people.entry(place).or_insert(Person {
            id: format!("p{number}.id"),
            email: Some(email),
            groups: BTreeSet::new(),
        });
        self.join(place, group);
        self.look_at(place, group);
    }

    fn update_member(&mut self) {
        let person = self.some();
        let groups: Vec<usize> = self.people[&person].groups.iter().copied().collect();
        if groups.is_empty() {
            return;
        }
        let group = groups[self.numbers.below(groups.len())];
        let (id, of, fields) = (self.people[&person].id.clone(), self.groups[group].id.clone(), self.fields());
        self.line(format!("print(row(members.update({of}, {id}, #{{ {fields} }})));"));
        self.look_at(person, group);
    }

    fn update_user(&mut self) {
        let person = self.some();
        let number = self.fresh();
        let mut fields = self.fields();
        let email = (self.numbers.below(3) == 0).then(|| format!("moved{number}@new.example"));
        if let Some(email) = &email {
            fields.push_str(&format!(", email: \"{email}\""));
            let before = self.people.get_mut(&person).unwrap().email.replace(email.clone());
            self.free.extend(before);
        }
        let id = self.people[&person].id.clone();
        self.line(format!("print(row(users.update({id}, #{{ {fields} }})));"));
        self.look_at(person, 0);
    }

    fn remove(&mut self) {
        let person = self.some();
        let groups: Vec<usize> = self.people[&person].groups.iter().copied().collect();
        if groups.is_empty() {
            return;
        }
        let group = groups[self.numbers.below(groups.len())];
        let (id, of) = (self.people[&person].id.clone(), self.groups[group].id.clone());
        let below = self.below(group);
        self.people.get_mut(&person).unwrap().groups.retain(|group| !below.contains(group));
        self.line(format!("members.remove({of}, {id});"));
        self.look_at(person, group);
    }

    fn make_account(&mut self) {
        let (number, fields) = (self.fresh(), self.fields());
        let email = format!("account{number}@new.example");
        self.line(format!(
            "let p{number} = users.create(\"{email}\", #{{ fields: #{{ {fields} }} }}); print(row(p{number}));"
        ));
        self.people.insert(number, Person { id: format!("p{number}.id"), email: Some(email), groups: BTreeSet::new() });
        self.look_at(number, 0);
    }

    fn delete(&mut self) {
        let person = self.some();
        let gone = self.people.remove(&person).unwrap();
        self.line(format!("users.delete({});", gone.id));
        if let Some(email) = gone.email {
            self.free.push(email.clone());
            self.line(format!("print(row(users.find_by_email(\"{email}\")));"));
        }
        self.line("print(users.list().map(|u| u.email));");
    }

    /// An address that somebody had before belongs to somebody else.
    fn make_again(&mut self) {
        let (group, number) = (self.group(), self.fresh());
        let Some(email) = self.free.pop() else { return self.add_by_address() };
        let (of, fields) = (self.groups[group].id.clone(), self.fields());
        let add = format!("members.add({of}, #{{ fields: #{{ email: \"{email}\", {fields} }} }})");
        self.line(format!("let p{number} = {add}; print(row(p{number}));"));
        let person = Person { id: format!("p{number}.id"), email: Some(email), groups: BTreeSet::new() };
        self.people.insert(number, person);
        self.join(number, group);
        self.look_at(number, group);
    }

    /// What is there is not made anew.
    fn use_what_is_there(&mut self) {
        let group = self.numbers.below(self.groups.len());
        let of = self.groups[group].id.clone();
        let known: Vec<String> = self.people.values().filter_map(|person| person.email.clone()).collect();
        if let Some(email) = known.get(self.numbers.below(known.len() + 1)) {
            self.line(format!("members.add({of}, #{{ fields: #{{ email: \"{}\" }} }});", email.to_uppercase()));
            let place = *self.people.iter().find(|(_, person)| person.email.as_ref() == Some(email)).unwrap().0;
            self.join(place, group);
            self.look_at(place, group);
        }
        let name = ["Berlin", "Mentors", "lisbon"][self.numbers.below(3)];
        self.line(format!(
            "print([groups.create(#{{ name: \"{name}\", parent_group_id: \"2\", privacy: \"public\", \
             invite_members_enabled: true, hidden_emails: false, alias_name: \"x\", default_emails_frequency: \"daily\", \
             manager_email_address: users.get(\"1001\").email, if_exists: \"use\" }}).id]);"
        ));
    }

    /// Who waits, and who has declined, is let in by being added.
    fn let_in(&mut self) {
        let (who, group) = (1004 + self.numbers.below(2), self.groups[3].id.clone());
        self.line(format!("print(row(users.get({who})));"));
        self.line(format!("members.add({group}, #{{ user_id: {who} }});"));
        self.line(format!("print(row(members.get({group}, {who}, #{{ include_fields: true }})));"));
        self.look_at_group(3);
    }

    /// A job that nobody waits for.
    fn start_and_go_on(&mut self) {
        let (group, number) = (self.group(), self.fresh());
        let (of, fields, email) = (self.groups[group].id.clone(), self.fields(), format!("later{number}@new.example"));
        let rows = format!("[#{{ fields: #{{ email: \"{email}\", {fields} }} }}]");
        self.line(format!("let j{number} = bulk.create_members(#{{ group_id: {of}, users: {rows}, wait: false }});"));
        self.line(format!("sleep(0.1); print([bulk.status(j{number}.job_id).result.status]);"));
        self.line(format!("let q{number} = users.find_by_email(\"{email}\"); print(row(q{number}));"));
        let person = Person { id: format!("q{number}.id"), email: Some(email), groups: BTreeSet::new() };
        self.people.insert(number, person);
        self.join(number, group);
    }

    fn bulk(&mut self) {
        let (group, number) = (self.group(), self.fresh());
        let of = self.groups[group].id.clone();
        let mut rows = Vec::new();
        let mut who = Vec::new();
        for row in 0..1 + self.numbers.below(4) {
            let known: Vec<usize> =
                self.people.iter().filter(|(_, person)| person.email.is_some()).map(|(place, _)| *place).collect();
            let (place, email) = match known.get(self.numbers.below(known.len() + 2)) {
                Some(place) if !who.contains(place) => (*place, self.people[place].email.clone().unwrap()),
                _ => (number * 100 + row, format!("bulk{number}-{row}@new.example")),
            };
            let fields = self.fields();
            rows.push(format!("#{{ fields: #{{ email: \"{email}\", {fields} }} }}"));
            let id = format!("users.find_by_email(\"{email}\").id");
            self.people.entry(place).or_insert(Person { id, email: Some(email), groups: BTreeSet::new() });
            who.push(place);
        }
        self.line(format!("let j{number} = bulk.create_members(#{{ group_id: {of}, users: [{}] }});", rows.join(", ")));
        self.line(format!(
            "print([bulk.status(j{number}.job_id).result.status, j{number}.result.users_imported.len()]);"
        ));
        for place in who {
            self.join(place, group);
            // Their address may be another one by then.
            let person = self.people.get_mut(&place).unwrap();
            if person.id.starts_with("users.find") {
                let line = format!("let q{number}x{place} = {};", person.id);
                person.id = format!("q{number}x{place}");
                self.line(line);
            }
            self.look_at(place, group);
        }
    }

    fn change_groups(&mut self) {
        let group = self.group();
        let of = self.groups[group].id.clone();
        let privacy = ["public", "private"][self.numbers.below(2)];
        let visible = self.numbers.below(2) == 0;
        let line = match self.numbers.below(2) {
            0 => format!(
                "bulk.update_groups(#{{ groups: [#{{ id: {of}, privacy: \"{privacy}\", members_visible: {visible} }}] }});"
            ),
            _ => format!("groups.update({of}, #{{ privacy: \"{privacy}\", requires_approval: {visible} }});"),
        };
        self.line(line);
        self.look_at_group(group);
    }

    fn invite(&mut self) {
        let group = self.group();
        let of = self.groups[group].id.clone();
        let there: Vec<usize> =
            self.people.iter().filter(|(_, person)| person.groups.contains(&group)).map(|(place, _)| *place).collect();
        let mut ids = Vec::new();
        for place in there {
            if ids.len() < 5 && self.numbers.below(2) == 0 {
                ids.push(self.people[&place].id.clone());
            }
        }
        if ids.is_empty() {
            return;
        }
        self.line(format!("members.invite({of}, #{{ sender_id: \"1001\", recipients_ids: [{}] }});", ids.join(", ")));
    }

    fn look_at(&mut self, person: usize, group: usize) {
        let person = self.people[&person].clone();
        let id = person.id;
        match self.numbers.below(4) {
            0 => self.line(format!("print(row(users.get({id}, #{{ include_fields: true }})));")),
            1 => self.line(format!("print(row(users.get({id})));")),
            2 => match person.email {
                Some(email) => self.line(format!("print(row(users.find_by_email(\"{email}\")));")),
                None => self.line("print(users.list().map(|u| u.name));"),
            },
            _ => self.look_at_group(group),
        }
    }

    fn look_at_group(&mut self, group: usize) {
        let of = self.groups[group].id.clone();
        match self.numbers.below(2) {
            0 => self.line(format!("for m in members.list({of}, #{{ include_fields: true }}) {{ print(row(m)); }}")),
            _ => self.line(format!("print(members.list({of}).map(|m| m.email));")),
        }
        let count = if self.groups[group].managed { "" } else { ", g.members_count" };
        self.line(format!("{{ let g = groups.get({of}); print([g.name, g.privacy{count}]); }}"));
    }
}
