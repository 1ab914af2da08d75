//! One argument of an operation: where it goes on the wire and what it may be.

/// Where an argument stands in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path, as `{name}`.
    Path,
    /// In the query.
    Query,
    /// In the JSON body.
    Body,
    /// It is the JSON body.
    Whole,
    /// Nowhere: it is not sent, and tells beadle what the request is about.
    Aside,
    /// Nowhere, and no script gives it: beadle fills in what it found out.
    Found,
}

impl Place {
    /// Whether the platform gets it.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Self::Aside | Self::Found)
    }
}

/// How an id is written on the wire. In scripts every id is a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// As a number where it consists of digits.
    Number,
    /// As a string.
    Text,
}

/// One of the values that the document allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name that scripts use: `public`.
    pub name: &'static str,
    /// Other names for the same: `open`.
    pub aliases: &'static [&'static str],
    /// The document's number, where it has one. Without it the name goes on the wire.
    pub number: Option<i64>,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// An id; strings and integers are taken.
    Id(Wire),
    /// Several ids.
    Ids(Wire),
    /// Text of at most so many characters; 0 = the document names no limit.
    Text(usize),
    /// An e-mail address.
    Email,
    /// Several e-mail addresses.
    Emails,
    /// A whole number between both, inclusive.
    Int(i64, i64),
    /// `true` or `false`.
    Bool,
    /// One of these.
    Choice(&'static [Choice]),
    /// Any of these.
    Choices(&'static [Choice]),
    /// Field names with their values, as the community defined them.
    Fields,
    /// A map with these keys.
    Map(&'static [Param]),
    /// A list of maps, each with these keys.
    Rows(&'static [Param]),
}

impl Ty {
    /// What a person is told to type.
    pub fn words(self) -> String {
        let names = |list: &[Choice]| list.iter().map(|c| format!("\"{}\"", c.name)).collect::<Vec<_>>().join(", ");
        match self {
            Self::Id(_) => "an id".into(),
            Self::Ids(_) => "a list of ids".into(),
            Self::Text(0) => "text".into(),
            Self::Text(max) => format!("text of at most {max} characters"),
            Self::Email => "an e-mail address".into(),
            Self::Emails => "a list of e-mail addresses".into(),
            Self::Int(min, i64::MAX) => format!("a whole number from {min}"),
            Self::Int(min, max) => format!("a whole number from {min} to {max}"),
            Self::Bool => "true or false".into(),
            Self::Choice(list) => format!("one of {}", names(list)),
            Self::Choices(list) => format!("a list of {}", names(list)),
            Self::Fields => "a map of field names and values".into(),
            Self::Map(_) => "a map".into(),
            Self::Rows(_) => "a list of maps".into(),
        }
    }
}

/// What an argument does beyond its operation, when it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// Nothing.
    #[default]
    Plain,
    /// It names somebody who gets an administrator's or moderator's power.
    Grants,
    /// It destroys what cannot be brought back, when it is `true`.
    Destroys,
    /// It names one or several roles: whoever the call is about gets their power.
    Roles {
        /// Roles without any.
        plain: &'static [&'static str],
        /// Arguments that name more of those, and roles that the person has already.
        but: &'static [&'static str],
    },
    /// It is a role's name: whoever the call is about gets power where the name holds one of these words (in lower case).
    RoleNamed(&'static [&'static str]),
}

/// One argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in scripts: `group_id`.
    pub name: &'static str,
    /// Its name on the wire, where that is another one: `groupId`.
    pub wire: Option<&'static str>,
    /// Where it goes.
    pub place: Place,
    /// What it may be.
    pub ty: Ty,
    /// Whether the document demands it.
    pub required: bool,
    /// Whether `()` is a value (JSON `null`) rather than "not given".
    pub nullable: bool,
    /// Whether a list of ids without any is a value.
    pub may_be_empty: bool,
    /// What it is for, in a few words.
    pub doc: &'static str,
    /// The connection's setting that is taken where the argument is not given: `tenant`.
    pub preset: Option<&'static str>,
    /// What it does beyond the operation; brakes read it.
    pub weight: Weight,
}

impl Param {
    const fn new(name: &'static str, place: Place, ty: Ty, required: bool) -> Self {
        let (wire, doc, preset, weight) = (None, "", None, Weight::Plain);
        Self { name, wire, place, ty, required, nullable: false, may_be_empty: false, doc, preset, weight }
    }

    /// In the path; always required.
    pub const fn path(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Path, ty, true)
    }

    /// In the query, may be left out.
    pub const fn query(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Query, ty, false)
    }

    /// In the body, may be left out.
    pub const fn body(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Body, ty, false)
    }

    /// Not sent, may be left out.
    pub const fn aside(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Aside, ty, false)
    }

    /// The whole body, may be left out.
    pub const fn whole(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Whole, ty, false)
    }

    /// Filled in by beadle alone.
    pub const fn found(name: &'static str, ty: Ty) -> Self {
        Self::new(name, Place::Found, ty, false)
    }

    /// Taken from this setting of the connection where it is not given.
    pub const fn preset(self, setting: &'static str) -> Self {
        Self { preset: Some(setting), required: false, ..self }
    }

    /// Called otherwise on the wire.
    pub const fn wire(self, wire: &'static str) -> Self {
        Self { wire: Some(wire), ..self }
    }

    /// Its name on the wire.
    pub fn on_wire(&self) -> &'static str {
        self.wire.unwrap_or(self.name)
    }

    /// Must be given.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// `()` is a value.
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// A list of ids without any is a value.
    pub const fn may_be_empty(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    /// Whoever it names gets an administrator's or moderator's power.
    pub const fn grants(self) -> Self {
        Self { weight: Weight::Grants, ..self }
    }

    /// Whoever the call is about gets the power of the roles it names, unless all of them are among `plain` or named by the
    /// arguments `but`.
    pub const fn roles(self, plain: &'static [&'static str], but: &'static [&'static str]) -> Self {
        Self { weight: Weight::Roles { plain, but }, ..self }
    }

    /// It is a role's name: whoever the call is about gets power where it holds one of these words (in lower case).
    pub const fn role_named(self, powerful: &'static [&'static str]) -> Self {
        Self { weight: Weight::RoleNamed(powerful), ..self }
    }

    /// Given as `true`, it destroys what cannot be brought back.
    pub const fn destroys(self) -> Self {
        Self { weight: Weight::Destroys, ..self }
    }

    /// What it is for.
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_says_what_to_type() {
        const COLOURS: &[Choice] = &[
            Choice { name: "red", aliases: &["rot"], number: Some(1) },
            Choice { name: "blue", aliases: &[], number: None },
        ];
        let words = [
            (Ty::Id(Wire::Number), "an id"),
            (Ty::Ids(Wire::Text), "a list of ids"),
            (Ty::Text(0), "text"),
            (Ty::Text(9), "text of at most 9 characters"),
            (Ty::Email, "an e-mail address"),
            (Ty::Emails, "a list of e-mail addresses"),
            (Ty::Int(0, i64::MAX), "a whole number from 0"),
            (Ty::Int(1, 50), "a whole number from 1 to 50"),
            (Ty::Bool, "true or false"),
            (Ty::Choice(COLOURS), "one of \"red\", \"blue\""),
            (Ty::Choices(COLOURS), "a list of \"red\", \"blue\""),
            (Ty::Fields, "a map of field names and values"),
            (Ty::Map(&[]), "a map"),
            (Ty::Rows(&[]), "a list of maps"),
        ];
        for (ty, want) in words {
            assert_eq!(ty.words(), want);
        }
    }

    #[test]
    fn only_arguments_of_the_path_are_required_from_the_start() {
        assert!(Param::path("id", Ty::Bool).required);
        assert!(!Param::query("id", Ty::Bool).required);
        let param = Param::body("id", Ty::Bool).required().nullable().doc("why");
        assert!(param.required && param.nullable);
        assert_eq!((param.place, param.doc), (Place::Body, "why"));
    }
}
