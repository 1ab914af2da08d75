//! Holds our table of AVEVA CONNECT's community users against what the document lists (`src/platforms/aveva/documented.txt`)
//! and its sample answers. Every deliberate difference stands here by name, with its reason.

use std::sync::Arc;

use beadle::catalog::{Answer, Args, Call, FieldTy, Method, Op, Param, Place, Platform, Ty, check};
use beadle::{platforms, wire};
use bytes::Bytes;
use serde_json::{Value, json};

/// Our names of the document's operations.
const NAMES: [(&str, &str); 4] = [
    ("Add User to a Community", "users.add"),
    ("Remove User from a Community", "users.remove"),
    ("List Users of a Tenant in a Community", "users.list"),
    ("Get Count of Users of a Tenant in a Community", "users.count"),
];

/// What the document of community users does not have: reads of its neighbours, by the same maker's documents.
const BEYOND: [(&str, &str); 4] = [
    ("communities.list", "nobody knows a community's id by heart; plans name communities"),
    ("roles.list", "which role is the member's, and which give power, only this says"),
    ("tenant_users.list", "a roster has addresses, and a user is added by id"),
    ("tenant_users.get", "a plan shows who would come in"),
];

/// Arguments of ours, none of them sent.
const OURS: [(&str, &str, &str); 6] = [
    ("users.add", "exact", "the document's PUT replaces the roles; ours adds to them unless this is asked for"),
    ("users.add", "email", "found out: how people know the user"),
    ("users.add", "harmless", "found out: what the brake of powers does not count"),
    ("users.add", "standing", "found out: what plans and look-ups compare"),
    ("users.remove", "email", "found out: how people know the user"),
    ("users.list", "with_roles", "found out: whether our own reads want roles by name"),
];

#[derive(Debug, Default)]
struct Listed {
    name: String,
    method: String,
    path: String,
    query: Vec<String>,
    /// Name, type, place, whether it is optional.
    params: Vec<(String, String, String, bool)>,
    statuses: Vec<(u16, String)>,
}

type Property = (String, String);

fn listed() -> (Vec<Listed>, Vec<(String, Vec<Property>)>) {
    let (mut operations, mut records): (Vec<Listed>, Vec<(String, Vec<Property>)>) = Default::default();
    let text = include_str!("../../src/platforms/aveva/documented.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match words[0].as_str() {
            "operation" => operations.push(Listed { name: words[1..].join(" "), ..Listed::default() }),
            "record" => records.push((words[1].clone(), Vec::new())),
            "property" => records.last_mut().unwrap().1.push((words[1].clone(), words[2].clone())),
            word => {
                let op = operations.last_mut().unwrap();
                match word {
                    "request" => (op.method, op.path) = (words[1].clone(), words[2].clone()),
                    "query" => op.query = words[1..].to_vec(),
                    "param" => {
                        let optional = words.get(4).is_some_and(|word| word == "optional");
                        op.params.push((words[1].clone(), words[2].clone(), words[3].clone(), optional));
                    }
                    "status" => op.statuses.push((words[1].parse().unwrap(), words[2].clone())),
                    _ => panic!("a line that says nothing: {line}"),
                }
            }
        }
    }
    (operations, records)
}

fn aveva() -> &'static Platform {
    platforms::named("aveva").unwrap()
}

fn pairs() -> Vec<(Listed, &'static Op)> {
    listed().0.into_iter().zip(aveva().ops).collect()
}

fn is_ours(param: &&Param) -> bool {
    matches!(param.place, Place::Aside | Place::Found)
}

fn sample(name: &str) -> Bytes {
    let path = format!("{}/tests/data/aveva/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(path).unwrap())
}

fn call(verb: &str, args: Value) -> Call {
    let op = aveva().op("users", verb).unwrap();
    Call { platform: aveva(), op, connection: "aveva".into(), args: check(op, vec![args]).unwrap() }
}

#[test]
fn the_table_has_the_documents_operations_first_and_in_its_order_and_then_what_is_named_here() {
    let titles: Vec<String> = listed().0.into_iter().map(|op| op.name).collect();
    assert_eq!(titles, NAMES.map(|(title, _)| title));
    let names: Vec<String> = aveva().ops.iter().map(Op::name).collect();
    assert_eq!(names[..4], NAMES.map(|(_, name)| name));
    assert_eq!(names[4..], BEYOND.map(|(name, _)| name));
    let beyond: Vec<bool> = aveva().ops.iter().map(|op| op.beyond).collect();
    assert_eq!(beyond, [[false; 4], [true; 4]].concat());
    assert!(aveva().ops[4..].iter().all(|op| op.is_read()), "nothing undocumented changes anything");
}

#[test]
fn verbs_and_paths_are_the_documents() {
    for (listed, op) in pairs() {
        let name = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => format!("{{{}}}", op.param(name).unwrap().on_wire()),
            None => part.to_owned(),
        };
        let path: Vec<String> = op.path.split('/').map(name).collect();
        let whole = format!("{}{}", aveva().prefix, path.join("/"));
        assert_eq!((op.method.as_str(), whole), (listed.method.as_str(), listed.path), "{}", listed.name);
        assert_eq!(op.is_read(), matches!(op.method, Method::Get | Method::Head));
    }
}

#[test]
fn parameters_stand_where_the_document_puts_them_and_have_its_types() {
    for (listed, op) in pairs() {
        let sent: Vec<&Param> = op.params.iter().filter(|param| !is_ours(param)).collect();
        assert_eq!(sent.len(), listed.params.len(), "{}", listed.name);
        for (param, (name, ty, place, optional)) in sent.iter().zip(&listed.params) {
            let fits = match ty.as_str() {
                "string[]" => matches!(param.ty, Ty::Ids(_)),
                "integer" => matches!(param.ty, Ty::Int(..)),
                _ => matches!(param.ty, Ty::Id(_) | Ty::Text(_)),
            };
            assert!(fits, "{}: {name}", listed.name);
            let stands = match place.as_str() {
                "path" => param.place == Place::Path && param.on_wire() == name,
                "query" => param.place == Place::Query && param.on_wire() == name && listed.query.contains(name),
                _ => param.place == Place::Whole,
            };
            assert!(stands, "{}: {name}", listed.name);
            // The tenant may come from the settings, the roles from the community.
            let needed = param.required || param.preset == Some("tenant") || param.name == "role_ids";
            assert_eq!(needed, !optional, "{}: {name}", listed.name);
        }
    }
    let ours: Vec<(String, &str)> = aveva()
        .ops
        .iter()
        .flat_map(|op| op.params.iter().filter(is_ours).map(|param| (op.name(), param.name)))
        .collect();
    assert_eq!(ours, OURS.map(|(op, name, _)| (op.to_owned(), name)));
}

#[test]
fn records_have_what_the_document_defines() {
    let (_, records) = listed();
    let (name, properties) = &records[0];
    let record = aveva().records[0];
    assert_eq!(record.name, name);
    let have: Vec<&str> = record.fields.iter().map(|field| field.name).collect();
    assert_eq!(have, properties.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    for (field, (name, ty)) in record.fields.iter().zip(properties) {
        let want = match ty.as_str() {
            "guid" => FieldTy::Id,
            "string[]" => FieldTy::Ids,
            _ => FieldTy::Text,
        };
        assert_eq!(field.ty, want, "{name}");
    }
    let sample: Value = serde_json::from_slice(&sample("user")).unwrap();
    assert_eq!(sample.as_object().unwrap().keys().collect::<Vec<_>>(), have);
    let refused = (aveva().refuse)(404, "Tenant not found");
    for (name, _) in records[1].1.iter().filter(|(name, _)| name != "DynamicProperties") {
        assert!(refused[name].is_string(), "{name}");
    }
}

#[test]
fn every_documented_status_is_read_as_what_it_is() {
    for (listed, op) in pairs() {
        for (status, body) in &listed.statuses {
            let body = match body.as_str() {
                "User" => sample("user"),
                "User[]" => sample("users"),
                "ErrorResponse" => sample("error"),
                _ => Bytes::new(),
            };
            let read = (aveva().open)(op, *status, &body);
            assert_eq!(read.is_ok(), *status < 300, "{} {status}", listed.name);
            if let Err(fault) = read {
                assert_eq!(fault.message, "string (operation string)", "{} {status}", listed.name);
                assert_eq!(fault.doubtful, *status == 500, "{} {status}", listed.name);
            }
        }
    }
    let Answer::Many(_, keys) = aveva().op("users", "list").unwrap().answer else { panic!("a list") };
    let rows = wire::rows(&sample("users"), keys).unwrap();
    assert_eq!(rows.iter().map(|row| row.id().unwrap()).collect::<Vec<_>>(), ["string"]);
}

#[test]
fn what_is_sent_is_the_list_of_roles_and_nothing_of_ours() {
    let mut add = call(
        "add",
        json!({ "community_id": "c 1", "tenant_id": "t+1", "user_id": "MTIz=", "role_ids": ["r1", "r2"], "exact": true }),
    );
    add.args.set("email", "a@b.example");
    add.args.set("harmless", json!(["r1"]));
    let request = wire::build(&add);
    assert_eq!(request.target, "/v1-preview/Communities/c%201/Tenants/t%2B1/Users/MTIz%3D");
    assert_eq!(request.body.as_deref(), Some(br#"["r1","r2"]"#.as_slice()));
    let (op, read) = wire::recognize(aveva(), "PUT", &request.target, request.body.as_deref().unwrap()).unwrap();
    let back = json!({ "community_id": "c 1", "tenant_id": "t+1", "user_id": "MTIz=", "role_ids": ["r1", "r2"] });
    assert_eq!((op.verb, read.to_value()), ("add", back));
    let list = call("list", json!({ "community_id": "c", "tenant_id": "t", "query": "x", "skip": 5, "count": 7 }));
    let request = wire::build(&list);
    assert_eq!(
        (request.target.as_str(), request.body),
        ("/v1-preview/Communities/c/Tenants/t/Users?query=x&skip=5&count=7", None)
    );
    let (op, _) = wire::recognize(aveva(), "HEAD", "/v1-preview/Communities/c/Tenants/t/Users", b"").unwrap();
    assert_eq!(op.verb, "count");
    let (op, _) = wire::recognize(aveva(), "DELETE", "/v1-preview/Communities/c/Tenants/t/Users/u", b"").unwrap();
    assert_eq!(op.verb, "remove");
}

#[test]
fn the_tenant_is_left_out_where_the_settings_name_it_and_what_beadle_finds_nobody_gives() {
    let op = aveva().op("users", "add").unwrap();
    let given = |args: Vec<Value>| check(op, args).map(|args| args.to_value()).map_err(|error| error.problem);
    assert_eq!(given(vec![json!("c"), json!("u")]), Ok(json!({ "community_id": "c", "user_id": "u" })));
    let three = given(vec![json!("c"), json!("t"), json!("u"), json!({ "role_ids": "r" })]);
    assert_eq!(three.unwrap_err(), "`role_ids` must be a list of ids, not `\"r\"`");
    assert!(given(vec![json!("c")]).unwrap_err().starts_with("`user_id` is missing"));
    let found = given(vec![json!("c"), json!("u"), json!({ "harmless": ["r"] })]);
    assert_eq!(found.unwrap_err(), "`harmless` is filled in by beadle alone");
    assert!(given(vec![json!("c"), json!("a/b")]).is_err(), "an id in a path does not climb");
}

#[test]
fn what_was_found_out_does_not_make_another_effect() {
    let plain = call("add", json!({ "community_id": "c", "tenant_id": "t", "user_id": "u", "role_ids": ["r"] }));
    let mut found = plain.clone();
    found.args.set("standing", json!({ "before": null, "after": [] }));
    assert_eq!(plain.digest(), found.digest());
    let part = |call: &Call| call.digest_of(&call.pieces()[0].subjects[0].1);
    assert_eq!(part(&plain), part(&found));
    let mut other = plain.clone();
    other.args.set("role_ids", json!(["r", "s"]));
    assert_ne!(part(&plain), part(&other));
}

/// A completed `users.add`, from what the reads give.
fn completed(args: Value, roles: Value, users: Value) -> Result<Args, String> {
    let add = call("add", args);
    let completion = aveva().adapter.completion(&add).unwrap();
    let reads: Vec<Arc<Value>> = [roles, users].into_iter().map(Arc::new).collect();
    (completion.fill)(&add, &reads).map(|call| call.args)
}

const MEMBER: &str = "f79a55da-7c76-4600-a809-0f62ca9971d9";
const ADMINISTRATOR: &str = "b50b3349-fa9e-4a03-9220-cf99184b4645";

fn roles() -> Value {
    json!([
        { "Id": "rm", "Name": "Community Member", "RoleTypeId": MEMBER },
        { "Id": "ra", "Name": "Community Administrator", "RoleTypeId": ADMINISTRATOR },
        { "Id": "rx", "Name": "Analysts" },
        { "Id": "ry", "Name": "Operators" },
    ])
}

#[test]
fn roles_are_united_with_what_is_there_and_the_members_is_always_among_them() {
    let held = json!([{ "Id": "U1", "Email": "A@b.example", "RoleIds": ["rm", "ra", "gone"] }]);
    let add = |user: &str, more: Value| {
        let mut args = json!({ "community_id": "c", "tenant_id": "t", "user_id": user });
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        completed(args, roles(), held.clone())
    };
    let ids = |args: &Args| args.get("role_ids").cloned().unwrap();
    let whole = add("u1", json!({ "role_ids": ["analysts"] })).unwrap();
    assert_eq!(ids(&whole), json!(["gone", "ra", "rm", "rx"]), "nothing that was there goes, known or not");
    assert_eq!((whole.text("user_id"), whole.text("email")), ("U1", "A@b.example"));
    assert_eq!(ids(&add("u2", json!({})).unwrap()), json!(["rm"]));
    assert_eq!(ids(&add("u2", json!({ "role_ids": ["rx"], "exact": true })).unwrap()), json!(["rm", "rx"]));
    assert_eq!(
        ids(&add("u2", json!({ "role_ids": [], "exact": true })).unwrap()),
        json!(["rm"]),
        "a member and no more"
    );
    let kept = add("u1", json!({ "role_ids": ["administrator", "ry"], "exact": true })).unwrap();
    assert_eq!(ids(&kept), json!(["ra", "rm", "ry"]));
    let demoted = add("u1", json!({ "role_ids": ["rx"], "exact": true })).unwrap_err();
    assert!(demoted.starts_with("this would take the role `Community Administrator` from A@b.example"), "{demoted}");
    let unknown = add("u1", json!({ "role_ids": ["nobody"] })).unwrap_err();
    assert_eq!(
        unknown,
        "community c has no role \"nobody\"; it has \"Community Member\", \"Community Administrator\", \"Analysts\", \"Operators\""
    );
    let args = json!({ "community_id": "c", "tenant_id": "t", "user_id": "u2" });
    let nowhere = completed(args.clone(), Value::Null, Value::Null).unwrap_err();
    assert_eq!(nowhere, "there is no community `c`; `communities.list()` shows those there are");
    let blind = completed(args, json!([]), json!([])).unwrap_err();
    assert_eq!(blind, "`roles.list(\"c\")` names no role of members, and nobody can be in a community without it");
}

#[test]
fn only_new_power_counts_as_granted() {
    let held = json!([{ "Id": "u1", "RoleIds": ["rm", "ra"] }, { "Id": "u2", "RoleIds": ["rm"] }]);
    let granted = |user: &str, role: &str| {
        let args = json!({ "community_id": "c", "tenant_id": "t", "user_id": user, "role_ids": [role] });
        let args = completed(args, roles(), held.clone()).unwrap();
        let op = aveva().op("users", "add").unwrap();
        let call = Call { platform: aveva(), op, connection: "aveva".into(), args };
        call.grants().into_iter().map(|grant| grant.person).collect::<Vec<_>>()
    };
    assert!(granted("u2", "rx").is_empty());
    assert!(granted("u1", "ra").is_empty(), "they have it already");
    assert_eq!(granted("u2", "Community Administrator"), ["u2"]);
    assert_eq!(granted("u2", "0a0b0c0d-0000-4000-8000-000000000001"), ["u2"], "nobody knows what it gives");
}

#[test]
fn an_address_means_one_user_and_two_of_them_are_told_apart_by_id() {
    let add = call("add", json!({ "community_id": "c", "tenant_id": "t", "user_id": "Ada@B.example" }));
    let completion = aveva().adapter.completion(&add).unwrap();
    let names: Vec<String> = completion.reads.iter().map(|read| read.op.name()).collect();
    assert_eq!(names, ["roles.list", "users.list", "tenant_users.list"]);
    let fill = |users: Value, tenant: Value| {
        let reads: Vec<Arc<Value>> = [roles(), users, tenant].into_iter().map(Arc::new).collect();
        (completion.fill)(&add, &reads).map(|call| call.args.text("user_id").to_owned())
    };
    let ada = |id: &str| json!({ "Id": id, "Email": "ada@b.example", "RoleIds": ["tenant-role"] });
    assert_eq!(fill(json!([]), json!([{ "Id": "x" }, ada("u1")])), Ok("u1".into()));
    assert_eq!(fill(json!([ada("u2")]), json!([ada("u1"), ada("u2")])), Ok("u2".into()), "the one in the community");
    assert!(fill(json!([]), json!([ada("u1"), ada("u2")])).unwrap_err().ends_with("u1 and u2; name one by id"));
    assert!(fill(json!([]), json!([])).unwrap_err().starts_with("no user of the tenant has the address Ada@B.example"));
}
