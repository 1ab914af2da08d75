//! Holds our table of Mobilize against what its document lists (`src/platforms/mobilize/documented.txt`).
//! Every deliberate difference stands here by name, with its reason.

use beadle::catalog::{Call, Choice, Kind, Method, Op, Page, Param, Place, Platform, Repeat, Ty, Wire, check};
use beadle::platforms;
use serde_json::json;

/// The document's pages and our names, in the document's order.
pub const OPERATIONS: [(&str, &str); 24] = [
    ("get-all-groups", "groups.list"),
    ("groupsid", "groups.get"),
    ("create-group", "groups.create"),
    ("update-single-group", "groups.update"),
    ("create-groups-in-bulk", "bulk.create_groups"),
    ("update-groups-in-bulk", "bulk.update_groups"),
    ("get-group-member", "members.get"),
    ("get-group-members", "members.list"),
    ("create-group-member", "members.add"),
    ("update-group-member", "members.update"),
    ("delete-group-member", "members.remove"),
    ("search-for-group-members", "members.search"),
    ("invite-group-members", "members.invite"),
    ("create-members-in-bulk", "bulk.create_members"),
    ("get-bulk-import-status", "bulk.status"),
    ("get-all-users", "users.list"),
    ("get-a-single-user", "users.get"),
    ("create-a-single-user", "users.create"),
    ("update-a-single-user", "users.update"),
    ("delete-a-single-user", "users.delete"),
    ("search-for-users", "users.search"),
    ("find-by-email", "users.find_by_email"),
    ("get-a-single-bulk", "webhooks.batch"),
    ("user-activities", "activities.list"),
];

/// Arguments that the page's list leaves out.
const NOT_LISTED: &[(&str, &str, &str)] = &[
    ("members.search", "group_id", "stands in the title's path; the list begins with `keywords`"),
    ("members.invite", "group_id", "stands in the title's path, the list holds the body only"),
    ("users.create", "fields", "stands in the sample request only"),
];

/// Listed under "path" and in no path: all of them are query parameters, except these.
const OTHER_PLACES: &[(&str, &str, Place, &str)] =
    &[("bulk.create_members", "group_id", Place::Body, "the sample has it in the body; the path has no place for it")];

/// Types that we take otherwise than the page lists them.
const OTHER_TYPES: &[(&str, &str, &str)] = &[
    ("*", "default_emails_frequency", "listed as a string, allowed values and most samples are numbers"),
    ("members.invite", "sender_id", "listed as a string, the sample has a number"),
    ("bulk.status", "job_id", "listed as a number, every sample is 24 hexadecimal digits"),
    ("groups.update", "members_posting_permissions", "listed as objects, described as words"),
];

/// Keys of a batch's items that beadle demands: the document marks none of them.
const DEMANDED_IN_ITEMS: &[(&str, &str, &str)] = &[
    ("bulk.create_groups", "name", "a group without a name cannot be found again"),
    ("bulk.update_groups", "id", "nothing else says which group"),
    ("bulk.create_members", "fields", "it holds the address, without which nobody can be made"),
];

#[derive(Debug, Default)]
struct Listed {
    slug: String,
    method: String,
    /// The title's path without its notation for queries.
    path: String,
    params: Vec<ListedParam>,
    sends: Vec<String>,
    allows: Vec<(String, Vec<String>)>,
    most: Vec<(String, usize)>,
    alone: bool,
    sample: (String, String),
}

#[derive(Debug)]
struct ListedParam {
    name: String,
    ty: String,
    place: String,
    required: bool,
    default: Option<String>,
}

fn text() -> &'static str {
    include_str!("../../src/platforms/mobilize/documented.txt")
}

fn listed() -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    for line in text().lines().filter(|line| !line.is_empty() && !line.starts_with(['#'])) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        match (words[0], all.last_mut()) {
            ("limit", None) => {}
            ("operation", _) => all.push(Listed { slug: words[1].into(), ..Listed::default() }),
            ("title", Some(op)) => {
                let path = words[2].split('?').next().unwrap();
                (op.method, op.path) = (words[1].into(), path.into());
            }
            ("param", Some(op)) => op.params.push(ListedParam {
                name: words[1].into(),
                ty: words[2].into(),
                place: words[3].into(),
                required: match words[4] {
                    "required" => true,
                    "optional" => false,
                    other => panic!("`{other}` in {line}"),
                },
                default: words.get(6).map(|word| (*word).to_owned()),
            }),
            ("sends", Some(op)) => op.sends = owned(&words[1..]),
            ("allows", Some(op)) => op.allows.push((words[1].into(), owned(&words[2..]))),
            ("most", Some(op)) => op.most.push((words[1].into(), words[2].parse().unwrap())),
            ("alone", Some(op)) => op.alone = true,
            ("sample", Some(op)) => op.sample = (words[1].into(), words[2].into()),
            _ => panic!("a line that says nothing: {line}"),
        }
    }
    all
}

pub fn mobilize() -> &'static Platform {
    platforms::named("mobilize").unwrap()
}

pub fn named(name: &str) -> &'static Op {
    let (noun, verb) = name.split_once('.').unwrap();
    mobilize().op(noun, verb).unwrap_or_else(|| panic!("the table has no {name}"))
}

/// Each page with our operation.
fn pairs() -> Vec<(Listed, &'static Op)> {
    listed().into_iter().zip(mobilize().ops).collect()
}

/// The sample request of a page, and the method of its title.
pub fn sample(slug: &str) -> (String, String, String) {
    let page = listed().into_iter().find(|page| page.slug == slug).unwrap();
    (page.method, page.sample.0, page.sample.1)
}

fn in_path(page: &Listed, name: &str) -> bool {
    page.path.split('/').any(|part| part.strip_prefix(':') == Some(name))
}

#[test]
fn the_table_has_the_documents_24_operations_in_its_order() {
    let slugs: Vec<_> = listed().into_iter().map(|page| page.slug).collect();
    assert_eq!(slugs, OPERATIONS.map(|(slug, _)| slug));
    let names: Vec<_> = mobilize().ops.iter().map(Op::name).collect();
    assert_eq!(names, OPERATIONS.map(|(_, name)| name));
}

#[test]
fn methods_and_paths_are_those_of_the_titles_with_their_slashes() {
    for (page, op) in pairs() {
        let path: Vec<String> = page
            .path
            .split('/')
            .map(|part| part.strip_prefix(':').map_or_else(|| part.to_owned(), |name| format!("{{{name}}}")))
            .collect();
        assert_eq!((op.method.as_str(), op.path), (page.method.as_str(), path.join("/").as_str()), "{}", page.slug);
        assert_eq!(op.is_read(), op.method == Method::Get, "{}", page.slug);
    }
}

#[test]
fn three_samples_contradict_their_titles_and_the_titles_win() {
    let odd: Vec<_> = listed().into_iter().filter(|page| page.sample.0 != page.method).map(|page| page.slug).collect();
    assert_eq!(odd, ["update-single-group", "update-groups-in-bulk", "update-a-single-user"]);
    assert!(odd.iter().all(|slug| sample(slug).1 == "POST" && sample(slug).0 == "PUT"));
}

#[test]
fn every_listed_parameter_is_in_the_table_and_nothing_else_but_what_is_named_here() {
    for (page, op) in pairs() {
        let mut want: Vec<String> = page.params.iter().map(|param| param.name.clone()).collect();
        want.extend(NOT_LISTED.iter().filter(|(name, _, _)| *name == op.name()).map(|(_, param, _)| (*param).into()));
        let mut have: Vec<String> = op.params.iter().map(|param| param.name.to_owned()).collect();
        want.sort();
        have.sort();
        assert_eq!(have, want, "{}", page.slug);
    }
}

#[test]
fn required_is_what_the_document_marks_required() {
    for (page, op) in pairs() {
        for listed in &page.params {
            let param = op.param(&listed.name).unwrap();
            assert_eq!(param.required, listed.required, "{}: {}", page.slug, listed.name);
        }
    }
}

#[test]
fn a_bulk_without_rows_is_refused_although_the_document_calls_them_optional() {
    for name in ["bulk.create_groups", "bulk.update_groups", "bulk.create_members"] {
        let op = named(name);
        let batch = op.batch.unwrap().param;
        assert!(!op.param(batch).unwrap().required, "{name}: listed as optional");
        let given = if op.param("group_id").is_some() { json!({ "group_id": "1" }) } else { json!({}) };
        let error = check(op, vec![given]).unwrap_err();
        assert!(error.problem.starts_with(&format!("`{batch}` is missing: there is nothing to do")), "{error}");
    }
}

#[test]
fn parameters_stand_where_the_document_puts_them_read_with_sense() {
    let mut odd = 0;
    for (page, op) in pairs() {
        for listed in &page.params {
            let exception = OTHER_PLACES.iter().find(|(name, param, _, _)| *name == op.name() && *param == listed.name);
            let want = match (listed.place.as_str(), exception) {
                (_, Some((_, _, place, _))) => *place,
                ("path", _) if in_path(&page, &listed.name) => Place::Path,
                ("path" | "query", _) => Place::Query,
                ("body", _) => Place::Body,
                (other, _) => panic!("{}: {other}", page.slug),
            };
            odd += usize::from(listed.place == "path" && want == Place::Query);
            let have = op.param(&listed.name).unwrap().place;
            assert_eq!(have, want, "{}: {}", page.slug, listed.name);
        }
    }
    assert_eq!(odd, 18, "query parameters that the document files under path");
}

fn fits(listed: &str, ty: Ty) -> bool {
    match listed {
        "int" => match ty {
            Ty::Id(Wire::Number) | Ty::Int(..) => true,
            Ty::Choice(list) => list.iter().all(|choice| choice.number.is_some()),
            _ => false,
        },
        "string" => match ty {
            Ty::Id(Wire::Text) | Ty::Text(_) | Ty::Email => true,
            Ty::Choice(list) => list.iter().all(|choice| choice.number.is_none()),
            _ => false,
        },
        "boolean" => ty == Ty::Bool,
        "object" => ty == Ty::Fields,
        "array_int" => ty == Ty::Ids(Wire::Number),
        "array_object" => matches!(ty, Ty::Rows(_)),
        other => panic!("the document has no type `{other}`"),
    }
}

#[test]
fn types_are_the_documents_but_for_four() {
    let mut odd: Vec<String> = Vec::new();
    for (page, op) in pairs() {
        for listed in &page.params {
            if !fits(&listed.ty, op.param(&listed.name).unwrap().ty) {
                odd.push(format!("{} {}", op.name(), listed.name));
            }
        }
    }
    let named = |odd: &String| {
        OTHER_TYPES.iter().any(|(op, param, _)| *odd == format!("{op} {param}") || (*op == "*" && odd.ends_with(param)))
    };
    assert!(odd.iter().all(named), "{odd:?}");
    assert_eq!(odd.len(), OTHER_TYPES.len() + 1, "the frequency is listed twice: {odd:?}");
}

/// The values of a choice as the wire has them.
fn values(list: &[Choice]) -> Vec<String> {
    list.iter().map(|choice| choice.number.map_or_else(|| choice.name.to_owned(), |n| n.to_string())).collect()
}

fn choices(param: &Param) -> Option<Vec<String>> {
    match param.ty {
        Ty::Choice(list) | Ty::Choices(list) => Some(values(list)),
        _ => None,
    }
}

#[test]
fn allowed_values_are_the_documents() {
    for (page, op) in pairs() {
        let have: Vec<(String, Vec<String>)> =
            op.params.iter().filter_map(|param| Some((param.name.to_owned(), choices(param)?))).collect();
        let mut want = page.allows;
        let order = |name: &str| op.params.iter().position(|param| param.name == name);
        want.sort_by_key(|(name, _)| order(name));
        assert_eq!(have, want, "{}", page.slug);
    }
    let Ty::Choice(types) = named("activities.list").param("activity_type").unwrap().ty else { panic!("a choice") };
    assert_eq!(types.len(), 22);
}

#[test]
fn the_items_of_batches_allow_what_the_single_calls_allow() {
    let single = named("groups.update");
    for name in ["bulk.create_groups", "bulk.update_groups"] {
        let Ty::Rows(items) = named(name).param("groups").unwrap().ty else { panic!("rows") };
        for key in ["privacy", "default_emails_frequency", "members_posting_permissions", "name"] {
            let item = items.iter().find(|param| param.name == key).unwrap();
            assert_eq!(item.ty, single.param(key).unwrap().ty, "{name}: {key}");
        }
    }
}

#[test]
fn limits_are_the_documents() {
    let mut seen = Vec::new();
    for (page, op) in pairs() {
        let cut = op.batch.map(|batch| (batch.param.to_owned(), batch.max));
        let values = op.params.iter().filter_map(|param| match param.ty {
            Ty::Int(_, max) if max < i64::MAX => Some((param.name.to_owned(), usize::try_from(max).unwrap())),
            _ => None,
        });
        let have: Vec<_> = cut.into_iter().chain(values).collect();
        assert_eq!(have, page.most, "{}", page.slug);
        assert_eq!(op.batch.is_some_and(|batch| batch.one_at_a_time), page.alone, "{}", page.slug);
        seen.extend(have.into_iter().map(|(_, most)| most));
    }
    assert_eq!(seen, [1000, 1000, 500, 1000, 50]);
    assert!(text().lines().any(|line| line == "limit group-name 255"));
    for name in ["groups.create", "groups.update"] {
        assert_eq!(named(name).param("name").unwrap().ty, Ty::Text(255));
    }
}

#[test]
fn bodies_have_the_keys_of_the_samples() {
    for (page, op) in pairs() {
        let body: Vec<&Param> = op.params.iter().filter(|param| param.place == Place::Body).collect();
        for key in &page.sends {
            let known = match key.split_once("[].") {
                None => body.iter().any(|param| param.name == key),
                Some((list, key)) => items(&body, list).iter().any(|param| param.name == key),
            };
            assert!(known, "{}: {key}", page.slug);
        }
        let known =
            |name: &str| page.sends.iter().any(|key| key == name) || page.params.iter().any(|param| param.name == name);
        for param in &body {
            assert!(known(param.name), "{}: nothing in the document says {}", page.slug, param.name);
            for item in items(&body, param.name) {
                assert!(known(&format!("{}[].{}", param.name, item.name)), "{}: {}", page.slug, item.name);
            }
        }
    }
}

fn items(body: &[&Param], list: &str) -> &'static [Param] {
    match body.iter().find(|param| param.name == list).map(|param| param.ty) {
        Some(Ty::Rows(items)) => items,
        _ => &[],
    }
}

#[test]
fn of_a_batchs_items_only_what_is_named_here_is_demanded() {
    let mut demanded = Vec::new();
    for op in mobilize().ops {
        for param in op.params {
            let Ty::Rows(items) = param.ty else { continue };
            demanded.extend(items.iter().filter(|item| item.required).map(|item| (op.name(), item.name)));
        }
    }
    let named: Vec<_> = DEMANDED_IN_ITEMS.iter().map(|(op, key, _)| ((*op).to_owned(), *key)).collect();
    assert_eq!(demanded, named);
}

#[test]
fn pages_go_on_by_the_parameters_that_are_listed() {
    for (page, op) in pairs() {
        let has = |name: &str| page.params.iter().any(|param| param.name == name);
        let default = |name: &str| page.params.iter().find(|param| param.name == name).and_then(|p| p.default.clone());
        match op.page {
            Page::Single => assert!(!has("limit"), "{} has pages", page.slug),
            Page::Offset { documented, .. } => {
                assert_eq!(default("offset").as_deref(), Some("0"), "{}", page.slug);
                assert_eq!(default("limit"), Some(documented.to_string()), "{}", page.slug);
            }
            Page::Numbered { .. } => panic!("{} counts pages", page.slug),
            Page::After { cursor, size, .. } => {
                assert!(has(cursor) && !has("offset"), "{}", page.slug);
                let most = page.most.iter().find(|(name, _)| name == "limit").map_or(usize::MAX, |(_, most)| *most);
                assert!(usize::try_from(size).unwrap() <= most, "{}", page.slug);
            }
        }
    }
}

#[test]
fn flags_that_the_document_sets_to_false_are_not_sent_unless_given() {
    for (page, op) in pairs() {
        for flag in page.params.iter().filter(|param| param.default.as_deref() == Some("false")) {
            assert_eq!(op.param(&flag.name).unwrap().ty, Ty::Bool, "{}", page.slug);
            let needed = op.params.iter().filter(|param| param.required);
            let plain = |ty| if ty == Ty::Email { json!("1@b.example") } else { json!("1") };
            let given = needed.map(|param| (param.name.to_owned(), plain(param.ty))).collect();
            let args = check(op, vec![serde_json::Value::Object(given)]).unwrap();
            let call = Call { platform: mobilize(), op, connection: "main".into(), args };
            assert!(!beadle::wire::build(&call).target.contains(&flag.name), "{}", page.slug);
        }
    }
}

fn page_about_mobilize() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms/mobilize.md");
    std::fs::read_to_string(path).unwrap()
}

/// The rows of a table under a heading, as cells without back-ticks.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let after = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let lines = after.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

#[test]
fn our_page_lists_the_operations_of_the_table() {
    let want: Vec<Vec<String>> = mobilize()
        .ops
        .iter()
        .zip(OPERATIONS)
        .map(|(op, (slug, _))| vec![op.name(), format!("{} {}", op.method.as_str(), op.path), slug.to_owned()])
        .collect();
    assert_eq!(table(&page_about_mobilize(), "Operations"), want);
}

#[test]
fn our_page_says_of_every_write_what_repeating_it_means() {
    let word = |op: &Op| match op.kind {
        Kind::Read | Kind::Either(..) => None,
        Kind::Write(write) => Some(match write.repeat {
            Repeat::Converges => "converges",
            Repeat::CheckFirst => "check first",
            Repeat::ProvesOnlyDone => "proves only done",
            Repeat::Unprovable => "unprovable",
        }),
    };
    let want: Vec<_> = mobilize().ops.iter().filter_map(|op| Some((op.name(), word(op)?.to_owned()))).collect();
    let rows = table(&page_about_mobilize(), "What repeating means");
    let have: Vec<_> = rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(have, want);
}
