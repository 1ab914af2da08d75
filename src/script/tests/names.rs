//! Where the nouns are found, and where a script's own names win.

use super::{Stage, failure, output};

/// Each is run as it is; all must print the operation that was called.
const PLACES: &[(&str, &str)] = &[
    ("at the top", "print(users.get(1).name);"),
    ("in a block", "if true { print(users.get(1).name); }"),
    ("in a function", "fn f() { print(users.get(1).name); } f();"),
    ("in a nested function", "fn f() { g() } fn g() { print(users.get(1).name); } f();"),
    ("through a function pointer", "fn f(x) { print(users.get(x).name); } let p = Fn(\"f\"); p.call(1);"),
    ("in a closure", "let f = || print(users.get(1).name); f.call();"),
    ("in a closure in a function", "fn f() { let g = || print(users.get(1).name); g.call(); } f();"),
    ("in a nested closure", "let f = || { let g = || print(users.get(1).name); g.call(); }; f.call();"),
    ("in a closure that captures", "let id = 1; let f = || print(users.get(id).name); f.call();"),
    ("in a closure given to a host function", "[1].map(|id| print(users.get(id).name));"),
    ("in a comparing closure", "let a = [2, 1]; a.sort(|x, y| { if x == 2 { print(users.get(x).name); } x - y });"),
    ("in a loop", "for id in [1] { print(users.get(id).name); }"),
    ("in a switch", "switch 1 { 1 => print(users.get(1).name), _ => () }"),
    ("in a caught block", "try { print(users.get(1).name); } catch { }"),
    ("of a named connection", "print(connect(\"main\").users.get(1).name);"),
    ("of a connection in a variable", "let c = connect(\"main\"); print(c.users.get(1).name);"),
    ("kept in a variable", "let u = users; print(u.get(1).name);"),
    ("as an argument", "fn f(u) { print(u.get(1).name); } f(users);"),
    ("in an imported function", "import \"lib\" as lib; lib::show();"),
    ("in a closure of an imported function", "import \"lib\" as lib; lib::inside();"),
    ("in an imported script", "import \"loud\" as loud;"),
];

#[test]
fn nouns_are_found_in_every_place() {
    for (place, script) in PLACES {
        let stage = Stage::new(script);
        stage.file(
            "lib.rhai",
            "fn show() { print(users.get(1).name); } fn inside() { [1].map(|id| print(users.get(id).name)); }",
        );
        stage.file("loud.rhai", "print(users.get(1).name);");
        assert_eq!(stage.output(), ["users.get on main"], "{place}");
    }
}

#[test]
fn a_scripts_own_names_win_over_the_nouns() {
    let cases = [
        ("a variable", "let users = 5; print(users);"),
        ("a constant", "const users = 5; print(users);"),
        ("what a noun gave, kept under its name", "let users = users.get(1).id.parse_int() - 2; print(users);"),
        ("a parameter", "fn f(email) { print(email); } f(5);"),
        ("a closure's parameter", "[5].map(|groups| print(groups));"),
        ("a loop's variable", "for time in [5] { print(time); }"),
        ("a captured variable", "let report = 5; let f = || print(report); f.call();"),
        ("a captured variable that is changed", "let log = 4; let f = || { log += 1; }; f.call(); print(log);"),
        ("a caught error", "try { throw 5 } catch (members) { print(members); }"),
        ("a variable in a function", "fn f() { let ctx = 5; print(ctx); } f();"),
        ("after a block ended it is the noun again", "{ let users = 1; } print(users.get(1).id.parse_int() - 2);"),
        ("a function", "fn email(x) { x } print([5].map(email)[0]);"),
        ("a variable that is changed", "let csv = 1; csv = 5; print(csv);"),
        ("a property", "let m = #{ users: 5 }; print(m.users);"),
    ];
    for (case, script) in cases {
        assert_eq!(output(script), ["5"], "{case}");
    }
}

#[test]
fn names_that_nobody_knows_are_errors_before_the_run() {
    let places = [
        "usrs.get(1);",
        "fn f() { usrs.get(1) } f();",
        "let f = || usrs.get(1); f.call();",
        "fn f() { let g = || usrs; g.call() } f();",
    ];
    for script in places {
        let stage = Stage::new(&format!("print(1); {script}"));
        assert_eq!(stage.error().message, "there is no variable `usrs`; did you mean `users`?", "{script}");
        assert!(stage.heard().is_empty(), "{script}");
    }
}

#[test]
fn words_that_rhai_reserves_can_be_methods_fields_keys_and_variables() {
    let script = "let m = #{ sync: 1, new: 2 }; let default = m.sync + m.new; m.default = default; print(m.default);";
    assert_eq!(output(script), ["3"]);
}

#[test]
fn a_verb_that_no_platform_has_is_answered_with_those_there_are() {
    let message = |script: &str| Stage::new(script).error().message;
    assert_eq!(message("users.gte(1);"), "`users` has no `gte`; did you mean `get`?");
    assert_eq!(
        message("bulk.frobnicate();"),
        "`bulk` has no `frobnicate`; it has `create_groups`, `update_groups`, `create_members` and `status`"
    );
    assert_eq!(message("users.get(1, 2, 3, 4, 5, 6, 7);"), "`users.get` does not take 7 arguments");
    assert_eq!(
        message("bulk.invite(1);"),
        "bulk.invite on main: Mobilize has no `bulk.invite`; it has `create_groups`, `update_groups`, `create_members` and `status` (unsupported)"
    );
    assert_eq!(message("csv.prase(\"a\");"), "`csv` has no `prase`; did you mean `parse`?");
    assert_eq!(
        message("csv.parse();"),
        "`csv.parse` does not take 0 arguments; write `csv.parse(text) or csv.parse(text, \";\")`"
    );
    assert_eq!(message("connect(\"main\").usrs;"), "a connection has no `usrs`; did you mean `users`?");
    assert_eq!(
        message("connect(\"main\").csv;"),
        "a connection has no `csv`; it has `activities`, `bulk`, `communities`, `groups`, `invitations`, `members`, `notifications`, `plans`, `roles`, `tenant_users`, `users` and `webhooks`"
    );
    assert_eq!(
        failure("let x = 1;\nusers.gte(x);"),
        "`users` has no `gte`; did you mean `get`?\n --> main.rhai:2:7\n   |\n 2 | users.gte(x);\n   |       ^^^"
    );
    assert_eq!(message("connect(\"nowhere\");"), "there is no connection `nowhere` (no_connection)");
}

#[test]
fn a_function_that_hides_a_method_is_refused_before_the_run() {
    let script = "print(1);\nfn invite(group, o) { members.invite(group, o) }\ninvite(1, #{});";
    let stage = Stage::new(script);
    assert_eq!(
        stage.error().rendered,
        "the function `invite(2)` hides `members.invite()`, which would call it instead; give it another name\n \
         --> main.rhai:2:4\n   |\n 2 | fn invite(group, o) { members.invite(group, o) }\n   |    ^^^^^^"
    );
    assert!(stage.heard().is_empty());
    assert_eq!(
        output("fn invite(a, b, c, d) { a } print(invite(1, 2, 3, 4));"),
        ["1"],
        "with other arguments it hides nothing"
    );
}

#[test]
fn a_function_of_an_imported_script_that_hides_a_method_is_refused_too() {
    let stage = Stage::new("print(1); import \"lib\" as lib;");
    stage.file("lib.rhai", "fn get(id) { id }");
    let error = stage.error();
    assert!(error.message.starts_with("the function `get(1)` hides `"), "{}", error.message);
    assert_eq!((error.file.as_str(), error.line), ("lib.rhai", 1));
    let path = failure("let lib = \"lib\"; import lib as x;");
    assert!(path.starts_with("there is no script `lib.rhai`"), "{path}");
}

#[test]
fn two_runs_of_one_parsed_script_do_not_meet() {
    let stage = Stage::new("let f = || print(ctx.args.who); f.call(); print(users.get(1).name);");
    let script = stage.load().unwrap();
    let run = |who: &str| {
        let mut stage = Stage::new("");
        stage.args.insert("who".into(), who.to_owned().into());
        let (begun, heard) = (stage.begin(), stage.heard.clone());
        (stage, begun, heard)
    };
    let (one, two) = (run("ada"), run("bob"));
    std::thread::scope(|scope| {
        for (_, begun, _) in [&one, &two] {
            scope.spawn(|| super::execute(&script, begun).unwrap());
        }
    });
    assert_eq!(*one.2.0.lock().unwrap(), ["ada", "users.get on main"]);
    assert_eq!(*two.2.0.lock().unwrap(), ["bob", "users.get on main"]);
}
