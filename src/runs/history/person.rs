//! `beadle person`: everything that was ever done to or for one person.

use serde_json::{Value, json};

use super::words::{Owner, Times, about, standing};
use crate::model::counted;
use crate::store::{About, Names, Trace};

/// One person, as far as the store knows.
#[derive(Clone, Debug)]
pub struct Person {
    /// What was asked for.
    pub asked: String,
    /// By what they are known.
    pub names: Names,
    /// How much.
    pub about: About,
}

impl Person {
    /// Who it is, and how much is known. Accounts are named where one id means several people, or one person has several.
    pub fn head(&self, people: usize) -> String {
        let mut lines = vec![format!(
            "{}: {}, {}{}",
            self.asked,
            counted(self.about.mails, "mail", "mails"),
            counted(self.about.changes, "other change", "other changes"),
            self.not()
        )];
        let addresses = self.names.addresses.iter().filter(|address| **address != self.asked).cloned();
        let mut accounts = self.names.ids.iter().map(|(account, _)| account);
        let first = accounts.next();
        let several = people > 1 || accounts.any(|account| Some(account) != first);
        let ids = self.names.ids.iter().filter(|(_, id)| several || *id != self.asked);
        let ids = ids.map(|(account, id)| if several { format!("{id} on {account}") } else { id.clone() });
        let names: Vec<String> = addresses.chain(ids).collect();
        lines.extend((!names.is_empty()).then(|| format!("known as {}", names.join(", "))));
        lines.join("\n")
    }

    fn not(&self) -> String {
        match self.about.mails_not + self.about.changes_not {
            0 => String::new(),
            not => format!("; {not} that did not happen"),
        }
    }

    /// What is said of somebody whom the store does not know.
    pub fn unknown(asked: &str, store: &str) -> String {
        format!(
            "nothing is known of `{asked}`: no run of the store {store} has written to them or changed anything of theirs"
        )
    }

    /// One effect: `2026-11-22 01:58:03 UTC  members.invite on main, group 4: done  (20261122-0158-k3f9, effect 412)`.
    pub fn line(trace: &Trace, owner: Owner, times: &Times) -> String {
        let row = &trace.effect;
        let may = if row.mails == "unknown" { " (may mail)" } else { "" };
        let (when, stands) = (times.show(row.begun_at), standing(row, owner, times));
        format!(
            "{when}  {} on {}{may}  {}: {stands}; run {}, effect {}",
            row.op,
            trace.connection,
            about(row),
            row.run,
            row.id
        )
    }

    /// The person as an object.
    pub fn json(&self) -> Value {
        let id = |(account, id): &(String, String)| json!({ "account": account, "id": id });
        json!({
            "type": "person",
            "asked": self.asked,
            "known": !self.names.is_empty() && self.about != About::default(),
            "addresses": self.names.addresses,
            "ids": self.names.ids.iter().map(id).collect::<Vec<_>>(),
            "mails": self.about.mails,
            "changes": self.about.changes,
            "did_not_happen": { "mails": self.about.mails_not, "changes": self.about.changes_not },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::{row, times};
    use super::super::words::trace_json;
    use super::*;
    use crate::store::EffectRow;

    fn person(addresses: &[&str], ids: &[(&str, &str)]) -> Person {
        let names = Names {
            addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
            ids: ids.iter().map(|&(account, id)| (account.to_owned(), id.to_owned())).collect(),
        };
        Person { asked: "ada@example.org".into(), names, about: About { mails: 1, changes: 2, ..About::default() } }
    }

    #[test]
    fn the_head_counts_and_names_what_else_the_person_is_called() {
        assert_eq!(
            person(&["ada@example.org", "ada@old.example"], &[("mobilize-1", "1007")]).head(1),
            "ada@example.org: 1 mail, 2 other changes\nknown as ada@old.example, 1007"
        );
        let mut ada = person(&["ada@example.org"], &[]);
        assert_eq!(ada.head(1), "ada@example.org: 1 mail, 2 other changes");
        ada.about.mails_not = 3;
        assert_eq!(ada.head(1), "ada@example.org: 1 mail, 2 other changes; 3 that did not happen");
    }

    #[test]
    fn accounts_are_named_where_an_id_alone_does_not_say_who_it_is() {
        let several = person(&["ada@example.org"], &[("mobilize-1", "1007"), ("mobilize-2", "1007")]).head(1);
        assert!(several.ends_with("\nknown as 1007 on mobilize-1, 1007 on mobilize-2"), "{several}");
        let one_of_two = person(&[], &[("mobilize-2", "1007")]).head(2);
        assert!(one_of_two.ends_with("\nknown as 1007 on mobilize-2"), "{one_of_two}");
    }

    #[test]
    fn a_line_says_when_what_where_how_it_stands_and_by_which_run() {
        let effect = EffectRow { mails: "unknown".into(), op: "members.add".into(), state: "done".into(), ..row(412) };
        let trace =
            Trace { effect, connection: "main".into(), sentence: "…".into(), script: "scripts/sync.rhai".into() };
        assert_eq!(
            Person::line(&trace, Owner::Nobody, &times()),
            "2023-11-14 22:13:20 UTC  members.add on main (may mail)  ada@example.org (1007), group 4: done; run \
             20261122-0158-k3f9, effect 412"
        );
        assert_eq!(trace_json(&trace, Owner::Nobody)["script"], "scripts/sync.rhai");
    }
}
