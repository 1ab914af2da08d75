//! The API of `beadle serve`: every route answers what the document says, nobody comes in without the token, and what is
//! ordered happens.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use beadle::server::api;
use serde_json::{Value, json};

use crate::api_served::{Answer, Api};
use crate::builder::Test;

const NIGHTLY: &str = "script = \"scripts/hello.rhai\"\nschedule = \"0 2 * * *\"\n";
/// Held: it would remove 56 of 222.
const ROSTER: &str = "script = \"scripts/sync_roster.rhai\"\n[params]\nroster = \"short.csv\"\n";
const THREE: &str = r#"members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014", "1022", "1004"] });"#;

fn project() -> Test {
    let roster = include_str!("../../scripts/data/roster.csv");
    let short: Vec<&str> = roster.lines().take(169).collect();
    Test::project()
        .file("beadle.toml", "")
        .file("scripts/hello.rhai", "print(`for ${ctx.scheduled_for}`);\n")
        .file("scripts/three.rhai", THREE)
        .file("short.csv", &format!("{}\n", short.join("\n")))
        .file("jobs/nightly.toml", NIGHTLY)
        .file("jobs/roster.toml", ROSTER)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// Asks for an operation by its path in the document, and holds the answer against that.
fn asked(api: &Api, seen: &mut BTreeSet<String>, method: &str, path: &str, names: &[&str], body: Value) -> Answer {
    let (mut filled, mut names) = (String::new(), names.iter());
    for part in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(if part.starts_with('{') { names.next().unwrap() } else { part });
    }
    let answer = api.ask(method, &filled, (method != "GET").then_some(body));
    let misfit = api.misfit(method, path, &answer);
    assert!(misfit.is_none() && answer.status < 300, "{method} {filled}: {misfit:?}\n{}\n{}", answer.head, answer.body);
    seen.insert(format!("{method} {path}"));
    answer
}

/// The path of a new hook.
pub fn hook(test: &Test) -> String {
    let made = test.beside(&["webhook", "add", "crm", "--sandbox", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let address = text(&made["address"]);
    address[address.find("/hooks/").unwrap()..].to_owned()
}

/// Where webhooks are received.
pub fn receiver(api: &mut Api) -> String {
    let said = api.said("receiving webhooks on http://");
    said.rsplit_once("http://").unwrap().1.to_owned()
}

/// Asks until the answer is as it shall be.
pub fn until(api: &Api, path: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let began = std::time::Instant::now();
    loop {
        let answer = api.get(path).json();
        if is_it(&answer) {
            return answer;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{path}: {answer}");
        std::thread::yield_now();
    }
}

fn tells_of_webhooks(api: &Api, seen: &mut BTreeSet<String>, receiver: &str, hook: &str) {
    let none = || json!({});
    let told = |id: i64| json!({ "item_type": "user", "topic": "user.created", "item": { "id": id } });
    let body = json!({ "notifications": [told(1007)], "total": 1, "job": { "id": "import-1" } }).to_string();
    for (body, said) in [(body.as_str(), "stored\n"), (body.as_str(), "known\n"), ("[]", "kept aside\n")] {
        assert_eq!(crate::webhooks::post(receiver, hook, body.as_bytes()).unwrap().body, said);
    }
    let hooks = asked(api, seen, "GET", "/api/v1/hooks", &[], none());
    let one = &hooks.json()["items"][0];
    assert_eq!((&one["hook"], &one["deliveries"], &one["aside"]), (&json!("crm"), &json!(1), &json!(1)));
    let secret = hook.trim_start_matches("/hooks/");
    assert!(!hooks.body.contains(secret) && secret.len() > 20, "{}", hooks.body);
    let asides = asked(api, seen, "GET", "/api/v1/asides", &[], none()).json();
    assert_eq!((&asides["items"][0]["start"], &asides["items"][0]["size"]), (&json!("[]"), &json!(2)));

    let page = asked(api, seen, "GET", "/api/v1/deliveries", &[], none()).json();
    let number = page["items"][0]["delivery"].as_i64().unwrap();
    let path = format!("/api/v1/deliveries/{number}");
    until(api, &path, |delivery| delivery["state"] == "done");
    let whole = asked(api, seen, "GET", "/api/v1/deliveries/{delivery}", &[&number.to_string()], none()).json();
    assert_eq!((&whole["told"], &whole["repeats"], &whole["asked"]), (&json!(1), &json!(1), &json!([])));
    assert_eq!(whole["body"]["job"]["id"], "import-1");
    let replay = asked(api, seen, "POST", "/api/v1/deliveries/{delivery}/replay", &[&number.to_string()], none());
    let again = replay.json()["delivery"].as_i64().unwrap();
    assert!(replay.status == 202 && replay.head.contains(&format!("location: /api/v1/deliveries/{again}")));
    let anew = until(api, &format!("/api/v1/deliveries/{again}"), |delivery| delivery["state"] == "done");
    assert_eq!((&anew["replay_of"], &anew["known"]), (&json!(number), &json!(0)), "its notifications count as new");

    let listed = |query: &str| -> Vec<i64> {
        let page = api.get(&format!("/api/v1/deliveries?{query}")).json();
        page["items"].as_array().unwrap().iter().map(|one| one["delivery"].as_i64().unwrap()).collect()
    };
    assert_eq!((listed("state=done&hook=crm"), listed("state=waiting")), (vec![again, number], vec![]));
    let first = api.get("/api/v1/deliveries?limit=1").json();
    let cursor = text(&first["next_cursor"]);
    assert_eq!(listed(&format!("limit=1&cursor={cursor}")), [number]);
    assert_eq!(api.get("/api/v1/deliveries?hook=other").problem(), "there is no hook `other`");
    for number in ["77", "x"] {
        let answer = api.get(&format!("/api/v1/deliveries/{number}"));
        assert_eq!((answer.status, answer.problem()), (404, format!("there is no delivery {number}")));
    }
}

#[test]
fn every_route_answers_what_the_document_says_and_a_held_job_goes_on_when_it_is_approved() {
    let test = project();
    let ran = test.beside(&["run", "scripts/three.rhai", "--sandbox", "--faults", "reset:times=1:members.invite"]);
    assert_eq!(ran.status.code(), Some(6), "three doubts");
    let planned =
        test.beside(&["plan", "scripts/sync_roster.rhai", "--sandbox", "--arg", "roster=short.csv", "--json"]);
    assert_eq!(planned.status.code(), Some(4), "a plan that is held");
    let planned = String::from_utf8(planned.stdout).unwrap();
    let plan = text(&serde_json::from_str::<Value>(planned.lines().last().unwrap()).unwrap()["id"]);

    let hook = hook(&test);
    let mut api = Api::start(test);
    let receiver = receiver(&mut api);
    let document = api.read_document();
    let mut seen = BTreeSet::new();
    let none = || json!({});
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/jobs", "/api/v1/plans"] {
        asked(&api, &mut seen, "GET", path, &[], none());
    }
    asked(&api, &mut seen, "GET", "/api/v1/jobs/{job}", &["nightly"], none());

    let doubts = asked(&api, &mut seen, "GET", "/api/v1/doubts", &[], none()).json();
    let in_doubt = |doubts: &Value| -> Vec<i64> {
        let items = doubts["items"].as_array().unwrap().iter();
        items.filter(|one| one["type"] == "doubt").map(|one| one["effect"].as_i64().unwrap()).collect()
    };
    assert_eq!(in_doubt(&doubts).len(), 3);
    let looked = asked(&api, &mut seen, "POST", "/api/v1/doubts/look", &[], none()).json();
    assert_eq!((&looked["in_doubt"], &looked["troubles"]), (&json!(3), &json!([])));
    let one = in_doubt(&doubts)[0];
    let settle = json!({ "effects": [one], "verdict": "not_applied", "reason": "her mailbox is empty" });
    let settled = asked(&api, &mut seen, "POST", "/api/v1/doubts/settle", &[], settle.clone()).json();
    assert_eq!(settled["by"], "api: her mailbox is empty");
    assert_eq!(api.post("/api/v1/doubts/settle", settle.clone()).status, 422);
    for (more, value) in [("all", json!(3)), ("run", json!(doubts["items"][0]["run"]))] {
        let mut both = settle.clone();
        both[more] = value;
        let both = api.post("/api/v1/doubts/settle", both);
        assert_eq!(
            (both.status, both.problem().as_str()),
            (400, "either `effects` or `run` with `all` must be given, not both")
        );
    }
    let no_run = api.post("/api/v1/doubts/settle", json!({ "all": 3, "verdict": "applied", "reason": "seen" }));
    assert_eq!(no_run.status, 400);
    let rest = |all: i64| json!({ "run": doubts["items"][0]["run"], "all": all, "verdict": "not_applied", "reason": "the same" });
    let wrong = api.post("/api/v1/doubts/settle", rest(3));
    assert!(wrong.status == 422 && wrong.problem().starts_with("2 of run `"), "{}", wrong.body);
    assert_eq!(api.post("/api/v1/doubts/settle", rest(2)).status, 200);

    // A held run: the wrong number is refused, with the right one it goes on.
    let run = asked(&api, &mut seen, "POST", "/api/v1/jobs/{job}/run", &["roster"], none());
    let id = text(&run.json()["run"]);
    assert!(run.head.contains(&format!("location: /api/v1/runs/{id}")), "{}", run.head);
    let held = api.until("roster", "held by a brake");
    assert_eq!((&held["run"], &held["level"]), (&json!(id), &json!("error")));
    let whole = asked(&api, &mut seen, "GET", "/api/v1/runs/{run}", &[&id], none()).json();
    assert_eq!((&whole["state"], &whole["holds"][0]["number"]), (&json!("held"), &json!(56)));
    let early = api.post(&format!("/api/v1/runs/{id}/resume"), none());
    assert_eq!((early.status, early.problem()), (422, format!("run `{id}` is held")));
    let approve = format!("/api/v1/runs/{id}/approve");
    let wrong = api.post(&approve, json!({ "numbers": { "removals": 55 }, "reason": "sure" }));
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.problem(), "the brake named 56 removals, not 55: look at it once more");
    let leave = json!({ "numbers": { "removals": 56 }, "reason": "the chapter was split", "who": "ada" });
    let approved = asked(&api, &mut seen, "POST", "/api/v1/runs/{run}/approve", &[&id], leave.clone()).json();
    assert_eq!((&approved["left"], &approved["next"]), (&json!([]), &json!(format!("beadle resume {id} --sandbox"))));
    asked(&api, &mut seen, "POST", "/api/v1/runs/{run}/resume", &[&id], none());
    api.until("roster", "done, but rows were rejected");
    let whole = asked(&api, &mut seen, "GET", "/api/v1/runs/{run}", &[&id], none()).json();
    assert_eq!((&whole["state"], &whole["attempts"], &whole["holds"]), (&json!("done"), &json!(2), &json!([])));
    assert_eq!(whole["approvals"][0]["who"], "ada (api)");
    for part in ["effects", "calls", "log"] {
        let page = asked(&api, &mut seen, "GET", &format!("/api/v1/runs/{{run}}/{part}"), &[&id], none()).json();
        assert!(!page["items"].as_array().unwrap().is_empty(), "{part}");
    }

    asked(&api, &mut seen, "GET", "/api/v1/plans/{plan}", &[&plan], none());
    let touches = asked(&api, &mut seen, "GET", "/api/v1/plans/{plan}/touches", &[&plan], none()).json();
    assert_eq!(touches["items"].as_array().unwrap().len(), 50);
    let approved = asked(&api, &mut seen, "POST", "/api/v1/plans/{plan}/approve", &[&plan], leave).json();
    assert_eq!(approved["next"], format!("beadle apply {plan} --sandbox"));

    let past = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T12:00:00Z" });
    asked(&api, &mut seen, "POST", "/api/v1/jobs/{job}/backfill", &["nightly"], past);
    asked(&api, &mut seen, "POST", "/api/v1/jobs/{job}/pause", &["nightly"], json!({ "reason": "holidays" }));
    asked(&api, &mut seen, "POST", "/api/v1/jobs/{job}/unpause", &["nightly"], none());
    asked(&api, &mut seen, "GET", "/api/v1/ticks", &[], none());
    asked(&api, &mut seen, "GET", "/api/v1/runs", &[], none());

    tells_of_webhooks(&api, &mut seen, &receiver, &hook);
    for path in ["/api/v1/alarms", "/api/v1/messages"] {
        let page = asked(&api, &mut seen, "GET", path, &[], none()).json();
        assert_eq!(page, json!({ "items": [], "next_cursor": null }), "nobody is told of anything");
    }

    let routes: BTreeSet<String> = api::paths().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(seen, routes, "every route was asked");
    let described = document["paths"].as_object().unwrap().iter();
    let described: BTreeSet<String> = described
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(described, routes, "every route is in the document, and nothing else");
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn nobody_comes_in_without_the_token_under_a_strange_name_or_with_anything_but_json() {
    let api = Api::start(project());
    let (host, token) = (api.address.clone(), format!("Bearer {}", api.token));
    let (own, known) = (("Host", host.as_str()), ("Authorization", token.as_str()));
    let json_body = ("Content-Type", "application/json");
    let document = api::document();
    for (method, template, name) in api::paths() {
        let described = &document["paths"][template][method.to_lowercase()];
        let path = template
            .replace("{job}", "nightly")
            .replace("{run}", "r1")
            .replace("{plan}", "r1")
            .replace("{delivery}", "1");
        let status = |method: &str, headers: &[(&str, &str)]| {
            let answer = api.raw(method, &path, headers, "");
            if answer.status >= 400 {
                answer.problem();
            }
            assert!(!answer.head.contains("access-control-"), "nothing is allowed to other origins: {}", answer.head);
            answer.status
        };
        let open = ["healthz", "readyz"].contains(&name);
        let stranger = if open || name == "metrics" { 200 } else { 401 };
        assert_eq!(status(method, &[own, json_body]), stranger, "{path} without token");
        let wrong = ("Authorization", "Bearer 0000000000000000000000000000000000000000000000000000000000000000");
        assert_eq!(status(method, &[own, wrong, json_body]), stranger, "{path} with a wrong token");
        let misled = if open { 200 } else { 421 };
        let evil = ("Host", "evil.example:8787");
        assert_eq!(status(method, &[evil, known, json_body]), misled, "{path} by a strange name");
        let handed_on = [own, json_body, ("X-Forwarded-For", "192.0.2.9")];
        assert_eq!(status(method, &handed_on), if open { 200 } else { 401 }, "{path} through a proxy");
        for other in ["DELETE", "OPTIONS", "PUT"] {
            let refused = api.raw(other, &path, &[own, known, json_body], "");
            assert_eq!(refused.status, 405, "{other} {path}");
            assert!(refused.head.contains("allow: "), "{}", refused.head);
        }
        if method == "POST" {
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
                assert_eq!(status("POST", &[own, known, ("Content-Type", kind)]), 415, "{path} as {kind}");
            }
            if described["requestBody"]["required"] == true {
                assert_eq!(status("POST", &[own, known]), 400, "{path} with something that must be said");
            }
            let unknown = api.ask("POST", &path, Some(json!({ "nonsense": 1 })));
            assert_eq!(unknown.status, 400);
            assert_eq!(unknown.problem(), "there is no key `nonsense` here");
            let long = format!("{{\"reason\":\"{}\"}}", "x".repeat(70_000));
            assert_eq!(api.raw("POST", &path, &[own, known, json_body], &long).status, 413, "{path}");
        }
        let unknown = api.ask(method, &format!("{path}?nonsense=1"), None);
        assert_eq!(unknown.status, 400, "{path}: {}", unknown.body);
    }
    for path in ["/", "/api/v1", "/api/v1/", "/api/v2/jobs", "/api/v1/jobs/nightly/", "/api/v1/jobs/%2e%2e/run/x"] {
        assert_eq!(api.get(path).status, 404, "{path}");
        assert_eq!(api.raw("GET", path, &[own], "").status, 401, "{path} tells strangers nothing");
    }
    for path in ["/api/v1/jobs/nobody", "/api/v1/runs/r1", "/api/v1/runs/r1/log", "/api/v1/plans/r1"] {
        let absent = api.get(path);
        assert_eq!(absent.status, 404, "{path}");
        assert!(absent.problem().starts_with("there is no "), "{}", absent.body);
    }
    let head = api.ask("HEAD", "/healthz", None);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(api.get("/api/v1/ticks?cursor=x").problem(), "`cursor` is not the `next_cursor` of this list's page");
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn moments_that_were_asked_for_run_and_are_read_page_by_page() {
    let mut api = Api::start(project());
    let past = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-11-03T12:00:00Z" });
    let asked = api.post("/api/v1/jobs/nightly/backfill", past);
    assert_eq!((asked.status, &asked.json()["asked"]), (202, &json!(3)));
    for day in ["01", "02", "03"] {
        let line = api.until("nightly", &format!("2026-11-{day} 02:00 UTC: run "));
        assert!(line["time"].as_str().unwrap().ends_with('Z') && line["run"].is_string(), "{line}");
        assert_eq!((&line["type"], &line["level"]), (&json!("log"), &json!("info")));
        api.until("nightly", " done");
    }
    let (mut moments, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/api/v1/ticks?job=nightly&limit=1{cursor}")).json();
        moments.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tick| format!("{} {}", text(&tick["scheduled_at"]), text(&tick["state"]))),
        );
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let wanted = ["03", "02", "01"].map(|day| format!("2026-11-{day}T02:00:00Z done"));
    assert_eq!(moments, wanted);
    let runs = api.get("/api/v1/runs?job=nightly&state=done&limit=2").json();
    let newest = text(&runs["items"][0]["run"]);
    assert_eq!((runs["items"].as_array().unwrap().len(), runs["next_cursor"].is_string()), (2, true));
    let log = api.get(&format!("/api/v1/runs/{newest}/log")).json();
    let printed = log["items"].as_array().unwrap().iter().find(|line| line["level"] == "print").unwrap();
    assert_eq!(printed["text"], "for 2026-11-03T02:00:00Z");
    let later = json!({ "from": "2026-11-01T00:00:00Z", "to": "2090-01-01T00:00:00Z" });
    let ahead = api.post("/api/v1/jobs/nightly/backfill", later);
    assert_eq!((ahead.status, ahead.problem().as_str()), (422, "the last moment lies ahead: 2090-01-01T00:00:00Z"));
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn a_job_that_is_paused_skips_its_moments_and_is_still_run_by_hand() {
    let mut api = Api::start(project());
    let empty = api.post("/api/v1/jobs/nightly/pause", json!({ "reason": " " }));
    assert_eq!(empty.status, 422);
    let over = api.post("/api/v1/jobs/nightly/pause", json!({ "reason": "x", "until": "2020-01-01T00:00:00Z" }));
    assert_eq!((over.status, over.problem().as_str()), (422, "the end of the pause is over: 2020-01-01T00:00:00Z"));
    let body = json!({ "reason": "holidays", "until": "2090-01-01T00:00:00Z", "who": "ada" });
    let paused = api.post("/api/v1/jobs/nightly/pause", body).json();
    assert_eq!((&paused["who"], &paused["until"]), (&json!("ada (api)"), &json!("2090-01-01T00:00:00Z")));
    assert_eq!(api.get("/api/v1/jobs/nightly").json()["pause"]["reason"], "holidays", "whoever asks next sees it");
    let next = api.get("/api/v1/jobs/nightly").json()["next"].clone();

    let run = text(&api.post("/api/v1/jobs/nightly/run", json!({})).json()["run"]);
    api.until("nightly", &format!("run {run} done"));
    let whole = api.get(&format!("/api/v1/runs/{run}")).json();
    assert_eq!((&whole["state"], &whole["job"]["cause"]), (&json!("done"), &json!("hand")));
    assert_eq!(api.get("/api/v1/jobs/nightly").json()["next"], next, "the schedule stays as it is");
    assert_eq!(api.get("/api/v1/ticks").json()["items"], json!([]), "it is no moment");
    let done = api.post(&format!("/api/v1/runs/{run}/resume"), json!({}));
    assert_eq!(done.problem(), format!("run `{run}` has come to its end; there is nothing to go on with"));

    assert_eq!(api.post("/api/v1/jobs/nightly/unpause", json!({})).json()["was_paused"], true);
    assert!(api.get("/api/v1/jobs/nightly").json()["pause"].is_null());
    let unsaid = api.raw(
        "POST",
        "/api/v1/jobs/nightly/unpause",
        &[("Host", &api.address), ("Authorization", &format!("Bearer {}", api.token))],
        "",
    );
    assert_eq!(unsaid.json()["was_paused"], false, "where nothing need be said, no body is needed");
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn it_is_not_ready_while_the_store_cannot_be_written() {
    let api = Api::start(project());
    assert_eq!(api.raw("GET", "/readyz", &[], "").body, "ok\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = beadle::store::Store::open(&api.test.folder().join(".beadle/sandbox.db")).await.unwrap();
        let held = store.writing().await.unwrap();
        let refused = loop {
            // What was found out holds for a second.
            let answer = api.raw("GET", "/readyz", &[], "");
            if answer.status != 200 {
                break answer;
            }
        };
        assert_eq!((refused.status, refused.problem().as_str()), (503, "the store is locked by another process"));
        assert_eq!(api.raw("GET", "/healthz", &[], "").status, 200, "the process lives all the same");
        held.leave().await.unwrap();
        store.close().await;
    });
    while api.raw("GET", "/readyz", &[], "").status != 200 {}
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_do() {
    let api = Api::start(project());
    let other = project().env("BEADLE_SERVE__LISTEN", &api.address).env("BEADLE_WEBHOOKS__LISTEN", "127.0.0.1:0");
    let ran = other.args(["serve", "--sandbox"]).code(1);
    assert!(ran.stderr.contains(&format!("error: failed to listen on {}: ", api.address)), "{}", ran.stderr);
    assert!(ran.stderr.contains("next: something listens there already"), "{}", ran.stderr);
}

#[test]
fn a_hook_whose_port_is_taken_is_missed_in_the_log_and_in_readyz_until_the_port_is_free() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut api = Api::receiving_at(&address, project());
    let ready = |api: &Api| api.raw("GET", "/readyz", &[], "");
    assert_eq!(ready(&api).status, 200, "nobody sends anything");
    let added = api.test.beside(&["webhook", "add", "crm", "--sandbox", "--json"]);
    assert!(added.status.success());
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    let said = api.said("failed to receive webhooks on ");
    assert!(said.contains(&address) && said.contains("something listens there already"), "{said}");
    // An answer holds for a second.
    while ready(&api).status == 200 {}
    assert_eq!(ready(&api).problem(), "webhooks are not received: their address cannot be listened on");
    // Whoever begins with a hook is told before anything else is said.
    let late = project().env("BEADLE_SERVE__LISTEN", "127.0.0.1:0").env("BEADLE_WEBHOOKS__LISTEN", &address);
    assert!(late.beside(&["webhook", "add", "crm", "--sandbox"]).status.success());
    let late = late.args(["serve", "--sandbox"]).code(1);
    assert!(late.stderr.contains("error: failed to receive webhooks on ") && late.stdout.is_empty(), "{}", late.stderr);
    assert!(!late.stderr.contains("API on") && !late.stderr.contains("serving"), "{}", late.stderr);
    drop(taken);
    api.said("receiving webhooks on http://");
    while ready(&api).status != 200 {}
    let path = added["address"].as_str().unwrap();
    let body = json!({ "notifications": [{ "topic": "user.created", "item_type": "user", "item": { "id": "1001" } }] });
    let answer = crate::webhooks::post(&address, &path[path.find("/hooks/").unwrap()..], body.to_string().as_bytes());
    assert_eq!(answer.unwrap().status, 200);
    // What is made now is known at once, and strangers are told the same as ever.
    let second = api.test.beside(&["webhook", "rotate", "crm", "--sandbox", "--json"]);
    let second: Value = serde_json::from_slice(&second.stdout).unwrap();
    let path = second["address"].as_str().unwrap();
    let answer = crate::webhooks::post(&address, &path[path.find("/hooks/").unwrap()..], body.to_string().as_bytes());
    assert_eq!(answer.unwrap().status, 200, "no second later");
    assert_eq!(crate::webhooks::post(&address, "/hooks/nobody", b"{}").unwrap().status, 404);
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn refusals_of_the_api_name_no_path_and_no_option() {
    let api = Api::start(project());
    let absent = api.get("/api/v1/runs/nothing");
    assert_eq!((absent.status, absent.problem().as_str()), (404, "there is no run `nothing`"));
    assert!(absent.body.contains("GET /api/v1/runs") && !absent.body.contains("--"), "{}", absent.body);
    let absent = api.post("/api/v1/doubts/settle", json!({ "effects": [7], "applied": true, "reason": "seen" }));
    assert!(!absent.body.contains("beadle.db") && !absent.body.contains("--"), "{}", absent.body);
    let turned = json!({ "from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z" });
    let turned = api.post("/api/v1/jobs/nightly/backfill", turned);
    assert_eq!(turned.status, 422);
    assert!(turned.problem().starts_with("`from` is after `to`: "), "{}", turned.body);
    let ticks = api.get("/api/v1/ticks?job=nope");
    assert_eq!((ticks.status, ticks.problem().as_str()), (404, "there is no job `nope` in force"));
    assert_eq!(api.get("/api/v1/ticks?job=nightly").status, 200);
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn the_api_and_the_webhooks_never_share_an_address() {
    let test = project()
        .file("beadle.toml", "[serve]\nlisten = \"127.0.0.1:8788\"\n[webhooks]\nlisten = \"127.0.0.1:8788\"\n");
    let ran = test.args(["serve", "--sandbox"]).code(2);
    let wanted = "`listen` must be another address than 127.0.0.1:8788, where `listen` of `[serve]` has the API";
    assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
}

#[test]
fn a_token_is_long_enough_and_never_shown() {
    let test = project().file("beadle.toml", "[serve]\ntoken = \"env:TOKEN\"\n");
    let short = test.env("BEADLE_SERVE__LISTEN", "127.0.0.1:0").env("BEADLE_WEBHOOKS__LISTEN", "127.0.0.1:0");
    let ran = short.env("TOKEN", "sesame").args(["serve", "--sandbox"]).code(2);
    let wanted = "error: `token` in `[serve]` comes from the variable `TOKEN` and is shorter than 16 characters\n";
    assert!(ran.stderr.contains(wanted) && !ran.stderr.contains("sesame"), "{}", ran.stderr);

    let mut api = Api::start(
        project().file("beadle.toml", "[serve]\ntoken = \"env:TOKEN\"\n").env("TOKEN", "sesame-sesame-sesame"),
    );
    assert!(!api.test.folder().join(".beadle/serve-token").exists(), "none is made where one is named");
    api.token = "sesame-sesame-sesame".to_owned();
    let reason = "sesame-sesame-sesame is a secret";
    let paused = api.post("/api/v1/jobs/nightly/pause", json!({ "reason": reason }));
    assert_eq!(paused.status, 200);
    assert!(!paused.body.contains("sesame"), "{}", paused.body);
}

#[test]
fn the_examples_of_the_document_work() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        // Nothing that could be shown without it.
        return;
    }
    let page = include_str!("../../docs/api.md");
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 3);
    let api = Api::start(project().file("jobs/nightly_export.toml", NIGHTLY));
    let script = blocks.concat().replace("127.0.0.1:8787", &api.address);
    let mut shell = Command::new("sh");
    shell.args(["-euc", &script]).current_dir(api.test.folder()).stdin(Stdio::null());
    let ran = shell.output().unwrap();
    let said = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{script}\n{}\n{}", said.0, said.1);
    assert!(
        said.0.contains("beadle_job_next_run_timestamp_seconds") && said.0.contains("\"type\":\"asked\""),
        "{}",
        said.0
    );
}
