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

#[test]
fn the_document_of_the_api_admits_no_empty_reason_no_odd_cursor_and_one_way_to_name_doubts() {
    let document = server::api::document();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let (mut reasons, mut cursors) = (0, 0);
    for operation in operations {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let Some(reason) = body["properties"].get("reason") {
            assert_eq!((&reason["minLength"], reason["pattern"].as_str()), (&1.into(), Some("\\S")));
            reasons += 1;
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["name"] == "cursor")
        {
            assert_eq!(parameter["schema"]["pattern"], "^[A-Za-z0-9_-]+$");
            assert_eq!(parameter["schema"]["minLength"], 1);
            cursors += 1;
        }
    }
    assert!(reasons >= 4 && cursors >= 5, "{reasons} reasons, {cursors} cursors");
    let settle = &document["paths"]["/api/v1/doubts/settle"]["post"]["requestBody"]["content"]["application/json"];
    let either = settle["schema"]["oneOf"].as_array().unwrap();
    assert_eq!(either[0]["required"], serde_json::json!(["effects"]));
    assert_eq!(either[0]["not"]["anyOf"], serde_json::json!([{ "required": ["run"] }, { "required": ["all"] }]));
    assert_eq!(either[1]["required"], serde_json::json!(["run", "all"]));
    assert_eq!(either[1]["not"]["anyOf"], serde_json::json!([{ "required": ["effects"] }]));
}

#[test]
fn every_word_for_how_a_run_ends_stands_among_the_figures() {
    let page = include_str!("../../docs/api.md");
    let row = page.lines().find(|line| line.starts_with("| `beadle_runs_ended_total`")).unwrap();
    for word in beadle::schedule::Outcome::WORDS {
        assert!(row.contains(&format!("`{word}`")), "{word}");
    }
}
