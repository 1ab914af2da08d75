//! Runs scripts: the engines, the nouns derived from the platforms' tables, the library, imports, errors.
//! A script reaches the world only through a [`Door`], and each run only its own.

mod args;
mod call;
mod cancel;
mod context;
mod declare;
mod door;
mod errors;
mod files;
mod hijack;
mod kit;
mod library;
mod list;
mod nouns;
mod resolve;
mod run;
#[cfg(test)]
mod tests;
mod thread;
mod values;
mod words;

pub use args::{ArgProblem, Argument, Declared, Kind};
pub use cancel::{Cancel, Stop};
pub use context::{Doors, Facts, Gauge, Limits, Run, Start};
pub use door::{Door, IfExists, Rows, Thrown, With};
pub use errors::ScriptError;
pub use kit::EngineKit;
pub use library::{Parts, Section};
pub use run::{Ended, Script, execute};
