//! Hooks and deliveries as objects, for programs. No secret is in any of them.

use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::store::{AsideRow, DeliveryRow, HookRow, IdleRow, TriggerRow};

/// A hook.
pub fn hook_json(hook: &HookRow) -> Value {
    json!({
        "type": "hook", "hook": hook.name, "connection": hook.connection, "made_at": rfc3339(Some(hook.made_at)),
        "removed_at": rfc3339(hook.removed_at), "old_until": rfc3339(hook.old_until), "deliveries": hook.deliveries,
        "waiting": hook.waiting, "aside": hook.aside,
    })
}

/// A body that was no delivery.
pub fn aside_json(aside: &AsideRow) -> Value {
    json!({
        "type": "aside", "aside": aside.seq, "hook": aside.hook, "at": rfc3339(Some(aside.at)), "why": aside.why,
        "size": aside.size, "start": String::from_utf8_lossy(&aside.body),
    })
}

/// A delivery without its body, and why some of it started nothing.
pub fn delivery_json(row: &DeliveryRow, idle: &[&IdleRow]) -> Value {
    let counts = &row.counts;
    json!({
        "type": "delivery", "delivery": row.seq, "hook": row.hook, "connection": row.connection,
        "received_at": rfc3339(Some(row.received_at)), "state": row.state, "replay_of": row.replay_of,
        "repeats": row.repeats, "tries": row.tries,
        "next_try_at": rfc3339((row.state != "done").then_some(row.next_try_at)), "done_at": rfc3339(row.done_at),
        "trouble": row.trouble, "partial": counts.partial, "told": counts.notices, "unknown": counts.unknown,
        "known": counts.known, "gone": counts.gone, "own": counts.own, "unread": counts.unread, "runs": row.runs,
        "idle": idle.iter().map(|idle| idle.json()).collect::<Vec<_>>(),
    })
}

/// A delivery with its body and the runs that it asked for.
pub fn whole_delivery_json(row: &DeliveryRow, body: &[u8], runs: &[TriggerRow], idle: &[&IdleRow]) -> Value {
    let mut object = delivery_json(row, idle);
    object["body"] = serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    let asked = |run: &TriggerRow| {
        json!({
            "run": run.run, "job": run.job, "state": run.state.word(), "ended": run.ended_how, "events": run.events,
            "tries": run.tries, "why": run.why, "next_try_at": rfc3339(run.due_at),
        })
    };
    object["asked"] = runs.iter().map(asked).collect();
    object
}
