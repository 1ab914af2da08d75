//! The only door to a platform.
mod transport;
pub use transport::{Lost, Reads, Reply, SendFuture, Writes};
