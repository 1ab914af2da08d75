//! A script that says more than it may, and one that says more than is kept: the limit is told in full, and the store stays small.

use crate::builder::Test;

const SETTINGS: &str = "[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n";

#[test]
fn a_limit_says_how_much_it_is_where_it_is_set_and_what_to_write() {
    let settings = format!("{SETTINGS}[limits.script]\noutput = \"1 KiB\"\n");
    let ran = Test::new()
        .file("beadle.toml", &settings)
        .file("flood.rhai", "loop { print(\"0123456789\"); }")
        .args(["run", "flood.rhai"])
        .code(1);
    let why = "the script printed and logged more than 1 KiB: the limit `output` of `[limits.script]` of beadle.toml; to raise \
               it, write there: output = \"2 KiB\"";
    let run = ran.run();
    assert!(ran.stderr.ends_with(&format!("\nerror: {why}\n")), "{}", ran.stderr);
    let next = format!("\nwhat is done stays done; when it may use more, go on with: beadle resume {run}\n");
    assert!(ran.stdout.ends_with(&next), "{}", ran.stdout);
    let shown = ran.then(["runs", "show", &run]).success();
    assert!(shown.stdout.contains(&format!("\n  {why}\n")), "{}", shown.stdout);
    let raised = settings.replace("1 KiB", "2 KiB");
    let plan = shown.then(["plan", "flood.rhai"]).file("beadle.toml", &raised).code(1);
    assert!(
        plan.stderr.contains("the script printed and logged more than 2 KiB: the limit `output`"),
        "{}",
        plan.stderr
    );
}

#[test]
fn a_flood_goes_out_whole_and_is_kept_with_its_beginning_and_its_end() {
    const LINES: usize = 60_000;
    let script = format!("for n in 0..{LINES} {{ print(`line ${{n}}`); }}");
    let ran = Test::new().file("flood.rhai", &script).args(["run", "flood.rhai", "--sandbox"]).success();
    let printed = ran.stdout.lines().filter(|line| line.starts_with("line ")).count();
    assert_eq!(printed, LINES);
    let run = ran.run();
    let shown = ran.then(["runs", "show", &run, "--log", "--json", "--sandbox"]).success();
    let log: Vec<String> = shown
        .json()
        .iter()
        .filter(|line| line["type"] == "log")
        .map(|line| line["text"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned())
        .collect();
    // The first line says which run it is, the others are the script's: 5,000 from the beginning and 5,000 to the end.
    assert_eq!((log[1].as_str(), log[4_999].as_str()), ("line 0", "line 4998"));
    assert_eq!(log[5_000], format!("{} lines were dropped here: beyond what is kept of a run", LINES + 1 - 10_000));
    assert_eq!((log[5_001].as_str(), log.len()), (format!("line {}", LINES - 5_000).as_str(), 10_001));
    assert_eq!(log[10_000], format!("line {}", LINES - 1));
}

#[test]
fn less_room_than_a_few_logs_need_is_refused() {
    let settings = format!("{SETTINGS}[schedule]\nkeep_logs_size = \"1 MiB\"\n");
    let ran = Test::new().file("beadle.toml", &settings).args(["runs"]).code(2);
    let wanted = "`keep_logs_size` must be a size such as \"1 GiB\", at least 32 MiB";
    assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
}
