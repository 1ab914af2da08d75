//! tests

mod arguments;
mod mobilize_document;
mod mobilize_examples;
