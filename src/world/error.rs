//! Why the community did not take a change. The simulations say it in their platform's words.

/// What stands against a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Another group has this name.
    #[error("another group is called `{0}`")]
    NameTaken(String),
    /// No such group.
    #[error("there is no group {0}")]
    NoGroup(u64),
    /// No such person.
    #[error("there is no person {0}")]
    NoUser(u64),
    /// Nobody with this address may manage the group.
    #[error("`{0}` is not a registered member of the group above")]
    NoManager(String),
    /// Not an address.
    #[error("`{0}` is not an e-mail address")]
    BadEmail(String),
    /// Somebody else has this address.
    #[error("somebody else has the address `{0}`")]
    EmailTaken(String),
    /// A job is still being worked on.
    #[error("job {0} is still in progress")]
    Busy(String),
    /// This person cannot send in the group's name.
    #[error("person {0} is not a member of the group")]
    NotMember(u64),
}
