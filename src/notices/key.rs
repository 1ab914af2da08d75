//! By what a delivery and a notification are known again. Keys are about whom and what, so that a delivery that is sent once
//! more is the same one, and another one of the same job is not.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Bulk, Notice};
use crate::catalog;

/// What a delivery is known by, within its hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The delivery's key.
    pub key: String,
    /// What its notifications' keys begin with: its job, wherever in the job it stands; else its body.
    pub scope: String,
}

/// Letters of a fingerprint that tell what a page of a job is about.
const SHORT: usize = 16;

impl Arrival {
    /// The keys of a delivery. A job can tell of one import under several topics: what a page is about is a part of its key.
    pub fn of(bulk: &Bulk, body: &[u8]) -> Self {
        match &bulk.job {
            Some(job) => {
                let mut about: Vec<String> = bulk.notices.iter().map(about).collect();
                about.sort();
                let about = fingerprint(about.iter().map(String::as_str));
                Self { key: format!("job {job} {} {}", bulk.offset(), &about[..SHORT]), scope: format!("job {job}") }
            }
            None => {
                let key = format!("body {}", body_digest(body));
                Self { scope: key.clone(), key }
            }
        }
    }

    /// The key of a notification of this delivery: topic, kind, id and content, wherever in the job it stands.
    pub fn notice(&self, notice: &Notice) -> String {
        let content = catalog::digest(notice.item());
        fingerprint([self.scope.as_str(), &about(notice), &content])
    }
}

/// The fingerprint of a body.
pub fn body_digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn about(notice: &Notice) -> String {
    let topic = notice.topic.map_or(notice.spelled.as_str(), |topic| topic.name());
    Value::from(vec![
        topic,
        &notice.item_type,
        notice.id.as_deref().unwrap_or_default(),
        notice.group.as_deref().unwrap_or_default(),
    ])
    .to_string()
}

/// Parts are told apart by their lengths.
fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arrival(value: &Value) -> (Arrival, Bulk) {
        let body = value.to_string();
        let bulk = Bulk::read(body.as_bytes()).unwrap();
        (Arrival::of(&bulk, body.as_bytes()), bulk)
    }

    fn bulk(job: Value, topic: &str, ids: &[u64]) -> Value {
        let notices: Vec<Value> =
            ids.iter().map(|id| json!({ "topic": topic, "item_type": "user", "item": { "id": id } })).collect();
        json!({ "notifications": notices, "total": ids.len(), "job": { "id": job } })
    }

    #[test]
    fn a_delivery_sent_once_more_is_the_same_also_in_another_order_with_other_details() {
        let (first, _) = arrival(&bulk(json!("x"), "user.created", &[1, 2]));
        let mut again = bulk(json!("x"), "user_create", &[2, 1]);
        again["notifications"][0]["item"]["name"] = "changed meanwhile".into();
        assert_eq!(arrival(&again).0, first);
        assert!(first.key.starts_with("job x 0 "), "{}", first.key);
    }

    #[test]
    fn another_topic_or_page_or_job_is_another_delivery() {
        let keys: std::collections::HashSet<String> = [
            bulk(json!("x"), "user.created", &[1, 2]),
            bulk(json!("x"), "group_member.added", &[1, 2]),
            bulk(json!("x"), "user.created", &[3, 4]),
            bulk(json!("y"), "user.created", &[1, 2]),
            bulk(json!(null), "user.created", &[1, 2]),
        ]
        .iter()
        .map(|value| arrival(value).0.key)
        .collect();
        assert_eq!(keys.len(), 5);
    }

    #[test]
    fn without_a_job_the_body_is_the_key() {
        let value = bulk(json!(null), "user.created", &[1]);
        let (arrived, _) = arrival(&value);
        assert_eq!(arrived.key, format!("body {}", body_digest(value.to_string().as_bytes())));
    }

    #[test]
    fn a_notification_is_the_same_on_whatever_page_of_its_job_and_another_with_other_content() {
        let (one, of_one) = arrival(&bulk(json!("x"), "user.created", &[1, 2]));
        let (two, of_two) = arrival(&bulk(json!("x"), "user.created", &[2, 3]));
        assert_eq!(one.notice(&of_one.notices[1]), two.notice(&of_two.notices[0]));
        assert_ne!(one.notice(&of_one.notices[0]), one.notice(&of_one.notices[1]));
        let mut changed = of_one.notices[1].clone();
        changed.told["item"]["name"] = "Bo".into();
        assert_ne!(one.notice(&of_one.notices[1]), one.notice(&changed));
    }
}
