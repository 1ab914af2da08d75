//! `[notify]` of a job: who is told, how, and after how many failures.

use super::Ping;
use crate::settings::Secret;

/// Who is told when a job fails, recovers or is overdue.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// After so many failures in a row; 0 and 1 are the first.
    pub after: u32,
    /// Where a message is posted; its address is a secret.
    pub webhook: Option<(Shape, Secret)>,
    /// A program and its arguments; the message is on its standard input.
    pub command: Option<Vec<String>>,
    /// An address that gets a mail, through `[mail]` of the settings.
    pub mail: Option<String>,
    /// The outside heartbeat.
    pub ping: Option<Ping>,
}

/// What a posted message looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All that is known, as an object.
    Json,
    /// A message of Slack's incoming webhooks.
    Slack,
    /// A message of Teams' incoming webhooks.
    Teams,
}
