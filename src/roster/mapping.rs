//! Which column means what: said by the script, else seen by its name.

use std::collections::HashMap;

use super::Error;
use super::headings::{self, Heading, field_name, heading};
use crate::model::Email;
use crate::tables::{Entry, Table, reject_columns, tidy};

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// It holds the address.
    Email,
    /// It holds this field of the group.
    Field(String),
    /// It is for people.
    Nothing,
}

/// What a script says of columns, by their names; columns that it does not name are seen by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping(pub Vec<(String, Use)>);

/// What each column of a file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    uses: Vec<Use>,
    email: usize,
    unused: Vec<String>,
}

impl Columns {
    /// Sees what the columns of this table mean. `known` are the fields that the group has; `None`: any name will do.
    pub fn of(table: &Table, mapping: &Mapping, known: Option<&[String]>) -> Result<Self, Error> {
        let names = table.columns();
        let said = said(table, mapping, known)?;
        let keys: Vec<String> = names.iter().map(|name| headings::key(name)).collect();
        let told = said.values().any(|use_| *use_ == Use::Email);
        let mut uses = Vec::with_capacity(names.len());
        let mut unused = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let seen = match (said.get(&place), heading(&keys[place], &keys)) {
                (Some(use_), _) => use_.clone(),
                _ if place < reject_columns(names) || name.is_empty() => Use::Nothing,
                (None, Some(Heading::Email)) if !told => Use::Email,
                (None, Some(Heading::First)) => Use::Field("first_name".into()),
                (None, Some(Heading::Last)) => Use::Field("last_name".into()),
                (None, seen) => match field(name, known).filter(|_| seen.is_none()) {
                    Some(field) => Use::Field(field),
                    None => {
                        unused.push(name.clone());
                        Use::Nothing
                    }
                },
            };
            uses.push(seen);
        }
        let email = single_email(table, &uses)?;
        fields_once(table, &uses)?;
        Ok(Self { names: names.to_vec(), uses, email, unused })
    }

    /// The names as they stand in the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What each is for, in the same order.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// The place of the addresses.
    pub fn email(&self) -> usize {
        self.email
    }

    /// Columns that the group has no field for; what they hold goes nowhere, and the person should know.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }
}

/// What the script says, by place.
fn said(table: &Table, mapping: &Mapping, known: Option<&[String]>) -> Result<HashMap<usize, Use>, Error> {
    let names = table.columns();
    let mut said = HashMap::new();
    for (column, use_) in &mapping.0 {
        let same = |name: &String| headings::key(name) == headings::key(column);
        let place = table.column(column).or_else(|| names.iter().position(same));
        let Some(place) = place else {
            let (file, column) = (table.name().to_owned(), column.clone());
            let hint = hint(&column, names, "it has");
            return Err(Error::NoColumn { file, column, hint });
        };
        let use_ = match use_ {
            // The address is no field: a second one must not overwrite it.
            Use::Field(wanted) if headings::key(wanted) == "email" => Use::Email,
            Use::Field(wanted) => match field(wanted, known) {
                Some(field) => Use::Field(field),
                None => {
                    let hint = hint(wanted, known.unwrap_or_default(), "it has");
                    return Err(Error::NoField { column: column.clone(), field: wanted.clone(), hint });
                }
            },
            other => other.clone(),
        };
        said.insert(place, use_);
    }
    Ok(said)
}

/// The group's field of this name, as the group spells it.
fn field(name: &str, known: Option<&[String]>) -> Option<String> {
    let wanted = field_name(name);
    let names = || known.into_iter().flatten().map(String::as_str).chain(["first_name", "last_name"]);
    let exact = names().find(|field| field_name(field) == wanted);
    let found = exact.or_else(|| names().find(|field| headings::key(field) == headings::key(name)));
    match (found, known) {
        (Some(field), _) => Some(field.to_owned()),
        (None, None) => Some(wanted),
        (None, Some(_)) => None,
    }
}

fn single_email(table: &Table, uses: &[Use]) -> Result<usize, Error> {
    let emails: Vec<usize> = (0..uses.len()).filter(|place| uses[*place] == Use::Email).collect();
    let names = table.columns();
    let file = table.name().to_owned();
    match emails.as_slice() {
        [email] => Ok(*email),
        [first, ..] => {
            let columns = quoted(emails.iter().map(|place| &names[*place]));
            Err(Error::SeveralEmails { file, columns, first: names[*first].clone() })
        }
        [] => {
            if let Some(address) = names.iter().find(|name| Email::parse(name).is_ok()) {
                let (line, delimiter) = (table.detected().header_line, table.detected().delimiter);
                return Err(Error::NoNames { file, line, address: address.clone(), delimiter });
            }
            Err(Error::NoEmail { file, columns: quoted(names.iter()), likely: likely(table)? })
        }
    }
}

/// The column whose cell in the first row is an address, else the first column.
fn likely(table: &Table) -> Result<String, Error> {
    let mut place = 0;
    for entry in table.rows()? {
        if let Entry::Row(row) = entry? {
            place = row.cells().position(|cell| Email::parse(cell).is_ok()).unwrap_or(0);
            break;
        }
    }
    Ok(table.columns().get(place).cloned().unwrap_or_default())
}

fn fields_once(table: &Table, uses: &[Use]) -> Result<(), Error> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (place, use_) in uses.iter().enumerate() {
        let Use::Field(field) = use_ else { continue };
        if let Some(first) = seen.insert(field, place) {
            return Err(Error::SameField {
                file: table.name().to_owned(),
                first: table.columns()[first].clone(),
                second: table.columns()[place].clone(),
                field: field.clone(),
            });
        }
    }
    Ok(())
}

fn hint(wanted: &str, names: &[String], has: &str) -> String {
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&headings::key(wanted), &headings::key(name)), name))
        .min()
        .filter(|(far, _)| *far <= 2.max(wanted.len() / 4));
    let all = quoted(names.iter().filter(|name| !tidy(name).is_empty()));
    match near {
        Some((_, name)) => format!("did you mean `{name}`? {has} {all}"),
        None if all.is_empty() => "it has none of its own".to_owned(),
        None => format!("{has} {all}"),
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Reading;

    fn table(text: &str) -> Table {
        Table::parse("r.csv", text.as_bytes(), Reading::default()).unwrap()
    }

    fn fields(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn field_use(name: &str) -> Use {
        Use::Field(name.to_owned())
    }

    fn columns(text: &str, mapping: &[(&str, Use)], known: &[&str]) -> Result<Columns, String> {
        let mapping = Mapping(mapping.iter().map(|(name, use_)| ((*name).to_owned(), use_.clone())).collect());
        Columns::of(&table(text), &mapping, Some(&fields(known))).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_seen_by_their_names_and_the_rest_is_reported() {
        let columns =
            columns("E-Mail;Name;Vorname;Company Name;Shoe size\nx;x;x;x;x\n", &[], &["company_name"]).unwrap();
        let expected =
            [Use::Email, field_use("last_name"), field_use("first_name"), field_use("company_name"), Use::Nothing];
        assert_eq!(columns.uses(), expected);
        assert_eq!(columns.unused(), ["Shoe size"]);
        assert_eq!(columns.email(), 0);
    }

    #[test]
    fn what_the_script_says_wins() {
        let said = [("kontakt", Use::Email), ("Firma", field_use("Company Name")), ("Vorname", Use::Nothing)];
        let columns = columns("Email;Kontakt;Firma;Vorname\nx;x;x;x\n", &said, &["company_name"]).unwrap();
        assert_eq!(columns.uses(), [Use::Nothing, Use::Email, field_use("company_name"), Use::Nothing]);
        assert_eq!(columns.unused(), ["Email"], "a second address column goes nowhere, and that is said");
    }

    #[test]
    fn a_second_address_never_becomes_a_field() {
        let said = Mapping(vec![("Kontakt".into(), Use::Email)]);
        for known in [None, Some(fields(&["email", "mail"]))] {
            let table = table("Email;Kontakt\nx;x\n");
            let columns = Columns::of(&table, &said, known.as_deref()).unwrap();
            assert_eq!(columns.uses(), [Use::Nothing, Use::Email], "{known:?}");
        }
        let told = columns("Kontakt,x\nx,x\n", &[("Kontakt", field_use("E-Mail"))], &["email"]).unwrap();
        assert_eq!(told.email(), 0);
    }

    #[test]
    fn any_field_will_do_when_the_groups_are_not_known() {
        let columns = Columns::of(&table("email,Shoe Size\nx,x\n"), &Mapping::default(), None).unwrap();
        assert_eq!(columns.uses(), [Use::Email, field_use("shoe_size")]);
    }

    #[test]
    fn a_file_of_refused_rows_can_be_fed_again() {
        let columns = columns("line,reason,email\n1,x,x\n", &[], &["reason"]).unwrap();
        assert_eq!(columns.uses(), [Use::Nothing, Use::Nothing, Use::Email]);
        assert!(columns.unused().is_empty());
    }

    #[test]
    fn what_cannot_be_seen_says_what_to_type() {
        assert_eq!(
            columns("Nr,Kontakt,Vorname\n1,a@b.example,Ada\n", &[], &[]).unwrap_err(),
            "`r.csv` has no e-mail column; its columns are `Nr`, `Kontakt`, `Vorname`. Say which one it is: `columns: #{ \"Kontakt\": \"email\" }`"
        );
        assert_eq!(
            columns("a@b.example;Ada\nc@d.example;Charles\n", &[], &[]).unwrap_err(),
            "`r.csv`, line 1: `a@b.example` stands where the names of the columns should be; put a line of names above it, for example `email;first_name;last_name`"
        );
        assert_eq!(
            columns("email,mail\nx,x\n", &[], &[]).unwrap_err(),
            "`r.csv` has several e-mail columns: `email`, `mail`. Say which one to take: `columns: #{ \"email\": \"email\" }`"
        );
        assert_eq!(
            columns("email,Vorname,First name\nx,x,x\n", &[], &[]).unwrap_err(),
            "`r.csv`: the columns `Vorname` and `First name` both mean the field `first_name`; leave one out with `columns: #{ \"First name\": () }`"
        );
        assert_eq!(
            columns("email,Firma\nx,x\n", &[("Frima", Use::Nothing)], &[]).unwrap_err(),
            "`r.csv` has no column `Frima`; did you mean `Firma`? it has `email`, `Firma`"
        );
        assert_eq!(
            columns("email,Firma\nx,x\n", &[("Firma", field_use("compani"))], &["company"]).unwrap_err(),
            "the group has no field `compani` for the column `Firma`; did you mean `company`? it has `company`"
        );
    }
}
