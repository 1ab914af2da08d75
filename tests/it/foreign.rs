//! A server that was written from the documents alone and takes every liberty they leave: the four shipped scripts run
//! against it over HTTP, from a settings file.

mod community;
mod server;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use community::Empty;
use server::Foreign;

const KEY: &str = "key-of-ours";
const SECRET: &str = "secret:of=ours";

struct Project {
    folder: TempDir,
    server: Foreign,
}

impl Project {
    fn with(server: Foreign) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = format!(
            "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"{}\"\nkey = \"env:THE_KEY\"\nsecret = \"env:THE_SECRET\"\n",
            server.base_url()
        );
        std::fs::write(folder.path().join("beadle.toml"), settings).unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        std::fs::create_dir(folder.path().join("scripts")).unwrap();
        for entry in std::fs::read_dir(scripts).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), folder.path().join("scripts").join(entry.file_name())).unwrap();
            }
        }
        Self { folder, server }
    }

    fn run(&self, script: &str, args: &[&str]) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.current_dir(self.folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("THE_KEY", KEY).env("THE_SECRET", SECRET).args(["run", &format!("scripts/{script}.rhai")]);
        for arg in args {
            command.args(["--arg", arg]);
        }
        command.output().unwrap()
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Only what the documents allow went over the wire.
    fn check_requests(&self) {
        let asked = self.server.asked();
        assert!(!asked.is_empty());
        let signed = format!("Basic {}", base64(&format!("{KEY}:{SECRET}")));
        for request in &asked {
            assert_eq!(request.authorization.as_deref(), Some(signed.as_str()), "{request:?}");
            assert_eq!(request.host.as_deref(), Some(self.server.host().as_str()), "{request:?}");
            assert!(!request.target.contains('+'), "a plus would be a blank: {request:?}");
            match request.method.as_str() {
                "POST" | "PUT" => assert_eq!(request.content_type.as_deref(), Some("application/json"), "{request:?}"),
                _ => assert!(request.body.is_null(), "{request:?}"),
            }
            for id in ["sender_id", "group_id", "user_id"] {
                assert!(request.body.get(id).is_none_or(Value::is_number), "{request:?}");
            }
            for id in request.body["recipients_ids"].as_array().into_iter().flatten() {
                assert!(id.is_number(), "{request:?}");
            }
        }
        assert_eq!(self.server.strangers(), 0, "another host was asked");
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn said(output: &Output) -> String {
    crate::disturbed::said(output)
}

const ROSTER: &str = "email,first_name,city\n\
    P0@x.example,Person 0,Paris\np1@x.example,Changed,\np2@x.example,Person 2,\nnew+tag@x.example,New,Rome\n\
    other@x.example,Other,\nthird@x.example,Third,\nfourth@x.example,Fourth,\n";

fn roster() -> String {
    let rest: String = (4..24).map(|n| format!("p{n}@x.example,Person {n},\n")).collect();
    format!("{ROSTER}{rest}")
}

/// The main job, twice: the second time there is nothing left to do.
fn the_main_job(server: Foreign) {
    let project = Project::with(server);
    project.file("roster.csv", &roster());
    let args = ["roster=roster.csv", "group=12", "sender=100"];
    let first = project.run("sync_roster", &args);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let community = project.server.community();
    let addresses = community.members_of(12);
    assert!(addresses.contains("new+tag@x.example") && addresses.contains("fourth@x.example"), "{addresses:?}");
    assert!(!addresses.contains("p3@x.example") && addresses.contains("admin@x.example"), "{addresses:?}");
    assert_eq!(community.field("p1@x.example", "first_name"), "Changed");
    assert_eq!(community.field("p0@x.example", "city"), "Paris");
    assert!(
        community.mailed.values().all(|count| *count == 1) && community.mailed.len() >= 20,
        "{:?}",
        community.mailed
    );
    let writes = |server: &Foreign| server.asked().iter().filter(|request| request.method != "GET").count();
    let before = writes(&project.server);
    let second = project.run("sync_roster", &args);
    assert_eq!(second.status.code(), Some(0), "{}", said(&second));
    assert_eq!(writes(&project.server), before, "{}", said(&second));
    project.check_requests();
}

#[test]
fn the_main_job_runs_on_a_server_of_bare_lists_and_small_pages() {
    the_main_job(Foreign::start(Empty::Array, &[]));
}

#[test]
fn the_main_job_runs_on_a_server_that_packs_and_chunks_its_answers() {
    the_main_job(Foreign::start(Empty::Null, &["gzip", "chunked", "text-ids"]));
}

#[test]
fn the_main_job_runs_on_a_server_that_closes_every_connection() {
    the_main_job(Foreign::start(Empty::NotFound, &["close", "top-status"]));
}

#[test]
fn the_main_job_runs_on_an_old_server_that_knows_http_1_0_only() {
    the_main_job(Foreign::start(Empty::Failure, &["http10", "number-ids"]));
}

#[test]
fn the_main_job_runs_on_a_server_that_is_asked_too_often_and_says_when_in_a_date() {
    the_main_job(Foreign::start(Empty::Map, &["busy-date", "wrapped"]));
}

#[test]
fn the_other_scripts_run_on_a_foreign_server_too() {
    for (empty, ways) in [(Empty::Array, &["gzip"][..]), (Empty::Map, &["close", "text-ids", "spelled"][..])] {
        let project = Project::with(Foreign::start(empty, ways));
        let invited = project.run("invite_new_members", &["group=12", "sender=100"]);
        assert_eq!(invited.status.code(), Some(0), "{}", said(&invited));
        assert!(project.server.community().mailed.len() >= 20);
        let exported = project.run("export_activities", &["out=all.ndjson", "format=ndjson"]);
        assert_eq!(exported.status.code(), Some(0), "{}", said(&exported));
        let lines = std::fs::read_to_string(project.folder.path().join("all.ndjson")).unwrap();
        assert_eq!(lines.lines().count(), 130);
        project.file("groups.csv", "name,parent,privacy\nHamburg,Everybody,public\nEverybody,,\n");
        let made = project.run("bulk_create_groups", &["file=groups.csv"]);
        assert_eq!(made.status.code(), Some(0), "{}", said(&made));
        assert!(
            project.server.community().groups.iter().any(|(_, name, parent)| name == "Hamburg" && *parent == Some(1))
        );
        project.check_requests();
    }
}

#[test]
fn the_same_person_is_found_whatever_a_server_answers_for_nobody() {
    for empty in [Empty::Array, Empty::Null, Empty::Map, Empty::NotFound, Empty::Failure, Empty::Disguised] {
        let project = Project::with(Foreign::start(empty, &[]));
        let script = "let nobody = users.find_by_email(\"no+body@x.example\");\n\
            let somebody = users.find_by_email(\"P1@x.example\");\n\
            print(`${nobody == ()} ${somebody.id} ${somebody.email}`);\n";
        project.file("scripts/find.rhai", script);
        let output = project.run("find", &[]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.starts_with("true 201 p1@x.example\n"), "{empty:?}: {}", said(&output));
        assert!(project.server.asked().len() == 2, "nobody is not asked for twice: {empty:?}");
        project.check_requests();
    }
}
