//! What a script changed by itself goes back to what the run had read.

use crate::builder::Test;

#[test]
fn values_that_a_script_had_read_before_it_changed_them_go_back() {
    let script = r#"
        let n = 0;
        for m in members.list("5", #{ include_fields: true }) {
            if n < 3 { members.update("5", m.id, #{ fields: #{ city: "Oslo" } }); n += 1; }
        }
        let one = users.get("1050", #{ include_fields: true });
        users.update("1050", #{ fields: #{ job_title: "Pilot" } });
        users.update("1050", #{ fields: #{ job_title: "Sailor" } });
        users.update("1051", #{ fields: #{ job_title: "Cook" } });
    "#;
    let look = r#"
        for m in members.list("5", #{ include_fields: true }).take(3) { print(`${m.id} ${m.fields?.city ?? ""}`); }
        for id in ["1050", "1051"] { print(users.get(id, #{ include_fields: true }).fields?.job_title ?? ""); }
    "#;
    let start = Test::new().file("change.rhai", script).file("look.rhai", look);
    let first = start.args(["run", "look.rhai", "--sandbox"]).success();
    let before: Vec<String> = first.stdout.lines().take(5).map(str::to_owned).collect();
    let changed = first.then(["run", "change.rhai", "--sandbox"]).success();
    let run = changed.run();
    let looked = changed.then(["run", "look.rhai", "--sandbox"]).success();
    let now: Vec<String> = looked.stdout.lines().take(5).map(str::to_owned).collect();
    assert!(now[..3].iter().all(|line| line.ends_with(" Oslo")), "{now:?}");
    assert_eq!(now[3..], ["Sailor", "Cook"]);
    let undo = looked.then(["undo", &run, "--sandbox"]).success();
    // Nobody had read what the second person's title was.
    assert!(
        undo.stdout.contains("left out of users.update: 1, what `job_title` was before is not known"),
        "{}",
        undo.stdout
    );
    let plan = undo.stdout.split("beadle apply ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let applied = undo.then(["apply", &plan, "--sandbox"]).success();
    let last = applied.then(["run", "look.rhai", "--sandbox"]).success();
    let after: Vec<String> = last.stdout.lines().take(5).map(str::to_owned).collect();
    assert_eq!(after[..4], before[..4]);
    assert_eq!(after[4], "Cook");
}
