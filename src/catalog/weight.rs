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
        let named = |params: &[Param], part: &Value| -> Vec<String> {
            let granting = params.iter().filter(|param| param.weight == Weight::Grants);
            granting.filter_map(|param| text(part.get(param.name)?)).collect()
        };
        let rows = self.op.batch.and_then(|batch| self.op.param(batch.param)).map(|param| param.ty);
        let mut grants = Vec::new();
        for (subject, part) in self.pieces().iter().flat_map(|piece| &piece.subjects) {
            let mut people = match rows {
                Some(Ty::Rows(params)) => named(params, part),
                _ => Vec::new(),
            };
            people.extend(named(self.op.params, &self.args.to_value()));
            people.extend(self.op.params.iter().any(|param| self.empowers(param)).then(|| subject.key.clone()));
            grants.extend(people.into_iter().map(|person| Grant { person, group: subject.group.clone() }));
        }
        grants
    }

    /// Whether the argument names a role with power.
    fn empowers(&self, param: &Param) -> bool {
        let plain = match param.weight {
            Weight::Roles(plain) => plain,
            Weight::RoleNamed(powerful) => {
                let name = self.args.text(param.name).to_lowercase();
                return powerful.iter().any(|word| name.contains(word));
            }
            _ => return false,
        };
        let powerful = |role: &Value| text(role).is_some_and(|role| !plain.contains(&role.as_str()));
        match self.args.get(param.name) {
            Some(Value::Array(roles)) => roles.iter().any(powerful),
            Some(role) => powerful(role),
            None => false,
        }
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
