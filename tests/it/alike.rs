//! A plan that is applied leaves the same community behind as the run of the same script, and what the script read while
//! it was planned is what it reads in the run. For scripts made from numbers; ids of what is new aside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle::client::{Pace as Speed, Policy, Writes};
use beadle::clock::Clock;
use beadle::effects::brakes::{Attendance, Rules};
use beadle::events::{Event, Sink};
use beadle::platforms;
use beadle::runs::{Access, Ending, Opened, Order, Planned, Report, Runner, Scripted, Source, Stale, Transports, Work};
use beadle::sandbox::{InProcess, Sandbox, SandboxOptions, Seed};
use beadle::script::{Cancel, EngineKit, Limits, Script, WriteTo};
use beadle::settings::Redactor;
use beadle::store::Store;
use beadle::world::{Mail, Pace, World};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use tempfile::TempDir;

use crate::scripts::Author;

/// Few people, so that scripts meet the same ones again and again.
const PEOPLE: usize = 24;

/// What a script printed.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn note(&self, event: &Event) {
        if let Event::Print(line) = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

/// Leads to one sandbox, whatever the connection's name; no limit holds anything.
struct Only {
    sandbox: Sandbox,
}

impl Transports for Only {
    fn open<'a>(&'a self, _: &'a str, access: Access) -> BoxFuture<'a, Result<Opened, String>> {
        async move {
            let transport = InProcess::new(self.sandbox.clone(), "mobilize");
            Ok(Opened {
                platform: platforms::named("mobilize").unwrap(),
                account: "only".into(),
                values: Default::default(),
                credentials: String::new(),
                writes: (access == Access::Writes).then(|| Arc::new(transport.writes()) as Arc<dyn Writes>),
                reads: Arc::new(transport),
                pace: Speed::new(None, 1, 4),
                policy: Policy { settle: Duration::from_millis(20), ..Policy::default() },
                rules: unlimited(),
            })
        }
        .boxed()
    }
}

fn unlimited() -> Rules {
    let mut rules = Rules { attendance: Attendance::Attended, ..Rules::default() };
    let limits = &mut rules.limits;
    (limits.removals.people, limits.removals.few, limits.removals.few_percent) = (u32::MAX, u32::MAX, 101);
    (limits.changes.people, limits.deletes.people, limits.roles.people) = (u32::MAX, u32::MAX, u32::MAX);
    (limits.mail.per_person, limits.mail.per_run, limits.mail.unattended) = (u32::MAX, u32::MAX, u32::MAX);
    rules
}

/// A community of its own, and whoever works on it.
struct Side {
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    heard: Arc<Heard>,
    runner: Runner,
    folder: TempDir,
}

impl Side {
    fn new(seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let clock = Clock::system();
        let pace = Pace { queued_ms: 0, row_us: 0, invite_ms: 0 };
        let options = SandboxOptions { seed: Seed { seed, people: PEOPLE, activities: 0 }, pace };
        let sandbox = Sandbox::new(options, clock.clone());
        let heard = Arc::new(Heard::default());
        let runner = Runner {
            store: runtime.block_on(Store::in_memory()).unwrap(),
            transports: Arc::new(Only { sandbox: sandbox.clone() }),
            redactor: Redactor::default(),
            listeners: vec![heard.clone()],
            clock,
            runtime: runtime.handle().clone(),
            root: folder.path().to_owned(),
            write_to: WriteTo::Project,
            sandbox: true,
            settings: None,
            limits: Limits::default(),
            log_size: u64::MAX,
            memory: None,
            cancel: Cancel::default(),
        };
        Self { runtime, sandbox, heard, runner, folder }
    }

    fn order(&self, work: Work) -> Order {
        Order { path: "made.rhai".into(), connection: "main".into(), given: Vec::new(), work, source: Source::New }
    }

    fn script(&self, text: &str) -> Order {
        let path: PathBuf = self.folder.path().join("made.rhai");
        std::fs::write(&path, text).unwrap();
        let script = Script::load(self.folder.path(), &path, &EngineKit::default()).unwrap();
        let scripted = Scripted { script, args: rhai::Map::new(), files: std::collections::BTreeSet::new() };
        self.order(Work::Script(Box::new(scripted)))
    }

    fn run(&self, text: &str) -> Report {
        self.runner.run(&self.script(text)).unwrap()
    }

    fn plan(&self, text: &str) -> Planned {
        self.runner.plan(&self.script(text)).unwrap()
    }

    fn apply(&self, planned: Planned) -> Report {
        let work = Work::Plan { plan: Box::new(planned.plan), stale: Stale::Stop };
        self.runner.run(&self.order(work)).unwrap()
    }

    fn writes(&self) -> usize {
        self.sandbox.tally().requests.iter().filter(|handled| handled.method != "GET").count()
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.0.lock().unwrap())
    }

    fn community(&self) -> Community {
        self.runtime.block_on(async {
            self.sandbox.settle("mobilize").await;
            self.sandbox.look("mobilize", Community::of).await.unwrap()
        })
    }
}

/// All that matters to people: no ids, no times.
#[derive(Debug, PartialEq)]
struct Community {
    groups: BTreeMap<String, String>,
    people: BTreeMap<String, String>,
    mails: BTreeMap<(String, String), usize>,
    names: BTreeMap<String, String>,
}

impl Community {
    fn of(world: &World) -> Self {
        let name = |id: Option<u64>| id.and_then(|id| world.group(id)).map(|group| group.name.clone());
        let groups = world.groups_after(None).map(|group| {
            // What nobody set is as if it had been set to what it is.
            let set =
                [("privacy", json!("private")), ("requires_approval", json!(false)), ("members_visible", json!(true))];
            let set = set.map(|(name, usual)| group.settings.get(name).cloned().unwrap_or(usual));
            let (members, alias) = (group.members.len(), &group.alias);
            let shown = format!("below {:?}, alias {alias}, {set:?}, {members} members", name(group.parent));
            (group.name.clone(), shown)
        });
        let people = world.users_from(0).map(|user| {
            let mut places: Vec<String> = user
                .groups
                .iter()
                .map(|place| format!("{:?} {:?} {}", name(Some(place.group)), place.standing, place.admin))
                .collect();
            places.sort();
            let filled = user.values.iter().filter(|(_, value)| **value != json!(""));
            let mut values: Vec<String> = filled.map(|(name, value)| format!("{name}={value}")).collect();
            values.sort();
            let shown = format!("{}, {values:?}, {places:?}", user.name());
            (user.email.to_lowercase(), if user.name() == user.email { shown.to_lowercase() } else { shown })
        });
        let mut mails = BTreeMap::new();
        for Mail { to, group_name, .. } in world.outbox() {
            *mails.entry((to.to_lowercase(), group_name.clone())).or_default() += 1;
        }
        let new_groups =
            world.groups_after(Some(9)).map(|group| (format!("\"{}\"", group.id), format!("group {}", group.name)));
        Self { groups: groups.collect(), people: people.collect(), mails, names: new_groups.collect() }
    }
}

/// Lines as they compare: ids of new groups by name; the words of a line and the rows of a list in any order.
fn comparable(lines: Vec<String>, names: &BTreeMap<String, String>) -> Vec<String> {
    let line = |line: String| {
        // How an address is written changes nothing.
        let line = line.to_lowercase();
        let line = line.trim_matches(['[', ']']);
        let (number, rest) = line.split_once(", ").unwrap_or((line, ""));
        let mut words: Vec<String> = rest
            .split(", ")
            .map(|word| match names.get(word) {
                Some(name) => format!("(known after apply: {})", name.to_lowercase()),
                None => word.to_owned(),
            })
            .collect();
        words.sort();
        (number.parse().unwrap(), words.join(", "))
    };
    let mut lines: Vec<(u64, String)> = lines.into_iter().map(line).collect();
    lines.sort();
    lines.into_iter().map(|(number, line)| format!("{number}: {line}")).collect()
}

/// Runs on one side, plans and applies on the other; says what differs.
fn differs(seed: u64) -> Result<(), String> {
    let script = Author::new(seed, PEOPLE).script();
    let (one, other) = (Side::new(seed % 3 + 1), Side::new(seed % 3 + 1));
    let ran = one.run(&script);
    same("the run's end", &format!("{:?}", ran.ending), &format!("{:?}", Ending::Done))?;
    let wanted = one.community();
    let read = comparable(one.heard(), &wanted.names);

    let planned = other.plan(&script);
    same("the plan's end", &format!("{:?}", planned.ending), &format!("{:?}", Ending::Done))?;
    same("what a plan sends", &other.writes().to_string(), "0")?;
    same("what was read", &comparable(other.heard(), &BTreeMap::new()).join("\n"), &read.join("\n"))?;
    let empty = planned.plan.is_empty();
    if !empty {
        let applied = other.apply(planned);
        same("the end", &format!("{:?}, {}\n{}", applied.ending, applied.exit_code(), applied.text()), "Done, 0")?;
    }
    same("the communities", &format!("{:#?}", other.community()), &format!("{wanted:#?}"))
}

/// The lines in which two texts differ.
fn same(what: &str, have: &str, wanted: &str) -> Result<(), String> {
    let lines = have.lines().zip(wanted.lines()).filter(|(have, wanted)| have != wanted);
    let lines: Vec<String> = lines.map(|(have, wanted)| format!("  {have}\n  instead of\n  {wanted}")).collect();
    match lines.is_empty() && (what == "the end" || have.lines().count() == wanted.lines().count()) {
        true => Ok(()),
        false => Err(format!("{what}\n{}", lines.join("\n"))),
    }
}

#[test]
fn a_script_that_is_planned_and_applied_does_what_its_run_does() {
    let named = std::env::var("BEADLE_SEEDS").ok();
    let range = named.as_deref().and_then(|text| text.split_once("..")).unwrap_or(("0", "16"));
    let (from, to): (u64, u64) = (range.0.parse().unwrap(), range.1.parse().unwrap());
    let work = |start: u64| {
        let seeds = (from + start..to).step_by(2);
        seeds.filter_map(|seed| Some(format!("-- {seed}: {}", differs(seed).err()?))).collect::<Vec<String>>()
    };
    let failures = std::thread::scope(|scope| {
        let both = [0, 1].map(|start| scope.spawn(move || work(start)));
        both.map(|half| half.join().unwrap()).concat()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
