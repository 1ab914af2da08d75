//! What a plan is kept as, what it makes of a community's rows, how it reads, and the way back.

mod overlay;
mod record;
mod reverse;
mod shown;

use serde_json::{Map, Value, json};

use super::{Account, Plan, Sign, Step, Touch};
use crate::catalog::{Adapter, Deed, Whom};
use crate::platforms;

fn adapter() -> &'static dyn Adapter {
    platforms::named("mobilize").unwrap().adapter
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn by_id(id: &str) -> Whom {
    Whom { id: Some(id.into()), address: None }
}

fn by_address(address: &str) -> Whom {
    Whom { id: None, address: Some(address.into()) }
}

fn joins(group: &str, who: Whom, fields: Value) -> Deed {
    Deed::Joins { group: group.into(), who, fields: map(fields) }
}

fn leaves(group: &str, who: Whom) -> Deed {
    Deed::Leaves { group: group.into(), who, destroys: false }
}

fn changes(who: Whom, fields: Value) -> Deed {
    Deed::Changes { who, fields: map(fields) }
}

fn touch(sign: Sign, name: &str, group: Option<&str>) -> Touch {
    Touch {
        kind: "person".into(),
        subject: name.into(),
        group: group.map(str::to_owned),
        name: name.into(),
        sign,
        mails: None,
        before: json!({ "id": null }),
        after: json!({ "id": null }),
        known: Value::Null,
        gives: None,
        also: Vec::new(),
        destroys: false,
    }
}

fn step(operation: &str, touches: Vec<Touch>) -> Step {
    Step {
        connection: "main".into(),
        operation: operation.into(),
        arguments: json!({}),
        campaign: None,
        use_existing: false,
        limits: Value::Null,
        touches,
    }
}

fn plan(steps: Vec<Step>) -> Plan {
    let account = Account { connection: "main".into(), platform: "mobilize".into(), account: "a1".into() };
    let mut plan = Plan::new("20261122-0601-k3f9", "s.rhai", "main", vec![account], steps, 1_000);
    plan.seal();
    plan
}
