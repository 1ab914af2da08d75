//! tests
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must panic")]

mod arguments;
mod mobilize_adapter;
mod mobilize_document;
mod mobilize_examples;
mod pieces;
