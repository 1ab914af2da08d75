//! What a person types and what comes back: stdout, stderr and the exit code.

use crate::builder::Test;

const SETTINGS: &str = "\
[connections.main]
platform = \"mobilize\"
base_url = \"http://127.0.0.1:1\"
key = \"env:SOME_KEY\"
secret = \"env:SOME_SECRET\"
";

#[test]
fn the_version_is_data() {
    Test::new().args(["--version"]).stdout("beadle 0.1.0\n").stderr("").success();
}

#[test]
fn without_a_settings_file_a_run_is_refused_with_the_next_step() {
    let ran = Test::new()
        .args(["run", "scripts/hello.rhai"])
        .stdout("")
        .stderr(
            "error: there is no beadle.toml in `{folder}` or a folder above it\n  \
             next: try it without an account: add --sandbox; or write one: docs/settings.md\n",
        )
        .code(2);
    assert_eq!(std::fs::read_dir(ran.folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_mistake_in_the_settings_is_shown_where_it_stands() {
    Test::new()
        .file("beadle.toml", "[project]\ntimezon = \"UTC\"\n")
        .args(["run", "hello.rhai"])
        .stderr(
            "error: beadle.toml:2:1: there is no key `timezon` in `[project]`; did you mean `timezone`?\n  \
             2 | timezon = …\n    | ^^^^^^^\n",
        )
        .code(2);
}

#[test]
fn an_unknown_connection_is_refused_before_anything_is_sent() {
    Test::new()
        .file("beadle.toml", SETTINGS)
        .args(["run", "hello.rhai", "--connection", "mian"])
        .stderr("error: there is no connection `mian`; did you mean `main`?\n")
        .code(2);
}

#[test]
fn a_credential_that_is_missing_names_its_variable() {
    Test::new()
        .file("beadle.toml", SETTINGS)
        .env("SOME_KEY", "a-key-of-ours")
        .args(["run", "hello.rhai"])
        .stderr(
            "error: `secret` of connection `main` comes from the variable `SOME_SECRET`, which is not set\n  \
             next: export SOME_SECRET=… (API secret, shown once beside the key)\n",
        )
        .code(2);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_right() {
    let ran = Test::new().args(["run", "hello.rhai", "--arg", "roster"]).stdout("").code(2);
    assert!(ran.stderr.contains("write it as KEY=VALUE"), "{}", ran.stderr);
    let ran = Test::new().args(["run", "hello.rhai", "--fresh"]).stdout("").code(2);
    assert!(ran.stderr.contains("--sandbox"), "{}", ran.stderr);
    let ran = Test::new().args(["rum"]).stdout("").code(2);
    assert!(ran.stderr.contains("'run'"), "{}", ran.stderr);
}

#[test]
fn help_is_data_and_shows_the_exit_codes() {
    let ran = Test::new().args(["--help"]).stderr("").success();
    assert!(ran.stdout.contains("130  interrupted, can be resumed"), "{}", ran.stdout);
    let ran = Test::new().args(["run", "--help"]).stderr("").success();
    assert!(ran.stdout.contains("--arg <KEY=VALUE>") && ran.stdout.contains("Examples:"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Usage: beadle run [OPTIONS] [SCRIPT]"), "{}", ran.stdout);
}

#[test]
fn a_function_that_is_not_there_gets_a_hint() {
    Test::new()
        .args(["functions", "members.invit"])
        .stdout("")
        .stderr("error: there is no function `members.invit`; did you mean `members.invite`?\n")
        .code(2);
}

#[test]
fn with_json_a_failure_is_an_object_too() {
    Test::new()
        .args(["--json", "functions", "grops"])
        .stdout(
            "{\"type\":\"failure\",\"exit\":2,\"message\":\"there is no function `grops`; did you mean `groups`?\",\"next\":null}\n",
        )
        .code(2);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Test::new().args(["functions"]).command().stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn what_every_script_has_is_listed_beside_the_platforms_operations() {
    let ran = Test::new().args(["functions"]).stderr("").success();
    for line in ["  members.invite(", "\nOn every platform\n", "  roster.sync(group, roster, #{", "  ctx.args.NAME\n"] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    Test::new()
        .args(["functions", "exports.write"])
        .stdout(
            "\
On every platform

exports
  exports.write(list, #{ file: \"activities.csv\", format: \"csv\", since: \"start\" })
      A list into a file, as csv or ndjson; with `since: \"last\"` only what is new since the last export.
",
        )
        .success();
    Test::new()
        .args(["functions", "rooster.read"])
        .stderr("error: there is no function `rooster.read`; did you mean `roster.read`?\n")
        .code(2);
    let ran = Test::new().args(["functions", "--json"]).success();
    assert!(ran.json().iter().any(|line| line["name"] == "csv.read" && line["platform"].is_null()));
}
