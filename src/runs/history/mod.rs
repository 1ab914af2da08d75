//! What is told of runs that were, of one person, and of doubts: text for people, JSON for programs. Pure; whoever
//! reads the store hands in its rows page by page.

mod doubts;
mod listing;
mod next;
mod person;
mod shown;
mod words;

pub use doubts::{Doubts, Verdict, settled_json, settled_text};
pub use listing::{Counts, Listed};
pub use person::Person;
pub use shown::{Samples, Shown, log_json};
pub use words::{Owner, Times, effect_json, effect_line, standing, trace_json};
