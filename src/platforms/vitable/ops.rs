//! Vitable's six operations in the order of its document, the list of plans beside them, and the records that its answers
//! consist of.

use super::member;
use crate::catalog::{
    Answer, Consequence, Field, FieldTy, Follow, Mails, Op, Page, Param, Record, Repeat, SubjectAt, SubjectKind, Ty,
    Wire,
};

const ID: Ty = Ty::Id(Wire::Text);
const GROUP_ID: Param = Param::path("group_id", ID).doc("the group");
const NAME: Param = Param::body("name", Ty::Text(255)).doc("its name for people");
const REFERENCE: Param =
    Param::body("external_reference_id", Ty::Text(255)).doc("its id in your own system; no other group has it");
const LIMIT: Param = Param::query("limit", Ty::Int(1, 100)).doc("rows asked for in one page");
const PAGE: Param = Param::query("page", Ty::Int(1, i64::MAX)).doc("which page, from 1");
const PAGES: Page = Page::Numbered { page: "page", limit: "limit", size: 100, documented: 20 };

const ADDRESS: &[Param] = &[
    Param::body("address_line_1", Ty::Text(0)).required().doc("street and number"),
    Param::body("address_line_2", Ty::Text(0)).doc("what else stands in the address"),
    Param::body("city", Ty::Text(0)).required().doc("the city"),
    Param::body("state", Ty::Text(0)).required().doc("the state in its two letters: `PA`"),
    Param::body("zipcode", Ty::Text(0)).required().doc("five digits, or nine with a dash: `15222-1234`"),
];
const MEMBER: &[Param] = &[
    Param::body("reference_id", Ty::Text(255)).required().doc("their id in your own system; each once"),
    Param::body("first_name", Ty::Text(0)).required().doc("first name"),
    Param::body("last_name", Ty::Text(0)).required().doc("last name"),
    Param::body("date_of_birth", Ty::Text(0)).required().doc("year, month and day: `1990-05-15`"),
    Param::body("plan_id", Ty::Text(0)).required().doc("the plan; `plans.list()` names them"),
    Param::body("phone", Ty::Text(0)).doc("ten digits, or `+` and the country's number; give it wherever it is known"),
    Param::body("email", Ty::Email).doc("the address for mails"),
    Param::body("address", Ty::Map(ADDRESS)).required().doc("where they live"),
];

/// A sync is asked after under its group until a time of its end stands there: no word says how far it is.
const SYNCING: Follow = Follow {
    job: "request_id",
    status: ("members", "sync_status"),
    state: &[],
    done: &[],
    failed: &[],
    ends: Some("/completed_at"),
    merged: "/results/added_group_member_ids",
};

const fn group(key: &'static [&'static str], group: Option<&'static str>) -> SubjectAt {
    SubjectAt { kind: SubjectKind::Group, key, group }
}

/// All operations.
pub const OPS: &[Op] = &[
    Op::get("groups", "list", "/v1/groups")
        .doc("All groups of the organisation.")
        .params(&[LIMIT, PAGE])
        .answers(Answer::Many(&GROUP, &["data"]))
        .pages(PAGES),
    Op::post("groups", "create", "/v1/groups")
        .doc("Makes a group without anybody in it.")
        .params(&[NAME.required(), REFERENCE.required()])
        .answers(Answer::One(&GROUP))
        .inside("data")
        .writes(Repeat::CheckFirst, Consequence::Creates, Mails::No, group(&["/external_reference_id"], None)),
    Op::get("groups", "get", "/v1/groups/{group_id}")
        .doc("One group.")
        .params(&[GROUP_ID])
        .answers(Answer::One(&GROUP))
        .inside("data"),
    Op::patch("groups", "update", "/v1/groups/{group_id}")
        .doc("Changes what is given of a group, and nothing else.")
        .params(&[GROUP_ID, NAME.nullable(), REFERENCE.nullable()])
        .answers(Answer::One(&GROUP))
        .inside("data")
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, group(&["/group_id"], None)),
    Op::post("members", "sync", "/v1/groups/{group_id}/members/sync")
        .doc("Hands over everybody of a group: who is new gets a plan, who is missing loses theirs. Held against the last roster that this store knows. `roster.sync(group, roster.read(file))` does it from a file.")
        .params(&[GROUP_ID, Param::body("members", Ty::Rows(MEMBER)).required().doc("everybody")])
        .answers(Answer::One(&SYNC))
        .inside("data")
        .follows(SYNCING)
        .replaces(&member::WHOLE)
        .also(|args| member::WHOLE.check(args))
        .writes(Repeat::Converges, Consequence::Changes, Mails::Unknown, group(&["/group_id"], Some("group_id"))),
    Op::get("members", "sync_status", "/v1/groups/{group_id}/members/sync/{request_id}")
        .doc("How far a sync is; `results` and `completed_at` are () until its end.")
        .params(&[GROUP_ID, Param::path("request_id", ID).doc("what `members.sync` answered")])
        .answers(Answer::One(&SYNC))
        .inside("data"),
    Op::get("plans", "list", "/v1/plans")
        .doc("The plans that a member can have.")
        .params(&[LIMIT, PAGE])
        .answers(Answer::Many(&PLAN, &["data"]))
        .pages(PAGES)
        .beyond(),
];

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}
/// A group.
pub const GROUP: Record = Record {
    name: "Group",
    fields: &[
        f("id", FieldTy::Id),
        f("created_at", FieldTy::Iso),
        f("external_reference_id", FieldTy::Text),
        f("name", FieldTy::Text),
        f("organization_id", FieldTy::Id),
        f("updated_at", FieldTy::Iso),
    ],
};
/// A sync that was accepted.
pub const ACCEPTED: Record = Record {
    name: "Accepted",
    fields: &[f("accepted_at", FieldTy::Iso), f("group_id", FieldTy::Id), f("request_id", FieldTy::Id)],
};
const FAILURE: Record = Record {
    name: "Failure",
    fields: &[f("operation", FieldTy::Text), f("reason", FieldTy::Text), f("reference_id", FieldTy::Text)],
};
const RESULTS: Record = Record {
    name: "Results",
    fields: &[
        f("added_group_member_ids", FieldTy::Ids),
        f("failures", FieldTy::Many(&FAILURE)),
        f("removed_group_member_ids", FieldTy::Ids),
    ],
};
/// A sync, under way or ended.
pub const SYNC: Record = Record {
    name: "Sync",
    fields: &[
        f("accepted_at", FieldTy::Iso),
        f("completed_at", FieldTy::Iso),
        f("group_id", FieldTy::Id),
        f("request_id", FieldTy::Id),
        f("results", FieldTy::One(&RESULTS)),
    ],
};
/// A plan.
pub const PLAN: Record = Record { name: "Plan", fields: &[f("id", FieldTy::Id), f("name", FieldTy::Text)] };
