//! Crontabs as another crate reads them, in the zones where clocks do odd things; and what must hold of every one.
//!
//! Known differences, each left out by its own condition below:
//! - a list or a range of times (`0,30 2 * * *`) is named to Debian's cron and follows the real time to croner;
//! - croner makes up for a skipped time only where the day after the gap is one of its days, and for gaps of two hours at most;
//! - ours end with the year 2099, as the crate `cron` does.

use std::str::FromStr;

use beadle::timetable::{Expression, LAST_YEAR, Timetable};
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

/// Half hours, changes at midnight, negative summer times, two-hour changes, Ramadan, days that were left out, and none of it.
const ZONES: [&str; 24] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Nuuk",
    "America/Scoresbysund",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Easter",
    "Antarctica/Troll",
];

fn value(low: u32, high: u32) -> impl Strategy<Value = String> {
    (low..=high, low..=high, 1u32..=9, 0u32..4).prop_map(|(one, other, step, shape)| {
        let (from, to) = (one.min(other), one.max(other));
        match shape {
            0 | 1 => one.to_string(),
            2 => format!("{from}-{to}"),
            _ => format!("{from}-{to}/{step}"),
        }
    })
}

fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("*".to_owned()),
        2 => (2u32..=20).prop_map(|step| format!("*/{step}")),
        6 => value(low, high),
        2 => prop::collection::vec(value(low, high), 2..4).prop_map(|values| values.join(",")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    // Hours at which clocks are changed come often.
    let hour = prop_oneof![field(0, 23), (0u32..4).prop_map(|hour| hour.to_string())];
    (field(0, 59), hour, field(1, 31), field(1, 12), field(0, 6))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

/// A zone and a moment within ten years: any, or around one of the zone's changes.
fn moment() -> impl Strategy<Value = (TimeZone, Timestamp)> {
    let from = "2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second();
    (0..ZONES.len(), 0i64..10 * 365 * 86_400, prop_oneof![Just(None), (-10_000i64..10_000).prop_map(Some)]).prop_map(
        move |(zone, second, near)| {
            let zone = TimeZone::get(ZONES[zone]).unwrap();
            let any = Timestamp::from_second(from + second).unwrap();
            let change = zone.following(any).next().map(|change| change.timestamp());
            let at = match (change, near) {
                (Some(change), Some(near)) => change.saturating_add(SignedDuration::from_secs(near)).unwrap(),
                _ => any,
            };
            (zone, at)
        },
    )
}

fn ours(expression: &Expression, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    Timetable::new(vec![expression.clone()], zone.clone()).next(after)
}

fn theirs(text: &str, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let fields: Vec<&str> = text.split(' ').collect();
    let star = fields[2].starts_with('*') || fields[4].starts_with('*');
    let parser = CronParser::builder().seconds(Seconds::Disallowed).dom_and_dow(star).build();
    let next = parser.parse(text).unwrap().find_next_occurrence(&after.to_zoned(zone.clone()), false);
    next.ok().filter(|next| next.year() <= LAST_YEAR).map(|next| next.timestamp())
}

fn single(field: &str) -> bool {
    field.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the clocks of the zone are changed between both, or a gap ends where the later one is.
fn changes(zone: &TimeZone, from: Timestamp, to: Timestamp) -> bool {
    let margin = SignedDuration::from_hours(26);
    let from = from.saturating_sub(margin).unwrap();
    zone.following(from).next().is_some_and(|change| change.timestamp() <= to.saturating_add(margin).unwrap())
}

/// Whether both crates mean the same by this expression where clocks are changed.
fn comparable(text: &str, parsed: &Expression) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let named = single(fields[0]) && single(fields[1]);
    let every_day = fields[2..].iter().all(|field| *field == "*");
    match parsed.is_fixed() {
        true => named && every_day,
        false => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_crate_finds_the_same_times(text in expression(), (zone, after) in moment()) {
        let Ok(parsed) = Expression::parse(&text) else { return Ok(()) };
        let mut at = after;
        for _ in 0..4 {
            let next = ours(&parsed, &zone, at);
            let other = theirs(&text, &zone, at);
            let until = next.unwrap_or(at).max(other.unwrap_or(at));
            if comparable(&text, &parsed) || !changes(&zone, at, until) {
                proptest::prop_assert_eq!(next, other, "{} in {:?} after {}", text, zone.iana_name(), at);
            }
            let Some(next) = next else { break };
            at = next;
        }
    }

    #[test]
    fn the_next_time_is_later_and_asking_in_between_gives_the_same(text in expression(), (zone, after) in moment(), part in 0i64..1_000) {
        let Ok(parsed) = Expression::parse(&text) else { return Ok(()) };
        let mut at = after;
        for _ in 0..6 {
            let Some(next) = ours(&parsed, &zone, at) else { break };
            proptest::prop_assert!(next > at, "{text} in {:?} after {at}: {next}", zone.iana_name());
            let between = at.as_second() + (next.as_second() - at.as_second()) * part / 1_000;
            let restarted = ours(&parsed, &zone, Timestamp::from_second(between).unwrap().max(at));
            proptest::prop_assert_eq!(restarted, Some(next), "{} in {:?}, asked again after {}", text, zone.iana_name(), between);
            at = next;
        }
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused_with_a_place_in_it(text in "\\PC{0,24}|[0-9*/,a-z@ -]{0,30}") {
        if let Err(refused) = Expression::parse(&text) {
            proptest::prop_assert!(text.get(refused.at.clone()).is_some(), "{refused:?}");
            proptest::prop_assert!(!refused.to_string().is_empty() && !refused.fix.is_empty());
        }
    }
}

#[test]
fn the_crate_itself_reads_names_and_nicknames_alike() {
    let after = "2026-11-22T10:00:00Z".parse().unwrap();
    for text in ["@daily", "@weekly", "@monthly", "@yearly", "@hourly", "0 9 * JAN-MAR MON-FRI", "0 9 * * SUN"] {
        let zone = TimeZone::UTC;
        let next = croner::Cron::from_str(text)
            .unwrap()
            .find_next_occurrence(&Timestamp::to_zoned(after, zone.clone()), false);
        assert_eq!(
            ours(&Expression::parse(text).unwrap(), &zone, after),
            next.ok().map(|next| next.timestamp()),
            "{text}"
        );
    }
}
