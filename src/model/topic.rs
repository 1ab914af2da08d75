//! What a platform tells of by itself: the topics that a job can wait for.

use std::fmt;

/// A topic of an event, by beadle's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An account was made.
    UserCreated,
    /// What is known of a person was changed.
    UserUpdated,
    /// A person was activated or deactivated.
    UserStatusChanged,
    /// Somebody became a member of a group.
    GroupMemberAdded,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::UserCreated, Self::UserUpdated, Self::UserStatusChanged, Self::GroupMemberAdded];

    /// As job files and Mobilize's page of webhooks spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserStatusChanged => "user.status_changed",
            Self::GroupMemberAdded => "group_member.added",
        }
    }

    /// By its name, or by the other spelling that the same documents show in an example: `user_create`, `user.update`.
    pub fn read(text: &str) -> Option<Self> {
        let plain = |text: &str| text.replace(['.', '_'], "");
        let text = plain(text);
        Self::ALL.into_iter().find(|topic| text == plain(topic.name()) || text == plain(topic.imperative()))
    }

    fn imperative(self) -> &'static str {
        match self {
            Self::UserCreated => "user.create",
            Self::UserUpdated => "user.update",
            Self::UserStatusChanged => "user.status_change",
            Self::GroupMemberAdded => "group_member.add",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Topic;

    #[test]
    fn both_spellings_of_the_documents_are_read() {
        for (text, topic) in [
            ("user.created", Topic::UserCreated),
            ("user_create", Topic::UserCreated),
            ("user.update", Topic::UserUpdated),
            ("user.status_changed", Topic::UserStatusChanged),
            ("user_status_change", Topic::UserStatusChanged),
            ("group_member.added", Topic::GroupMemberAdded),
            ("group_member.add", Topic::GroupMemberAdded),
        ] {
            assert_eq!(Topic::read(text), Some(topic), "{text}");
        }
        for text in ["", "user", "user.deleted", "group.created", "group_member.adde"] {
            assert_eq!(Topic::read(text), None, "{text}");
        }
    }
}
