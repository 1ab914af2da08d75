//! Many messages to one receiver as one: all jobs named, the first in full. Pure.

use super::message::{Message, Topic};

/// Letters of the names in a text; programs get all names.
const NAMES: usize = 10_000;
/// So many messages go along in full, for programs.
const IN_FULL: usize = 500;

impl Message {
    /// These as one, the first of them told in full. With fewer than two there is nothing to gather.
    pub(super) fn gathered(all: Vec<Self>, next: String) -> Option<Self> {
        let first = all.first().filter(|_| all.len() > 1)?;
        let mut gathered = Self::new(Topic::Several, None, first.at);
        gathered.sandbox = first.sandbox;
        gathered.failures = all.iter().map(|one| one.failures).max().unwrap_or(0);
        gathered.moments = all.iter().map(|one| one.moments).sum();
        gathered.next = first.next.iter().cloned().chain([next]).collect();
        gathered.several = all;
        Some(gathered)
    }

    /// `17 jobs failed`, `19 jobs: 17 failed, 2 are held by a brake`, `nightly: failed, works again`.
    pub(super) fn several_title(&self) -> String {
        let sandbox = if self.sandbox { " (sandbox)" } else { "" };
        let (jobs, kinds) = (jobs(&self.several), kinds(&self.several));
        let words = |(what, jobs): &(Topic, Vec<&str>)| what.of(jobs.len());
        match (jobs.as_slice(), kinds.as_slice()) {
            ([job], _) => {
                let words: Vec<&str> = self.several.iter().map(|one| one.what.of(1)).collect();
                format!("{job}{sandbox}: {}", words.join(", "))
            }
            (jobs, [kind]) => format!("{} jobs{sandbox} {}", jobs.len(), words(kind)),
            (jobs, kinds) => {
                let each: Vec<String> = kinds.iter().map(|kind| format!("{} {}", kind.1.len(), words(kind))).collect();
                format!("{} jobs{sandbox}: {}", jobs.len(), each.join(", "))
            }
        }
    }

    /// The first in full, then who else.
    pub(super) fn several_facts(&self) -> Vec<(&'static str, String)> {
        let Some(first) = self.several.first() else { return Vec::new() };
        let mut facts = vec![("First", first.title())];
        facts.extend(first.facts().into_iter().filter(|(name, _)| *name != "Next"));
        let mut left = NAMES;
        for (what, jobs) in kinds(&self.several) {
            facts.push((what.label(), format!("{} ({})", listed(&jobs, &mut left), jobs.len())));
        }
        facts
    }

    /// All jobs, each once; how many were told as what; the messages themselves, and how many of them are left out.
    pub(super) fn several_json(&self) -> serde_json::Value {
        let kinds = kinds(&self.several);
        let counts = kinds.iter().map(|(what, jobs)| (what.word().to_owned(), jobs.len().into()));
        let alarms: Vec<serde_json::Value> = self.several.iter().take(IN_FULL).map(Self::json).collect();
        serde_json::json!({
            "jobs": jobs(&self.several),
            "counts": counts.collect::<serde_json::Map<_, _>>(),
            "alarms": alarms,
            "alarms_left_out": self.several.len().saturating_sub(IN_FULL),
        })
    }
}

impl Topic {
    /// The rest of a sentence about so many jobs.
    const fn of(self, jobs: usize) -> &'static str {
        match (self, jobs) {
            (Self::Failed, _) => "failed",
            (Self::Recovered, 1) => "works again",
            (Self::Recovered, _) => "work again",
            (Self::Paused, 1) => "is paused after failures",
            (Self::Paused, _) => "are paused after failures",
            (Self::Held, 1) => "is held by a brake",
            (Self::Held, _) => "are held by a brake",
            (Self::InDoubt, _) => "left effects in doubt",
            (Self::Missed, _) => "did not run",
            (Self::StoreFails | Self::StoreWorks | Self::Test | Self::Several, _) => "told something",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Recovered => "Works again",
            Self::Paused => "Paused",
            Self::Held => "Held",
            Self::InDoubt => "In doubt",
            Self::Missed => "Did not run",
            Self::StoreFails | Self::StoreWorks | Self::Test | Self::Several => "Besides",
        }
    }
}

/// Each job once, in the order in which they were told of.
fn jobs(all: &[Message]) -> Vec<&str> {
    once(all.iter().filter_map(|one| one.job.as_deref()))
}

/// What is told, in the order in which it came, each with its jobs.
fn kinds(all: &[Message]) -> Vec<(Topic, Vec<&str>)> {
    let mut kinds: Vec<(Topic, Vec<&Message>)> = Vec::new();
    for one in all {
        match kinds.iter_mut().find(|(what, _)| *what == one.what) {
            Some((_, same)) => same.push(one),
            None => kinds.push((one.what, vec![one])),
        }
    }
    kinds.into_iter().map(|(what, all)| (what, once(all.into_iter().filter_map(|one| one.job.as_deref())))).collect()
}

fn once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

/// The names, as long as there is room for them; the others are counted.
fn listed(names: &[&str], left: &mut usize) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        if name.len() + 2 > *left {
            return format!("{text}{}and {} more", if at == 0 { "" } else { ", " }, names.len() - at);
        }
        *left -= name.len() + 2;
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(what: Topic, job: &str) -> Message {
        let at = "2026-11-22T01:31:00Z".parse().unwrap();
        Message { run: Some(format!("run-of-{job}")), failures: 1, moments: 1, ..Message::new(what, Some(job), at) }
    }

    fn gathered(all: Vec<Message>) -> Message {
        Message::gathered(all, "beadle jobs".into()).unwrap()
    }

    #[test]
    fn the_title_counts_jobs_by_what_is_told_of_them() {
        let title = |all: &[(Topic, &str)]| gathered(all.iter().map(|(what, job)| told(*what, job)).collect()).title();
        assert_eq!(title(&[(Topic::Failed, "a"), (Topic::Failed, "b")]), "2 jobs failed");
        assert_eq!(title(&[(Topic::Recovered, "a"), (Topic::Recovered, "b")]), "2 jobs work again");
        assert_eq!(title(&[(Topic::Failed, "a"), (Topic::Recovered, "a")]), "a: failed, works again");
        let mixed = [(Topic::Failed, "a"), (Topic::Held, "b"), (Topic::Failed, "c"), (Topic::Recovered, "a")];
        assert_eq!(title(&mixed), "3 jobs: 2 failed, 1 is held by a brake, 1 works again");
        assert!(Message::gathered(vec![told(Topic::Failed, "a")], String::new()).is_none());
    }

    #[test]
    fn the_first_is_told_in_full_and_all_are_named() {
        let mut first = told(Topic::Failed, "a");
        first.error = Some("no such host".into());
        first.next = vec!["beadle runs show run-of-a".into()];
        let all = gathered(vec![first, told(Topic::Failed, "b"), told(Topic::Held, "c")]);
        assert_eq!(
            all.text(),
            "3 jobs: 2 failed, 1 is held by a brake\nFirst: a failed\nRun: run-of-a\nError: no such host\n\
             Failed: a, b (2)\nHeld: c (1)\nNext: beadle runs show run-of-a\nNext: beadle jobs"
        );
        let object = all.json();
        assert_eq!((&object["what"], &object["job"]), (&json!("several"), &json!(null)));
        assert_eq!(object["jobs"], json!(["a", "b", "c"]));
        assert_eq!(object["counts"], json!({ "failed": 2, "held": 1 }));
        assert_eq!(object["alarms"][2]["run"], "run-of-c");
        assert_eq!(object["alarms_left_out"], 0);
    }

    #[test]
    fn of_very_many_the_rest_is_counted_and_programs_get_all_names() {
        let all = gathered((0..3_000).map(|n| told(Topic::Failed, &format!("job-{n:04}"))).collect());
        let text = all.text();
        assert!(text.starts_with("3000 jobs failed\n") && text.len() < 12_000, "{}", text.len());
        assert!(text.contains("job-0999, and 2000 more (3000)"), "{text}");
        let object = all.json();
        assert_eq!(object["jobs"].as_array().unwrap().len(), 3_000);
        assert_eq!((object["alarms"].as_array().unwrap().len(), &object["alarms_left_out"]), (500, &json!(2_500)));
    }
}
