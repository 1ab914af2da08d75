//! The end of what a process says. All of it is read at once, so that the process never waits for a reader; the end of it is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are kept.
const KEPT: usize = 64 << 10;

/// The end of a stream.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Tail {
    /// Reads the stream to its end.
    pub(super) async fn follow(self, mut stream: impl AsyncRead + Unpin) {
        let mut piece = vec![0; 8 << 10];
        // A pipe that cannot be read has nothing more to say.
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            self.take(&piece[..read]);
        }
    }

    fn take(&self, piece: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes.extend(piece);
        let over = kept.bytes.len().saturating_sub(KEPT);
        kept.bytes.drain(..over);
        kept.dropped += over as u64;
    }

    /// What was kept, from the first whole line on, behind a line that says how much was dropped.
    pub(super) fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { bytes, dropped } = &mut *kept;
        let bytes = &*bytes.make_contiguous();
        if *dropped == 0 {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let torn = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(&bytes[torn..]);
        format!("({} bytes before this were dropped)\n{text}", *dropped + torn as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fits_is_kept_whole() {
        let tail = Tail::default();
        tail.clone().follow("one\ntwo\n".as_bytes()).await;
        assert_eq!(tail.text(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn of_more_the_end_is_kept_and_the_rest_is_counted() {
        let all: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        let tail = Tail::default();
        tail.clone().follow(all.as_bytes()).await;
        let text = tail.text();
        let (first, rest) = text.split_once('\n').unwrap();
        assert!(all.ends_with(rest) && rest.starts_with("line ") && rest.len() <= KEPT && rest.len() > KEPT - 20);
        assert_eq!(first, format!("({} bytes before this were dropped)", all.len() - rest.len()));
    }
}
