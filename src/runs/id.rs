//! Names of runs: when they began and a few letters that keep two apart; short enough to be typed.

use jiff::Timestamp;

/// Letters and digits that are not mistaken for each other.
const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new run's id: `20261122-0158-k3f9`.
pub fn new_id(at: Timestamp) -> String {
    id::<4>(at)
}

/// The id of a run that a schedule starts: longer, for thousands of them may begin in one minute.
pub fn new_scheduled_id(at: Timestamp) -> String {
    id::<8>(at)
}

fn id<const SIGNS_EACH: usize>(at: Timestamp) -> String {
    let mut bytes = [0_u8; SIGNS_EACH];
    // Without randomness the nanoseconds keep two runs apart well enough.
    if getrandom::fill(&mut bytes).is_err() {
        let nanoseconds = at.subsec_nanosecond().to_le_bytes();
        bytes.iter_mut().zip(nanoseconds.iter().cycle()).for_each(|(byte, nanosecond)| *byte = *nanosecond);
    }
    id_of(at, &bytes)
}

/// The id of a run that begins at this time and differs from others by these bytes, a sign for each of them.
pub fn id_of(at: Timestamp, bytes: &[u8]) -> String {
    let tail: String = bytes.iter().map(|byte| char::from(SIGNS[usize::from(byte % 32)])).collect();
    format!("{}-{tail}", at.strftime("%Y%m%d-%H%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_minute_and_two_differ() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let ids: std::collections::HashSet<String> = (0..50).map(|_| new_id(at)).collect();
        assert!(ids.len() > 45);
        assert!(ids.iter().all(|id| id.starts_with("20231114-2213-") && id.len() == 18));
    }
}
