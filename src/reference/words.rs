//! The table's notions in words for people; one place, so that terminal and pages say the same.

use crate::catalog::{
    Answer, Choice, Consequence, FieldTy, Kind, Mails, Op, Page, Param, Place, Platform, Protocol, Repeat, Ty, Write,
};

/// The shortest call that is right: `members.invite(group_id, #{ sender_id: …, recipients_ids: … })`.
pub(super) fn call(op: &Op) -> String {
    let positional: Vec<&Param> = op.positional().into_iter().filter(|param| param.preset.is_none()).collect();
    let mut parts: Vec<String> = positional.iter().map(|param| param.name.to_owned()).collect();
    let by_place = |param: &Param| positional.iter().any(|known| known.name == param.name);
    let named: Vec<String> = op
        .params
        .iter()
        .filter(|param| needed(op, param) && !by_place(param))
        .map(|param| format!("{}: …", param.name))
        .collect();
    if !named.is_empty() {
        parts.push(format!("#{{ {} }}", named.join(", ")));
    }
    format!("{}({})", op.name(), parts.join(", "))
}

/// Whether a call without it is refused: also the list that a batch consists of.
pub(super) fn needed(op: &Op, param: &Param) -> bool {
    param.required || op.batch.is_some_and(|batch| batch.param == param.name)
}

/// Where a platform has the operation.
pub(super) fn place(platform: &Platform, op: &Op) -> String {
    match platform.protocol {
        Protocol::Rest => format!("{} {}", op.method.as_str(), op.path),
        Protocol::Tools { .. } => format!("tool `{}` of `{}`", op.path.trim_start_matches('/'), platform.prefix),
    }
}

/// An argument's name, type in words, and what it is for; the keys of a list of maps follow it.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) doc: String,
}

pub(super) fn arguments(op: &Op) -> Vec<Line> {
    let mut lines = Vec::new();
    for param in op.params.iter().filter(|param| param.place != Place::Found) {
        let mut doc = param.doc.to_owned();
        if let Some(setting) = param.preset {
            doc.push_str(&format!("; else the connection's `{setting}`"));
        }
        if let Some(batch) = op.batch.filter(|batch| batch.param == param.name) {
            doc.push_str(&format!("; more than {} become several calls", thousands(batch.max)));
            if batch.one_at_a_time {
                doc.push_str(", one after the other");
            }
        }
        let required = needed(op, param);
        lines.push(Line { name: param.name.to_owned(), ty: ty(param, required), doc });
        if let Ty::Rows(inner) = param.ty {
            keys(&format!("{}[]", param.name), inner, &mut lines);
        }
    }
    lines
}

/// The keys of a map, and of the maps in it.
fn keys(at: &str, inner: &'static [Param], lines: &mut Vec<Line>) {
    for key in inner {
        let name = format!("{at}.{}", key.name);
        lines.push(Line { name: name.clone(), ty: ty(key, key.required), doc: key.doc.to_owned() });
        if let Ty::Map(inner) = key.ty {
            keys(&name, inner, lines);
        }
    }
}

fn ty(param: &Param, required: bool) -> String {
    let mut text = match param.ty {
        // Many names would push everything else off the line; they follow on lines of their own.
        Ty::Choice(list) if list.len() > 6 => format!("one of {} names", list.len()),
        Ty::Choices(list) => format!("a list of {} names", list.len()),
        other => other.words(),
    };
    if param.nullable {
        text.push_str(" or ()");
    }
    if required {
        text.push_str(", required");
    }
    text
}

/// The allowed names of arguments that have many.
pub(super) fn names(op: &Op) -> Vec<(&'static str, String)> {
    let long = |param: &'static Param| match param.ty {
        Ty::Choice(list) if list.len() > 6 => Some((param.name, joined(list))),
        Ty::Choices(list) => Some((param.name, joined(list))),
        _ => None,
    };
    let inner = |param: &'static Param| match param.ty {
        Ty::Rows(inner) => inner.iter().filter_map(long).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    op.params.iter().flat_map(|param| long(param).into_iter().chain(inner(param))).collect()
}

fn joined(list: &[Choice]) -> String {
    list.iter().map(|choice| choice.name).collect::<Vec<_>>().join(", ")
}

/// Pairs of a short label and a sentence: what the operation does, whether it mails, what repeating it means, what comes back.
pub(super) fn notes(op: &Op) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    match op.kind {
        Kind::Read => notes.push(("does", "reads only".to_owned())),
        Kind::Write(write) => notes.extend(of_write(&write)),
        Kind::Either(when, then, otherwise) => {
            for ((label, usual), (_, other)) in of_write(&otherwise).into_iter().zip(of_write(&then)) {
                notes.push(match usual == other {
                    true => (label, usual),
                    false => (label, format!("{usual}; with `{when}: true`: {other}")),
                });
            }
        }
    }
    if let Some(follow) = op.follow {
        let (noun, verb) = follow.status;
        let end = match follow.ends {
            Some(_) => "has ended".to_owned(),
            None => format!("is {}", follow.done.join(" or ")),
        };
        let sentence = format!("followed with {noun}.{verb} until it {end}");
        notes.push(("job", sentence));
    }
    if let Some(whole) = op.whole {
        notes
            .push(("whole", format!("whoever is missing {}; held against the last roster of this store", whole.costs)));
    }
    notes.push(("answers", answer(op)));
    if op.beyond {
        notes.push(("stands in", "another document of the platform: a neighbour that flows need".to_owned()));
    }
    notes
}

fn of_write(write: &Write) -> [(&'static str, String); 3] {
    [
        ("does", consequence(write.consequence).to_owned()),
        ("mails", mails(write.mails).to_owned()),
        ("repeating", repeat(write.repeat).to_owned()),
    ]
}

fn consequence(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::Adds => "puts people into a group",
        Consequence::Changes => "changes what is there",
        Consequence::Removes => "takes people out of a group",
        Consequence::Moves => "puts people into a group and takes them out of others",
        Consequence::Creates => "makes something new",
        Consequence::Deletes => "destroys something",
        Consequence::Tells => "writes to people and changes nothing else",
    }
}

fn mails(mails: Mails) -> &'static str {
    match mails {
        Mails::No => "no",
        Mails::Yes => "yes; nobody is written to twice",
        Mails::Unknown => "the platform does not say; never sent again blindly",
    }
}

fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Converges => "a second time changes nothing more",
        Repeat::CheckFirst => "a read decides first whether it happened",
        Repeat::ProvesOnlyDone => "a read can show that it happened, never that it did not; the rest a person decides",
        Repeat::Unprovable => "nothing shows whether it happened; at most once",
    }
}

fn answer(op: &Op) -> String {
    match (op.answer, op.page) {
        (Answer::Done, _) => "nothing but that it worked".into(),
        (Answer::One(record), _) => format!("one {}", record.name),
        (Answer::Perhaps(record), _) => format!("one {}, or ()", record.name),
        (Answer::Count(_), _) => "a number".into(),
        (Answer::Many(record, _), Page::Single) => format!("a list of {}", record.name),
        (Answer::Many(record, _), _) => format!("a list of {}, page by page as the loop needs it", record.name),
    }
}

/// The word for a write's `Repeat` in JSON.
pub(super) fn repeat_word(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Converges => "converges",
        Repeat::CheckFirst => "check_first",
        Repeat::ProvesOnlyDone => "proves_only_done",
        Repeat::Unprovable => "unprovable",
    }
}

/// What a field of an answer is.
pub(super) fn field(ty: FieldTy) -> String {
    match ty {
        FieldTy::Id => "an id".into(),
        FieldTy::Ids => "a list of ids".into(),
        FieldTy::Text => "text".into(),
        FieldTy::Number => "a number".into(),
        FieldTy::Bool => "true or false".into(),
        FieldTy::Millis => "a time, milliseconds since 1970 (UTC)".into(),
        FieldTy::Iso => "a time, ISO 8601 (UTC)".into(),
        FieldTy::One(record) => record.name.to_owned(),
        FieldTy::Many(record) => format!("a list of {}", record.name),
        FieldTy::Open => "whatever the community put there".into(),
    }
}

fn thousands(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}
