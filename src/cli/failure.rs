//! How a command ends: exit codes with a fixed meaning, and failures that say what to type next.

use std::fmt;

use crate::{reference, settings};

/// What the process tells its caller. The numbers are promises: scripts and schedulers compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// Done, nothing left over.
    Done = 0,
    /// Failed: the platform, the network or the script.
    Failed = 1,
    /// Wrong usage or settings. Nothing was sent.
    Usage = 2,
    /// Changes are pending.
    Pending = 3,
    /// Held by a brake before the first change.
    Held = 4,
    /// Done, but rows were rejected or effects failed.
    Partial = 5,
    /// Effects are in doubt: a person must look.
    InDoubt = 6,
    /// Not run: something else was running.
    Skipped = 7,
    /// Interrupted; can be resumed.
    Interrupted = 130,
}

/// Which code is told when several hold: the first of these.
const ORDER: [Code; 9] = [
    Code::Interrupted,
    Code::Usage,
    Code::Failed,
    Code::Held,
    Code::InDoubt,
    Code::Partial,
    Code::Pending,
    Code::Skipped,
    Code::Done,
];

impl Code {
    /// The one to tell where several hold; `Done` where none does.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        let rank = |code: &Self| ORDER.iter().position(|known| known == code).unwrap_or(ORDER.len());
        codes.into_iter().min_by_key(rank).unwrap_or(Self::Done)
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// An expected end that is not a good one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What happened and where.
    pub message: String,
    /// What to do or type next, where that is known.
    pub hint: Option<String>,
}

impl Failure {
    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "type": "failure",
            "exit": self.code.number(),
            "message": self.message,
            "next": self.hint,
        })
    }

    /// Wrong usage or settings.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with(Code::Usage, message)
    }

    /// Something failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::with(Code::Failed, message)
    }

    /// An end with this code.
    pub fn with(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// Adds what to do next.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Self {
        Self { code: Code::Usage, message: error.to_string(), hint: error.next_step().map(str::to_owned) }
    }
}

impl From<reference::Unknown> for Failure {
    fn from(error: reference::Unknown) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_several_codes_hold_the_order_of_the_contract_decides() {
        let mut left = vec![
            Code::Done,
            Code::Pending,
            Code::Partial,
            Code::InDoubt,
            Code::Held,
            Code::Failed,
            Code::Usage,
            Code::Interrupted,
        ];
        let mut told = Vec::new();
        while !left.is_empty() {
            let worst = Code::worst(left.iter().copied());
            told.push(worst.number());
            left.retain(|code| *code != worst);
        }
        assert_eq!(told, [130, 2, 1, 4, 6, 5, 3, 0]);
        assert_eq!(Code::worst([]), Code::Done);
        assert_eq!(Code::worst([Code::Skipped, Code::Done]).number(), 7);
    }
}
