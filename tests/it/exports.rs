//! Exports night after night, against a server whose rows come late or stand in an order of its own: none is lost, none is
//! written twice, and few calls are made.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
#[cfg(unix)]
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::builder::{Ran, Test};

/// A row by its id and its day in November, at the head of the list first.
type Row = (u64, u32);

/// A server with one list.
struct Server {
    address: String,
    rows: Arc<Mutex<Vec<Row>>>,
    calls: Arc<Mutex<usize>>,
    /// So many calls are answered from now on; then it goes silent.
    left: Arc<Mutex<usize>>,
}

impl Server {
    fn start(rows: Vec<Row>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (rows, calls, left) =
            (Arc::new(Mutex::new(rows)), Arc::new(Mutex::new(0)), Arc::new(Mutex::new(usize::MAX)));
        let (shared, counted, answers) = (Arc::clone(&rows), Arc::clone(&calls), Arc::clone(&left));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (rows, calls, left) = (Arc::clone(&shared), Arc::clone(&counted), Arc::clone(&answers));
                std::thread::spawn(move || answer(stream.unwrap(), &rows, &calls, &left));
            }
        });
        Self { address, rows, calls, left }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Row>)) {
        change(&mut self.rows.lock().unwrap());
    }

    /// Goes silent after so many answers.
    fn answers(&self, count: usize) {
        *self.left.lock().unwrap() = count.saturating_add(1);
    }

    /// How many calls there were since this was last asked.
    fn calls(&self) -> usize {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

fn answer(stream: TcpStream, rows: &Mutex<Vec<Row>>, calls: &Mutex<usize>, left: &Mutex<usize>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut to = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        *calls.lock().unwrap() += 1;
        let is_silent = {
            let mut left = left.lock().unwrap();
            *left = left.saturating_sub(1);
            *left == 0
        };
        if is_silent {
            // Until the test ends: it never answers.
            loop {
                std::thread::park();
            }
        }
        let target = head.split(' ').nth(1).unwrap().to_owned();
        let wanted = |name: &str| {
            let (_, query) = target.split_once('?').unwrap_or_default();
            query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(|value| value.parse().unwrap())
        };
        let rows = rows.lock().unwrap();
        let after =
            wanted("last_activity_id").map_or(0, |id: u64| 1 + rows.iter().position(|row| row.0 == id).unwrap());
        let limit = usize::try_from(wanted("limit").unwrap_or(20)).unwrap();
        let page: Vec<String> = rows[after..].iter().take(limit).map(shown).collect();
        let body =
            format!(r#"{{"activites":[{}],"total_activities":{},"next_page":null}}"#, page.join(","), rows.len());
        drop(rows);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        to.write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
}

fn shown((id, day): &Row) -> String {
    format!(r#"{{"id":{id},"type":"view","created_at":"2026-11-{day:02}T12:00:00Z"}}"#)
}

/// Rows 1 to `count` in the document's order, so many a day, the last ones on the 18th.
fn by_time(count: u64, a_day: u64) -> Vec<Row> {
    (1..=count).rev().map(|id| (id, u32::try_from(18 - (count - id) / a_day).unwrap())).collect()
}

/// A project with this server, and how an export is asked for.
fn project(server: &Server) -> Test {
    let settings = format!(
        "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"http://{}\"\nkey = \"a-key-of-a-test-server\"\nsecret = \"a-secret-of-a-test-server\"\n",
        server.address
    );
    Test::project().file("beadle.toml", &settings)
}

const EXPORT: [&str; 8] = [
    "run",
    "scripts/export_activities.rhai",
    "--arg",
    "out=new.ndjson",
    "--arg",
    "format=ndjson",
    "--arg",
    "since=last",
];

/// The files of a project beside its scripts and its `.beadle`, with what stands in them.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// The ids in the file that an export has just written; none where it left it as it was.
fn brought(ran: &Ran) -> Vec<u64> {
    if ran.stdout.starts_with("0 activities") {
        return Vec::new();
    }
    let text = ran.read("new.ndjson");
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_u64().unwrap();
    text.lines().map(id).collect()
}

/// Puts this in the place of every mark in a store.
fn set_mark(store: &Path, mark: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnectOptions::new().filename(store).connect().await.unwrap();
        sqlx::query("UPDATE cursor SET value = $1").bind(mark).execute(&mut connection).await.unwrap();
    });
}

#[test]
fn three_rows_that_come_late_are_brought_by_the_next_export() {
    let server = Server::start(by_time(160, 10));
    let first = project(&server).args(EXPORT).success();
    assert_eq!(brought(&first).len(), 160);
    server.change(|rows| drop(rows.splice(10..10, [(161, 17), (162, 17), (163, 17)])));
    let late = first.then(EXPORT).success();
    assert_eq!(brought(&late), [161, 162, 163]);
    assert!(
        late.stdout.contains("\n  3 rows came late: they are older than the newest one of the last export\n"),
        "{}",
        late.stdout
    );
    server.change(|rows| rows.insert(0, (164, 19)));
    let next = late.then(EXPORT).success();
    assert_eq!(brought(&next), [164]);
    assert!(!next.stdout.contains("late"), "{}", next.stdout);
    let next = next.then(EXPORT).success();
    assert_eq!(brought(&next), [0; 0]);
}

#[test]
fn the_window_can_be_made_wider_and_narrower() {
    for (lag, all) in [("10d", true), ("1h", false)] {
        let mut rows = by_time(160, 10);
        let place = rows.iter().position(|row| row.1 == 13).unwrap();
        let held_back = rows.remove(place);
        let server = Server::start(rows);
        let lag = format!("lag={lag}");
        let first = project(&server).args(EXPORT).args(["--arg", &lag]).success();
        server.change(|rows| rows.insert(place, held_back));
        server.calls();
        let second = first.then(EXPORT).args(["--arg", &lag]).success();
        assert_eq!(brought(&second).len(), usize::from(all), "{lag}");
        assert!(server.calls() <= if all { 4 } else { 2 }, "{lag}");
    }
    let server = Server::start(by_time(3, 1));
    let ran = project(&server).args(EXPORT).args(["--arg", "lag=soon"]).code(1);
    assert!(
        ran.stderr.contains("`lag` of exports.write() is a length of time such as \"3d\", not \"soon\""),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_quiet_night_is_two_calls_and_a_common_one_hardly_more() {
    let server = Server::start(by_time(160, 10));
    let first = project(&server).args(EXPORT).success();
    server.calls();
    let quiet = first.then(EXPORT).success();
    assert_eq!((brought(&quiet).len(), server.calls()), (0, 2));
    server.change(|rows| drop(rows.splice(0..0, (161..=170).rev().map(|id| (id, 19)))));
    let common = quiet.then(EXPORT).success();
    assert_eq!((brought(&common).len(), server.calls()), (10, 2));
}

#[test]
fn a_server_that_goes_by_ids_loses_nothing_and_is_reported() {
    let server = Server::start(by_time(600, 40));
    let first = project(&server).args(EXPORT).success();
    // A pile of old rows is entered later: they stand at the head, before what the last export knows.
    server.change(|rows| drop(rows.splice(0..0, (601..=1_812).rev().map(|id| (id, 2)))));
    let second = first.then(EXPORT).success();
    assert_eq!(brought(&second).len(), 1_212);
    let line = "the list does not have the newest first: row 1213 is of 2026-11-18T12:00:00Z, the one before it of \
                2026-11-02T12:00:00Z; the highest ids come first, so it was read on until all of them were known\n";
    assert!(second.stdout.contains(&format!("\n  warning: {line}")), "{}", second.stdout);
    assert!(second.stderr.contains(line), "{}", second.stderr);
    let third = second.then(EXPORT).success();
    assert_eq!(brought(&third), [0; 0]);
}

#[test]
fn a_mark_from_before_there_was_a_window_is_gone_on_with() {
    let server = Server::start(by_time(160, 10));
    let first = project(&server).args(EXPORT).success();
    let path = first.folder.path().join(".beadle/beadle.db");
    let old = r#"{"at":"2026-11-18T12:00:00Z","ids":["151","152","153","154","155","156","157","158","159","160"]}"#;
    set_mark(&path, old);
    server.change(|rows| drop(rows.splice(0..0, [(162, 19), (161, 18)])));
    let second = first.then(EXPORT).success();
    assert_eq!(brought(&second), [162, 161]);
    let third = second.then(EXPORT).success();
    assert_eq!(brought(&third), [0; 0]);
}

#[test]
fn what_an_export_puts_aside_never_takes_the_place_of_what_was_put_aside_before() {
    let server = Server::start(by_time(3, 1));
    let script = "for type in [\"view\", \"post\"] {\n\
        exports.write(activities.list(#{ activity_type: type }), #{ file: \"x.csv\", since: \"last\" });\n}\n";
    let ran = project(&server).file("twice.rhai", script).file("x.csv", "old\n").args(["run", "twice.rhai"]).success();
    let before = format!("x.csv.before-{}", ran.run());
    assert_eq!(ran.read(&before), "old\n");
    assert_eq!(ran.read(&format!("{before}-2")), ran.read("x.csv"));
    let kept = |name: &str| format!("\n  the rows of earlier exports are kept in {name}\n");
    assert!(
        ran.stdout.contains(&kept(&before)) && ran.stdout.contains(&kept(&format!("{before}-2"))),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_sandbox_run_leaves_the_file_that_a_real_one_wrote_and_says_where_its_own_is() {
    const REAL: [&str; 4] = ["run", "scripts/export_activities.rhai", "--arg", "out=activities.csv"];
    const SANDBOX: [&str; 3] = ["run", "scripts/export_activities.rhai", "--sandbox"];
    let server = Server::start(by_time(500, 40));
    let real = project(&server).args(REAL).success();
    let before = files(real.folder.path());
    let ran = real.then(SANDBOX).success();
    assert!(ran.stdout.starts_with("600 activities written to activities.sandbox.csv\n"), "{}", ran.stdout);
    let warning = "\nwarning: `activities.csv` is no file of the sandbox and stays as it is; what this run writes goes to \
                   `activities.sandbox.csv`\n";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let mut after = before.clone();
    after.insert("activities.sandbox.csv".to_owned(), ran.read("activities.sandbox.csv"));
    assert_eq!(ran.read("activities.sandbox.csv").lines().count(), 601);
    assert_eq!(files(ran.folder.path()), after);
    // Its own it writes again.
    let again = ran.then(SANDBOX).success();
    assert_eq!(files(again.folder.path()), after);
    // With `since=last` neither is moved away.
    let last = again.then(SANDBOX).args(["--arg", "since=last"]).success();
    assert_eq!(files(last.folder.path()), after);
    // A real run takes its own, and what it takes is the sandbox's no longer.
    let real = last.then(REAL).success();
    assert_eq!(files(real.folder.path()), after);
}

#[test]
fn a_sandbox_run_reads_what_it_wrote_where_it_was_to_write_it() {
    let script = "exports.write(activities.list().take(7), #{ file: \"rows.csv\" });\n\
        print(csv.read(\"rows.csv\").len());\nprint(csv.read(\"other.csv\").len());\n";
    let ran = Test::new()
        .file("both.rhai", script)
        .file("rows.csv", "a\n1\n")
        .file("other.csv", "a\n1\n2\n")
        .args(["run", "both.rhai", "--sandbox"])
        .success();
    assert!(ran.stdout.starts_with("7\n2\n"), "{}", ran.stdout);
    assert_eq!(ran.read("rows.csv"), "a\n1\n");
}

#[test]
fn a_simulation_that_runs_scripts_touches_no_file_of_the_project() {
    let job = "script = \"scripts/export_activities.rhai\"\nschedule = \"0 2 * * *\"\n\
        [params]\nout = \"activities.csv\"\nsince = \"last\"\n";
    let simulate = ["jobs", "simulate", "nightly", "--days", "2", "--from", "2026-11-22", "--run", "--sandbox"];
    let test = Test::project().file("jobs/nightly.toml", job).file("activities.csv", "id\n1\n");
    let before = files(test.folder());
    let ran = test.args(simulate).success();
    assert_eq!(files(ran.folder.path()), before);
    // The second night finds what the first one has written.
    assert!(ran.stdout.contains("600 activities written to activities.csv\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n0 activities written to activities.csv\n"), "{}", ran.stdout);
    let line = ran.stdout.lines().find(|line| line.contains(" of the scripts in ")).unwrap();
    let folder = line.strip_prefix("1 file of the scripts in ").unwrap();
    assert_eq!(ran.read(&format!("{folder}/activities.csv")).lines().count(), 601);
    // Another simulation begins anew, and so does a run of the job afterwards.
    let again = ran.then(simulate).success();
    assert!(again.stdout.contains("600 activities written to activities.csv\n"), "{}", again.stdout);
    let run = again.then(["jobs", "run", "nightly", "--sandbox"]).success();
    assert!(run.stdout.starts_with("600 activities written to activities.sandbox.csv\n"), "{}", run.stdout);
}

/// The files in the making of a project.
#[cfg(unix)]
fn parts(folder: &Path) -> Vec<String> {
    files(folder).into_keys().filter(|name| name.ends_with(".part")).collect()
}

#[cfg(unix)]
#[test]
fn what_a_killed_export_left_goes_with_the_next_one_and_what_a_living_one_writes_stays() {
    let server = Server::start(by_time(500, 40));
    let test = project(&server).args(EXPORT);
    server.answers(3);
    let mut first = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while *server.left.lock().unwrap() > 0 {
        std::thread::yield_now();
    }
    server.answers(usize::MAX - 1);
    // While it is stuck, another one begins and comes to its end.
    let living = parts(test.folder());
    assert!(test.beside(&EXPORT).status.success());
    assert_eq!(parts(test.folder()), living);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(parts(test.folder()), living, "nobody is left to remove it");
    server.change(|rows| rows.insert(0, (501, 19)));
    let next = test.again(EXPORT).success();
    assert_eq!(parts(next.folder.path()), [""; 0]);
    assert_eq!(brought(&next), [501]);
}
