//! What a call weighs beyond its operation: whom its arguments give power, and whether they destroy. Brakes read this and
//! nothing else.

use serde_json::Value;

use super::{Call, Consequence, Kind, Op, Param, Ty, Weight, Write};

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
        let by_role = self.op.params.iter().any(|param| self.empowers(param));
        if by_all.is_empty() && !by_role && granting(in_rows).next().is_none() {
            return Vec::new();
        }
        let mut grants = Vec::new();
        for (subject, part) in self.pieces().iter().flat_map(|piece| &piece.subjects) {
            let mut people: Vec<String> = granting(in_rows).filter_map(|param| text(part.get(param.name)?)).collect();
            people.extend(by_all.iter().cloned());
            people.extend(by_role.then(|| subject.key.clone()));
            grants.extend(people.into_iter().map(|person| Grant { person, group: subject.group.clone() }));
        }
        grants
    }

    /// Whether an argument that is given names roles: then only the whole call says whether it gives anybody power.
    pub fn may_empower(&self) -> bool {
        let names_roles = |param: &&Param| matches!(param.weight, Weight::Roles { .. });
        self.op.params.iter().filter(names_roles).any(|param| self.args.get(param.name).is_some())
    }

    /// Whether the argument names a role with power.
    fn empowers(&self, param: &Param) -> bool {
        let (plain, but) = match param.weight {
            Weight::Roles { plain, but } => (plain, but),
            Weight::RoleNamed(powerful) => {
                let name = self.args.text(param.name).to_lowercase();
                return powerful.iter().any(|word| name.contains(word));
            }
            _ => return false,
        };
        let known: Vec<String> = but.iter().filter_map(|name| self.args.get(name)).flat_map(texts).collect();
        let powerful = |role: &Value| {
            text(role).is_some_and(|role| {
                !plain.contains(&role.as_str()) && !known.iter().any(|known| *known == role.to_lowercase())
            })
        };
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

    /// The powers that the call needs: its own name where it deletes, and the argument by which it destroys.
    pub fn powers(&self) -> Vec<String> {
        let deletes = self.op.write(&self.args).is_some_and(deletes).then(|| self.op.name());
        deletes.into_iter().chain(self.destroys().map(str::to_owned)).collect()
    }
}

impl Op {
    /// The powers that a call of it may need, whatever its arguments.
    pub fn powers(&self) -> Vec<String> {
        let may_delete = match &self.kind {
            Kind::Read => false,
            Kind::Write(write) => deletes(write),
            Kind::Either(_, then, otherwise) => deletes(then) || deletes(otherwise),
        };
        let destroying = self.params.iter().filter(|param| param.weight == Weight::Destroys);
        may_delete.then(|| self.name()).into_iter().chain(destroying.map(|param| param.name.to_owned())).collect()
    }
}

fn deletes(write: &Write) -> bool {
    write.consequence == Consequence::Deletes
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    all.iter().filter_map(text).map(|text| text.to_lowercase()).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
