//! Mobilize's 24 operations in the order of its documentation, and the records that its answers consist of.

use serde_json::Value;

use crate::catalog::{
    Anchor, Answer, Args, Choice, Consequence, Field, FieldTy, Follow, Mails, Op, Page, Param, Record, Repeat,
    SubjectAt, SubjectKind, Ty, Wire,
};
use crate::model::Email;

const fn choice(name: &'static str, number: i64, aliases: &'static [&'static str]) -> Choice {
    Choice { name, aliases, number: Some(number) }
}
const fn word(name: &'static str) -> Choice {
    Choice { name, aliases: &[], number: None }
}

/// "5 - open group, 10 - closed group"; answers say `public` and `private`.
const PRIVACY: &[Choice] = &[choice("public", 5, &["open"]), choice("private", 10, &["closed"])];
/// "0 - immediate notification, 1 - daily notification, 9 - disabled notifications"; answers say `IMMEDIATE`, `DAILY`.
const FREQUENCY: &[Choice] =
    &[choice("immediate", 0, &[]), choice("daily", 1, &[]), choice("disabled", 9, &["none", "never"])];
const POSTING: &[Choice] = &[
    word("quickpost"),
    word("poll"),
    word("event"),
    word("opportunity"),
    word("recommendation"),
    word("fileattachment"),
];
/// The 22 filters of the activities page; the `type` inside an activity is spelled otherwise.
pub const ACTIVITY_TYPES: &[Choice] = &[
    word("post_approved"),
    word("post"),
    word("pending_post"),
    word("view"),
    word("comment"),
    word("comment_reply"),
    word("post_message"),
    word("sms_reply"),
    word("rsvp"),
    word("vote"),
    word("reach"),
    word("file_download"),
    word("pending_applicant"),
    word("add_members"),
    word("remove_members"),
    word("join_group"),
    word("destroy_group"),
    word("conversation"),
    word("remove_single_member"),
    word("reaction"),
    word("remove"),
    word("mention"),
];

const NUMBER: Ty = Ty::Id(Wire::Number);
const COUNT: Ty = Ty::Int(0, i64::MAX);

const GROUP_ID: Param = Param::path("group_id", NUMBER).doc("the group");
const USER_ID: Param = Param::path("user_id", NUMBER).doc("the user");
const INCLUDE_FIELDS: Param =
    Param::query("include_fields", Ty::Bool).doc("whether the community's own fields come along");
const OFFSET: Param = Param::query("offset", COUNT).doc("where the list begins; 0 is its start");
const LIMIT: Param = Param::query("limit", Ty::Int(1, i64::MAX)).doc("rows asked for in one page");
const KEYWORDS: Param = Param::query("keywords", Ty::Text(0)).required().doc("what to look for in the fields");
const HARD_DELETE: Param = Param::query("hard_delete", Ty::Bool).doc("also destroys what the person wrote").destroys();
const FIELDS: Param = Param::body("fields", Ty::Fields).doc("the fields, by their unique names");
const PARENT: Param =
    Param::body("parent_group_id", NUMBER).nullable().doc("the group above; `()` for a group at the top");

const NAME: Param = Param::body("name", Ty::Text(255)).doc("unique in the community");
const PRIVATE: Param = Param::body("privacy", Ty::Choice(PRIVACY)).doc("whether anybody may join");
const INVITE_ENABLED: Param = Param::body("invite_members_enabled", Ty::Bool).doc("whether members may invite others");
const HIDDEN: Param =
    Param::body("hidden_emails", Ty::Bool).nullable().doc("whether addresses are hidden from members");
const ALIAS: Param = Param::body("alias_name", Ty::Text(0)).doc("the first part of the group's own address");
const MAIL_FREQUENCY: Param =
    Param::body("default_emails_frequency", Ty::Choice(FREQUENCY)).doc("how often members are told of news");
const MANAGER: Param = Param::body("manager_email_address", Ty::Email)
    .doc("who manages it; must be registered and a member above")
    .grants();
const POSTING_PERMISSIONS: Param =
    Param::body("members_posting_permissions", Ty::Choices(POSTING)).doc("what members may post");
const VISIBLE: Param = Param::body("members_visible", Ty::Bool).doc("whether members see each other");
const APPROVAL: Param = Param::body("requires_approval", Ty::Bool).doc("whether joining must be approved");
const CREATE_POSTS: Param = Param::body("create_posts_enabled", Ty::Bool).doc("whether members may post");
const CREATE_SUBGROUPS: Param =
    Param::body("create_subgroups_enabled", Ty::Bool).doc("whether members may make groups below");
const MAIL_COMMENTS: Param = Param::body("email_comments_to_all", Ty::Bool).doc("whether comments are mailed to all");
const PUBLIC_FORM: Param = Param::body("public_form", Ty::Bool).doc("whether the form to join is public");

const NEW_GROUP: &[Param] = &[
    NAME.required(),
    PARENT,
    PRIVATE,
    ALIAS,
    CREATE_POSTS,
    INVITE_ENABLED,
    CREATE_SUBGROUPS,
    VISIBLE,
    MAIL_COMMENTS,
    HIDDEN,
    POSTING_PERMISSIONS,
    APPROVAL,
    PUBLIC_FORM,
    MAIL_FREQUENCY,
    MANAGER,
];
const CHANGED_GROUP: &[Param] = &[
    Param::body("id", NUMBER).required().doc("the group"),
    NAME,
    PRIVATE,
    ALIAS,
    CREATE_POSTS,
    INVITE_ENABLED,
    CREATE_SUBGROUPS,
    VISIBLE,
    MAIL_COMMENTS,
    HIDDEN,
    POSTING_PERMISSIONS,
    APPROVAL,
    PUBLIC_FORM,
    MAIL_FREQUENCY,
];
const NEW_MEMBER: &[Param] =
    &[Param::body("fields", Ty::Fields).required().doc("the fields, by their unique names; `email` among them")];

const OF_ROWS: Page = Page::Offset { offset: "offset", limit: "limit", size: 200, documented: 50 };
const fn after(cursor: &'static str, documented: u32) -> Page {
    Page::After { cursor, limit: "limit", size: 50, documented, anchor: Anchor::Id }
}

const fn at(kind: SubjectKind, key: &'static [&'static str], group: Option<&'static str>) -> SubjectAt {
    SubjectAt { kind, key, group }
}
const MEMBER: SubjectAt = at(SubjectKind::Person, &["/user_id"], Some("group_id"));

/// One status route serves all bulk jobs, also those of groups.
const BULK: Follow = Follow {
    job: "job_id",
    status: ("bulk", "status"),
    state: &["/result/status", "/status"],
    done: &["completed"],
    failed: &["failed"],
    ends: None,
    merged: "/result/users_imported",
};

/// "Make sure you include the email in the fields hash": without a user it is the only name a person has.
fn somebody(args: &Args) -> Result<(), String> {
    let named = args.get("user_id").is_some() || args.get("fields").is_some_and(has_email);
    named.then_some(()).ok_or_else(|| "name the person: `user_id`, or an address as `email` in `fields`".into())
}

/// A change that names nothing to change.
fn something(args: &Args) -> Result<(), String> {
    let named = args.iter().any(|(name, _)| name != "id");
    named.then_some(()).ok_or_else(|| "nothing is named that shall change".into())
}

fn everybody(args: &Args) -> Result<(), String> {
    let users = args.get("users").and_then(Value::as_array).into_iter().flatten();
    match users.map(|user| &user["fields"]).position(|fields| !has_email(fields)) {
        Some(at) => Err(format!("`users[{at}].fields` has no `email` that is an address")),
        None => Ok(()),
    }
}

fn has_email(fields: &Value) -> bool {
    fields.get("email").and_then(Value::as_str).is_some_and(|email| Email::parse(email).is_ok())
}

/// All operations.
pub const OPS: &[Op] = &[
    Op::get("groups", "list", "/groups")
        .doc("All groups of the community.")
        .params(&[
            INCLUDE_FIELDS,
            LIMIT,
            Param::query("last_group_id", NUMBER).doc("the last group of the page before"),
        ])
        .answers(Answer::Many(&GROUP, &["groups"]))
        .pages(after("last_group_id", 50)),
    Op::get("groups", "get", "/groups/{group_id}")
        .doc("One group.")
        .params(&[GROUP_ID, INCLUDE_FIELDS])
        .answers(Answer::One(&GROUP)),
    Op::post("groups", "create", "/groups")
        .doc("Makes a group.")
        .params(&[
            NAME.required(),
            PARENT.required(),
            PRIVATE.required(),
            INVITE_ENABLED.required(),
            HIDDEN.required(),
            ALIAS.required(),
            MAIL_FREQUENCY.required(),
            MANAGER.required(),
        ])
        .answers(Answer::One(&GROUP))
        .writes(
            Repeat::CheckFirst,
            Consequence::Creates,
            Mails::Unknown,
            at(SubjectKind::Group, &["/name"], Some("parent_group_id")),
        ),
    Op::put("groups", "update", "/groups/{id}")
        .doc("Changes a group's settings; what is not named stays.")
        .params(&[
            Param::path("id", NUMBER).doc("the group"),
            NAME,
            PRIVATE,
            INVITE_ENABLED,
            POSTING_PERMISSIONS,
            VISIBLE,
            APPROVAL,
            HIDDEN,
            ALIAS,
            MAIL_FREQUENCY,
        ])
        .also(something)
        .answers(Answer::One(&GROUP))
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, at(SubjectKind::Group, &["/id"], None)),
    Op::post("bulk", "create_groups", "/bulk/groups")
        .doc("Makes many groups: 1,000 in one job, one job at a time.")
        .params(&[Param::body("groups", Ty::Rows(NEW_GROUP)).doc("the groups to make")])
        .answers(Answer::One(&JOB))
        .cut("groups", 1000, true)
        .follows(BULK)
        .writes(
            Repeat::CheckFirst,
            Consequence::Creates,
            Mails::Unknown,
            at(SubjectKind::Group, &["/name"], Some("parent_group_id")),
        ),
    Op::put("bulk", "update_groups", "/bulk/groups")
        .doc("Changes many groups: 1,000 in one job, one job at a time.")
        .params(&[Param::body("groups", Ty::Rows(CHANGED_GROUP)).doc("the groups with what shall change")])
        .answers(Answer::One(&JOB))
        .cut("groups", 1000, true)
        .follows(BULK)
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, at(SubjectKind::Group, &["/id"], None)),
    Op::get("members", "get", "/groups/{group_id}/members/{user_id}/")
        .doc("One member of a group.")
        .params(&[GROUP_ID, USER_ID, INCLUDE_FIELDS])
        .answers(Answer::One(&USER)),
    Op::get("members", "list", "/groups/{group_id}/members/")
        .doc("The members of a group.")
        .params(&[GROUP_ID, INCLUDE_FIELDS, OFFSET, LIMIT])
        .answers(Answer::Many(&USER, &["members", "users", "results"]))
        .pages(OF_ROWS),
    Op::post("members", "add", "/groups/{group_id}/members/")
        .doc("Puts a person into a group and into all groups above it; without `user_id` an account is made from the fields.")
        .params(&[GROUP_ID, Param::body("user_id", NUMBER).doc("an existing user"), FIELDS])
        .also(somebody)
        .answers(Answer::One(&USER))
        .writes(
            Repeat::CheckFirst,
            Consequence::Adds,
            Mails::Unknown,
            at(SubjectKind::Person, &["/user_id", "/fields/email"], Some("group_id")),
        ),
    Op::put("members", "update", "/groups/{group_id}/members/{user_id}")
        .doc("Changes a member's fields; what is not named stays.")
        .params(&[GROUP_ID, USER_ID, FIELDS.required()])
        .answers(Answer::One(&USER))
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, MEMBER),
    Op::delete("members", "remove", "/groups/{group_id}/members/{user_id}/")
        .doc("Takes a person out of a group and out of all groups below it.")
        .params(&[GROUP_ID, USER_ID, HARD_DELETE])
        .answers(Answer::Done)
        .writes(Repeat::Converges, Consequence::Removes, Mails::No, MEMBER),
    Op::get("members", "search", "/groups/{group_id}/members/search")
        .doc("Members of a group in whose fields the keywords are found.")
        .params(&[GROUP_ID, KEYWORDS, OFFSET, LIMIT, INCLUDE_FIELDS])
        .answers(Answer::Many(&USER, &["members", "users", "results"]))
        .pages(OF_ROWS),
    Op::post("members", "invite", "/groups/{group_id}/members/invite")
        .doc("Mails members an invitation into the group; the platform queues it.")
        .params(&[
            GROUP_ID,
            Param::body("sender_id", NUMBER).required().doc("the member in whose name it is sent"),
            Param::body("recipients_ids", Ty::Ids(Wire::Number)).required().doc("the members to invite"),
        ])
        .answers(Answer::Done)
        .cut("recipients_ids", 500, false)
        .writes(
            Repeat::ProvesOnlyDone,
            Consequence::Tells,
            Mails::Yes,
            at(SubjectKind::Person, &[""], Some("group_id")),
        ),
    Op::post("bulk", "create_members", "/bulk/members")
        .doc("Makes accounts and members from rows: 1,000 in one job, one job at a time; what exists is overwritten. Mails nobody.")
        .params(&[
            Param::body("group_id", NUMBER).required().doc("the group"),
            Param::body("users", Ty::Rows(NEW_MEMBER)).doc("the people, each with `fields`"),
        ])
        .answers(Answer::One(&JOB))
        .cut("users", 1000, true)
        .also(everybody)
        .follows(BULK)
        .writes(
            Repeat::CheckFirst,
            Consequence::Adds,
            Mails::No,
            at(SubjectKind::Person, &["/fields/email"], Some("group_id")),
        ),
    Op::get("bulk", "status", "/bulk/members/{job_id}")
        .doc("How far a bulk job is: queued, processing, completed or failed.")
        .params(&[Param::path("job_id", Ty::Id(Wire::Text)).doc("the job")])
        .answers(Answer::One(&JOB)),
    Op::get("users", "list", "/users/")
        .doc("All users of the community.")
        .params(&[INCLUDE_FIELDS, OFFSET, LIMIT])
        .answers(Answer::Many(&USER, &["users", "results"]))
        .pages(OF_ROWS),
    Op::get("users", "get", "/users/{user_id}/")
        .doc("One user.")
        .params(&[USER_ID, INCLUDE_FIELDS])
        .answers(Answer::One(&USER)),
    Op::post("users", "create", "/users/")
        .doc("Makes an account; puts it into no group and mails nobody.")
        .params(&[Param::body("email", Ty::Email).required().doc("the address"), FIELDS])
        .answers(Answer::One(&USER))
        .writes(
            Repeat::CheckFirst,
            Consequence::Creates,
            Mails::Unknown,
            at(SubjectKind::Person, &["/email"], None),
        ),
    Op::put("users", "update", "/users/{id}")
        .doc("Changes a user's fields; what is not named stays.")
        .params(&[Param::path("id", NUMBER).doc("the user"), FIELDS.required()])
        .answers(Answer::One(&USER))
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, at(SubjectKind::Person, &["/id"], None)),
    Op::delete("users", "delete", "/users/{user_id}")
        .doc("Deletes an account from the community.")
        .params(&[USER_ID, HARD_DELETE])
        .answers(Answer::Done)
        .writes(Repeat::Converges, Consequence::Deletes, Mails::No, at(SubjectKind::Person, &["/user_id"], None)),
    Op::get("users", "search", "/users/search")
        .doc("Users in whose fields the keywords are found.")
        .params(&[KEYWORDS, OFFSET, LIMIT, INCLUDE_FIELDS])
        .answers(Answer::Many(&USER, &["users", "results"]))
        .pages(OF_ROWS),
    Op::get("users", "find_by_email", "/users/find_by_email")
        .doc("The user with this address, or `()`.")
        .params(&[Param::query("email", Ty::Email).required().doc("the address"), INCLUDE_FIELDS])
        .answers(Answer::Perhaps(&USER)),
    Op::get("webhooks", "batch", "/bulks/{id}")
        .doc("The notifications of one delivery, 50 a page.")
        .params(&[
            Param::path("id", Ty::Id(Wire::Text)).doc("the delivery's job"),
            LIMIT,
            OFFSET,
            Param::query("api_application_key", Ty::Text(0))
                .doc("which key's webhooks; needed where the community has several keys"),
        ])
        .answers(Answer::Many(&NOTIFICATION, &["notifications"]))
        .pages(Page::Offset { offset: "offset", limit: "limit", size: 50, documented: 50 }),
    Op::get("activities", "list", "/activities")
        .doc("What members did, the newest first.")
        .params(&[
            Param::query("member_id", NUMBER).doc("only what this member did"),
            Param::query("activity_type", Ty::Choice(ACTIVITY_TYPES)).doc("only this kind"),
            Param::query("limit", Ty::Int(1, 50)).doc("rows asked for in one page"),
            Param::query("last_activity_id", Ty::Id(Wire::Text)).doc("the last activity of the page before"),
        ])
        .answers(Answer::Many(&ACTIVITY, &["activites", "activities"]))
        .pages(after("last_activity_id", 20)),
];

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}
const ID: Field = f("id", FieldTy::Id);
const TYPE: Field = f("type", FieldTy::Text);
const NAMED: Field = f("name", FieldTy::Text);

const THUMB: Record = Record { name: "Thumb", fields: &[f("url", FieldTy::Text)] };
const LOGO: Record = Record {
    name: "Logo",
    fields: &[
        f("url", FieldTy::Text),
        f("small_thumb", FieldTy::One(&THUMB)),
        f("mini_thumb", FieldTy::One(&THUMB)),
        f("thumb", FieldTy::One(&THUMB)),
    ],
};
const FIELD_DEFINITION: Record = Record {
    name: "FieldDefinition",
    fields: &[
        ID,
        NAMED,
        TYPE,
        f("unique_name", FieldTy::Text),
        f("options", FieldTy::Open),
        f("other_option_flag", FieldTy::Bool),
        f("placeholder", FieldTy::Text),
        f("required", FieldTy::Bool),
        f("editable", FieldTy::Bool),
    ],
};
/// A group.
pub const GROUP: Record = Record {
    name: "Group",
    fields: &[
        ID,
        NAMED,
        f("email", FieldTy::Text),
        f("created_at", FieldTy::Millis),
        f("updated_at", FieldTy::Millis),
        f("parent_group", FieldTy::Id),
        f("logo", FieldTy::One(&LOGO)),
        f("fields", FieldTy::Many(&FIELD_DEFINITION)),
        f("group_url", FieldTy::Text),
        f("privacy", FieldTy::Text),
        f("requires_approval", FieldTy::Bool),
        f("members_posting_permissions", FieldTy::Open),
        f("posts_moderation", FieldTy::Open),
        f("members_visible", FieldTy::Bool),
        f("email_comments_to_all", FieldTy::Bool),
        f("hidden_emails", FieldTy::Bool),
        f("members_count", FieldTy::Number),
        f("default_emails_frequency", FieldTy::Text),
    ],
};
const MEMBERSHIP: Record = Record {
    name: "Membership",
    fields: &[ID, f("is_admin", FieldTy::Bool), f("last_invited_in", FieldTy::Millis), f("status", FieldTy::Text)],
};
const AVATAR: Record = Record {
    name: "Avatar",
    fields: &[
        f("image", FieldTy::Text),
        f("small_thumb", FieldTy::Text),
        f("mini_thumb", FieldTy::Text),
        f("thumb", FieldTy::Text),
    ],
};
/// A user, also as a member.
pub const USER: Record = Record {
    name: "User",
    fields: &[
        ID,
        NAMED,
        f("first_name", FieldTy::Text),
        f("last_name", FieldTy::Text),
        f("email", FieldTy::Text),
        f("updated_at", FieldTy::Millis),
        f("created_at", FieldTy::Millis),
        f("is_registered", FieldTy::Bool),
        f("groups", FieldTy::Many(&MEMBERSHIP)),
        f("avatar", FieldTy::One(&AVATAR)),
        f("fields", FieldTy::Open),
    ],
};
const JOB_RESULT: Record = Record {
    name: "JobResult",
    fields: &[f("status", FieldTy::Text), f("users_imported", FieldTy::Ids), f("message", FieldTy::Text)],
};
/// A bulk job.
pub const JOB: Record = Record {
    name: "Job",
    fields: &[f("job_id", FieldTy::Id), f("status", FieldTy::Text), f("result", FieldTy::One(&JOB_RESULT))],
};
/// One notification of a webhook's delivery.
pub const NOTIFICATION: Record = Record {
    name: "Notification",
    fields: &[f("item_type", FieldTy::Text), f("topic", FieldTy::Text), f("item", FieldTy::One(&USER))],
};
const TARGET: Record = Record { name: "Target", fields: &[ID, TYPE, NAMED] };
const SOMEBODY: Record = Record { name: "Somebody", fields: &[ID, NAMED] };
/// What somebody did: the union of the keys of all documented kinds.
pub const ACTIVITY: Record = Record {
    name: "Activity",
    fields: &[
        ID,
        f("created_at", FieldTy::Iso),
        f("group_id", FieldTy::Id),
        f("members_count", FieldTy::Number),
        TYPE,
        f("group_name", FieldTy::Text),
        f("comment_type", FieldTy::Text),
        f("content", FieldTy::Text),
        f("post_id", FieldTy::Id),
        f("receiver_id", FieldTy::Id),
        f("post_type", FieldTy::Text),
        f("feed_type", FieldTy::Text),
        f("post_name", FieldTy::Text),
        f("target", FieldTy::One(&TARGET)),
        f("conversation_id", FieldTy::Id),
        f("initiator", FieldTy::One(&SOMEBODY)),
        f("participant", FieldTy::One(&SOMEBODY)),
        f("participants_count", FieldTy::Number),
        f("participants", FieldTy::Ids),
        f("mention_object", FieldTy::Text),
        f("mentioned", FieldTy::Text),
        f("event_id", FieldTy::Id),
        f("status", FieldTy::Text),
        f("event_name", FieldTy::Text),
        f("poll_name", FieldTy::Text),
        f("receiver_type", FieldTy::Text),
    ],
};
