//! Numbers of things, as people read them.

use std::fmt::Display;

/// `1 effect`, `2 effects`.
pub fn counted<N: Display + From<u8> + PartialEq>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}
