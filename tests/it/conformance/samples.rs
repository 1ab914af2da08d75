//! Arguments for any operation, made from its table and from what the platform's own lists show of the sandbox's community.
//! Each operation gets people, groups and invitations of its own, so that one script can call all of them.

use beadle::catalog::{Args, Consequence, Op, Param, Place, Platform, Ty, Write, check};
use beadle::model::{Member, Standing};
use beadle::sandbox::{DELIVERY, ROSTER_GROUP, Seed};
use beadle::world::{Kind as Id, guid};
use serde_json::{Map, Value, json};

use super::stage::Stage;

/// What the platform shows before anything is changed.
pub struct Known {
    pub platform: &'static Platform,
    /// The group with the most to see.
    pub group: String,
    /// Groups without groups below them, not that one.
    leaves: Vec<String>,
    /// Ids and addresses of the group's plain members.
    pub members: Vec<(String, String)>,
    /// Those whom the platform never invited.
    pub strangers: Vec<String>,
    /// One of its administrators, likewise.
    pub admin: (String, String),
    /// Addresses of people who have an account and are not in the group.
    pub outsiders: Vec<String>,
    invitations: Vec<String>,
    /// A role that gives nobody power.
    role: Option<String>,
    /// What has to be made before there is one of it to be changed.
    pub setup: Option<String>,
}

/// What the table alone does not say: what stands in a roster that the platform takes whole, where a file lies on the
/// platform's server. By platform, operation and argument.
const SPECIAL: &[(&str, &str, &str, &str)] = &[
    ("hivesocial", "invitations.evaluate", "csv_path", r#""/tmp/users.csv""#),
    (
        "vitable",
        "members.sync",
        "members",
        r#"[{"reference_id":"E1","first_name":"Ada","last_name":"Lovelace","date_of_birth":"1961-05-15","plan_id":"pln_HGHZ7OSAZNQAAAAAAAAAAQ","phone":"+15555550101","email":"ada@staff.example","address":{"address_line_1":"1 Main St","city":"Pittsburgh","state":"PA","zipcode":"15222"}}]"#,
    ),
];

impl Known {
    /// Reads it, on a sandbox that nothing has touched.
    pub fn of(platform: &'static Platform) -> Self {
        let mut known = Self::seen(platform, &Stage::new(platform));
        let create = platform.op("invitations", "create").filter(|_| known.invitations.is_empty());
        if let Some(op) = create {
            let mut args = known.sample(op).unwrap();
            args.insert("group_ids".into(), json!([known.leaves[0]]));
            known.setup = Some(call(op, &Value::Object(args)));
            known.invitations = Self::seen(platform, &Stage::prepared(&known)).invitations;
        }
        known
    }

    fn seen(platform: &'static Platform, stage: &Stage) -> Self {
        let (adapter, connection) = (platform.adapter, platform.connection);
        let read = |op: &Op, args: &Args| {
            let found = |name: &String| op.param(name).is_some_and(|param| param.place == Place::Found);
            let args = args.iter().filter(|(name, _)| !found(name)).map(|(name, value)| (name.clone(), value.clone()));
            let call = call(op, &Value::Object(args.collect()));
            let script = format!("for it in {call} {{ print(it.to_json()); }}");
            stage.run(&script).ended(&[0], &script).printed()
        };
        let groups = adapter.groups(connection).map(|call| read(call.op, &call.args)).unwrap_or_default();
        let groups: Vec<_> = groups.iter().filter_map(|row| adapter.group(row)).collect();
        let group = match groups.iter().find(|group| group.name.contains("Berlin")) {
            Some(group) => group.id.clone(),
            None => guid(Id::Group, ROSTER_GROUP),
        };
        let is_leaf = |id: &str| !groups.iter().any(|group| group.parent.as_deref() == Some(id));
        let leaves = groups.iter().map(|group| group.id.clone()).filter(|id| *id != group && is_leaf(id)).collect();
        let members = adapter.members(connection, &group).map(|call| read(call.op, &call.args)).unwrap_or_default();
        let members: Vec<_> = members.iter().filter_map(|row| adapter.member(&group, row)).collect();
        let key = |it: &Member| it.email.as_ref().map(|email| (it.id.clone(), email.key().to_owned()));
        let (admins, plain): (Vec<Member>, Vec<Member>) =
            members.into_iter().filter(|it| it.standing == Standing::Accepted).partition(|it| it.admin);
        let stranger = |it: &&Member| it.invited_at.is_none() && it.registered != Some(true);
        let list = |noun: &str| {
            let op = platform.op(noun, "list");
            let args = |op| Args::from_checked(given(op, |param| param.required.then(|| json!(group))));
            op.map(|op| read(op, &args(op))).unwrap_or_default()
        };
        let text = |row: &Value, keys: [&str; 2]| keys.iter().find_map(|key| row[*key].as_str().map(str::to_owned));
        let plain_role = |row: &&Value| text(row, ["name", "Name"]).is_some_and(|name| name.contains("Member"));
        Self {
            platform,
            leaves,
            admin: admins.iter().find_map(key).unwrap_or_default(),
            // From the other end: nobody is met by two operations.
            strangers: plain.iter().rev().filter(stranger).map(|it| it.id.clone()).collect(),
            members: plain.iter().filter_map(key).collect(),
            outsiders: outsiders(),
            invitations: list("invitations").iter().filter_map(|row| text(row, ["id", "Id"])).collect(),
            role: list("roles").iter().find(plain_role).and_then(|row| text(row, ["id", "Id"])),
            setup: None,
            group,
        }
    }

    /// Arguments that the operation takes; `None` where no value is known for one of them.
    pub fn sample(&self, op: &'static Op) -> Option<Map<String, Value>> {
        let place = self.platform.ops.iter().position(|known| std::ptr::eq(known, op)).unwrap_or(0);
        let mut args = Map::new();
        // Where nothing is demanded, something is given all the same: a change of nothing says nothing.
        let wanted = |param: &&Param| param.required || (!op.is_read() && self.is_telling(op, param));
        for param in op.params.iter().filter(wanted) {
            args.insert(param.name.to_owned(), self.value(op, param, place)?);
        }
        check(op, vec![Value::Object(args.clone())])
            .unwrap_or_else(|error| panic!("{}: {args:?}: {error:?}", op.name()));
        Some(args)
    }

    /// Whether an argument that may be left out says what a call is for.
    fn is_telling(&self, op: &Op, param: &Param) -> bool {
        if op.batch.is_some_and(|batch| batch.param == param.name) {
            return true;
        }
        let changes = consequence(op) == Some(Consequence::Changes);
        match param.name {
            "name" | "first_name" | "last_name" | "bio" => changes,
            "fields" => true,
            "group_id" => param.place == Place::Aside,
            _ => false,
        }
    }

    fn value(&self, op: &Op, param: &Param, place: usize) -> Option<Value> {
        let name = op.name();
        let special = SPECIAL.iter().find(|(platform, operation, argument, _)| {
            (*platform, *operation, *argument) == (self.platform.name, name.as_str(), param.name)
        });
        if let Some((.., value)) = special {
            return Some(serde_json::from_str(value).unwrap());
        }
        let consequence = consequence(op);
        let member = |more: usize| self.members.get(place * 4 + more);
        let address = || match consequence {
            Some(Consequence::Adds) => self.outsiders.get(place).cloned(),
            Some(Consequence::Creates | Consequence::Tells) => Some(format!("new{place}@arrivals.example")),
            _ => member(0).map(|(_, address)| address.clone()),
        };
        Some(match (param.ty, param.name) {
            (Ty::Id(_), "sender_id") => json!(self.admin.0),
            (Ty::Id(_), "role_id") => json!(self.role.as_ref()?),
            (Ty::Id(_), "invitation_id") => json!(self.invitations.get(place % self.invitations.len().max(1))?),
            (Ty::Id(_), "id") if op.noun == "webhooks" => json!(DELIVERY),
            (Ty::Id(_), "user_id" | "member_id") if consequence == Some(Consequence::Adds) => json!(address()?),
            (Ty::Id(_), "user_id" | "member_id") => json!(member(0)?.0),
            (Ty::Id(_), "id") if op.noun == "users" => json!(member(0)?.0),
            (Ty::Id(_), "id" | "group_id") if op.noun == "groups" && consequence.is_some() => {
                json!(self.leaves.get(place % self.leaves.len().max(1))?)
            }
            (Ty::Id(_), "id") if op.noun == "bulk" => json!(self.leaves.get(place % self.leaves.len().max(1))?),
            (Ty::Id(_), "id" | "group_id" | "community_id" | "parent_group_id") => json!(self.group),
            (Ty::Ids(_), "group_ids") => json!([self.group]),
            (Ty::Ids(_), _) => json!([self.strangers.get(place * 2)?, self.strangers.get(place * 2 + 1)?]),
            (Ty::Text(_), "keywords") => json!("berlin"),
            (Ty::Text(_), _) => json!(format!("Word {place}")),
            (Ty::Email, "manager_email_address") => json!(self.admin.1),
            (Ty::Email, _) => json!(address()?),
            (Ty::Emails, _) => json!([address()?]),
            (Ty::Int(least, _), _) => json!(least.max(1)),
            (Ty::Bool, _) => json!(true),
            (Ty::Choice(list), _) => json!(list.first()?.name),
            (Ty::Choices(list), _) => json!([list.first()?.name]),
            (Ty::Fields, _) => match consequence {
                Some(Consequence::Adds | Consequence::Creates) => json!({ "email": address()?, "first_name": "First" }),
                _ => json!({ "first_name": format!("Changed {place}") }),
            },
            (Ty::Map(params), _) => Value::Object(self.map(op, params, place)?),
            (Ty::Rows(params), _) => json!([self.map(op, params, place)?]),
            _ => return None,
        })
    }

    fn map(&self, op: &Op, params: &[Param], place: usize) -> Option<Map<String, Value>> {
        let wanted = params.iter().filter(|param| param.required || self.is_telling(op, param));
        wanted.map(|param| Some((param.name.to_owned(), self.value(op, param, place)?))).collect()
    }

    /// The operations that change something, each as a script calls it.
    pub fn writes(&self) -> Vec<Sampled> {
        let sampled = |op: &'static Op| {
            let args = self.sample(op).unwrap_or_else(|| panic!("no arguments are known for {}", op.name()));
            let checked = check(op, vec![Value::Object(args.clone())]).unwrap();
            let write = *op.write(&checked).unwrap();
            Sampled { op, write, call: call(op, &Value::Object(args)) }
        };
        self.platform.ops.iter().filter(|op| !op.is_read()).map(sampled).collect()
    }
}

/// A write with arguments.
#[derive(Clone)]
pub struct Sampled {
    pub op: &'static Op,
    /// What it is with these.
    pub write: Write,
    pub call: String,
}

fn consequence(op: &Op) -> Option<Consequence> {
    op.write(&Args::default()).map(|write| write.consequence)
}

/// Whoever has an account and is not in the group, by the seed.
fn outsiders() -> Vec<String> {
    let world = Seed::default().world();
    let out = world.users_from(0).filter(|user| user.registered && user.membership(ROSTER_GROUP).is_none());
    out.map(|user| user.email.to_lowercase()).collect()
}

fn given(op: &Op, value: impl Fn(&Param) -> Option<Value>) -> Map<String, Value> {
    op.params.iter().filter_map(|param| Some((param.name.to_owned(), value(param)?))).collect()
}

/// A call as it stands in a script.
pub fn call(op: &Op, args: &Value) -> String {
    let args = if args.as_object().is_some_and(Map::is_empty) { String::new() } else { literal(args) };
    format!("{}({args})", op.name())
}

/// A value as a script writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "()".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", literal(value))).collect();
            format!("#{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
