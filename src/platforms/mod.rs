//! The platforms, one folder each. A new one is a folder and two lines here.

mod aveva;
mod heartbeat;
mod hivesocial;
mod mobilize;
mod vitable;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::catalog::Platform;

/// Every platform that beadle knows; the first is the default one.
pub const ALL: &[&Platform] =
    &[&mobilize::PLATFORM, &heartbeat::PLATFORM, &aveva::PLATFORM, &hivesocial::PLATFORM, &vitable::PLATFORM];

/// Platforms of this process alone.
static MORE: OnceLock<&'static [&'static Platform]> = OnceLock::new();

/// Every platform of this process: [`ALL`], and those that a program of its own has brought along with [`also`].
pub fn all() -> impl Iterator<Item = &'static Platform> + Clone {
    ALL.iter().chain(MORE.get().copied().unwrap_or_default()).copied()
}

/// Brings platforms along, once, before anything asks for one; `false` where that was done already.
pub fn also(more: &'static [&'static Platform]) -> bool {
    MORE.set(more).is_ok()
}

/// The platform of this name.
pub fn named(name: &str) -> Option<&'static Platform> {
    all().find(|platform| platform.name == name)
}

/// What deletes or destroys for good on any of them, by the names under which a job's file allows it: `users.delete`,
/// `hard_delete`, …
pub fn powers() -> BTreeSet<String> {
    all().flat_map(|platform| platform.ops).flat_map(|op| op.powers()).collect()
}
