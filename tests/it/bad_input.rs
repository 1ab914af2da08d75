//! What cannot be right ends before any effect: with the place, the reason, the next step and the right exit code.

use crate::builder::{Ran, Test};

const SYNC: [&str; 3] = ["run", "scripts/sync_roster.rhai", "--sandbox"];

/// The main job with this roster; nothing may have been written to the platform.
fn with_roster(text: &str, code: i32) -> Ran {
    let ran = Test::project().file("roster.csv", text).args(SYNC).args(["--arg", "roster=roster.csv"]).code(code);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    ran
}

/// What stands in stderr behind the line that names the run.
fn said(text: &str) -> String {
    let ran = with_roster(text, 1);
    let text = crate::builder::steady(&ran.stderr, ran.folder.path());
    text.split_once('\n').unwrap().1.to_owned()
}

const PLACE: &str = " --> scripts/sync_roster.rhai:15:21
    |
 15 | let people = roster.read(ctx.args.roster);
    |                     ^^^^
";

#[test]
fn a_file_that_is_not_there_is_refused_by_the_name_of_its_argument() {
    let ran = Test::project()
        .args(SYNC)
        .args(["--arg", "roster=rooster.csv"])
        .stdout("")
        .stderr(
            "error: the argument `roster` names `rooster.csv`: there is no such file\n  \
             next: --arg roster=FILE, as seen from the current folder\n",
        )
        .code(2);
    assert!(!ran.folder.path().join(".beadle").exists(), "nothing was begun");
    ran.then(SYNC)
        .args(["--arg", "roster=scripts"])
        .stderr(
            "error: the argument `roster` names `scripts`: this is no file\n  \
             next: --arg roster=FILE, as seen from the current folder\n",
        )
        .code(2);
}

#[test]
fn a_file_that_is_no_roster_says_what_is_wrong_with_it() {
    assert_eq!(
        said(""),
        format!("error: `roster.csv` is empty: it needs a line of column names and rows below it\n{PLACE}")
    );
    assert_eq!(
        said("name;city\nAda;Cork\n"),
        format!(
            "error: `roster.csv` has no e-mail column; its columns are `name`, `city`. Say which one it is: \
             `columns: #{{ \"name\": \"email\" }}`\n{PLACE}"
        )
    );
    assert_eq!(
        said("email;name\na@example.com;\"Ada\nb@example.com;Bob\n"),
        format!(
            "error: `roster.csv`, line 2: a quote (\") opens a cell here and is never closed; close it, or double it \
             if it is meant as a sign\n{PLACE}"
        )
    );
}

#[test]
fn arguments_that_cannot_be_right_are_refused_before_a_run_begins() {
    for (argument, sentence) in [
        ("rooster=x.csv", "the script has no argument `rooster`; did you mean `roster`?"),
        ("invite=maybe", "the argument `invite` must be true or false, not `maybe`"),
        (
            "mode=miror",
            "the argument `mode` must be one of `mirror`, `add_only`, `remove_only` and `update_only`, not `miror`; did you mean `mirror`?",
        ),
        ("group=", "the argument `group` must be an id, not ``"),
    ] {
        let ran = Test::project()
            .args(SYNC)
            .args(["--arg", argument])
            .stdout("")
            .stderr(&format!("error: {sentence}\n  next: beadle run scripts/sync_roster.rhai --help\n"))
            .code(2);
        assert!(!ran.folder.path().join(".beadle/sandbox.db").exists(), "nothing was begun");
    }
}

#[test]
fn a_group_that_is_not_there_is_said_in_words() {
    let ran = Test::project().args(SYNC).args(["--arg", "group=999"]).code(1);
    assert!(
        ran.stderr.contains("error: groups.get on main: there is no group `999`; `groups.list()` names those that are"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("none of them a write: nothing was changed\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("resume"), "there is nothing to go on with: {}", ran.stdout);
}

#[test]
fn a_script_that_is_not_there_or_lies_outside_is_wrong_usage() {
    let ran = Test::project()
        .args(["run", "scripts/sync_rooster.rhai", "--sandbox"])
        .stderr("error: there is no script `scripts/sync_rooster.rhai`\n")
        .code(2);
    let outside = Test::new().file("hello.rhai", "print(1);").args(["--version"]).success();
    let path = outside.folder.path().join("hello.rhai").display().to_string();
    let ran = ran.then(["run", &path, "--sandbox"]).stdout("").code(2);
    assert!(ran.stderr.contains("lies outside of the project `"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("`; scripts are run from within it\n"), "{}", ran.stderr);
}

#[test]
fn a_mistake_of_the_language_is_shown_with_its_line_before_anything_begins() {
    let ran = Test::new()
        .file("broken.rhai", "let x = 1;\nlet y = (x + ;\n")
        .args(["run", "broken.rhai", "--sandbox"])
        .stdout("")
        .stderr(
            "error: unexpected ';'\n \
             --> broken.rhai:2:14\n   \
               |\n \
             2 | let y = (x + ;\n   \
               |              ^\n",
        )
        .code(2);
    assert!(!ran.folder.path().join(".beadle/sandbox.db").exists(), "nothing was begun");
}

#[test]
fn an_error_is_followed_through_imports_closures_and_functions() {
    Test::new()
        .file("scripts/lib/deep.rhai", "fn inner(n) {\n    throw `no luck with ${n}`;\n}\n")
        .file(
            "thrown.rhai",
            "import \"scripts/lib/deep\" as deep;\nfn outer(n) { [n].map(|one| deep::inner(one)) }\nouter(3);\n",
        )
        .args(["run", "thrown.rhai", "--sandbox"])
        .stderr(
            "run {run}: thrown.rhai on main (sandbox)\n\
             error: no luck with 3\n \
             --> scripts/lib/deep.rhai:2:5\n   \
               |\n \
             2 |     throw `no luck with ${n}`;\n   \
               |     ^^^^^\n  \
             = in `inner()`, at thrown.rhai:2:35\n  \
             = in the closure given to `map()`, at thrown.rhai:2:19\n  \
             = in `outer()`, at thrown.rhai:3:1\n",
        )
        .stdout(
            "run {run} on main (sandbox): failed in {seconds} s\n  \
             {calls} calls, none of them a write: nothing was changed\n",
        )
        .code(1);
}

#[test]
fn a_file_named_by_the_command_line_is_found_from_the_current_folder() {
    let ran = Test::project()
        .file("beadle.toml", "[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n")
        .file("lists/mine.csv", "email\nrafal.horvat@example.com\n")
        .below("lists")
        .args(["run", "../scripts/sync_roster.rhai", "--sandbox", "--arg", "roster=mine.csv", "--arg", "mode=add_only"])
        .success();
    assert!(ran.stdout.starts_with("lists/mine.csv to group 4\n  1 row in the file\n"), "{}", ran.stdout);
}
