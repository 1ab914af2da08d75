//! A large import of which answers are lost: in one run everybody is in the group as the roster says, and invited once.
//! `cargo bench -- lost` does the same with 10,000 people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};

use crate::disturbed::{Project, ended_with};

const SCRIPT: &str = include_str!("../../benches/beadle/new_group.rhai");
/// Three bulks of at most 1,000 and five calls of at most 500 invitations, and the group itself: nine writes.
const PEOPLE: usize = 2_100;
/// The first group that is made in the sandbox's community.
const MADE: u64 = 10;

#[test]
fn a_large_import_whose_answers_are_lost_invites_everybody_once_in_one_run() {
    let address = |person: usize| format!("person{person}@new.example.org");
    let wanted: BTreeMap<String, String> =
        (0..PEOPLE).map(|person| (address(person), format!("First{person} Last{person}"))).collect();
    let mut roster = String::from("email,first_name,last_name\n");
    for person in 0..PEOPLE {
        writeln!(roster, "{},First{person},Last{person}", address(person)).unwrap();
    }
    // One of the invitations; then the making of the group, a bulk, and three of the invitations.
    std::thread::scope(|scope| {
        for faults in ["504-after:every=7:writes", "504-after:every=2,after=0:writes;reset-after:times=1:writes"] {
            let (roster, wanted) = (&roster, &wanted);
            scope.spawn(move || {
                let project = Project::new();
                std::fs::write(project.path().join("people.csv"), roster).unwrap();
                std::fs::write(project.path().join("scripts/new_group.rhai"), SCRIPT).unwrap();
                let settings = format!("[limits.mail]\nunattended = {PEOPLE}\n");
                std::fs::write(project.path().join("beadle.toml"), settings).unwrap();
                let ran = project.run("scripts/new_group.rhai", &["--faults", faults]);
                ended_with(&ran, &[0], faults);
                let (members, mails) = project.look(|store| async move {
                    let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
                    sandbox.settle("mobilize").await;
                    let mut mails: BTreeMap<String, usize> = BTreeMap::new();
                    for mail in sandbox.outbox("mobilize").await {
                        *mails.entry(mail.to).or_default() += 1;
                    }
                    let members = sandbox.look("mobilize", |world| {
                        let members = world.members_from(MADE, 0);
                        let people = members.filter(|user| user.membership(MADE).is_some_and(|place| !place.admin));
                        people.map(|user| (user.email.clone(), user.name())).collect::<BTreeMap<_, _>>()
                    });
                    (members.await.unwrap(), mails)
                });
                assert!(&members == wanted, "{faults}: {} members", members.len());
                assert!(mails.values().all(|count| *count == 1), "{faults}: somebody was mailed twice");
                assert!(mails.keys().eq(wanted.keys()), "{faults}: {} people were mailed", mails.len());
            });
        }
    });
}
