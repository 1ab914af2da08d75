//! HiveSocial: invitations over REST, every answer in an envelope. Facts and contradictions of its document:
//! `docs/platforms/hivesocial.md`.

mod adapter;
mod complete;
mod doubts;
mod errors;
mod ops;
mod parts;
mod simulate;

#[cfg(test)]
mod tests;

use crate::catalog::{Credential, Platform, SignIn};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "hivesocial",
    title: "HiveSocial",
    base_url: "https://community.example.org/api/v1/en_US",
    credentials: &[
        Credential { key: "email", secret: false, required: false, doc: "the address of an administrator's account" },
        Credential { key: "password", secret: true, required: false, doc: "that account's password" },
    ],
    sign_in: SignIn::Basic { user: "email", password: "password" },
    ops: ops::OPS,
    records: &[&ops::INVITATION, &ops::REPLY, &ops::EVALUATION],
    open: errors::open,
    adapter: &adapter::HiveSocial,
    simulate: simulate::simulate,
    refuse: errors::body,
    instead: &[
        (
            "members",
            "HiveSocial's API shows no members; it invites them: `invitations.bulk_import(group, #{ role_id, subject, content, records })`",
        ),
        (
            "users",
            "HiveSocial's API shows no accounts; `invitations.evaluate(group, #{ role_id, csv_path })` says which addresses have one",
        ),
        (
            "groups",
            "HiveSocial's API shows no groups; an invitation names its own as `group.id`, and a group's address shows its id",
        ),
        (
            "roles",
            "HiveSocial's roles are four words: `regular`, `member`, `moderator`, `administrator`, as `role_id` of an invitation",
        ),
        ("bulk", "HiveSocial imports with `invitations.bulk_import(group, #{ role_id, subject, content, records })`"),
        ("activities", "HiveSocial's API shows no activities"),
        ("webhooks", "HiveSocial's API has no webhooks"),
        ("notifications", "HiveSocial's API counts no notifications"),
    ],
};
