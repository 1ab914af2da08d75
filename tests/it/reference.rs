//! The pages of the reference are what the tables say.

use std::path::Path;

use beadle::{platforms, reference, server};

/// Set to anything, the pages are written anew instead of compared.
const REWRITE: &str = "BEADLE_REWRITE";

/// Compares a page with what the tables say, or writes it anew.
fn fresh(file: &Path, page: &str) {
    if std::env::var_os(REWRITE).is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, page).unwrap();
    }
    let stored = std::fs::read_to_string(file).unwrap_or_default();
    let line = stored.lines().zip(page.lines()).position(|(old, new)| old != new);
    assert!(
        stored == page,
        "{} is stale from line {}; write it anew with `{REWRITE}=1 cargo test --test it reference`",
        file.display(),
        line.unwrap_or_else(|| stored.lines().count().min(page.lines().count())) + 1
    );
}

#[test]
fn the_pages_of_the_reference_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for platform in platforms::ALL {
        fresh(&folder.join(format!("{}.md", platform.name)), &reference::page(platform));
    }
}

#[test]
fn the_document_of_the_api_is_fresh() {
    let document = serde_json::to_string_pretty(&server::api::document()).unwrap();
    fresh(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json"), &format!("{document}\n"));
}

#[test]
fn the_page_that_compares_the_platforms_is_fresh_and_names_a_page_of_each() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms");
    fresh(&folder.join("README.md"), &reference::overview());
    for platform in platforms::ALL {
        assert!(folder.join(format!("{}.md", platform.name)).is_file(), "{}", platform.name);
    }
}
