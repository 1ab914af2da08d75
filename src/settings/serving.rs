//! `[serve]`: the address on which `beadle serve` is watched and driven, and the token that opens it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::secret::{Secret, Source};
use super::section::Section;
use super::tree::{self, Table};
use super::{Environment, Project, Redactor};

/// Where `beadle serve` is watched and driven.
#[derive(Clone, Debug)]
pub struct Serving {
    /// The address on this machine; `None` is `"off"`.
    pub listen: Option<SocketAddr>,
    /// Names by which it is called besides its address: those of a proxy before it.
    pub hosts: Vec<String>,
    /// Where the token is; `None` is made at the first start and kept.
    token: Option<Source>,
}

/// The token that opens it.
#[derive(Clone, Debug)]
pub struct ServeToken {
    /// What whoever asks must show.
    pub secret: Secret,
    /// Where it is to be found, for people.
    pub place: String,
}

/// Where a token is kept that nobody named, below the project's folder.
pub const TOKEN_FILE: &str = ".beadle/serve-token";
/// A token that somebody named has at least so many characters.
const SHORTEST: usize = 16;

impl Default for Serving {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8787))), hosts: Vec::new(), token: None }
    }
}

impl Serving {
    pub(super) fn read(table: Table, source: &tree::Source) -> Result<Self, Error> {
        let mut section = Section::new("[serve]".into(), table, source, &["listen", "token", "hosts"])?;
        let mut serving = Self::default();
        if let Some((text, origin)) = section.text("listen")? {
            let wrong = "must be an address with a port such as \"127.0.0.1:8787\", or \"off\"";
            serving.listen = match text.trim() {
                "off" => None,
                text => Some(text.parse().map_err(|_| section.refuse("listen", &origin, wrong))?),
            };
        }
        if let Some((hosts, origin)) = section.texts("hosts")? {
            let fits = |host: &String| !host.is_empty() && !host.contains(['/', ':', ' ', '*', '@']);
            if !hosts.iter().all(fits) {
                let wrong = "must be names alone such as [\"beadle.example.org\"], without port and path";
                return Err(section.refuse("hosts", &origin, wrong));
            }
            serving.hosts = hosts.iter().map(|host| host.to_lowercase()).collect();
        }
        if let Some((text, origin)) = section.text("token")? {
            let named = Source::parse(text.trim()).map_err(|why| section.refuse("token", &origin, &why))?;
            serving.token = Some(named);
        }
        Ok(serving)
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.listen.is_none_or(|address| is_local(address.ip()))
    }

    /// Reads the token, or makes one; no output shows it from then on.
    pub fn token(
        &self,
        project: &Project,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<ServeToken, Error> {
        let token = match &self.token {
            None => kept(&project.folder.join(TOKEN_FILE))?,
            Some(source) => {
                let refused = |why: String| Error::new(format!("`token` in `[serve]` {why}"));
                let secret = source.read(&project.folder, environment).map_err(refused)?;
                if secret.expose().chars().count() < SHORTEST {
                    let why = format!("comes from {} and is shorter than {SHORTEST} characters", source.name());
                    return Err(refused(why).hint("make one with: openssl rand -hex 32"));
                }
                ServeToken { secret, place: source.name() }
            }
        };
        redactor.learn(&token.secret);
        Ok(token)
    }
}

fn is_local(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The token in this file, which nobody else may read; made anew where there is none.
fn kept(path: &Path) -> Result<ServeToken, Error> {
    let failed = |error: io::Error| Error::new(format!("failed to keep the token in `{}`: {error}", path.display()));
    let text = match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => made(path).map_err(failed)?,
        Err(error) => return Err(failed(error)),
        Ok(text) => text,
    };
    let text = text.trim();
    if text.chars().count() < SHORTEST {
        let why = format!("the token in `{}` is shorter than {SHORTEST} characters", path.display());
        return Err(Error::new(why).hint("remove the file: the next start makes another one"));
    }
    if is_open_to_others(path).map_err(failed)? {
        let why = format!("the token in `{}` can be read by others", path.display());
        return Err(Error::new(why).hint(format!("chmod 600 {}", path.display())));
    }
    Ok(ServeToken { secret: Secret::new(text), place: format!("`{TOKEN_FILE}`") })
}

#[expect(clippy::disallowed_methods, reason = "the token is a setting that beadle writes itself")]
fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Appears whole: two that start at once must not see half of each other's.
#[expect(clippy::disallowed_methods, reason = "the token is a setting that beadle writes itself")]
fn made(path: &Path) -> io::Result<String> {
    use std::io::Write as _;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let aside = PathBuf::from(format!("{}.{}", path.display(), &text[..8]));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    // Whoever was first stays.
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
        Ok(()) => Ok(text),
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(std::fs::metadata(path)?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests set their scene with files")]

    use super::*;

    #[test]
    fn a_token_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TOKEN_FILE);
        let first = kept(&path).unwrap();
        assert_eq!(first.secret.expose().len(), 64);
        assert_eq!(kept(&path).unwrap().secret.expose(), first.secret.expose());
        let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1, "nothing else is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(kept(&path).unwrap_err().to_string().ends_with("can be read by others"));
        }
    }

    #[test]
    fn a_token_that_was_emptied_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TOKEN_FILE);
        kept(&path).unwrap();
        std::fs::write(&path, "\n").unwrap();
        assert!(kept(&path).unwrap_err().to_string().contains("is shorter than 16 characters"));
    }
}
