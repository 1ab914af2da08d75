//! Plans as people read them.

use std::time::Instant;

use serde_json::json;

use super::super::{Detail, Effort, LeftOut, Plan, Sign, Touch};
use super::{plan, step, touch};
use crate::effects::brakes::{Brake, Hold, Leave};

fn person(sign: Sign, name: &str, before: &str, after: &str) -> Touch {
    Touch {
        before: json!({ "id": "1", "fields": { "city": before } }),
        after: json!({ "id": "1", "fields": { "city": after } }),
        ..touch(sign, name, Some("4"))
    }
}

fn text(plan: &Plan, detail: &Detail) -> String {
    plan.text(detail).join("\n")
}

#[test]
fn a_plan_with_something_of_everything() {
    let mut mail = step("members.invite", vec![touch(Sign::Mail, "d@b.example", Some("4"))]);
    mail.campaign = Some("spring".into());
    let group = Touch { kind: "group".into(), mails: Some("unknown".into()), ..touch(Sign::Add, "Rome", Some("2")) };
    let mut plan = plan(vec![
        step("groups.create", vec![group]),
        step(
            "bulk.create_members",
            vec![
                person(Sign::Add, "a@b.example", "", "Rome"),
                person(Sign::Add, "old@b.example", "Pune", "Rome"),
                person(Sign::Change, "b@b.example", "Pune", "Rome"),
                person(Sign::Same, "same@b.example", "Rome", "Rome"),
            ],
        ),
        step("members.remove", vec![touch(Sign::Remove, "c@b.example", Some("⟦after apply: group rome⟧"))]),
        mail,
        step("users.delete", vec![touch(Sign::Remove, "e@b.example", None)]),
    ]);
    plan.left_out =
        vec![LeftOut { operation: "members.invite".into(), name: "f@b.example".into(), why: "invited".into() }];
    plan.notes = vec!["a note".into()];
    plan.holds = vec![Hold {
        what: Brake::Removals,
        number: 12,
        leave: Leave::Exactly,
        of: 20,
        sentence: "12 of 20 would go".into(),
        after: None,
    }];
    plan.effort = Effort { writes: 1, reads: 7, seconds: 130.0 };
    assert_eq!(
        text(&plan, &Detail::Samples),
        "\
groups
  +      1  made (the platform may mail them)
            Rome
group 4
  +      2  come in
            a@b.example
            old@b.example: city \"Pune\" -> \"Rome\"
  ~      1  changed
            b@b.example: city \"Pune\" -> \"Rome\"
  @      1  are written to, campaign `spring`
            d@b.example
  =      1  as wanted already: nothing is sent
the new group rome
  -      1  leave
            c@b.example
the community
  -      1  deleted
            e@b.example
also:
  a note
left out of members.invite: 1, invited
            f@b.example
held: 12 of 20 would go
it takes 1 call that changes something and at least 7 that only read; about 2 min"
    );
}

#[test]
fn nothing_is_said_in_a_sentence() {
    assert_eq!(text(&plan(Vec::new()), &Detail::All), "nothing would be changed");
}

#[test]
fn few_all_or_those_who_are_asked_for_are_shown() {
    let people = (0..5).map(|n| touch(Sign::Add, &format!("P{n}@b.example"), Some("4"))).collect();
    let plan = plan(vec![step("members.add", people)]);
    let names = |detail: &Detail| {
        let lines = plan.text(detail).into_iter().filter(|line| line.starts_with("            "));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&Detail::Samples), ["P0@b.example", "P1@b.example", "P2@b.example", "and 2 more"]);
    assert_eq!(names(&Detail::All).len(), 5);
    assert_eq!(names(&Detail::Of("p3@".into())), ["P3@b.example"]);
    assert!(names(&Detail::Of("nobody".into())).is_empty());
}

#[test]
fn ten_thousand_are_shown_in_order_and_at_once() {
    let people = (0..10_000).map(|n| person(Sign::Change, &format!("p{n:05}@b.example"), "Pune", "Rome")).collect();
    let plan = plan(vec![step("bulk.create_members", people)]);
    let begun = Instant::now();
    let lines = plan.text(&Detail::All);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    assert_eq!(lines.len(), 2 + 10_000 + 1);
    assert_eq!(lines[1], "  ~  10000  changed");
    assert!(lines[2].trim().starts_with("p00000@") && lines[10_001].trim().starts_with("p09999@"));
}
