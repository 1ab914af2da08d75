//! `needs` of all jobs: each name is a job's, and none of them waits for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::error::{Error, Show, suggestion};
use super::read::Parsed;

/// Takes out the jobs whose needs cannot be met. `known` are all names, also those of jobs that are broken otherwise.
pub(super) fn check(parsed: &mut Vec<Parsed>, known: &BTreeSet<String>) -> Vec<(PathBuf, Error)> {
    let unknown = |job: &Parsed| {
        let (name, origin) = job.needs.iter().find(|(name, _)| !known.contains(name))?;
        let hint = suggestion(name, known.iter().map(String::as_str).filter(|known| *known != job.job.name));
        Some(job.source.error(format!("`needs` names no job: `{name}`{hint}"), origin, Show::Plain))
    };
    let graph: BTreeMap<&str, Vec<&str>> = parsed
        .iter()
        .map(|parsed| (parsed.job.name.as_str(), parsed.job.needs.iter().map(String::as_str).collect()))
        .collect();
    let circling = |job: &Parsed| {
        let circle = circle(&graph, &job.job.name)?;
        let (_, origin) = job.needs.iter().find(|(name, _)| Some(name.as_str()) == circle.get(1).copied())?;
        let way = circle.join("` needs `");
        Some(job.source.error(format!("`needs` goes round in a circle: `{way}`"), origin, Show::Plain))
    };
    let errors: Vec<Option<Error>> = parsed.iter().map(|job| unknown(job).or_else(|| circling(job))).collect();
    let mut broken = Vec::new();
    let mut errors = errors.into_iter();
    parsed.retain(|parsed| match errors.next().flatten() {
        None => true,
        Some(error) => {
            broken.push((parsed.job.file.clone(), error));
            false
        }
    });
    broken
}

/// The shortest way from a job back to itself, with the job at both ends.
fn circle<'a>(graph: &BTreeMap<&'a str, Vec<&'a str>>, start: &str) -> Option<Vec<&'a str>> {
    let (&start, _) = graph.get_key_value(start)?;
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut row = std::collections::VecDeque::from([start]);
    while let Some(at) = row.pop_front() {
        for &next in graph.get(at).into_iter().flatten() {
            if next == start {
                let mut way = vec![start, at];
                while way.last() != Some(&start) {
                    way.push(came.get(way.last()?)?);
                }
                way.reverse();
                return Some(way);
            }
            if !came.contains_key(next) {
                came.insert(next, at);
                row.push_back(next);
            }
        }
    }
    None
}
