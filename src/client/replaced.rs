//! Writes that may be sent although nobody knows of an earlier one like them. Its one rule: the earlier one stays in doubt
//! until the later one has happened.

use super::Client;
use super::question::written;
use crate::catalog::{Doubt, Piece, Repeat, Verdict};

impl Client {
    /// Whether the write may be sent although nobody knows of an earlier one: a second time changes nothing more, and
    /// nobody can have changed the same in between. The earlier one stays in doubt until this one has happened.
    pub(super) fn is_sent_again(&self, piece: &Piece, doubt: &Doubt, verdict: &Verdict) -> bool {
        let converges = self.operation(doubt).and_then(written).is_some_and(|write| write.repeat == Repeat::Converges);
        let same = doubt.operation == piece.call.op.name() && doubt.job.is_none();
        same && converges && self.is_at_once(doubt) && matches!(verdict, Verdict::Unknown(_))
    }
}

/// Whether this write hands over everybody anew and the doubt is an earlier list of the same group that nobody can ask
/// after: what is sent now holds whatever became of it. It stays a doubt until this one has happened, and the brakes have
/// weighed this one against both ([`crate::effects::Ledger::rosters`]).
pub(super) fn is_replaced(piece: &Piece, doubt: &Doubt, verdict: &Verdict) -> bool {
    let same = piece.call.op.whole.is_some() && doubt.operation == piece.call.op.name();
    same && doubt.job.is_none() && matches!(verdict, Verdict::Unknown(_))
}

/// A roster whose answer was lost, and what can be done about it.
pub(super) fn unknown_roster(piece: &Piece) -> String {
    let group = piece.call.op.whole.map(|whole| piece.call.args.text(whole.group)).unwrap_or_default();
    format!(
        "nobody knows whether the roster of group {group} was applied: no trustworthy answer came, and nothing there shows \
         it; the next roster of the group that is applied takes its place, or look there and settle it: `beadle doubts`"
    )
}
