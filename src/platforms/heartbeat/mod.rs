//! Heartbeat: the tools of one server, which all want the id of the connection to the community (PCID) among their
//! arguments. Facts and contradictions of its document: `docs/platforms/heartbeat.md`.

mod adapter;
mod after;
mod complete;
mod deeds;
mod doubts;
mod errors;
mod held;
mod ops;
mod reads;
mod records;
mod simulate;
mod users;

#[cfg(test)]
mod tests;

use crate::catalog::{ClientCredentials, Credential, Platform, Protocol, SignIn, TokenAt};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "heartbeat",
    title: "Heartbeat",
    connection: "heartbeat",
    base_url: "https://mcp.app.pinkfish.ai",
    prefix: "/heartbeat-community",
    credentials: &[
        Credential::plain("pcid", "the id of the connection to the community, from the page of integrations")
            .required(),
        Credential::plain("client_id", "the id of the client that signs in"),
        Credential::secret("client_secret", "its secret"),
        Credential::plain("org", "the organisation's id, which the token is asked for"),
        Credential::plain("selected_org", "the organisation's id, where requests must name it (`X-Selected-Org`)"),
        Credential::secret("token", "a ready token, in place of client and secret"),
        Credential::plain("token_url", "another address for tokens"),
    ],
    sign_in: SignIn::ClientCredentials(ClientCredentials {
        id: "client_id",
        secret: "client_secret",
        token: Some("token"),
        scope: Some("org:{org}"),
        at: TokenAt::Fixed("https://app-api.app.pinkfish.ai/oauth/token"),
        token_url: "token_url",
    }),
    protocol: Protocol::Tools { with: ("PCID", "pcid"), header: ("x-selected-org", "selected_org") },
    account: &["pcid"],
    ops: ops::OPS,
    records: &[&records::USER, &records::GROUP, &records::INVITATION, &records::ROLE],
    open: errors::open,
    adapter: &adapter::Heartbeat,
    simulate: simulate::simulate,
    refuse: errors::body,
    instead: &[
        (
            "bulk",
            "Heartbeat has no bulk calls; `members.add(group, emails)` and `members.remove(group, emails)` take whole lists",
        ),
        (
            "activities",
            "Heartbeat's tools show no activities; `notifications.count(email)` counts what waits for somebody",
        ),
        ("webhooks", "Heartbeat's tools have no webhooks"),
    ],
};
