//! The documents say what the program does: pages of the reference, settings, scripts.

use std::path::Path;

use beadle::settings::{Environment, FILE, Limits, Mode, Settings, Start};
use beadle::{platforms, reference};

/// Set to anything, the pages are written anew instead of compared.
const REWRITE: &str = "BEADLE_REWRITE";

#[test]
fn the_pages_of_the_reference_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for platform in platforms::ALL {
        let file = folder.join(format!("{}.md", platform.name));
        let page = reference::page(platform);
        if std::env::var_os(REWRITE).is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &page).unwrap();
        }
        let stored = std::fs::read_to_string(&file).unwrap_or_default();
        let line = stored.lines().zip(page.lines()).position(|(old, new)| old != new);
        assert!(
            stored == page,
            "{} is stale from line {}; write it anew with `{REWRITE}=1 cargo test --test it reference`",
            file.display(),
            line.unwrap_or_else(|| stored.lines().count().min(page.lines().count())) + 1
        );
    }
}

/// Texts of the code blocks of one language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let fence = format!("```{language}\n");
    let found: Vec<String> = text
        .split(fence.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect();
    assert!(!found.is_empty(), "{document} has no {language}");
    found
}

#[test]
fn the_settings_in_the_documents_are_right_and_the_limits_shown_are_the_defaults() {
    for text in blocks("docs/settings.md", "toml") {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), &text).unwrap();
        let start = Start {
            file: None,
            folder: folder.path().to_owned(),
            mode: Mode::Real,
            connection: None,
            environment: Environment::default(),
        };
        let settings = Settings::load(&start).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.limits, Limits::default(), "{text}");
        assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    }
}

#[test]
fn the_scripts_in_the_documents_are_rhai() {
    let mut engine = rhai::Engine::new_raw();
    // Words that Rhai keeps for later and scripts need: `default`, `sync`.
    #[expect(deprecated, reason = "Rhai marks what may still change so; the version is pinned")]
    engine.on_parse_token(|token, _, _| match token {
        rhai::Token::Reserved(word) => rhai::Token::Identifier(word),
        other => other,
    });
    for text in blocks("docs/scripting.md", "rhai") {
        engine.compile(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}
