//! A script's own arguments: `args(#{ … })`, read from the parsed script without running it.
//! What is typed, what a job names and what a sandbox uses pass the same check; `declare` reads the declaration.

use rhai::{Dynamic, Map};

use super::library::Time;
use super::words::{did_you_mean, instead, listed};
use crate::model::Email;

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file; only these may lie outside of the project.
    File,
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// An id: text.
    Id,
    /// An e-mail address.
    Email,
    /// One of [`Argument::of`].
    Choice,
    /// A day, as its first moment in UTC.
    Date,
}

impl Kind {
    /// All, in the order in which they are listed.
    pub(crate) const ALL: [Self; 9] =
        [Self::File, Self::Text, Self::Int, Self::Float, Self::Bool, Self::Id, Self::Email, Self::Choice, Self::Date];

    /// The word in a declaration.
    pub const fn word(self) -> &'static str {
        self.names().0
    }

    /// The word in a declaration, what stands for a value, and what a value must be.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::File => ("file", "FILE", "the path of a file"),
            Self::Text => ("text", "TEXT", "text"),
            Self::Int => ("int", "NUMBER", "a whole number"),
            Self::Float => ("float", "NUMBER", "a number"),
            Self::Bool => ("bool", "true|false", "true or false"),
            Self::Id => ("id", "ID", "an id"),
            Self::Email => ("email", "ADDRESS", "an e-mail address"),
            Self::Choice => ("choice", "WORD", "one of the choices"),
            Self::Date => ("date", "YYYY-MM-DD", "a date as in 2026-01-31"),
        }
    }
}

/// One declared argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What it may be.
    pub kind: Kind,
    /// The choices, for a choice.
    pub of: Vec<String>,
    /// Whether a run without it is refused.
    pub required: bool,
    /// Whether the script makes the file; else it must be there before anything begins.
    pub writes: bool,
    /// What it is for.
    pub doc: String,
    /// The value where none is given.
    pub(crate) default: Option<Dynamic>,
    /// The value on a sandbox where none is given.
    pub(crate) sandbox: Option<Dynamic>,
}

/// The declared arguments in the order of the script.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// One by one.
    pub arguments: Vec<Argument>,
}

/// What is wrong with the given values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgProblem {
    /// The script declares no such argument.
    #[error("the script has no argument `{name}`{hint}")]
    Unknown {
        /// As it was given.
        name: String,
        /// What may have been meant, or what there is.
        hint: String,
    },
    /// It was given more than once.
    #[error("the argument `{0}` is given twice")]
    Twice(String),
    /// It is needed and was not given.
    #[error("the argument `{name}` is missing{doc}; add `--arg {name}={placeholder}`")]
    Missing {
        /// Its name.
        name: String,
        /// What it is for, in brackets.
        doc: String,
        /// What to type for it.
        placeholder: String,
    },
    /// It is of another kind.
    #[error("the argument `{name}` must be {wanted}, not `{given}`{hint}")]
    Wrong {
        /// Its name.
        name: String,
        /// What it must be.
        wanted: String,
        /// What was given.
        given: String,
        /// What may have been meant.
        hint: String,
    },
}

impl Argument {
    /// What stands for a value in a usage line.
    fn placeholder(&self) -> String {
        match self.kind {
            Kind::Choice => self.of.join("|"),
            kind => kind.names().1.to_owned(),
        }
    }

    /// What a value must be.
    pub(crate) fn wanted(&self) -> String {
        match self.kind {
            Kind::Choice => format!("one of {}", listed(&self.choices())),
            kind => kind.names().2.to_owned(),
        }
    }

    fn choices(&self) -> Vec<&str> {
        self.of.iter().map(String::as_str).collect()
    }

    /// The value in the form that scripts get; `None` when it does not fit.
    pub(crate) fn fit(&self, value: &Dynamic) -> Option<Dynamic> {
        let text = value.as_immutable_string_ref().ok();
        let text = text.as_deref().map(|text| text.as_str());
        match self.kind {
            Kind::Text => text.map(|text| text.to_owned().into()),
            Kind::File => text.filter(|text| !text.trim().is_empty()).map(|text| text.to_owned().into()),
            Kind::Int => value.as_int().ok().or_else(|| text?.trim().parse().ok()).map(Into::into),
            Kind::Float => {
                number(value).or_else(|| text?.trim().parse().ok()).filter(|it: &f64| it.is_finite()).map(Into::into)
            }
            Kind::Bool => value.as_bool().ok().or_else(|| text?.trim().parse().ok()).map(Into::into),
            Kind::Id => {
                let id =
                    value.as_int().ok().map(|id| id.to_string()).or_else(|| text.map(|id| id.trim().to_owned()))?;
                (!id.is_empty()).then(|| id.into())
            }
            Kind::Email => Email::parse(text?).ok().map(|email| email.as_str().to_owned().into()),
            Kind::Choice => {
                self.of.iter().find(|choice| Some(choice.as_str()) == text).map(|choice| choice.clone().into())
            }
            Kind::Date => {
                let date = jiff::civil::Date::strptime("%Y-%m-%d", text?.trim()).ok()?;
                Time::read(&date.to_string()).ok().map(Dynamic::from)
            }
        }
    }

    /// What a script gets where nothing was given; an error where something must be.
    fn absent(&self, sandbox: bool) -> Result<Dynamic, ArgProblem> {
        let value = self.sandbox.as_ref().filter(|_| sandbox).or(self.default.as_ref());
        match value {
            Some(value) => Ok(value.clone()),
            None if !self.required => Ok(Dynamic::UNIT),
            None => Err(ArgProblem::Missing {
                name: self.name.clone(),
                doc: if self.doc.is_empty() { String::new() } else { format!(" ({})", self.doc) },
                placeholder: self.placeholder(),
            }),
        }
    }

    /// The remarks behind its documentation.
    fn remarks(&self) -> String {
        let mut remarks = Vec::new();
        if self.required {
            remarks.push("needed".to_owned());
        }
        if let Some(default) = &self.default {
            remarks.push(format!("default: {}", plain(default)));
        }
        if let Some(sandbox) = &self.sandbox {
            remarks.push(format!("on a sandbox: {}", plain(sandbox)));
        }
        if remarks.is_empty() { String::new() } else { format!("({})", remarks.join("; ")) }
    }
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|number| number as f64))
}

/// A value as it is typed.
fn plain(value: &Dynamic) -> String {
    match value.read_lock::<Time>() {
        Some(time) => time.to_string().chars().take(10).collect(),
        None if value.as_immutable_string_ref().is_ok_and(|text| text.is_empty()) => "\"\"".into(),
        None => value.to_string(),
    }
}

impl Declared {
    /// Whether the script declares nothing.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The argument of this name.
    pub fn get(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// The arguments for `--help`, a line each, without a line break at the end; empty when there are none.
    pub fn usage(&self) -> String {
        let left: Vec<String> =
            self.arguments.iter().map(|one| format!("--arg {}={}", one.name, one.placeholder())).collect();
        let width = left.iter().map(|one| one.chars().count()).max().unwrap_or(0);
        let lines = self.arguments.iter().zip(left).map(|(argument, left)| {
            let right = [argument.doc.as_str(), &argument.remarks()].join(" ");
            format!("  {left:width$}  {}", right.trim()).trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The values that the script gets, from what was given as `name=value`.
    pub fn bind(&self, given: Vec<(String, String)>, sandbox: bool) -> Result<Map, ArgProblem> {
        let mut values = Map::new();
        for (name, text) in given {
            let argument = self.get(&name).ok_or_else(|| self.unknown(&name))?;
            let value = argument.fit(&Dynamic::from(text.clone())).ok_or_else(|| ArgProblem::Wrong {
                name: name.clone(),
                wanted: argument.wanted(),
                hint: did_you_mean(&text, argument.choices()),
                given: text,
            })?;
            if values.insert(name.as_str().into(), value).is_some() {
                return Err(ArgProblem::Twice(name));
            }
        }
        for argument in &self.arguments {
            if !values.contains_key(argument.name.as_str()) {
                values.insert(argument.name.as_str().into(), argument.absent(sandbox)?);
            }
        }
        Ok(values)
    }

    fn unknown(&self, name: &str) -> ArgProblem {
        let names: Vec<&str> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
        let hint = if names.is_empty() { "; it takes none".into() } else { instead(name, &names) };
        ArgProblem::Unknown { name: name.to_owned(), hint }
    }
}

/// The comment with which a script begins, without its signs.
pub(crate) fn description(text: &str) -> String {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if let Some(block) = text.strip_prefix("/*") {
        let block = block.split("*/").next().unwrap_or_default();
        let lines = block.lines().map(|line| line.trim().trim_start_matches(['*', '!']).trim());
        return lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    }
    let lines = text.lines().map(str::trim).skip_while(|line| line.starts_with("#!"));
    let lines = lines.map_while(|line| line.strip_prefix("//"));
    lines.map(|line| line.trim_start_matches(['/', '!']).trim()).collect::<Vec<_>>().join("\n").trim().to_owned()
}
