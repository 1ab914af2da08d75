//! Declared arguments: reading them without running, binding values, what a person is told.

use super::super::Script;
use super::Stage;

const SCRIPT: &str = r#"
// Keeps a group as the roster says.
// Runs every night.

args(#{
    roster: #{ type: "file", sandbox: "data/roster.csv", doc: "who belongs" },
    group: #{ type: "id", sandbox: 12 },
    invite: #{ type: "bool", default: true, doc: "whether to mail" },
    limit: #{ type: "int", default: -5 },
    share: #{ type: "float", default: 1 },
    owner: #{ type: "email", required: false },
    how: #{ type: "choice", of: ["daily", "weekly"], default: "daily" },
    since: #{ type: "date", default: "2026-01-31" },
    note: #{ type: "text", default: "" },
});
throw "it was run";
"#;

fn load(script: &str) -> Script {
    Stage::new(script).load().unwrap()
}

fn given(values: &[(&str, &str)]) -> Vec<(String, String)> {
    values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_declaration_and_the_description_are_read_without_running() {
    let script = load(SCRIPT);
    assert_eq!(script.description(), "Keeps a group as the roster says.\nRuns every night.");
    assert_eq!(
        script.declared().usage(),
        [
            "  --arg roster=FILE        who belongs (needed; on a sandbox: data/roster.csv)",
            "  --arg group=ID           (needed; on a sandbox: 12)",
            "  --arg invite=true|false  whether to mail (default: true)",
            "  --arg limit=NUMBER       (default: -5)",
            "  --arg share=NUMBER       (default: 1.0)",
            "  --arg owner=ADDRESS",
            "  --arg how=daily|weekly   (default: daily)",
            "  --arg since=YYYY-MM-DD   (default: 2026-01-31)",
            "  --arg note=TEXT          (default: \"\")",
        ]
        .join("\n")
    );
    assert!(load("print(1);").declared().is_empty());
}

#[test]
fn given_values_win_over_those_of_the_sandbox_and_these_over_defaults() {
    let declared = load(SCRIPT).declared().clone();
    let bound = declared
        .bind(given(&[("group", " 7 "), ("limit", "3"), ("invite", "false"), ("owner", "A@b.example")]), true)
        .unwrap();
    let text = |name: &str| bound[name].to_string();
    assert_eq!([text("group"), text("roster"), text("owner")], ["7", "data/roster.csv", "A@b.example"]);
    assert!(bound["group"].is_string(), "an id is text");
    assert_eq!(
        (bound["limit"].as_int(), bound["invite"].as_bool(), bound["share"].as_float()),
        (Ok(3), Ok(false), Ok(1.0))
    );
    assert_eq!(bound["since"].read_lock::<super::super::library::Time>().unwrap().to_string(), "2026-01-31T00:00:00Z");
    assert!(declared.bind(Vec::new(), true).unwrap()["owner"].is_unit(), "what is not required may be missing");
}

#[test]
fn on_a_real_connection_the_sandboxs_values_do_not_hold() {
    let declared = load(SCRIPT).declared().clone();
    let error = declared.bind(given(&[("group", "7")]), false).unwrap_err();
    assert_eq!(error.to_string(), "the argument `roster` is missing (who belongs); add `--arg roster=FILE`");
}

#[test]
fn values_that_do_not_fit_are_refused_with_what_to_type() {
    let declared = load(SCRIPT).declared().clone();
    let problem = |values: &[(&str, &str)]| declared.bind(given(values), true).unwrap_err().to_string();
    assert_eq!(problem(&[("gruop", "7")]), "the script has no argument `gruop`; did you mean `group`?");
    assert_eq!(problem(&[("group", "7"), ("group", "8")]), "the argument `group` is given twice");
    assert_eq!(problem(&[("limit", "many")]), "the argument `limit` must be a whole number, not `many`");
    assert_eq!(problem(&[("share", "NaN")]), "the argument `share` must be a number, not `NaN`");
    assert_eq!(
        problem(&[("how", "dayly")]),
        "the argument `how` must be one of `daily` and `weekly`, not `dayly`; did you mean `daily`?"
    );
    assert_eq!(
        problem(&[("since", "31.1.2026")]),
        "the argument `since` must be a date as in 2026-01-31, not `31.1.2026`"
    );
    assert_eq!(problem(&[("owner", "nobody")]), "the argument `owner` must be an e-mail address, not `nobody`");
    assert_eq!(problem(&[("invite", "yes")]), "the argument `invite` must be true or false, not `yes`");
    assert_eq!(problem(&[("roster", " ")]), "the argument `roster` must be the path of a file, not ` `");
    assert_eq!(
        load("").declared().bind(given(&[("a", "1")]), true).unwrap_err().to_string(),
        "the script has no argument `a`; it takes none"
    );
}

#[test]
fn a_declaration_that_would_have_to_be_run_is_refused() {
    let problem = |script: &str| {
        let error = Stage::new(script).load().unwrap_err();
        (error.message, error.line)
    };
    let says = |script: &str, words: &str| {
        let (message, _) = problem(script);
        assert!(message.contains(words), "{script}: {message}");
    };
    says("let m = #{}; args(m);", "takes one map that is written out");
    says("args(#{ a: 5 });", "is declared with a map");
    says("args(#{ a: #{ type: \"int\", default: 1 + x() } }); fn x() { 1 }", "must be written out");
    says("args(#{ a: #{ } });", "has no `type`");
    says("args(#{ a: #{ type: \"string\" } });", "`string` is no type of an argument");
    says("args(#{ a: #{ type: \"fiel\" } });", "did you mean `file`?");
    says("args(#{ a: #{ type: \"int\", defualt: 1 } });", "did you mean `default`?");
    says("args(#{ a: #{ type: \"int\", default: \"x\" } });", "`default` of `a` must be a whole number");
    says("args(#{ a: #{ type: \"choice\" } });", "needs `of`");
    says("args(#{ a: #{ type: \"choice\", of: [1] } });", "must be a list of texts");
    says("args(#{ a: #{ type: \"int\", of: [\"x\"] } });", "`of` is for the type `choice`");
    says("args(#{ a: #{ type: \"int\", default: 1, required: true } });", "cannot be required");
    says("fn f() { args(#{ a: #{ type: \"int\" } }) } f();", "stands at the top");
    says("if true { args(#{ a: #{ type: \"int\" } }); }", "stands at the top");
    says("args(#{}); args(#{});", "stands once");
    assert_eq!(problem("args(#{\n  a: #{\n    type: \"int\",\n    dok: \"x\" } });").1, 4);
}

#[test]
fn the_script_gets_the_checked_values() {
    let mut stage = Stage::new("let a = args(#{ who: #{ type: \"text\" } }); print(a.who + ctx.args.who);");
    stage.args = stage.load().unwrap().declared().bind(given(&[("who", "Ada")]), false).unwrap();
    assert_eq!(stage.output(), ["AdaAda"]);
}
