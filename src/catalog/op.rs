//! One operation of a platform's document as a record of plain data.

use super::{Args, Param, Place, Record};

/// HTTP's verb, as the document's titles have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads what an answer's head says.
    Head,
    /// Adds, or starts something.
    Post,
    /// Changes.
    Put,
    /// Changes what is named.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What sending a call a second time means. The only source of retry and recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeat {
    /// The second call changes nothing more: may be sent again at once by the process that sent it.
    Converges,
    /// A read decides whether it happened; only then may it be sent again.
    CheckFirst,
    /// A read can show that it happened, never that it did not: a person decides the rest.
    ProvesOnlyDone,
    /// Nothing shows it: at most once.
    Unprovable,
}

/// What a write does to the community; brakes and plans read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Puts people into a group.
    Adds,
    /// Changes what is there.
    Changes,
    /// Takes people out of a group.
    Removes,
    /// Puts people into a group and takes them out of others.
    Moves,
    /// Makes something new.
    Creates,
    /// Destroys something.
    Deletes,
    /// Writes to people and changes nothing else.
    Tells,
}

impl Consequence {
    /// The word for it, in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adds => "adds",
            Self::Changes => "changes",
            Self::Removes => "removes",
            Self::Moves => "moves",
            Self::Creates => "creates",
            Self::Deletes => "deletes",
            Self::Tells => "tells",
        }
    }
}

/// Whether a write makes the platform write to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mails {
    /// Never.
    No,
    /// Always: the mail memory guards it.
    Yes,
    /// The document does not say: shown as "may mail", its doubts are never sent again blindly.
    Unknown,
}

impl Mails {
    /// The word for it, in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// What kind of thing an effect touches, and where its key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectAt {
    /// A person, a group, …
    pub kind: super::SubjectKind,
    /// JSON pointers, tried in order: into an item of the batch, else into the arguments. `""` is the item itself.
    pub key: &'static [&'static str],
    /// The argument that names the group, where there is one.
    pub group: Option<&'static str>,
}

/// What a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// What repeating it means.
    pub repeat: Repeat,
    /// What it does.
    pub consequence: Consequence,
    /// Whether it mails.
    pub mails: Mails,
    /// Whom or what it touches.
    pub subject: SubjectAt,
}

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Changes something: passes the ledger.
    Write(Write),
    /// Changes something: the first where this argument is `true`, else the second.
    Either(&'static str, Write, Write),
}

/// How a list goes on after its first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// It does not: one answer is all.
    Single,
    /// Rows are counted from the list's start; ends at an empty page.
    Offset {
        /// The parameter that says where a page begins: `offset`.
        offset: &'static str,
        /// The parameter that says how many rows: `limit`.
        limit: &'static str,
        /// Rows asked for.
        size: u32,
        /// What to ask for when the platform refuses `size`.
        documented: u32,
    },
    /// The id of the last row received goes into this parameter; ends at a page without a new id.
    After {
        /// The parameter: `last_group_id`.
        cursor: &'static str,
        /// The parameter that says how many rows: `limit`.
        limit: &'static str,
        /// Rows asked for.
        size: u32,
        /// Rows that the platform gives when it is not asked.
        documented: u32,
        /// Whether the row that the cursor names may be gone.
        anchor: Anchor,
    },
}

/// What a cursor needs to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// An id says where to go on, whether or not there is still a row of that id.
    Id,
    /// The row must be there: whoever deletes from the list reads it to its end first.
    Row,
}

/// What the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing but "it worked".
    Done,
    /// One record.
    One(&'static Record),
    /// One record that a server may also send as a list of them, or as nothing: `find_by_email`.
    Perhaps(&'static Record),
    /// Rows of a record, found under one of these keys or as a bare list.
    Many(&'static Record, &'static [&'static str]),
}

/// Which argument is a list that must be cut, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The argument.
    pub param: &'static str,
    /// Most items in one call.
    pub max: usize,
    /// Whether the platform works on one such call at a time, per account.
    pub one_at_a_time: bool,
}

/// How work that goes on after the call is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    /// The key of the answer that holds the job's id.
    pub job: &'static str,
    /// The operation that tells how far it is, as noun and verb; its first parameter is the job's id.
    pub status: (&'static str, &'static str),
    /// JSON pointers to the state's word in its answer, tried in order.
    pub state: &'static [&'static str],
    /// Words that mean: finished well.
    pub done: &'static [&'static str],
    /// Words that mean: it failed.
    pub failed: &'static [&'static str],
    /// JSON pointer to a list of ids in the finished answer, merged when a batch was cut.
    pub merged: &'static str,
}

/// One documented operation. Build it with [`Op::get`] and its siblings.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// What it is about: `members`.
    pub noun: &'static str,
    /// What it does: `invite`.
    pub verb: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
    /// HTTP's verb.
    pub method: Method,
    /// The path below the connection's base, with `{param}`s.
    pub path: &'static str,
    /// Its arguments, those of the path first and in its order.
    pub params: &'static [Param],
    /// Reading or writing.
    pub kind: Kind,
    /// What comes back.
    pub answer: Answer,
    /// How a list goes on.
    pub page: Page,
    /// What is cut into pieces.
    pub batch: Option<Batch>,
    /// Work that goes on after the call.
    pub follow: Option<Follow>,
    /// The campaign of its mails where the caller names none; `None` is the one that everybody gets once.
    pub campaign: Option<&'static str>,
    /// What the document demands beyond single arguments; says what is missing.
    pub also: fn(&Args) -> Result<(), String>,
}

impl Op {
    const fn new(method: Method, noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self {
            noun,
            verb,
            doc: "",
            method,
            path,
            params: &[],
            kind: Kind::Read,
            answer: Answer::Done,
            page: Page::Single,
            batch: None,
            follow: None,
            campaign: None,
            also: |_| Ok(()),
        }
    }

    /// A read.
    pub const fn get(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Get, noun, verb, path)
    }

    /// A POST; say with [`Op::writes`] what it does.
    pub const fn post(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Post, noun, verb, path)
    }

    /// A PUT; say with [`Op::writes`] what it does.
    pub const fn put(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Put, noun, verb, path)
    }

    /// A DELETE; say with [`Op::writes`] what it does.
    pub const fn delete(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Delete, noun, verb, path)
    }

    /// The sentence of the reference.
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    /// The arguments.
    pub const fn params(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// What comes back.
    pub const fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    /// What it does to the community.
    pub const fn writes(self, repeat: Repeat, consequence: Consequence, mails: Mails, subject: SubjectAt) -> Self {
        Self { kind: Kind::Write(Write { repeat, consequence, mails, subject }), ..self }
    }

    /// What it does where this argument is `true`; say first what it does else.
    pub const fn writes_when(self, when: &'static str, then: Write) -> Self {
        match self.kind {
            Kind::Write(otherwise) => Self { kind: Kind::Either(when, then, otherwise), ..self },
            _ => self,
        }
    }

    /// How the list goes on.
    pub const fn pages(self, page: Page) -> Self {
        Self { page, ..self }
    }

    /// Which list is cut.
    pub const fn cut(self, param: &'static str, max: usize, one_at_a_time: bool) -> Self {
        Self { batch: Some(Batch { param, max, one_at_a_time }), ..self }
    }

    /// How the work is followed.
    pub const fn follows(self, follow: Follow) -> Self {
        Self { follow: Some(follow), ..self }
    }

    /// Its mails are a campaign of their own.
    pub const fn campaign(self, name: &'static str) -> Self {
        Self { campaign: Some(name), ..self }
    }

    /// What the document demands beyond single arguments.
    pub const fn also(self, also: fn(&Args) -> Result<(), String>) -> Self {
        Self { also, ..self }
    }

    /// `members.invite`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.noun, self.verb)
    }

    /// What it writes with these arguments; `None` for a read.
    pub fn write(&self, args: &Args) -> Option<&Write> {
        match &self.kind {
            Kind::Read => None,
            Kind::Write(write) => Some(write),
            Kind::Either(when, then, _) if args.get(when) == Some(&true.into()) => Some(then),
            Kind::Either(_, _, otherwise) => Some(otherwise),
        }
    }

    /// What it writes where nobody knows the arguments any more: what must be repeated least.
    pub fn carefully(&self) -> Option<&Write> {
        match &self.kind {
            Kind::Either(_, then, otherwise) if then.repeat < otherwise.repeat => Some(otherwise),
            Kind::Either(_, then, _) => Some(then),
            Kind::Write(write) => Some(write),
            Kind::Read => None,
        }
    }

    /// The parameter that says how many rows a page shall have.
    pub fn limit(&self) -> Option<&'static str> {
        match self.page {
            Page::Single => None,
            Page::Offset { limit, .. } | Page::After { limit, .. } => Some(limit),
        }
    }

    /// Whether it can change anything.
    pub fn is_read(&self) -> bool {
        matches!(self.kind, Kind::Read)
    }

    /// The argument of this name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name)
    }

    /// The arguments that may be given without a name: those of the path, then the only other required one.
    pub fn positional(&self) -> Vec<&'static Param> {
        let mut list: Vec<_> = self.params.iter().filter(|p| p.place == Place::Path).collect();
        let mut rest = self.params.iter().filter(|p| p.place != Place::Path && p.required);
        if let (Some(only), None) = (rest.next(), rest.next()) {
            list.push(only);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{SubjectKind, Ty, Wire};

    const ID: Param = Param::path("id", Ty::Id(Wire::Text));
    const ONE: Param = Param::body("one", Ty::Bool).required();
    const TWO: Param = Param::body("two", Ty::Bool).required();
    const MAYBE: Param = Param::query("maybe", Ty::Bool);

    fn positional(params: &'static [Param]) -> Vec<&'static str> {
        Op::get("things", "get", "/things/{id}").params(params).positional().iter().map(|param| param.name).collect()
    }

    #[test]
    fn the_path_and_the_only_other_required_argument_stand_without_names() {
        assert_eq!(positional(&[ID, MAYBE]), ["id"]);
        assert_eq!(positional(&[ID, MAYBE, ONE]), ["id", "one"]);
        assert_eq!(positional(&[ID, ONE, TWO]), ["id"], "two required ones: neither");
        assert!(positional(&[MAYBE]).is_empty());
    }

    #[test]
    fn what_is_said_of_an_operation_is_what_it_says() {
        let at = SubjectAt { kind: SubjectKind::Group, key: &["/id"], group: None };
        let op = Op::delete("things", "remove", "/things/{id}")
            .doc("Removes.")
            .params(&[ID])
            .writes(Repeat::Converges, Consequence::Removes, Mails::No, at)
            .cut("ids", 7, true);
        assert_eq!((op.name().as_str(), op.method.as_str()), ("things.remove", "DELETE"));
        assert!(!op.is_read());
        let write = op.write(&Args::default()).unwrap();
        assert_eq!(
            (write.repeat, write.consequence, write.mails),
            (Repeat::Converges, Consequence::Removes, Mails::No)
        );
        assert_eq!(op.batch, Some(Batch { param: "ids", max: 7, one_at_a_time: true }));
        assert_eq!(op.param("id"), Some(&ID));
        assert_eq!(op.param("ids"), None);
        assert!(Op::get("things", "list", "/things").is_read());
        assert!(Op::get("things", "list", "/things").write(&Args::default()).is_none());
    }
}
