//! One write on the wire: sent under a permit, tried again only where nothing can have happened or where the same call
//! twice is the same as once.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::Instrument as _;

use super::crash::{self, Point};
use super::transport::{Lost, Reply, Writes};
use super::{Client, Error, Policy, Way, traced};
use crate::catalog::{Call, Code, Consequence, Fault, Piece, Repeat};
use crate::effects::Permit;
use crate::events::Level;
use crate::wire::{self, Request};

/// A write that converges is sent again only this long after its first try; later somebody may have changed things.
const SAME_BREATH: Duration = Duration::from_secs(15 * 60);

/// What became of a write.
pub(super) enum Sent {
    /// The platform says it worked.
    Worked(Bytes),
    /// Nothing happened, for this reason.
    Failed(Error),
    /// Nobody knows, for this reason.
    Unsure(Error),
}

impl Client {
    /// Sends a piece until its end is known or is known to be in doubt. Settles nothing.
    pub(super) async fn send(&self, piece: &Piece, permit: &Permit) -> Sent {
        let call = &piece.call;
        let mut request = wire::build(call);
        let converges = call.op.write(&call.args).is_some_and(|write| write.repeat == Repeat::Converges);
        let (mut waits, mut busy) = (self.policy().waits(), Policy::looks(self.policy().follow));
        let began = Instant::now();
        let (mut unsure_before, mut busy_since) = (permit.carries_on(), None);
        let Way::Send(writes) = &self.0.parts.way else {
            let words = "a plan sends nothing; this permit should not exist";
            return Sent::Failed(Error::new(call, "planned", words));
        };
        let mut resent = 0;
        loop {
            let written = self.write_once(call, &request, (writes.as_ref(), permit), resent).await;
            resent += 1;
            let sent = match written {
                Ok(answer) => self.end(piece, answer, unsure_before),
                Err(ended) => Sent::Failed(ended),
            };
            let wait = match &sent {
                Sent::Failed(error) if error.code == Code::Busy.as_str() => {
                    self.tell_waiting(call, error, &mut busy_since);
                    busy.next()
                }
                Sent::Failed(error) if error.retryable => waits.next(),
                Sent::Unsure(error) if converges && error.retryable && began.elapsed() < SAME_BREATH => waits.next(),
                _ => None,
            };
            unsure_before |= matches!(sent, Sent::Unsure(_));
            let last = match (sent, wait) {
                (Sent::Failed(error) | Sent::Unsure(error), Some(wait)) => match self.wait(call, &error, wait).await {
                    Ok(()) => match self.united_anew(call).await {
                        Ok(anew) => {
                            request = anew.map_or(request, |call| wire::build(&call));
                            continue;
                        }
                        Err(error) => Sent::Failed(error),
                    },
                    Err(too_long) => Sent::Failed(too_long),
                },
                (Sent::Failed(error), None) if error.code == Code::Busy.as_str() => Sent::Failed(self.waited(error)),
                (sent, _) => sent,
            };
            return match last {
                // The last try failed for certain, but one before it may have arrived.
                Sent::Failed(error) if unsure_before => Sent::Unsure(error),
                other => other,
            };
        }
    }

    /// The platform does one such work at a time, and another one is under way: said once, then as progress.
    fn tell_waiting(&self, call: &Call, error: &Error, since: &mut Option<Instant>) {
        let patience = self.policy().follow.as_secs();
        if let Some(since) = since {
            self.events().progress("seconds waited", since.elapsed().as_secs().min(patience), patience);
            return;
        }
        *since = Some(Instant::now());
        let what = match call.op.whole {
            Some(whole) => format!("another roster of group {}", call.args.text(whole.group)),
            None => format!("another {}", call.op.name()),
        };
        let line =
            format!("{what} is being worked on, and its end is waited for, {patience} s at most ({})", error.message);
        self.events().say(Level::Info, line);
    }

    /// The other work did not end in time.
    fn waited(&self, error: Error) -> Error {
        let patience = self.policy().follow.as_secs();
        let message =
            format!("{}; its end was waited for, {patience} s: run this again when it has ended", error.message);
        Error { message, ..error }
    }

    /// One try: once more with another token where the platform refused the first one, since then nothing has happened. An
    /// error is a run that was ended before it.
    async fn write_once(
        &self,
        call: &Call,
        request: &Request,
        (writes, permit): (&dyn Writes, &Permit),
        resent: u32,
    ) -> Result<Result<Reply, Lost>, Error> {
        let (mut request, mut renewed) = (request.clone(), false);
        loop {
            let asked = Instant::now();
            let turn = self.turn().await?;
            let (waited, start) = (turn.waited, Instant::now());
            let span = self.exchange(call, &request, resent + u32::from(renewed), start - asked);
            let answer = writes.write(request.clone(), permit).instrument(span.clone()).await;
            crash::reach(Point::AfterSend);
            traced::answered(&span, &answer);
            drop((span, turn));
            self.note_call(call, waited, start, answer.as_ref().ok());
            let Ok(reply) = &answer else { return Ok(answer) };
            let Some(fault) = self.judge(call, reply).err().filter(|_| !renewed) else { return Ok(answer) };
            match self.signed_anew(&fault, reply).await {
                Ok(true) => renewed = true,
                Ok(false) => return Ok(answer),
                Err(lost) => return Ok(Err(lost)),
            }
            if let Some(anew) = self.united_anew(call).await? {
                request = wire::build(&anew);
            }
        }
    }

    /// Reads the end of one try.
    fn end(&self, piece: &Piece, answer: Result<Reply, Lost>, unsure_before: bool) -> Sent {
        let call = &piece.call;
        let reply = match answer {
            Ok(reply) => reply,
            Err(lost @ Lost::Unknown(_)) => return Sent::Unsure(self.unreached(call, &lost)),
            Err(lost) => return Sent::Failed(self.unreached(call, &lost)),
        };
        let judged = self.judge(call, &reply);
        let reply =
            Reply { body: wire::unwrapped(reply.body.clone(), call.op.inside.filter(|_| judged.is_ok())), ..reply };
        match judged {
            Ok(()) => match call.op.follow {
                Some(follow) if Self::job_in(&follow, &reply.body).is_none() => {
                    let words = format!("the answer names no `{}`", follow.job);
                    Sent::Unsure(Error::new(call, Code::Unreadable.as_str(), words))
                }
                _ => Sent::Worked(wire::granted(call, reply.body)),
            },
            Err(fault) if unsure_before && gone(piece, &fault) => {
                Sent::Worked(Bytes::from_static(b"{\"success\":true}"))
            }
            Err(fault) => {
                let error = self.refused(call, &fault, &reply);
                match fault.doubtful {
                    true => Sent::Unsure(error),
                    false => Sent::Failed(error),
                }
            }
        }
    }
}

/// Whether "not found" is what a removal that was sent before wanted.
fn gone(piece: &Piece, fault: &Fault) -> bool {
    let removes = piece.call.op.write(&piece.call.args).map(|write| write.consequence);
    piece.call.platform.adapter.not_found_is_removed()
        && fault.code == Code::NotFound
        && !fault.foreign
        && matches!(removes, Some(Consequence::Removes | Consequence::Deletes))
}
