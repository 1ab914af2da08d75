//! Every rule of every brake at its edges.

use jiff::civil::time;
use serde_json::json;

use super::*;
use crate::settings::{Limits, Quiet};
use crate::store::Approval;

fn from(members: u64, leaving: u64, lately: u64) -> Leaving {
    Leaving { group: "12".into(), members, leaving, lately, ..Leaving::default() }
}

fn removals(from: Leaving) -> Figures {
    Figures { removals: vec![Removals { from, ..Removals::default() }], ..Figures::default() }
}

/// The only hold of these figures; `None` when nothing holds.
fn hold(figures: &Figures) -> Option<Hold> {
    hold_at(figures, &Limits::default())
}

fn hold_at(figures: &Figures, limits: &Limits) -> Option<Hold> {
    let mut holds = judge(figures, limits);
    assert!(holds.len() <= 1, "{holds:?}");
    holds.pop()
}

fn sentence(figures: &Figures) -> String {
    hold(figures).map_or_else(|| "nothing".into(), |hold| hold.sentence)
}

#[test]
fn removals_at_their_edges() {
    for (members, leaving, lately, held, why) in [
        (10_000, 10, 0, false, "ten are few"),
        (110, 11, 0, false, "exactly a tenth"),
        (109, 11, 0, true, "just above a tenth"),
        (99, 10, 0, false, "above a tenth, but only ten"),
        (100_000, 250, 0, false, "exactly the most"),
        (100_000, 251, 0, true, "more than the most in any group"),
        (4, 2, 0, false, "half, but only two"),
        (6, 3, 0, true, "exactly half"),
        (7, 3, 0, false, "just below half"),
        (0, 0, 0, false, "the first sync of an empty group"),
        (200, 10, 0, false, "five in a hundred"),
        (200, 10, 15, true, "25 of what was 215"),
        (200, 0, 150, false, "nothing is removed now"),
    ] {
        assert_eq!(hold(&removals(from(members, leaving, lately))).is_some(), held, "{why}");
    }
}

#[test]
fn every_limit_of_removals_is_the_settings() {
    let mut limits = Limits::default();
    limits.removals.people = 1;
    limits.removals.percent = 1;
    assert!(hold_at(&removals(from(150, 2, 0)), &limits).is_some());
    assert!(hold_at(&removals(from(200, 2, 0)), &limits).is_none(), "exactly one in a hundred");
    limits.removals.most = 1;
    assert!(hold_at(&removals(from(200, 2, 0)), &limits).is_some());
    let mut limits = Limits::default();
    limits.removals.few = 2;
    limits.removals.few_percent = 20;
    assert!(hold_at(&removals(from(10, 2, 0)), &limits).is_some());
    assert!(hold_at(&removals(from(11, 2, 0)), &limits).is_none());
}

#[test]
fn removals_of_the_last_week_are_said_and_the_number_is_what_would_be_done_now() {
    let hold = hold(&removals(from(200, 10, 15))).unwrap();
    assert_eq!((hold.what, hold.number, hold.of), (Brake::Removals, 10, 200));
    assert_eq!(hold.sentence, "10 of 200 would be removed from group 12 after 15 in the last 7 days");
}

#[test]
fn an_approval_holds_for_the_rest_when_the_run_is_resumed() {
    let whole = hold(&removals(from(20, 12, 3))).unwrap();
    let rest = hold(&removals(Leaving { of_this_run: 5, ..from(15, 7, 8) })).unwrap();
    assert_eq!((whole.number, whole.of), (rest.number, rest.of));
    assert_eq!(whole.sentence, "12 of 20 would be removed from group 12 after 3 in the last 7 days");
    assert_eq!(rest.sentence, "12 of 20 would be removed from group 12 by this run after 3 in the last 7 days");
}

#[test]
fn a_group_is_not_left_empty_unless_others_arrive() {
    assert_eq!(sentence(&removals(from(1, 1, 0))), "group 12 would be left empty: 1 of 1 would be removed");
    assert_eq!(hold(&removals(Leaving { arriving: 1, ..from(1, 1, 0) })), None);
}

#[test]
fn a_group_keeps_an_administrator() {
    let of = |admins, admins_leaving| sentence(&removals(Leaving { admins, admins_leaving, ..from(50, 2, 0) }));
    assert_eq!(of(2, 2), "group 12 would be left without an administrator: 2 of 50 would be removed");
    assert_eq!(of(2, 1), "nothing");
    assert_eq!(of(0, 0), "nothing", "a group that never had one is not held for it");
}

#[test]
fn what_follows_below_is_held_by_the_same_rules_and_approved_with_the_number_above() {
    let of = |below: Leaving| Figures {
        removals: vec![Removals { from: from(200, 9, 0), below: vec![below] }],
        ..Figures::default()
    };
    let below = |members, leaving| Leaving { group: "7 (Mentors)".into(), members, leaving, ..Leaving::default() };
    assert_eq!(hold(&of(below(30, 5))), None);
    let half = hold(&of(below(9, 5))).unwrap();
    assert_eq!((half.number, half.of), (9, 200), "whoever approves it approves that nine leave group 12");
    assert_eq!(half.sentence, "9 of 200 would be removed from group 12, and so, below it, 5 of 9 from 7 (Mentors)");
    assert!(sentence(&of(below(2, 2))).ends_with("below it, 2 of 2 from 7 (Mentors), which leaves it empty"));
    let leaderless = Leaving { admins: 1, admins_leaving: 1, ..below(30, 1) };
    assert!(sentence(&of(leaderless)).ends_with("1 of 30 from 7 (Mentors), which leaves it without an administrator"));
    let tired = Leaving { lately: 10, ..below(90, 1) };
    assert!(sentence(&of(tired)).ends_with("1 of 90 from 7 (Mentors) after 10 in the last 7 days"));
    let both =
        Figures { removals: vec![Removals { from: from(20, 12, 0), below: vec![below(2, 2)] }], ..Figures::default() };
    assert_eq!(
        sentence(&both),
        "12 of 20 would be removed from group 12, and so, below it, 2 of 2 from 7 (Mentors), which leaves it empty"
    );
    let many = Removals { from: from(200, 9, 0), below: vec![below(9, 5); 7] };
    let many = sentence(&Figures { removals: vec![many], ..Figures::default() });
    assert!(many.ends_with("5 of 9 from 7 (Mentors), and so on in 2 more"), "{many}");
    assert_eq!(many.matches("Mentors").count(), 5);
}

fn roster(people: u64, members: u64, common: u64) -> Roster {
    Roster { group: "12".into(), people, members, common, missing: Vec::new() }
}

#[test]
fn a_roster_that_names_nobody_is_held_however_few_would_go() {
    let one = Figures { roster: Some(roster(0, 2, 0)), ..removals(Leaving { admins: 1, ..from(2, 1, 0) }) };
    let held = hold(&one).unwrap();
    assert_eq!((held.what, held.number), (Brake::Removals, 1));
    assert_eq!(held.sentence, "the roster names nobody: 1 of 2 would be removed from group 12");
    assert_eq!(hold(&Figures { removals: Vec::new(), ..one.clone() }), None, "nobody would be removed");
    assert_eq!(hold(&Figures { roster: Some(roster(1, 2, 1)), ..one }), None);
}

#[test]
fn a_replaced_key_column_is_held_when_both_sides_are_ten_or_more() {
    for (people, members, common, held, why) in [
        (10, 10, 4, true, "four of ten"),
        (10, 10, 5, false, "exactly half"),
        (9, 10, 0, false, "a small roster"),
        (10, 9, 0, false, "a small group"),
        (1_000, 20, 20, false, "a group that grows"),
        (20, 1_000, 20, false, "a group that shrinks is the removal brake's"),
        (0, 1_000, 0, false, "a roster of nobody is the removal brake's"),
    ] {
        let figures = Figures { roster: Some(roster(people, members, common)), ..Figures::default() };
        assert_eq!(hold(&figures).is_some(), held, "{why}");
    }
    let mut limits = Limits::default();
    (limits.overlap.people, limits.overlap.percent) = (2, 100);
    let figures = Figures { roster: Some(roster(2, 2, 1)), ..Figures::default() };
    assert_eq!(hold_at(&figures, &limits).map(|hold| (hold.what, hold.number)), Some((Brake::Overlap, 1)));
}

#[test]
fn a_sentinel_person_who_is_missing_holds_and_all_are_named() {
    let of = |missing: &[&str]| {
        let missing = missing.iter().map(|who| (*who).to_owned()).collect();
        hold(&Figures { roster: Some(Roster { missing, ..roster(50, 50, 50) }), ..Figures::default() })
    };
    assert_eq!(of(&[]), None);
    let one = of(&["canary@example.org"]).unwrap();
    assert_eq!((one.what, one.number), (Brake::Sentinel, 1));
    assert_eq!(
        one.sentence,
        "canary@example.org stands in every roster and not in this one of group 12: is its source whole?"
    );
    let two = of(&["a@example.org", "b@example.org"]).unwrap();
    assert_eq!(two.number, 2);
    assert!(two.sentence.starts_with("a@example.org, b@example.org stand in"), "{}", two.sentence);
}

fn changes(people: u64, of: Option<u64>) -> Figures {
    Figures { changes: vec![Changes { place: "in group 12".into(), people, of }], ..Figures::default() }
}

#[test]
fn overwritten_values_hold_above_a_quarter_and_twenty_five() {
    for (people, of, held, why) in [
        (25, Some(30), false, "twenty-five are few"),
        (26, Some(30), true, "more than a few and most of them"),
        (26, Some(104), false, "exactly a quarter"),
        (26, Some(103), true, "just above a quarter"),
        (26, None, true, "of how many nobody knows"),
        (25, None, false, "few of whatever"),
        (0, Some(0), false, "nobody of nobody"),
    ] {
        assert_eq!(hold(&changes(people, of)).is_some(), held, "{why}");
    }
    let held = hold(&changes(30, Some(40))).unwrap();
    assert_eq!((held.what, held.number, held.of), (Brake::Changes, 30, 40));
    assert_eq!(held.sentence, "existing values of 30 of 40 people in group 12 would be overwritten");
    assert_eq!(sentence(&changes(30, None)), "existing values of 30 people in group 12 would be overwritten");
}

#[test]
fn deletions_and_grants_of_power_hold_above_their_number() {
    let deletes = |deletes| hold(&Figures { deletes, ..Figures::default() });
    assert_eq!(deletes(10), None);
    let eleven = deletes(11).unwrap();
    assert_eq!((eleven.what, eleven.number, eleven.of), (Brake::Deletes, 11, 10));
    assert_eq!(eleven.sentence, "11 would be deleted for good in this run; 10 may be");
    let named = |count: usize| (1..=count).map(|n| format!("p{n}")).collect::<Vec<String>>();
    let roles = |count| hold(&Figures { roles: named(count), ..Figures::default() });
    assert_eq!(roles(0), None);
    assert_eq!(roles(1).unwrap().sentence, "p1 would get an administrator's power");
    assert_eq!(roles(7).unwrap().sentence, "p1, p2, p3, p4, p5 and 2 more would get an administrator's power");
    assert_eq!(roles(7).unwrap().number, 7);
    let mut limits = Limits::default();
    limits.roles.people = 2;
    assert_eq!(hold_at(&Figures { roles: named(2), ..Figures::default() }, &limits), None);
    assert!(hold_at(&Figures { roles: named(3), ..Figures::default() }, &limits).is_some());
}

fn mails(people: u64, attendance: Attendance) -> Mails {
    Mails { people, now: people, attendance, at: WallClock { time: time(12, 0, 0, 0), zone: "UTC".into() } }
}

#[test]
fn an_unattended_run_writes_to_five_hundred_and_a_watched_one_to_more() {
    use Attendance::{Attended, Unattended};
    for (people, attendance, held) in [
        (500, Unattended, false),
        (501, Unattended, true),
        (501, Attended, false),
        (10_000, Attended, false),
        (10_001, Attended, true),
    ] {
        let figures = Figures { mails: Some(mails(people, attendance)), ..Figures::default() };
        assert_eq!(hold(&figures).is_some(), held, "{people} {attendance:?}");
    }
    let figures = Figures { mails: Some(mails(501, Unattended)), ..Figures::default() };
    assert_eq!(sentence(&figures), "up to 501 people would be written to; an unattended run may write to 500");
    let nobody_now = Mails { now: 0, ..mails(501, Unattended) };
    assert_eq!(hold(&Figures { mails: Some(nobody_now), ..Figures::default() }), None, "all were written to before");
    let mut limits = Limits::default();
    limits.mail.per_run = 100;
    let held = hold_at(&figures, &limits).unwrap();
    assert_eq!(held.sentence, "up to 501 people would be written to; a run may write to 100", "the stricter one");
}

#[test]
fn nobody_is_written_to_in_quiet_hours() {
    let mut limits = Limits::default();
    let night = |people| {
        let at = WallClock { time: time(22, 14, 0, 0), zone: "Europe/Berlin".into() };
        Figures { mails: Some(Mails { at, ..mails(people, Attendance::Attended) }), ..Figures::default() }
    };
    assert_eq!(hold_at(&night(1), &limits), None, "none are set");
    limits.mail.quiet = Quiet::parse("20:00-08:00").unwrap();
    assert_eq!(hold_at(&night(0), &limits), None);
    let held = hold_at(&night(78), &limits).unwrap();
    assert_eq!((held.what, held.number), (Brake::Quiet, 78));
    assert_eq!(
        held.sentence,
        "up to 78 people would be written to at 22:14, in the quiet hours 20:00-08:00 (Europe/Berlin)"
    );
    assert_eq!(held.after.as_deref(), Some("08:00 (Europe/Berlin)"));
    let day = Figures { mails: Some(mails(78, Attendance::Unattended)), ..Figures::default() };
    assert_eq!(hold_at(&day, &limits), None);
}

#[test]
fn everything_that_holds_is_said_at_once_in_the_order_of_the_brakes() {
    let mut limits = Limits::default();
    limits.mail.quiet = Quiet::parse("11:00-13:00").unwrap();
    let all = Figures {
        roster: Some(Roster { missing: vec!["c@example.org".into()], ..roster(20, 40, 3) }),
        whole: Some(WholeRoster { people: 20, ..WholeRoster::default() }),
        removals: removals(from(40, 37, 0)).removals,
        changes: changes(30, Some(40)).changes,
        deletes: 11,
        roles: vec!["ada@example.org".into()],
        mails: Some(mails(501, Attendance::Unattended)),
    };
    let told: Vec<Brake> = judge(&all, &limits).iter().map(|hold| hold.what).collect();
    assert_eq!(told, Brake::ALL);
}

fn commands() -> Commands {
    Commands { approve: "beadle approve r1 --sandbox".into(), resume: "beadle resume r1 --sandbox".into() }
}

#[test]
fn a_flow_names_its_numbers_and_a_script_the_most_it_may_do() {
    let figures = Figures { changes: changes(30, None).changes, ..removals(from(20, 12, 0)) };
    let holds = judge(&figures, &Limits::default());
    assert_eq!(
        text(&holds, Moment::BeforeChange, &commands()),
        "held before the first change: 12 of 20 would be removed from group 12; existing values of 30 people in group 12 \
         would be overwritten\n\
         if it is meant, type: beadle approve r1 --sandbox --removals 12 --changes 30 --reason \"…\""
    );
    assert_eq!(
        text(&holds[..1], Moment::BeforeSending, &commands()),
        "held before it was sent: 12 of 20 would be removed from group 12\n\
         if it is meant, type: beadle approve r1 --sandbox --removals 12 --reason \"…\"",
        "a whole roster says its own number"
    );
    let holds: Vec<Hold> = holds.into_iter().map(Hold::up_to).collect();
    assert_eq!(
        text(&holds[..1], Moment::BeforeSending, &commands()),
        "held before it was sent: 12 of 20 would be removed from group 12\n\
         if it is meant, type the most that this run may do in place of N: beadle approve r1 --sandbox --removals N --reason \"…\""
    );
}

#[test]
fn a_run_that_only_quiet_hours_hold_is_told_when_it_may_go_on() {
    let mut limits = Limits::default();
    limits.mail.quiet = Quiet::parse("11:00-13:00").unwrap();
    let holds = judge(&Figures { mails: Some(mails(3, Attendance::Attended)), ..Figures::default() }, &limits);
    assert_eq!(
        text(&holds, Moment::BeforeChange, &commands()),
        "held before the first change: up to 3 people would be written to at 12:00, in the quiet hours 11:00-13:00 (UTC)\n\
         from 13:00 (UTC) on no leave is needed; type then: beadle resume r1 --sandbox\n\
         if it is meant, type: beadle approve r1 --sandbox --quiet 3 --reason \"…\""
    );
}

#[test]
fn only_the_right_number_of_the_right_brake_lets_a_run_go_on() {
    let hold = hold(&removals(from(20, 12, 0))).unwrap();
    let approval = |what: &str, number| {
        let (run, reason, who) = ("r".into(), "moved".into(), "ada".into());
        [Approval { run, what: what.into(), number, reason, who, at: 0, digest: None }]
    };
    assert!(hold.is_approved(&approval("removals", 12)));
    assert!(!hold.is_approved(&approval("removals", 13)) && !hold.is_approved(&approval("removals", 11)));
    assert!(!hold.is_approved(&approval("mails", 12)) && !hold.is_approved(&[]));
    let most = hold.up_to();
    assert!(most.is_approved(&approval("removals", 12)) && most.is_approved(&approval("removals", 40)));
    assert!(!most.is_approved(&approval("removals", 11)) && !most.is_approved(&approval("removals", -12)));
}

#[test]
fn a_hold_is_read_back_as_it_was_kept() {
    let mut limits = Limits::default();
    limits.mail.quiet = Quiet::parse("11:00-13:00").unwrap();
    let figures = Figures { mails: Some(mails(501, Attendance::Unattended)), ..removals(from(20, 12, 0)) };
    let holds = judge(&figures, &limits);
    assert_eq!(holds.len(), 3);
    for hold in &holds {
        assert_eq!(Hold::of_json(&hold.json()).as_ref(), Some(hold));
    }
    assert_eq!(Hold::of_json(&json!({ "brake": "doors", "number": 1 })), None);
    for brake in Brake::ALL {
        assert_eq!(Brake::parse(brake.as_str()), Some(brake));
    }
}

#[test]
fn people_and_roles_are_protected_by_id_and_by_address() {
    let named = |protected: &[&str]| Rules {
        protected: protected.iter().map(|who| (*who).to_owned()).collect(),
        ..Rules::default()
    };
    let ada = crate::model::Email::parse("Ada@Example.org").unwrap();
    assert!(named(&[" ada@example.ORG "]).protect("7", Some(&ada)));
    assert!(named(&["7"]).protect("7", None));
    assert!(!named(&["7", "grace@example.org"]).protect("8", Some(&ada)));
    assert!(named(&["Administrators"]).protect_administrators() && !named(&["7"]).protect_administrators());
}

#[test]
fn a_job_has_the_powers_that_its_file_names_and_a_person_all() {
    let file = "jobs/tidy.toml".into();
    let powers = Powers::Named(Named { names: vec!["users.delete".into()], file });
    assert!(powers.have("users.delete") && !powers.have("hard_delete"));
    assert!(Powers::All.have("hard_delete"));
    let needed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(Powers::All.refusal(&needed(&["hard_delete"]), "beadle resume r1"), None);
    assert_eq!(powers.refusal(&needed(&["users.delete"]), "beadle resume r1"), None);
    assert_eq!(
        powers.refusal(&needed(&["users.delete", "hard_delete"]), "beadle resume r1").as_deref(),
        Some(
            "held before it was sent: `hard_delete` is not named in jobs/tidy.toml, and a job that nobody watches deletes \
             for good only what its file names\nif it is meant, write at the top of jobs/tidy.toml: allow = \
             [\"users.delete\", \"hard_delete\"]\nthen go on with: beadle resume r1"
        )
    );
}
