//! What a migration names: whether the source has it.

use super::{Wish, side};
use crate::catalog::Unsupported;
use crate::client::{Client, Error};
use crate::model::Group;

/// Whether the groups that were named are there.
pub(super) fn groups(from: &Client, source: &[Group], wish: &Wish) -> Result<(), Error> {
    let refused = |words: String| Err(Error::unsupported(from, &Unsupported(words)));
    if source.is_empty() && from.platform().adapter.groups(from.connection()).is_none() {
        let title = from.platform().title;
        return refused(format!("{title} lists no groups: name those that move by their ids, with `groups`"));
    }
    let Some(name) = wish.groups.unknown(source) else { return Ok(()) };
    let known = source.iter().map(|group| group.name.trim());
    refused(format!("`groups` names `{name}`, and {} has no such group{}", from.connection(), meant(name, known)))
}

/// Whether fields that were named, and that nobody has, are any of the source.
pub(super) async fn fields(from: &Client, group: &str, unheld: &[String]) -> Result<(), Error> {
    if unheld.is_empty() {
        return Ok(());
    }
    let known = match from.platform().adapter.standing_fields() {
        Some(known) => known.into_iter().map(str::to_owned).collect(),
        None => match side::fields(from, group).await? {
            Some(known) => known,
            None => return Ok(()),
        },
    };
    let own = ["id", "email", "first_name", "last_name"];
    let is_known = |name: &str| own.contains(&name) || known.iter().any(|known| known == name);
    let Some(name) = unheld.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let known = known.iter().map(String::as_str).chain(own);
    let words = format!("`fields` names `{name}`, and {} has no such field{}", from.connection(), meant(name, known));
    Err(Error::unsupported(from, &Unsupported(words)))
}

/// `; did you mean …?`
fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let far = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let close = known.map(|known| (far(known), known)).min();
    match close.filter(|(far, known)| *far <= known.chars().count().div_ceil(3)) {
        Some((_, known)) => format!("; did you mean `{known}`?"),
        None => String::new(),
    }
}
