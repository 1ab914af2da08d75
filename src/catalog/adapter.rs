//! The trait that turns changes into a platform's calls and back, its answers into the model, and doubts into look-ups.
//! Adapters make calls; they never send them. `None` or `Unsupported` = the platform has no such notion.

use serde_json::{Map, Value};

use super::{
    Before, Call, Companion, Completion, Deed, Doubt, FieldNames, Links, LookUp, Op, Piece, Seen, Snapshot, Subject,
};
use crate::model::{Cascade, Change, FieldChange, Group, Member, Person};

/// The platform cannot do this; says what it has instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// Who shall be written to, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Ids of the members to invite.
    pub members: Vec<String>,
    /// The platform's id of the person in whose name it is sent, where the platform wants one.
    pub sender: Option<String>,
}

/// How somebody without an account comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// With their first sign-in.
    Pending,
    /// At once: an account is made for them.
    Account,
}

/// A group that shall be made as another platform has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGroup<'a> {
    /// Its name.
    pub name: &'a str,
    /// The id of the group above it, where the platform has such.
    pub parent: Option<&'a str>,
    /// The address of whoever shall administer it, where somebody was named.
    pub manager: Option<&'a str>,
    /// By what the other platform knows it.
    pub reference: &'a str,
}

/// What an answer to a call for many says of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It worked.
    Done,
    /// It did not, for this reason; nothing happened.
    Refused(String),
    /// Nothing that can be believed.
    Unsure(String),
}

/// One platform's way of saying what all platforms have. All calls are made for the connection named.
pub trait Adapter: Send + Sync {
    /// The read that lists a group's members with their fields.
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported>;

    /// The read that says how long this list is, and where in its answer; `None` if the platform does not tell.
    fn count(&self, list: &Call) -> Option<(Call, &'static str)> {
        let _ = list;
        None
    }

    /// The read that says which fields a member of the group can have, and how their names are found in its answer;
    /// `None` if any name will do.
    fn fields(&self, connection: &str, group: &str) -> Option<(Call, FieldNames)> {
        let _ = (connection, group);
        None
    }

    /// The names of the fields that people of every group can have, where they are the same in all; `None` where the group
    /// says it ([`Adapter::fields`]).
    fn standing_fields(&self) -> Option<Vec<&'static str>> {
        None
    }

    /// The field that holds what elsewhere is this one, where several are one here: a first and a last name are the name.
    fn joined(&self, field: &str) -> Option<&'static str> {
        let _ = field;
        None
    }

    /// One row of a list of members, as this group's member; `None` also where nothing shows members.
    fn member(&self, group: &str, row: &Value) -> Option<Member> {
        let _ = (group, row);
        None
    }

    /// The read that shows one person by id or address, in this group or (`None`) in the community; its answer is one row of
    /// [`Adapter::member`], or nobody. `None` if only lists show people.
    fn person(&self, connection: &str, group: Option<&str>, key: &str) -> Option<Call> {
        let _ = (connection, group, key);
        None
    }

    /// The read that lists all groups of the account; `None` if the platform has none, or no list of them.
    fn groups(&self, connection: &str) -> Option<Call> {
        let _ = connection;
        None
    }

    /// One row of the list of groups.
    fn group(&self, row: &Value) -> Option<Group> {
        let _ = row;
        None
    }

    /// Whether a row of the list of groups is one that nobody uses any more.
    fn is_archived(&self, row: &Value) -> bool {
        let _ = row;
        false
    }

    /// Whether no two groups of an account can have the same name.
    fn names_are_unique(&self) -> bool {
        false
    }

    /// What joining or leaving one group does to others.
    fn cascade(&self) -> Cascade {
        Cascade::None
    }

    /// The writes that make these changes in this group, as few as the platform allows.
    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported>;

    /// What a change of these fields overwrites, by the platform's names.
    fn overwritten(&self, member: &Member, fields: &[FieldChange]) -> Map<String, Value> {
        let _ = member;
        fields.iter().map(|field| (field.name.clone(), field.before.as_str().into())).collect()
    }

    /// The writes that invite these members of this group.
    fn invite(&self, connection: &str, group: &str, invitation: &Invitation) -> Result<Vec<Call>, Unsupported>;

    /// The write that makes a group.
    fn new_group(&self, connection: &str, group: &NewGroup<'_>) -> Result<Call, Unsupported> {
        let _ = (connection, group);
        Err(Unsupported("its API makes no groups: make it in its own pages and name it with `groups`".into()))
    }

    /// The write that invites people who are not in the community yet into a group, with this letter; `None` where people
    /// are added without being asked.
    fn call_in(&self, connection: &str, group: &str, people: &[Person], letter: &Map<String, Value>) -> Option<Call> {
        let _ = (connection, group, people, letter);
        None
    }

    /// The read that lists who was invited into a group and has not come yet; `None` where nothing shows it.
    fn invited(&self, connection: &str, group: &str) -> Option<Call> {
        let _ = (connection, group);
        None
    }

    /// One row of [`Adapter::invited`], as the member that they may become.
    fn invitee(&self, row: &Value) -> Option<Member> {
        let _ = row;
        None
    }

    /// The links by which people come in; `None` where there are none.
    fn links(&self) -> Option<Links> {
        None
    }

    /// What is to be filled in first; `None` where the call is whole.
    fn completion(&self, call: &Call) -> Option<Completion> {
        let _ = call;
        None
    }

    /// What this list's rows lack and another read says; `None` where they are whole.
    fn companion(&self, list: &Call) -> Option<Companion> {
        let _ = list;
        None
    }

    /// Whether ids that differ in nothing but their case are two ids.
    fn ids_are_exact(&self) -> bool {
        false
    }

    /// Whether "not found" after a removal whose first answer was lost says that it worked; else a look-up does.
    fn not_found_is_removed(&self) -> bool {
        true
    }

    /// Whether a person's row speaks of one group alone: plans, freshness and undo then look at each group by itself.
    fn rows_are_apart(&self) -> bool {
        false
    }

    /// Fields of people that the platform shows and nobody can write: they say who somebody is and are never changed.
    fn read_only(&self) -> &'static [&'static str] {
        &[]
    }

    /// Fields that somebody has in a group and loses with it.
    fn of_membership(&self) -> &'static [&'static str] {
        &[]
    }

    /// Keys among a deed's fields that are none of a person, and only tell [`Adapter::after`] more of the others.
    fn beside_fields(&self) -> &'static [&'static str] {
        &[]
    }

    /// A roster's value of a field in the form in which [`Adapter::member`] has it.
    fn tidied(&self, field: &str, value: &str) -> Option<String> {
        let _ = (field, value);
        None
    }

    /// What an answer that is no refusal says of each subject of a piece, in their order; `None`: it worked for all.
    fn parts(&self, piece: &Piece, answer: &Value) -> Option<Vec<Part>> {
        let _ = (piece, answer);
        None
    }

    /// Whether a row is what this list was asked for: some platforms list everybody, whatever is asked.
    fn lists(&self, list: &Call, row: &[u8]) -> bool {
        let _ = (list, row);
        true
    }

    /// The read that lists the accounts of these addresses, where only people with an account can come into a group;
    /// `None` where adding somebody makes one.
    fn accounts(&self, connection: &str, addresses: &[String]) -> Option<Call> {
        let _ = (connection, addresses);
        None
    }

    /// The write by which somebody without an account comes into these groups, with this role.
    fn welcome(
        &self,
        connection: &str,
        groups: &[&str],
        person: &Person,
        role: &str,
        entry: Entry,
    ) -> Result<Call, Unsupported> {
        let _ = (connection, groups, person, role, entry);
        Err(Unsupported("the platform makes an account for whoever is added".into()))
    }

    /// Why somebody may have been passed over although the platform says that a call for many worked: reads then tell
    /// who was. `None` where its word counts.
    fn silence(&self, call: &Call) -> Option<&'static str> {
        let _ = call;
        None
    }

    /// The groups that people leave by a call which puts them into another one, of all groups.
    fn vacates(&self, call: &Call, groups: &[Group]) -> Vec<String> {
        let _ = (call, groups);
        Vec::new()
    }

    /// Why a write for which there are no words ([`Adapter::deed`]) stays when its run is undone, with what a person can do;
    /// `None` where what its operation says of itself is enough.
    fn stays(&self, op: &Op) -> Option<&'static str> {
        let _ = op;
        None
    }

    /// What to read before sending; `None` when nothing is needed.
    fn before(&self, call: &Call) -> Option<Before>;

    /// How to find out whether these happened: all of one operation and group; `None` when nothing can tell.
    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp>;

    /// Whether this answer to a mailing call is only a promise (a queue) that a later read may confirm.
    fn queued(&self, call: &Call) -> bool;

    /// What a write does to one of its subjects, in the words of all platforms: the way back from [`Adapter::calls`].
    /// `part` is the subject's part of the request. `None` where there are no words for it: a plan then shows the call.
    fn deed(&self, op: &Op, subject: &Subject, part: &Value) -> Option<Deed> {
        let _ = (op, subject, part);
        None
    }

    /// The reads that show what these writes would change: all of one operation and group. For people who shall come
    /// into a group they find the account as well, wherever it is.
    fn snapshot(&self, connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
        let _ = (connection, writes);
        None
    }

    /// What of a subject's row (`None`: there is none) this write touches. A plan keeps it, and compares it as a whole
    /// before it is applied; keys that people are shown: `id`, `email`, `member` (true or false), `fields` (by name),
    /// `registered`.
    fn held(&self, write: &Doubt, row: Option<&Value>) -> Value {
        let _ = write;
        row.cloned().unwrap_or(Value::Null)
    }

    /// The row as reads will show it after this deed; `row` is what they show before it, `id` the id of what is made.
    /// `None`: there is nothing any more. Pure; what it cannot know (times, defaults) it leaves out.
    fn after(&self, row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
        let _ = (id, deed);
        row
    }

    /// The id of what a write made, where the answer has it under another key than `id`: it is added under that one.
    fn made(&self, answer: &Value) -> Option<String> {
        let _ = answer;
        None
    }

    /// What a planned write answers, where the platform answers with one record: `row` is what it makes.
    fn answered(&self, call: &Call, row: Value) -> Value {
        let _ = call;
        row
    }

    /// Adds to a row what the read itself says of it, where the platform leaves it out: whoever a group's list shows is
    /// in that group.
    fn placed(&self, read: &Call, row: Value) -> Value {
        let _ = read;
        row
    }

    /// Whether the people in this read's answer come with all their fields.
    fn shows_fields(&self, read: &Call) -> bool {
        let _ = read;
        true
    }

    /// What a read shows of people and groups, so that a plan can show its own changes in it.
    fn seen(&self, read: &Call) -> Seen {
        let _ = read;
        Seen::Other
    }

    /// A row of somebody, as [`Adapter::after`] or any read gave it, as this read shows it.
    fn shown(&self, read: &Call, row: Value) -> Value {
        let _ = read;
        row
    }

    /// A group's row with these people in it as they will be: by id, with their rows. Unchanged where it shows nobody.
    fn peopled(&self, row: Value, people: &[(&str, Option<&Value>)]) -> Value {
        let _ = people;
        row
    }

    /// A group's row with the number of members that it shows changed by so many; unchanged where it shows none.
    fn counted(&self, row: Value, change: i64) -> Value {
        let _ = change;
        row
    }
}
