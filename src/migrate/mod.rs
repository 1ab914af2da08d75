//! People move house: the groups of one account with their people, made so on another, whatever the two platforms are.
//!
//! Its one rule: nothing is lost in silence. What has no place on the other side is a row of [`Unmapped`], and [`verify`]
//! names every difference that is left. Everything is written through the rosters' own flow and the other side's door:
//! so it is planned, held, resumed and settled as any other work, and a second run finds what is done already.

mod asked;
mod compare;
mod counterpart;
mod groups;
mod links;
mod look;
mod losses;
mod mails;
mod newcomers;
mod people;
mod place;
mod prepare;
mod run;
mod sheet;
mod side;
mod stops;
mod unmapped;
mod verify;
mod who;
mod whole;
mod wish;

pub use compare::{Difference, Kind};
pub use look::{Looked, look};
pub use newcomers::Welcomed;
pub use people::Carried;
pub use place::{GroupPlace, Place};
pub use run::{Moved, MovedGroup, run};
pub use unmapped::Unmapped;
pub use verify::{By, Verified, VerifiedGroup, verify};
pub use who::found;
pub use wish::{Chosen, Existing, Selection, Wish};

/// Kinds of the map of who is who.
pub const GROUP: &str = "group";
/// See [`GROUP`].
pub const PERSON: &str = "person";
/// Somebody who has no account on the other side yet: the target is their address. See [`GROUP`].
pub const PENDING: &str = "pending";
/// All kinds.
pub const KINDS: [&str; 3] = [GROUP, PERSON, PENDING];
