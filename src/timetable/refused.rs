//! Why an expression is none, where in it that stands, and what to write instead.

use std::fmt;
use std::ops::Range;

use super::Field;

/// An expression that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// The whole expression.
    pub expression: String,
    /// The field it is about; `None` where it is about all of them.
    pub field: Option<Field>,
    /// The bytes of the expression that it is about.
    pub at: Range<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub fix: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.expression[..self.at.start].chars().count() + 1;
        match self.field {
            Some(field) => write!(f, "{field} (field {} of 5), position {position}: ", field.number())?,
            None if self.at.start > 0 => write!(f, "position {position}: ")?,
            None => {}
        }
        write!(f, "{}; {}", self.problem, self.fix)
    }
}
