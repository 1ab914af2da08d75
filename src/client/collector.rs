//! The way to a collector of traces: nothing but the standard variables' own headers goes along, and no redirect is followed,
//! since one of them may be a key.
#![expect(clippy::disallowed_methods, reason = "the door to the network")]

use std::time::Duration;

/// A client for the thread that sends traces; must be made outside of a runtime.
pub fn collector(patience: Duration) -> Result<reqwest::blocking::Client, String> {
    reqwest::blocking::Client::builder()
        .user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .timeout(patience)
        .build()
        .map_err(|error| super::http::reason(&error))
}
