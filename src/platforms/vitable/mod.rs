//! Vitable Connect: benefit groups over REST, every answer under `data`. A group's members are handed over whole, and nothing
//! shows them. Facts and contradictions of its document: `docs/platforms/vitable.md`.

mod adapter;
mod errors;
mod groups;
mod member;
mod ops;
mod reads;
mod simulate;
mod states;

#[cfg(test)]
mod tests;

use crate::catalog::{Credential, Platform, Protocol, SignIn};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "vitable",
    title: "Vitable Connect",
    connection: "benefits",
    base_url: "https://api.vitablehealth.com",
    prefix: "",
    credentials: &[Credential::secret("api_key", "the key of your organisation, handed out by Vitable").required()],
    sign_in: SignIn::Bearer { token: "api_key" },
    protocol: Protocol::Rest,
    account: &[],
    ops: ops::OPS,
    records: &[&ops::GROUP, &ops::ACCEPTED, &ops::SYNC, &ops::PLAN],
    open: errors::open,
    adapter: &adapter::Vitable,
    simulate: simulate::simulate,
    refuse: errors::body,
    instead: &[
        (
            "users",
            "Vitable Connect shows no people; it takes everybody of a group at once: `roster.sync(group, roster.read(file))`",
        ),
        (
            "invitations",
            "Vitable Connect has no invitations; people come in with their group's roster: `roster.sync(group, roster.read(file))`",
        ),
        ("bulk", "Vitable Connect takes everybody of a group at once: `roster.sync(group, roster.read(file))`"),
        ("roles", "Vitable Connect has no roles; `plans.list()` names the plans that a row of a roster can have"),
        ("activities", "Vitable Connect's API shows no activities"),
        ("webhooks", "Vitable Connect's API has no webhooks for rosters; they are followed to their end"),
        ("notifications", "Vitable Connect's API counts no notifications"),
    ],
};
