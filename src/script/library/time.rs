//! `time`: moments in UTC. A length of time is a number of milliseconds: `time.now() - time.days(30)`.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rhai::{Dynamic, FuncRegistration, Module, NativeCallContext};

use super::{LibraryNoun, Verb, int_of, text_of};
use crate::script::call::wrong;
use crate::script::context::{Outcome, Run};

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "time",
    verbs: &[
        Verb {
            name: "now",
            arguments: 0..=0,
            usage: "time.now()",
            doc: "This moment.",
            does: |_, run, _| Ok(value(run.now())),
        },
        Verb {
            name: "parse",
            arguments: 1..=1,
            usage: "time.parse(\"2026-01-31T12:00:00Z\")",
            doc: "A moment from text, or from the milliseconds that platforms send; without a zone it is UTC.",
            does: parse,
        },
        Verb {
            name: "from_ms",
            arguments: 1..=1,
            usage: "time.from_ms(milliseconds)",
            doc: "A moment from milliseconds.",
            does: from_ms,
        },
        Verb {
            name: "days",
            arguments: 1..=1,
            usage: "time.days(n)",
            doc: "A length of time, in milliseconds.",
            does: |_, _, given| length(&given, 86_400_000),
        },
        Verb {
            name: "hours",
            arguments: 1..=1,
            usage: "time.hours(n)",
            doc: "A length of time, in milliseconds.",
            does: |_, _, given| length(&given, 3_600_000),
        },
        Verb {
            name: "minutes",
            arguments: 1..=1,
            usage: "time.minutes(n)",
            doc: "A length of time, in milliseconds.",
            does: |_, _, given| length(&given, 60_000),
        },
        Verb {
            name: "seconds",
            arguments: 1..=1,
            usage: "time.seconds(n)",
            doc: "A length of time, in milliseconds.",
            does: |_, _, given| length(&given, 1000),
        },
    ],
};

/// A moment, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Time {
    /// Reads an ISO 8601 moment, a date with a time of day, or a date; without a zone it is UTC.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let in_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
        text.parse::<Timestamp>()
            .or_else(|_| text.parse::<DateTime>().and_then(in_utc))
            .or_else(|_| text.parse::<Date>().and_then(|date| in_utc(date.at(0, 0, 0, 0))))
            .map(Self::from)
            .map_err(|_| format!("`{text}` is not a time; write it as \"2026-01-31\" or \"2026-01-31T12:00:00Z\""))
    }

    fn ms(self) -> i64 {
        self.0.as_millisecond()
    }

    fn moved(self, ms: i64) -> Outcome<Self> {
        let at = self.0.checked_add(SignedDuration::from_millis(ms));
        at.map(Self).map_err(|_| "this time is out of range: years go from -9999 to 9999".into())
    }

    fn format(self, pattern: &str) -> Outcome<String> {
        let at = self.0.to_zoned(TimeZone::UTC);
        jiff::fmt::strtime::format(pattern, &at).map_err(|error| {
            format!("`{pattern}` is not a pattern for a time: {error}; write for example \"%Y-%m-%d\"").into()
        })
    }
}

fn value(at: Timestamp) -> Dynamic {
    Dynamic::from(Time::from(at))
}

/// Times stay as they are; numbers are milliseconds, as platforms send them; texts are read.
fn parse(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    if given[0].is::<Time>() {
        return Ok(given[0].clone());
    }
    Time::read(&text_of("time.parse()", &given[0])?).map(Dynamic::from).map_err(Into::into)
}

fn from_ms(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let ms = int_of("time.from_ms()", &given[0])?;
    Timestamp::from_millisecond(ms).map(value).map_err(|_| format!("{ms} milliseconds are out of range").into())
}

fn length(given: &[Dynamic], unit: i64) -> Outcome<Dynamic> {
    let count = given[0].as_int().map_err(|_| wrong("a length of time", "a whole number", &given[0]))?;
    count.checked_mul(unit).map(Into::into).ok_or_else(|| format!("{count} is too long a time").into())
}

pub(super) fn register(module: &mut Module) {
    module.set_custom_type::<Time>("time");
    pure(module, "+", |time: &mut Time, ms: i64| time.moved(ms));
    pure(module, "-", |time: &mut Time, ms: i64| time.moved(ms.checked_neg().unwrap_or(i64::MAX)));
    pure(module, "-", |time: &mut Time, other: Time| Ok(time.ms() - other.ms()));
    pure(module, "==", |time: &mut Time, other: Time| Ok(*time == other));
    pure(module, "!=", |time: &mut Time, other: Time| Ok(*time != other));
    pure(module, "<", |time: &mut Time, other: Time| Ok(*time < other));
    pure(module, "<=", |time: &mut Time, other: Time| Ok(*time <= other));
    pure(module, ">", |time: &mut Time, other: Time| Ok(*time > other));
    pure(module, ">=", |time: &mut Time, other: Time| Ok(*time >= other));
    FuncRegistration::new("format")
        .with_purity(true)
        .set_into_module(module, |time: &mut Time, pattern: &str| time.format(pattern));
    FuncRegistration::new_getter("ms").with_purity(true).set_into_module(module, |time: &mut Time| time.ms());
    FuncRegistration::new_getter("date")
        .with_purity(true)
        .set_into_module(module, |time: &mut Time| time.format("%Y-%m-%d"));
    for name in ["to_string", "to_debug"] {
        FuncRegistration::new(name).with_purity(true).set_into_module(module, |time: &mut Time| time.to_string());
    }
}

fn pure<A: rhai::Variant + Clone, T: rhai::Variant + Clone>(
    module: &mut Module,
    operator: &str,
    does: fn(&mut Time, A) -> Outcome<T>,
) {
    FuncRegistration::new(operator).with_purity(true).set_into_module(module, does);
}
