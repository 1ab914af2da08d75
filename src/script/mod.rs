//! Runs scripts: the engines, the nouns derived from the platforms' tables, the library, imports, errors.
//! A script reaches the world only through a [`Door`], and each run only its own.

mod args;
mod before;
mod call;
mod cancel;
mod context;
mod declare;
mod door;
mod errors;
mod files;
mod kit;
mod later;
mod library;
mod list;
mod nouns;
mod planning;
mod powers;
mod resolve;
mod run;
mod start;
#[cfg(test)]
mod tests;
mod thread;
mod trace;
mod values;
mod words;

pub use args::{ArgProblem, Argument, Declared, Kind};
pub use cancel::{Cancel, Stop};
pub use context::Run;
pub use door::{Door, IfExists, Rows, Thrown, With};
pub use errors::ScriptError;
pub use kit::EngineKit;
pub use library::{Entry, Parts, Section, WouldBe, entries};
pub use run::{Ended, Script, execute};
pub use start::{Doors, Facts, Gauge, JobFacts, Limits, Start};
