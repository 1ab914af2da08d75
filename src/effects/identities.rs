//! Who is who on two accounts, as migrations have found out and people have said. Its one rule: what a person said stands
//! until a person says otherwise.

use std::collections::{HashMap, HashSet};

use super::{Error, Ledger};
use crate::store::IdentityRow;

/// Who says so, of what a person said.
const HAND: &str = "hand";

/// What a source's id is called on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The id on the target; of somebody who has no account there yet, the address.
    pub target: String,
    /// Whether a person said so.
    pub by_hand: bool,
}

/// The map of two accounts: by kind and the source's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities(HashMap<(String, String), Identity>);

impl Identities {
    /// What somebody or something of the source is called on the target.
    pub fn of(&self, kind: &str, source: &str) -> Option<&Identity> {
        self.0.get(&(kind.to_owned(), source.to_owned()))
    }

    /// The target's id, where there is one.
    pub fn id(&self, kind: &str, source: &str) -> Option<&str> {
        self.of(kind, source).map(|identity| identity.target.as_str())
    }

    /// Notes one more; what a person said stays.
    pub fn learn(&mut self, kind: &str, source: &str, target: &str) -> bool {
        let key = (kind.to_owned(), source.to_owned());
        if self.0.get(&key).is_some_and(|known| known.by_hand || known.target == target) {
            return false;
        }
        self.0.insert(key, Identity { target: target.to_owned(), by_hand: false });
        true
    }
}

#[cfg(test)]
impl Identities {
    /// What a person said of these: the source's id, and the target's.
    pub fn by_hand(kind: &str, rows: &[(&str, &str)]) -> Self {
        let row = |(source, target): &(&str, &str)| {
            let said = Identity { target: (*target).to_owned(), by_hand: true };
            ((kind.to_owned(), (*source).to_owned()), said)
        };
        Self(rows.iter().map(row).collect())
    }
}

impl Ledger {
    /// The map of two accounts.
    pub async fn identities(&self, source: &str, target: &str) -> Result<Identities, Error> {
        let rows = self.identity_rows(source, target).await?;
        let of = |row: IdentityRow| {
            ((row.kind, row.source_id), Identity { target: row.target_id, by_hand: row.made_by == HAND })
        };
        Ok(Identities(rows.into_iter().map(of).collect()))
    }

    /// The same, row by row.
    pub async fn identity_rows(&self, source: &str, target: &str) -> Result<Vec<IdentityRow>, Error> {
        Ok(self.inner.store.identities(source, target).await?)
    }

    /// Keeps what this run has found out: kind, the source's id, the target's.
    pub async fn keep_identities(
        &self,
        source: &str,
        target: &str,
        found: &[(String, String, String)],
    ) -> Result<(), Error> {
        self.keep_identities_by(source, target, found, self.run()).await
    }

    /// Keeps what a person says.
    pub async fn say_identity(&self, source: &str, target: &str, said: (String, String, String)) -> Result<(), Error> {
        self.keep_identities_by(source, target, &[said], HAND).await
    }

    async fn keep_identities_by(
        &self,
        source: &str,
        target: &str,
        found: &[(String, String, String)],
        by: &str,
    ) -> Result<(), Error> {
        let at = self.inner.clock.now_ms();
        let row = |(kind, source_id, target_id): &(String, String, String)| IdentityRow {
            kind: kind.clone(),
            source_id: source_id.clone(),
            target_id: target_id.clone(),
            made_by: by.to_owned(),
            at,
        };
        let rows: Vec<IdentityRow> = found.iter().map(row).collect();
        match rows.is_empty() {
            true => Ok(()),
            false => Ok(self.inner.store.keep_identities(source, target, &rows).await?),
        }
    }

    /// Forgets one; says whether it was there.
    pub async fn forget_identity(&self, source: &str, target: &str, kind: &str, id: &str) -> Result<bool, Error> {
        Ok(self.inner.store.forget_identity(source, target, kind, id).await?)
    }

    /// The ids of the groups of an account that were made through this store.
    pub async fn groups_made(&self, account: &str) -> Result<HashSet<String>, Error> {
        Ok(self.inner.store.groups_made(account).await?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_said_stands_whatever_a_run_finds() {
        let mut known = Identities::default();
        assert!(known.learn("person", "1", "9"));
        assert!(!known.learn("person", "1", "9"), "nothing new");
        assert!(known.learn("person", "1", "8"));
        known.0.insert(("person".into(), "1".into()), Identity { target: "7".into(), by_hand: true });
        assert!(!known.learn("person", "1", "8"));
        assert_eq!((known.id("person", "1"), known.id("group", "1")), (Some("7"), None));
    }
}
