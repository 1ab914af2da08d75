//! Mobilize: REST with HTTP Basic. Facts and contradictions of its document: `docs/platforms/mobilize.md`.

mod adapter;
mod after;
mod deeds;
mod doubts;
mod errors;
mod held;
mod ops;
mod reads;
mod settings;
mod simulate;
mod users;

use crate::catalog::{Credential, Platform, Protocol, SignIn};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "mobilize",
    title: "Mobilize",
    connection: "main",
    base_url: "https://api.mobilize.io/v1",
    prefix: "",
    credentials: &[
        Credential::secret("key", "API key: community settings, Integrations").required(),
        Credential::secret("secret", "API secret, shown once beside the key").required(),
        Credential::plain("application_key", "only where the community has several keys: which one's webhooks"),
    ],
    sign_in: SignIn::Basic { user: "key", password: "secret" },
    protocol: Protocol::Rest,
    account: &[],
    ops: ops::OPS,
    records: &[&ops::GROUP, &ops::USER, &ops::JOB, &ops::NOTIFICATION, &ops::ACTIVITY],
    open: errors::open,
    adapter: &adapter::Mobilize,
    simulate: simulate::simulate,
    refuse: errors::body,
    instead: &[
        ("roles", "Mobilize has no roles; a member's `groups[].is_admin` says who administers a group"),
        ("invitations", "Mobilize invites members of a group: `members.invite(group, #{ sender_id, recipients_ids })`"),
        ("notifications", "Mobilize counts no notifications; `webhooks.batch(id)` reads a delivery"),
    ],
};
