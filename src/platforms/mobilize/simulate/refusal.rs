//! What Mobilize refuses, in its several forms.

use serde_json::{Value, json};

use super::super::errors;
use crate::world::WorldError;

/// A refusal: HTTP status and body.
#[derive(Debug)]
pub struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    /// The form with `status_code`.
    pub fn new(status: u16, message: impl AsRef<str>) -> Self {
        Self { status, body: errors::body(status, message.as_ref()) }
    }

    /// A group that is not there: a plain "not found" comes as HTTP 500.
    pub fn no_group(id: &str) -> Self {
        Self::new(500, format!("Couldn't find Group with 'id'={id}"))
    }

    /// A user that is not there: 404 with `error_code`.
    pub fn no_user(id: &str) -> Self {
        let message = format!("User id({id}) is not exist.");
        Self { status: 404, body: json!({ "error_code": 404, "error_message": message }) }
    }

    /// The document's HTTP 400 whose body says 404.
    pub fn user_missing() -> Self {
        let message = "User id is missing, please validate your request.";
        Self { status: 400, body: json!({ "error_code": 404, "error_message": message }) }
    }

    /// An argument that must be there.
    pub fn missing(status: u16, name: &str) -> Self {
        Self::new(status, format!("'{name}' property is missing, please validate your request."))
    }

    /// An argument that cannot be understood.
    pub fn invalid(name: &str) -> Self {
        Self::new(422, format!("'{name}' property is invalid, please validate your request."))
    }

    /// Status and body.
    pub fn into_answer(self) -> (u16, Value) {
        (self.status, self.body)
    }
}

impl From<WorldError> for Refusal {
    /// Statuses beyond the document's own examples are ours: the document shows none for these.
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::NameTaken(_) => Self::new(400, "This group name already exists in your network."),
            WorldError::NoGroup(id) => Self::no_group(&id.to_string()),
            WorldError::NoUser(id) => Self::no_user(&id.to_string()),
            WorldError::NoManager(email) => Self::new(
                400,
                format!(
                    "Manager {email} should be registered in the system and at least member of your current group."
                ),
            ),
            WorldError::BadEmail(_) => Self::new(422, "Email is invalid."),
            WorldError::EmailTaken(_) => Self::new(422, "Email has already been taken."),
            WorldError::Busy(_) => {
                Self::new(400, "Another bulk is in progress, you can only use one bulk api at a time.")
            }
            WorldError::NotMember(id) => {
                Self::new(400, format!("Sender {id} is not an authorized member of the group."))
            }
        }
    }
}
