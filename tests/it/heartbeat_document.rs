//! Holds our table of Heartbeat against what its document lists (`src/platforms/heartbeat/documented.txt`). Every deliberate
//! difference stands here by name, with its reason.

use beadle::catalog::{Call, Consequence, Mails, Op, Param, Place, Platform, Protocol, Repeat, Ty, Wire, check};
use beadle::{platforms, wire};
use serde_json::{Map, Value, json};

/// Arguments that the document does not have; none of them is sent.
const OURS: &[(&str, &str, &str)] = &[
    ("invitations.create", "role", "whether a role gives power only its name says"),
    ("users.create", "role", "whether a role gives power only its name says"),
    ("users.create_pending", "role", "whether a role gives power only its name says"),
    ("users.list", "group_id", "the tool lists everybody: the others are left out here"),
    ("users.list", "emails", "the tool lists everybody: the others are left out here"),
];

/// What a tool is called here.
const NAMES: &[(&str, &str)] = &[
    ("add_group_members", "members.add"),
    ("create_group", "groups.create"),
    ("create_invitation", "invitations.create"),
    ("create_pending_user", "users.create_pending"),
    ("create_user", "users.create"),
    ("delete_group", "groups.delete"),
    ("delete_user", "users.delete"),
    ("find_user", "users.find_by_email"),
    ("get_group", "groups.get"),
    ("get_notifications", "notifications.count"),
    ("get_user", "users.get"),
    ("list_groups", "groups.list"),
    ("list_invitations", "invitations.list"),
    ("list_roles", "roles.list"),
    ("list_users", "users.list"),
    ("reactivate_user", "users.reactivate"),
    ("remove_group_members", "members.remove"),
    ("update_group", "groups.update"),
    ("update_invitation", "invitations.update"),
    ("update_user", "users.update"),
];

#[derive(Debug, Default)]
struct Tool {
    name: String,
    params: Vec<(String, String, bool)>,
}

fn listed() -> Vec<Tool> {
    let mut all: Vec<Tool> = Vec::new();
    let text = include_str!("../../src/platforms/heartbeat/documented.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["tool", name] => all.push(Tool { name: name.to_owned(), params: Vec::new() }),
            ["param", name, ty, needed] => {
                all.last_mut().unwrap().params.push((name.to_owned(), ty.to_owned(), needed == "required"));
            }
            _ => panic!("a line that says nothing: {line}"),
        }
    }
    all
}

fn heartbeat() -> &'static Platform {
    platforms::named("heartbeat").unwrap()
}

fn pairs() -> Vec<(Tool, &'static Op)> {
    let tools = listed();
    assert_eq!((tools.len(), heartbeat().ops.len()), (20, 20));
    tools.into_iter().zip(heartbeat().ops).collect()
}

fn sent(op: &Op) -> Vec<&'static Param> {
    op.params.iter().filter(|param| param.place != Place::Aside).collect()
}

#[test]
fn the_table_has_the_documents_twenty_tools_in_its_order_under_the_names_of_all_platforms() {
    for ((tool, op), (documented, name)) in pairs().iter().zip(NAMES) {
        assert_eq!((tool.name.as_str(), op.name().as_str()), (*documented, *name));
        assert_eq!(op.path, format!("/heartbeat_community_{documented}"));
        assert_eq!(op.method.as_str(), "POST");
    }
    assert_eq!(heartbeat().prefix, "/heartbeat-community");
    let header = ("x-selected-org", "selected_org");
    assert_eq!(heartbeat().protocol, Protocol::Tools { with: ("PCID", "pcid"), header });
    assert!(heartbeat().credentials.iter().any(|credential| credential.key == "pcid" && credential.required));
}

#[test]
fn every_listed_parameter_is_in_the_table_and_nothing_else_but_what_is_named_here() {
    for (tool, op) in pairs() {
        let have: Vec<&str> = sent(op).into_iter().map(Param::on_wire).collect();
        let want: Vec<&str> = tool.params.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(have, want, "{}", tool.name);
        for param in op.params.iter().filter(|param| param.place == Place::Aside) {
            assert!(OURS.iter().any(|(of, name, _)| *of == op.name() && *name == param.name), "{}", param.name);
        }
    }
    let aside: usize = pairs().iter().map(|(_, op)| op.params.len() - sent(op).len()).sum();
    assert_eq!(aside, OURS.len(), "a difference that is not there any more");
}

#[test]
fn types_and_what_is_required_are_those_of_the_document() {
    for (tool, op) in pairs() {
        for ((name, ty, required), param) in tool.params.iter().zip(sent(op)) {
            let fits = match ty.as_str() {
                "boolean" => param.ty == Ty::Bool,
                "string[]" => matches!(param.ty, Ty::Emails | Ty::Ids(Wire::Text)),
                "string" => matches!(param.ty, Ty::Text(0) | Ty::Email | Ty::Id(Wire::Text)),
                other => panic!("{other}"),
            };
            assert!(fits, "{}.{name} is {ty}, not {:?}", tool.name, param.ty);
            assert_eq!(param.required, *required, "{}.{name}", tool.name);
            let spelt = name.replace("IDs", "_ids").replace("ID", "_id");
            let snake: String = spelt
                .chars()
                .flat_map(|sign| match sign.is_ascii_uppercase() {
                    true => vec!['_', sign.to_ascii_lowercase()],
                    false => vec![sign],
                })
                .collect();
            assert_eq!(param.name, snake, "{}: snake case, as on every platform", tool.name);
        }
    }
}

fn plain(param: &Param) -> Value {
    match param.ty {
        Ty::Bool => true.into(),
        Ty::Email => "Ada@B.example".into(),
        Ty::Emails => json!(["a@b.example", "A@B.example", "c@d.example"]),
        Ty::Ids(_) => json!(["g-1", "g-2"]),
        Ty::Text(_) if param.name == "profile_picture" => "data:image/png;base64,AA==".into(),
        _ => format!("some {}", param.name).into(),
    }
}

#[test]
fn a_call_becomes_the_tools_name_and_its_arguments_and_is_recognised_again() {
    for (tool, op) in pairs() {
        let given: Map<String, Value> = op.params.iter().map(|param| (param.name.to_owned(), plain(param))).collect();
        let args = check(op, vec![Value::Object(given)]).unwrap();
        let call = Call { platform: heartbeat(), op, connection: "heartbeat".into(), args: args.clone() };
        let request = wire::build(&call);
        assert_eq!(request.target, format!("/heartbeat_community_{}", tool.name));
        let body = request.body.unwrap();
        let arguments: Value = serde_json::from_slice(&body).unwrap();
        assert!(arguments.get("role").is_none(), "only its id is sent");
        let names: Vec<&String> = arguments.as_object().unwrap().keys().collect();
        let mut want: Vec<&String> = tool.params.iter().map(|(name, _, _)| name).collect();
        let mut have = names.clone();
        want.sort();
        have.sort();
        assert_eq!(have, want, "{}", tool.name);
        let (found, read) = wire::recognize(heartbeat(), "POST", &request.target, &body).unwrap();
        assert_eq!(found.name(), op.name());
        for param in sent(op) {
            assert_eq!(read.get(param.name), args.get(param.name), "{}.{}", tool.name, param.name);
        }
    }
    assert!(wire::recognize(heartbeat(), "GET", "/heartbeat_community_list_users", b"").is_none());
    assert!(wire::recognize(heartbeat(), "POST", "/heartbeat_community_nothing", b"{}").is_none());
}

#[test]
fn groups_invitations_and_addresses_stand_first_and_need_no_name() {
    let positional = |name: &str| {
        let (noun, verb) = name.split_once('.').unwrap();
        let op = heartbeat().op(noun, verb).unwrap();
        op.positional().iter().map(|param| param.name).collect::<Vec<_>>()
    };
    assert_eq!(positional("members.add"), ["group_id", "emails"]);
    assert_eq!(positional("members.remove"), ["group_id", "emails"]);
    assert_eq!(positional("groups.update"), ["group_id"]);
    assert_eq!(positional("groups.create"), ["name"]);
    assert_eq!(positional("users.find_by_email"), ["email"]);
    assert_eq!(positional("users.update"), ["email"]);
    assert_eq!(positional("users.get"), ["user_id"]);
    assert_eq!(positional("invitations.update"), ["invitation_id"]);
    assert!(positional("users.list").is_empty());
}

#[test]
fn what_repeating_means_and_what_may_mail_is_as_decided() {
    let of = |name: &str, args: Value| {
        let (noun, verb) = name.split_once('.').unwrap();
        let op = heartbeat().op(noun, verb).unwrap();
        let args = beadle::catalog::Args::from_checked(args.as_object().unwrap().clone());
        let write = op.write(&args).copied().unwrap();
        (write.repeat, write.consequence, write.mails)
    };
    use Consequence::{Adds, Changes, Creates, Deletes, Moves, Removes, Tells};
    use Mails::{No, Unknown, Yes};
    use Repeat::{CheckFirst, Converges, ProvesOnlyDone, Unprovable};
    let none = json!({});
    assert_eq!(of("members.add", none.clone()), (CheckFirst, Adds, Unknown));
    let siblings = json!({ "should_remove_from_sibling_groups": true });
    assert_eq!(of("members.add", siblings), (CheckFirst, Moves, Unknown));
    assert_eq!(of("members.remove", none.clone()), (Converges, Removes, No));
    assert_eq!(of("users.create", none.clone()), (CheckFirst, Creates, Unknown));
    assert_eq!(of("users.create_pending", none.clone()), (ProvesOnlyDone, Creates, Unknown));
    assert_eq!(of("users.update", none.clone()), (Converges, Changes, No));
    assert_eq!(of("users.delete", none.clone()), (Converges, Deletes, No));
    assert_eq!(of("users.reactivate", none.clone()), (Converges, Changes, No));
    assert_eq!(of("groups.create", none.clone()), (CheckFirst, Creates, Unknown));
    assert_eq!(of("groups.update", none.clone()), (Converges, Changes, No));
    assert_eq!(of("groups.delete", none.clone()), (Converges, Deletes, No));
    assert_eq!(of("invitations.create", none.clone()), (CheckFirst, Creates, No));
    assert_eq!(of("invitations.update", json!({ "should_send_email": false })), (Converges, Adds, No));
    assert_eq!(of("invitations.update", json!({ "should_send_email": true })), (Unprovable, Tells, Yes));
    let update = heartbeat().op("invitations", "update").unwrap();
    assert_eq!(update.carefully().unwrap().repeat, Unprovable, "where nobody knows which of both it was");
    assert_eq!(update.batch.unwrap().max, 20, "a doubt about mails covers few");
    let writes = heartbeat().ops.iter().filter(|op| !op.is_read()).count();
    assert_eq!((writes, heartbeat().ops.len() - writes), (12, 8));
}

#[test]
fn what_the_document_forbids_is_refused_before_anything_is_sent() {
    let refused = |name: &str, args: Value| {
        let (noun, verb) = name.split_once('.').unwrap();
        check(heartbeat().op(noun, verb).unwrap(), vec![args]).unwrap_err().to_string()
    };
    let user = |more: Value| {
        let mut user = json!({ "email": "a@b.example", "name": "A", "role_id": "r" });
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        user
    };
    assert!(refused("users.create", user(json!({ "create_introduction_thread": true }))).contains("needs a `bio`"));
    assert!(
        refused("users.create", user(json!({ "profile_picture": "https://x.example/a.png" }))).contains("data URI")
    );
    assert!(refused("users.create", json!({ "email": "a@b.example", "name": "A" })).contains("`role_id` is missing"));
    let emails = |emails: Value| json!({ "group_id": "g", "emails": emails });
    assert!(refused("members.add", emails(json!(["nobody"]))).contains("`emails[0]`"));
    assert!(refused("members.add", emails(json!([]))).contains("`emails` is empty"));
    assert!(refused("members.add", emails(json!("a@b.example"))).contains("a list of e-mail addresses"));
    assert!(refused("groups.get", json!({ "group_id": "../x" })).contains("an id"));
    for (name, args) in [
        ("users.create", user(json!({ "name": " " }))),
        ("users.create_pending", user(json!({ "name": "" }))),
        ("groups.create", json!({ "name": "" })),
    ] {
        assert!(refused(name, args).contains("`name` is empty"), "{name}");
    }
}

#[test]
fn a_list_of_groups_may_be_empty_where_people_may_come_into_none() {
    for (noun, verb, args) in [
        ("invitations", "create", json!({ "group_ids": [], "role_id": "r" })),
        ("users", "create", json!({ "email": "a@b.example", "name": "A", "role_id": "r", "group_ids": [] })),
    ] {
        let args = check(heartbeat().op(noun, verb).unwrap(), vec![args]).unwrap();
        assert_eq!(args.get("group_ids"), Some(&json!([])), "{noun}.{verb}");
    }
}
