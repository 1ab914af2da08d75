//! The documents do what they say: scripts run, settings are right, consoles show what comes back, links lead somewhere.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use beadle::settings::{Environment, FILE, Jobs, Limits, Mode, Settings, Start};
use tempfile::TempDir;

use crate::builder::Test;

/// A piece of a document between fences.
struct Block {
    document: PathBuf,
    /// The line of its fence.
    line: usize,
    language: String,
    text: String,
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.document.display(), self.line)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything below `docs`, and the page in front of it.
fn documents() -> Vec<(PathBuf, String)> {
    let mut found = vec![PathBuf::from("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(root()).unwrap().to_owned()),
            }
        }
    }
    found.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    found.sort();
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(root().join(path)).unwrap())).collect()
}

fn blocks(document: &Path, text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (line, words) in text.lines().enumerate() {
        match (words.strip_prefix("```"), open) {
            (Some(language), false) => {
                open = true;
                let (document, language) = (document.to_owned(), language.trim().to_owned());
                found.push(Block { document, line: line + 1, language, text: String::new() });
            }
            (Some(_), true) => open = false,
            (None, true) => found.iter_mut().last().unwrap().text.extend([words, "\n"]),
            (None, false) => {}
        }
    }
    assert!(!open, "{} has a fence that is not closed", document.display());
    found
}

fn of_language(language: &str) -> Vec<Block> {
    let all = documents();
    let found = all.iter().flat_map(|(path, text)| blocks(path, text));
    let found: Vec<Block> = found.filter(|block| block.language == language).collect();
    assert!(!found.is_empty(), "no document has {language}");
    found
}

/// A project as a person has it: the scripts and the jobs that ship, and nothing else.
fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    copy(&root().join("scripts"), &folder.path().join("scripts"));
    copy(&root().join("jobs"), &folder.path().join("jobs"));
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &place),
            false => drop(std::fs::copy(&path, &place).unwrap()),
        }
    }
}

#[test]
fn every_block_of_the_documents_is_of_a_language_that_a_test_knows() {
    for (path, text) in documents() {
        for block in blocks(&path, &text) {
            let known = ["rhai", "toml", "toml job", "console", "text"].contains(&block.language.as_str());
            // A sketch of a test in Rust and of a shell's line are read by people alone.
            assert!(known || ["rust", "sh"].contains(&block.language.as_str()), "{block}: `{}`", block.language);
        }
    }
}

#[test]
fn every_script_in_the_documents_runs_on_the_sandbox() {
    for block in of_language("rhai") {
        let test = Test::within(project()).file("scripts/shown.rhai", &block.text);
        let output = test.args(["run", "scripts/shown.rhai", "--sandbox"]).command().output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // 5: the sample roster has bad rows on purpose.
        assert!(matches!(output.status.code(), Some(0 | 5)), "{block}\n{out}\n{err}");
    }
}

#[test]
fn the_settings_in_the_documents_are_right_and_the_limits_shown_are_the_defaults() {
    for block in of_language("toml") {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join(FILE), &block.text).unwrap();
        let start = Start {
            file: None,
            folder: folder.path().to_owned(),
            mode: Mode::Real,
            connection: None,
            environment: Environment::default(),
        };
        let settings = Settings::load(&start).unwrap_or_else(|error| panic!("{block}: {error}"));
        assert_eq!(settings.limits, Limits::default(), "{block}");
        assert!(settings.warnings.is_empty(), "{block}: {:?}", settings.warnings);
    }
}

#[test]
fn the_jobs_in_the_documents_are_right() {
    let settings = "[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n";
    for block in of_language("toml job") {
        let folder = project();
        std::fs::write(folder.path().join(FILE), settings).unwrap();
        std::fs::write(folder.path().join("jobs/shown.toml"), &block.text).unwrap();
        let start = Start {
            file: None,
            folder: folder.path().to_owned(),
            mode: Mode::Real,
            connection: None,
            environment: Environment::default(),
        };
        let jobs = Jobs::load(&Settings::load(&start).unwrap()).unwrap();
        jobs.get("shown").unwrap_or_else(|error| panic!("{block}: {error}"));
        assert!(jobs.warnings.is_empty(), "{block}: {:?}", jobs.warnings);
    }
}

/// Consoles of one document are one session in one project, from its first block to its last.
#[test]
fn consoles_in_the_documents_show_what_comes_back() {
    for (path, text) in documents().iter().filter(|(path, _)| path.starts_with("docs")) {
        let mut session = Session { folder: project(), runs: HashMap::new(), code: 0 };
        for block in blocks(path, text).into_iter().filter(|block| block.language == "console") {
            session.play(&block);
        }
    }
}

/// A project in which commands are typed one after the other.
struct Session {
    folder: TempDir,
    /// Ids of runs: those of the document by those that were really given.
    runs: HashMap<String, String>,
    code: i32,
}

impl Session {
    fn play(&mut self, block: &Block) {
        let Some(text) = block.text.strip_prefix("$ ") else { panic!("{block} begins with a command") };
        for step in text.split("\n$ ") {
            let (command, shown) = step.split_once('\n').unwrap_or((step, ""));
            let said = match command {
                "echo $?" => format!("{}\n", self.code),
                command => self.run(block, command),
            };
            let (said, shown) = (self.plain(&said, Some(shown)), self.plain(shown, None));
            assert!(alike(&shown, &said), "{block}: `{command}` says\n{}", said.join("\n"));
        }
    }

    /// Both streams as a terminal shows them, in the order in which they were written.
    fn run(&mut self, block: &Block, command: &str) -> String {
        let words = words(command);
        let Some((first, args)) = words.split_first() else { panic!("{block}: nothing is typed") };
        assert_eq!(first, "beadle", "{block}: a console calls beadle");
        let real = |word: &String| {
            let known = self.runs.iter().find(|(_, shown)| *shown == word);
            known.map_or(word.clone(), |(real, _)| real.clone())
        };
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut process = Test::new().command();
        process.args(args.iter().map(real)).current_dir(self.folder.path());
        process.stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut child = process.spawn().unwrap();
        // Its ends of the pipe are closed with it, or reading would never come to an end.
        drop(process);
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        self.code = child.wait().unwrap().code().unwrap();
        said
    }

    /// Lines without what differs from run to run; ids of runs are those that the document shows in their place.
    fn plain(&mut self, text: &str, shown: Option<&str>) -> Vec<String> {
        if let Some(shown) = shown {
            for (real, shown) in ids(text).into_iter().zip(ids(shown)) {
                self.runs.entry(real).or_insert(shown);
            }
        }
        let mut text = text.replace(&self.folder.path().display().to_string(), "/home/ada/community");
        for (real, shown) in &self.runs {
            text = text.replace(real, shown);
        }
        text.lines().map(timeless).collect()
    }
}

/// What a shell makes of a line: words, quotes around some.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Ids of runs in the order in which they first come.
fn ids(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let parts: Vec<&str> = word.split('-').collect();
        let digits = |text: &str, many| text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
        if let [day, minute, tail] = parts.as_slice()
            && digits(day, 8)
            && digits(minute, 4)
            && tail.len() == 4
            && !found.iter().any(|known| known == word)
        {
            found.push(word.to_owned());
        }
    }
    found
}

/// A line without the time it took, and without days and hours.
fn timeless(line: &str) -> String {
    let number = |word: &str, sign| word.len() > 7 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == sign);
    let word = |word| match word {
        word if number(word, b':') && word.contains(':') => "01:58:03",
        word if number(word, b'-') && word.len() == 10 => "2026-11-22",
        word => word,
    };
    let line = &line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    let line = match line.split_once(" calls (") {
        // A rate is shown where the run took long enough.
        Some((before, rest)) if rest.ends_with(" a second)") => format!("{before} calls"),
        _ => line.clone(),
    };
    match line.split_once(" in ").and_then(|(before, rest)| Some((before, rest.split_once(" s")?))) {
        Some((before, (seconds, after))) if seconds.parse::<f64>().is_ok() => format!("{before} in 0.0 s{after}"),
        _ => line,
    }
}

/// Whether these lines are those; `…` stands for any number of lines.
fn alike(shown: &[String], said: &[String]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((gap, rest)), _) if gap == "…" => (0..=said.len()).any(|from| alike(rest, &said[from..])),
        (Some((one, rest)), Some((other, after))) => one == other && alike(rest, after),
        _ => false,
    }
}

#[test]
fn everything_that_a_script_can_call_besides_the_platforms_is_described() {
    let page = std::fs::read_to_string(root().join("docs/scripting.md")).unwrap();
    let library = beadle::reference::library(None).into_iter();
    let missing: Vec<&str> = library.map(|entry| entry.usage).filter(|usage| !described(&page, usage)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "docs/scripting.md");
}

/// Whether the page shows what this usage line calls (`csv.read(`), or names what it reads (`run` of `ctx.run`).
fn described(page: &str, usage: &str) -> bool {
    match (usage.split_once('('), usage.split('.').nth(1)) {
        (Some((call, _)), _) => page.contains(&format!("{call}(")),
        (None, name) => name.is_some_and(|name| page.contains(&format!("`{name}`"))),
    }
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    for (path, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let here = root().join(&path);
            let target = if file.is_empty() { here } else { here.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to `{link}`, which is not there", path.display());
            let there = heading.is_empty() || headings(&target).iter().any(|have| have == heading);
            assert!(there, "{} links to `{link}`, a heading that is not there", path.display());
        }
    }
}

/// The headings of a document, as links name them.
fn headings(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ';
    titles
        .map(|title| title.to_lowercase().chars().filter(|c| word(*c)).collect::<String>().replace(' ', "-"))
        .collect()
}
