//! tests

mod mobilize_document;
mod mobilize_examples;
