//! The town's operations and the records of its answers.

use beadle::catalog::{
    Answer, Consequence, Field, FieldTy, Mails, Op, Page, Param, Record, Repeat, SubjectAt, SubjectKind, Ty, Wire,
};

const ID: Ty = Ty::Id(Wire::Text);
const GROUP_ID: Param = Param::path("group_id", ID).doc("the group");

const fn person(key: &'static [&'static str]) -> SubjectAt {
    SubjectAt { kind: SubjectKind::Person, key, group: Some("group_id") }
}

/// All operations.
pub const OPS: &[Op] = &[
    Op::get("groups", "list", "/groups").doc("All groups.").answers(Answer::Many(&GROUP, &["groups"])),
    Op::get("members", "list", "/groups/{group_id}/members")
        .doc("The members of a group.")
        .params(&[
            GROUP_ID,
            Param::query("from", Ty::Int(0, i64::MAX)).doc("how many to leave out"),
            Param::query("rows", Ty::Int(1, 100)).doc("rows asked for in one page"),
        ])
        .answers(Answer::Many(&MEMBER, &["members"]))
        .pages(Page::Offset { offset: "from", limit: "rows", size: 100, documented: 20 }),
    Op::put("members", "add", "/groups/{group_id}/members")
        .doc("Puts somebody into a group, or changes their names.")
        .params(&[
            GROUP_ID,
            Param::body("email", Ty::Email).required().doc("their address"),
            Param::body("first_name", Ty::Text(80)).doc("first name"),
            Param::body("last_name", Ty::Text(80)).doc("last name"),
        ])
        .answers(Answer::One(&MEMBER))
        .writes(Repeat::Converges, Consequence::Adds, Mails::No, person(&["/email"])),
    Op::delete("members", "remove", "/groups/{group_id}/members/{member_id}")
        .doc("Takes somebody out of a group.")
        .params(&[GROUP_ID, Param::path("member_id", ID).doc("the member")])
        .writes(Repeat::Converges, Consequence::Removes, Mails::No, person(&["/member_id"])),
    Op::post("members", "invite", "/groups/{group_id}/invite")
        .doc("Mails members an invitation.")
        .params(&[GROUP_ID, Param::body("member_ids", Ty::Ids(Wire::Text)).required().doc("the members")])
        .cut("member_ids", 50, false)
        .writes(Repeat::ProvesOnlyDone, Consequence::Tells, Mails::Yes, person(&[""])),
];

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}
/// A group.
pub const GROUP: Record = Record { name: "Group", fields: &[f("id", FieldTy::Id), f("name", FieldTy::Text)] };
/// A member.
pub const MEMBER: Record = Record {
    name: "Member",
    fields: &[
        f("id", FieldTy::Id),
        f("group_id", FieldTy::Id),
        f("email", FieldTy::Text),
        f("first_name", FieldTy::Text),
        f("last_name", FieldTy::Text),
        f("signed_in", FieldTy::Bool),
        f("invited_at", FieldTy::Millis),
    ],
};
