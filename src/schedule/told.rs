//! Jobs, their moments and what was told of them as objects, for programs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alarm::Message;
use crate::clock::rfc3339;
use crate::settings::Job;
use crate::store::{AlarmRow, LetterRow, TickRow};

/// A job as its file has it, with its next moment.
pub fn job_json(job: &Job, next: Option<Timestamp>) -> Value {
    let expressions = job.timetable.expressions();
    json!({
        "type": "job",
        "job": job.name,
        "file": job.file,
        "description": job.description,
        "script": job.script,
        "schedule": expressions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "words": expressions.iter().map(|one| one.words()).collect::<Vec<_>>(),
        "zone": job.timetable.zone().iana_name().unwrap_or("UTC"),
        "on": job.on.iter().map(|topic| topic.name()).collect::<Vec<_>>(),
        "next": next.map(|at| at.to_string()),
        "connection": job.connection,
        "needs": job.needs,
        "allow": job.allow,
        "paused": job.paused,
    })
}

/// A moment and what became of it.
pub fn tick_json(tick: &TickRow) -> Value {
    json!({
        "type": "tick",
        "job": tick.job,
        "scheduled_at": rfc3339(Some(tick.scheduled_at)),
        "due_at": rfc3339(Some(tick.due_at)),
        "cause": tick.cause,
        "made_up": tick.made_up,
        "state": tick.state,
        "why": tick.why,
        "folded": tick.folded,
        "run": tick.run,
        "tries": tick.tries,
        "decided_at": rfc3339(Some(tick.decided_at)),
        "begun_at": rfc3339(tick.begun_at),
        "ended_at": rfc3339(tick.ended_at),
    })
}

/// As what a job was told of last, and how many messages about it have not arrived.
pub fn alarm_json(row: &AlarmRow, undelivered: u64) -> Value {
    json!({
        "type": "alarm",
        "job": row.job,
        "state": row.state,
        "run": row.run,
        "gave_way": row.gave_way,
        "at": rfc3339(Some(row.at)),
        "undelivered": undelivered,
    })
}

/// A message that has not arrived.
pub fn message_json(row: &LetterRow) -> Value {
    let message: Option<Message> = serde_json::from_value(row.message.clone()).ok();
    json!({
        "type": "message",
        "message": row.id,
        "job": row.job,
        "way": row.way,
        "made_at": rfc3339(Some(row.made_at)),
        "what": row.message["what"],
        "title": message.as_ref().map(Message::title),
        "text": message.as_ref().map(Message::text),
    })
}
