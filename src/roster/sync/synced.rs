//! What a sync came to.

use crate::client::Error;
use crate::roster::Account;
use crate::tables::Rejected;

/// The account of a sync.
#[derive(Clone, Debug, Default)]
pub struct Synced {
    /// Every row and every member by class.
    pub account: Account,
    /// The columns of the file, for the file of refused rows.
    pub columns: Vec<String>,
    /// Rows that were refused, with the reason.
    pub rejected: Vec<Rejected>,
    /// People that were added.
    pub added: usize,
    /// Of these, how many had an account in the community before.
    pub existing: usize,
    /// People without an account who are pending users now: they come in when they first sign in.
    pub pending: usize,
    /// People whose fields were changed.
    pub changed: usize,
    /// People that were removed.
    pub removed: usize,
    /// People who were as wanted.
    pub same: usize,
    /// People who were invited.
    pub invited: usize,
    /// Of these, how many the platform has recorded already; the others are in its queue.
    pub recorded: usize,
    /// Invitations that were not sent: address and why.
    pub not_invited: Vec<(String, String)>,
    /// Writes that the platform refused: who and why.
    pub failed: Vec<(String, String)>,
    /// Why what was done differs from what the rows and members say, where it does: a sentence each.
    pub remarks: Vec<String>,
    /// Writes of which nobody knows whether they happened: who and why.
    pub in_doubt: Vec<(String, String)>,
    /// What is not as wanted after all was done.
    pub left: Vec<String>,
    /// Why the invitations ended early, or what is in doubt; everything else is done.
    pub ended: Option<Error>,
    /// Groups below that people left with this one: id and name, and how many.
    pub below: Vec<(String, u64)>,
    /// What this sync was allowed and the connection does not allow, a fragment each.
    pub loosened: Vec<String>,
    /// How refused rows come in once they are mended.
    pub mending: Mending,
}

/// How rows that were refused come in once they are mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mending {
    /// By themselves: the others are in.
    #[default]
    Alone,
    /// With the whole roster: none of it was sent.
    Whole,
}
