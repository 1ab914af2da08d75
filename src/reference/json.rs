//! The reference for programs: one object a line.

use serde_json::{Value, json};

use super::{Function, words};
use crate::catalog::{Answer, Kind, Op, Param, Place, Ty, Write};

/// Operations as JSON, one object a line.
pub fn json(functions: &[Function]) -> String {
    functions.iter().map(|function| format!("{}\n", object(function))).collect()
}

fn object(function: &Function) -> Value {
    let op = function.op;
    let mut object = json!({
        "name": op.name(),
        "platform": function.platform.name,
        "doc": op.doc,
        "call": words::call(op),
        "method": op.method.as_str(),
        "path": op.path,
        "arguments": op.params.iter().filter(|param| param.place != Place::Found).map(|param| argument(op, param)).collect::<Vec<_>>(),
        "answer": answer(op.answer),
        "beyond": op.beyond,
    });
    match op.kind {
        Kind::Read => {}
        Kind::Write(write) => object["writes"] = writes(&write),
        Kind::Either(when, then, otherwise) => {
            object["writes"] = writes(&otherwise);
            object["writes_when"] = json!({ when: writes(&then) });
        }
    }
    object
}

fn writes(write: &Write) -> Value {
    json!({
        "consequence": write.consequence.as_str(),
        "mails": write.mails.as_str(),
        "repeating": words::repeat_word(write.repeat),
        "touches": write.subject.kind.as_str(),
    })
}

fn argument(op: &Op, param: &Param) -> Value {
    let mut argument = json!({
        "name": param.name,
        "type": param.ty.words(),
        "required": words::needed(op, param),
        "nullable": param.nullable,
        "place": match param.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Body => "body",
            Place::Whole => "whole",
            Place::Aside | Place::Found => "aside",
        },
        "doc": param.doc,
    });
    match param.ty {
        Ty::Choice(list) | Ty::Choices(list) => {
            argument["values"] = list.iter().map(|choice| choice.name).collect();
        }
        Ty::Map(inner) | Ty::Rows(inner) => {
            argument["keys"] = inner.iter().map(|key| self::argument(op, key)).collect()
        }
        _ => {}
    }
    if let Some(batch) = op.batch.filter(|batch| batch.param == param.name) {
        argument["cut_at"] = batch.max.into();
    }
    argument
}

fn answer(answer: Answer) -> Value {
    match answer {
        Answer::Done => json!({ "kind": "done" }),
        Answer::One(record) => json!({ "kind": "one", "record": record.name }),
        Answer::Perhaps(record) => json!({ "kind": "perhaps", "record": record.name }),
        Answer::Count(_) => json!({ "kind": "count" }),
        Answer::Many(record, _) => json!({ "kind": "list", "record": record.name }),
    }
}
