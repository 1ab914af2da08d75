//! Numbers of things, as people read them.

use std::fmt::Display;
use std::time::Duration;

/// `1 effect`, `2 effects`.
pub fn counted<N: Display + From<u8> + PartialEq>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

/// `20 s`, `1 h`, `1 h 30 min`, `2 d 1 h`: the two largest units; below a minute, seconds.
pub fn span(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        return if time.subsec_millis() == 0 { format!("{whole} s") } else { format!("{:.1} s", time.as_secs_f64()) };
    }
    let units = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(0);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// `256 MiB`, `1536 KiB`, `1000 B`: exactly, in the largest unit that has no rest, as settings take it.
pub fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_its_two_largest_units() {
        let told = |millis| span(Duration::from_millis(millis));
        let all = [0, 1_500, 20_000, 60_000, 90_000, 3_600_000, 3_601_000, 5_400_000, 176_400_000].map(told);
        assert_eq!(all, ["0 s", "1.5 s", "20 s", "1 min", "1 min 30 s", "1 h", "1 h", "1 h 30 min", "2 d 1 h"]);
    }

    #[test]
    fn a_size_is_told_exactly() {
        let all = [0, 1_000, 1 << 10, 3 << 19, 256 << 20, 2 << 30].map(size);
        assert_eq!(all, ["0 B", "1000 B", "1 KiB", "1536 KiB", "256 MiB", "2 GiB"]);
    }
}
