//! Users, communities and roles in AVEVA's shapes. What is empty is left out, as the platform does unless it is asked for.

use serde_json::{Value, json};

use crate::platforms::aveva::SANDBOX_TENANT;
use crate::world::{Group, Kind, Membership, User, guid, number_of};

/// The roles of every community of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// Everybody's.
    Member,
    /// Lets people in.
    Moderator,
    /// Administers.
    Administrator,
    /// One that the community made for itself.
    Analysts,
    /// Another one.
    Operators,
}

impl Built {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Member, Self::Moderator, Self::Administrator, Self::Analysts, Self::Operators];

    const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The id in a community.
    pub fn id(self, community: u64) -> String {
        guid(Kind::Role, community * 16 + u64::from(self.number()))
    }

    /// The role of this id, if it is one of the community.
    pub fn of(community: u64, id: &str) -> Option<Self> {
        Self::ALL.iter().find(|role| number_of(Kind::Role, id) == number_of(Kind::Role, &role.id(community))).copied()
    }

    /// The number that a membership keeps; the member's and the administrator's are known without one.
    pub fn kept(self) -> Option<u8> {
        (!matches!(self, Self::Member | Self::Administrator)).then(|| self.number())
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Member => "Community Member",
            Self::Moderator => "Community Moderator",
            Self::Administrator => "Community Administrator",
            Self::Analysts => "Analysts",
            Self::Operators => "Operators",
        }
    }

    const fn type_id(self) -> Option<&'static str> {
        match self {
            Self::Member => Some("f79a55da-7c76-4600-a809-0f62ca9971d9"),
            Self::Moderator => Some("f49f69a6-61b2-423e-8ad5-d58841be441c"),
            Self::Administrator => Some("b50b3349-fa9e-4a03-9220-cf99184b4645"),
            Self::Analysts | Self::Operators => None,
        }
    }

    fn is_held(self, place: &Membership) -> bool {
        match self {
            Self::Member => true,
            Self::Administrator => place.admin,
            other => place.roles.contains(&other.number()),
        }
    }
}

/// A user: of the tenant, or in a community with the roles there.
pub fn user(user: &User, community: Option<u64>) -> Value {
    let place = community.and_then(|community| user.membership(community));
    let roles: Vec<String> = match (community, place) {
        (Some(community), Some(place)) => {
            Built::ALL.iter().filter(|role| role.is_held(place)).map(|role| role.id(community)).collect()
        }
        // The tenant's own member role: its community is no community.
        _ => vec![guid(Kind::Role, 1)],
    };
    let mut shown = json!({ "Id": guid(Kind::User, user.id) });
    let texts = [
        ("GivenName", user.first_name.clone()),
        ("Surname", user.last_name.clone()),
        ("Name", user.name()),
        ("Email", user.email.clone()),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        shown[key] = text.into();
    }
    if user.registered {
        shown["ExternalUserId"] = format!("sandbox|{}", user.id).into();
    }
    shown["IdentityProviderId"] = guid(Kind::Tenant, 2).into();
    shown["RoleIds"] = roles.into();
    shown
}

/// A role of a community.
pub fn role(role: Built, community: u64) -> Value {
    let mut shown = json!({
        "Id": role.id(community),
        "Name": role.name(),
        "RoleScope": 2,
        "CommunityId": guid(Kind::Group, community),
    });
    if let Some(ty) = role.type_id() {
        shown["RoleTypeId"] = ty.into();
    }
    shown
}

/// A community with its only tenant.
pub fn community(group: &Group, users: usize) -> Value {
    json!({
        "Id": guid(Kind::Group, group.id),
        "Name": group.name,
        "MemberRoleId": Built::Member.id(group.id),
        "CommunityRoles": Built::ALL.iter().map(|built| role(*built, group.id)).collect::<Vec<_>>(),
        "Tenants": [{ "Id": SANDBOX_TENANT, "Name": "Sandbox", "Status": "Active", "IsOwner": true, "UserCount": users, "ClientCount": 1 }],
    })
}
