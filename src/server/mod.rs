//! The addresses that others call. Sockets are opened here and in the sandbox, and nowhere else. Its one rule: whoever
//! calls is a stranger until a secret says otherwise, and nothing of a path is ever logged.

pub mod api;
mod arrivals;
mod guarded;
mod health;
mod listening;
mod metrics;
mod rate;
pub mod webhooks;

pub use arrivals::Arrivals;
pub use listening::Listening;
