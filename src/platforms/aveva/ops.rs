//! AVEVA's four operations on community users in the order of their document, the neighbouring reads that they need, and
//! the records that answers consist of.

use crate::catalog::{
    Answer, Consequence, Field, FieldTy, Mails, Op, Page, Param, Record, Repeat, SubjectAt, SubjectKind, Ty, Wire,
};

const GUID: Ty = Ty::Id(Wire::Text);
const COUNT: Ty = Ty::Int(0, i64::MAX);

const COMMUNITY: Param = Param::path("community_id", GUID).wire("communityId").doc("the community");
const TENANT: Param = Param::path("tenant_id", GUID).wire("tenantId").preset("tenant").doc("the tenant");
const USER_ID: Param = Param::path("user_id", GUID).wire("userId");
const WHOM: Param = USER_ID.doc("the user by id, or by an address that the tenant's users have");
const MEMBER: Param = USER_ID.doc("the user by id, or by an address that the community's users have");
const QUERY: Param = Param::query("query", Ty::Text(0)).doc("the document says that it is not supported");
const SKIP: Param = Param::query("skip", COUNT).doc("where the list begins; 0 is its start");
const ROWS: Param = Param::query("count", Ty::Int(1, i64::MAX)).doc("rows asked for in one page");
const ROLE_IDS: Param = Param::whole("role_ids", Ty::Ids(Wire::Text))
    .roles(&[], &["harmless"])
    .may_be_empty()
    .doc("roles of the community, by id or name; the member role comes along by itself");
const EXACT: Param = Param::aside("exact", Ty::Bool).doc(
    "whether the user keeps no role but these; not sent. Without it they come on top. It never takes the administrator's role",
);

/// Roles that give nobody a power that they have not.
pub const HARMLESS: &str = "harmless";
/// The roles before and after: `{ "before": [{ id, name, type }], "after": […] }`, `before` missing for who is no member.
pub const STANDING: &str = "standing";
/// Whether rows come with the roles of the community by name.
pub const WITH_ROLES: &str = "with_roles";

const SUBJECT: SubjectAt = SubjectAt { kind: SubjectKind::Person, key: &["/user_id"], group: Some("community_id") };
/// The libraries of the platform's maker ask for at most a thousand rows.
const PAGES: Page = Page::Offset { offset: "skip", limit: "count", size: 1_000, documented: 100 };

const USERS: &str = "/v1-preview/Communities/{community_id}/Tenants/{tenant_id}/Users";
const ONE: &str = "/v1-preview/Communities/{community_id}/Tenants/{tenant_id}/Users/{user_id}";

/// All operations.
pub const OPS: &[Op] = &[
    Op::put("users", "add", ONE)
        .doc("Puts a user of the tenant into a community, or gives one who is in it more roles. Nobody is written to.")
        .params(&[
            COMMUNITY,
            TENANT,
            WHOM,
            ROLE_IDS,
            EXACT,
            Param::found("email", Ty::Email),
            Param::found(HARMLESS, Ty::Ids(Wire::Text)),
            Param::found(STANDING, Ty::Fields),
        ])
        .answers(Answer::One(&USER))
        .writes(Repeat::Converges, Consequence::Adds, Mails::No, SUBJECT),
    Op::delete("users", "remove", ONE)
        .doc("Takes a user out of a community. In the tenant they stay.")
        .params(&[COMMUNITY, TENANT, MEMBER, Param::found("email", Ty::Email)])
        .writes(Repeat::Converges, Consequence::Removes, Mails::No, SUBJECT),
    Op::get("users", "list", USERS)
        .doc("The users of a tenant who are in a community.")
        .params(&[COMMUNITY, TENANT, QUERY, SKIP, ROWS, Param::found(WITH_ROLES, Ty::Bool)])
        .answers(Answer::Many(&USER, &[]))
        .pages(PAGES),
    Op::head("users", "count", USERS)
        .doc("How many users of a tenant are in a community.")
        .params(&[COMMUNITY, TENANT])
        .answers(Answer::Count("list")),
    Op::get("communities", "list", "/v1-preview/Communities")
        .doc("The communities that the client may see.")
        .params(&[QUERY, SKIP, ROWS])
        .answers(Answer::Many(&COMMUNITY_ROW, &[]))
        .pages(PAGES)
        .beyond(),
    Op::get("roles", "list", "/v1-preview/Communities/{community_id}/Roles")
        .doc("The roles of a community.")
        .params(&[COMMUNITY, QUERY, SKIP, ROWS])
        .answers(Answer::Many(&ROLE, &[]))
        .pages(PAGES)
        .beyond(),
    Op::get("tenant_users", "list", "/v1/Tenants/{tenant_id}/Users")
        .doc("All users of a tenant.")
        .params(&[TENANT, QUERY, SKIP, ROWS])
        .answers(Answer::Many(&USER, &[]))
        .pages(PAGES)
        .beyond(),
    Op::get("tenant_users", "get", "/v1/Tenants/{tenant_id}/Users/{user_id}")
        .doc("One user of a tenant, or `()`.")
        .params(&[TENANT, USER_ID.doc("the user")])
        .answers(Answer::Perhaps(&USER))
        .beyond(),
];

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}
const ID: Field = f("Id", FieldTy::Id);
const NAME: Field = f("Name", FieldTy::Text);

/// Somebody. What is empty is left out of answers.
pub const USER: Record = Record {
    name: "User",
    fields: &[
        ID,
        f("GivenName", FieldTy::Text),
        f("Surname", FieldTy::Text),
        NAME,
        f("Email", FieldTy::Text),
        f("ContactEmail", FieldTy::Text),
        f("ContactGivenName", FieldTy::Text),
        f("ContactSurname", FieldTy::Text),
        f("ExternalUserId", FieldTy::Text),
        f("IdentityProviderId", FieldTy::Id),
        f("RoleIds", FieldTy::Ids),
    ],
};
/// A role of a community.
pub const ROLE: Record = Record {
    name: "Role",
    fields: &[
        ID,
        NAME,
        f("Description", FieldTy::Text),
        f("RoleScope", FieldTy::Number),
        f("TenantId", FieldTy::Id),
        f("CommunityId", FieldTy::Id),
        f("RoleTypeId", FieldTy::Id),
    ],
};
const TENANT_OF: Record = Record {
    name: "Tenant",
    fields: &[
        ID,
        NAME,
        f("Status", FieldTy::Text),
        f("IsOwner", FieldTy::Bool),
        f("UserCount", FieldTy::Number),
        f("ClientCount", FieldTy::Number),
    ],
};
/// A community.
pub const COMMUNITY_ROW: Record = Record {
    name: "Community",
    fields: &[
        ID,
        NAME,
        f("Description", FieldTy::Text),
        f("MemberRoleId", FieldTy::Id),
        f("CommunityRoles", FieldTy::Many(&ROLE)),
        f("Tenants", FieldTy::Many(&TENANT_OF)),
    ],
};
