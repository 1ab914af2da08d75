//! A person as somebody wants them to be: an address and the fields that are named.

use super::Email;

/// Field name (`first_name`) to its text, in the order of the source. A field that is not here is left alone.
pub type Fields = Vec<(String, String)>;

/// A person that a roster names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub email: Email,
    /// What is known of them, without the address.
    pub fields: Fields,
    /// The line of the source on which the person's row begins, 1 is the first; 0 when there is none.
    pub line: u64,
}

impl Person {
    /// A field's text, `None` when the source does not name it.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
