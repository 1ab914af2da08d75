//! What a job's process may use up, whatever its script does: the system ends the process, not the machine.
//!
//! The script's own limit on memory (`script::Limits`) is counted and comes first; a single step between two counts may
//! still ask for any amount. So the system gives the process no more than that limit, half of it again for what an allocator
//! loses between blocks, and a fixed part for what is no script: threads and their stacks, the store's pages, answers that
//! are being read. Anonymous memory is what is limited (`RLIMIT_DATA`): address space that was only reserved harms nobody.
//! Beyond it an allocation fails, the process aborts, and whoever started it writes down what became of the run.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For what is no script. Debug builds have stacks of a larger size.
const FIXED: u64 = 512 << 20;

/// So much memory a process gets whose script may hold so much.
const fn room(script: u64) -> u64 {
    script.saturating_add(script / 2).saturating_add(FIXED)
}

/// Confines this process. Limits that hold already and are closer stay. An aborting process leaves no picture of its
/// memory behind, which would show secrets.
#[cfg(unix)]
pub(super) fn confine(script: u64) -> Result<(), String> {
    let limit = |resource, wanted: u64| {
        let now = getrlimit(resource);
        let wanted = now.maximum.map_or(wanted, |most| most.min(wanted));
        let soft = now.current.map_or(wanted, |current| current.min(wanted));
        setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(wanted) })
    };
    let done = limit(Resource::Data, room(script)).and_then(|()| limit(Resource::Core, 0));
    done.map_err(|error| format!("failed to limit the memory of this process: {error}"))
}

/// Nothing on systems that have no such limits: the script's own holds.
#[cfg(not(unix))]
pub(super) fn confine(_script: u64) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_beside_what_a_script_may_hold() {
        assert_eq!(room(1 << 30), (3 << 29) + FIXED);
        assert_eq!(room(u64::MAX), u64::MAX);
    }
}
