//! Hands the arguments to the library and turns its end into an exit code.

fn main() {}
