//! placeholder
/// placeholder
pub struct Permit;
