//! One operation of a platform's document as a record of plain data.

use super::{Args, Consequence, Follow, Kind, Mails, Page, Param, Place, Record, Repeat, SubjectAt, Whole, Write};

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

/// What the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing but "it worked".
    Done,
    /// One record.
    One(&'static Record),
    /// One record that a server may also send as a list of them, or as nothing: `find_by_email`.
    Perhaps(&'static Record),
    /// How many rows the list has that this operation of the same noun gives: from a header, else by counting them.
    Count(&'static str),
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
    /// The key that the answer is wrapped in; it is taken out of it.
    pub inside: Option<&'static str>,
    /// It replaces all that a group holds.
    pub whole: Option<&'static Whole>,
    /// Whether the document does not have it: a neighbour that a flow needs.
    pub beyond: bool,
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
            inside: None,
            whole: None,
            campaign: None,
            beyond: false,
            also: |_| Ok(()),
        }
    }

    /// A read that answers with headers alone.
    pub const fn head(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Head, noun, verb, path)
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

    /// A PATCH; say with [`Op::writes`] what it does.
    pub const fn patch(noun: &'static str, verb: &'static str, path: &'static str) -> Self {
        Self::new(Method::Patch, noun, verb, path)
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

    /// The answer stands under this key, alone.
    pub const fn inside(self, key: &'static str) -> Self {
        Self { inside: Some(key), ..self }
    }

    /// It replaces all that a group holds: whoever is missing is removed.
    pub const fn replaces(self, whole: &'static Whole) -> Self {
        Self { whole: Some(whole), ..self }
    }

    /// The platform's document of these operations does not have it.
    pub const fn beyond(self) -> Self {
        Self { beyond: true, ..self }
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
            Page::Offset { limit, .. } | Page::Numbered { limit, .. } | Page::After { limit, .. } => Some(limit),
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

    /// The arguments that so many without a name mean: where there are fewer than places, those that the connection's settings
    /// know are left out, the last one first.
    pub fn places(&self, given: usize) -> Vec<&'static Param> {
        let mut list = self.positional();
        while list.len() > given {
            let Some(place) = list.iter().rposition(|param| param.preset.is_some()) else { break };
            list.remove(place);
        }
        list
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
