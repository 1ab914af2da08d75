//! From a call to a request and back; pure. [`build`] and [`recognize`] are each other's inverse.

mod find;
mod rest;
mod rows;
mod unwrapped;

pub use rest::{Request, below, build, filled_path, recognize};
pub use rows::{Row, RowsError, last_id, rows};
pub use unwrapped::unwrapped;
