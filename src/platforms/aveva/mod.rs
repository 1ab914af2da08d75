//! AVEVA CONNECT data services: the users of communities, over REST with client credentials. Facts and contradictions of
//! its document: `docs/platforms/aveva.md`.

mod adapter;
mod after;
mod complete;
mod doubts;
mod errors;
mod held;
mod ops;
mod reads;
mod roles;
mod simulate;
mod users;

#[cfg(test)]
mod tests;

use crate::catalog::{ClientCredentials, Credential, Platform, Protocol, SignIn, TokenAt};

/// The tenant of the sandbox.
const SANDBOX_TENANT: &str = "09831ed4-0000-4f04-bfef-000000000001";

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "aveva",
    title: "AVEVA CONNECT",
    connection: "aveva",
    base_url: "https://uswe.datahub.connect.aveva.com",
    prefix: "/api",
    credentials: &[
        Credential::plain("client_id", "the client's id: Developer tools, Clients, Client-credentials"),
        Credential::secret("client_secret", "one of that client's secrets, shown once"),
        Credential::secret("token", "a ready token, in place of both"),
        Credential::plain("tenant", "the tenant whose users are meant where a call names none")
            .simulated(SANDBOX_TENANT),
        Credential::plain("token_url", "where tokens are asked for, in place of the address that the platform names"),
    ],
    sign_in: SignIn::ClientCredentials(ClientCredentials {
        id: "client_id",
        secret: "client_secret",
        token: Some("token"),
        scope: None,
        at: TokenAt::Discovered("/identity/.well-known/openid-configuration"),
        token_url: "token_url",
    }),
    protocol: Protocol::Rest,
    account: &["tenant"],
    ops: ops::OPS,
    records: &[&ops::USER, &ops::COMMUNITY_ROW, &ops::ROLE],
    open: errors::open,
    adapter: &adapter::Aveva,
    simulate: simulate::simulate,
    refuse: errors::body,
    instead: &[
        (
            "members",
            "AVEVA CONNECT's members are the users of a community: `users.list(community)`, `users.add(community, user)`",
        ),
        ("groups", "AVEVA CONNECT's groups are communities: `communities.list()`"),
        (
            "invitations",
            "AVEVA CONNECT invites people into a tenant, in its own pages; `users.add(community, user)` puts users of the tenant into a community and writes to nobody",
        ),
        (
            "bulk",
            "AVEVA CONNECT has no bulk calls; `roster.sync` writes many people, and so does a loop over `users.add`",
        ),
        ("activities", "AVEVA CONNECT's API shows no activities"),
        ("webhooks", "AVEVA CONNECT's API has no webhooks"),
        ("notifications", "AVEVA CONNECT's API counts no notifications"),
    ],
};
