//! When processes die, and who starts them again.

use std::fmt;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::community::Community;
use crate::contenders::Contender;

/// Between two looks at the platform.
const LOOK: Duration = Duration::from_micros(500);
/// A kill comes after fewer further mails than this; with none, it comes while the process starts.
const MAILS: u64 = 8;
/// And then within so many milliseconds: longer than one invitation takes, so that every moment of it is met.
const WITHIN_ONE: u64 = 14;
const WITHIN_A_START: u64 = 60;

/// One death: so many mails after the start of the process, and so long after that.
#[derive(Clone, Copy)]
pub struct Kill {
    mails: usize,
    pause: Duration,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.mails, self.pause.as_millis())
    }
}

/// The same numbers on every machine (splitmix64).
pub fn drawn(seed: u64, kills: usize) -> Vec<Kill> {
    let mut state = seed;
    let mut below = |bound: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (number ^ (number >> 31)) % bound
    };
    let kill = |_| {
        let mails = below(MAILS);
        let pause = below(if mails == 0 { WITHIN_A_START } else { WITHIN_ONE });
        Kill { mails: mails as usize, pause: Duration::from_millis(pause) }
    };
    (0..kills).map(kill).collect()
}

/// Starts the contender until it says that it has finished. Returns how often it was killed before, and how long it took.
pub fn survive(contender: &mut dyn Contender, community: &Community, kills: &[Kill]) -> Outcome<(usize, Duration)> {
    let began = Instant::now();
    let mut killed = 0;
    for kill in kills {
        let mut child = contender.start()?.spawn()?;
        if !reached(&mut child, community, community.taken() + kill.mails)? {
            contender.finished(child.wait()?)?;
            return Ok((killed, began.elapsed()));
        }
        std::thread::sleep(kill.pause);
        // SIGKILL: nothing in the process can react to it.
        child.kill()?;
        child.wait()?;
        killed += 1;
    }
    let status = contender.start()?.status()?;
    contender.finished(status)?;
    Ok((killed, began.elapsed()))
}

/// Waits until the platform has taken so many invitations; `false` if the process has ended before.
fn reached(child: &mut Child, community: &Community, target: usize) -> Outcome<bool> {
    while community.taken() < target {
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        std::thread::sleep(LOOK);
    }
    Ok(true)
}
