//! Heartbeat's twenty tools in the order of its document.

use super::records::{COUNT, GROUP, INVITATION, MADE_GROUP, MADE_USER, ROLE, USER};
use crate::catalog::{Answer, Args, Consequence, Mails, Op, Param, Repeat, SubjectAt, SubjectKind, Ty, Wire, Write};

const UUID: Ty = Ty::Id(Wire::Text);
const TEXT: Ty = Ty::Text(0);

const GROUP_ID: Param = Param::path("group_id", UUID).wire("groupID").doc("the group");
const USER_ID: Param = Param::path("user_id", UUID).wire("userID").doc("the user");
const INVITATION_ID: Param = Param::path("invitation_id", UUID).wire("invitationID").doc("the invitation");
const WHO: Param = Param::path("email", Ty::Email).doc("whose account it is");
const EMAILS: Param = Param::body("emails", Ty::Emails).required().doc("addresses of people who have an account");
const EMAIL: Param = Param::body("email", Ty::Email).required().doc("the address; nobody else may have it");
const NAME: Param = Param::body("name", Ty::Text(0)).required().doc("the full name");
const ROLE_ID: Param =
    Param::body("role_id", UUID).wire("roleID").required().doc("the role, by id or by name: `\"Member\"`");
const ROLE_NAME: Param = Param::aside("role", TEXT)
    .role_named(POWERFUL)
    .doc("the role's name; not sent, and filled in here, whatever is given");
const GROUP_IDS: Param =
    Param::body("group_ids", Ty::Ids(Wire::Text)).wire("groupIDs").may_be_empty().doc("groups they come into");
const BIO: Param = Param::body("bio", TEXT).doc("who they are");
const STATUS: Param = Param::body("status", TEXT).doc("the status text");
const PICTURE: Param =
    Param::body("profile_picture", TEXT).wire("profilePicture").doc("a data URI of a JPG, GIF or PNG");
const LINKEDIN: Param = Param::body("linkedin", TEXT).doc("a LinkedIn profile, as a whole web address");
const TWITTER: Param = Param::body("twitter", TEXT).doc("the Twitter handle");
const INSTAGRAM: Param = Param::body("instagram", TEXT).doc("the Instagram handle");
const DESCRIPTION: Param = Param::body("description", TEXT).doc("what the group is for");
const ISOLATED: Param = Param::body("is_isolated", Ty::Bool).wire("isIsolated").doc("whether the group is isolated");
const JOINABLE: Param =
    Param::body("is_joinable", Ty::Bool).wire("isJoinable").doc("whether people can join by themselves");
const SIBLINGS: Param = Param::body("should_remove_from_sibling_groups", Ty::Bool)
    .wire("shouldRemoveFromSiblingGroups")
    .doc("whether they leave the other groups below the same group");

/// Words in the names of roles that have power over others: which roles there are every community says for itself.
const POWERFUL: &[&str] = &["admin", "owner", "moderator", "manager", "host", "staff", "leader"];

/// People in one call. No limit is documented; a doubt covers all of a call.
const MOST: usize = 100;
/// People whom one call writes to: nothing shows later whom it did write to.
const MOST_MAILS: usize = 20;

const fn at(kind: SubjectKind, key: &'static [&'static str], group: Option<&'static str>) -> SubjectAt {
    SubjectAt { kind, key, group }
}
const MEMBER: SubjectAt = at(SubjectKind::Person, &[""], Some("group_id"));
const PERSON: SubjectAt = at(SubjectKind::Person, &["/email"], None);
const OF_GROUP: SubjectAt = at(SubjectKind::Group, &["/group_id"], None);

const fn write(repeat: Repeat, consequence: Consequence, mails: Mails, subject: SubjectAt) -> Write {
    Write { repeat, consequence, mails, subject }
}

/// Nobody and nothing is called nothing.
fn named(args: &Args) -> Result<(), String> {
    match args.get("name").is_some() && args.text("name").trim().is_empty() {
        true => Err("`name` is empty: it must say what it is called".into()),
        false => Ok(()),
    }
}

/// A thread that introduces somebody has to say something.
fn with_bio(args: &Args) -> Result<(), String> {
    let asked = args.get("create_introduction_thread") == Some(&true.into());
    match asked && args.text("bio").trim().is_empty() {
        true => Err("`create_introduction_thread` needs a `bio`: without one no thread is made".into()),
        false => Ok(()),
    }
}

fn picture(args: &Args) -> Result<(), String> {
    let kinds = ["data:image/jpeg", "data:image/jpg", "data:image/gif", "data:image/png"];
    match args.text("profile_picture").trim().to_lowercase() {
        given if given.is_empty() || kinds.iter().any(|kind| given.starts_with(kind)) => Ok(()),
        _ => Err("`profile_picture` must be a data URI of a JPG, GIF or PNG: `data:image/png;base64,…`".into()),
    }
}

/// All operations.
pub const OPS: &[Op] = &[
    Op::post("members", "add", "/heartbeat_community_add_group_members")
        .doc("Puts people into a group. Addresses that nobody has are passed over in silence by Heartbeat: they are read back and named.")
        .params(&[GROUP_ID, EMAILS, SIBLINGS])
        .cut("emails", MOST, false)
        .writes(Repeat::CheckFirst, Consequence::Adds, Mails::Unknown, MEMBER)
        .writes_when(
            "should_remove_from_sibling_groups",
            write(Repeat::CheckFirst, Consequence::Moves, Mails::Unknown, MEMBER),
        ),
    Op::post("groups", "create", "/heartbeat_community_create_group")
        .doc("Makes a group.")
        .params(&[
            DESCRIPTION,
            ISOLATED,
            JOINABLE,
            Param::body("members", Ty::Emails).doc("addresses of people who come into it"),
            Param::body("name", TEXT).required().doc("its name"),
            Param::body("parent_group_id", UUID).wire("parentGroupID").doc("the group above it"),
        ])
        .also(named)
        .answers(Answer::One(&MADE_GROUP))
        .writes(
            Repeat::CheckFirst,
            Consequence::Creates,
            Mails::Unknown,
            at(SubjectKind::Group, &["/name"], Some("parent_group_id")),
        ),
    Op::post("invitations", "create", "/heartbeat_community_create_invitation")
        .doc("Makes a link by which people come in. Writes to nobody.")
        .params(&[
            Param::body("group_ids", Ty::Ids(Wire::Text))
                .wire("groupIDs")
                .required()
                .may_be_empty()
                .doc("groups that whoever follows it comes into"),
            ROLE_ID,
            ROLE_NAME,
        ])
        .answers(Answer::One(&INVITATION))
        .writes(Repeat::CheckFirst, Consequence::Creates, Mails::No, at(SubjectKind::Invitation, &[], None)),
    Op::post("users", "create_pending", "/heartbeat_community_create_pending_user")
        .doc("Makes a pending user: an account that begins when they first sign in. Until then no tool shows them.")
        .params(&[BIO, EMAIL, GROUP_IDS, NAME, PICTURE, ROLE_ID, ROLE_NAME])
        .also(|args| named(args).and_then(|()| picture(args)))
        .writes(Repeat::ProvesOnlyDone, Consequence::Creates, Mails::Unknown, PERSON),
    Op::post("users", "create", "/heartbeat_community_create_user")
        .doc("Makes an account.")
        .params(&[
            BIO,
            Param::body("create_introduction_thread", Ty::Bool)
                .wire("createIntroductionThread")
                .doc("whether a thread introduces them, with their `bio`"),
            EMAIL,
            GROUP_IDS,
            INSTAGRAM,
            LINKEDIN,
            NAME,
            PICTURE,
            ROLE_ID,
            ROLE_NAME,
            STATUS,
            TWITTER,
        ])
        .also(|args| named(args).and_then(|()| with_bio(args)).and_then(|()| picture(args)))
        .answers(Answer::One(&MADE_USER))
        .writes(Repeat::CheckFirst, Consequence::Creates, Mails::Unknown, PERSON),
    Op::post("groups", "delete", "/heartbeat_community_delete_group")
        .doc("Deletes a group. Its members stay in the community; one with groups below it is refused.")
        .params(&[GROUP_ID])
        .writes(Repeat::Converges, Consequence::Deletes, Mails::No, OF_GROUP),
    Op::post("users", "delete", "/heartbeat_community_delete_user")
        .doc("Closes an account; what they wrote stays, and `users.reactivate` opens it again.")
        .params(&[WHO])
        .writes(Repeat::Converges, Consequence::Deletes, Mails::No, PERSON),
    Op::post("users", "find_by_email", "/heartbeat_community_find_user")
        .doc("Who has an address, or ().")
        .params(&[Param::path("email", Ty::Email).doc("the address")])
        .answers(Answer::Perhaps(&USER)),
    Op::post("groups", "get", "/heartbeat_community_get_group")
        .doc("One group with its members.")
        .params(&[GROUP_ID])
        .answers(Answer::One(&GROUP)),
    Op::post("notifications", "count", "/heartbeat_community_get_notifications")
        .doc("How many notifications wait for somebody.")
        .params(&[WHO])
        .answers(Answer::One(&COUNT)),
    Op::post("users", "get", "/heartbeat_community_get_user")
        .doc("One user.")
        .params(&[USER_ID])
        .answers(Answer::One(&USER)),
    Op::post("groups", "list", "/heartbeat_community_list_groups")
        .doc("All groups with their members, archived ones among them.")
        .answers(Answer::Many(&GROUP, &["groups", "data", "items", "results"])),
    Op::post("invitations", "list", "/heartbeat_community_list_invitations")
        .doc("All invitations. Whom they were sent to no tool shows.")
        .answers(Answer::Many(&INVITATION, &["invitations", "data", "items", "results"])),
    Op::post("roles", "list", "/heartbeat_community_list_roles")
        .doc("All roles.")
        .answers(Answer::Many(&ROLE, &["roles", "data", "items", "results"])),
    Op::post("users", "list", "/heartbeat_community_list_users")
        .doc("Everybody with an account. Heartbeat gives all of them in one answer, whatever is asked; the others are left out here.")
        .params(&[
            Param::aside("group_id", UUID).doc("only people of this group; not sent"),
            Param::aside("emails", Ty::Emails).doc("only people with these addresses; not sent"),
        ])
        .answers(Answer::Many(&USER, &["users", "data", "items", "results"])),
    Op::post("users", "reactivate", "/heartbeat_community_reactivate_user")
        .doc("Opens a closed account again.")
        .params(&[WHO])
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, PERSON),
    Op::post("members", "remove", "/heartbeat_community_remove_group_members")
        .doc("Takes people out of a group.")
        .params(&[GROUP_ID, EMAILS])
        .cut("emails", MOST, false)
        .writes(Repeat::Converges, Consequence::Removes, Mails::No, MEMBER),
    Op::post("groups", "update", "/heartbeat_community_update_group")
        .doc("Changes a group; what is not named stays.")
        .params(&[GROUP_ID, DESCRIPTION, ISOLATED, JOINABLE, Param::body("name", TEXT).doc("its new name")])
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, OF_GROUP),
    Op::post("invitations", "update", "/heartbeat_community_update_invitation")
        .doc("Puts addresses on an invitation, and sends it to them where that is asked for: 20 in one call.")
        .params(&[
            INVITATION_ID,
            Param::body("emails", Ty::Emails).required().doc("the addresses"),
            Param::body("should_send_email", Ty::Bool)
                .wire("shouldSendEmail")
                .required()
                .doc("whether the invitation is mailed to them"),
        ])
        .cut("emails", MOST_MAILS, false)
        .writes(
            Repeat::Converges,
            Consequence::Adds,
            Mails::No,
            at(SubjectKind::Person, &[""], Some("invitation_id")),
        )
        .writes_when(
            "should_send_email",
            write(
                Repeat::Unprovable,
                Consequence::Tells,
                Mails::Yes,
                at(SubjectKind::Person, &[""], Some("invitation_id")),
            ),
        ),
    Op::post("users", "update", "/heartbeat_community_update_user")
        .doc("Changes an account's profile; what is not named stays, and an empty text clears.")
        .params(&[
            BIO,
            WHO,
            INSTAGRAM,
            LINKEDIN,
            Param::body("name", TEXT).doc("the new name"),
            PICTURE,
            STATUS,
            TWITTER,
        ])
        .also(picture)
        .writes(Repeat::Converges, Consequence::Changes, Mails::No, PERSON),
];
