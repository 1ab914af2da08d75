//! What members did, in a few numbers each: a platform's simulation writes them out when they are asked for.

use std::collections::HashMap;

use super::World;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// Looked at a post.
    View,
    /// Wrote a post.
    Post,
    /// Wrote a post that waits for approval.
    PendingPost,
    /// Approved a post.
    PostApproved,
    /// Commented on a post.
    Comment,
    /// Replied to a comment.
    Reply,
    /// Answered a post in private.
    Message,
    /// Wrote in a private conversation.
    Conversation,
    /// Mentioned somebody.
    Mention,
    /// Liked a post.
    Reaction,
    /// Said whether they come to an event.
    Rsvp,
    /// Voted in a poll.
    Vote,
    /// Answered by text message.
    SmsReply,
    /// Joined a group.
    JoinedGroup,
    /// Asked to join a group.
    Applied,
    /// Added people to a group.
    AddedMembers,
}

impl Doing {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::View,
        Self::Post,
        Self::PendingPost,
        Self::PostApproved,
        Self::Comment,
        Self::Reply,
        Self::Message,
        Self::Conversation,
        Self::Mention,
        Self::Reaction,
        Self::Rsvp,
        Self::Vote,
        Self::SmsReply,
        Self::JoinedGroup,
        Self::Applied,
        Self::AddedMembers,
    ];
}

/// What shall be noted: everything about an activity but its id and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What was done.
    pub doing: Doing,
    /// The group it happened in; 0 = none.
    pub group: u64,
    /// Who did it; 0 = nobody in particular.
    pub actor: u64,
    /// The post, event or conversation it is about; 0 = none.
    pub post: u64,
    /// The other person: mentioned or written to; 0 = none.
    pub other: u64,
    /// How many people it is about.
    pub count: u32,
}

impl Deed {
    /// Somebody does something in a group.
    pub const fn new(doing: Doing, group: u64, actor: u64) -> Self {
        Self { doing, group, actor, post: 0, other: 0, count: 1 }
    }
}

/// Something that somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its id; later ones are higher.
    pub id: u64,
    /// When, milliseconds since the epoch.
    pub at_ms: i64,
    /// What.
    pub deed: Deed,
}

/// Which activities are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what this person did.
    pub actor: Option<u64>,
    /// Only this kind.
    pub doing: Option<Doing>,
}

/// All activities, the oldest first, found by person and by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activities {
    rows: Vec<Activity>,
    by_actor: HashMap<u64, Vec<u64>>,
    by_doing: [Vec<u64>; Doing::ALL.len()],
    last: u64,
}

impl Activities {
    /// Notes one; it must not be older than the last one.
    pub fn push(&mut self, at_ms: i64, deed: Deed) {
        self.last += 1;
        let at_ms = self.rows.last().map_or(at_ms, |row| row.at_ms.max(at_ms));
        self.rows.push(Activity { id: self.last, at_ms, deed });
        if deed.actor != 0 {
            self.by_actor.entry(deed.actor).or_default().push(self.last);
        }
        self.by_doing[deed.doing as usize].push(self.last);
    }

    /// How many there are.
    pub fn count(&self, filter: Filter) -> usize {
        match (filter.actor, filter.doing) {
            (None, None) => self.rows.len(),
            (None, Some(doing)) => self.by_doing[doing as usize].len(),
            (Some(actor), None) => self.of(actor).len(),
            (Some(actor), Some(doing)) => self.of(actor).iter().filter(|id| self.is(**id, doing)).count(),
        }
    }

    /// The newest `limit` ones with a lower id than `before`, the newest first.
    pub fn newest(&self, filter: Filter, before: Option<u64>, limit: usize) -> Vec<Activity> {
        let before = before.unwrap_or(u64::MAX);
        let older = |ids: &[u64]| ids.partition_point(|id| *id < before);
        let rows = |ids: &[u64]| -> Vec<Activity> {
            let ids = ids[..older(ids)].iter().rev().filter_map(|id| self.get(*id));
            ids.filter(|row| filter.doing.is_none_or(|doing| row.deed.doing == doing)).take(limit).copied().collect()
        };
        match (filter.actor, filter.doing) {
            (Some(actor), _) => rows(self.of(actor)),
            (None, Some(doing)) => rows(&self.by_doing[doing as usize]),
            (None, None) => {
                let end = self.rows.partition_point(|row| row.id < before);
                self.rows[..end].iter().rev().take(limit).copied().collect()
            }
        }
    }

    /// Destroys what somebody did, in these groups or anywhere.
    pub fn forget(&mut self, actor: u64, groups: Option<&[u64]>) {
        let Some(ids) = self.by_actor.remove(&actor) else { return };
        let here = |row: &Activity| groups.is_none_or(|groups| groups.contains(&row.deed.group));
        let (gone, kept): (Vec<u64>, Vec<u64>) = ids.into_iter().partition(|id| self.get(*id).is_some_and(here));
        if !kept.is_empty() {
            self.by_actor.insert(actor, kept);
        }
        self.rows.retain(|row| gone.binary_search(&row.id).is_err());
        for ids in &mut self.by_doing {
            ids.retain(|id| gone.binary_search(id).is_err());
        }
    }

    fn of(&self, actor: u64) -> &[u64] {
        self.by_actor.get(&actor).map(Vec::as_slice).unwrap_or_default()
    }

    fn get(&self, id: u64) -> Option<&Activity> {
        self.rows.binary_search_by_key(&id, |row| row.id).ok().and_then(|place| self.rows.get(place))
    }

    fn is(&self, id: u64, doing: Doing) -> bool {
        self.get(id).is_some_and(|row| row.deed.doing == doing)
    }
}

impl World {
    /// Notes what somebody does now.
    pub fn record(&mut self, deed: Deed) {
        self.activities.push(self.now_ms, deed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_people() -> Activities {
        let mut all = Activities::default();
        for i in 0..30 {
            let doing = if i % 2 == 0 { Doing::View } else { Doing::Post };
            all.push(i, Deed::new(doing, 1 + (i as u64 % 5), 1 + (i as u64 % 3)));
        }
        all
    }

    #[test]
    fn each_filter_walks_down_to_the_end_and_agrees_with_its_count() {
        let all = three_people();
        for filter in [
            Filter::default(),
            Filter { actor: Some(2), doing: None },
            Filter { actor: None, doing: Some(Doing::Post) },
            Filter { actor: Some(3), doing: Some(Doing::View) },
        ] {
            let (mut before, mut seen) = (None, Vec::new());
            loop {
                let page = all.newest(filter, before, 4);
                let Some(last) = page.last() else { break };
                before = Some(last.id);
                seen.extend(page.iter().map(|row| row.id));
            }
            assert!(seen.is_sorted_by(|a, b| a > b), "{filter:?}: newest first, none twice");
            assert_eq!(seen.len(), all.count(filter), "{filter:?}");
            assert!(!seen.is_empty());
        }
    }

    #[test]
    fn forgetting_somebody_in_some_groups_leaves_the_rest() {
        let mut all = three_people();
        all.forget(1, Some(&[1, 2]));
        let left = all.newest(Filter { actor: Some(1), doing: None }, None, 99);
        assert!(!left.is_empty() && left.iter().all(|row| row.deed.group > 2));
        all.forget(1, None);
        assert_eq!(all.count(Filter { actor: Some(1), doing: None }), 0);
        assert_eq!(all.count(Filter::default()), 20);
        let by_kind: usize = Doing::ALL.iter().map(|d| all.count(Filter { actor: None, doing: Some(*d) })).sum();
        assert_eq!(by_kind, 20);
    }
}
