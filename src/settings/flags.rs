//! What a command must repeat to mean the same project and mode as the one before it.

use std::fmt;
use std::path::Path;

use super::Mode;

/// Options that every command of a project repeats; shown with a blank before each: ` --sandbox --settings other.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    mode: Mode,
    file: Option<String>,
}

impl Flags {
    /// Of this mode, with the settings file where one was named.
    pub fn of(mode: Mode, file: Option<&Path>) -> Self {
        Self { mode, file: file.map(|file| file.display().to_string()) }
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mode == Mode::Sandbox {
            f.write_str(" --sandbox")?;
        }
        match &self.file {
            Some(file) => write!(f, " --settings {}", quoted(file)),
            None => Ok(()),
        }
    }
}

/// One word of a shell's line.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+=@%,~".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => {
            let escaped = |c: char| if "\"$`".contains(c) { format!("\\{c}") } else { c.to_string() };
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_repeats_the_sandbox_and_the_settings_that_were_named() {
        let flags = |mode, file: Option<&str>| format!("beadle runs{}", Flags::of(mode, file.map(Path::new)));
        assert_eq!(flags(Mode::Real, None), "beadle runs");
        assert_eq!(flags(Mode::Sandbox, None), "beadle runs --sandbox");
        assert_eq!(flags(Mode::Sandbox, Some("a/b.toml")), "beadle runs --sandbox --settings a/b.toml");
        assert_eq!(flags(Mode::Real, Some("my $1/b.toml")), "beadle runs --settings \"my \\$1/b.toml\"");
    }
}
