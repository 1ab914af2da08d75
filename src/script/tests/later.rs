//! Values that only the platform can give: what scripts may do with them while a plan is made, and what not.

use bytes::Bytes;
use futures_util::FutureExt;

use super::{Ended, Stage, execute};

/// `id` and `other` are ids of groups that are not there yet.
const GIVEN: &str = "\
fn made(name) {
    groups.create(#{
        name: name, parent_group_id: (), privacy: \"public\", invite_members_enabled: true, hidden_emails: false,
        alias_name: \"a\", default_emails_frequency: \"daily\", manager_email_address: \"ada@example.org\",
    })
}
let id = made(\"Founders\").id; let other = made(\"Board\").id;
";

/// The line of what stands behind [`GIVEN`].
const LINE: usize = 8;

fn answering(script: &str) -> Stage {
    Stage::new(&format!("{GIVEN}{script}")).door(|fake| {
        fake.answers = Box::new(|call, _| {
            let body = match call.op.verb {
                "create" => format!(r#"{{"id":"⟦after apply: group {}⟧"}}"#, call.args.text("name").to_lowercase()),
                _ => String::from_utf8(super::echo(call).to_vec()).unwrap(),
            };
            std::future::ready(Ok(Bytes::from(body))).boxed()
        });
    })
}

fn planned(script: &str) -> Stage {
    answering(script).planned()
}

/// The arguments of the last call.
fn sent(script: &str) -> String {
    let stage = planned(script);
    assert!(stage.output().is_empty(), "{script}");
    let asked = stage.asked();
    asked.last().unwrap().split(" With ").next().unwrap().to_owned()
}

fn message(script: &str) -> String {
    planned(script).error().message
}

/// What an error of a value that is not known says, after what needed it.
const ADVICE: &str = "needs the value of `group founders`, which is known only after apply; hand it to a call as it is, \
                      or do this in a script of its own that runs after `beadle apply`";

#[test]
fn it_may_be_kept_passed_on_and_printed() {
    let shown = "(known after apply: group founders)";
    let cases = [
        ("print(id);", shown),
        ("debug(id);", "debug: (known after apply: group founders) (main.rhai:8:1)"),
        ("log(id);", "info: (known after apply: group founders)"),
        ("log.warn(id);", "warning: (known after apply: group founders)"),
        ("print(`new: ${id}`);", "new: (known after apply: group founders)"),
        ("print([id]);", "[(known after apply: group founders)]"),
        ("print(#{ a: id });", "#{\"a\": (known after apply: group founders)}"),
        ("print(type_of(id));", "known after apply"),
        ("fn f(x) { x } print(f(id));", shown),
        ("let f = |x| x; print(f.call(id));", shown),
        ("let f = || id; print(f.call());", shown),
        ("let a = []; a.push(id); a += id; a[0] = id; print(a[1]);", shown),
        ("let m = #{}; m.a = id; m += #{ b: id }; print(m.b);", shown),
        ("print(id ?? 5);", shown),
        ("print([1].map(|x| id)[0]);", shown),
        ("print(parse_json(to_json(#{ a: id })).a);", shown),
        ("print(error(id).message);", shown),
    ];
    for (script, printed) in cases {
        assert_eq!(planned(script).output(), [printed], "{script}");
    }
}

#[test]
fn it_is_compared_with_its_own_kind_and_with_nothing() {
    let cases = [
        ("id == id", "true"),
        ("id != id", "false"),
        ("id == other", "false"),
        ("id != other", "true"),
        ("id == ()", "false"),
        ("() == id", "false"),
        ("id != ()", "true"),
        ("() != id", "true"),
        ("[id] == [id]", "true"),
        ("#{ a: id } == #{ a: other }", "false"),
        ("id in [other, id]", "true"),
        ("[other].contains(id)", "false"),
        ("[other, id].index_of(id)", "1"),
        ("[id, other, id].unique().len()", "2"),
        ("made(\"founders\").id == id", "true"),
    ];
    for (compared, printed) in cases {
        assert_eq!(planned(&format!("print({compared});")).output(), [printed], "{compared}");
    }
}

#[test]
fn no_operator_takes_it() {
    let mut tried = 0;
    for operator in ["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "<", "<=", ">", ">=", "..", "..="] {
        for value in ["1", "1.5", "\"x\"", "'x'", "true", "()", "[1]", "#{}", "ctx.started", "other", "blob(1)"] {
            // A blank keeps `1 ..` from being read as a number that ends with a point.
            for compared in [format!("id {operator} x"), format!("x {operator} id")] {
                let script = format!("let x = {value}; let y = {compared};");
                let said = message(&script);
                let of = said.replace("`group board`", "`group founders`");
                assert_eq!(of, format!("`{operator}` {ADVICE}"), "{script}");
                tried += 1;
            }
        }
    }
    for operator in ["==", "!="] {
        for value in ["1", "1.5", "\"x\"", "'x'", "true", "[1]", "#{}", "ctx.started", "groups", "members.list(1)"] {
            for compared in [format!("id {operator} x"), format!("x {operator} id")] {
                assert_eq!(message(&format!("let x = {value}; {compared};")), format!("`{operator}` {ADVICE}"));
                tried += 1;
            }
        }
    }
    for sign in ["-", "+", "!"] {
        assert_eq!(message(&format!("let x = {sign}id;")), format!("`{sign}` {ADVICE}"));
    }
    assert_eq!(tried, 17 * 11 * 2 + 2 * 10 * 2);
}

#[test]
fn no_assignment_with_an_operator_takes_it() {
    for value in ["1", "\"x\"", "1.5", "'x'", "blob(1)", "id"] {
        for (left, right) in [("x", "id"), ("y", "x")] {
            let script = format!("let x = {value}; let y = id; {left} += {right};");
            let said = message(&script);
            assert!(said == format!("`+=` {ADVICE}") || said == format!("`+` {ADVICE}"), "{script}: {said}");
        }
    }
    for operator in ["-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^="] {
        let said = message(&format!("let x = 1; x {operator} id;"));
        assert_eq!(said, format!("`{}` {ADVICE}", operator.trim_end_matches('=')));
    }
}

#[test]
fn no_function_takes_it_for_its_value() {
    let cases = [
        ("id.len();", "`len()`"),
        ("id.len;", "`.len`"),
        ("id.name;", "`.name`"),
        ("id.name = 1;", "`.name`"),
        ("id[0];", "`[…]`"),
        ("id[0] = 1;", "`[…]`"),
        ("parse_int(id);", "`parse_int()`"),
        ("id.parse_float();", "`parse_float()`"),
        ("id.to_upper();", "`to_upper()`"),
        ("id.trim();", "`trim()`"),
        ("id.split(\",\");", "`split()`"),
        ("id.contains(\"x\");", "`contains()`"),
        ("\"x\".contains(id);", "`contains()`"),
        ("id in \"abc\";", "`contains()`"),
        ("\"x\".starts_with(id);", "`starts_with()`"),
        ("\"x\".replace(\"x\", id);", "`replace()`"),
        ("\"x\".pad(5, id);", "`pad()`"),
        ("max(id, 1);", "`max()`"),
        ("#{}.set(id, 1);", "`set()`"),
        ("#{ a: 1 }.get(id);", "`get()`"),
        ("id in #{};", "`contains()`"),
        ("for x in id { print(x); }", "`for`"),
        ("[id, other].join(\",\");", "`join()`"),
        ("[id, \"1\"].unique();", "`unique()`"),
        ("[#{ a: id }].group_by(\"a\");", "`group_by()`"),
        ("[#{ a: id }].index_by(|row| row.a);", "`index_by()`"),
        ("[id].sum();", "sum()"),
        ("[1].chunk(id);", "`chunk()`"),
        ("[id, other].sort();", "`sort()`"),
        ("[id, \"x\"].sort();", "`sort()`"),
        ("[\"x\"].contains(id);", "`==`"),
        ("[\"x\"].index_of(id);", "`==`"),
        ("[id].filter(|x| x == 1);", "`==`"),
        ("[id, \"x\"].sort(|a, b| a < b);", "`<`"),
        ("sleep(id);", "`sleep()`"),
        ("assert(id);", "`assert()`"),
        ("connect(id);", "`connect()`"),
        ("time.parse(id);", "time.parse()"),
        ("time.from_ms(id);", "time.from_ms()"),
        ("time.days(id);", "a length of time"),
        ("time.now() - id;", "`-`"),
        ("email.valid(id);", "email.valid()"),
        ("email.normal(id);", "email.normal()"),
        ("csv.parse(id);", "csv.parse()"),
        ("csv.rows(id);", "csv.rows()"),
        ("csv.read(id);", "csv.read()"),
        ("roster.read(id);", "roster.read()"),
        ("report.add(id, 1);", "report.add()"),
        ("report.row(id, #{});", "report.row()"),
        ("exports.write(groups.list(), id);", "exports.write()"),
        ("exports.write(groups.list(), #{ file: id });", "`file` of exports.write()"),
        ("exports.write(groups.list(), #{ file: `${id}.csv` });", "`file` of exports.write()"),
    ];
    for (script, what) in cases {
        assert_eq!(message(script), format!("{what} {ADVICE}"), "{script}");
    }
}

#[test]
fn where_the_language_tells_only_the_type_the_error_still_says_what_to_do() {
    let said = format!("this {}", ADVICE.replace("the value of `group founders`, which", "a value that"));
    for script in [
        "if id { print(1); }",
        "while id { print(1); }",
        "let yes = true; id && yes;",
        "let no = false; no || id;",
        "let m = #{}; m[id] = 1;",
        "let m = #{}; m[id];",
        "id.call();",
    ] {
        assert_eq!(message(script), said, "{script}");
    }
}

#[test]
fn an_error_shows_its_place() {
    let error = planned("let name = \"Group \" + id;").error();
    assert_eq!((error.file.as_str(), error.line, error.column), ("main.rhai", LINE, 21));
    assert_eq!(
        planned("throw `no ${id}`;").error().message,
        "no (known after apply: group founders)",
        "a script's own errors are readable, too"
    );
    assert_eq!(message("throw id;"), "the script threw (known after apply: group founders)");
    assert_eq!(message("frobnicate(id);"), "there is no function `frobnicate` that takes (known after apply)");
    assert_eq!(message("groups.gte(id);"), "`groups` has no `gte`; did you mean `get`?");
}

#[test]
fn a_script_that_catches_such_an_error_is_not_planned() {
    let caught = "; the script caught this, and a run would not come here";
    let stage = planned("try {\n  print(id + 1);\n} catch { }\nprint(\"on\");");
    let error = stage.error();
    assert_eq!(stage.heard(), ["on"]);
    assert_eq!(error.message, format!("`+` {ADVICE}{caught}"));
    assert_eq!((error.file.as_str(), error.line), ("main.rhai", LINE + 1));
    for (script, what) in [
        ("try { id.len() } catch { }", "`len()`"),
        ("try { email.valid(id) } catch { }", "email.valid()"),
        ("try { [id, \"x\"].group_by(|x| x) } catch { }", "`group_by()`"),
        // The language's own functions swallow the errors of a comparison.
        ("let a = [id, \"x\"]; a.dedup();", "`==`"),
    ] {
        assert_eq!(message(script), format!("{what} {ADVICE}{caught}"), "{script}");
    }
    assert!(message("try { groups.get(`x${id}`) } catch { }").ends_with(caught));
    assert_eq!(planned("try { users.get(\"..\") } catch { print(\"on\"); }").output(), ["on"], "another error");
}

#[test]
fn it_is_handed_to_calls_as_it_is() {
    assert_eq!(sent("groups.get(id);"), r#"groups.get {"group_id":"⟦after apply: group founders⟧"}"#);
    assert_eq!(
        sent("members.invite(id, #{ sender_id: \"1\", recipients_ids: [\"2\", other, other] });"),
        r#"members.invite {"group_id":"⟦after apply: group founders⟧","sender_id":"1","recipients_ids":["2","⟦after apply: group board⟧"]}"#
    );
    assert_eq!(
        sent("members.update(id, \"3\", #{ team: id, teams: [id] });"),
        r#"members.update {"group_id":"⟦after apply: group founders⟧","user_id":"3","fields":{"team":"⟦after apply: group founders⟧","teams":["⟦after apply: group founders⟧"]}}"#
    );
    assert!(
        sent("bulk.create_members(id, #{ users: [#{ fields: #{ email: \"a@b.example\", team: id } }] });")
            .contains(r#""team":"⟦after apply: group founders⟧""#)
    );
    assert_eq!(sent("groups.get(`${id}`);"), sent("groups.get(id);"), "as a whole it may also come as text");
}

#[test]
fn text_that_holds_it_is_handed_to_no_call() {
    let beside = "holds other text beside a value that is known only after apply (`group founders`); hand the value over \
                  as a whole, or do this in a script of its own that runs after `beadle apply` (bad_argument)";
    let itself = "is known only after apply (`group founders`); here a plan needs the value itself (bad_argument)";
    let cases = [
        ("groups.get(`x${id}`);", "groups.get", "group_id", beside),
        ("groups.update(4, #{ name: `About ${id}` });", "groups.update", "name", beside),
        ("groups.update(4, #{ name: to_json(#{ a: id }) });", "groups.update", "name", beside),
        ("members.update(4, 5, #{ note: `see ${id}` });", "members.update", "fields.note", beside),
        ("members.update(4, 5, #{ notes: [`see ${id}`] });", "members.update", "fields.notes", beside),
        ("users.find_by_email(id);", "users.find_by_email", "email", itself),
        ("members.update(4, 5, #{ email: id });", "members.update", "fields.email", itself),
        ("members.list(4, #{ include_fields: id });", "members.list", "include_fields", itself),
        ("members.invite(4, #{ sender_id: 1, recipients_ids: id });", "members.invite", "recipients_ids", itself),
        (
            "members.invite(4, #{ sender_id: 1, recipients_ids: [`x${id}`] });",
            "members.invite",
            "recipients_ids[0]",
            beside,
        ),
        ("groups.update(4, #{ name: `${id}`.to_upper() });", "groups.update", "name", ""),
    ];
    for (script, operation, place, why) in cases {
        let said = message(script);
        assert!(said.starts_with(&format!("{operation} on main: `{place}` {why}")), "{script}: {said}");
        assert!(said.contains("known only after apply"), "{script}: {said}");
    }
    for label in ["id", "`x${id}`"] {
        let said = message(&format!("members.invite(4, #{{ sender_id: 1, recipients_ids: [5], again: {label} }});"));
        assert_eq!(said, format!("members.invite on main: `again` {ADVICE} (bad_argument)"));
    }
}

#[test]
fn a_sync_takes_it_as_its_group_and_never_within_other_text() {
    let needs_roster = "roster.sync() needs a roster: `roster.sync(group, roster.read(file))`";
    assert_eq!(message("roster.sync(id, 5);"), needs_roster);
    assert_eq!(message("roster.sync(`x${id}`, 5);"), format!("the group of roster.sync() {ADVICE}"));
    let with = |options: &str| {
        let stage = planned(&format!("roster.sync(id, roster.read(\"r.csv\"), #{{ {options} }});"));
        stage.file("r.csv", "email\na@b.example\n");
        stage.error().message
    };
    assert_eq!(with("sender: id, protected: [id, \"a@b.example\"]"), "this connection cannot sync rosters");
    assert_eq!(with("sender: `x${id}`"), format!("`sender` of roster.sync() {ADVICE}"));
    assert_eq!(with("protected: [`x${id}`]"), format!("`protected` of roster.sync() {ADVICE}"));
    assert_eq!(with("mode: id"), format!("`mode` of roster.sync() {ADVICE}"));
}

#[test]
fn the_report_shows_it_as_people_read_it() {
    let stage = planned("report.add(\"group\", [id]); report.note(`made ${id}`); report.row(`of ${id}`, #{ id: id });");
    let (script, run) = (stage.load().unwrap(), stage.begin());
    execute(&script, &run).unwrap();
    let (parts, shown) = (run.parts(), "(known after apply: group founders)");
    assert_eq!(parts.values, [("group".to_owned(), serde_json::json!([shown]))]);
    assert_eq!(parts.notes, [format!("made {shown}")]);
    assert_eq!(parts.tables, [(format!("of {shown}"), vec![serde_json::json!({ "id": shown })])]);
}

#[test]
fn a_real_run_knows_no_such_values_and_sends_no_such_text() {
    let stage = answering("print(type_of(id)); print(id + \"x\" == \"\");");
    assert_eq!(stage.output(), ["string", "false"], "whatever somebody is called");
    for script in ["groups.get(id);", "members.update(4, 5, #{ note: id });", "groups.update(4, #{ name: `a ${id}` });"]
    {
        let stage = answering(script);
        assert!(stage.error().message.contains("known only after apply"), "{script}");
        assert_eq!(stage.asked().len(), 2, "nothing but the groups was asked for");
    }
    let stage = answering("print(id);");
    assert_eq!(stage.output(), ["⟦after apply: group founders⟧"], "data is shown as it is");
    let stage = answering("try { groups.get(id) } catch { print(\"on\"); }");
    assert_eq!(stage.output(), ["on"], "what is caught is caught");
}

#[test]
fn a_switch_on_the_id_of_what_is_made_is_refused_before_the_run() {
    let refused = "`switch` on the id of what `groups.create()` makes finds no arm: nobody knows the id before; switch \
                   on what you gave to the call";
    for script in [
        "switch groups.create(#{ name: \"a\" }).id { \"4\" => print(1), _ => print(2) }",
        "fn f() { switch groups.create(#{}).id { \"4\" => 1, _ => 2 } } f();",
        "let x = switch connect(\"main\").groups.create(#{}).id { \"4\" => 1, _ => 2 }; print(x);",
        "let f = |g| switch groups.create(g).id { \"4\" => 1, _ => 2 }; f.call(#{});",
    ] {
        let stage = Stage::new(script);
        assert_eq!(stage.error().message, refused, "{script}");
        assert!(stage.asked().is_empty(), "{script}");
    }
    for script in [
        "switch groups.get(4).id { \"7\" => print(1), _ => print(2) }",
        "switch members.add(4, #{ fields: #{ email: \"a@b.example\" } }).name { _ => print(1) }",
        "let groups = #{ create: |x| #{ id: x } }; switch groups.create(5).id { 5 => print(1), _ => print(2) }",
        "fn f(groups) { switch groups.create(5).id { 5 => print(1), _ => print(2) } } f(#{ create: |x| #{ id: x } });",
        "let f = |groups| switch groups.create(5).id { 5 => 1, _ => 2 }; print(f.call(#{ create: |x| #{ id: x } }));",
        "for groups in [#{ create: |x| #{ id: x } }] { switch groups.create(5).id { 5 => print(1), _ => print(2) } }",
        "try { throw 5 } catch (groups) { switch groups { 5 => print(1), _ => print(2) } }",
    ] {
        assert_eq!(Stage::new(script).output(), ["1"], "{script}");
    }
}

#[test]
fn what_cannot_be_planned_ends_the_run_as_a_failure_of_the_script() {
    assert!(matches!(planned("try { id + 1 } catch { }").run(), Err(Ended::Failed(_))));
}
