//! One roster file and one invitation on every platform: whoever is new comes in, whoever is missing goes, a second run does
//! nothing; where the platform has no such notion, the call says what it has instead.

use std::collections::BTreeSet;

use beadle::catalog::{Invitation, Mails};
use beadle::model::{Change, Email, Person, Standing};
use beadle::sandbox::ROSTER_GROUP;
use beadle::world::User;

use super::each;
use super::faults::{each_named, ends};
use super::samples::Known;
use super::stage::Stage;

/// Of the members that the list shows first, these are missing in the roster: nobody of them administers anything.
const GONE: std::ops::Range<usize> = 60..63;

/// The group's members as a file: without some, and with one who is new.
fn roster(known: &Known, before: &BTreeSet<String>) -> (String, String) {
    let new = known.outsiders[40].clone();
    let gone: Vec<&String> = known.members[GONE].iter().map(|(_, address)| address).collect();
    let lines = before.iter().filter(|address| !gone.contains(address)).chain([&new]);
    let text = std::iter::once("email\n".to_owned()).chain(lines.map(|address| format!("{address}\n"))).collect();
    (text, new)
}

fn sync(known: &Known, options: &str) -> String {
    format!(
        "let done = roster.sync(\"{}\", roster.read(\"r.csv\"), #{{ {options} }}); print(done.to_json());",
        known.group
    )
}

/// Who is in the group by now.
fn addresses(stage: &Stage) -> BTreeSet<String> {
    let (world, _) = stage.world();
    let members = world.members_from(ROSTER_GROUP, 0);
    let is_in = |user: &&User| user.membership(ROSTER_GROUP).is_some_and(|it| it.standing == Standing::Accepted);
    members.filter(is_in).map(|user| user.email.to_lowercase()).collect()
}

#[test]
fn a_roster_adds_and_removes_whatever_answers_are_lost_and_a_second_run_does_nothing() {
    each(|platform| {
        let known = Known::of(platform);
        let shown = platform.adapter.members(platform.connection, &known.group);
        let whole = platform.ops.iter().find_map(|op| op.whole);
        let (Ok(_), None) = (shown, whole) else { return };
        for faults in ["", "504-after:every=2,times=2:writes;503:every=3,times=2:reads"] {
            let stage = Stage::prepared(&known);
            let before = addresses(&stage);
            let (text, new) = roster(&known, &before);
            stage.file("r.csv", &text);
            let more: &[&str] = if faults.is_empty() { &[] } else { &["--faults", faults] };
            let ran = stage.script("run", &sync(&known, "mode: \"mirror\""), more);
            let ran = stage.allowed(ran, "resume", &[]).ended(&[0], &format!("{} {faults}", platform.name));
            let after = addresses(&stage);
            let gone: BTreeSet<&String> = known.members[GONE].iter().map(|(_, address)| address).collect();
            let came: Vec<&String> = after.difference(&before).collect();
            let went: BTreeSet<&String> = before.difference(&after).collect();
            assert_eq!(came, [&new], "{} {faults}: {}", platform.name, ran.said());
            assert_eq!(went, gone, "{} {faults}: {}", platform.name, ran.said());
            let sent = stage.world().1.len();
            let again = stage.run(&sync(&known, "mode: \"mirror\"")).ended(&[0], platform.name);
            assert_eq!(stage.world().1.len(), sent, "{}: {}", platform.name, again.said());
        }
    });
}

#[test]
fn who_has_no_list_of_members_says_what_a_roster_can_be_there() {
    each(|platform| {
        let known = Known::of(platform);
        let Err(why) = platform.adapter.members(platform.connection, &known.group) else { return };
        assert!(why.0.contains('`'), "{}: {why} names nothing to type", platform.name);
        let stage = Stage::prepared(&known);
        match platform.ops.iter().find_map(|op| op.whole) {
            // A roster of addresses is not enough for it; what it wants is tested with it.
            Some(whole) => {
                stage.file("r.csv", "email\nada@staff.example\n");
                let ran = stage.run(&sync(&known, ""));
                assert_ne!(ran.code, Some(0), "{}", ran.said());
                assert!(ran.said().contains(whole.key), "{}", ran.said());
            }
            None => {
                stage.file("r.csv", "email\nada@staff.example\n");
                let call = sync(&known, "")
                    .trim_end_matches(';')
                    .replace("let done = ", "")
                    .replace("; print(done.to_json())", "");
                let ran = stage.run(&each_named([("roster.sync".to_owned(), call)].into_iter()));
                let (code, words) = &ends(&ran)["roster.sync"];
                assert_eq!((code.as_str(), words), ("unsupported", &why.0), "{}", ran.said());
            }
        }
        assert!(stage.world().1.is_empty());
        let change = Change::Add(Person { email: Email::parse("a@b.example").unwrap(), fields: Vec::new(), line: 0 });
        assert!(platform.adapter.calls("c", &known.group, &[change]).is_err());
    });
}

#[test]
fn members_are_invited_once_or_it_is_said_how_people_are_invited() {
    each(|platform| {
        let known = Known::of(platform);
        if platform.adapter.members(platform.connection, &known.group).is_err() {
            return;
        }
        let people = Invitation { members: known.strangers.iter().take(2).cloned().collect(), sender: None };
        let sender = format!("sender: \"{}\"", known.admin.0);
        let with = Invitation { sender: Some(known.admin.0.clone()), ..people.clone() };
        let asked = platform.adapter.invite(platform.connection, &known.group, &people);
        let called = platform.adapter.invite(platform.connection, &known.group, &with);
        let stage = Stage::prepared(&known);
        stage.file("r.csv", &format!("email\n{}\n", known.outsiders[40]));
        let ask = |options: &str| stage.run(&sync(&known, &format!("mode: \"add_only\", invite: true, {options}")));
        match called {
            Ok(calls) => {
                assert!(calls.iter().all(|call| call.op.write(&call.args).is_some_and(|it| it.mails == Mails::Yes)));
                if let Err(why) = asked {
                    let ran = ask("");
                    assert!(ran.said().contains(&why.0), "{}: {}", platform.name, ran.said());
                    assert!(stage.world().1.is_empty(), "it is said before anybody is added: {}", ran.said());
                }
                // Whoever signed in already is not written to.
                let stranger = "brand.new@arrivals.example";
                stage.file("r.csv", &format!("email\n{stranger}\n"));
                for _ in 0..2 {
                    let ran = ask(&sender);
                    assert_eq!(ran.code, Some(0), "{}: {}", platform.name, ran.said());
                }
                let (world, _) = stage.world();
                let mailed: Vec<&str> = world.outbox().iter().map(|mail| mail.to.as_str()).collect();
                assert_eq!(mailed, [stranger], "{}", platform.name);
            }
            Err(why) => {
                assert!(why.0.contains(' ') && why.0.len() > 30, "{}: {why}", platform.name);
                let ran = ask("");
                assert!(ran.said().contains(&why.0), "{}: {why}: {}", platform.name, ran.said());
                let (world, reached) = stage.world();
                assert!(world.outbox().is_empty() && reached.is_empty(), "{}: {}", platform.name, ran.said());
            }
        }
    });
}
