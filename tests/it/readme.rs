//! The README does what it says: every console block is typed, line by line, and gives what stands below the command.
//! A line `…` stands for any number of lines.

use std::path::Path;
use std::process::Command;

use beadle::settings::{Environment, FILE, Mode, Settings, Start};

use crate::builder::{Test, steady};

const README: &str = include_str!("../../README.md");

/// The code blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let found: Vec<&str> =
        README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert!(!found.is_empty(), "the README has no {language}");
    found
}

/// A command and what it says.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command.to_owned(), String::new())),
            (None, Some((_, said))) => said.push_str(&format!("{line}\n")),
            (None, None) => panic!("the block does not begin with a command:\n{block}"),
        }
    }
    found
}

/// The words of a command, as a shell takes them apart.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// The id of a run in a text.
fn run_of(text: &str) -> Option<String> {
    let is_id = |word: &&str| steady(word, Path::new("/nowhere")).trim() == "{run}";
    text.split(|sign: char| sign.is_whitespace() || sign == ':' || sign == '/').find(is_id).map(str::to_owned)
}

/// Whether the lines are those, where `…` stands for any.
fn fits(wanted: &[&str], have: &[&str]) -> bool {
    match (wanted, have) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=have.len()).any(|skipped| fits(rest, &have[skipped..])),
        ([one, wanted @ ..], [other, have @ ..]) => one == other && fits(wanted, have),
        _ => false,
    }
}

/// A person at a terminal, in a folder with the scripts that ship.
struct Person {
    test: Test,
    code: Option<i32>,
    /// The README's id of the last run, and its real one.
    run: Option<(String, String)>,
}

impl Person {
    fn types(&mut self, command: &str, shown: &str) -> String {
        let beadle = command.strip_prefix("beadle ").or_else(|| command.strip_prefix("cargo run --release -- "));
        let output = match (command, beadle) {
            ("cargo test", _) => return String::new(),
            ("echo $?", _) => return format!("{}\n", self.code.unwrap()),
            (_, Some(arguments)) => {
                let mut beadle = self.test.command();
                for word in words(arguments) {
                    match &self.run {
                        Some((named, real)) => beadle.arg(word.replace(named, real)),
                        None => beadle.arg(word),
                    };
                }
                beadle.output().unwrap()
            }
            (_, None) => Command::new("sh").args(["-c", command]).current_dir(self.test.folder()).output().unwrap(),
        };
        self.code = output.status.code();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        if let Some(both) = run_of(shown).zip(run_of(&said)) {
            self.run = Some(both);
        }
        steady(&said, self.test.folder())
    }
}

#[test]
fn every_console_block_does_what_stands_below_it() {
    let mut person = Person { test: Test::project(), code: None, run: None };
    let mut typed = 0;
    for (command, shown) in blocks("console").into_iter().flat_map(commands) {
        let have = person.types(&command, &shown);
        let wanted = steady(&shown, person.test.folder());
        let lines = |text: &'_ str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (wanted_lines, have_lines) = (lines(&wanted), lines(&have));
        let as_str = |lines: &[String]| lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        let same = fits(
            &wanted_lines.iter().map(String::as_str).collect::<Vec<_>>(),
            &have_lines.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert!(same, "$ {command}\n-- the README says\n{}\n-- it was\n{}", as_str(&wanted_lines), as_str(&have_lines));
        typed += 1;
    }
    assert!(typed >= 10, "{typed} commands");
}

#[test]
fn the_settings_it_shows_can_be_used() {
    for text in blocks("toml") {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let start = Start {
            file: None,
            folder: folder.path().to_owned(),
            mode: Mode::Real,
            connection: None,
            environment: Environment::default(),
        };
        let settings = Settings::load(&start).unwrap_or_else(|error| panic!("{error}"));
        assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
        assert_eq!(settings.default_connection().unwrap().name, "main");
    }
}

#[test]
fn the_comparison_with_the_readme_can_fail() {
    assert!(fits(&["a", "…", "d"], &["a", "b", "c", "d"]) && fits(&["…"], &[]));
    assert!(!fits(&["a", "…", "d"], &["a", "b"]) && !fits(&["a"], &["a", "b"]) && !fits(&["a"], &["b"]));
    assert_eq!(
        words("approve x --reason \"the chapter was split\""),
        ["approve", "x", "--reason", "the chapter was split"]
    );
}
