//! `email`: addresses as they are compared.

use rhai::{Dynamic, NativeCallContext};

use super::{LibraryNoun, Verb, text_of};
use crate::model::Email;
use crate::script::context::{Outcome, Run};
use crate::script::later::Later;

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "email",
    verbs: &[
        Verb {
            name: "normal",
            arguments: 1..=1,
            usage: "email.normal(text)",
            doc: "The address in lower case without blanks around it; what is no address is an error.",
            does: normal,
        },
        Verb {
            name: "valid",
            arguments: 1..=1,
            usage: "email.valid(text)",
            doc: "Whether it is an e-mail address.",
            does: valid,
        },
    ],
};

/// The address in lower case without blanks around it; what is no address is an error.
fn normal(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let text = text_of("email.normal()", &given[0])?;
    match Email::parse(&text) {
        Ok(email) => Ok(email.key().to_owned().into()),
        Err(error) => Err(error.to_string().into()),
    }
}

/// Whether it is an address; also `()` and numbers may be asked.
fn valid(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    if let Some(later) = Later::of(&given[0]) {
        return Err(later.refusal("email.valid()").into());
    }
    let text = given[0].clone().into_immutable_string();
    Ok(text.is_ok_and(|text| Email::parse(&text).is_ok()).into())
}
