//! People, found by id and by address in any case.

use serde_json::Value;

use super::{Content, Membership, Values, World, WorldError};
use crate::model::Email;

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id.
    pub id: u64,
    /// The address as it was written.
    pub email: String,
    /// First name; may be empty.
    pub first_name: String,
    /// Last name; may be empty.
    pub last_name: String,
    /// The community's own fields, without names and address.
    pub values: Values,
    /// Whether they ever signed in.
    pub registered: bool,
    /// When the account was made, milliseconds since the epoch.
    pub created_ms: i64,
    /// When it was last changed, milliseconds since the epoch.
    pub updated_ms: i64,
    /// Their groups, in the order of joining.
    pub groups: Vec<Membership>,
    pub(super) arrival: u64,
}

/// An account that shall be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewUser {
    /// The address.
    pub email: String,
    /// Names and fields.
    pub values: Values,
    /// Whether they have signed in already.
    pub registered: bool,
}

impl User {
    /// First and last name, or the address where there is none.
    pub fn name(&self) -> String {
        match (self.first_name.is_empty(), self.last_name.is_empty()) {
            (true, true) => self.email.clone(),
            (false, true) => self.first_name.clone(),
            (true, false) => self.last_name.clone(),
            (false, false) => format!("{} {}", self.first_name, self.last_name),
        }
    }

    /// The membership in a group.
    pub fn membership(&self, group: u64) -> Option<&Membership> {
        self.groups.iter().find(|membership| membership.group == group)
    }

    /// Whether every one of these words (in lower case) is found in names, address or one of the fields.
    pub fn matches(&self, words: &[String]) -> bool {
        let mut texts = vec![self.name().to_lowercase(), self.email.to_lowercase()];
        texts.extend(self.values.values().map(|value| plain(value).to_lowercase()));
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

impl World {
    /// Somebody by id.
    pub fn user(&self, id: u64) -> Option<&User> {
        self.users.get(&id)
    }

    /// Somebody by address, in any case.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.get(self.by_email.get(&email.trim().to_lowercase())?)
    }

    /// How many accounts there are.
    pub fn user_count(&self) -> usize {
        self.everybody.len()
    }

    /// Everybody from this place on, in the order in which the accounts were made.
    pub fn users_from(&self, offset: usize) -> impl Iterator<Item = &User> {
        self.everybody.from(offset).filter_map(|id| self.users.get(&id))
    }

    /// Makes an account. It is in no group and nobody is written to.
    pub fn create_user(&mut self, new: NewUser, scope: Option<u64>) -> Result<u64, WorldError> {
        let email = Email::parse(&new.email).map_err(|_| WorldError::BadEmail(new.email.clone()))?;
        if self.by_email.contains_key(email.key()) {
            return Err(WorldError::EmailTaken(new.email));
        }
        let id = self.next_user;
        self.next_user += 1;
        let user = User {
            id,
            email: email.as_str().to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            values: Values::new(),
            registered: new.registered,
            created_ms: self.now_ms,
            updated_ms: self.now_ms,
            groups: Vec::new(),
            arrival: self.everybody.push(id),
        };
        self.by_email.insert(email.key().to_owned(), id);
        self.users.insert(id, user);
        let mut values = new.values;
        values.shift_remove("email");
        self.change_user(id, &values, scope)?;
        Ok(id)
    }

    /// Sets names, address and those fields that apply in the group (or anywhere); `null` clears one, fields that nobody
    /// defined are not kept.
    pub fn change_user(&mut self, id: u64, values: &Values, scope: Option<u64>) -> Result<(), WorldError> {
        if !self.users.contains_key(&id) {
            return Err(WorldError::NoUser(id));
        }
        if let Some(email) = values.get("email") {
            self.readdress(id, &plain(email))?;
        }
        let fields = self.fields_in(scope);
        let kept: Vec<(String, Option<Value>)> = values
            .iter()
            .filter_map(|(name, value)| {
                let field = fields.iter().find(|field| field.unique_name == *name)?;
                let kept = if value.is_null() { None } else { Some(field.kept(value)?) };
                Some((name.clone(), kept))
            })
            .collect();
        let now = self.now_ms;
        let Some(user) = self.users.get_mut(&id) else { return Err(WorldError::NoUser(id)) };
        for (name, value) in kept {
            match (name.as_str(), value) {
                ("email", _) => {}
                ("first_name", value) => user.first_name = value.as_ref().map(plain).unwrap_or_default(),
                ("last_name", value) => user.last_name = value.as_ref().map(plain).unwrap_or_default(),
                (_, Some(value)) => drop(user.values.insert(name, value)),
                (_, None) => drop(user.values.shift_remove(&name)),
            }
        }
        user.updated_ms = now;
        Ok(())
    }

    fn readdress(&mut self, id: u64, text: &str) -> Result<(), WorldError> {
        let email = Email::parse(text).map_err(|_| WorldError::BadEmail(text.to_owned()))?;
        if self.by_email.get(email.key()).is_some_and(|other| *other != id) {
            return Err(WorldError::EmailTaken(text.to_owned()));
        }
        if let Some(user) = self.users.get_mut(&id) {
            self.by_email.remove(&user.email.to_lowercase());
            user.email = email.as_str().to_owned();
            self.by_email.insert(email.key().to_owned(), id);
        }
        Ok(())
    }

    /// Deletes an account, out of all groups.
    pub fn delete_user(&mut self, id: u64, content: Content) -> Result<(), WorldError> {
        let Some(user) = self.users.remove(&id) else { return Err(WorldError::NoUser(id)) };
        self.by_email.remove(&user.email.to_lowercase());
        self.everybody.remove(user.arrival);
        for membership in &user.groups {
            if let Some(group) = self.groups.get_mut(&membership.group) {
                group.members.remove(membership.arrival);
            }
        }
        if content == Content::Destroy {
            self.activities.forget(id, None);
        }
        Ok(())
    }

    /// For a seed: when the account was made.
    pub fn set_created(&mut self, id: u64, at_ms: i64) {
        if let Some(user) = self.users.get_mut(&id) {
            user.created_ms = at_ms;
            user.updated_ms = at_ms;
        }
    }
}

/// Text as it is, anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
