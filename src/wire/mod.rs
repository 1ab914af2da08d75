//! From a call to a request and back; pure. [`build`] and [`recognize`] are each other's inverse, whatever the platform's
//! protocol.

mod events;
mod find;
mod rest;
mod rows;
pub mod tools;
mod unwrapped;

pub use events::EventStream;
pub use rest::{Request, below, filled_path};
pub use rows::{Row, RowsError, last_id, rows};
pub use unwrapped::unwrapped;

use bytes::Bytes;

use crate::catalog::{Args, Call, Op, Platform, Protocol};

/// The request of a call.
pub fn build(call: &Call) -> Request {
    match call.platform.protocol {
        Protocol::Rest => rest::build(call),
        Protocol::Tools { .. } => tools::build(call),
    }
}

/// The body of an answer that counts as "it worked". A tool's no that does (what was asked for was so before) is none of a
/// caller's business.
pub fn granted(call: &Call, body: Bytes) -> Bytes {
    match matches!(call.platform.protocol, Protocol::Tools { .. }) && tools::is_no(&body) {
        true => Bytes::from_static(b"{\"success\":true}"),
        false => body,
    }
}

/// Which operation of the platform a request means, with what it names, read loosely: query values are text, body values
/// are as they came. `None`: no operation has this path and method.
pub fn recognize(platform: &Platform, method: &str, target: &str, body: &[u8]) -> Option<(&'static Op, Args)> {
    match platform.protocol {
        Protocol::Rest => rest::recognize(platform, method, target, body),
        Protocol::Tools { .. } => tools::recognize(platform, method, target, body),
    }
}
