//! What a call weighs beyond its operation: whom its arguments give power, and whether they destroy. Brakes read this and
//! nothing else.

use serde_json::Value;

use super::{Call, Param, Ty, Weight};

/// Somebody who would get an administrator's or moderator's power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whom the call names: an address or an id.
    pub person: String,
    /// The group that the call is about; of a new group the one above it.
    pub group: Option<String>,
}

impl Call {
    /// Whom the call gives power, in the order of its items.
    pub fn grants(&self) -> Vec<Grant> {
        let granting = |params: &'static [Param]| params.iter().filter(|param| param.weight == Weight::Grants);
        let rows = self.op.batch.and_then(|batch| self.op.param(batch.param)).map(|param| param.ty);
        let in_rows = match rows {
            Some(Ty::Rows(params)) => params,
            _ => &[],
        };
        let by_all: Vec<String> =
            granting(self.op.params).filter_map(|param| text(self.args.get(param.name)?)).collect();
        if by_all.is_empty() && granting(in_rows).next().is_none() {
            return Vec::new();
        }
        let mut grants = Vec::new();
        for (subject, part) in self.pieces().iter().flat_map(|piece| &piece.subjects) {
            let mut people: Vec<String> = granting(in_rows).filter_map(|param| text(part.get(param.name)?)).collect();
            people.extend(by_all.iter().cloned());
            grants.extend(people.into_iter().map(|person| Grant { person, group: subject.group.clone() }));
        }
        grants
    }

    /// The argument by which the call destroys what cannot be brought back; `None` where none is given.
    pub fn destroys(&self) -> Option<&'static str> {
        let destroying = self.op.params.iter().filter(|param| param.weight == Weight::Destroys);
        destroying.map(|param| param.name).find(|name| self.args.get(name) == Some(&Value::Bool(true)))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
