//! Roles of a community: which one is the member's, which give power, and how a person writes several of them in one cell.

use serde_json::{Value, json};

/// The types of the roles that every community has; a community has roles of its own beside them.
const ADMINISTRATOR: &str = "b50b3349-fa9e-4a03-9220-cf99184b4645";
const MODERATOR: &str = "f49f69a6-61b2-423e-8ad5-d58841be441c";
const MEMBER: &str = "f79a55da-7c76-4600-a809-0f62ca9971d9";

/// What stands between roles in a cell.
const BETWEEN: &str = "; ";

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The community's id of it.
    pub id: String,
    /// Its name; the id where it has none.
    pub name: String,
    /// The id of its type; empty where nobody says it.
    pub ty: String,
}

impl Role {
    /// A row of `roles.list`.
    fn read(row: &Value) -> Option<Self> {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = text("Id")?;
        Some(Self { name: text("Name").unwrap_or_else(|| id.clone()), ty: text("RoleTypeId").unwrap_or_default(), id })
    }

    fn is_of(&self, ty: &str) -> bool {
        self.ty.eq_ignore_ascii_case(ty)
    }

    /// Whether everybody in the community has it.
    pub fn is_member(&self) -> bool {
        self.is_of(MEMBER)
    }

    /// Whether whoever has it administers the community.
    pub fn is_administrator(&self) -> bool {
        self.is_of(ADMINISTRATOR)
    }

    /// Whether it gives an administrator's or moderator's power.
    pub fn is_powerful(&self) -> bool {
        self.is_of(ADMINISTRATOR) || self.is_of(MODERATOR)
    }

    /// Whether a person means it by this word: its id, its name, or what the built-in ones are called for short.
    fn is_meant(&self, word: &str) -> bool {
        let short = match word.to_lowercase().as_str() {
            "member" => self.is_member(),
            "moderator" => self.is_of(MODERATOR),
            "administrator" | "admin" => self.is_administrator(),
            _ => false,
        };
        short || self.id.eq_ignore_ascii_case(word) || self.name.trim().to_lowercase() == word.to_lowercase()
    }
}

/// The roles of a community.
pub struct Roles(pub Vec<Role>);

impl Roles {
    /// Those that `roles.list` gave.
    pub fn of(rows: &Value) -> Self {
        Self(rows.as_array().into_iter().flatten().filter_map(Role::read).collect())
    }

    /// The role of this id; one that the list does not name is known by its id alone.
    pub fn by_id(&self, id: &str) -> Role {
        let found = self.0.iter().find(|role| role.id.eq_ignore_ascii_case(id)).cloned();
        found.unwrap_or_else(|| Role { id: id.to_owned(), name: id.to_owned(), ty: String::new() })
    }

    /// The role that a person means.
    pub fn meant(&self, word: &str) -> Option<&Role> {
        let word = word.trim();
        // An id says more than a name, and a name more than a short word.
        let by_id = self.0.iter().find(|role| role.id.eq_ignore_ascii_case(word));
        let by_name = || self.0.iter().find(|role| role.name.trim().to_lowercase() == word.to_lowercase());
        by_id.or_else(by_name).or_else(|| self.0.iter().find(|role| role.is_meant(word)))
    }

    /// The one that everybody has.
    pub fn member(&self) -> Option<&Role> {
        self.0.iter().find(|role| role.is_member())
    }
}

/// Roles as they stand in a row of ours.
pub fn to_value(roles: &[Role]) -> Value {
    roles.iter().map(|role| json!({ "id": role.id, "name": role.name, "type": role.ty })).collect()
}

/// Roles out of a row of ours.
pub fn from_value(roles: &Value) -> Vec<Role> {
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows = roles.as_array().into_iter().flatten();
    rows.map(|row| Role { id: text(row, "id"), name: text(row, "name"), ty: text(row, "type") }).collect()
}

/// Roles as a person reads them: without the one that everybody has, in the order of their names.
pub fn words(roles: &[Role]) -> String {
    in_order(roles.iter().filter(|role| !role.is_member()).map(|role| role.name.trim().to_owned()).collect())
}

/// A cell in the same form: names between semicolons or, where there is none, commas.
pub fn tidied(cell: &str) -> String {
    in_order(names(cell).into_iter().filter(|name| !is_member_word(name)).collect())
}

/// The names in a cell.
pub fn names(cell: &str) -> Vec<String> {
    let sign = if cell.contains(';') { ';' } else { ',' };
    cell.split(sign).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn is_member_word(name: &str) -> bool {
    ["member", "community member"].contains(&name.to_lowercase().as_str())
}

fn in_order(mut names: Vec<String>) -> String {
    names.sort_by_key(|name| name.to_lowercase());
    names.dedup_by_key(|name| name.to_lowercase());
    names.join(BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_roles_is_compared_by_its_names_whatever_their_order_and_without_the_one_that_all_have() {
        for (cell, told) in [
            ("", ""),
            (" Member ", ""),
            ("community member; Analysts", "Analysts"),
            ("Operators, analysts,Analysts", "analysts; Operators"),
            ("Ops, East; Analysts", "Analysts; Ops, East"),
        ] {
            assert_eq!(tidied(cell), told, "{cell}");
        }
    }

    #[test]
    fn a_role_is_meant_by_its_id_its_name_or_a_short_word_and_the_id_wins() {
        let rows = json!([
            { "Id": "R1", "Name": "Community Member", "RoleTypeId": MEMBER.to_uppercase() },
            { "Id": "r2", "Name": "Community Administrator", "RoleTypeId": ADMINISTRATOR },
            { "Id": "r3", "Name": "r2" },
            { "Id": "r4", "Name": "Moderator" },
            { "Id": "r5", "RoleTypeId": MODERATOR },
            { "Name": "nobody" },
        ]);
        let roles = Roles::of(&rows);
        let id = |word: &str| roles.meant(word).map(|role| role.id.as_str());
        assert_eq!((id("r1"), id(" member "), id("admin"), id("r2")), (Some("R1"), Some("R1"), Some("r2"), Some("r2")));
        assert_eq!(id("moderator"), Some("r4"), "a name of its own before the short word");
        assert_eq!((id("nobody"), id("")), (None, None));
        let powerful: Vec<&str> =
            roles.0.iter().filter(|role| role.is_powerful()).map(|role| role.id.as_str()).collect();
        assert_eq!(powerful, ["r2", "r5"]);
        assert_eq!(words(&roles.0), "Community Administrator; Moderator; r2; r5");
        assert_eq!(from_value(&to_value(&roles.0)), roles.0);
        assert_eq!(roles.by_id("R4").name, "Moderator");
        assert_eq!(roles.by_id("r9").name, "r9");
    }
}
