//! The platforms, one folder each. A new one is a folder and two lines here.

mod aveva;
mod heartbeat;
mod hivesocial;
mod mobilize;
mod vitable;

use crate::catalog::Platform;

/// Every platform that beadle knows; the first is the default one.
pub const ALL: &[&Platform] =
    &[&mobilize::PLATFORM, &heartbeat::PLATFORM, &aveva::PLATFORM, &hivesocial::PLATFORM, &vitable::PLATFORM];

/// The platform of this name.
pub fn named(name: &str) -> Option<&'static Platform> {
    ALL.iter().find(|platform| platform.name == name).copied()
}
