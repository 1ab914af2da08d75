//! The unit of systemd and the container file that ship: what they start exists, and systemd understands its file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::builder::Test;

const OPERATING: &str = include_str!("../../docs/operating.md");

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy").join(name)
}

/// A command that ships starts: its help is shown.
fn is_understood(words: &[&str]) {
    let test = Test::new();
    let output = test.beside(&[words, &["--help"]].concat());
    assert!(output.status.success(), "beadle {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_service_starts_a_command_that_there_is_and_systemd_understands_its_file() {
    let unit = std::fs::read_to_string(shipped("beadle.service")).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/beadle ")).unwrap();
    is_understood(&start.split(' ').collect::<Vec<_>>());
    // What `tests/it/service.rs` shows holds only for a unit that asks for it.
    for line in ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=60s"] {
        assert!(unit.lines().any(|known| known == line), "{line}");
    }

    // The paths of the real machine are not here: the file is looked at with those of this one.
    let folder = tempfile::tempdir().unwrap();
    let here = unit.replace("/usr/local/bin/beadle", env!("CARGO_BIN_EXE_beadle"));
    let file = folder.path().join("beadle.service");
    std::fs::write(&file, here).unwrap();
    match Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&file).output() {
        Ok(verified) => {
            let said = String::from_utf8_lossy(&verified.stderr).into_owned();
            let about_it: Vec<&str> = said.lines().filter(|line| line.contains("beadle.service:")).collect();
            assert!(about_it.is_empty(), "{about_it:?}");
        }
        Err(_) => println!("skipped: there is no systemd-analyze here"),
    }
}

#[test]
fn the_container_starts_a_command_that_there_is() {
    let file = std::fs::read_to_string(shipped("Containerfile")).unwrap();
    let list = |word: &str| -> Vec<String> {
        let line = file.lines().find_map(|line| line.strip_prefix(word)).unwrap();
        serde_json::from_str(line.trim()).unwrap()
    };
    assert_eq!(list("ENTRYPOINT"), ["/usr/local/bin/beadle"]);
    let words = list("CMD");
    is_understood(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let user = file.lines().find_map(|line| line.strip_prefix("RUN useradd --uid ")?.split(' ').next()).unwrap();
    let owned = format!("chown -R {user}:{user} ");
    assert!(file.contains(&owned) && OPERATING.contains(&owned), "who must own the volume");
    assert!(file.contains(&format!("rust:{}-", env!("CARGO_PKG_RUST_VERSION"))), "the compiler that Cargo.toml names");
}

#[test]
fn the_addresses_that_the_container_is_told_to_open_are_those_of_the_settings_and_published() {
    let command = OPERATING.split("```").find(|block| block.contains("docker run --volume")).unwrap();
    let after = |option: &'static str| {
        let words: Vec<&str> = command.split_whitespace().collect();
        words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1]).collect::<Vec<_>>()
    };
    let opened: Vec<(&str, &str)> = after("--env").iter().filter_map(|set| set.split_once('=')).collect();
    let mut test = Test::new().args(["jobs", "--sandbox"]);
    for (name, address) in &opened {
        test = test.env(name, address);
    }
    test.success();
    let wrong = Test::new().args(["jobs", "--sandbox"]).env("BEADLE_SERVE__LISTENS", "0.0.0.0:8787").code(2);
    assert!(wrong.stderr.contains("BEADLE_SERVE__LISTENS"), "or this shows nothing: {}", wrong.stderr);
    let ports: Vec<&str> = opened.iter().map(|(_, address)| address.strip_prefix("0.0.0.0:").unwrap()).collect();
    assert_eq!(ports, ["8787", "8788"]);
    let published: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}:{port}")).collect();
    assert_eq!(after("--publish"), published);
}
