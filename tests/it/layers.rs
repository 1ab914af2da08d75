//! The shape of the source: layers, doors, sizes, heads. What a lint cannot say stands here.

use std::path::{Path, PathBuf};

/// A module imports only from what stands before it.
const ORDER: [&str; 27] = [
    "clock",
    "events",
    "spans",
    "model",
    "timetable",
    "world",
    "catalog",
    "platforms",
    "wire",
    "notices",
    "tables",
    "settings",
    "store",
    "effects",
    "plan",
    "client",
    "roster",
    "migrate",
    "export",
    "script",
    "runs",
    "hooks",
    "schedule",
    "sandbox",
    "server",
    "reference",
    "cli",
];
/// What waits for nobody and asks nobody: folders and files below `src`.
const PURE: [&str; 29] = [
    "model",
    "timetable",
    "world",
    "catalog",
    "platforms",
    "wire",
    "notices",
    "effects/brakes",
    "effects/decide.rs",
    "effects/key.rs",
    "effects/recover.rs",
    "effects/state.rs",
    "migrate/compare.rs",
    "migrate/groups.rs",
    "migrate/people.rs",
    "migrate/unmapped.rs",
    "roster/cascade.rs",
    "roster/diff.rs",
    "roster/figures.rs",
    "runs/history",
    "runs/report.rs",
    "schedule/alarm/decide.rs",
    "schedule/alarm/message.rs",
    "schedule/alarm/shapes.rs",
    "schedule/arrears.rs",
    "schedule/board",
    "schedule/simulate.rs",
    "schedule/verdict.rs",
    "schedule/words.rs",
];
/// What no pure module may name.
const IMPURE: [&str; 10] = [
    "async fn",
    ".await",
    "tokio::",
    "reqwest::",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "SystemTime",
    "crate::clock",
];
/// Ask at 250 lines, split at 400.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "rs") => {
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
                }
                false => {}
            }
        }
    }
    assert!(!found.is_empty(), "nothing found in {folder}");
    found
}

/// A file's text up to its tests; empty for a file that is nothing else.
fn code<'a>(path: &Path, text: &'a str) -> &'a str {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let tests = name.ends_with("tests") || path.components().any(|part| part.as_os_str() == "tests");
    if tests { "" } else { text.split("\n#[cfg(test)]\n").next().unwrap_or_default() }
}

/// The module path of a file: `src/a/b.rs` and `src/a/b/mod.rs` are `a`, `b`.
fn module(path: &Path) -> Vec<String> {
    let below = path.strip_prefix("src").unwrap().with_extension("");
    let mut parts: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Every path that a text writes from `crate` or `super` on, `{…}` opened.
fn paths(text: &str) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            // `super::super::` is one path, which begins at its first word.
            if before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':')) {
                open(Vec::new(), &text[at..], &mut found);
            }
        }
    }
    found
}

fn open<'a>(mut path: Vec<&'a str>, text: &'a str, found: &mut Vec<Vec<&'a str>>) {
    let text = text.trim_start();
    if let Some(list) = text.strip_prefix('{') {
        return parts(list).into_iter().for_each(|part| open(path.clone(), part, found));
    }
    let word = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    path.push(word);
    match text[word.len()..].strip_prefix("::") {
        Some(rest) => open(path, rest, found),
        None => found.push(path),
    }
}

/// The parts of a list between commas, up to its closing brace.
fn parts(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in list.char_indices() {
        match (c, depth) {
            ('{', _) => depth += 1,
            ('}', 0) => {
                parts.push(&list[from..at]);
                break;
            }
            ('}', _) => depth -= 1,
            (',', 0) => {
                parts.push(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The top modules that a file at this depth names: by `crate::`, or by as many `super::` as lead to the root.
fn imports<'a>(text: &'a str, depth: usize) -> Vec<&'a str> {
    let named = |path: &Vec<&'a str>| {
        let ups = path.iter().take_while(|word| **word == "super").count();
        match path.first() {
            Some(&"crate") => path.get(1).copied(),
            // A test module stands one deeper; `super`s more than that name nothing of another layer.
            _ if ups >= depth => path.get(ups).copied(),
            _ => None,
        }
    };
    paths(text).iter().filter_map(named).collect()
}

#[test]
fn a_module_imports_only_from_layers_below_it() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, ORDER, "src/lib.rs lists the layers in their order");
    let place = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut upward = Vec::new();
    for (path, text) in sources("src") {
        let module = module(&path);
        let Some(own) = place(&module[0]) else {
            assert!(matches!(module[0].as_str(), "lib" | "main"), "{} stands in no layer", path.display());
            continue;
        };
        let above = |import: &&str| place(import).is_some_and(|place| place > own);
        for import in imports(&text, module.len()).into_iter().filter(above) {
            upward.push(format!("{}: `{}` must not know `{import}`", path.display(), module[0]));
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::one::Two; use crate::{three, four::{five, six}, seven as eight}; crate::nine::ten()";
    assert_eq!(imports(text, 1), ["one", "three", "four", "four", "seven", "nine"]);
    let text = "use super::super::one; use super::{super::{two, three::four}, five}; self::super::super::six::x()";
    assert_eq!(imports(text, 2), ["one", "two", "three"], "from `a::b`, two steps up is the root");
    assert!(imports("use super::super::one;", 3).is_empty(), "from `a::b::c` it is `a`");
    assert_eq!(imports("use super::one;\n//! [`super::two`]", 1), ["one", "two"], "links of documents count");
}

#[test]
fn the_map_in_the_documents_is_the_order_of_the_layers() {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let first = |line: &str| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned());
    let listed: Vec<String> =
        text.lines().filter_map(first).filter(|name| ORDER.contains(&name.trim_end_matches('/'))).collect();
    let listed: Vec<&str> = listed.iter().map(|name| name.trim_end_matches('/')).collect();
    assert_eq!(listed, ORDER, "docs/architecture.md");
}

#[test]
fn pure_modules_wait_for_nobody_and_ask_nobody() {
    for pure in PURE {
        assert!(root().join("src").join(pure).exists(), "{pure} is not there");
    }
    let is_pure = |path: &Path| PURE.iter().any(|pure| path.starts_with(Path::new("src").join(pure)));
    for (path, text) in sources("src").iter().filter(|(path, _)| is_pure(path)) {
        for word in IMPURE {
            assert!(!code(path, text).contains(word), "{} is pure and says `{word}`", path.display());
        }
    }
}

#[test]
fn only_the_store_speaks_sql() {
    for (path, text) in sources("src") {
        assert!(path.starts_with("src/store") || !text.contains("sqlx::"), "{} speaks SQL", path.display());
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for (path, text) in sources("src") {
        let table = path.file_name().is_some_and(|name| name == "ops.rs");
        let lines = code(&path, &text).lines().count();
        assert!(table || lines <= LONGEST, "{} has {lines} lines, more than {LONGEST}", path.display());
    }
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for (path, text) in sources("src").into_iter().filter(|(path, text)| !code(path, text).is_empty()) {
        assert!(text.starts_with("//! "), "{} has no head", path.display());
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let (outer, inner) = (concat!("#[", "allow("), concat!("#![", "allow("));
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        assert!(!text.contains(outer) && !text.contains(inner), "{}: write `#[expect(…, reason = …)]`", path.display());
    }
}

#[test]
fn names_are_imported_one_by_one() {
    for (path, text) in sources("src") {
        let mut tests = code(&path, &text).is_empty();
        for line in text.lines().map(str::trim) {
            tests |= line == "#[cfg(test)]";
            let glob = line.starts_with("use ") && line.contains("::*");
            assert!(!glob || (tests && line == "use super::*;"), "{}: `{line}`", path.display());
        }
    }
}
