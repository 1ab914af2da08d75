//! One owner per run: whoever holds the operating system's lock on the run's file. When its process dies the run is
//! free at once; as long as it lives, nobody else touches the run (`docs/decisions/0002-run-lock.md`).

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::Store;

/// Owns a run until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
#[must_use = "a lease that is dropped gives the run away"]
pub struct Lease {
    run: String,
    /// Held for its lock alone.
    _held: Held,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the file and the seat are held for what happens when they are dropped")]
enum Held {
    File(File),
    Seat(Seat),
}

/// Why a run could not be owned.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody alive owns it.
    #[error(
        "run `{0}` is still at work in another process; wait for its end, or stop it there with Ctrl-C, which says how to go on"
    )]
    Taken(String),
    /// It is not the name of a run.
    #[error("`{0}` is no run; `beadle runs` lists them")]
    NoRun(String),
    /// The lock file could not be used.
    #[error("the run's lock `{path}` cannot be used: {why}")]
    Io {
        /// Where it is.
        path: PathBuf,
        /// In the words of the system.
        why: String,
    },
}

/// How long a lock that others merely look at is tried for. Looking takes microseconds, but whoever looks may be
/// suspended in the middle of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries.
const AGAIN: Duration = Duration::from_micros(200);
/// How often, a millisecond apart, an owner must be seen: a process that is being started holds copies of the files of the
/// one that starts it, for the moment until it is its own.
const BLINKS: usize = 25;

impl Lease {
    /// Owns the run, or says that somebody else does.
    pub fn take(store: &Store, run: &str) -> Result<Self, LeaseError> {
        let held = match path_of(store, run)? {
            None => Seat::take(store.identity(), run).map(Held::Seat),
            Some(path) => lock(&path)?.map(Held::File),
        };
        let held = held.ok_or_else(|| LeaseError::Taken(run.to_owned()))?;
        Ok(Self { run: run.to_owned(), _held: held })
    }

    /// Whether anybody alive owns the run.
    #[expect(clippy::disallowed_methods, reason = "the file is opened for its lock alone")]
    pub fn is_held(store: &Store, run: &str) -> Result<bool, LeaseError> {
        let Some(path) = path_of(store, run)? else {
            return Ok(seats().contains(&(store.identity(), run.to_owned())));
        };
        match File::open(&path) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(io(&path, &error)),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io(&path, &error)),
        }
    }

    /// The run it owns.
    pub fn run(&self) -> &str {
        &self.run
    }
}

/// `None` when somebody else owns it. Whoever only looks holds the lock shared for a moment: then it is tried again.
#[expect(clippy::disallowed_methods, reason = "the file is made for its lock alone")]
fn lock(path: &Path) -> Result<Option<File>, LeaseError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| io(folder, &error))?;
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = opened.map_err(|error| io(path, &error))?;
    let (began, mut owned) = (Instant::now(), 0);
    while began.elapsed() < PATIENCE {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(io(path, &error)),
            Err(TryLockError::WouldBlock) => {}
        }
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) if owned < BLINKS => {
                owned += 1;
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(io(path, &error)),
            Ok(()) => file.unlock().map_err(|error| io(path, &error))?,
        }
        std::thread::sleep(AGAIN);
    }
    Ok(None)
}

/// The lock file of a run; `None` for a store in memory, which no other process can see.
fn path_of(store: &Store, run: &str) -> Result<Option<PathBuf>, LeaseError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if run.is_empty() || run.len() > 100 || !run.chars().all(plain) {
        return Err(LeaseError::NoRun(run.to_owned()));
    }
    Ok(store.folder().map(|folder| folder.join("runs").join(format!("{run}.lock"))))
}

fn io(path: &Path, error: &std::io::Error) -> LeaseError {
    LeaseError::Io { path: path.to_owned(), why: error.to_string() }
}

/// Runs of stores in memory that are owned in this process: which store, which run.
static SEATS: LazyLock<Mutex<HashSet<(usize, String)>>> = LazyLock::new(Mutex::default);

fn seats() -> MutexGuard<'static, HashSet<(usize, String)>> {
    SEATS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Seat(usize, String);

impl Seat {
    fn take(store: usize, run: &str) -> Option<Self> {
        seats().insert((store, run.to_owned())).then(|| Self(store, run.to_owned()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        seats().remove(&(self.0, std::mem::take(&mut self.1)));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[tokio::test]
    async fn a_run_has_one_owner_and_is_free_when_the_owner_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        for store in [Store::open(&folder.path().join("beadle.db")).await.unwrap(), Store::in_memory().await.unwrap()] {
            assert!(!Lease::is_held(&store, "r-1").unwrap(), "nobody ever owned it");
            let lease = Lease::take(&store, "r-1").unwrap();
            assert!(Lease::is_held(&store, "r-1").unwrap());
            let refused = Lease::take(&store, "r-1").unwrap_err();
            assert!(refused.to_string().starts_with("run `r-1` is still at work in another process"), "{refused}");
            let other = Lease::take(&store, "r-2").unwrap();
            assert_eq!((lease.run(), other.run()), ("r-1", "r-2"));
            drop(lease);
            assert!(!Lease::is_held(&store, "r-1").unwrap());
            let _again = Lease::take(&store, "r-1").unwrap();
        }
    }

    #[tokio::test]
    async fn the_same_run_of_two_stores_in_memory_has_two_owners() {
        let (one, two) = (Store::in_memory().await.unwrap(), Store::in_memory().await.unwrap());
        let _one = Lease::take(&one, "r-1").unwrap();
        let _two = Lease::take(&two, "r-1").unwrap();
    }

    /// Not a test of its own: the process that [`a_dead_process_frees_its_run_at_once`] starts and kills.
    #[test]
    #[ignore = "is started by another test"]
    #[expect(clippy::disallowed_methods, reason = "told by the process that started it")]
    fn an_owner_that_waits_to_be_killed() {
        let folder = std::env::var("BEADLE_TEST_FOLDER").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(Store::open(&Path::new(&folder).join("beadle.db"))).unwrap();
        let _lease = Lease::take(&store, "r-1").unwrap();
        println!("\nowned");
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a process that can be killed")]
    async fn a_dead_process_frees_its_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
        let name = "effects::lease::tests::an_owner_that_waits_to_be_killed";
        let mut owner = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .env("BEADLE_TEST_FOLDER", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line == "owned"), "the other process owns the run");
        assert!(Lease::is_held(&store, "r-1").unwrap());
        assert!(matches!(Lease::take(&store, "r-1"), Err(LeaseError::Taken(_))));
        owner.kill().unwrap();
        owner.wait().unwrap();
        assert!(!Lease::is_held(&store, "r-1").unwrap());
        let _lease = Lease::take(&store, "r-1").unwrap();
    }

    #[tokio::test]
    async fn looking_never_keeps_the_owner_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
        drop(Lease::take(&store, "r-1").unwrap());
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let looker = std::thread::spawn({
            let (store, stop) = (store.clone(), stop.clone());
            move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    Lease::is_held(&store, "r-1").unwrap();
                }
            }
        });
        let refused = (0..2_000).filter(|_| Lease::take(&store, "r-1").is_err()).count();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        looker.join().unwrap();
        assert_eq!(refused, 0);
    }

    #[tokio::test]
    async fn a_name_that_leads_out_of_the_folder_is_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
        for name in ["", "../x", "a/b", "a.b", "ä"] {
            assert!(matches!(Lease::take(&store, name), Err(LeaseError::NoRun(_))), "{name}");
        }
    }
}
