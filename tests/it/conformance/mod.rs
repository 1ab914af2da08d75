//! What every platform must do, driven by its table and its adapter: lists to their end, writes, refusals, faults, doubts,
//! plans, undo, rosters, invitations. A platform that is added to `platforms::ALL` is held to it without a line here; what it
//! does not have is passed over only where it says why.

mod faults;
mod lists;
mod planning;
mod refusals;
mod rosters;
mod samples;
mod stage;

use beadle::catalog::Platform;
use beadle::platforms;

use crate::toy;

/// All that ship, and one that does not.
pub fn all() -> impl Iterator<Item = &'static Platform> {
    platforms::ALL.iter().copied().chain([&toy::PLATFORM])
}

/// Asks each platform, side by side; the first that fails says which it was.
fn each(ask: impl Fn(&'static Platform) + Sync) {
    std::thread::scope(|scope| {
        let ask = &ask;
        let asked: Vec<_> = all().map(|platform| (platform.name, scope.spawn(move || ask(platform)))).collect();
        let failed: Vec<_> =
            asked.into_iter().filter_map(|(name, ended)| ended.join().is_err().then_some(name)).collect();
        assert!(failed.is_empty(), "not as every platform: {failed:?}");
    });
}
