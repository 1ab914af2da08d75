#![expect(clippy::disallowed_methods, reason = "tests write the files that they read")]

use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::settings::{Environment, Error, Limits, Mode, Redactor, Settings, Start};

const SETTINGS: &str = "[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n\
                        [connections.others]\nplatform = \"mobilize\"\nsandbox = true\n\
                        [connections.people]\nplatform = \"heartbeat\"\nsandbox = true\n";

/// A project with these files.
fn project(files: &[(&str, &str)]) -> (TempDir, Settings) {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("jobs")).unwrap();
    for (file, text) in [("beadle.toml", SETTINGS)].iter().chain(files) {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let start = Start {
        file: None,
        folder: folder.path().to_owned(),
        mode: Mode::Real,
        connection: None,
        environment: Environment::default(),
    };
    let settings = Settings::load(&start).unwrap();
    (folder, settings)
}

fn read(text: &str) -> Result<Job, Error> {
    let (_folder, settings) = project(&[]);
    Job::read(Path::new("jobs/nightly.toml"), text, &settings)
}

/// A job that has a script, and this besides.
fn with(text: &str) -> Job {
    read(&format!("script = \"scripts/x.rhai\"\n{text}")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The error of a job that has a script in its first line, and this from its second on.
#[track_caller]
fn refused(text: &str) -> String {
    read(&format!("script = \"scripts/x.rhai\"\n{text}")).expect_err(text).to_string()
}

#[test]
fn a_job_of_a_script_alone_has_defaults() {
    let job = with("");
    assert_eq!((job.name.as_str(), job.file.as_path()), ("nightly", Path::new("jobs/nightly.toml")));
    assert_eq!(job.script, Path::new("scripts/x.rhai"));
    assert!(job.timetable.expressions().is_empty() && job.on.is_empty() && job.needs.is_empty());
    assert_eq!(job.timetable.zone().iana_name(), Some("UTC"));
    assert_eq!((job.own_events, job.overlap), (OwnEvents::Ignored, Overlap::Skip));
    assert_eq!((job.description, job.connection, job.paused, job.memory), (None, None, None, None));
    assert!(job.params.is_empty() && job.limits.is_empty() && job.allow.is_empty());
    assert_eq!((job.timeout, job.jitter, job.start_within), (Duration::from_secs(3_600), Duration::ZERO, None));
    let week = Duration::from_secs(7 * 86_400);
    assert_eq!(job.missed, Missed { which: Which::Last, window: week, most: 24 });
    assert_eq!(job.retries, Retries { times: 2, wait: Duration::from_secs(300) });
    assert_eq!((job.pause_after, job.notify.after), (0, 1));
    let Notify { webhook, command, mail, ping, .. } = job.notify;
    assert!(webhook.is_none() && command.is_none() && mail.is_none() && ping.is_none());
}

#[test]
fn every_key_is_read() {
    let job = with(
        r#"
description = " what it is for "
schedule = ["30 2 * * *", "@weekly"]
timezone = "Europe/Berlin"
on = ["user.created", "group_member.added"]
own_events = true
connection = "others"
timeout = "90m"
overlap = "queue_one"
missed = { which = "all", window = "2d", most = 5 }
jitter = "10m"
start_within = 3600
retries = { times = 3, wait = "1m" }
pause_after = 4
paused = "until the new roster is here"
needs = ["other", "another"]
memory = "512 MiB"
allow = ["users.delete", "hard_delete", "users.delete"]

[params]
out = "a.csv"
count = 10_000
share = 1.5
deep = true

[limits.removals]
percent = 5
[limits.mail]
quiet = "20:00-08:00"

[notify]
after = 3
webhook = "env:HOOK"
shape = "teams"
command = ["notify-send", " beadle "]
mail = "ops@example.org"
ping_url = "env:PING"
"#,
    );
    let expressions: Vec<String> = job.timetable.expressions().iter().map(ToString::to_string).collect();
    assert_eq!(expressions, ["30 2 * * *", "@weekly"]);
    assert_eq!(job.timetable.zone().iana_name(), Some("Europe/Berlin"));
    assert_eq!(job.description.as_deref(), Some("what it is for"));
    assert_eq!(job.on, [Topic::UserCreated, Topic::GroupMemberAdded]);
    assert_eq!((job.own_events, job.connection.as_deref()), (OwnEvents::Wanted, Some("others")));
    assert_eq!((job.timeout, job.overlap), (Duration::from_secs(5_400), Overlap::QueueOne));
    let two_days = Duration::from_secs(2 * 86_400);
    assert_eq!(job.missed, Missed { which: Which::All, window: two_days, most: 5 });
    assert_eq!((job.jitter, job.start_within), (Duration::from_secs(600), Some(Duration::from_secs(3_600))));
    assert_eq!(job.retries, Retries { times: 3, wait: Duration::from_secs(60) });
    assert_eq!((job.pause_after, job.memory), (4, Some(512 << 20)));
    assert_eq!(job.paused.as_deref(), Some("until the new roster is here"));
    assert_eq!(job.allow, ["users.delete", "hard_delete"]);
    assert_eq!(job.needs, ["other", "another"]);
    let params: Vec<(&str, &str)> = job.params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(params, [("count", "10000"), ("deep", "true"), ("out", "a.csv"), ("share", "1.5")]);
    assert_eq!(job.limits.json(), json!({ "removals": { "percent": 5 }, "mail": { "quiet": "20:00-08:00" } }));
    assert_eq!(Limits::default().with(&job.limits).removals.percent, 5);
    assert!(matches!(&job.notify.webhook, Some((Shape::Teams, hook)) if hook.source() == "the variable `HOOK`"));
    assert_eq!(job.notify.command.unwrap(), ["notify-send", " beadle "], "arguments stay as they are");
    assert_eq!((job.notify.after, job.notify.mail.as_deref()), (3, Some("ops@example.org")));
    assert_eq!(job.notify.ping.unwrap().0.source(), "the variable `PING`");
}

#[test]
fn what_can_be_written_in_two_ways_means_the_same() {
    assert_eq!(with("schedule = '0 9 * * *'").timetable.expressions().len(), 1);
    assert_eq!(with("on = \"user.updated\"").on, [Topic::UserUpdated]);
    assert_eq!(with("needs = \"other\"").needs, ["other"]);
    assert_eq!(
        with("schedule = '@daily'\nmissed = \"none\"").missed,
        Missed { which: Which::None, ..Missed::default() }
    );
    assert_eq!(with("retries = 0").retries, Retries { times: 0, ..Retries::default() });
    assert_eq!(with("paused = true").paused.as_deref(), Some("its file says so"));
    assert_eq!(with("paused = false").paused, None);
    for (word, meant) in [
        ("skip", Overlap::Skip),
        ("queue_one", Overlap::QueueOne),
        ("cancel_other", Overlap::CancelOther),
        ("allow", Overlap::Allow),
    ] {
        assert_eq!(with(&format!("overlap = \"{word}\"")).overlap, meant);
    }
    for (key, meant) in [("slack", Shape::Slack), ("teams", Shape::Teams), ("webhook", Shape::Json)] {
        let (shape, _) = with(&format!("[notify]\n{key} = \"env:HOOK\"")).notify.webhook.unwrap();
        assert_eq!(shape, meant);
    }
    assert_eq!(read("script = \"./scripts//x.rhai\"").unwrap().script, Path::new("scripts/x.rhai"));
    assert!(read("\u{feff}script = \"x.rhai\"").is_ok(), "as Windows saves it");
}

#[test]
fn what_works_and_should_be_changed_is_said() {
    let warnings = |text: &str| {
        let (_folder, settings) = project(&[("jobs/x.toml", &format!("script = \"scripts/x.rhai\"\n{text}"))]);
        let jobs = Jobs::load(&settings).unwrap();
        assert!(jobs.warnings.iter().all(|(file, _)| file == Path::new("jobs/x.toml")));
        jobs.warnings.into_iter().map(|(_, warning)| warning).collect::<Vec<_>>()
    };
    assert_eq!(with("on = [\"user_create\", \"user.created\"]").on, [Topic::UserCreated]);
    assert_eq!(
        warnings("on = [\"user_create\", \"user.created\"]"),
        ["`user_create` in `on` is understood as `user.created`, which is its name"]
    );
    assert_eq!(
        warnings("[notify]\nmail = \"ops@example.org\""),
        ["`mail` of `[notify]` reaches nobody: write `[mail]` with `command = [\"sendmail\", \"-t\"]` in beadle.toml"]
    );
    assert_eq!(
        warnings("[notify]\nafter = 3"),
        ["`[notify]` tells nobody: name `slack`, `teams`, `webhook`, `command`, `mail` or `ping_url` in it"]
    );
    assert_eq!(
        warnings("schedule = [\"0 2 * * MON\", \"@daily\", \"0  2 * * mon\"]"),
        ["`0  2 * * mon` stands in `schedule` twice; once is enough"]
    );
    assert_eq!(
        warnings("jitter = \"5m\"\nmissed = \"all\"\nown_events = false"),
        [
            "`missed` says nothing where there is no `schedule`",
            "`jitter` says nothing where there is no `schedule`",
            "`own_events` says nothing where there is no `on`"
        ]
    );
    assert_eq!(
        warnings("schedule = [\"0 2 * * *\", \"0 14 * * SUN\"]\njitter = \"2d\""),
        [
            "`jitter` (2 d) is longer than the 12 h between two moments of `schedule`: a run may begin after the next moment; \
          make it shorter"
        ]
    );
    assert!(warnings("schedule = \"0 2 * * MON\"\njitter = \"7d\"").is_empty());
    assert_eq!(
        warnings("timeout = \"1ms\""),
        ["`timeout` is less than a second: no run comes to its end; \"30m\" is half an hour"]
    );
    assert!(warnings("timeout = 1").is_empty());
    let warned = warnings("[notify]\nslack = \"https://hooks.example.org/T0/B0/hush-hush?a=b\"");
    assert_eq!(warned.len(), 1);
    assert!(warned[0].starts_with("`slack` of `[notify]` stands in the job's file in plain text"), "{warned:?}");
    assert!(!warned[0].contains("hush"));
    let plain = with("[notify]\nslack = \"https://hooks.example.org/hush-hush\"").notify.webhook.unwrap().1;
    assert_eq!(plain.source(), "jobs/nightly.toml");
    let clear = refused("[notify]\nslack = \"http://hooks.example.org/hush-hush\"");
    assert!(clear.contains("must begin with https://") && !clear.contains("insecure"), "{clear}");
    assert!(warnings("schedule = \"@daily\"\njitter = \"5m\"\n[notify]\nslack = \"env:X\"").is_empty());
}

#[test]
fn a_schedule_that_is_refused_is_shown_at_its_very_characters() {
    assert_eq!(
        refused("schedule = \"0 25 * * *\" # at night"),
        "jobs/nightly.toml:2:15: `schedule`: hour (field 2 of 5), position 3: there is no hour `25`; write numbers from 0 to 23\n  \
         2 | schedule = \"0 25 * * *\" …\n    |               ^^"
    );
    assert_eq!(
        refused("schedule = ['30 2 * * *', '0 0 31 2 *']"),
        "jobs/nightly.toml:2:32: `schedule`: day of month (field 3 of 5), position 5: such a date never comes; the longest \
         of its months has 29 days: name one of them, or another month\n  \
         2 | schedule = ['30 2 * * *', '0 0 31 2 *']\n    |                                ^^"
    );
    assert_eq!(
        refused("schedule = [\n  \"@daily\",\n  \"0 0 ö * *\",\n]"),
        "jobs/nightly.toml:4:8: `schedule`: day of month (field 3 of 5), position 5: `ö` is no day of month; write numbers \
         from 1 to 31\n  4 |   \"0 0 ö * *\",\n    |        ^"
    );
    assert_eq!(
        refused("schedule = \"0 0 12 * * *\""),
        "jobs/nightly.toml:2:13: `schedule`: there are six fields; beadle's minutes are the smallest step: drop the seconds \
         and write `0 12 * * *`\n  2 | schedule = \"0 0 12 * * *\"\n    |             ^^^^^^^^^^^^"
    );
    assert_eq!(
        refused("schedule = \"0\\t25 * * *\""),
        "jobs/nightly.toml:2:12: `schedule`: hour (field 2 of 5), position 3: there is no hour `25`; write numbers from 0 to \
         23\n  2 | schedule = \"0\\t25 * * *\"\n    |            ^^^^^^^^^^^^^",
        "with an escape, places in the expression are not places in the file"
    );
    assert!(
        refused("schedule = \"\"").starts_with("jobs/nightly.toml:2:13: `schedule`: there are no fields; write five")
    );
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    for (text, said) in [
        ("schedul = \"@daily\"", "2:1: there is no key `schedul` at the top; did you mean `schedule`?"),
        ("name = \"x\"", "2:1: there is no key `name` at the top; a job is called as its file is"),
        ("cron = \"@daily\"", "2:1: there is no key `cron` at the top; write `schedule`"),
        ("schedule = 5", "2:12: `schedule` must be text such as \"30 2 * * *\", or a list of such"),
        ("schedule = [\"@daily\", 5]", "2:23: `schedule` must hold texts such as \"30 2 * * *\""),
        (
            "timezone = \"Europe/Berln\"",
            "2:12: `timezone` names no time zone: `Europe/Berln`; did you mean `Europe/Berlin`?",
        ),
        (
            "timezone = \"nowhere at all\"",
            "2:12: `timezone` names no time zone: `nowhere at all`; write a name such as \"Europe/Berlin\"",
        ),
        (
            "on = \"user.deleted\"",
            "2:6: `on` names no event: `user.deleted`; there is `user.created`, `user.updated`, `user.status_changed`, `group_member.added`",
        ),
        (
            "on = []",
            "2:6: `on` names no event: write one of `user.created`, `user.updated`, `user.status_changed`, `group_member.added`, or take the line out",
        ),
        ("schedule = []", "2:12: `schedule` names no time: write \"30 2 * * *\", or take the line out"),
        ("timeout = \"0s\"", "2:11: `timeout` is no time at all; write a length of time such as \"30s\" or \"1h 30m\""),
        ("timeout = \"1\"", "2:11: `timeout` has no unit; write \"1s\", \"1m\" or \"1h\""),
        ("retries = { wait = \" 5 \" }", "2:20: `wait` has no unit; write \"5s\", \"5m\" or \"5h\""),
        ("timeout = -5", "2:11: `timeout` is less than no time; write a length of time such as \"30s\" or \"1h 30m\""),
        (
            "every = \"5m\"",
            "2:1: there is no key `every` at the top; write `schedule`: \"*/15 * * * *\" is every 15 minutes",
        ),
        (
            "interval = 5",
            "2:1: there is no key `interval` at the top; write `schedule`: \"*/15 * * * *\" is every 15 minutes",
        ),
        (
            "command = \"x\"",
            "2:1: there is no key `command` at the top; write `script`: a job runs a script of the project",
        ),
        ("catchup = true", "2:1: there is no key `catchup` at the top; write `missed`"),
        ("concurrency = 1", "2:1: there is no key `concurrency` at the top; write `overlap`"),
        ("max_retries = 3", "2:1: there is no key `max_retries` at the top; write `retries`"),
        ("own_events = \"yes\"", "2:14: `own_events` must be true or false, not text"),
        (
            "connection = \"poeple\"",
            "2:14: `connection` is not in the settings: there is no connection `poeple`; did you mean `people`?",
        ),
        ("timeout = \"soon\"", "2:11: `timeout` must be a length of time such as \"30s\" or \"1h 30m\""),
        ("timeout = 0", "2:11: `timeout` is no time at all; write a length of time such as \"30s\" or \"1h 30m\""),
        (
            "overlap = \"skipp\"",
            "2:11: `overlap` must be \"skip\", \"queue_one\", \"cancel_other\" or \"allow\", not \"skipp\"; did you mean \"skip\"?",
        ),
        ("overlap = true", "2:11: `overlap` must be \"skip\", \"queue_one\", \"cancel_other\" or \"allow\""),
        ("missed = \"first\"", "2:10: `missed` must be \"last\", \"none\" or \"all\", not \"first\""),
        (
            "missed = 3",
            "2:10: `missed` must be \"last\", \"none\" or \"all\", or { which = \"all\", window = \"2d\", most = 5 }",
        ),
        ("missed = { whch = \"all\" }", "2:12: there is no key `whch` in `missed`; did you mean `which`?"),
        ("missed = { most = 0 }", "2:19: `most` must be a whole number from 1 to 10000"),
        (
            "jitter = \"-5m\"",
            "2:10: `jitter` is less than no time; write a length of time such as \"30s\" or \"1h 30m\"",
        ),
        (
            "start_within = []",
            "2:16: `start_within` must be a length of time such as \"30s\" or \"1h 30m\", not a list",
        ),
        ("retries = 21", "2:11: `retries` must be a whole number from 0 to 20, or { times = 3, wait = \"10m\" }"),
        ("retries = { times = \"3\" }", "2:21: `times` must be a whole number from 0 to 20, not text"),
        ("pause_after = -1", "2:15: `pause_after` must be a whole number from 0 to 1000"),
        ("paused = \" \"", "2:10: `paused` must be true, false, or the reason as text in quotes"),
        ("paused = 1", "2:10: `paused` must be true, false, or the reason as text in quotes"),
        ("needs = \"nightly\"", "2:9: `needs` names this job itself"),
        ("memory = \"much\"", "2:10: `memory` must be a size such as \"64 MiB\""),
        ("description = 5", "2:15: `description` must be text in quotes, not a number"),
        ("params = 5", "2:10: `params` must be a section, not a number"),
        ("[params]\nsince = 2026-11-22", "3:9: `since` in `[params]` must be text in quotes, a number, true or false"),
        ("[params]\ngroups = [1, 2]", "3:10: `groups` in `[params]` must be text in quotes, a number, true or false"),
        (
            "[limits.removals]\npercnt = 5",
            "3:1: there is no key `percnt` in `[limits.removals]`; did you mean `percent`?",
        ),
        (
            "[limits.script]\ntime = \"1h\"",
            "2:9: there is no key `script` in `[limits]`; there is `mail`, `removals`, `overlap`, `changes`, `deletes`, `roles`",
        ),
        ("[notify]\nafter = 0", "3:9: `after` must be a whole number from 1 to 1000"),
        ("[notify]\nslak = \"env:X\"", "3:1: there is no key `slak` in `[notify]`; did you mean `slack`?"),
        ("[notify]\nshape = \"slack\"", "3:9: `shape` is about `webhook`, which is not there"),
        (
            "[notify]\nwebhook = \"env:X\"\nshape = \"slac\"",
            "4:9: `shape` must be \"json\", \"slack\" or \"teams\", not \"slac\"; did you mean \"slack\"?",
        ),
        ("[notify]\nslack = \"env:X\"\nteams = \"env:Y\"", "4:9: `teams` stands beside `slack`; name one of them"),
        ("[notify]\nwebhook = 5", "3:11: `webhook` must be text in quotes"),
        (
            "[notify]\ncommand = \"mail me\"",
            "3:11: `command` must be a list: [\"program\", \"argument\"]; no shell takes part",
        ),
        ("[notify]\ncommand = []", "3:11: `command` must be a list: [\"program\", \"argument\"]; no shell takes part"),
        ("[notify]\nmail = \"ops\"", "3:8: `mail` must be an address: `ops` is not an e-mail address: there is no `@`"),
        ("memory = 1\nmemory = 2", "3:1: `memory` is written here for the second time"),
        (
            "allow = \"user.delete\"",
            "2:9: `allow` names `user.delete`, which is nothing that deletes for good; did you mean `users.delete`?",
        ),
        (
            "allow = [\"hard_delete\", \"members.remove\"]",
            "2:25: `allow` names `members.remove`, which needs no leave: only what deletes for good does; there is `groups.delete`, `hard_delete`, `invitations.delete`, `users.delete`",
        ),
        (
            "on = [\"user.created\"]\nconnection = \"people\"",
            "2:6: `on` waits for nothing: Heartbeat, the platform of connection `people`, sends no events; write `connection = \"main\"` or `connection = \"others\"`, or a `schedule` in its place",
        ),
        ("allow = true", "2:9: `allow` must be text such as \"users.delete\", or a list of such"),
        ("permissions = \"users.delete\"", "2:1: there is no key `permissions` at the top; write `allow`"),
        ("schedule = ", "2:12: this is not TOML: string values must be quoted, expected literal string"),
    ] {
        let refused = refused(text);
        let line = refused.lines().next().unwrap();
        assert_eq!(line, format!("jobs/nightly.toml:{said}"), "{text}");
        assert!(refused.lines().nth(2).is_some_and(|line| line.trim_end().ends_with('^')), "{refused}");
    }
}

#[test]
fn where_no_platform_sends_events_a_job_has_nothing_to_wait_for() {
    let (_folder, mut settings) = project(&[]);
    settings.connections.retain(|name, _| name == "people");
    let read =
        |text: &str| Job::read(Path::new("jobs/nightly.toml"), &format!("script = \"x.rhai\"\n{text}"), &settings);
    let error = read("on = \"user.created\"").unwrap_err().to_string();
    let said = "`on` waits for nothing: Heartbeat, the platform of connection `people`, sends no events; only Mobilize does; \
                write a `schedule` in its place";
    assert_eq!(error.lines().next().unwrap(), format!("jobs/nightly.toml:2:6: {said}"));
    assert!(read("schedule = \"@daily\"").is_ok());
}

#[test]
fn one_more_argument_is_written_where_the_others_stand() {
    for (text, said) in [
        ("", "write at the top of jobs/nightly.toml: params = { count = 7 }"),
        (
            "timeout = 5\n\n[params]\nout = \"a.csv\"\n",
            "write below `[params]` in line 4 of jobs/nightly.toml: count = 7",
        ),
        ("params = { out = \"a=b.csv\" }\n", "write into `params` in line 2 of jobs/nightly.toml: count = 7"),
        ("\nparams.out = \"a.csv\"\n", "write below line 3 of jobs/nightly.toml: params.count = 7"),
    ] {
        assert_eq!(with(text).how_to_give("count", "7"), said, "{text}");
    }
}

#[test]
fn a_script_is_needed_and_stands_in_the_project() {
    let error = read("schedule = \"@daily\"").unwrap_err();
    assert_eq!(error.to_string(), "`jobs/nightly.toml` names no script");
    assert_eq!(error.next_step(), Some("add `script = \"scripts/NAME.rhai\"` to it"));
    for outside in ["/etc/passwd", "../x.rhai", "scripts/../../x.rhai", "", "."] {
        let error = read(&format!("script = \"{outside}\"")).unwrap_err().to_string();
        assert!(error.starts_with("jobs/nightly.toml:1:10: `script` must be a path below"), "{outside}: {error}");
    }
}

#[test]
fn a_file_whose_name_is_no_name_for_a_job_is_refused() {
    let (_folder, settings) = project(&[]);
    for name in ["Nightly", "a b", "ünïcode", &"x".repeat(65)] {
        let error = Job::read(&PathBuf::from(format!("jobs/{name}.toml")), "script = \"x.rhai\"", &settings);
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), format!("`jobs/{name}.toml` gives its job no name that can be used"));
        assert!(error.next_step().unwrap().starts_with("name the file with small letters"));
    }
    for (name, free) in [("-x", "x"), ("--help", "help"), ("-", "NAME")] {
        let error = Job::read(&PathBuf::from(format!("jobs/{name}.toml")), "script = \"x.rhai\"", &settings);
        let error = error.unwrap_err();
        let said = format!("`jobs/{name}.toml`: commands take a name that begins with `-` for an option");
        assert_eq!(error.to_string(), said);
        assert_eq!(error.next_step(), Some(format!("name the file jobs/{free}.toml").as_str()));
    }
}

#[test]
fn no_error_shows_the_address_of_a_service() {
    for text in [
        "[notify]\nslack = \"http://hooks.example.org/hush-hush\"",
        "[notify]\nslack = \"hush-hush\"",
        "[notify]\nslack = [\"hush-hush\"]",
        "[notify]\nslack = \"https://hooks.example.org/hush-hush#x\"",
        "[notify]\nslack = \"https://hooks.example.org/?hush-hush a\"",
        "[notify]\nping_url = \"hush-hush",
        "[notify]\nteams = \"env:X\"\nwebhook = \"https://hooks.example.org/hush-hush\"",
        "notify = { slack = \"https://hooks.example.org/hush-hush\", slak = 5 }",
    ] {
        let refused = refused(text);
        assert!(refused.contains("jobs/nightly.toml:") && !refused.contains("hush"), "{text}: {refused}");
    }
}

#[test]
fn the_address_of_a_service_is_read_when_it_is_used_and_checked_then() {
    let (_folder, settings) = project(&[]);
    let job = with("[notify]\nslack = \"env:HOOK\"");
    let (_, address) = job.notify.webhook.unwrap();
    let redactor = Redactor::default();
    let read = |value: &str| {
        let environment = Environment::from([("HOOK", value)]);
        address.read(&settings.project, &environment, &redactor).map(|secret| secret.expose().to_owned())
    };
    let url = "https://hooks.example.org/T0/B0/hush-hush?sig=1%2f";
    assert_eq!(read(url).unwrap(), url);
    assert!(!redactor.redact(&format!("posted to {url}")).contains("hush"), "it is known to the redactor");
    assert_eq!(
        read("").unwrap_err().to_string(),
        "`slack` of `[notify]` comes from the variable `HOOK`, which is not set"
    );
    let error = read("http://hooks.example.org/hush-hush").unwrap_err().to_string();
    assert!(
        error.starts_with("`slack` of `[notify]` comes from the variable `HOOK` and must begin with https://"),
        "{error}"
    );
    assert!(!error.contains("hush"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_or_no_text_is_said_and_not_waited_for() {
    let (folder, settings) = project(&[("jobs/a.toml", "script = \"a.rhai\"")]);
    let jobs = folder.path().join("jobs");
    let made = std::process::Command::new("mkfifo").arg(jobs.join("pipe.toml")).status().unwrap();
    assert!(made.success());
    std::fs::write(jobs.join("old.toml"), b"script = \"a.rhai\"\n# caf\xe9").unwrap();
    let broken: Vec<String> =
        Jobs::load(&settings).unwrap().broken.iter().map(|(_, error)| error.to_string()).collect();
    assert_eq!(
        broken,
        [
            "failed to read `jobs/old.toml`: line 2 is not UTF-8; save it as UTF-8",
            "failed to read `jobs/pipe.toml`: it is no file"
        ]
    );
}

#[test]
fn one_broken_file_hides_no_other() {
    let (folder, settings) = project(&[
        ("jobs/b.toml", "script = \"b.rhai\"\nneeds = \"broken\""),
        ("jobs/a.toml", "script = \"a.rhai\""),
        ("jobs/broken.toml", "script = "),
        ("jobs/Bad Name.toml", "script = \"c.rhai\""),
        ("jobs/lonely.toml", "script = \"d.rhai\"\nneeds = [\"a\", \"gone\", \"bb\"]"),
        ("jobs/.#a.toml", "what an editor leaves"),
        ("jobs/notes.txt", "no job"),
    ]);
    let jobs = Jobs::load(&settings).unwrap();
    assert_eq!(jobs.jobs.keys().collect::<Vec<_>>(), ["a", "b"], "a job that is there and broken can be needed");
    let broken: Vec<(String, String)> =
        jobs.broken.iter().map(|(file, error)| (file.display().to_string(), error.to_string())).collect();
    let files: Vec<&str> = broken.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, ["jobs/Bad Name.toml", "jobs/broken.toml", "jobs/lonely.toml"]);
    assert!(broken[1].1.starts_with("jobs/broken.toml:1:10: this is not TOML"), "{}", broken[1].1);
    assert_eq!(
        broken[2].1.lines().next().unwrap(),
        "jobs/lonely.toml:2:15: `needs` names no job: `gone`; there is `a`, `b`, `broken`"
    );
    assert_eq!(jobs.get("a").unwrap().script, Path::new("a.rhai"));
    assert_eq!(jobs.get("broken").unwrap_err().to_string(), broken[1].1);
    assert_eq!(jobs.get("weekly").unwrap_err().to_string(), "there is no job `weekly`; there is `a`, `b`");
    std::fs::remove_dir_all(folder.path().join("jobs")).unwrap();
    let none = Jobs::load(&settings).unwrap();
    assert!(none.jobs.is_empty() && none.broken.is_empty(), "a project without the folder has no jobs");
    assert_eq!(none.get("a").unwrap_err().next_step(), Some("write jobs/NAME.toml: docs/jobs.md"));
}

#[test]
fn jobs_that_wait_for_each_other_are_refused_with_the_way_round() {
    let (_folder, settings) = project(&[
        ("jobs/a.toml", "script = \"a.rhai\"\nneeds = [\"free\", \"b\"]"),
        ("jobs/b.toml", "script = \"b.rhai\"\nneeds = [\"c\"]"),
        ("jobs/c.toml", "script = \"c.rhai\"\nneeds = [\"a\"]"),
        ("jobs/free.toml", "script = \"d.rhai\""),
        ("jobs/after.toml", "script = \"e.rhai\"\nneeds = [\"a\", \"free\"]"),
    ]);
    let jobs = Jobs::load(&settings).unwrap();
    assert_eq!(jobs.jobs.keys().collect::<Vec<_>>(), ["after", "free"]);
    let said: Vec<String> = jobs.broken.iter().map(|(_, error)| error.to_string()).collect();
    assert_eq!(
        said[0],
        "jobs/a.toml:2:18: `needs` goes round in a circle: `a` needs `b` needs `c` needs `a`\n  \
         2 | needs = ******** \"b\"]\n    |                  ^^^"
    );
    assert!(said[1].starts_with("jobs/b.toml:2:10: `needs` goes round in a circle: `b` needs `c` needs `a` needs `b`"));
    assert_eq!(said.len(), 3);
}

#[test]
fn the_jobs_that_ship_are_right_and_paused_with_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    let start =
        Start { file: None, folder, mode: Mode::Sandbox, connection: None, environment: Environment::default() };
    let jobs = Jobs::load(&Settings::load(&start).unwrap()).unwrap();
    assert!(jobs.broken.is_empty() && jobs.warnings.is_empty(), "{jobs:?}");
    assert_eq!(jobs.jobs.keys().collect::<Vec<_>>(), ["nightly_export", "weekly_roster", "welcome_new_users"]);
    for job in jobs.jobs.values() {
        assert!(job.paused.as_ref().is_some_and(|reason| reason.contains("an example that ships")), "{}", job.name);
        assert!(job.description.is_some(), "{}", job.name);
    }
}

#[test]
fn a_very_long_line_is_shown_around_the_place_only() {
    let zeros = read(&"\0".repeat(1_000_000)).unwrap_err().to_string();
    assert!(zeros.len() < 1000 && zeros.starts_with("jobs/nightly.toml:1:"), "{} signs", zeros.len());
    assert!(zeros.contains("␀") && !zeros.contains('\0'), "{zeros}");
    let late = refused(&format!("description = \"{}\"; overlap = 1", "x".repeat(100_000)));
    assert!(late.len() < 1000 && late.lines().nth(1).is_some_and(|line| line.starts_with("  2 | … ")), "{late}");
    let word = refused(&format!("overlap = \"{}\"", "skip".repeat(100_000)));
    assert!(word.len() < 4000 && word.starts_with("jobs/nightly.toml:2:11: `overlap` must be"), "{word}");
    let key = refused(&format!("{} = 1", "k".repeat(100_000)));
    assert!(key.len() < 4000 && key.contains("kkk … "), "{key}");
}
