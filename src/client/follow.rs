//! Work that goes on after the call: the platform's job is asked after until it ends.

use bytes::Bytes;
use serde_json::Value;

use super::crash::{self, Point};
use super::{Client, Error, Policy};
use crate::catalog::{Args, Call, Consequence, Follow, Op};
use crate::events::Level;

/// The largest share of an answer that the ledger keeps for `resume`, in bytes.
pub(super) const LARGEST_SHARE: usize = 64 * 1024;

/// How a job ended.
pub(super) enum Ended {
    /// Well; with the platform's last answer.
    Done(Bytes),
    /// Badly; in the platform's words.
    Failed(String),
    /// The platform does not know the job.
    Unknown,
    /// It still runs after the connection's patience.
    Running,
}

impl Client {
    /// The job's id in the answer to a call, where its operation starts one.
    pub(super) fn job_in(follow: &Follow, body: &[u8]) -> Option<String> {
        match serde_json::from_slice::<Value>(body).ok()?.get(follow.job)? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// Asks after a job until it ends or the patience does.
    pub(super) async fn follow(&self, call: &Call, follow: &Follow, job: &str) -> Result<Ended, Error> {
        let (noun, verb) = follow.status;
        let Some(op) = call.platform.op(noun, verb) else { return Ok(Ended::Unknown) };
        let mut args = Args::default();
        for param in op.params {
            match call.args.get(param.name) {
                Some(value) => args.set(param.name, value.clone()),
                None => {
                    args.set(param.name, job);
                    break;
                }
            }
        }
        let status = Call { op, args, ..call.clone() };
        let mut misses = 0;
        for wait in Policy::looks(self.policy().follow) {
            self.rest(wait).await?;
            let body = match self.read(&status).await {
                Ok(body) => body,
                // A job that was just accepted may take a moment to show.
                Err(error) if error.is_not_found() && misses < 5 => {
                    misses += 1;
                    continue;
                }
                Err(error) if error.is_not_found() => return Ok(Ended::Unknown),
                Err(error) => return Err(error),
            };
            let answer: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
            if follow.ends.and_then(|end| answer.pointer(end)).is_some_and(|end| !end.is_null()) {
                crash::reach(Point::AfterEnd);
                return Ok(Ended::Done(body));
            }
            let state = follow.state.iter().find_map(|pointer| answer.pointer(pointer)).and_then(Value::as_str);
            match state.map(str::to_lowercase) {
                Some(state) if follow.done.contains(&state.as_str()) => {
                    crash::reach(Point::AfterEnd);
                    return Ok(Ended::Done(body));
                }
                Some(state) if follow.failed.contains(&state.as_str()) => return Ok(Ended::Failed(words(&answer))),
                _ => {}
            }
        }
        let line = format!("{}: job {job} still runs after {} s", call.op.name(), self.policy().follow.as_secs());
        self.events().say(Level::Warn, line);
        Ok(Ended::Running)
    }
}

/// What the platform says of a failed job.
fn words(answer: &Value) -> String {
    ["/result/message", "/message"]
        .iter()
        .find_map(|pointer| answer.pointer(pointer))
        .and_then(Value::as_str)
        .unwrap_or("the platform gives no reason")
        .to_owned()
}

/// The end of the work for a call that is never cut. Of a long one the ledger keeps the rows that were not done: without
/// them it would take all as done.
pub(super) fn share_of_job(op: &Op, answer: &Bytes) -> Option<Value> {
    if op.batch.is_some() {
        return None;
    }
    let share: Value = serde_json::from_slice(answer).ok()?;
    match (answer.len() > LARGEST_SHARE, op.whole) {
        (false, _) => Some(share),
        (true, whole) => whole.map(|whole| (whole.keep)(share)),
    }
}

/// Whether "completed" is enough: a change shows when it is read the next time; what was made must be named, one id a
/// row, or be read back.
pub(super) fn is_believed(op: &Op, follow: &Follow, answer: &Bytes, rows: usize) -> bool {
    let changes = op.write(&Args::default()).is_some_and(|write| write.consequence == Consequence::Changes);
    let answer: Value = serde_json::from_slice(answer).unwrap_or(Value::Null);
    changes || answer.pointer(follow.merged).and_then(Value::as_array).is_some_and(|ids| ids.len() >= rows)
}
