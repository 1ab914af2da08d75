//! Credentials: in no output, no log, no store; and a wrong one is named by its variable.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::builder::{Test, steady};
use crate::served::Served;

const SYNC: [&str; 9] = [
    "run",
    "scripts/sync_roster.rhai",
    "-v",
    "--arg",
    "roster=scripts/data/roster.csv",
    "--arg",
    "group=4",
    "--arg",
    "sender=1001",
];

/// All files below a folder whose bytes hold one of these.
fn holding(folder: &Path, needles: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let holds = |needle: &String| bytes.windows(needle.len()).any(|part| part == needle.as_bytes());
            if needles.iter().any(holds) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_credential_is_in_no_output_no_log_and_no_store() {
    let served = Served::start();
    let settings = served.settings().replace(&format!("key = \"{}\"", served.key), "key = \"env:KEY\"");
    let basic = STANDARD.encode(format!("{}:{}", served.key, served.secret));
    let secrets = [served.key.clone(), served.secret.clone(), basic, STANDARD.encode(&served.secret)];
    let leak = format!("print(\"{0}\"); log(\"{0}\"); report.note(\"{0}\"); throw \"{0}\";", served.secret);
    let start = |test: Test| test.env("KEY", &served.key).env("SECRET", &served.secret);

    let ran = start(Test::project().file("beadle.toml", &settings)).args(SYNC).code(5);
    assert!(ran.stderr.contains("debug: members.invite: 200 after "), "{}", ran.stderr);
    let clean = |text: &str| secrets.iter().all(|secret| !text.contains(secret.as_str()));
    assert!(clean(&ran.stdout) && clean(&ran.stderr));

    // A script that knows it from elsewhere does not get it past the printer, the log and the report either.
    let ran = start(ran.then(["run", "leak.rhai", "-v", "--json"]).file("leak.rhai", &leak)).code(1);
    assert!(clean(&ran.stdout) && clean(&ran.stderr), "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("[secret]") && ran.stderr.contains("[secret]"), "{}\n{}", ran.stdout, ran.stderr);
    let given = format!("note={}", served.secret);
    let ran = start(ran.then(["run", "taken.rhai", "--arg", &given]))
        .file("taken.rhai", "args(#{ note: #{ type: \"text\" } }); print(ctx.args.note); throw \"on purpose\";")
        .code(1);
    assert!(ran.stdout.starts_with("[secret]\n"), "{}", ran.stdout);
    let taken = ran.run();
    let ran = start(ran.then(["resume", &taken]))
        .stderr(
            "error: the argument `note` of run `{run}` held a secret, which is not kept\n  \
             next: begin a new run; secrets belong into the settings\n",
        )
        .code(2);
    std::fs::remove_file(ran.folder.path().join("leak.rhai")).unwrap();
    assert_eq!(holding(ran.folder.path(), &secrets), Vec::<String>::new());
    // In the store, or in the log beside it that is moved into it later.
    let kept = holding(&ran.folder.path().join(".beadle"), &["[secret]".to_owned()]);
    assert!(!kept.is_empty(), "the log was kept");
}

#[test]
fn a_wrong_secret_names_its_variable_and_changes_nothing() {
    let served = Served::start();
    let ran = Test::project().file("beadle.toml", &served.settings()).env("SECRET", "not-the-right-one").args(SYNC);
    let ran = ran.code(1);
    let told = steady(&ran.stderr, ran.folder.path());
    assert!(
        told.contains(
            "error: groups.get on main: Mobilize answered 401: Unauthorized; check `key` (the settings file) and \
             `secret` (the variable `SECRET`) of connection `main` (unauthorized, HTTP 401)\n"
        ),
        "{told}"
    );
    assert_eq!(
        steady(&ran.stdout, ran.folder.path()),
        "run {run} on main: failed in {seconds} s\n  {calls} calls, none of them a write: nothing was changed\n"
    );
    assert_eq!(holding(ran.folder.path(), &["not-the-right-one".to_owned()]), Vec::<String>::new());
    assert!(served.mails().is_empty());
}

#[test]
fn on_a_real_connection_the_sandboxs_values_do_not_hold() {
    let served = Served::start();
    Test::project()
        .file("beadle.toml", &served.settings())
        .env("SECRET", &served.secret)
        .args(["run", "scripts/sync_roster.rhai", "--arg", "group=4"])
        .stdout("")
        .stderr(
            "error: the argument `roster` is missing (the roster, as a spreadsheet saves it); add `--arg roster=FILE`\n  \
             next: beadle run scripts/sync_roster.rhai --help\n",
        )
        .code(2);
}
