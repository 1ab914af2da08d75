//! Where a debug build dies on demand, as if by `kill -9`: tests of recovery name a point, and the how-manyth time it
//! is reached, in `BEADLE_CRASH_AT` (`after-send:3`). Release builds know nothing of it.

/// A moment between two steps of a write, or of what a webhook was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The intent is durable, nothing has left.
    AfterIntent,
    /// The platform has answered, and nobody has read it.
    AfterSend,
    /// The platform's job is durable, nobody has asked after it.
    AfterAccept,
    /// The job has ended, and nobody has written it down.
    AfterEnd,
    /// The answer is understood and not yet written down.
    BeforeSettle,
    /// One piece of several is done.
    BetweenPieces,
    /// A delivery has come and nothing of it is stored.
    BeforeStored,
    /// A delivery is stored and not answered.
    AfterStored,
    /// A delivery's rest is fetched, nothing is read again.
    AfterFetched,
    /// All of a delivery is read again, nothing of it is written down.
    BeforeAsked,
    /// Runs are asked for, and nobody knows yet.
    AfterAsked,
}

#[cfg(not(debug_assertions))]
pub(crate) const fn reach(_point: Point) {}

#[cfg(debug_assertions)]
pub(crate) use on_demand::reach;

#[cfg(debug_assertions)]
mod on_demand {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// The point, and which time of reaching it is the last.
    #[expect(clippy::disallowed_methods, reason = "no setting: it exists for the tests of debug builds")]
    static AT: LazyLock<Option<(Point, u64)>> = LazyLock::new(|| read(&std::env::var("BEADLE_CRASH_AT").ok()?));
    static TIMES: AtomicU64 = AtomicU64::new(0);

    /// Dies here, if it was asked to.
    pub(crate) fn reach(point: Point) {
        if let Some((at, time)) = *AT
            && at == point
            && TIMES.fetch_add(1, Ordering::Relaxed) + 1 == time
        {
            std::process::abort();
        }
    }

    fn read(text: &str) -> Option<(Point, u64)> {
        let (word, time) = text.split_once(':').unwrap_or((text, "1"));
        let point = match word {
            "after-intent" => Point::AfterIntent,
            "after-send" => Point::AfterSend,
            "after-accept" => Point::AfterAccept,
            "after-end" => Point::AfterEnd,
            "before-settle" => Point::BeforeSettle,
            "between-pieces" => Point::BetweenPieces,
            "before-stored" => Point::BeforeStored,
            "after-stored" => Point::AfterStored,
            "after-fetched" => Point::AfterFetched,
            "before-asked" => Point::BeforeAsked,
            "after-asked" => Point::AfterAsked,
            _ => return None,
        };
        Some((point, time.parse().ok()?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_is_named_with_or_without_a_time() {
            assert_eq!(read("after-send"), Some((Point::AfterSend, 1)));
            assert_eq!(read("between-pieces:7"), Some((Point::BetweenPieces, 7)));
            assert_eq!(read("sometime"), None);
        }
    }
}
