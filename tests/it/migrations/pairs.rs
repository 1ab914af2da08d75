//! From every platform to every other: looked at, moved, moved again, compared. What does not move is named, each time.

use super::{BERLIN, FEW, ONLY, after, rows_of, run_of};
use crate::builder::{Ran, Test};

/// What comes of a pair.
struct Pair {
    from: &'static str,
    to: &'static str,
    /// Memberships that move.
    memberships: u64,
    /// The code with which moving and comparing end.
    code: i32,
    /// What the report or `unmapped.csv` says.
    says: &'static str,
}

const fn pair(from: &'static str, to: &'static str, memberships: u64, code: i32, says: &'static str) -> Pair {
    Pair { from, to, memberships, code, says }
}

const NO_USER: &str = "no user of the tenant has the address";
const NO_ROLE: &str = "Mobilize's API gives nobody a role";
const NO_ROSTER: &str = "Vitable Connect shows no members of a group";
const NO_MEMBERS: &str = "HiveSocial's API shows no members of a group";

/// All ordered pairs: whoever stands first in a row is where people come from.
const PAIRS: [Pair; 25] = [
    pair("main", "new-main", 12, 0, NO_ROLE),
    pair("main", "new-heartbeat", 12, 0, "Heartbeat has no field `city`"),
    pair("main", "new-aveva", 4, 5, NO_USER),
    pair("main", "new-hive", 4, 0, "HiveSocial has no field `city`"),
    pair("main", "new-benefits", 4, 0, "Vitable Connect has no field `job_title`"),
    pair("heartbeat", "new-main", 12, 0, NO_ROLE),
    pair("heartbeat", "new-heartbeat", 12, 0, ""),
    pair("heartbeat", "new-aveva", 4, 5, NO_USER),
    pair("heartbeat", "new-hive", 4, 0, ""),
    pair("heartbeat", "new-benefits", 4, 0, ""),
    pair("aveva", "new-main", 12, 0, NO_ROLE),
    pair("aveva", "new-heartbeat", 12, 0, ""),
    pair("aveva", "new-aveva", 4, 5, NO_USER),
    pair("aveva", "new-hive", 4, 0, ""),
    pair("aveva", "new-benefits", 4, 0, ""),
    pair("hive", "new-main", 40, 0, "comes in and is not invited there: `invite` and `sender` do that as well"),
    pair("hive", "new-heartbeat", 40, 0, NO_MEMBERS),
    pair("hive", "new-aveva", 0, 0, "AVEVA CONNECT"),
    pair("hive", "new-hive", 40, 0, NO_MEMBERS),
    pair("hive", "new-benefits", 0, 1, "nobody says what it is called: name the group that it goes into with `groups`"),
    pair("benefits", "new-main", 0, 0, NO_ROSTER),
    pair("benefits", "new-heartbeat", 0, 0, NO_ROSTER),
    pair("benefits", "new-aveva", 0, 0, NO_ROSTER),
    pair("benefits", "new-hive", 0, 0, NO_ROSTER),
    pair("benefits", "new-benefits", 0, 0, NO_ROSTER),
];

/// The same options for all: where the other side makes no groups, Berlin alone goes into the only one.
const SCRIPT: &str = r#"
args(#{ from: #{ type: "text" }, to: #{ type: "text" }, step: #{ type: "text" }, berlin: #{ type: "text" }, only: #{ type: "text" } });
let (from, to) = (ctx.args.from, ctx.args.to);
"#;

fn body() -> String {
    let rest = r#"
        let into = #{ "new-main": "501", "new-heartbeat": ctx.args.only, "new-aveva": ctx.args.only, "new-hive": ctx.args.only };
        let groups = #{};
        let makes = to == "new-main" || to == "new-heartbeat" || to == "new-benefits";
        if from == "hive" {
            groups[ctx.args.berlin] = if to == "new-benefits" { true } else { into[to] };
        } else if makes {
            groups["Berlin"] = true;
            if to != "new-benefits" { groups["Community"] = true; }
        } else {
            groups["Berlin"] = ctx.args.only;
        }
        let options = #{
            groups: groups, if_exists: "use", manager: "admin@new.example", newcomers: "accounts", role: "Member",
            letter: #{ role_id: 2, subject: "Come over", content: "We have moved." },
        };
        if to == "new-heartbeat" {
            // There, the name is one.
            options.fields = switch from {
                "heartbeat" => #{ "first_name": (), "last_name": () },
                _ => #{ "first_name": "name", "last_name": "name" },
            };
        }
        if to == "new-benefits" {
            options.fields = #{ "id": "reference_id", "birthday": (), "city": () };
            options.values = #{
                "date_of_birth": "1990-05-15", "plan_id": "pln_HGHZ7OSAZNQAAAAAAAAAAQ", "address_line_1": "1 Main Street",
                "city": "Pittsburgh", "state": "PA", "zipcode": "15222",
            };
        }
        let figures = switch ctx.args.step {
            "look" => migrate.look(connect(from), connect(to), options),
            "run" => migrate.run(connect(from), connect(to), options),
            "verify" => migrate.verify(connect(from), connect(to), options),
        };
        print(`memberships ${figures.memberships ?? 0}`);
    "#;
    let head = SCRIPT
        .replace("let (from, to) = (ctx.args.from, ctx.args.to);", "let from = ctx.args.from; let to = ctx.args.to;");
    format!("{head}{rest}")
}

fn step(test: Test, pair: &Pair, step: &str) -> Test {
    let given = [("from", pair.from), ("to", pair.to), ("step", step), ("berlin", BERLIN), ("only", ONLY)];
    let [from, to, step, berlin, only] = given.map(|(name, value)| format!("{name}={value}"));
    test.file("pair.rhai", &body())
        .args(["run", "pair.rhai", "--sandbox", "--unattended", "--people", FEW, "--activities", "0"])
        .args(["--arg", &from, "--arg", &to, "--arg", &step, "--arg", &berlin, "--arg", &only])
}

/// Moves people; a group's first roster is held until a person has named its number of rows.
fn moved(test: Test, pair: &Pair) -> Ran {
    if !(pair.to == "new-benefits" && pair.memberships > 0) {
        return step(test, pair, "run").code(pair.code);
    }
    let ran = step(test, pair, "run").code(4);
    assert!(ran.stdout.contains(&format!("--first-roster {}", pair.memberships)), "{}", ran.stdout);
    let (run, rows) = (run_of(&ran), pair.memberships.to_string());
    let ran = ran.then(["approve", &run, "--sandbox", "--first-roster", &rows, "--reason", "the first"]).success();
    ran.then(["resume", &run, "--sandbox", "--unattended"]).success()
}

#[test]
fn from_every_platform_to_every_other_what_can_move_moves_once_and_what_cannot_is_named() {
    let connections = ["main", "heartbeat", "aveva", "hive", "benefits"];
    for (at, pair) in PAIRS.iter().enumerate() {
        assert_eq!((pair.from, pair.to), (connections[at / 5], &*format!("new-{}", connections[at % 5])));
    }
    std::thread::scope(|scope| {
        for from in PAIRS.chunks(5) {
            scope.spawn(|| from.iter().for_each(check));
        }
    });
}

fn check(pair: &Pair) {
    let name = format!("{} -> {}", pair.from, pair.to);
    let ran = step(Test::new(), pair, "look").success();
    assert!(ran.stdout.contains(&format!("memberships {}\n", pair.memberships)), "{name}: {}", ran.stdout);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{name}: {}", ran.stdout);
    let ran = moved(after(ran), pair);
    let said = unmapped(&ran);
    assert!(said.iter().any(|row| row.join(",").contains(pair.says)) || pair.says.is_empty(), "{name}: {said:#?}");
    if pair.code == 1 {
        return;
    }
    let ran = step(after(ran), pair, "run").code(pair.code);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{name}, once more: {}", ran.stdout);
    let said = unmapped(&ran);
    let differs = [0, 5].contains(&pair.code) && differences_named(after(ran), pair, &said, &name);
    assert!(differs, "{name}");
}

/// Whether each thing that a comparison misses was said to stay behind.
fn differences_named(test: Test, pair: &Pair, said: &[Vec<String>], name: &str) -> bool {
    let test = step(test, pair, "verify");
    let output = test.command().output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lacks = stdout.contains("exit code 5");
    assert_eq!(output.status.code(), Some(if lacks { 5 } else { 0 }), "{name}: {stdout}");
    let folder = std::fs::read_dir(test.folder().join(".beadle/runs")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path().join("differences.csv")).filter(|path| path.exists());
    for path in files {
        let text = std::fs::read_to_string(path).unwrap();
        let lacking = ["group", "missing", "field", "role", "hierarchy", "invitation"];
        let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        for row in rows.filter(|row| lacking.contains(&row[0])) {
            let who = if row[2].is_empty() { row[1] } else { row[2] };
            assert!(said.iter().any(|said| said[1] == who || said[2] == who), "{name}: nobody said {row:?}: {said:#?}");
        }
    }
    // Where all of it moved, nothing is missing.
    pair.code == 5 || !lacks || said.iter().any(|row| row[0] == "group")
}

fn unmapped(ran: &Ran) -> Vec<Vec<String>> {
    rows_of(ran, "unmapped.csv")
}
