//! Verbs, their arguments and answers, and lists.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;

use super::super::{Stop, Thrown};
use super::{Ended, Stage, output};

const PEOPLE: [&str; 3] = [r#"{"id":1,"email":"a@b.example"}"#, r#"{"id":2}"#, r#"{"id":3}"#];

fn people() -> Stage {
    pages("for m in members.list(9) { print(m.id); }", 3)
}

/// Each page holds the three people.
fn pages(script: &str, count: usize) -> Stage {
    Stage::new(script).door(|fake| fake.pages = vec![Ok(PEOPLE.to_vec()); count])
}

fn answering(script: &str, body: &'static str) -> Stage {
    Stage::new(script).door(|fake| {
        fake.answers = Box::new(move |_, _| std::future::ready(Ok(Bytes::from_static(body.as_bytes()))).boxed());
    })
}

#[test]
fn arguments_are_checked_and_ids_are_text() {
    let stage = Stage::new("users.get(12); members.update(3, \"4\", #{ first_name: \"Ada\" });");
    assert!(stage.output().is_empty());
    let asked = stage.asked();
    assert!(asked[0].starts_with(r#"users.get {"user_id":"12"} "#), "{asked:?}");
    assert!(
        asked[1].starts_with(r#"members.update {"group_id":"3","user_id":"4","fields":{"first_name":"Ada"}} "#),
        "{asked:?}"
    );
}

#[test]
fn a_wrong_argument_is_thrown_with_what_to_type() {
    let script = "try { members.invite(1, #{ sender: 2 }) } catch (e) { print(e.code); print(e.message); print(e.operation); print(e.status); }";
    assert_eq!(
        output(script),
        ["bad_argument", "there is no argument `sender`; did you mean `sender_id`?", "members.invite", ""]
    );
    assert_eq!(
        Stage::new("users.create(#{ email: \"a@b.example\", fields: #{ f: || 1 } });").error().message,
        "users.create on main: `fields.f`: a function cannot be sent; write its result (bad_argument)"
    );
}

#[test]
fn options_of_the_host_are_taken_out_of_the_last_map() {
    let stage = Stage::new(
        r#"members.invite(1, #{ sender_id: 2, recipients_ids: [3], again: "reminder" });
           users.create("a@b.example", #{ if_exists: "use" });
           bulk.create_members(1, #{ users: [#{ fields: #{ email: "a@b.example" } }], wait: false });"#,
    );
    assert!(stage.output().is_empty());
    let asked = stage.asked();
    assert!(asked[0].contains(r#""recipients_ids":["3"]} With { again: Some("reminder"), wait: true"#), "{asked:?}");
    assert!(asked[1].contains(r#"{"email":"a@b.example"} "#) && asked[1].contains("if_exists: Use"), "{asked:?}");
    assert!(asked[2].contains("wait: false"), "{asked:?}");
}

#[test]
fn options_where_they_mean_nothing_are_refused_and_a_communitys_field_is_none() {
    let message = |script: &str| Stage::new(script).error().message;
    assert_eq!(
        message("users.get(1, #{ again: \"x\" });"),
        "users.get on main: `again` is for operations that change something (bad_argument)"
    );
    assert!(message("users.delete(1, #{ wait: true });").contains("this one is done when it answers"));
    assert!(
        message("users.create(\"a@b.example\", #{ if_exists: \"skip\" });").contains("must be \"fail\" or \"use\"")
    );
    let stage = Stage::new("users.update(1, #{ wait: \"a week\", team: \"x\" });");
    assert!(stage.output().is_empty());
    assert!(stage.asked()[0].contains(r#""fields":{"team":"x","wait":"a week"}"#), "{:?}", stage.asked());
}

#[test]
fn an_answer_has_ids_as_text_and_comparing_them_with_numbers_throws() {
    let stage = answering("let u = users.get(1); print(type_of(u.id)); print(u.id == \"7\"); u.id == 7", r#"{"id":7}"#);
    let error = stage.error();
    assert_eq!(stage.heard(), ["string", "true"]);
    assert_eq!(
        error.message,
        "`==` between the number 7 and the text \"7\" never says what you mean; ids are text: write \"7\""
    );
    for compared in ["1 == \"1\"", "\"1\" != 1", "let x = 1; x < \"1\"", "[\"1\"].contains(1)", "1 in [\"1\"]"] {
        assert!(Stage::new(compared).error().message.contains("ids are text"), "{compared}");
    }
}

#[test]
fn a_record_that_may_be_missing_is_a_record_or_nothing() {
    let script = "let u = users.find_by_email(\"A@b.example\"); print(if u == () { \"nobody\" } else { u.id });";
    let cases = [
        (r#"{"id":1,"email":"a@b.example"}"#, "1"),
        (r#"[{"id":1,"email":"x@b.example"},{"id":2,"email":"a@B.example"}]"#, "2"),
        (r#"[{"id":1,"email":"x@b.example"}]"#, "nobody"),
        (r#"[{"id":3}]"#, "3"),
        ("[]", "nobody"),
        ("{}", "nobody"),
        ("null", "nobody"),
        ("", "nobody"),
    ];
    for (body, printed) in cases {
        assert_eq!(answering(script, body).output(), [printed], "{body}");
    }
}

#[test]
fn an_answer_that_is_no_json_is_thrown_as_unreadable() {
    assert_eq!(answering("users.get(1);", "<html>").error().code.as_deref(), Some("unreadable"));
}

#[test]
fn a_failure_is_a_map_that_says_all_of_it() {
    let script = "try { users.get(1) } catch (e) { print(to_json(e)); }";
    let stage = Stage::new(script).door(|fake| {
        fake.answers = Box::new(|call, _| {
            let thrown = Thrown::new("too_many_requests", "slow down").at(call.op.name(), "main");
            let thrown =
                Thrown { status: Some(429), retryable: true, retry_after: Some(Duration::from_millis(1500)), ..thrown };
            std::future::ready(Err(thrown)).boxed()
        });
    });
    assert_eq!(
        stage.output(),
        [
            r#"{"code":"too_many_requests","connection":"main","message":"slow down","operation":"users.get","retry_after":2,"retryable":true,"status":429}"#
        ]
    );
}

#[test]
fn a_fatal_failure_ends_the_run_whatever_the_script_catches() {
    for script in [
        "try { users.get(1) } catch { print(\"caught\") } print(\"on\");",
        "let a = [2, 1]; a.sort(|x, y| users.get(1).id); print(\"on\");",
        "let a = [1].filter(|x| users.get(1).ok); print(\"on\");",
    ] {
        let stage = Stage::new(script).door(|fake| {
            fake.answers = Box::new(|call, _| {
                let thrown = Thrown::new("held", "10 removals are too many").at(call.op.name(), "main");
                std::future::ready(Err(Thrown { fatal: true, ..thrown })).boxed()
            });
        });
        let Err(Ended::Fatal(thrown)) = stage.run() else { panic!("{script}") };
        assert_eq!(thrown.to_string(), "users.get on main: 10 removals are too many (held)");
        assert!(stage.heard().is_empty(), "{script}");
        assert_eq!(stage.cancel.reason(), Some(Stop::Fatal));
    }
}

#[test]
fn a_loop_over_a_list_fetches_pages_as_it_comes_to_them() {
    let stage = people();
    assert_eq!(stage.output(), ["1", "2", "3", "1", "2", "3", "1", "2", "3"]);
    assert_eq!(stage.fake.fetched.load(Ordering::SeqCst), 3);
    assert_eq!(stage.asked(), ["members.list on main: group_id 9"]);

    let broken = pages("for m in members.list(9) { print(m.id); if m.id == \"2\" { break; } }", 3);
    assert_eq!(broken.output(), ["1", "2"]);
    assert_eq!(broken.fake.fetched.load(Ordering::SeqCst), 1);

    let untouched = pages("let all = members.list(9); print(all);", 3);
    assert_eq!(untouched.output(), ["list of members.list on main: group_id 9"]);
    assert_eq!(untouched.fake.fetched.load(Ordering::SeqCst), 0);
    assert!(untouched.asked().is_empty());
}

#[test]
fn the_methods_of_a_list_fetch_no_more_than_they_need() {
    let cases = [
        ("print(members.list(9).first().id);", "1", 1),
        ("print(members.list(9).take(4).to_array().len());", "4", 2),
        ("print(members.list(9).take(0).first());", "", 0),
        ("print(members.list(9).take(5).take(2).count());", "2", 1),
        ("print(members.list(9).count());", "9", 3),
        ("print(members.list(9).filter(|m| m.id == \"2\").len());", "3", 3),
        ("print(members.list(9).map(|m| m.id).join(\"\"));", "123123123", 3),
        ("let n = 0; members.list(9).each(|m| n += 1); print(n);", "9", 3),
        ("let l = members.list(9).take(1); l.count(); print(l.first().id);", "1", 2),
    ];
    for (script, printed, fetched) in cases {
        let stage = pages(script, 3);
        assert_eq!(stage.output(), [printed], "{script}");
        assert_eq!(stage.fake.fetched.load(Ordering::SeqCst), fetched, "{script}");
    }
}

#[test]
fn a_closure_of_a_list_may_itself_call_platforms() {
    let stage = pages(
        "members.list(9).take(2).each(|m| { for n in members.list(m.id).take(1) { print(users.get(n.id).name); } });",
        1,
    );
    assert_eq!(stage.output(), ["users.get on main", "users.get on main"]);
}

#[test]
fn an_error_of_a_page_surfaces_at_the_loop_and_ends_the_list() {
    let script = "let n = 0; try { for m in members.list(9) { n += 1; } } catch (e) { print(n); print(e.code); }";
    let stage = Stage::new(script).door(|fake| {
        let thrown = Thrown::new("unavailable", "not now");
        fake.pages = vec![Ok(PEOPLE.to_vec()), Err(thrown), Ok(PEOPLE.to_vec())];
    });
    assert_eq!(stage.output(), ["3", "unavailable"]);
    assert_eq!(stage.fake.fetched.load(Ordering::SeqCst), 2);
}

#[test]
fn what_a_list_is_not_is_said() {
    let message = |script: &str| pages(script, 1).error().message;
    assert_eq!(
        message("members.list(9)[0];"),
        "a list is fetched page by page and has no places; write `.to_array()` before `[`"
    );
    assert_eq!(
        message("members.list(9).len();"),
        "`len` does not take (list); a list is fetched page by page: `count()` reads all of it"
    );
    assert_eq!(
        message("members.list(9).filter(|m| m.id);"),
        "filter() needs a closure that gives true or false, not a string"
    );
    assert_eq!(
        message("users.create(#{ email: members.list(9) });"),
        "users.create on main: `email`: a list is fetched page by page; write `.to_array()` behind it (bad_argument)"
    );
}

#[test]
fn a_named_connection_is_the_one_that_is_called() {
    assert_eq!(
        output("print(connect(\"other\").users.get(1).name); print(users.get(1).name);"),
        ["users.get on other", "users.get on main"]
    );
}
