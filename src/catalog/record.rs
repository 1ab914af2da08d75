//! What an answer holds, as the document lists it: which fields there are, in which order, and which of them are ids.

/// What a field of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldTy {
    /// An id: a string in scripts, whatever the wire has.
    Id,
    /// A list of ids.
    Ids,
    /// Text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A time in milliseconds since the epoch, UTC.
    Millis,
    /// A time as ISO 8601 text, UTC.
    Iso,
    /// A map with known keys.
    One(&'static Record),
    /// A list of maps with known keys.
    Many(&'static Record),
    /// Whatever the community put there; its keys are theirs and nothing in it is an id.
    Open,
}

/// One field of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key, in the platform's spelling.
    pub name: &'static str,
    /// What it is.
    pub ty: FieldTy,
}

/// The documented shape of an answer or of a part of it. Platforms send more keys than they document; those are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is called: `User`.
    pub name: &'static str,
    /// Its fields in the document's order.
    pub fields: &'static [Field],
}

impl Field {
    /// A field of this name and type.
    pub const fn new(name: &'static str, ty: FieldTy) -> Self {
        Self { name, ty }
    }
}

impl Record {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Whether the key holds an id: as documented, else by its name (`id`, `group_id`).
    pub fn is_id(&self, key: &str) -> bool {
        match self.field(key) {
            Some(field) => matches!(field.ty, FieldTy::Id | FieldTy::Ids),
            None => key == "id" || key.ends_with("_id"),
        }
    }

    /// Column names for a table of such records: nested ones as `target.id`, in the document's order.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        for field in self.fields {
            match field.ty {
                FieldTy::One(inner) => {
                    columns.extend(inner.columns().into_iter().map(|c| format!("{}.{c}", field.name)));
                }
                _ => columns.push(field.name.to_owned()),
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Record =
        Record { name: "Inner", fields: &[Field::new("id", FieldTy::Id), Field::new("name", FieldTy::Text)] };
    const OUTER: Record = Record {
        name: "Outer",
        fields: &[
            Field::new("ref_id", FieldTy::Text),
            Field::new("parent", FieldTy::Id),
            Field::new("people", FieldTy::Ids),
            Field::new("target", FieldTy::One(&INNER)),
            Field::new("many", FieldTy::Many(&INNER)),
            Field::new("fields", FieldTy::Open),
        ],
    };

    #[test]
    fn what_is_documented_decides_what_is_an_id_and_else_the_name_does() {
        let ids = ["parent", "people", "id", "member_id", "_id"];
        assert!(ids.iter().all(|key| OUTER.is_id(key)));
        let none = ["ref_id", "fields", "target", "paid", "ids", "identity"];
        assert!(!none.iter().any(|key| OUTER.is_id(key)));
    }

    #[test]
    fn columns_open_single_records_and_keep_the_order() {
        assert_eq!(OUTER.columns(), ["ref_id", "parent", "people", "target.id", "target.name", "many", "fields"]);
    }
}
