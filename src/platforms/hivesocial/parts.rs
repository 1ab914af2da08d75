//! What one answer to an import says of each person: its errors name rows by address or place, or nobody.

use serde_json::Value;

use super::errors::{Failure, Failures};
use crate::catalog::{Part, Piece};
use crate::model::Email;

/// One for each subject; `None` where nothing went wrong. Whoever an error names was refused; an error that names nobody
/// leaves all others in doubt.
pub fn parts(piece: &Piece, answer: &Value) -> Option<Vec<Part>> {
    let failures = Failures::of(answer);
    if failures.is_empty() {
        return None;
    }
    let mut parts: Vec<Part> = vec![Part::Done; piece.subjects.len()];
    let mut of_nobody = Vec::new();
    for failure in failures.iter() {
        let named = who(piece, failure);
        match named.is_empty() {
            true => of_nobody.push(failure.sentence()),
            false => named.into_iter().for_each(|place| parts[place] = refused_or_unsure(failure)),
        }
    }
    if !of_nobody.is_empty() {
        let why = of_nobody.join("; ");
        for part in parts.iter_mut().filter(|part| **part == Part::Done) {
            *part = Part::Unsure(why.clone());
        }
    }
    Some(parts)
}

fn refused_or_unsure(failure: &Failure) -> Part {
    match super::errors::is_the_systems(&failure.message) {
        true => Part::Unsure(failure.sentence()),
        false => Part::Refused(failure.sentence()),
    }
}

/// The places of those whom an error is about: by `records[3]` in its key, else by an address that it names as a whole.
fn who(piece: &Piece, failure: &Failure) -> Vec<usize> {
    if let Some(place) = place_in(&failure.key).filter(|place| *place < piece.subjects.len()) {
        return vec![place];
    }
    let said = [&failure.key, &failure.value, &failure.message];
    let addresses: Vec<String> = said.iter().flat_map(|text| addresses(text)).collect();
    let named = |place: &usize| addresses.contains(&piece.subjects[*place].0.key);
    (0..piece.subjects.len()).filter(named).collect()
}

/// `records[3].email` means the fourth.
fn place_in(key: &str) -> Option<usize> {
    let rest = key.trim().strip_prefix("records[").or_else(|| key.trim().strip_prefix("Records["))?;
    rest.split(']').next()?.parse().ok()
}

fn addresses(text: &str) -> Vec<String> {
    let between = |sign: char| sign.is_whitespace() || ",;:<>()[]\"'".contains(sign);
    let words = text.split(between).map(|word| word.trim_end_matches('.'));
    words.filter_map(|word| Email::parse(word).ok()).map(|email| email.key().to_owned()).collect()
}
