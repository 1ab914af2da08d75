//! Faults on demand, read from text. One fault:
//!
//! ```text
//! KIND[=NUMBER][:key=value[,key=value]...][:WHICH]
//! ```
//!
//! | kind | what happens |
//! |---|---|
//! | `429`, `500`, `503`, any 400 to 599 | this status instead of the effect; `retry_after=SECONDS`, or `retry_at=SECONDS` as a date |
//! | `504-after`, `500-after`, … | the effect happens, then this status: the answer is lost |
//! | `reset` | the connection is dropped before anything happened |
//! | `reset-after` | the effect happens, then the connection is dropped |
//! | `truncate` | the effect happens, the body ends half-way |
//! | `html`, `html-after` | a page for people with status 200, before or after the effect |
//! | `redirect` | 302 to another place |
//! | `slow` | the answer takes `ms` milliseconds longer (default 300) |
//! | `cap=N` | lists give at most N rows a page, whatever was asked |
//! | `short-first` | a list's first page has half of the rows that were asked for |
//!
//! Keys of every kind: `every=N` (each Nth matching request, default each), `after=N` (leave the first N alone),
//! `times=N` (at most N times). WHICH is `reads`, `writes`, a noun (`members`) or an operation (`members.invite`); without it
//! every operation matches. Several faults are separated by `;` or line ends; lines that begin with `#` say nothing.
//! Each fault counts the requests that match it, so the same requests in the same order meet the same faults.

use crate::catalog::Op;
use crate::platforms;

/// A fault, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(super) kind: Kind,
    pub(super) every: u64,
    pub(super) after: u64,
    pub(super) times: u64,
    pub(super) which: Which,
    text: String,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A status, before or after the effect.
    Status { status: u16, when: When, wait: Option<Wait> },
    /// A dropped connection.
    Reset(When),
    /// Half a body.
    Truncate,
    /// A page for people.
    Html(When),
    /// Another place.
    Redirect,
    /// Later, by so many milliseconds.
    Slow(u64),
    /// At most so many rows a page.
    Cap(u64),
    /// Half of the first page.
    ShortFirst,
}

/// Whether the effect has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// It has not.
    Before,
    /// It has.
    After,
}

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// As seconds.
    Seconds(u64),
    /// As a date that is so many seconds ahead.
    Date(u64),
}

/// Which requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Reads,
    Writes,
    Noun(String),
    Operation(String),
}

impl Which {
    pub(super) fn takes(&self, op: &Op) -> bool {
        match self {
            Self::All => true,
            Self::Reads => op.is_read(),
            Self::Writes => !op.is_read(),
            Self::Noun(noun) => op.noun == noun,
            Self::Operation(name) => op.name() == *name,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{fault}`: {problem}")]
pub struct FaultError {
    /// The fault's text.
    pub fault: String,
    /// What is wrong with it, and what to type.
    pub problem: String,
}

/// The words that stand alone; the others carry a number.
const WORDS: [&str; 9] =
    ["reset", "reset-after", "truncate", "html", "html-after", "redirect", "slow", "cap", "short-first"];
const KEYS: [&str; 6] = ["every", "after", "times", "retry_after", "retry_at", "ms"];

/// Reads faults; none at all is no error.
pub fn parse_faults(text: &str) -> Result<Vec<Fault>, FaultError> {
    text.split([';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty() && !part.starts_with('#'))
        .map(|part| parse(part).map_err(|problem| FaultError { fault: part.to_owned(), problem }))
        .collect()
}

fn parse(text: &str) -> Result<Fault, String> {
    let mut parts = text.split(':').map(str::trim);
    let (word, number) = match parts.next().unwrap_or_default().split_once('=') {
        Some((word, number)) => (word.trim(), Some(whole(word, number)?)),
        None => (text.split(':').next().unwrap_or_default().trim(), None),
    };
    let (mut keys, mut which) = (Keys::default(), Which::All);
    for part in parts {
        match part.contains('=') {
            true => part.split(',').try_for_each(|pair| keys.read(pair))?,
            false => which = read_which(part)?,
        }
    }
    let kind = kind(word, number, &mut keys)?;
    if let Some((key, _)) = keys.special.first() {
        return Err(format!("`{key}` means nothing for `{word}`"));
    }
    let (every, after, times) = (keys.every.unwrap_or(1), keys.after.unwrap_or(0), keys.times.unwrap_or(u64::MAX));
    if every == 0 {
        return Err("`every=0` would never happen: write `every=1` for each request".into());
    }
    Ok(Fault { kind, every, after, times, which, text: text.to_owned() })
}

#[derive(Default)]
struct Keys {
    every: Option<u64>,
    after: Option<u64>,
    times: Option<u64>,
    /// Those that only some kinds have.
    special: Vec<(&'static str, u64)>,
}

impl Keys {
    fn read(&mut self, pair: &str) -> Result<(), String> {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = key.trim();
        let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
            return Err(format!("there is no key `{key}`{}", meant(key, &KEYS)));
        };
        let number = whole(known, value)?;
        match known {
            "every" => self.every = Some(number),
            "after" => self.after = Some(number),
            "times" => self.times = Some(number),
            special => self.special.push((special, number)),
        }
        Ok(())
    }

    fn take(&mut self, key: &str) -> Option<u64> {
        let place = self.special.iter().position(|(known, _)| *known == key)?;
        Some(self.special.remove(place).1)
    }
}

fn whole(key: &str, value: &str) -> Result<u64, String> {
    value.trim().parse().map_err(|_| format!("`{key}` must be a whole number, not `{}`", value.trim()))
}

fn kind(word: &str, number: Option<u64>, keys: &mut Keys) -> Result<Kind, String> {
    let (name, when) = match word.strip_suffix("-after") {
        Some(name) => (name, When::After),
        None => (word, When::Before),
    };
    if let Ok(status) = name.parse::<u16>() {
        if !(400..=599).contains(&status) {
            return Err(format!("{status} is no status of a fault: write 400 to 599"));
        }
        let wait = keys.take("retry_after").map(Wait::Seconds).or(keys.take("retry_at").map(Wait::Date));
        return Ok(Kind::Status { status, when, wait });
    }
    match (word, number) {
        ("reset" | "reset-after", None) => Ok(Kind::Reset(when)),
        ("truncate", None) => Ok(Kind::Truncate),
        ("html" | "html-after", None) => Ok(Kind::Html(when)),
        ("redirect", None) => Ok(Kind::Redirect),
        ("slow", None) => Ok(Kind::Slow(keys.take("ms").unwrap_or(300))),
        ("cap", Some(1..)) => Ok(Kind::Cap(number.unwrap_or(1))),
        ("cap", _) => Err("say how many rows: `cap=10`".into()),
        ("short-first", None) => Ok(Kind::ShortFirst),
        (word, Some(_)) if WORDS.contains(&word) => Err(format!("`{word}` takes no number")),
        (word, _) => Err(format!("there is no fault `{word}`{}", meant(word, &WORDS))),
    }
}

fn read_which(word: &str) -> Result<Which, String> {
    match word {
        "reads" => return Ok(Which::Reads),
        "writes" => return Ok(Which::Writes),
        _ => {}
    }
    let ops = || platforms::all().flat_map(|platform| platform.ops);
    if ops().any(|op| op.noun == word) {
        return Ok(Which::Noun(word.to_owned()));
    }
    let names: Vec<String> = ops().map(Op::name).collect();
    if names.iter().any(|name| name == word) {
        return Ok(Which::Operation(word.to_owned()));
    }
    let mut known: Vec<&str> = names.iter().map(String::as_str).collect();
    known.extend(ops().map(|op| op.noun));
    known.extend(["reads", "writes"]);
    Err(format!("there is no operation `{word}`{}", meant(word, &known)))
}

fn meant(word: &str, known: &[&str]) -> String {
    let close = known.iter().map(|name| (strsim::damerau_levenshtein(name, word), *name)).min();
    match close {
        Some((distance, name)) if distance <= name.len().div_ceil(3) => format!("; did you mean `{name}`?"),
        _ if known.len() < 12 => format!("; there are {}", known.join(", ")),
        _ => "; write `reads`, `writes`, a noun or an operation such as `members.invite`".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_forms_are_understood() {
        let faults = parse_faults(
            "429:every=5,retry_after=1; 500:every=7\n# talk\n504-after:every=7:writes;reset:times=1:members.invite;\
             slow:ms=20;truncate:reads;html;redirect:users;cap=10;short-first;503:retry_at=2",
        )
        .unwrap();
        assert_eq!(faults.len(), 11);
        let wait = Some(Wait::Seconds(1));
        assert_eq!(faults[0].kind, Kind::Status { status: 429, when: When::Before, wait });
        assert_eq!(faults[0].every, 5);
        assert_eq!((&faults[2].which, faults[2].every), (&Which::Writes, 7));
        assert!(matches!(faults[2].kind, Kind::Status { status: 504, when: When::After, .. }));
        assert_eq!((faults[3].times, &faults[3].which), (1, &Which::Operation("members.invite".into())));
        assert_eq!(faults[4].kind, Kind::Slow(20));
        assert_eq!(faults[8].kind, Kind::Cap(10));
        assert_eq!(faults[2].to_string(), "504-after:every=7:writes");
    }

    #[test]
    fn what_is_no_fault_says_what_to_type() {
        let problem = |text: &str| parse_faults(text).unwrap_err().to_string();
        assert_eq!(problem("rest"), "`rest`: there is no fault `rest`; did you mean `reset`?");
        assert!(problem("500:evry=2").contains("did you mean `every`?"));
        assert!(problem("500:every=two").contains("`every` must be a whole number, not `two`"));
        assert!(problem("500:members.invit").contains("did you mean `members.invite`?"));
        assert!(problem("500:write").contains("did you mean `writes`?"));
        assert!(problem("200").contains("400 to 599"));
        assert!(problem("cap").contains("`cap=10`"));
        assert!(problem("cap=0").contains("`cap=10`"));
        assert!(problem("reset=3").contains("takes no number"));
        assert!(problem("reset:ms=3").contains("means nothing"));
        assert!(problem("500:every=0").contains("never"));
    }
}
