//! `beadle person WHO`: everything that was ever done to or for one person, in all runs of the store.

use std::collections::HashMap;

use super::past::{PAGE, failed, times};
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::model::Email;
use crate::runs::history::{Owner, Person, Times, trace_json};
use crate::settings::Mode;
use crate::store::{About, Error, Names, Store, Told};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle person ada@example.org
  beadle person 1007 --sandbox")]
pub(super) struct Options {
    /// The person's address, or an id that the platform gave them
    #[arg(value_name = "EMAIL")]
    who: String,
    /// What was done on the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Says all that the store knows of the person.
pub(super) fn person(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let asked = asked(&options.who)?;
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let found = session.runtime.block_on(found(&session.store, &asked)).map_err(failed)?;
    if found.is_empty() {
        let store = session.store.path().display().to_string();
        let nobody = Person { asked: asked.clone(), names: Names::default(), about: About::default() };
        shell.tell(|| Person::unknown(&asked, &store), || nobody.json());
        return Ok(Code::Done);
    }
    if found.len() > 1 {
        let accounts = format!("`{asked}` is an id of {} people, one on each account:", found.len());
        shell.tell_text(&accounts);
    }
    let (times, mut owners) = (times(&session), HashMap::new());
    for person in &found {
        shell.tell(|| person.head(found.len()), || person.json());
        for (told, title) in [(Told::Mails, "mails"), (Told::Changes, "other changes")] {
            let count = match told {
                Told::Mails => person.about.mails + person.about.mails_not,
                Told::Changes => person.about.changes + person.about.changes_not,
            };
            if count > 0 {
                shell.tell_text(&format!("{title}:"));
                effects(&session, person, told, &times, &mut owners, shell)?;
            }
        }
    }
    Ok(Code::Done)
}

/// An address as it is compared, or an id.
fn asked(who: &str) -> Result<String, Failure> {
    match Email::parse(who) {
        Ok(email) => Ok(email.key().to_owned()),
        Err(error) if who.contains('@') || who.trim().is_empty() => Err(Failure::usage(error.to_string())),
        Err(_) => Ok(who.trim().to_lowercase()),
    }
}

/// Whom it may mean: one person for an address; an id may be somebody else's on another account.
async fn found(store: &Store, asked: &str) -> Result<Vec<Person>, Error> {
    let mut starts = vec![Names { addresses: vec![asked.to_owned()], ids: Vec::new() }];
    if !asked.contains('@') {
        let accounts = store.accounts_of(asked).await?.into_iter();
        starts =
            accounts.map(|account| Names { addresses: Vec::new(), ids: vec![(account, asked.to_owned())] }).collect();
    }
    let mut found: Vec<Person> = Vec::new();
    for start in starts {
        if start.ids.iter().any(|id| found.iter().any(|person| person.names.ids.contains(id))) {
            continue;
        }
        let mut names = start;
        loop {
            let more = store.names_beside(&names).await?;
            if more == names {
                break;
            }
            names = more;
        }
        let about = store.count_about(&names).await?;
        if about != About::default() {
            found.push(Person { asked: asked.to_owned(), names, about });
        }
    }
    Ok(found)
}

fn effects(
    session: &Session<'_>,
    person: &Person,
    told: Told,
    times: &Times,
    owners: &mut HashMap<String, Owner>,
    shell: &Shell,
) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = session.store.about(&person.names, told, after, PAGE);
        let page = session.runtime.block_on(page).map_err(failed)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.effect.id;
        for trace in &page {
            let run = &trace.effect.run;
            let owner = match owners.get(run) {
                Some(owner) => *owner,
                None => *owners.entry(run.clone()).or_insert(session.past().owner(run)?),
            };
            shell.tell(|| format!("  {}", Person::line(trace, owner, times)), || trace_json(trace, owner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_by_address_or_id() {
        assert_eq!(asked(" Ada@Example.org "), Ok("ada@example.org".into()));
        assert_eq!(asked(" 1007 "), Ok("1007".into()));
        assert!(asked("ada@").unwrap_err().message.contains("`ada@` is not an e-mail address"));
        assert!(asked(" ").is_err());
    }
}
