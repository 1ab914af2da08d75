//! HiveSocial's five operations in the order of its document, and the records that its answers consist of.

use crate::catalog::{
    Anchor, Answer, Choice, Consequence, Field, FieldTy, Mails, Op, Page, Param, Record, Repeat, SubjectAt,
    SubjectKind, Ty, Wire,
};

const fn role(name: &'static str, number: i64, aliases: &'static [&'static str]) -> Choice {
    Choice { name, aliases, number: Some(number) }
}
const fn word(name: &'static str) -> Choice {
    Choice { name, aliases: &[], number: None }
}

const REGULAR: Choice = role("regular", 2, &[]);
const MEMBER: Choice = role("member", 3, &[]);
const MODERATOR: Choice = role("moderator", 4, &[]);
const ADMINISTRATOR: Choice = role("administrator", 5, &["admin"]);
/// As what somebody is invited.
pub const ROLES: &[Choice] = &[REGULAR, MEMBER, MODERATOR, ADMINISTRATOR];
const FILTERED_ROLES: &[Choice] = &[role("all", 0, &[]), REGULAR, MEMBER, MODERATOR, ADMINISTRATOR];
/// Roles that give nobody power over others.
const PLAIN: &[&str] = &["2", "3"];
const TARGETS: &[Choice] = &[word("name"), word("email")];

const GUID: Ty = Ty::Id(Wire::Text);
const GROUP: Param = Param::path("group_id", GUID).wire("groupId").doc("the group");
const INVITATION_ID: Param = Param::path("invitation_id", GUID).wire("invitationId").doc("the invitation");
const OF_GROUP: Param = Param::aside("group_id", GUID)
    .doc("the group it is for; not sent. Needed where this run has not listed the group's invitations");
const ADDRESS: Param = Param::found("email", Ty::Email).doc("the address it is for");
const ROLE: Param = Param::body("role_id", Ty::Choice(ROLES))
    .wire("roleId")
    .required()
    .roles(PLAIN, &[])
    .doc("as what they are invited");
const SUBJECT: Param = Param::body("subject", Ty::Text(0)).doc("the mail's subject");
const HEADER: Param =
    Param::body("header", Ty::Text(0)).nullable().doc("what stands first; `()` for the group's own text");
const CONTENT: Param = Param::body("content", Ty::Text(0)).doc("what the mail says");
const FOOTER: Param =
    Param::body("footer", Ty::Text(0)).nullable().doc("what stands last; `()` for the group's own text");

const RECORD: &[Param] = &[
    Param::body("email", Ty::Email).required().doc("the address"),
    Param::body("first_name", Ty::Text(0)).wire("firstName").doc("first name"),
    Param::body("last_name", Ty::Text(0)).wire("lastName").doc("last name"),
];

/// People in one import: no limit is documented, and a doubt covers all of a call.
pub const MOST: usize = 50;

const fn at(kind: SubjectKind, key: &'static [&'static str]) -> SubjectAt {
    SubjectAt { kind, key, group: Some("group_id") }
}

/// All operations.
pub const OPS: &[Op] = &[
    Op::get("invitations", "list", "/invitation/list/{group_id}")
        .doc("The invitations to a group that wait: of people who have no account yet.")
        .params(&[
            GROUP,
            Param::query("offset", GUID).doc("the last invitation of the page before"),
            Param::query("page_size", Ty::Int(1, i64::MAX)).wire("pageSize").doc("rows asked for in one page"),
            Param::query("filter", Ty::Text(0)).doc("what to look for"),
            Param::query("role", Ty::Choice(FILTERED_ROLES)).doc("only those invited as this"),
            Param::query("target", Ty::Choice(TARGETS)).doc("where to look for `filter`"),
        ])
        .answers(Answer::Many(&INVITATION, &["object/invitations", "invitations"]))
        .pages(Page::After { cursor: "offset", limit: "page_size", size: 50, documented: 15, anchor: Anchor::Row }),
    Op::delete("invitations", "delete", "/invitation/{invitation_id}")
        .doc("Takes an invitation back. Whoever got it is not told.")
        .params(&[INVITATION_ID, OF_GROUP, ADDRESS])
        .answers(Answer::One(&REPLY))
        .writes(Repeat::Converges, Consequence::Deletes, Mails::No, at(SubjectKind::Invitation, &["/invitation_id"])),
    Op::post("invitations", "resend", "/invitation/{invitation_id}/resend")
        .doc("Mails an invitation once more: a reminder, a campaign of its own.")
        .params(&[INVITATION_ID, OF_GROUP, ADDRESS])
        .answers(Answer::One(&REPLY))
        .campaign("reminder")
        .writes(Repeat::Unprovable, Consequence::Tells, Mails::Yes, at(SubjectKind::Person, &["/email"])),
    Op::post("invitations", "evaluate", "/invitation/import-evaluate-csv/{group_id}")
        .doc("What an import of a CSV file that lies on the server would do, row by row. Changes nothing.")
        .params(&[
            GROUP,
            ROLE,
            Param::body("csv_path", Ty::Text(0))
                .wire("csvPath")
                .required()
                .doc("where the file lies on the server: email, first name, last name, one person a line"),
            SUBJECT,
            HEADER,
            CONTENT,
            FOOTER,
        ])
        .answers(Answer::One(&EVALUATION)),
    Op::post("invitations", "bulk_import", "/invitation/bulk-import/{group_id}")
        .doc("Invites people by mail, 50 in one call. Who is a member is not written to; nor is whoever has an invitation that waits, unless `again` names a campaign.")
        .params(&[
            GROUP,
            ROLE,
            SUBJECT.required(),
            HEADER,
            CONTENT.required(),
            FOOTER,
            Param::body("records", Ty::Rows(RECORD)).doc("the people"),
        ])
        .answers(Answer::One(&REPLY))
        .cut("records", MOST, false)
        .writes(Repeat::ProvesOnlyDone, Consequence::Tells, Mails::Yes, at(SubjectKind::Person, &["/email"])),
];

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}
const ID: Field = f("id", FieldTy::Id);
const TYPE: Field = f("type", FieldTy::Text);
const EMAIL: Field = f("email", FieldTy::Text);
const FIRST_NAME: Field = f("firstName", FieldTy::Text);
const LAST_NAME: Field = f("lastName", FieldTy::Text);

const GROUP_OF: Record = Record {
    name: "Group",
    fields: &[
        ID,
        f("name", FieldTy::Text),
        f("slug", FieldTy::Text),
        f("thumbUrl", FieldTy::Text),
        f("url", FieldTy::Text),
    ],
};
const AUTHOR: Record = Record {
    name: "Author",
    fields: &[
        ID,
        f("alias", FieldTy::Text),
        f("extendedAlias", FieldTy::Text),
        f("slug", FieldTy::Text),
        f("avatarUrl", FieldTy::Text),
        f("url", FieldTy::Text),
    ],
};
/// An invitation that waits.
pub const INVITATION: Record = Record {
    name: "Invitation",
    fields: &[
        ID,
        TYPE,
        f("group", FieldTy::One(&GROUP_OF)),
        f("createdOn", FieldTy::Iso),
        f("author", FieldTy::One(&AUTHOR)),
        EMAIL,
        FIRST_NAME,
        LAST_NAME,
        f("roleId", FieldTy::Number),
        f("roleName", FieldTy::Text),
        f("accessWarnings", FieldTy::Open),
    ],
};
const ERROR: Record = Record {
    name: "Error",
    fields: &[f("key", FieldTy::Text), f("value", FieldTy::Text), f("message", FieldTy::Text)],
};
const SUCCESS: Field = f("success", FieldTy::Bool);
const MESSAGE: Field = f("message", FieldTy::Text);
const TIMESTAMP: Field = f("timestamp", FieldTy::Iso);
const ERRORS: Field = f("errors", FieldTy::Many(&ERROR));
/// What every answer is wrapped in.
pub const REPLY: Record =
    Record { name: "Reply", fields: &[SUCCESS, MESSAGE, TIMESTAMP, ERRORS, f("object", FieldTy::One(&INVITATION))] };
const INPUT: Record = Record {
    name: "Input",
    fields: &[
        f("roleId", FieldTy::Number),
        f("csvPath", FieldTy::Text),
        f("subject", FieldTy::Text),
        f("header", FieldTy::Text),
        f("content", FieldTy::Text),
        f("footer", FieldTy::Text),
    ],
};
const ROW: Record = Record {
    name: "Row",
    fields: &[TYPE, EMAIL, FIRST_NAME, LAST_NAME, f("resultId", FieldTy::Number), f("resultName", FieldTy::Text)],
};
const LOOK: Record =
    Record { name: "Look", fields: &[f("input", FieldTy::One(&INPUT)), f("output", FieldTy::Many(&ROW))] };
/// What an import of a file would do.
pub const EVALUATION: Record =
    Record { name: "Evaluation", fields: &[SUCCESS, MESSAGE, TIMESTAMP, ERRORS, f("object", FieldTy::One(&LOOK))] };
