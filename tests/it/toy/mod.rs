//! A sixth platform, as small as one can be: its table, its adapter, what the sandbox does. What it takes to have it is this
//! folder and two lines: `mod toy;` in `main.rs`, and the one in [`as_the_program`] that brings it along.

mod adapter;
mod ops;
mod simulate;

use beadle::catalog::{Credential, Fault, Platform, Protocol, SignIn};
use serde_json::{Value, json};

/// The platform.
pub const PLATFORM: Platform = Platform {
    name: "toy",
    title: "Toy Town",
    connection: "town",
    base_url: "https://api.toy.example",
    prefix: "/v1",
    credentials: &[Credential::secret("token", "the key to the town").required()],
    sign_in: SignIn::Bearer { token: "token" },
    protocol: Protocol::Rest,
    account: &[],
    ops: ops::OPS,
    records: &[&ops::GROUP, &ops::MEMBER],
    open: |_, status, body| match (200..300).contains(&status) {
        true => Ok(()),
        false => Err(Fault::by_status(status, words(body))),
    },
    adapter: &adapter::Toy,
    simulate: simulate::simulate,
    refuse: |_, words| json!({ "error": words }),
    instead: &[
        ("users", "Toy Town has no accounts but the members of groups: `members.list(group)`"),
        ("invitations", "Toy Town invites members of a group: `members.invite(group, member_ids)`"),
    ],
};

fn words(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    value["error"].as_str().map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
}

/// What the program is told in, since a test's own arguments are the harness's.
pub const ARGUMENTS: &str = "BEADLE_TOY_ARGUMENTS";

/// Not a test by itself: with arguments in [`ARGUMENTS`] it is the whole program with one platform more.
#[test]
fn as_the_program() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    assert!(beadle::platforms::also(&[&PLATFORM]));
    let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
    let arguments = std::iter::once("beadle".to_owned()).chain(arguments).map(Into::into);
    // The harness has said its line already, and ends it only after the test.
    println!();
    std::process::exit(beadle::cli::main(arguments, || 0).number().into());
}
