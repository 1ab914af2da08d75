//! The library, as scripts use it.

use super::{Stage, output};

fn message(script: &str) -> String {
    Stage::new(script).error().message
}

#[test]
fn tables_in_text_become_rows() {
    assert_eq!(
        output("for r in csv.parse(\"name, n\\nAda,1\\n\\\"B, b\\\",2\\n\") { print(r.name + r.n); }"),
        ["Ada1", "B, b2"]
    );
    assert_eq!(output("print(csv.rows(\"a;b\\nc;d\", \";\").len());"), ["2"]);
    assert_eq!(message("csv.parse(\"a,b\\n1\");"), "line 2 has 1 columns; the first row names 2");
    assert_eq!(message("csv.parse(\"a,a\\n\");"), "column 2 has the name `a` of a column before it");
    assert_eq!(message("csv.parse(5);"), "csv.parse() needs text, not an int");
}

#[test]
fn times_are_read_moved_compared_and_shown() {
    let script = "let t = time.parse(\"2026-01-31\"); print(t); print(t + time.days(1)); print((t - time.hours(1)).format(\"%d.%m.%Y %H:%M\"));
        print(t.ms); print(time.from_ms(t.ms) == t); print(t > time.now()); print(time.parse(\"2026-02-01T00:00:00+02:00\") - t); print(t.date); print(ctx.started == time.now());";
    assert_eq!(
        output(script),
        [
            "2026-01-31T00:00:00Z",
            "2026-02-01T00:00:00Z",
            "30.01.2026 23:00",
            "1769817600000",
            "true",
            "true",
            "79200000",
            "2026-01-31",
            "true"
        ]
    );
    assert_eq!(
        message("time.parse(\"soon\");"),
        "`soon` is not a time; write it as \"2026-01-31\" or \"2026-01-31T12:00:00Z\""
    );
    assert!(message("time.now() + 9223372036854775807;").contains("out of range"));
}

#[test]
fn addresses_are_normalised_and_checked() {
    assert_eq!(
        output("print(email.normal(\" Ada@Example.ORG \")); print(email.valid(\"x\")); print(email.valid(()));"),
        ["ada@example.org", "false", "false"]
    );
    assert_eq!(message("email.normal(\"x\");"), "`x` is not an e-mail address: there is no `@`");
}

#[test]
fn lines_for_people_have_a_level() {
    assert_eq!(
        output("log(\"a\"); log.warn(1); log.error(#{}); log.debug(\"d\");"),
        ["info: a", "warning: 1", "error: #{}", "debug: d (main.rhai:1:44)"]
    );
}

#[test]
fn the_report_keeps_what_the_script_adds() {
    let stage = Stage::new(
        "report.add(\"new\", 1); report.add(\"gone\", [2]); report.add(\"new\", 3); report.note(\"fine\"); report.row(\"people\", #{ name: \"Ada\" });",
    );
    let (script, run) = (stage.load().unwrap(), stage.begin());
    super::execute(&script, &run).unwrap();
    let parts = run.parts();
    assert_eq!(parts.values, [("new".to_owned(), 3.into()), ("gone".to_owned(), serde_json::json!([2]))]);
    assert_eq!(parts.notes, ["fine"]);
    assert_eq!(parts.tables, [("people".to_owned(), vec![serde_json::json!({ "name": "Ada" })])]);
    assert_eq!(message("report.add(\"f\", || 1);"), "a function cannot be sent; write its result");
}

#[test]
fn everyday_functions_do_what_they_say() {
    let cases = [
        ("print(\" a \".trim().to_upper());", "A"),
        ("let s = \" a \"; s.trim(); print(`[${s}]`);", "[ a ]"),
        ("print([1, \"b\", 2.5].join(\", \"));", "1, b, 2.5"),
        ("print([#{k: \"a\", n: 1}, #{k: \"b\"}, #{k: \"a\", n: 2}].group_by(\"k\").a.len());", "2"),
        ("print([1, 2, 3].group_by(|x| x % 2)[\"1\"].len());", "2"),
        ("print([#{id: \"x\", n: 5}].index_by(\"id\").x.n);", "5"),
        ("print([1, 2, 1, \"1\"].unique().len());", "3"),
        ("print([\"a\", \"A\"].unique(|x| x.to_lower()).len());", "1"),
        ("print([1, 2, 3].chunk(2).len());", "2"),
        ("print([1, 2, 3].sum()); ", "6"),
        ("print([1, 0.5].sum());", "1.5"),
        ("print(#{ a: [1, ()] }.to_json());", "{\"a\":[1,null]}"),
        ("print(parse_json(\"{\\\"id\\\": 5}\").id + 1);", "6"),
        ("let a = [3, 1, 2]; a.sort(|x, y| x < y); print(a);", "[1, 2, 3]"),
        ("let a = [3, 1, 2]; a.sort(|x, y| y - x); print(a);", "[3, 2, 1]"),
        ("let a = [1, 2, 3]; a.sort(|x, y| 1); print(a.len());", "3"),
        ("try { throw \"x\" } catch (e) { print(error(e).message); }", "x"),
        ("try { [][0] } catch (e) { print(error(e).code); }", "script"),
        ("try { users.get(\"..\") } catch (e) { print(error(e).code); }", "bad_argument"),
        ("assert(true); assert(1 == 1, \"no\"); print(\"ok\");", "ok"),
    ];
    for (script, printed) in cases {
        assert_eq!(output(script), [printed], "{script}");
    }
}

#[test]
fn everyday_functions_refuse_what_would_go_wrong_silently() {
    assert_eq!(
        message("[#{id: 1}, #{id: 1}].index_by(\"id\");"),
        "two rows have the key `1`; write `group_by` where that may be"
    );
    assert_eq!(message("[#{}].group_by(\"id\");"), "a row has no key here: its key is `()`");
    assert_eq!(message("[1].chunk(0);"), "chunk() needs a number from 1, not 0");
    assert_eq!(message("[1, \"a\"].sum();"), "sum() needs numbers, not a string");
    assert_eq!(message("let a = [2, 1]; a.sort(|x, y| throw \"no\");"), "no");
    assert_eq!(message("assert(1 == 2, \"one is not two\");"), "one is not two");
    assert_eq!(message("parse_json(\"{\");").split(':').next().unwrap(), "this is not JSON");
}
