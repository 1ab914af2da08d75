//! tests

mod arguments;
mod mobilize_adapter;
mod mobilize_document;
mod mobilize_examples;
mod pieces;
