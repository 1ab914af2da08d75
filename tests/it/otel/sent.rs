//! With traces built in.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::collector::{Collector, OK, Span};
use crate::api_served::Api;
use crate::builder::Test;
use crate::served::Served;
use crate::webhooks::{Hooked, SETTINGS, delivery};

/// A span of somebody who starts us.
const STARTER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const INVITE: &str =
    "users.get(\"1010\"); members.invite(\"1\", #{ sender_id: \"1001\", recipients_ids: [\"1010\"] });\n";

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no `{name}`: {spans:#?}"));
    assert!(found.next().is_none(), "several `{name}`: {spans:#?}");
    span
}

#[track_caller]
fn is_child(child: &Span, parent: &Span) {
    assert_eq!((&child.trace, &child.parent), (&parent.trace, &parent.id), "{} below {}", child.name, parent.name);
}

#[test]
fn a_run_is_a_tree_of_its_calls_effects_and_requests_below_whoever_started_it() {
    let (collector, served) = (Collector::start(), Served::start());
    let test = Test::new().file("beadle.toml", &served.settings()).file("invite.rhai", INVITE);
    let test = test.env("SECRET", &served.secret).env("TRACEPARENT", STARTER);
    let test =
        test.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()).env("OTEL_EXPORTER_OTLP_HEADERS", "x-team=ops");
    let test = test.env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
    let ran = test.args(["run", "invite.rhai"]).success();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);

    let post = &collector.posts()[0];
    let head = post.head.to_lowercase();
    assert!(head.starts_with("post /v1/traces ") && head.contains("\r\nx-team: ops\r\n"), "{head}");
    let spans = collector.spans();
    let run = named(&spans, "run invite.rhai");
    assert_eq!((run.trace.as_str(), run.parent.as_str()), (&STARTER[3..35], &STARTER[36..52]));
    assert_eq!((run.get("beadle.run"), run.get("beadle.ending")), (ran.run().as_str(), "done"));
    assert_eq!((run.get("beadle.connection"), run.get("beadle.exit_code"), run.status), ("main", "0", 0));
    assert_eq!((run.get("beadle.script"), run.get("beadle.effects.queued")), ("invite.rhai", "1"));
    assert_eq!(run.resource["service.name"], "beadle");
    assert_eq!(run.resource["deployment.environment.name"], "test");

    let read = named(&spans, "users.get");
    is_child(read, run);
    let request = named(&spans, "GET users.get");
    is_child(request, read);
    let (host, port) = served.address.split_once(':').unwrap();
    let url = format!("http://{}/mobilize/v1/users/1010/", served.address);
    assert_eq!((request.kind, request.get("http.request.method"), request.get("url.full")), (3, "GET", url.as_str()));
    assert_eq!((request.get("server.address"), request.get("server.port")), (host, port));
    assert_eq!((request.get("http.response.status_code"), request.get("beadle.operation")), ("200", "users.get"));
    assert!(
        request.get("beadle.pace_wait_ms").parse::<u64>().is_ok()
            && request.get("http.request.resend_count").is_empty()
    );

    let write = named(&spans, "members.invite");
    is_child(write, run);
    let effects = named(&spans, "effects members.invite");
    is_child(effects, write);
    assert_eq!((effects.get("beadle.effects"), effects.get("beadle.outcome")), ("1", "settled"));
    let sent = named(&spans, "POST members.invite");
    is_child(sent, effects);
    assert!(spans.iter().all(|span| span.trace == run.trace), "one trace: {spans:#?}");
    assert!(!spans.iter().any(|span| span.attributes.keys().any(|key| key.starts_with("code."))), "{spans:#?}");
}

#[test]
fn a_request_that_is_sent_again_is_counted_and_what_failed_is_marked() {
    let (collector, served) = (Collector::start(), Served::start());
    served.set_faults("503:times=1:users.get");
    let test = Test::new()
        .file("beadle.toml", &served.settings())
        .file("read.rhai", "users.get(\"1010\"); users.get(\"9\");\n");
    let test = test.env("SECRET", &served.secret).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url());
    test.args(["run", "read.rhai"]).code(1);
    let spans = collector.spans();
    let requests: Vec<&Span> = spans.iter().filter(|span| span.name == "GET users.get").collect();
    let told = |span: &&Span| {
        let get = |key: &str| span.get(key).to_owned();
        (get("http.response.status_code"), get("http.request.resend_count"), get("error.type"), span.status)
    };
    let told: Vec<_> = requests.iter().map(told).collect();
    let word = |text: &str| text.to_owned();
    assert_eq!(
        told,
        [
            (word("503"), word(""), word("503"), 2),
            (word("200"), word("1"), word(""), 0),
            (word("404"), word(""), word("404"), 2),
        ]
    );
    let calls: Vec<&Span> = spans.iter().filter(|span| span.name == "users.get").collect();
    assert_eq!([calls[0].status, calls[1].status], [0, 2]);
    assert_eq!(calls[1].get("error.type"), "not_found");
    let run = named(&spans, "run read.rhai");
    assert_eq!((run.status, run.get("beadle.ending"), run.get("beadle.exit_code")), (2, "failed", "1"));
}

#[test]
fn no_secret_and_no_argument_is_in_what_is_sent() {
    let (collector, served) = (Collector::start(), Served::start());
    let leak = format!("leak-{}.rhai", served.secret);
    let script = "args(#{ who: #{ type: \"text\" } });\nmembers.search(\"1\", #{ keywords: ctx.args.who }).first();\nthrow ctx.args.who;\n";
    let settings = served.settings().replace(&format!("key = \"{}\"", served.key), "key = \"env:KEY\"");
    let test = Test::new().file("beadle.toml", &settings).file(&leak, script);
    let test = test.env("SECRET", &served.secret).env("KEY", &served.key);
    let test = test.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url());
    test.args(["run", &leak, "--arg", "who=ada@example.org"]).code(1);
    let spans = collector.spans();
    assert_eq!(named(&spans, "run leak-[secret].rhai").get("beadle.script"), "leak-[secret].rhai");
    let request = spans.iter().find(|span| span.name == "GET members.search").unwrap();
    assert_eq!(request.get("url.full"), format!("http://{}/mobilize/v1/groups/1/members/search", served.address));
    is_child(request, named(&spans, "run leak-[secret].rhai"));
    let basic = STANDARD.encode(format!("{}:{}", served.key, served.secret));
    for secret in [&served.key, &served.secret, &basic, &STANDARD.encode(&served.secret), "ada", "example.org"] {
        for post in collector.posts() {
            let found = post.body.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found && !post.head.contains(secret), "{secret}");
        }
    }
}

#[test]
fn a_served_job_is_one_trace_over_both_processes() {
    let collector = Collector::start();
    let job = "script = \"scripts/invite.rhai\"\nschedule = \"0 2 1 1 *\"\n";
    let test = Test::new().file("jobs/nightly.toml", job).file("scripts/invite.rhai", INVITE);
    // Whoever starts the service is above none of its jobs.
    let test = test.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/here", collector.url()));
    let test =
        test.env("TRACEPARENT", STARTER).env("OTEL_SERVICE_NAME", "community").env("OTEL_BSP_SCHEDULE_DELAY", "50");
    let mut api = Api::start(test);
    let run = api.post("/api/v1/jobs/nightly/run", json!({})).json()["run"].as_str().unwrap().to_owned();
    api.until("nightly", " done");
    // It arrives while the service goes on.
    collector.until(|span| span.name == "job nightly");
    assert_eq!(api.stop(), Some(0));
    assert!(collector.posts().iter().all(|post| post.head.starts_with("POST /here ")));

    let spans = collector.spans();
    let job = named(&spans, "job nightly");
    assert_eq!((job.parent.as_str(), job.get("beadle.run"), job.get("beadle.outcome")), ("", run.as_str(), "done"));
    assert_eq!((job.get("beadle.job"), job.get("beadle.cause")), ("nightly", "hand"));
    assert_ne!(job.trace, STARTER[3..35]);
    let process = named(&spans, "process beadle jobs start");
    is_child(process, job);
    assert_eq!(process.get("process.exit.code"), "0");
    assert!(process.get("process.pid").parse::<u32>().is_ok());
    let work = named(&spans, "run scripts/invite.rhai");
    is_child(work, process);
    assert_eq!((work.get("beadle.job"), work.get("beadle.run")), ("nightly", run.as_str()));
    let request = named(&spans, "POST members.invite");
    assert_eq!((request.trace.as_str(), request.get("url.path")), (job.trace.as_str(), "/groups/1/members/invite"));
    assert!(spans.iter().all(|span| span.resource["service.name"] == "community"));
}

#[test]
fn of_a_run_that_failed_every_span_says_so_with_a_kind() {
    let collector = Collector::start();
    let test = Test::new().file("jobs/broken.toml", "script = \"scripts/throws.rhai\"\nretries = 0\n");
    let test = test.file("scripts/throws.rhai", "throw \"not today\";\n");
    let mut api = Api::start(test.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()));
    api.post("/api/v1/jobs/broken/run", json!({}));
    api.until("broken", "failed with exit code 1");
    assert_eq!(api.stop(), Some(0));
    let spans = collector.spans();
    let kinds = [("job broken", "failed"), ("process beadle jobs start", "1"), ("run scripts/throws.rhai", "failed")];
    for (name, kind) in kinds {
        let span = named(&spans, name);
        assert_eq!((span.status, span.get("error.type")), (2, kind), "{name}");
    }
}

#[test]
fn a_delivery_is_received_and_worked_off_and_its_secret_path_is_not_told() {
    let (collector, hooked) = (Collector::start(), Hooked::new(SETTINGS));
    let receiver = hooked.receiver_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url().as_str())]);
    assert_eq!(receiver.post(&hooked.path, &delivery("a", &[1001])).status, 200);
    assert_eq!(receiver.post("/hooks/nothing", b"{}").status, 404);
    hooked.worked_off();
    assert_eq!(receiver.stop(), Some(0));
    let spans = collector.spans();
    let received: Vec<&Span> = spans.iter().filter(|span| span.name == "POST /hooks/{secret}").collect();
    assert_eq!(received.len(), 2);
    assert_eq!(received.iter().map(|span| span.get("http.response.status_code")).collect::<Vec<_>>(), ["200", "404"]);
    assert_eq!((received[0].kind, received[0].get("beadle.hook")), (2, "crm"));
    let worked = named(&spans, "work off a delivery");
    assert_eq!(worked.get("beadle.delivery"), received[0].get("beadle.delivery"));
    assert_eq!((worked.kind, worked.get("beadle.events"), worked.get("beadle.runs")), (5, "1", "1"));
    is_child(named(&spans, "GET users.get"), worked);
    let secret = hooked.path.trim_start_matches("/hooks/").as_bytes();
    for post in collector.posts() {
        assert!(!post.body.windows(secret.len()).any(|part| part == secret));
    }
}

#[test]
fn a_collector_that_fails_or_hangs_holds_no_run_up_and_is_told_of_once() {
    let failing = Collector::answering(Some("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let hanging = Collector::answering(None);
    for (place, why) in [
        ("http://user:very-secret@127.0.0.1:1".to_owned(), "network error"),
        (failing.url(), "status code: 400"),
        (hanging.url(), "the last ones were not taken within 2 s"),
    ] {
        let test = Test::new().file("invite.rhai", INVITE).env("OTEL_EXPORTER_OTLP_ENDPOINT", &place);
        let began = Instant::now();
        let ran = test.args(["run", "invite.rhai", "--sandbox"]).success();
        assert!(began.elapsed() < Duration::from_secs(10), "{place}");
        let told: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("traces")).collect();
        assert!(matches!(told.as_slice(), [one] if one.contains(why)), "{place}: {}", ran.stderr);
        assert!(
            told[0].starts_with("warning: traces do not arrive where `OTEL_EXPORTER_OTLP_ENDPOINT` says: "),
            "{told:?}"
        );
        assert!(!ran.stderr.contains("very-secret") && !ran.stdout.contains("very-secret"));
    }
}

#[test]
fn what_a_slow_collector_has_no_room_for_is_dropped_and_counted() {
    let slow = Collector::slow(Some(OK), Duration::from_millis(100));
    let script = "for n in 0..100 { users.get(\"1010\"); }\n";
    let test = Test::new().file("many.rhai", script).env("OTEL_EXPORTER_OTLP_ENDPOINT", &slow.url());
    let ran = test.env("OTEL_BSP_MAX_QUEUE_SIZE", "4").args(["run", "many.rhai", "--sandbox"]).success();
    let told = ran.stderr.lines().find(|line| line.contains("traces")).unwrap_or_else(|| panic!("{}", ran.stderr));
    let (dropped, rest) = told.split_once(" says: ").unwrap().1.split_once(" of 201 spans found no room").unwrap();
    assert!(rest.starts_with("; a larger `OTEL_BSP_MAX_QUEUE_SIZE` has more"), "{told}");
    assert_eq!(slow.spans().len() as u64 + dropped.parse::<u64>().unwrap(), 201, "each is sent or counted");
}

#[test]
fn what_is_not_sampled_or_switched_off_or_not_understood_is_not_sent() {
    let collector = Collector::start();
    let run = |variables: &[(&str, &str)]| {
        let mut test = Test::new().file("a.rhai", "1;\n").env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url());
        for (name, value) in variables {
            test = test.env(name, value);
        }
        test.args(["run", "a.rhai", "--sandbox"]).success().stderr
    };
    for quiet in
        [("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_TRACES_SAMPLER", "always_off")]
    {
        assert!(!run(&[quiet]).contains("warning"), "{quiet:?}");
    }
    // Whoever started it decided that this is not traced.
    let unsampled = format!("{}00", &STARTER[..53]);
    assert!(!run(&[("TRACEPARENT", &unsampled)]).contains("warning"));
    for (name, value, why) in [
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "`OTEL_EXPORTER_OTLP_PROTOCOL` says `grpc`, and only `http/protobuf` is built in",
        ),
        ("OTEL_TRACES_EXPORTER", "zipkin", "`OTEL_TRACES_EXPORTER` says `zipkin`, and only `otlp` or `none` is known"),
    ] {
        assert!(run(&[(name, value)]).contains(&format!("warning: no traces are sent: {why}\n")), "{name}");
    }
    assert!(collector.posts().is_empty());
    run(&[]);
    assert_eq!(collector.spans().len(), 1);
    let version = Test::new().args(["--version"]).success().stdout;
    assert_eq!(version, concat!("beadle ", env!("CARGO_PKG_VERSION"), "+otel\n"));
}
