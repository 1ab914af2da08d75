//! What scripts may give to Mobilize's operations, and what they are told where they may not.

use beadle::catalog::{Args, Call, Op, Param, Place, Ty, Wire, check};
use beadle::wire;
use proptest::prelude::{BoxedStrategy, Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value, json};

use crate::mobilize_document::{mobilize, named};

fn good(operation: &str, given: Value) -> Args {
    let Value::Array(given) = given else { panic!("arguments are a list") };
    check(named(operation), given).unwrap_or_else(|error| panic!("{error}"))
}

fn bad(operation: &str, given: Value) -> String {
    let Value::Array(given) = given else { panic!("arguments are a list") };
    check(named(operation), given).unwrap_err().to_string()
}

fn invite(recipients: Value) -> Value {
    json!(["12", { "sender_id": "7", "recipients_ids": recipients }])
}

// ---- forms of a call

/// For every operation: what may stand without a name, in order.
const POSITIONAL: [(&str, &[&str]); 24] = [
    ("groups.list", &[]),
    ("groups.get", &["group_id"]),
    ("groups.create", &[]),
    ("groups.update", &["id"]),
    ("bulk.create_groups", &[]),
    ("bulk.update_groups", &[]),
    ("members.get", &["group_id", "user_id"]),
    ("members.list", &["group_id"]),
    ("members.add", &["group_id"]),
    ("members.update", &["group_id", "user_id", "fields"]),
    ("members.remove", &["group_id", "user_id"]),
    ("members.search", &["group_id", "keywords"]),
    ("members.invite", &["group_id"]),
    ("bulk.create_members", &["group_id"]),
    ("bulk.status", &["job_id"]),
    ("users.list", &[]),
    ("users.get", &["user_id"]),
    ("users.create", &["email"]),
    ("users.update", &["id", "fields"]),
    ("users.delete", &["user_id"]),
    ("users.search", &["keywords"]),
    ("users.find_by_email", &["email"]),
    ("webhooks.batch", &["id"]),
    ("activities.list", &[]),
];

#[test]
fn what_may_stand_without_a_name_is_the_path_and_the_only_other_required_argument() {
    assert_eq!(mobilize().ops.len(), POSITIONAL.len());
    for (name, want) in POSITIONAL {
        let have: Vec<_> = named(name).positional().iter().map(|param| param.name).collect();
        assert_eq!(have, want, "{name}");
    }
}

/// One good value for an argument.
fn plain(param: &Param) -> Value {
    match param.ty {
        Ty::Id(_) => json!("12"),
        Ty::Emails => json!(["ada@b.example", "bob@b.example"]),
        Ty::Ids(_) => json!(["3", "4"]),
        Ty::Text(_) => json!("text"),
        Ty::Email => json!("ada@b.example"),
        Ty::Int(min, _) => json!(min),
        Ty::Bool => json!(true),
        Ty::Choice(list) => json!(list[0].name),
        Ty::Choices(list) => json!([list[0].name]),
        Ty::Fields => json!({ "email": "ada@b.example", "first_name": "Ada" }),
        Ty::Map(keys) => Value::Object(keys.iter().map(|p| (p.name.to_owned(), plain(p))).collect()),
        Ty::Rows(items) => json!([items.iter().map(|p| (p.name.to_owned(), plain(p))).collect::<Map<_, _>>()]),
    }
}

#[test]
fn by_place_by_name_and_mixed_mean_the_same_for_every_operation() {
    for op in mobilize().ops {
        let all: Vec<(String, Value)> = op.params.iter().map(|p| (p.name.to_owned(), plain(p))).collect();
        let by_name = check(op, vec![Value::Object(all.iter().cloned().collect())]).unwrap();
        assert_eq!(by_name.iter().count(), op.params.len(), "{}", op.name());
        let positional = op.positional();
        for cut in 0..=positional.len() {
            let by_place = &positional[..cut];
            let mut given: Vec<Value> = by_place.iter().map(|param| plain(param)).collect();
            let left = all.iter().filter(|(name, _)| !by_place.iter().any(|param| param.name == name));
            let left: Map<String, Value> = left.cloned().collect();
            if !left.is_empty() {
                given.push(Value::Object(left));
            }
            assert_eq!(check(op, given).unwrap(), by_name, "{} with {cut} by place", op.name());
        }
        let names: Vec<_> = by_name.iter().map(|(name, _)| name.as_str()).collect();
        let table: Vec<_> = op.params.iter().map(|param| param.name).collect();
        assert_eq!(names, table, "{}: in the table's order", op.name());
    }
}

#[test]
fn operations_that_demand_nothing_take_nothing() {
    for (name, given) in [("groups.list", json!([])), ("users.list", json!([{}])), ("activities.list", json!([]))] {
        assert_eq!(good(name, given), Args::default(), "{name}");
    }
}

#[test]
fn a_map_in_the_place_of_fields_is_the_fields_unless_it_names_them() {
    let fields = json!({ "city": "Turin" });
    let want = good("members.update", json!([{ "group_id": "1", "user_id": "2", "fields": fields }]));
    assert_eq!(good("members.update", json!(["1", "2", fields])), want);
    assert_eq!(good("members.update", json!(["1", "2", { "fields": fields }])), want);
    assert_eq!(
        bad("members.update", json!(["1", "2", { "fields": fields, "hard": true }])),
        "members.update: there is no argument `hard`; there are `group_id`, `user_id`, `fields`"
    );
}

// ---- what is refused, in which words

#[test]
fn errors_say_what_is_wrong_where_and_what_to_type() {
    let long = "n".repeat(256);
    let cases = [
        ("groups.get", json!([]), "groups.get: `group_id` is missing: it must be an id"),
        ("groups.get", json!([null]), "groups.get: `group_id` is `()`: it must be an id"),
        (
            "groups.get",
            json!(["1", "2"]),
            "groups.get: 2 arguments without a name are too many: write `groups.get(group_id, #{ include_fields })`",
        ),
        (
            "bulk.status",
            json!(["a", "b"]),
            "bulk.status: 2 arguments without a name are too many: write `bulk.status(job_id)`",
        ),
        (
            "groups.get",
            json!(["1", { "group_id": "1" }]),
            "groups.get: `group_id` is given twice, by place and by name",
        ),
        (
            "members.invite",
            json!(["1", { "sender": "2", "recipients_ids": ["3"] }]),
            "members.invite: there is no argument `sender`; did you mean `sender_id`?",
        ),
        (
            "members.invite",
            json!(["1", { "sender_id": "2", "recipient_ids": ["3"] }]),
            "members.invite: there is no argument `recipient_ids`; did you mean `recipients_ids`?",
        ),
        (
            "members.invite",
            json!(["1", { "recipients_ids": ["3"] }]),
            "members.invite: `sender_id` is missing: it must be an id",
        ),
        (
            "members.invite",
            json!(["1", { "sender_id": "2", "recipients_ids": "3" }]),
            "members.invite: `recipients_ids` must be a list of ids, not `\"3\"`",
        ),
        ("members.invite", invite(json!(["3", true])), "members.invite: `recipients_ids[1]` must be an id, not `true`"),
        ("members.invite", invite(json!([])), "members.invite: `recipients_ids` is empty: there is nothing to do"),
        (
            "activities.list",
            json!([{ "activity_type": "posts" }]),
            "activities.list: `activity_type` is `\"posts\"`; it must be one of \"post_approved\", \"post\", \"pending_post\", \"view\", \
             \"comment\", \"comment_reply\", \"post_message\", \"sms_reply\", \"rsvp\", \"vote\", \"reach\", \"file_download\", \
             \"pending_applicant\", \"add_members\", \"remove_members\", \"join_group\", \"destroy_group\", \"conversation\", \
             \"remove_single_member\", \"reaction\", \"remove\", \"mention\"; did you mean \"post\"?",
        ),
        (
            "activities.list",
            json!([{ "limit": 51 }]),
            "activities.list: `limit` must be a whole number from 1 to 50, not `51`",
        ),
        ("users.list", json!([{ "offset": -1 }]), "users.list: `offset` must be a whole number from 0, not `-1`"),
        ("users.list", json!([{ "limit": 1.5 }]), "users.list: `limit` must be a whole number from 1, not `1.5`"),
        (
            "users.list",
            json!([{ "include_fields": "yes" }]),
            "users.list: `include_fields` must be true or false, not `\"yes\"`",
        ),
        (
            "users.find_by_email",
            json!(["plain"]),
            "users.find_by_email: `email`: `plain` is not an e-mail address: there is no `@`",
        ),
        ("users.find_by_email", json!([" "]), "users.find_by_email: `email`: no e-mail address"),
        ("users.search", json!([12]), "users.search: `keywords` must be text, not `12`"),
        (
            "groups.update",
            json!(["1", { "privacy": 7 }]),
            "groups.update: `privacy` is `7`; it must be one of \"public\", \"private\"",
        ),
        (
            "groups.update",
            json!(["1", { "default_emails_frequency": "dayly" }]),
            "groups.update: `default_emails_frequency` is `\"dayly\"`; it must be one of \"immediate\", \"daily\", \"disabled\"; \
             did you mean \"daily\"?",
        ),
        (
            "groups.update",
            json!(["1", { "members_posting_permissions": ["poll", "pol"] }]),
            "groups.update: `members_posting_permissions[1]` is `\"pol\"`; it must be one of \"quickpost\", \"poll\", \"event\", \
             \"opportunity\", \"recommendation\", \"fileattachment\"; did you mean \"poll\"?",
        ),
        (
            "groups.update",
            json!(["1", { "name": long }]),
            "groups.update: `name` is 256 characters long; the document allows 255",
        ),
        (
            "users.update",
            json!(["1", "Ada"]),
            "users.update: `fields` must be a map of field names and values, not `\"Ada\"`",
        ),
        (
            "users.update",
            json!([{ "id": "1" }]),
            "users.update: `fields` is missing: it must be a map of field names and values",
        ),
        ("users.update", json!(["1", {}]), "users.update: `fields` is empty: there is nothing to do"),
        ("users.update", json!(["1", { "fields": {} }]), "users.update: `fields` is empty: there is nothing to do"),
        (
            "bulk.create_members",
            json!(["1"]),
            "bulk.create_members: `users` is missing: there is nothing to do; \
             write `bulk.create_members(group_id, #{ users })`",
        ),
        (
            "bulk.create_members",
            json!(["1", { "users": [] }]),
            "bulk.create_members: `users` is empty: there is nothing to do",
        ),
        (
            "bulk.create_members",
            json!(["1", { "users": [{ "fields": { "email": "a@b.example" } }, { "email": "c@d.example" }] }]),
            "bulk.create_members: there is no argument `email` in `users[1]`; there are `fields`",
        ),
        (
            "bulk.create_members",
            json!(["1", { "users": ["a@b.example"] }]),
            "bulk.create_members: `users[0]` must be a map, not `\"a@b.example\"`",
        ),
        (
            "bulk.create_groups",
            json!([{ "groups": [{ "name": "a" }, { "name": "b", "privacy": "secret" }] }]),
            "bulk.create_groups: `groups[1].privacy` is `\"secret\"`; it must be one of \"public\", \"private\"",
        ),
        (
            "bulk.create_groups",
            json!([{ "groups": [{ "privacy": 5 }] }]),
            "bulk.create_groups: `groups[0].name` is missing: it must be text of at most 255 characters",
        ),
        (
            "bulk.update_groups",
            json!([{ "groups": [{ "id": "1", "privcy": 5 }] }]),
            "bulk.update_groups: there is no argument `privcy` in `groups[0]`; did you mean `privacy`?",
        ),
    ];
    for (operation, given, want) in cases {
        assert_eq!(bad(operation, given), want);
    }
}

#[test]
fn every_operation_names_each_required_argument_that_is_missing() {
    for op in mobilize().ops {
        for missing in op.params.iter().filter(|param| param.required) {
            let given = op.params.iter().filter(|param| param.name != missing.name);
            let given = given.map(|param| (param.name.to_owned(), plain(param))).collect();
            let error = check(op, vec![Value::Object(given)]).unwrap_err();
            assert_eq!(error.operation, op.name());
            assert_eq!(error.problem, format!("`{}` is missing: it must be {}", missing.name, missing.ty.words()));
        }
    }
}

#[test]
fn a_misspelt_name_is_recognised_for_every_argument_of_every_operation() {
    for op in mobilize().ops {
        for param in op.params {
            let mut given: Map<String, Value> = op.params.iter().map(|p| (p.name.to_owned(), plain(p))).collect();
            let typo = format!("{}s", param.name);
            let value = given.remove(param.name).unwrap();
            given.insert(typo.clone(), value);
            let problem = check(op, vec![Value::Object(given)]).unwrap_err().problem;
            assert_eq!(problem, format!("there is no argument `{typo}`; did you mean `{}`?", param.name));
        }
    }
}

/// Values that fit no argument of this type.
fn misfits(ty: Ty) -> Vec<Value> {
    let mut wrong = vec![json!(1.5), json!([[]]), json!(["nothing of the kind", null])];
    if !matches!(ty, Ty::Fields) {
        wrong.push(json!({ "a": 1 }));
    }
    if !matches!(ty, Ty::Bool) {
        wrong.push(json!(true));
    }
    if !matches!(ty, Ty::Text(_) | Ty::Id(_)) {
        wrong.push(json!("nothing of the kind"));
    }
    wrong
}

#[test]
fn a_value_of_another_type_is_refused_by_every_argument_of_every_operation() {
    for op in mobilize().ops {
        for param in op.params {
            for wrong in misfits(param.ty) {
                let mut given: Map<String, Value> = op.params.iter().map(|p| (p.name.to_owned(), plain(p))).collect();
                given.insert(param.name.to_owned(), wrong.clone());
                let outcome = check(op, vec![Value::Object(given)]);
                let Err(error) = outcome else { panic!("{}: `{}` took {wrong}", op.name(), param.name) };
                assert!(error.problem.starts_with(&format!("`{}", param.name)), "{error}");
            }
        }
    }
}

// ---- values

#[test]
fn choices_are_taken_by_number_numeric_text_name_or_alias_in_any_case_and_sent_as_numbers() {
    let of = |key: &str, value: Value| good("groups.update", json!(["1", { key: value }])).get(key).cloned().unwrap();
    for value in [json!(5), json!("5"), json!(" 5 "), json!("public"), json!("PUBLIC"), json!("open"), json!("Open ")] {
        assert_eq!(of("privacy", value.clone()), 5, "{value}");
    }
    for value in [json!(10), json!("10"), json!("Private"), json!("closed")] {
        assert_eq!(of("privacy", value.clone()), 10, "{value}");
    }
    for (value, want) in [
        (json!(0), 0),
        (json!("0"), 0),
        (json!("IMMEDIATE"), 0),
        (json!(1), 1),
        (json!("Daily"), 1),
        (json!("9"), 9),
        (json!("disabled"), 9),
    ] {
        assert_eq!(of("default_emails_frequency", value.clone()), want, "{value}");
    }
    for value in [json!(2), json!("2"), json!("weekly"), json!(""), json!(-1), json!(5.0)] {
        bad("groups.update", json!(["1", { "default_emails_frequency": value }]));
        bad("groups.update", json!(["1", { "privacy": value }]));
    }
}

#[test]
fn words_without_a_number_are_sent_in_the_documents_spelling() {
    let args = good("groups.update", json!(["1", { "members_posting_permissions": ["QuickPost", "FILEATTACHMENT"] }]));
    assert_eq!(args.get("members_posting_permissions"), Some(&json!(["quickpost", "fileattachment"])));
    let args = good("groups.update", json!(["1", { "members_posting_permissions": [] }]));
    assert_eq!(args.get("members_posting_permissions"), Some(&json!([])), "nobody may post anything");
    let args = good("activities.list", json!([{ "activity_type": "Comment_Reply" }]));
    assert_eq!(args.text("activity_type"), "comment_reply");
}

#[test]
fn the_type_inside_an_activity_is_not_taken_for_its_filter() {
    for shown in ["added_members", "joined_group"] {
        bad("activities.list", json!([{ "activity_type": shown }]));
    }
}

#[test]
fn ids_are_text_whatever_the_script_gives() {
    let want = good("members.get", json!(["12", "34"]));
    assert_eq!(good("members.get", json!([12, 34])), want);
    assert_eq!(good("members.get", json!([" 12 ", 34])), want);
    assert_eq!(want.to_value(), json!({ "group_id": "12", "user_id": "34" }));
    let args = good("members.invite", invite(json!([3, "4", 5])));
    assert_eq!(args.get("recipients_ids"), Some(&json!(["3", "4", "5"])));
    assert_eq!(good("bulk.status", json!(["92eafb8dd3efde8915c05bfc"])).text("job_id"), "92eafb8dd3efde8915c05bfc");
}

#[test]
fn somebody_named_twice_is_kept_once_in_the_first_place() {
    let args = good("members.invite", invite(json!(["3", 4, "4", 3, " 3"])));
    assert_eq!(args.get("recipients_ids"), Some(&json!(["3", "4"])));
}

#[test]
fn an_id_in_a_path_cannot_lead_to_another_operation() {
    for id in ["", "  ", ".", "..", "1/members", "../users", "1\\2", "1?x=1", "1#x", "/"] {
        for op in mobilize().ops.iter().filter(|op| op.params.iter().any(|param| param.place == Place::Path)) {
            let mut given: Map<String, Value> = op.params.iter().map(|p| (p.name.to_owned(), plain(p))).collect();
            let path = op.params.iter().find(|param| param.place == Place::Path).unwrap();
            given.insert(path.name.to_owned(), json!(id));
            let error = check(op, vec![Value::Object(given)]).unwrap_err();
            assert!(error.problem.starts_with(&format!("`{}` must be an id, not", path.name)), "{id}: {error}");
        }
    }
}

#[test]
fn a_group_at_the_top_is_asked_for_with_nothing_as_its_parent() {
    let group = |parent: Value| {
        json!([{
            "name": "Founders", "parent_group_id": parent, "privacy": "open", "invite_members_enabled": false,
            "hidden_emails": null, "alias_name": "founders", "default_emails_frequency": "daily",
            "manager_email_address": "ada@b.example"
        }])
    };
    let args = good("groups.create", group(Value::Null));
    assert_eq!(args.get("parent_group_id"), Some(&Value::Null), "sent, and not left out");
    let body = built(named("groups.create"), args).body.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["parent_group_id"], Value::Null);
    assert_eq!(good("groups.create", group(json!(3))).text("parent_group_id"), "3");
    let many = json!([{ "groups": [{ "name": "a", "parent_group_id": null }] }]);
    assert_eq!(
        good("bulk.create_groups", many).get("groups"),
        Some(&json!([{ "name": "a", "parent_group_id": null }]))
    );
}

#[test]
fn nothing_in_place_of_an_argument_that_may_be_left_out_is_left_out() {
    let args = good("users.list", json!([{ "limit": null, "include_fields": true }]));
    assert_eq!(args.to_value(), json!({ "include_fields": true }));
}

#[test]
fn a_groups_name_may_have_255_characters_of_any_script() {
    let name = "é".repeat(255);
    assert_eq!(good("groups.update", json!(["1", { "name": name }])).text("name"), name);
    bad("groups.update", json!(["1", { "name": format!("{name}x") }]));
    bad("bulk.create_groups", json!([{ "groups": [{ "name": format!("{name}x") }] }]));
}

#[test]
fn more_than_the_document_allows_in_one_call_is_no_error_since_it_is_cut() {
    let ids: Vec<u32> = (1..=1_200).collect();
    let args = good("members.invite", invite(json!(ids)));
    assert_eq!(args.get("recipients_ids").and_then(Value::as_array).map(Vec::len), Some(1_200));
}

// ---- there and back

fn built(op: &'static Op, args: Args) -> wire::Request {
    wire::build(&Call { platform: mobilize(), op, connection: "main".into(), args })
}

/// Ids: digits as Mobilize has them; where the document has text also other words, with characters that an address
/// must encode.
fn id(place: Place, wire: Wire) -> BoxedStrategy<Value> {
    let odd = match (wire, place) {
        (Wire::Number, _) => r" {0,2}[0-9]{1,6}",
        (Wire::Text, Place::Path) => r"[ a-f0-9%+&=é@:]{0,6}[a-f0-9]",
        (Wire::Text, _) => r"[ a-f0-9%+&=é@:/?#]{0,6}[a-f0-9]",
    };
    prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<u32>().prop_map(|n| json!(n.to_string())),
        odd.prop_map(Value::from)
    ]
    .boxed()
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
    .boxed()
}

/// Any good value for an argument, in any form that a script may choose.
fn value(param: &'static Param) -> BoxedStrategy<Value> {
    let some = match param.ty {
        Ty::Id(wire) => id(param.place, wire),
        Ty::Emails => proptest::collection::vec("[a-z0-9.+]{0,9}[a-z]@[a-z]{1,8}\\.[a-z]{2,5}", 1..6)
            .prop_map(Value::from)
            .boxed(),
        Ty::Ids(wire) => proptest::collection::vec(id(param.place, wire), 1..6).prop_map(Value::from).boxed(),
        Ty::Text(0) => any::<String>().prop_map(Value::from).boxed(),
        Ty::Text(_) => ".{0,255}".prop_map(Value::from).boxed(),
        Ty::Email => "[a-zA-Z0-9.+_'&=%]{0,9}[a-z]@[a-z]{1,8}\\.[a-zü]{2,5}".prop_map(Value::from).boxed(),
        Ty::Int(min, max) => {
            prop_oneof![(min..=max).prop_map(Value::from), (min..=max).prop_map(|n| json!(n.to_string()))].boxed()
        }
        Ty::Bool => {
            prop_oneof![any::<bool>().prop_map(Value::from), any::<bool>().prop_map(|b| json!(b.to_string()))].boxed()
        }
        Ty::Choice(list) => select(list)
            .prop_flat_map(|choice| {
                let mut forms = vec![json!(choice.name), json!(choice.name.to_uppercase())];
                forms.extend(choice.aliases.iter().map(|alias| json!(alias)));
                forms.extend(choice.number.into_iter().flat_map(|n| [json!(n), json!(n.to_string())]));
                select(forms)
            })
            .boxed(),
        Ty::Choices(list) => subsequence(list, 0..=list.len())
            .prop_map(|some| some.iter().map(|choice| Value::from(choice.name)).collect())
            .boxed(),
        Ty::Fields => proptest::collection::vec((any::<String>(), scalar()), 1..5)
            // Whom a row means stands in its fields: a person without an address is refused.
            .prop_map(|fields| {
                let named = [("email".to_owned(), json!("ada@b.example"))];
                Value::Object(fields.into_iter().filter(|(name, _)| name != "email").chain(named).collect())
            })
            .boxed(),
        Ty::Map(keys) => arguments(keys),
        Ty::Rows(items) => proptest::collection::vec(arguments(items), 1..4).prop_map(Value::from).boxed(),
    };
    match param.nullable {
        true => prop_oneof![4 => some, 1 => Just(Value::Null)].boxed(),
        false => some,
    }
}

/// A map with all required arguments and some of the others.
fn arguments(params: &'static [Param]) -> BoxedStrategy<Value> {
    let mut map: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for param in params {
        let given = match param.required {
            true => value(param).prop_map(Some).boxed(),
            false => proptest::option::of(value(param)).boxed(),
        };
        map = (map, given)
            .prop_map(|(mut map, given)| {
                map.extend(given.map(|value| (param.name.to_owned(), value)));
                map
            })
            .boxed();
    }
    map.prop_map(Value::Object).boxed()
}

/// A call of any operation.
fn calls() -> BoxedStrategy<(&'static Op, Value)> {
    (0..mobilize().ops.len())
        .prop_flat_map(|place| {
            let op = &mobilize().ops[place];
            arguments(op.params).prop_map(move |mut given| {
                if let Some(batch) = op.batch
                    && given.get(batch.param).is_none()
                    && let Some(param) = op.param(batch.param)
                {
                    given[batch.param] = plain(param);
                }
                // A new member is named by an id or an address.
                if op.name() == "members.add" && given.get("user_id").is_none() && given.get("fields").is_none() {
                    given["user_id"] = json!("1");
                }
                // A change names something to change.
                if op.name() == "groups.update" && given.as_object().is_some_and(|given| given.len() == 1) {
                    given["name"] = json!("Board");
                }
                (op, given)
            })
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// What was built is recognised as the same operation with the same arguments, once their wire forms are read.
    #[test]
    fn building_and_recognising_are_each_others_inverse((op, given) in calls()) {
        let args = check(op, vec![given]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let request = built(op, args.clone());
        let body = request.body.unwrap_or_default();
        let (found, read) = wire::recognize(mobilize(), request.method.as_str(), &request.target, &body)
            .ok_or_else(|| TestCaseError::fail(format!("nothing has {}", request.target)))?;
        prop_assert_eq!(found.name(), op.name());
        let again = check(found, vec![read.to_value()]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again, args);
    }

    /// Checking what was checked changes nothing.
    #[test]
    fn checked_arguments_are_their_own_normal_form((op, given) in calls()) {
        let once = check(op, vec![given]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(check(op, vec![once.to_value()]), Ok(once));
    }

    /// A request is plain ASCII below the base address, whatever the arguments hold.
    #[test]
    fn a_target_is_ascii_and_holds_no_blank((op, given) in calls()) {
        let args = check(op, vec![given]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let target = built(op, args).target;
        let clean = |c: char| c.is_ascii_graphic() && c != '#' && c != '+';
        prop_assert_eq!(target.chars().find(|c| !clean(*c)), None);
        prop_assert_eq!(target.matches('?').count() <= 1, true);
    }
}
