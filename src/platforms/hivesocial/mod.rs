//! HiveSocial: invitations over REST, every answer in an envelope. Facts and contradictions of its document:
//! `docs/platforms/hivesocial.md`.

mod adapter;
mod complete;
mod doubts;
mod errors;
mod ops;
mod parts;
mod reads;
mod simulate;

#[cfg(test)]
mod tests;

use crate::catalog::{Credential, Login, Platform, Protocol, SignIn};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "hivesocial",
    title: "HiveSocial",
    connection: "hive",
    base_url: "",
    prefix: "/api/v1/{locale}",
    credentials: &[
        Credential::plain("locale", "the language in the address").or("en_US"),
        Credential::plain("email", "the address of an administrator's account"),
        Credential::secret("password", "that account's password"),
        Credential::secret("token", "a ready token, in place of address and password"),
        Credential::plain("scheme", "`bearer` where the ready token goes into the `Authorization` header"),
    ],
    sign_in: SignIn::Login(Login {
        path: "/api/v1/{locale}/security/login",
        email: "email",
        password: "password",
        header: "x-auth",
        lives: 8 * 60 * 60,
        token: "token",
        scheme: "scheme",
        at: "/object",
        answer: errors::token,
    }),
    protocol: Protocol::Rest,
    account: &[],
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
