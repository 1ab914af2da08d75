//! `[mail]`: the program that takes mails to people who watch jobs. What is written to members has nothing to do with it.

use super::error::Error;
use super::section::Section;
use super::tree::{Source, Table};
use crate::model::Email;

/// How mails leave this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// A program and its arguments; it reads a whole mail, headers first, and takes the recipients from them.
    pub command: Option<Vec<String>>,
    /// Who it is from; `None` leaves that to the program.
    pub from: Option<String>,
}

impl Mail {
    pub(super) fn read(table: Table, source: &Source) -> Result<Self, Error> {
        let mut section = Section::new("[mail]".into(), table, source, &["command", "from"])?;
        let command = match section.texts("command")? {
            Some((words, origin)) if words.is_empty() => {
                return Err(section.refuse("command", &origin, "names no program: [\"sendmail\", \"-t\"]"));
            }
            words => words.map(|(words, _)| words),
        };
        let from = match section.text("from")? {
            None => None,
            Some((text, origin)) => match Email::parse(&text) {
                Ok(email) => Some(email.as_str().to_owned()),
                Err(why) => return Err(section.refuse("from", &origin, &format!("must be an address: {why}"))),
            },
        };
        Ok(Self { command, from })
    }
}
