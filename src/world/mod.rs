//! placeholder
/// placeholder
pub struct World;
