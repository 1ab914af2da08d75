//! What Heartbeat's answers consist of. Its document lists none of it: these are the shapes that its REST clients know.

use crate::catalog::{Field, FieldTy, Record};

const fn f(name: &'static str, ty: FieldTy) -> Field {
    Field::new(name, ty)
}

const ID: Field = f("id", FieldTy::Id);
const NAME: Field = f("name", FieldTy::Text);
const EMAIL: Field = f("email", FieldTy::Text);

const PLACE: Record = Record { name: "Place", fields: &[ID, NAME] };
const LINKS: Record = Record {
    name: "Links",
    fields: &[
        f("linkedin", FieldTy::Text),
        f("twitter", FieldTy::Text),
        f("instagram", FieldTy::Text),
        f("calendar", FieldTy::Text),
        f("personalWebsite", FieldTy::Text),
        f("community", FieldTy::Text),
    ],
};
const ANSWER: Record = Record {
    name: "Answer",
    fields: &[f("question", FieldTy::Text), f("answer", FieldTy::Open), f("isPrivate", FieldTy::Bool)],
};
/// Somebody with an account.
pub const USER: Record = Record {
    name: "User",
    fields: &[
        ID,
        EMAIL,
        NAME,
        f("firstName", FieldTy::Text),
        f("lastName", FieldTy::Text),
        f("bio", FieldTy::Text),
        f("status", FieldTy::Text),
        f("createdAt", FieldTy::Iso),
        f("lastLogin", FieldTy::Iso),
        f("role", FieldTy::Text),
        f("isAdmin", FieldTy::Bool),
        f("groups", FieldTy::Many(&PLACE)),
        f("avatar", FieldTy::Text),
        f("socialLinks", FieldTy::One(&LINKS)),
        f("linkedInSummary", FieldTy::Text),
        f("linkedInData", FieldTy::Open),
        f("onboardingResponses", FieldTy::Many(&ANSWER)),
    ],
};
const MEMBER: Record = Record { name: "Member", fields: &[ID, NAME, EMAIL] };
/// A group with its members.
pub const GROUP: Record = Record {
    name: "Group",
    fields: &[
        ID,
        NAME,
        f("description", FieldTy::Text),
        f("color", FieldTy::Text),
        f("parentGroupID", FieldTy::Id),
        f("archived", FieldTy::Bool),
        f("users", FieldTy::Many(&MEMBER)),
    ],
};
/// A role that people have in the community.
pub const ROLE: Record = Record { name: "Role", fields: &[ID, NAME] };
/// An invitation: a link by which people come in.
pub const INVITATION: Record = Record {
    name: "Invitation",
    fields: &[ID, f("code", FieldTy::Text), f("role", FieldTy::One(&ROLE)), f("groups", FieldTy::Many(&PLACE))],
};
/// What making somebody answers; `id` is added here, as every platform has it.
pub const MADE_USER: Record = Record { name: "MadeUser", fields: &[f("userID", FieldTy::Id), ID] };
/// What making a group answers; `id` is added here, as every platform has it.
pub const MADE_GROUP: Record =
    Record { name: "MadeGroup", fields: &[f("success", FieldTy::Bool), f("groupID", FieldTy::Id), ID] };
/// How many notifications wait.
pub const COUNT: Record = Record { name: "Count", fields: &[f("count", FieldTy::Number)] };
