//! What makes two effects the same: meaning, never position. All comparisons are on normalised values.

use crate::catalog::Subject;

/// A mailing's name: one label mails a person once. `Campaign::default()` is the first, unnamed one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Campaign(String);

impl Campaign {
    /// By its label; outer blanks and case make no other campaign.
    pub fn named(label: Option<&str>) -> Self {
        Self(label.unwrap_or_default().trim().to_lowercase())
    }

    /// As stored and compared; empty for the first one.
    pub fn key(&self) -> &str {
        &self.0
    }
}

/// Whom or what a write touches, as the store's columns have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    /// Empty where there is no group, so that a UNIQUE index holds for that too.
    pub(super) target: String,
}

impl Place {
    pub(super) fn of(subject: &Subject) -> Self {
        Self {
            kind: subject.kind.as_str(),
            subject: subject.key.clone(),
            target: subject.group.as_deref().map(target).unwrap_or_default(),
        }
    }
}

/// By what a created object is known again on one account, for one operation: its own key and where it hangs.
pub fn natural_key(subject: &Subject) -> (&'static str, String, String) {
    let place = Place::of(subject);
    (place.kind, place.subject, place.target)
}

/// A group as it is compared: its id stands in the form that its platform gives it ([`crate::catalog::Call::pieces`]).
pub(super) fn target(group: &str) -> String {
    group.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::SubjectKind;

    #[test]
    fn a_campaign_is_the_same_whatever_its_case_and_blanks() {
        assert_eq!(Campaign::named(Some("  Spring 2026\n")), Campaign::named(Some("spring 2026")));
        assert_eq!(Campaign::named(Some("ÄRZTE")), Campaign::named(Some("ärzte")));
        assert_ne!(Campaign::named(Some("spring")), Campaign::named(Some("autumn")));
    }

    #[test]
    fn no_label_and_a_blank_label_are_the_first_campaign() {
        assert_eq!(Campaign::named(None), Campaign::default());
        assert_eq!(Campaign::named(Some("  ")), Campaign::default());
    }

    #[test]
    fn the_same_name_below_another_group_is_another_object() {
        let group = |parent: Option<&str>| Subject {
            kind: SubjectKind::Group,
            key: "berlin".into(),
            group: parent.map(str::to_owned),
        };
        assert_ne!(natural_key(&group(Some("1"))), natural_key(&group(Some("2"))));
        assert_ne!(natural_key(&group(Some("1"))), natural_key(&group(None)));
        assert_eq!(natural_key(&group(Some(" 1 "))), natural_key(&group(Some("1"))));
    }
}
