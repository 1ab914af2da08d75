//! The shape of the project: layers, sizes of files, links of the documents.

use std::path::{Path, PathBuf};

/// A module imports only from what stands before it.
const ORDER: [&str; 19] = [
    "clock",
    "events",
    "model",
    "world",
    "catalog",
    "platforms",
    "wire",
    "tables",
    "settings",
    "store",
    "effects",
    "client",
    "roster",
    "export",
    "script",
    "runs",
    "sandbox",
    "reference",
    "cli",
];
/// Ask at 250 lines, split at 400.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|have| have == ending) => {
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

/// The modules that a text names: `crate::one::…` and `crate::{one, two::…}`.
fn imports(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in text.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => found.push(first_word(part)),
            Some(list) => {
                let mut depth = 1;
                let mut begins = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => begins = true,
                        c if begins && c.is_alphabetic() => {
                            begins = false;
                            found.push(first_word(&list[at..]));
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
    }
    found
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[test]
fn a_module_imports_only_from_layers_below_it() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, ORDER, "src/lib.rs lists the layers in their order");
    let place = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut upward = Vec::new();
    for (path, text) in files("src", "rs") {
        let below = path.strip_prefix("src").unwrap();
        let module = below.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some(own) = place(module) else {
            assert!(matches!(module, "lib" | "main"), "{} stands in no layer", path.display());
            continue;
        };
        for import in imports(&text).into_iter().filter(|import| place(import).is_some_and(|place| place > own)) {
            upward.push(format!("{}: `{module}` must not know `{import}`", path.display()));
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn imports_are_found_in_both_forms() {
    let text = "use crate::one::Two; use crate::{three, four::{five, six}, seven as eight}; crate::nine::ten()";
    assert_eq!(imports(text), ["one", "three", "four", "seven", "nine"]);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for (path, text) in files("src", "rs") {
        let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        let name = path.file_name().unwrap().to_str().unwrap();
        let exempt = name == "ops.rs" || name.ends_with("tests.rs");
        let lines = code.lines().count();
        assert!(exempt || lines <= LONGEST, "{} has {lines} lines, more than {LONGEST}", path.display());
    }
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut documents = files("docs", "md");
    documents.push(("README.md".into(), std::fs::read_to_string(root().join("README.md")).unwrap()));
    for (path, text) in documents {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = root().join(path.parent().unwrap()).join(file);
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
