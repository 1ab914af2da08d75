//! Work that goes on after the call: how it is asked after, and how its end is known.

/// How work that goes on after the call is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    /// The key of the answer that holds the job's id.
    pub job: &'static str,
    /// The operation that tells how far it is, as noun and verb; of its parameters, the first that the call itself does not
    /// have is the job's id.
    pub status: (&'static str, &'static str),
    /// JSON pointers to the state's word in its answer, tried in order.
    pub state: &'static [&'static str],
    /// Words that mean: finished well.
    pub done: &'static [&'static str],
    /// Words that mean: it failed.
    pub failed: &'static [&'static str],
    /// JSON pointer to what is `null` until the work has ended, where no word says it.
    pub ends: Option<&'static str>,
    /// JSON pointer to a list of ids in the finished answer, merged when a batch was cut.
    pub merged: &'static str,
}
