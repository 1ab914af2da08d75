//! Errors word for word, as a person reads them.

use super::{Stage, failure};

#[test]
fn an_error_shows_its_line_and_the_way_through_functions_closures_and_imports() {
    let stage =
        Stage::new("import \"lib/roster\" as roster;\n\nfn all(x) {\n    roster::tidy([x])\n}\n\nall(\"a\");\n");
    stage.file(
        "lib/roster.rhai",
        "import \"util\" as util;\n\nfn tidy(rows) {\n    rows.filter(|row| util::clean(row))\n}\n",
    );
    stage.file("lib/util.rhai", "fn clean(x) {\n    // a comment\n    x.nosuch(1)\n}\n");
    assert_eq!(
        stage.error().rendered,
        "\
there is no function `nosuch` that takes (string, int)
 --> lib/util.rhai:3:7
   |
 3 |     x.nosuch(1)
   |       ^^^^^^
  = in `clean()`, at lib/roster.rhai:4:29
  = in the closure given to `filter()`, at lib/roster.rhai:4:10
  = in `tidy()`, at main.rhai:4:13
  = in `all()`, at main.rhai:7:1"
    );
}

#[test]
fn a_closure_given_to_a_list_is_named_by_the_lists_method() {
    let stage = Stage::new("members.list(9).each(|m| {\n    throw \"no \" + m.id;\n});")
        .door(|fake| fake.pages = vec![Ok(vec![r#"{"id":5}"#])]);
    assert_eq!(
        stage.error().rendered,
        "\
no 5
 --> main.rhai:2:5
   |
 2 |     throw \"no \" + m.id;
   |     ^^^^^
  = in the closure given to `each()`, at main.rhai:1:17"
    );
}

#[test]
fn a_failed_call_shows_the_operations_sentence() {
    assert_eq!(
        failure("let g = 1;\ngroups.get(\"a/b\");"),
        "\
groups.get on main: `group_id` must be an id, not `\"a/b\"` (bad_argument)
 --> main.rhai:2:8
   |
 2 | groups.get(\"a/b\");
   |        ^^^"
    );
}

#[test]
fn a_caught_error_that_is_thrown_again_keeps_its_words() {
    assert_eq!(
        failure("try { users.get(\"..\") } catch (e) {\n  throw e;\n}").lines().next().unwrap(),
        "users.get on main: `user_id` must be an id, not `\"..\"` (bad_argument)"
    );
    assert_eq!(
        failure("try { let a = [1]; a[5] } catch (e) { throw error(e); }").lines().next().unwrap(),
        "array index 5 out of bounds: only 1 element in array"
    );
}

#[test]
fn a_text_that_is_no_script_is_shown_where_it_stops_being_one() {
    assert_eq!(
        failure("let x = 1;\nlet y = (x + ;\n"),
        "\
unexpected ';'
 --> main.rhai:2:14
   |
 2 | let y = (x + ;
   |              ^"
    );
}

#[test]
fn a_very_long_line_of_a_script_is_shown_around_the_place_only() {
    let shown = failure(&format!("let x = \"{}\"; nosuch(1); // \u{1b}[2J", "x".repeat(10_000)));
    assert!(shown.len() < 1000 && shown.contains("\n 1 | … xxx"), "{} bytes", shown.len());
    let lines: Vec<&str> = shown.lines().collect();
    let (line, marks) = (lines[3].chars(), lines[4].chars());
    let marked: String = line.zip(marks).filter(|(_, mark)| *mark == '^').map(|(sign, _)| sign).collect();
    assert_eq!(marked, "nosuch", "{shown}");
    assert!(lines[3].ends_with("␛[2J"), "{shown}");
}

#[test]
fn names_and_types_are_called_as_scripts_call_them() {
    let first = |script: &str| failure(script).lines().next().unwrap().to_owned();
    assert_eq!(first("prnt(1);"), "there is no function `prnt` that takes (int); did you mean `print`?");
    assert_eq!(
        first("fn double(x) { x * 2 } duble(2);"),
        "there is no function `duble` that takes (int); did you mean `double`?"
    );
    assert_eq!(first("\"a\".chunk(2);"), "`chunk` does not take (string, int)");
    assert_eq!(first("#{} - 1;"), "`-` does not work with (map, int)");
    assert_eq!(first("let x = 1; if x { print(1); }"), "this must be a bool, not an int");
    assert_eq!(
        first("let n = 5; for x in n { print(x); }"),
        "`for` needs something to walk through: an array, a list, a map's keys() or a range"
    );
    assert_eq!(first("throw #{ a: 1 };"), "the script threw #{\"a\": 1}");
    assert_eq!(
        first("const X = 1; fn f() { X } f();"),
        "functions do not see the script's constants by their bare names; write `global::X`"
    );
    assert_eq!(
        first("let x = 1; fn f() { x } f();"),
        "`x` is not known here; a function does not see the script's variables: hand it over as a parameter"
    );
    assert_eq!(first("users::list();"), "there is no imported module `users`; did you mean `users.`?");
    assert_eq!(first("users.name;"), "`name` is no property here; a noun has only verbs: write `name(…)`");
}

#[test]
fn a_loop_without_a_body_is_refused_since_it_would_hide_errors() {
    for script in ["for m in members.list(9) { }", "fn f() { for m in members.list(9) {} } f();"] {
        let stage =
            Stage::new(script).door(|fake| fake.pages = vec![Err(super::Thrown::new("unavailable", "not now"))]);
        assert!(stage.error().message.starts_with("this loop has no body"), "{script}");
        assert!(stage.asked().is_empty());
    }
}

#[test]
fn the_constant_that_an_error_advises_works() {
    assert_eq!(super::output("const X = 5; fn f() { global::X } print(f());"), ["5"]);
}

#[test]
fn a_panic_of_the_host_fails_the_run_only() {
    let stage = Stage::new("users.get(1);").door(|fake| fake.answers = Box::new(|_, _| panic!("broken")));
    assert_eq!(stage.error().message, "beadle itself failed inside of a call: broken; please report this");
}

#[test]
fn a_script_may_begin_with_a_mark_or_the_name_of_a_program() {
    let script = "\u{FEFF}#!/usr/bin/env beadle\n// What it does.\nprint(1);\nx;";
    let error = Stage::new(script).error();
    assert_eq!((error.message.as_str(), error.line), ("there is no variable `x`", 4));
    assert_eq!(Stage::new(&script.replace("x;", "")).load().unwrap().description(), "What it does.");
}
