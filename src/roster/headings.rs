//! How people name the columns of addresses and names, in the languages that we know of.

use crate::tables::tidy;

/// What a heading says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    Email,
    First,
    Last,
}

const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailaddress",
    "mailaddress",
    "emailaddress1",
    "email1",
    "email1value",
    "primaryemail",
    "useremail",
    "memberemail",
    "contactemail",
    "emailid",
    "emailadresse",
    "mailadresse",
    "correo",
    "correoelectronico",
    "direcciondecorreo",
    "direcciondecorreoelectronico",
    "direccionemail",
    "courriel",
    "adresseemail",
    "adressemail",
    "adressecourriel",
    "adresseelectronique",
    "adressedemessagerie",
    "postaelettronica",
    "indirizzoemail",
    "indirizzomail",
    "indirizzodipostaelettronica",
    "enderecodeemail",
    "enderecoemail",
    "emailadres",
    "mailadres",
    "epost",
    "epostadress",
    "epostadresse",
    "eposta",
    "epostaadresi",
    "sahkoposti",
    "sahkopostiosoite",
    "adresemail",
    "adresemailowy",
    "emailova",
    "emailcim",
];
const FIRST: &[&str] = &[
    "firstname",
    "givenname",
    "forename",
    "vorname",
    "rufname",
    "prenom",
    "primernombre",
    "voornaam",
    "fornamn",
    "fornavn",
    "etunimi",
    "imie",
    "jmeno",
    "keresztnev",
];
const LAST: &[&str] = &[
    "lastname",
    "surname",
    "familyname",
    "nachname",
    "familienname",
    "zuname",
    "nomdefamille",
    "apellido",
    "apellidos",
    "cognome",
    "sobrenome",
    "apelido",
    "achternaam",
    "efternamn",
    "etternavn",
    "efternavn",
    "sukunimi",
    "nazwisko",
    "prijmeni",
    "soyadi",
    "soyad",
];
/// Words that say which name they mean only beside another one: `Name` after `Vorname`, `Nombre` before `Apellidos`.
const BESIDE: &[(&str, &str, Heading)] = &[
    ("name", "vorname", Heading::Last),
    ("name", "rufname", Heading::Last),
    ("nom", "prenom", Heading::Last),
    ("naam", "voornaam", Heading::Last),
    ("nombre", "apellido", Heading::First),
    ("nombre", "apellidos", Heading::First),
    ("nombres", "apellidos", Heading::First),
    ("nome", "cognome", Heading::First),
    ("nome", "sobrenome", Heading::First),
    ("nome", "apelido", Heading::First),
];

/// What this heading says among the others; all as [`key`]s.
pub(super) fn heading(key: &str, all: &[String]) -> Option<Heading> {
    let among = |list: &[&str]| list.contains(&key);
    match () {
        () if among(EMAIL) => Some(Heading::Email),
        () if among(FIRST) => Some(Heading::First),
        () if among(LAST) => Some(Heading::Last),
        () => BESIDE
            .iter()
            .find(|(word, other, _)| *word == key && all.iter().any(|name| name == other))
            .map(|(_, _, heading)| *heading),
    }
}

/// A heading as it is compared: small letters and digits, without accents.
pub(super) fn key(heading: &str) -> String {
    heading.chars().flat_map(char::to_lowercase).filter_map(plain).collect()
}

/// A heading as a field's name: small letters, `_` for blanks.
pub(super) fn field_name(heading: &str) -> String {
    tidy(heading).to_lowercase().split_whitespace().collect::<Vec<_>>().join("_")
}

fn plain(c: char) -> Option<char> {
    match c {
        'à'..='å' | 'ą' | 'ă' => Some('a'),
        'è'..='ë' | 'ę' | 'ě' => Some('e'),
        'ì'..='ï' | 'ı' => Some('i'),
        'ò'..='ö' | 'ø' => Some('o'),
        'ù'..='ü' | 'ů' => Some('u'),
        'ç' | 'ć' | 'č' => Some('c'),
        'ñ' | 'ń' => Some('n'),
        'ř' => Some('r'),
        'ý' => Some('y'),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str]) -> Vec<Option<Heading>> {
        let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        keys.iter().map(|name| heading(name, &keys)).collect()
    }

    #[test]
    fn addresses_are_known_in_several_languages() {
        let names = [
            "email",
            "E-Mail",
            "e-mail address",
            "Mail",
            "EMAIL ADDRESS",
            "correo",
            "Correo electrónico",
            "courriel",
            "Adresse e-mail",
            "E-Mail-Adresse",
            "e_mail",
            "Indirizzo email",
            "E-postadress",
            "Sähköposti",
            "E-mail 1 - Value",
        ];
        for name in names {
            assert_eq!(said(&[name]), [Some(Heading::Email)], "{name}");
        }
        assert_eq!(said(&["Postal mail", "emailed", "Name"]), [None, None, None]);
    }

    #[test]
    fn names_are_known_too() {
        use Heading::{First, Last};
        assert_eq!(said(&["First Name", "last_name"]), [Some(First), Some(Last)]);
        assert_eq!(said(&["Vorname", "Nachname"]), [Some(First), Some(Last)]);
        assert_eq!(said(&["Name", "Vorname"]), [Some(Last), Some(First)]);
        assert_eq!(said(&["Nom", "Prénom"]), [Some(Last), Some(First)]);
        assert_eq!(said(&["Nom", "Pre\u{301}nom"]), [Some(Last), Some(First)], "an accent of its own");
        assert_eq!(said(&["Nombre", "Apellidos"]), [Some(First), Some(Last)]);
        assert_eq!(said(&["Name", "First name"]), [None, Some(First)], "which name is anybody's guess");
    }

    #[test]
    fn headings_become_field_names() {
        assert_eq!(field_name(" Company  Name\u{A0}"), "company_name");
    }
}
