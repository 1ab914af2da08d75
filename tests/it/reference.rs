//! The pages of the reference are what the tables say.

use std::path::Path;

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
