//! Bulk jobs: one at a time, a thousand rows at most, asked after by one status route for all kinds.

use serde_json::{Value, json};

use super::groups::{self, known};
use super::loose::{id, text};
use super::refusal::Refusal;
use crate::catalog::Args;
use crate::world::{JobKind, JobState, Task, Values, World};

/// Most rows in one job.
const MOST_ROWS: usize = 1000;

pub fn create_members(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let tasks = rows(args, "users")?.into_iter().map(|row| match row.get("fields") {
        Some(Value::Object(values)) if text(values.get("email")).is_some() => {
            Task::Member { group, values: values.clone() }
        }
        _ => Task::Bad("a row has no email".into()),
    });
    let tasks = tasks.collect();
    start(world, JobKind::Members(group), tasks)
}

pub fn create_groups(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let tasks = rows(args, "groups")?.into_iter().map(|row| groups::new_group(&row).map_or_else(bad, Task::NewGroup));
    let tasks = tasks.collect();
    start(world, JobKind::Groups, tasks)
}

pub fn update_groups(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let tasks = rows(args, "groups")?.into_iter().map(|row| match row.get("id").and_then(id) {
        Some(id) => groups::change(&row).map_or_else(bad, |change| Task::ChangeGroup(id, change)),
        None => Task::Bad("a row has no id".into()),
    });
    let tasks = tasks.collect();
    start(world, JobKind::Groups, tasks)
}

fn bad(refusal: Refusal) -> Task {
    let (_, body) = refusal.into_answer();
    Task::Bad(text(body.get("error_message")).unwrap_or_default())
}

fn rows(args: &Args, name: &str) -> Result<Vec<Values>, Refusal> {
    let rows = args.get(name).and_then(Value::as_array).ok_or_else(|| Refusal::missing(400, name))?;
    match rows.len() {
        0 => return Err(Refusal::missing(400, name)),
        1..=MOST_ROWS => {}
        _ => return Err(Refusal::new(422, format!("The limit for each bulk is {MOST_ROWS} {name}."))),
    }
    let map = |row: &Value| row.as_object().cloned().ok_or_else(|| Refusal::invalid(name));
    rows.iter().map(map).collect()
}

fn start(world: &mut World, kind: JobKind, tasks: Vec<Task>) -> Result<Value, Refusal> {
    let id = world.start_job(kind, tasks)?;
    Ok(json!({ "job_id": id, "status": "queued" }))
}

pub fn status(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let id = text(args.get("job_id")).unwrap_or_default();
    let job = world.job(&id).ok_or_else(|| Refusal::new(404, format!("Job {id} not found")))?;
    let refused = match job.refused.first() {
        Some(first) => format!(", {} rows were not imported, the first because {first}", job.refused.len()),
        None => String::new(),
    };
    let (done, people) = (job.done.len(), matches!(job.kind, JobKind::Members(_)));
    let result = match job.state(world.now_ms()) {
        JobState::Queued => json!({ "status": "queued" }),
        JobState::Processing => json!({ "status": "processing" }),
        JobState::Failed => json!({ "status": "failed", "message": format!("Import failed{refused}") }),
        // The document names no key for the ids of groups.
        JobState::Completed if people => json!({
            "status": "completed",
            "users_imported": job.done,
            "message": format!("Import succeeded, {done} records imported ({done} members){refused}"),
        }),
        JobState::Completed => json!({
            "status": "completed",
            "users_imported": [],
            "message": format!("Import succeeded, {done} records imported ({done} groups){refused}"),
        }),
    };
    Ok(json!({ "job_id": job.id, "result": result }))
}
