//! A plan of many effects: made on the sandbox, stored, written to a file; then loaded and shown to the last person.

use std::path::Path;

use serde_json::Value;

use crate::measure::{Spent, beadle, contestant, medians, ratio, spent};
use crate::{Outcome, number};

const EFFECTS: usize = 10_000;
const ROUNDS: usize = 5;

/// `plan [ROUNDS] [EFFECTS]`
pub fn bench(arguments: &[String]) -> Outcome {
    let (rounds, effects) = (number(arguments, 0, ROUNDS)?, number(arguments, 1, EFFECTS)?);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (one, many) = (Project::new(folder.path(), 1)?, Project::new(folder.path(), effects)?);
    let mut runs = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        runs[0].push(one.plan()?);
        runs[1].push(many.plan()?);
        runs[2].push(many.show()?);
        runs[3].push(spent(contestant("plain-plan")?.args([many.out(), many.folder.join("again.json")]))?);
    }
    let [small, made, shown, plain]: [Spent; 4] = [0, 1, 2, 3].map(|place| medians(&runs[place]));
    println!("a plan of {effects} effects on the sandbox, medians of {rounds} rounds");
    println!("  of one effect, made         {small}");
    println!("  made, stored and written    {made}");
    println!("  loaded and shown in full    {shown}");
    println!("  the same JSON read, written {plain}");
    let both = made.wall + shown.wall;
    println!(
        "  made, stored, loaded and shown in {:.2} s; CPU {:.1} times, memory {:.1} times reading and writing the JSON",
        both.as_secs_f64(),
        ratio(made.cpu + shown.cpu, plain.cpu),
        made.peak as f64 / plain.peak as f64
    );
    Ok(())
}

/// Reads a plan as any JSON and writes it as prettily as beadle does.
pub fn plain(arguments: &[String]) -> Outcome {
    let [from, to] = arguments else { return Err("it needs two files".into()) };
    let value: Value = serde_json::from_str(&std::fs::read_to_string(from)?)?;
    Ok(std::fs::write(to, serde_json::to_string_pretty(&value)?)?)
}

/// A folder with a script that adds so many people.
struct Project {
    folder: std::path::PathBuf,
    effects: usize,
}

impl Project {
    fn new(within: &Path, effects: usize) -> Outcome<Self> {
        let folder = within.join(effects.to_string());
        std::fs::create_dir_all(&folder)?;
        let script = format!(
            "let rows = [];\nfor n in 0..{effects} {{ rows.push(#{{ fields: #{{ email: `p${{n}}@many.example`, city: \"Rome\" }} }}); }}\n\
             bulk.create_members(#{{ group_id: \"3\", users: rows }});\n"
        );
        std::fs::write(folder.join("many.rhai"), script)?;
        Ok(Self { folder, effects })
    }

    fn out(&self) -> std::path::PathBuf {
        self.folder.join("many.json")
    }

    fn plan(&self) -> Outcome<Spent> {
        let spent = spent(beadle(&self.folder).args(["plan", "many.rhai", "--sandbox", "--out", "many.json"]))?;
        let plan: Value = serde_json::from_str(&std::fs::read_to_string(self.out())?)?;
        let steps = plan["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let touches: usize = steps.iter().filter_map(|step| Some(step["touches"].as_array()?.len())).sum();
        match touches == self.effects {
            true => Ok(spent),
            false => Err(format!("{touches} effects instead of {}", self.effects).into()),
        }
    }

    fn show(&self) -> Outcome<Spent> {
        let plan: Value = serde_json::from_str(&std::fs::read_to_string(self.out())?)?;
        let id = plan["id"].as_str().ok_or("a plan without a name")?;
        spent(beadle(&self.folder).args(["plan", id, "--sandbox", "--all"]))
    }
}
