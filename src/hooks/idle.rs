//! Why notifications start nothing: collected when a delivery ends, and the words for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::notices::Notice;
use crate::store::{IdleRow, IdleWhy};

/// People who are kept of each reason; all of them stand in the delivery.
const PEOPLE: usize = 20;
/// Topics that nobody knows and that are kept as they are spelled; others are counted together.
const TOPICS: usize = 20;
/// Signs of a topic or an id that are kept: whoever knows the address can have written them.
const SIGNS: usize = 60;

/// Why, the topic, and the delivery that has told the same before.
type Reason = (IdleWhy, String, Option<i64>);

/// What of a delivery starts nothing.
#[derive(Default)]
pub(super) struct Idle {
    rows: BTreeMap<Reason, (i64, Vec<String>)>,
    /// Rows whose topic nobody knows.
    strange: usize,
}

impl Idle {
    /// Counts a notification; `told_by` is the delivery that has told it before.
    pub(super) fn note(&mut self, why: IdleWhy, notice: &Notice, told_by: Option<i64>) {
        let topic = notice.topic.map_or_else(|| clean(&notice.spelled), |topic| topic.name().to_owned());
        let mut key = (why, topic, told_by);
        if notice.topic.is_none() && !self.rows.contains_key(&key) {
            match self.strange < TOPICS {
                true => self.strange += 1,
                false => "others".clone_into(&mut key.1),
            }
        }
        let (count, people) = self.rows.entry(key).or_default();
        *count += 1;
        people.extend(notice.id.as_deref().map(clean).filter(|_| people.len() < PEOPLE));
    }

    /// As the store keeps it.
    pub(super) fn rows(self, delivery: i64) -> impl Iterator<Item = IdleRow> {
        let row =
            move |((why, topic, told_by), (count, people))| IdleRow { delivery, why, topic, told_by, count, people };
        self.rows.into_iter().map(row)
    }
}

impl IdleRow {
    /// `3 user.created (1001, 1002, 1003) started nothing: told before, by delivery 17`
    pub fn text(&self, connection: &str) -> String {
        let more = self.count - i64::try_from(self.people.len()).unwrap_or(self.count);
        let mut people = self.people.clone();
        people.extend((more > 0 && !people.is_empty()).then(|| format!("{more} more")));
        let who = if people.is_empty() { String::new() } else { format!(" ({})", people.join(", ")) };
        let why = match (self.why, self.told_by) {
            (IdleWhy::Known, Some(by)) => format!("told before, by delivery {by}"),
            (IdleWhy::Known, None) => "told before".to_owned(),
            (IdleWhy::Unknown, _) => "nobody knows this topic".to_owned(),
            (IdleWhy::NoJob, _) => format!("no job on connection `{connection}` waits for it"),
            (IdleWhy::Own, _) => {
                "beadle itself had caused it, and no job that waits for it has `own_events`".to_owned()
            }
            (IdleWhy::NoId, _) => "it names nobody by an id that can be asked for".to_owned(),
            (IdleWhy::Unread, _) => "the platform could not be asked about it; a replay asks again".to_owned(),
        };
        format!("{} {}{who} started nothing: {why}", self.count, self.topic)
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        json!({
            "why": self.why.word(), "topic": self.topic, "told_by": self.told_by, "count": self.count,
            "people": self.people,
        })
    }
}

fn clean(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(SIGNS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    fn notice(topic: Option<Topic>, spelled: &str, id: &str) -> Notice {
        let id = Some(id.to_owned());
        Notice { topic, spelled: spelled.to_owned(), item_type: "user".into(), id, group: None, told: json!({}) }
    }

    #[test]
    fn those_of_one_reason_are_told_together_with_the_first_of_them() {
        let mut idle = Idle::default();
        for id in 1..=22 {
            idle.note(IdleWhy::Known, &notice(Some(Topic::UserCreated), "user_create", &id.to_string()), Some(17));
        }
        idle.note(IdleWhy::Own, &notice(Some(Topic::UserUpdated), "user.updated", "7"), None);
        let told: Vec<String> = idle.rows(18).map(|row| row.text("main")).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("22 user.created (1, 2, 3, "), "{told:?}");
        assert!(told[0].ends_with(", 20, 2 more) started nothing: told before, by delivery 17"), "{told:?}");
        assert_eq!(
            told[1],
            "1 user.updated (7) started nothing: beadle itself had caused it, and no job that waits for it has `own_events`"
        );
    }

    #[test]
    fn what_somebody_made_up_fills_no_store_and_moves_no_cursor() {
        let mut idle = Idle::default();
        for n in 0..1000 {
            idle.note(
                IdleWhy::Unknown,
                &notice(None, &format!("made.up{n}\u{1b}[2J{}", "x".repeat(100)), "\u{7}9"),
                None,
            );
        }
        let rows: Vec<IdleRow> = idle.rows(1).collect();
        assert_eq!((rows.len(), rows.iter().map(|row| row.count).sum::<i64>()), (TOPICS + 1, 1000));
        assert!(
            rows.iter().all(|row| row.topic.chars().count() <= SIGNS && !row.text("main").contains(char::is_control))
        );
    }
}
