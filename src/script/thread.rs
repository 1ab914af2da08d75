//! A thread of its own for each run: the stack is made for the depth that scripts may have, and a panic ends the run only.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Debug builds use several times the stack of release builds.
const STACK: usize = if cfg!(debug_assertions) { 64 << 20 } else { 16 << 20 };

/// Why a thread gave no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// The system made no thread.
    #[error("cannot start a thread for the script: {0}")]
    NotStarted(#[from] std::io::Error),
    /// A host function panicked.
    #[error("beadle itself failed inside of a call: {0}; please report this")]
    Panicked(String),
}

/// Does the work on a thread of its own and waits for its end.
pub(crate) fn on_its_own<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Lost> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("script".into()).stack_size(STACK);
        let thread = builder.spawn_scoped(scope, || catch_unwind(AssertUnwindSafe(work)))?;
        match thread.join().unwrap_or_else(|panic| resume_unwind(panic)) {
            Ok(value) => Ok(value),
            Err(panic) => Err(Lost::Panicked(words(panic.as_ref()))),
        }
    })
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_work_and_not_the_process() {
        assert_eq!(on_its_own(|| 7).unwrap(), 7);
        let lost = on_its_own(|| -> u8 { panic!("no {}", "way") }).unwrap_err();
        assert_eq!(lost.to_string(), "beadle itself failed inside of a call: no way; please report this");
    }
}
