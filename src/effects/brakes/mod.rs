//! When a run is held before it does too much. Pure: figures and limits in, holds out. A sync, a plan and a script that
//! writes by itself are judged by the same functions; who asks collects the figures.

mod figures;
mod hold;
mod judge;
mod rules;
#[cfg(test)]
mod tests;
mod whole;

pub use figures::{Changes, Figures, LastRoster, Leaving, Mails, Removals, Roster, WallClock, WholeRoster};
pub use hold::{Brake, Commands, Hold, Holds, Leave, Moment, flags, text};
pub use judge::judge;
pub use rules::{ADMINISTRATORS, Attendance, Named, Powers, Protection, Rules};
