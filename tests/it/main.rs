//! Everything that is tested from the outside, in one binary.
#![expect(clippy::disallowed_methods, reason = "tests set their scene with files, variables and programs")]

#[cfg(test)]
mod builder;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod reference;
