//! `/metrics`: the text format as a strict reader takes it, and figures that add up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::api::{hook, receiver, until};
use crate::api_served::Api;
use crate::builder::Test;

/// A scrape: types by family, values by sample.
struct Scrape {
    types: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads it, and refuses whatever Prometheus would refuse or warn of.
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let (mut types, mut samples, mut helped) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut family = String::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap_or_else(|| panic!("{line}"));
                assert!(!words.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(helped.contains(name), "help comes first: {line}");
                assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line} comes twice");
                name.clone_into(&mut family);
            } else {
                let (sample, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
                let name = sample.split('{').next().unwrap();
                let ends = if types[&family] == "histogram" { &["_bucket", "_sum", "_count"][..] } else { &[""] };
                assert!(ends.iter().any(|end| name == format!("{family}{end}")), "{line} stands below {family}");
                assert!(
                    name.starts_with("beadle_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{line}"
                );
                labels(sample);
                assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} comes twice");
            }
        }
        Self { types, samples }
    }

    fn of(api: &Api) -> Self {
        let answer = api.raw("GET", "/metrics", &[("Host", &api.address)], "");
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
        Self::read(&answer.body)
    }

    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample}: {:#?}", self.samples))
    }

    /// Counters never fall, and no sample of one goes away.
    fn grew_from(&self, before: &Self) {
        for (sample, value) in &before.samples {
            let name = sample.split('{').next().unwrap();
            if before.types.get(name).is_some_and(|kind| kind == "counter") || name.ends_with("_bucket") {
                assert!(self.get(sample) >= *value, "{sample}");
            }
        }
    }
}

/// `name="value"` between braces, `\\`, `\"` and `\n` being the only escapes.
fn labels(sample: &str) {
    let Some((_, rest)) = sample.split_once('{') else { return };
    let mut rest = rest;
    loop {
        let (name, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("{sample}"));
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !name.is_empty(), "{sample}");
        let mut chars = value.char_indices();
        let end = loop {
            match chars.next() {
                Some((at, '"')) => break at,
                Some((_, '\\')) => assert!(matches!(chars.next(), Some((_, '\\' | '"' | 'n'))), "{sample}"),
                Some(_) => {}
                None => panic!("{sample}"),
            }
        };
        match &value[end + 1..] {
            "}" => return,
            more => rest = more.strip_prefix(',').unwrap_or_else(|| panic!("{sample}")),
        }
    }
}

#[test]
fn figures_add_up_and_only_grow() {
    let script = r#"members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014", "1022", "1004"] });"#;
    let test = Test::new()
        .file("beadle.toml", "")
        .file("scripts/hello.rhai", "print(1);\n")
        .file("scripts/before.rhai", r#"members.add("4", #{ user_id: "1014" });"#)
        .file("scripts/three.rhai", script)
        .file("jobs/nightly.toml", "script = \"scripts/hello.rhai\"\nschedule = \"0 2 * * *\"\n")
        .file("jobs/inviting.toml", "script = \"scripts/three.rhai\"\npaused = \"until spring\"\n");
    assert!(test.beside(&["run", "scripts/before.rhai", "--sandbox"]).status.success());
    let mut api = Api::start(test);
    let first = Scrape::of(&api);
    assert_eq!(first.get(&format!("beadle_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!((first.get("beadle_scheduler_up"), first.get("beadle_store_up")), (1.0, 1.0));
    assert_eq!((first.get("beadle_jobs"), first.get("beadle_job_paused{job=\"inviting\"}")), (2.0, 1.0));
    assert!(
        first.get("beadle_job_next_run_timestamp_seconds{job=\"nightly\"}") > first.get("beadle_start_time_seconds")
    );
    for sample in [
        "beadle_ticks_total{job=\"nightly\",outcome=\"missed\"}",
        "beadle_runs_ended_total{job=\"nightly\",outcome=\"failed\"}",
    ] {
        assert_eq!(first.get(sample), 0.0, "there before its first event");
    }
    let success = "beadle_job_last_success_timestamp_seconds{job=\"nightly\"}";
    assert!(!first.samples.contains_key(success));
    assert!(
        !first.samples.keys().any(|sample| sample.starts_with("beadle_effects_total{")),
        "they count from the start"
    );

    let past = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T12:00:00Z" });
    api.post("/api/v1/jobs/nightly/backfill", past);
    api.until("nightly", " done");
    api.until("nightly", " done");
    let run = api.post("/api/v1/jobs/inviting/run", json!({})).json()["run"].as_str().unwrap().to_owned();
    api.until("inviting", &format!("run {run} done"));
    let second = Scrape::of(&api);
    second.grew_from(&first);
    assert_eq!(second.get("beadle_ticks_total{job=\"nightly\",outcome=\"done\"}"), 2.0);
    assert_eq!(second.get("beadle_runs_ended_total{job=\"nightly\",outcome=\"done\"}"), 2.0);
    assert_eq!(second.get("beadle_runs_ended_total{job=\"inviting\",outcome=\"done\"}"), 1.0);
    assert_eq!(second.get("beadle_ticks_total{job=\"inviting\",outcome=\"done\"}"), 0.0, "it was no moment");
    assert!(second.get(success) >= second.get("beadle_start_time_seconds"));
    assert_eq!((second.get("beadle_runs_at_work"), second.get("beadle_runs_held")), (0.0, 0.0));
    let counted = |scrape: &Scrape| -> f64 {
        let of =
            |(sample, _): &(&String, &f64)| sample.starts_with("beadle_effects_total{operation=\"members.invite\"");
        scrape.samples.iter().filter(of).map(|(_, value)| value).sum::<f64>() + scrape.get("beadle_effects_unsettled")
    };
    assert_eq!(counted(&second), 3.0, "three were invited, seen by now or not");
    let calls = "beadle_call_duration_seconds_count{operation=\"members.invite\"}";
    assert_eq!(second.get(calls), 1.0);
    assert_eq!(second.get("beadle_call_duration_seconds_bucket{operation=\"members.invite\",le=\"+Inf\"}"), 1.0);

    let asked = |scrape: &Scrape, start: &str| -> f64 {
        let of = |(sample, _): &(&String, &f64)| {
            sample.starts_with(start) && sample.contains("connection=\"main\",operation=\"members.invite\"")
        };
        scrape.samples.iter().filter(of).map(|(_, value)| value).sum()
    };
    assert_eq!(asked(&first, "beadle_requests_total"), 0.0);
    assert_eq!(asked(&second, "beadle_requests_total"), 1.0, "the run is another process");
    assert_eq!(asked(&second, "beadle_request_duration_seconds_count"), 1.0);
    assert!(
        !first.samples.keys().any(|sample| sample.contains("operation=\"members.add\"")),
        "what was asked before it began is not counted"
    );
    let shown = api.get(&format!("/api/v1/runs/{run}")).json();
    let told = shown["requests"].as_array().unwrap().iter().find(|row| row["operation"] == "members.invite").unwrap();
    assert_eq!((&told["connection"], &told["statuses"]), (&json!("main"), &json!({ "2xx": 1 })));

    let third = Scrape::of(&api);
    third.grew_from(&second);
    assert_eq!((counted(&third), third.get(calls)), (3.0, 1.0), "nothing is counted twice");
    assert_eq!(api.stop(), Some(0));
}

#[test]
fn a_run_that_was_told_too_many_says_what_it_waited_for() {
    let script = r#"for group in groups.list() { groups.get(group.id); }"#;
    let test = Test::new().file("beadle.toml", "").file("scripts/reading.rhai", script);
    let args = ["run", "scripts/reading.rhai", "--sandbox", "--faults", "429:times=1:groups.get"];
    let ran = test.beside(&args);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stderr).unwrap();
    let run = said.lines().find_map(|line| line.strip_prefix("run ")?.split(':').next()).unwrap().to_owned();
    let shown = String::from_utf8(test.beside(&["runs", "show", &run, "--sandbox"]).stdout).unwrap();
    let line =
        shown.lines().find_map(|line| line.trim().strip_prefix("requests: ")).unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains(", 1 tried again, ") && line.ends_with(" s in all"), "{line}");
    let object = String::from_utf8(test.beside(&["runs", "show", &run, "--sandbox", "--json"]).stdout).unwrap();
    let object: serde_json::Value = serde_json::from_str(object.lines().next().unwrap()).unwrap();
    let rows = object["requests"].as_array().unwrap();
    let get = rows.iter().find(|row| row["operation"] == "groups.get").unwrap();
    assert_eq!(get["statuses"]["429"], 1);
    assert!(get["statuses"]["2xx"].as_u64().unwrap() > 1 && get["waits"].as_u64().unwrap() > 0, "{get}");
    assert!(get["waited_seconds"].as_f64().unwrap() > 0.0, "{get}");
}

#[test]
fn what_came_to_hooks_and_what_people_were_told_is_counted_and_listed() {
    let failing = "script = \"scripts/failing.rhai\"\nschedule = \"0 2 * * *\"\nretries = 0\n[notify]\n\
                   command = [\"sleep\", \"1000\"]\n";
    let test = Test::new()
        .file("beadle.toml", "[webhooks]\nmax_body = \"1 KB\"\n")
        .file("scripts/failing.rhai", "throw \"the list is empty\";\n")
        .file("jobs/failing.toml", failing);
    let path = hook(&test);
    let mut api = Api::start(test);
    let receiver = receiver(&mut api);
    let first = Scrape::of(&api);
    let waiting = "beadle_deliveries_waiting{hook=\"crm\"}";
    assert_eq!((first.get(waiting), first.get("beadle_delivery_oldest_waiting_seconds")), (0.0, 0.0));
    assert_eq!(first.get("beadle_event_runs{state=\"waiting\"}"), 0.0);
    assert_eq!(first.get("beadle_alarms_undelivered"), 0.0);

    let body = r#"{"notifications": [], "total": 0, "job": {"id": "import-1"}}"#;
    let long = "x".repeat(2_000);
    for (path, body) in [(path.as_str(), body), (&path, body), (&path, "{}"), (&path, &long), ("/hooks/guessed", body)]
    {
        crate::webhooks::post(&receiver, path, body.as_bytes()).unwrap();
    }
    until(&api, "/api/v1/deliveries/1", |delivery| delivery["state"] == "done");
    api.said("webhook crm: delivery 1: 0 told, 0 to run");
    let past = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-11-01T12:00:00Z" });
    api.post("/api/v1/jobs/failing/backfill", past);
    api.until("failing", "failed with exit code 1");

    let second = Scrape::of(&api);
    second.grew_from(&first);
    let came = |hook: &str, outcome: &str| {
        second.get(&format!("beadle_webhook_requests_total{{hook=\"{hook}\",outcome=\"{outcome}\"}}"))
    };
    for outcome in ["stored", "known", "aside", "too_long"] {
        assert_eq!(came("crm", outcome), 1.0, "{outcome}");
    }
    assert_eq!(came("", "unknown_hook"), 1.0);
    assert_eq!(second.get("beadle_deliveries_done_total{hook=\"crm\",outcome=\"whole\"}"), 1.0);
    assert_eq!(second.get(waiting), 0.0);
    assert_eq!(second.get("beadle_alarms_total{what=\"failed\"}"), 1.0);
    assert_eq!(second.get("beadle_alarms_undelivered"), 1.0, "whoever is told sleeps");

    let alarms = api.get("/api/v1/alarms?state=failing").json();
    assert_eq!((&alarms["items"][0]["job"], &alarms["items"][0]["undelivered"]), (&json!("failing"), &json!(1)));
    assert_eq!(api.get("/api/v1/alarms?state=held").json()["items"], json!([]));
    let messages = api.get("/api/v1/messages?job=failing").json();
    let message = &messages["items"][0];
    assert_eq!((&message["way"], &message["what"]), (&json!("command"), &json!("failed")));
    assert_eq!(message["title"], "failing (sandbox) failed");
    assert_eq!(api.get("/api/v1/messages?job=other").json()["items"], json!([]));
    api.read_document();
    for path in ["/api/v1/alarms", "/api/v1/messages"] {
        assert_eq!(api.misfit("GET", path, &api.get(path)), None);
    }
    assert_eq!(api.stop(), Some(0));
}
