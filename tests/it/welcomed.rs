//! The job that ships for new people, from the platform's own webhook to the group: exactly who is new is welcomed, once,
//! whatever dies in between and however often the platform tells.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::builder::Test;
use crate::served::Served;
use crate::webhooks::post;
use crate::working::Working;

/// The group that the job names.
const GROUP: &str = "2";

/// A community that sends webhooks to a project with the shipped job.
struct Welcoming {
    served: Served,
    test: Test,
    address: String,
    path: String,
}

/// The job as it ships, without the line that pauses it.
fn shipped() -> String {
    let shipped = include_str!("../../jobs/welcome_new_users.toml");
    let lines = shipped.lines().filter(|line| !line.starts_with("paused = "));
    let job: String = lines.map(|line| format!("{line}\n")).collect();
    assert_eq!(job.lines().count() + 1, shipped.lines().count(), "it ships paused");
    job
}

impl Welcoming {
    fn new() -> Self {
        // The community has to know the address before anybody listens there.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let settings = format!("[serve]\nlisten = \"off\"\n[webhooks]\nlisten = \"{address}\"\n");
        let nobody = "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"http://127.0.0.1:9/v1\"\nkey = \"env:KEY\"\nsecret = \"env:SECRET\"\n";
        let test = Test::project().file("beadle.toml", &format!("{settings}{nobody}"));
        let added = test.beside(&["webhook", "add", "community", "--json"]);
        let added: Value = serde_json::from_slice(&added.stdout).unwrap();
        let to = added["address"].as_str().unwrap();
        let path = to[to.find("/hooks/").unwrap()..].to_owned();
        let served = Served::with(&["--webhook", to]);
        let test = test.file("beadle.toml", &format!("{settings}{}", served.settings()));
        let test =
            test.env("SECRET", &served.secret).file("jobs/welcome_new_users.toml", &shipped()).args(["serve", "-v"]);
        Self { served, test, address, path }
    }

    /// `beadle serve` at work, that dies at this point if one is named.
    fn serve(&mut self, crash_at: Option<&str>) -> Working {
        let test = std::mem::replace(&mut self.test, Test::new()).without("BEADLE_CRASH_AT");
        self.test = match crash_at {
            Some(point) => test.env("BEADLE_CRASH_AT", point),
            None => test,
        };
        let mut working = Working::start(&self.test);
        working.until_said("receiving webhooks on ");
        working
    }

    /// Somebody gets an account; the community sends that.
    fn somebody_comes(&self, email: &str) -> String {
        let made =
            self.served.post("/mobilize/v1/users/", &json!({ "email": email, "fields": { "first_name": "New" } }));
        made["id"].as_str().unwrap().to_owned()
    }

    fn members(&self) -> Vec<String> {
        let members = self.served.get(&format!("/mobilize/v1/groups/{GROUP}/members/?limit=10000"));
        let members: Vec<Value> = serde_json::from_slice(&members).unwrap();
        members.iter().map(|member| member["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How often the platform has put somebody into a group.
    fn added(&self) -> usize {
        let journal: Value = serde_json::from_slice(&self.served.get("/journal")).unwrap();
        let requests = journal["requests"].as_array().unwrap();
        requests.iter().filter(|request| request["operation"] == "members.add" && request["done"] == 200).count()
    }

    /// A command beside it, as objects.
    fn says(&self, args: &[&str]) -> Vec<Value> {
        let output = self.test.beside(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Sends a delivery once more, as it came.
    fn send_again(&self, number: u64) {
        let shown = self.says(&["webhook", "show", &number.to_string(), "--json"]);
        let body = shown[0]["body"].to_string();
        let answer = post(&self.address, &self.path, body.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "known\n"));
    }
}

fn stop(working: Working) {
    working.signal("TERM");
    let (code, _, said) = working.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn exactly_who_is_new_is_welcomed_and_beadles_own_doing_starts_nothing() {
    let mut welcoming = Welcoming::new();
    let before = welcoming.members();
    let mut working = welcoming.serve(None);
    let mut new = Vec::new();
    for email in ["ada@new.example", "bo@new.example"] {
        new.push(welcoming.somebody_comes(email));
        working.until_said(" done");
    }
    welcoming.send_again(1);
    // Of each new member the platform tells as well: that is what beadle did.
    while welcoming
        .says(&["webhook", "list", "--json"])
        .iter()
        .filter(|one| one["type"] == "delivery" && one["state"] == "done")
        .count()
        < 4
    {}
    let mut members = welcoming.members();
    members.retain(|member| !before.contains(member));
    members.sort();
    assert_eq!((members, welcoming.added()), (new, 2));
    stop(working);
    let runs = String::from_utf8(welcoming.test.beside(&["runs"]).stdout).unwrap();
    assert_eq!(runs.lines().filter(|line| line.contains("for welcome_new_users: 1 done")).count(), 2, "{runs}");
    assert_eq!(runs.lines().count(), 2, "{runs}");
}

#[test]
fn the_commands_of_the_document_lead_from_nothing_to_the_first_welcomed_person() {
    let settings = "[serve]\nlisten = \"off\"\n[webhooks]\nlisten = \"127.0.0.1:0\"\n";
    let test = Test::project().file("beadle.toml", settings).file("jobs/welcome_new_users.toml", &shipped());
    let said = |args: &[&str]| String::from_utf8(test.beside(args).stdout).unwrap();
    let added: Value = serde_json::from_str(&said(&["webhook", "add", "community", "--sandbox", "--json"])).unwrap();
    let path = added["address"].as_str().unwrap().split("127.0.0.1:0").nth(1).unwrap().to_owned();
    let test = test.args(["serve", "--sandbox"]);
    let mut working = Working::start(&test);
    let address = working.until_said("receiving webhooks on ").split("http://").nth(1).unwrap().to_owned();
    let said = |args: &[&str]| String::from_utf8(test.beside(args).stdout).unwrap();
    let to = format!("http://{address}{path}");
    assert_eq!(said(&["webhook", "send", "--to", &to, "--people", "3"]), "answered 200: stored\n");
    working.until_said(" done");
    let shown: Value = serde_json::from_str(&said(&["webhook", "show", "1", "--sandbox", "--json"])).unwrap();
    let document = include_str!("../../docs/webhooks.md");
    assert!(document.contains("beadle webhook show 1 --sandbox --json | jq .body > again.json\n"));
    assert!(document.contains("/hooks/SECRET --file again.json\n   answered 200: known\n"));
    std::fs::write(test.folder().join("again.json"), shown["body"].to_string()).unwrap();
    assert_eq!(said(&["webhook", "send", "--to", &to, "--file", "again.json"]), "answered 200: known\n");
    stop(working);
    let listed = said(&["webhook", "list", "--sandbox"]);
    assert!(listed.contains("community  done: 3 told, 1 run, sent again 1 time\n"), "{listed}");
    let runs = said(&["runs", "--sandbox"]);
    assert!(
        runs.ends_with("  done          scripts/welcome_new_users.rhai on main for welcome_new_users: 3 done\n"),
        "{runs}"
    );
    assert_eq!(runs.lines().count(), 1);
}

#[test]
fn wherever_it_dies_the_new_person_is_welcomed_once() {
    // The receiver dies, the worker dies, the run dies.
    let points =
        ["after-stored", "after-fetched", "before-asked", "after-asked", "after-intent", "after-send", "before-settle"];
    std::thread::scope(|scope| {
        for point in points {
            scope.spawn(move || {
                let mut welcoming = Welcoming::new();
                let mut working = welcoming.serve(Some(point));
                let new = welcoming.somebody_comes("ada@new.example");
                if ["after-intent", "after-send", "before-settle"].contains(&point) {
                    working.until_said("signal 6");
                    working.signal("KILL");
                }
                assert_ne!(working.end().0, Some(0), "{point} was reached");
                let mut working = welcoming.serve(None);
                working.until_said("welcome_new_users of ");
                while !welcoming.members().contains(&new)
                    || !String::from_utf8(welcoming.test.beside(&["runs"]).stdout).unwrap().contains("  done  ")
                {
                }
                welcoming.send_again(1);
                stop(working);
                assert_eq!(welcoming.added(), 1, "{point}");
                let runs = String::from_utf8(welcoming.test.beside(&["runs"]).stdout).unwrap();
                assert_eq!(runs.lines().count(), 1, "{point}: {runs}");
            });
        }
    });
}

#[test]
fn somebody_who_left_while_the_job_was_paused_keeps_nobody_else_from_being_welcomed() {
    let mut welcoming = Welcoming::new();
    let paused =
        welcoming.test.beside(&["jobs", "pause", "welcome_new_users", "--until", "2099-01-01", "--reason", "holiday"]);
    assert!(paused.status.success(), "{}", String::from_utf8_lossy(&paused.stderr));
    let mut working = welcoming.serve(None);
    let new: Vec<Value> =
        ["ada@new.example", "bo@new.example"].iter().map(|email| welcoming.somebody_comes(email).into()).collect();
    let notices: Vec<Value> =
        new.iter().map(|id| json!({ "topic": "user.created", "item_type": "user", "item": { "id": id } })).collect();
    let body = json!({ "notifications": notices, "total": 2, "job": { "id": "both" } }).to_string();
    assert_eq!(post(&welcoming.address, &welcoming.path, body.as_bytes()).unwrap().status, 200);
    for _ in 0..3 {
        working.until_said("waits: the job is paused");
    }
    welcoming.served.delete(&format!("/mobilize/v1/users/{}", new[0].as_str().unwrap()));
    assert!(welcoming.test.beside(&["jobs", "unpause", "welcome_new_users"]).status.success());
    for _ in 0..3 {
        working.until_said(" done");
    }
    let members = welcoming.members();
    assert!(
        members.contains(&new[1].as_str().unwrap().to_owned())
            && !members.contains(&new[0].as_str().unwrap().to_owned())
    );
    stop(working);
}
