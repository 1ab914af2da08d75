//! The service manager that started `beadle serve`, where one did (systemd with `Type=notify`): it hears when jobs are served,
//! when they are read again, how things stand, that the loop turns, and that it stops. Its one rule: nobody waits for it,
//! whatever becomes of a message.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::model::counted;
use crate::schedule::{Load, Stage, Watcher};
use crate::settings::Environment;

/// The sentence about how things stand is told at most so often.
const SELDOM: Duration = Duration::from_secs(1);
/// How often the loop turns anyway.
const LOOK: Duration = Duration::from_secs(1);

/// A service manager that wants to hear of us.
pub(super) struct Service {
    socket: UnixDatagram,
    /// After so much silence it takes the process for hung and ends it.
    watchdog: Option<Duration>,
    /// How long stopping may take.
    stopping: Duration,
    told: Mutex<Told>,
}

/// What it knows.
#[derive(Default)]
struct Told {
    ready: bool,
    stopping: bool,
    load: Option<(Load, Instant)>,
    alive: Option<Instant>,
}

impl Service {
    /// The one that started this process; `None` where there is none.
    pub(super) fn of_process(environment: &Environment, stopping: Duration) -> io::Result<Option<Self>> {
        let Some(path) = environment.get("NOTIFY_SOCKET") else { return Ok(None) };
        let socket = UnixDatagram::unbound()?;
        connect(&socket, path)?;
        // A manager that does not read must not hold the jobs up.
        socket.set_nonblocking(true)?;
        Ok(Some(Self { socket, watchdog: watchdog(environment), stopping, told: Mutex::default() }))
    }

    fn turns(&self, load: Load, told: &mut Told) {
        let now = Instant::now();
        let mut words = Vec::new();
        if !told.ready {
            words.push(NotifyState::Ready);
        }
        let sentence = sentence(load);
        let known = told.load.filter(|_| told.ready);
        let seen = known.is_none_or(|(known, at)| known != load && now.duration_since(at) >= SELDOM);
        if seen {
            words.push(NotifyState::Status(&sentence));
        }
        if self.send(&words) {
            told.ready = true;
            told.load = if seen { Some((load, now)) } else { told.load };
        }
        self.alive(told);
    }

    fn stops(&self, runs: usize, told: &mut Told) {
        if !told.stopping {
            let sentence = match runs {
                0 => "stopping".to_owned(),
                _ => format!("stopping: {} at work", counted(runs as u64, "run is", "runs are")),
            };
            let more = u32::try_from(self.stopping.as_micros()).unwrap_or(u32::MAX);
            let words = [NotifyState::Stopping, NotifyState::Status(&sentence), NotifyState::ExtendTimeoutUsec(more)];
            told.stopping = self.send(&words);
        }
        self.alive(told);
    }

    /// Twice in the time after which it would take silence for the end.
    fn alive(&self, told: &mut Told) {
        let Some(often) = self.watchdog.map(|time| time / 4) else { return };
        if told.alive.is_none_or(|at| at.elapsed() >= often) && self.send(&[NotifyState::Watchdog]) {
            told.alive = Some(Instant::now());
        }
    }

    /// Whether it is out of our hands; what was not is said at the next turn.
    fn send(&self, words: &[NotifyState<'_>]) -> bool {
        let message: String = words.iter().map(|word| format!("{word}\n")).collect();
        message.is_empty() || self.socket.send(message.as_bytes()).is_ok()
    }
}

impl Watcher for Service {
    fn note(&self, stage: Stage) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match stage {
            Stage::Turns(load) => self.turns(load, &mut told),
            Stage::Stops(runs) => self.stops(runs, &mut told),
            Stage::Reloads => {
                // It counts a reload as done when it hears of being ready after this time.
                if let Ok(now) = NotifyState::monotonic_usec_now() {
                    self.send(&[NotifyState::Reloading, now, NotifyState::Status("reading the jobs again")]);
                    told.ready = false;
                }
            }
        }
    }

    fn patience(&self) -> Duration {
        // The loop is told of a quarter, so that what delays it a little is still within half the time.
        self.watchdog.map_or(LOOK, |time| time / 4)
    }
}

/// `3 jobs; 1 run at work, 2 wait`
fn sentence(load: Load) -> String {
    let Load { jobs, at_work, waiting, store_fails } = load;
    let mut sentence = counted(jobs as u64, "job", "jobs");
    sentence += &match (at_work, waiting) {
        (0, 0) => "; nothing at work".to_owned(),
        (at_work, 0) => format!("; {} at work", counted(at_work as u64, "run", "runs")),
        (at_work, waiting) => format!("; {} at work, {waiting} waiting", counted(at_work as u64, "run", "runs")),
    };
    if store_fails {
        sentence += "; nothing begins until the store can be written";
    }
    sentence
}

/// The time after which silence counts as the end, if it is meant for this process.
fn watchdog(environment: &Environment) -> Option<Duration> {
    let number = |name: &str| environment.get(name)?.parse::<u64>().ok();
    let meant = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    number("WATCHDOG_USEC").filter(|time| meant && *time > 0).map(Duration::from_micros)
}

/// To a path, or to a name without a file, which begins with `@`.
fn connect(socket: &UnixDatagram, path: &str) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt as _;
        return socket.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?);
    }
    socket.connect(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_things_stand_is_one_sentence() {
        let load = |jobs, at_work, waiting| Load { jobs, at_work, waiting, store_fails: false };
        assert_eq!(sentence(load(1, 0, 0)), "1 job; nothing at work");
        assert_eq!(sentence(load(3, 1, 0)), "3 jobs; 1 run at work");
        assert_eq!(sentence(load(3, 2, 4)), "3 jobs; 2 runs at work, 4 waiting");
        assert_eq!(
            sentence(Load { store_fails: true, ..load(3, 0, 1) }),
            "3 jobs; 0 runs at work, 1 waiting; nothing begins until the store can be written"
        );
    }

    #[test]
    fn a_watchdog_that_is_meant_for_another_process_is_none_of_ours() {
        let own = std::process::id().to_string();
        let of = |pairs: [(&str, &str); 2]| watchdog(&Environment::from(pairs));
        assert_eq!(of([("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", &own)]), Some(Duration::from_secs(3)));
        assert_eq!(of([("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "1")]), None);
        assert_eq!(of([("WATCHDOG_USEC", "0"), ("WATCHDOG_PID", "")]), None);
        assert_eq!(of([("WATCHDOG_USEC", "soon"), ("WATCHDOG_PID", "")]), None);
        assert_eq!(watchdog(&Environment::default()), None);
    }

    #[test]
    fn a_manager_that_does_not_read_holds_nobody_up_and_hears_the_end_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let environment = Environment::from([("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "1")]);
        let service = Service::of_process(&environment, Duration::from_secs(45)).unwrap().unwrap();
        for jobs in 0..10_000 {
            service.note(Stage::Turns(Load { jobs, ..Load::default() }));
        }
        let mut heard = [0; 1_024];
        let mut next = || {
            let length = manager.recv(&mut heard).unwrap();
            String::from_utf8(heard[..length].to_vec()).unwrap()
        };
        assert_eq!(next(), "READY=1\nSTATUS=0 jobs; nothing at work\n");
        assert_eq!(next(), "WATCHDOG=1\n");
        service.note(Stage::Stops(0));
        let end = std::iter::repeat_with(next).find(|message| !message.starts_with("WATCHDOG=1")).unwrap();
        assert_eq!(end, "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=45000000\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_manager_may_listen_under_a_name_without_a_file() {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!("beadle-notify-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let environment = Environment::from([("NOTIFY_SOCKET", format!("@{name}").as_str())]);
        let service = Service::of_process(&environment, Duration::ZERO).unwrap().unwrap();
        service.note(Stage::Reloads);
        let mut heard = [0; 256];
        let length = manager.recv(&mut heard).unwrap();
        assert!(heard[..length].starts_with(b"RELOADING=1\nMONOTONIC_USEC="), "{heard:?}");
    }
}
