//! Every write under everything that can become of its request: refused, put off, lost before or after it was done. It ends
//! as its `Repeat` says, is never done twice where that matters, and mails nobody twice.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use beadle::catalog::{Mails, Repeat};

use super::each;
use super::samples::{Known, Sampled};
use super::stage::{Ran, Stage};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    Forbidden,
    PutOff,
    Unavailable,
    LostAfter,
    Truncated,
}

impl Becomes {
    const ALL: [Self; 5] = [Self::Forbidden, Self::PutOff, Self::Unavailable, Self::LostAfter, Self::Truncated];

    /// As a fault of the sandbox, once for each operation.
    fn fault(self) -> &'static str {
        match self {
            Self::Forbidden => "403:times=1",
            Self::PutOff => "429:times=1,retry_after=0",
            Self::Unavailable => "503:times=1",
            Self::LostAfter => "504-after:times=1",
            Self::Truncated => "truncate:times=1",
        }
    }

    /// How the script's call may end, and how often it may have happened then.
    fn ends(self, repeat: Repeat) -> (&'static [&'static str], RangeInclusive<usize>) {
        use Repeat::{CheckFirst, Converges, ProvesOnlyDone, Unprovable};
        match (self, repeat) {
            (Self::Forbidden, _) => (&["forbidden"], 0..=0),
            (Self::PutOff, _) => (&["ok"], 1..=1),
            // Nothing shows that it did not happen: it is left to a person.
            (Self::Unavailable, ProvesOnlyDone | Unprovable) => (&["in_doubt"], 0..=0),
            (Self::Unavailable, Converges | CheckFirst) => (&["ok"], 1..=1),
            (Self::LostAfter | Self::Truncated, Converges) => (&["ok"], 1..=2),
            (Self::LostAfter | Self::Truncated, CheckFirst) => (&["ok"], 1..=1),
            (Self::LostAfter | Self::Truncated, ProvesOnlyDone) => (&["ok", "in_doubt"], 1..=1),
            (Self::LostAfter | Self::Truncated, Unprovable) => (&["in_doubt"], 1..=1),
        }
    }
}

/// Each call by itself, and how it ended: one line of JSON.
pub fn each_told(writes: &[Sampled]) -> String {
    each_named(writes.iter().map(|one| (one.op.name(), one.call.clone())))
}

/// The same of calls by any name.
pub fn each_named(calls: impl Iterator<Item = (String, String)>) -> String {
    let told = |(name, call): (String, String)| {
        format!(
            "try {{ {call}; print(#{{ op: \"{name}\", code: \"ok\" }}.to_json()); }} catch (e) {{
                let code = if type_of(e) == \"map\" {{ e.code }} else {{ \"\" + e }};
                let words = if type_of(e) == \"map\" {{ e.message }} else {{ \"\" }};
                print(#{{ op: \"{name}\", code: code, message: words }}.to_json());
            }}\n"
        )
    };
    calls.map(told).collect()
}

/// How each call ended, by its operation.
pub fn ends(ran: &Ran) -> BTreeMap<String, (String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    ran.printed().iter().map(|line| (text(&line["op"]), (text(&line["code"]), text(&line["message"])))).collect()
}

fn nobody_is_mailed_twice(stage: &Stage, what: &str) {
    let (world, _) = stage.world();
    let mut times = BTreeMap::new();
    for mail in world.outbox() {
        *times.entry((mail.to.to_lowercase(), mail.group, mail.operation.clone())).or_insert(0) += 1;
    }
    times.retain(|_, times| *times > 1);
    assert!(times.is_empty(), "{what}: mailed twice: {times:?}");
}

fn disturbed(known: &Known, writes: &[Sampled], becomes: Becomes) {
    let (stage, platform) = (Stage::prepared(known), known.platform);
    let faults: Vec<String> = writes.iter().map(|one| format!("{}:{}", becomes.fault(), one.op.name())).collect();
    let faults = faults.join(";");
    let what = format!("{} {becomes:?}", platform.name);
    let ran = stage.disturbed(&each_told(writes), &faults);
    let ran = stage.allowed(ran, "resume", &["--faults", &faults]);
    let ended = ends(&ran);
    let mut in_doubt = false;
    for Sampled { op, write, .. } in writes {
        let (codes, times) = becomes.ends(write.repeat);
        let name = op.name();
        let (code, words) = ended.get(&name).unwrap_or_else(|| panic!("{what} {name}: {}", ran.said()));
        assert!(codes.contains(&code.as_str()), "{what} {name}: {code}: {words}\n{}", ran.said());
        assert!(times.contains(&stage.times(op)), "{what} {name}: {} times\n{}", stage.times(op), ran.said());
        in_doubt |= code == "in_doubt";
    }
    // Also where the script caught it.
    assert_eq!(ran.code == Some(6), in_doubt, "{what}: {}", ran.said());
    nobody_is_mailed_twice(&stage, &what);
    let mailing: Vec<_> = writes.iter().filter(|one| one.write.mails == Mails::Yes).cloned().collect();
    if mailing.is_empty() || becomes == Becomes::Forbidden {
        return;
    }
    // A later run sends none of them once more, whether they are done or in doubt.
    let before: Vec<usize> = mailing.iter().map(|one| stage.times(one.op)).collect();
    let again = stage.run(&each_told(&mailing));
    let after: Vec<usize> = mailing.iter().map(|one| stage.times(one.op)).collect();
    assert_eq!(before, after, "{what}: sent once more: {}", again.said());
    nobody_is_mailed_twice(&stage, &what);
}

#[test]
fn every_write_ends_as_its_repeat_says_whatever_becomes_of_its_request() {
    each(|platform| {
        let known = Known::of(platform);
        let writes = known.writes();
        // Mostly waiting: side by side.
        std::thread::scope(|scope| {
            let all = Becomes::ALL.map(|becomes| {
                let (known, writes) = (&known, &writes);
                (becomes, scope.spawn(move || disturbed(known, writes, becomes)))
            });
            let failed: Vec<_> =
                all.into_iter().filter_map(|(it, ended)| ended.join().is_err().then_some(it)).collect();
            assert!(failed.is_empty(), "{}: {failed:?}", platform.name);
        });
    });
}
