use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Expression, Timetable};

fn timetable(expressions: &[&str], zone: &str) -> Timetable {
    let expressions = expressions.iter().map(|text| Expression::parse(text).unwrap()).collect();
    Timetable::new(expressions, TimeZone::get(zone).unwrap())
}

/// The next `count` ones, as the clocks of the zone show them.
fn next(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let after: Zoned = after.parse().unwrap();
    timetable(&[expression], zone)
        .after(after.timestamp())
        .take(count)
        .map(|at| at.to_zoned(after.time_zone().clone()).strftime("%Y-%m-%d %H:%M %:z").to_string())
        .collect()
}

#[track_caller]
fn refused(text: &str) -> String {
    Expression::parse(text).expect_err(text).to_string()
}

#[test]
fn days_are_those_of_a_crontab() {
    let from = "2026-11-22T00:00:00+00:00[UTC]";
    for (expression, days) in [
        ("0 9 * * 1", ["2026-11-23 09:00 +00:00", "2026-11-30 09:00 +00:00"]),
        ("0 9 * * 0", ["2026-11-22 09:00 +00:00", "2026-11-29 09:00 +00:00"]),
        ("0 9 * * 7", ["2026-11-22 09:00 +00:00", "2026-11-29 09:00 +00:00"]),
        ("0 9 * * fri-sat,sun", ["2026-11-22 09:00 +00:00", "2026-11-27 09:00 +00:00"]),
        ("0 9 * * 5-7", ["2026-11-22 09:00 +00:00", "2026-11-27 09:00 +00:00"]),
        // Either day is enough...
        ("0 9 13 * 5", ["2026-11-27 09:00 +00:00", "2026-12-04 09:00 +00:00"]),
        ("0 9 25 * FRI", ["2026-11-25 09:00 +00:00", "2026-11-27 09:00 +00:00"]),
        // ...unless one of them begins with a star.
        ("0 9 */2 * 1", ["2026-11-23 09:00 +00:00", "2026-12-07 09:00 +00:00"]),
        ("0 9 13 * *", ["2026-12-13 09:00 +00:00", "2027-01-13 09:00 +00:00"]),
        ("30 4 1,15 JAN-MAR *", ["2027-01-01 04:30 +00:00", "2027-01-15 04:30 +00:00"]),
        ("@weekly", ["2026-11-29 00:00 +00:00", "2026-12-06 00:00 +00:00"]),
        ("@yearly", ["2027-01-01 00:00 +00:00", "2028-01-01 00:00 +00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00 +00:00", "2032-02-29 00:00 +00:00"]),
        ("10-30/10 5 * * *", ["2026-11-22 05:10 +00:00", "2026-11-22 05:20 +00:00"]),
    ] {
        assert_eq!(next(expression, "UTC", from, 2), days, "{expression}");
    }
}

#[test]
fn a_named_time_that_is_skipped_comes_once_right_after_the_gap() {
    let before = "2026-03-29T00:30:00+01:00[Europe/Berlin]";
    assert_eq!(next("30 2 * * *", "Europe/Berlin", before, 2), ["2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00"]);
    assert_eq!(
        next("0,15,30 2,3 * * *", "Europe/Berlin", before, 3),
        ["2026-03-29 03:00 +02:00", "2026-03-29 03:15 +02:00", "2026-03-29 03:30 +02:00"],
        "three that are skipped and one that is due then are one"
    );
    let howe = "2026-10-04T01:00:00+10:30[Australia/Lord_Howe]";
    assert_eq!(
        next("10 2 * * *", "Australia/Lord_Howe", howe, 1),
        ["2026-10-04 02:30 +11:00"],
        "half an hour is skipped"
    );
    let midnight = "2026-09-05T12:00:00-04:00[America/Santiago]";
    assert_eq!(next("0 0 * * *", "America/Santiago", midnight, 1), ["2026-09-06 01:00 -03:00"], "midnight is skipped");
}

#[test]
fn a_named_time_that_comes_twice_is_the_first_of_both() {
    let zone = "America/New_York";
    let before = "2026-11-01T00:30:00-04:00[America/New_York]";
    assert_eq!(next("30 1 * * *", zone, before, 2), ["2026-11-01 01:30 -04:00", "2026-11-02 01:30 -05:00"]);
    let within = "2026-11-01T01:10:00-05:00[America/New_York]";
    assert_eq!(next("30 1 * * *", zone, within, 1), ["2026-11-02 01:30 -05:00"], "asked again in the second of both");
}

#[test]
fn what_begins_with_a_star_follows_the_real_time() {
    let zone = "America/New_York";
    let back = "2026-11-01T01:00:00-04:00[America/New_York]";
    assert_eq!(
        next("*/30 * * * *", zone, back, 4),
        ["2026-11-01 01:30 -04:00", "2026-11-01 01:00 -05:00", "2026-11-01 01:30 -05:00", "2026-11-01 02:00 -05:00"]
    );
    let forward = "2026-03-08T01:15:00-05:00[America/New_York]";
    assert_eq!(next("*/30 * * * *", zone, forward, 2), ["2026-03-08 01:30 -05:00", "2026-03-08 03:00 -04:00"]);
    assert_eq!(
        next("30 */2 * * *", zone, forward, 1),
        ["2026-03-08 04:30 -04:00"],
        "02:30 is not there, and a star does not make up for it"
    );
}

#[test]
fn several_expressions_share_what_they_have_in_common() {
    let both = timetable(&["0 9 * * *", "0 9,17 * * MON"], "UTC");
    let after: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    let next: Vec<String> = both.after(after).take(3).map(|at| at.to_string()).collect();
    assert_eq!(next, ["2026-11-23T09:00:00Z", "2026-11-23T17:00:00Z", "2026-11-24T09:00:00Z"]);
    assert_eq!(timetable(&[], "UTC").next(after), None);
}

#[test]
fn it_goes_beyond_2038_and_ends_with_2099() {
    let after = "2099-12-30T12:00:00+00:00[UTC]";
    assert_eq!(next("0 9 * * *", "UTC", after, 5), ["2099-12-31 09:00 +00:00"]);
    assert_eq!(super::calendar_ends(), "the calendar ends with 2099");
    let (daily, none) = (timetable(&["0 9 * * *"], "UTC"), timetable(&[], "UTC"));
    for (at, ended) in [("2099-12-31T08:59:00Z", false), ("2099-12-31T09:00:00Z", true), ("2120-01-01T00:00:00Z", true)]
    {
        let at = at.parse().unwrap();
        assert_eq!((daily.has_ended(at), none.has_ended(at)), (ended, false), "{at}");
    }
    let after = "2038-01-19T03:14:00+00:00[UTC]";
    assert_eq!(next("15 3 * * *", "UTC", after, 1), ["2038-01-19 03:15 +00:00"]);
}

#[test]
fn what_is_refused_says_where_and_what_to_write() {
    for (text, said) in [
        ("0 25 * * *", "hour (field 2 of 5), position 3: there is no hour `25`; write numbers from 0 to 23"),
        ("5/15 * * * *", "minute (field 1 of 5), position 1: `5/15` steps, but says no range; write `5-59/15`"),
        ("0 22-2 * * *", "hour (field 2 of 5), position 3: the range `22-2` runs backwards; write `22-23,0-2`"),
        (
            "0 0 * * sat-mon",
            "day of week (field 5 of 5), position 9: the range `sat-mon` runs backwards; write `6,0-1`",
        ),
        ("0 0 * * sat-sun", "day of week (field 5 of 5), position 9: the range `sat-sun` runs backwards; write `6,0`"),
        ("1-x * * * *", "minute (field 1 of 5), position 3: `x` is no minute; write numbers from 0 to 59"),
        ("1- * * * *", "minute (field 1 of 5), position 2: a number is missing; write numbers from 0 to 59"),
        ("0 -5 * * *", "hour (field 2 of 5), position 3: a number is missing; write numbers from 0 to 23"),
        (
            "1,,2 * * * *",
            "minute (field 1 of 5), position 2: a value is missing; write one on both sides of each comma",
        ),
        ("*/ * * * *", "minute (field 1 of 5), position 2: a step is missing; write a number from 1 after the `/`"),
        (
            "0 2 * * * /bin/true",
            "this is a whole line of a crontab; its command does not belong here: write the five fields, `0 2 * * *`",
        ),
        (
            "0 2 * * MON root cd / && ls",
            "this is a whole line of a crontab; its command does not belong here: write the five fields, `0 2 * * MON`",
        ),
        ("@daily /bin/true", "this is a whole line of a crontab; its command does not belong here: write `@daily`"),
        (
            "0 0 12 ? * MON-FRI",
            "there are six fields; beadle's minutes are the smallest step: drop the seconds and write `0 12 ? * MON-FRI`",
        ),
        ("*/0 * * * *", "minute (field 1 of 5), position 3: `0` is no step; write a number from 1 after the `/`"),
        ("1, * * * *", "minute (field 1 of 5), position 2: a value is missing; write one on both sides of each comma"),
        (
            "H * * * *",
            "minute (field 1 of 5), position 1: `H` is no minute; write a number; `jitter = \"10m\"` in the job spreads the load",
        ),
        (
            "0 0 31 2 *",
            "day of month (field 3 of 5), position 5: such a date never comes; the longest of its months has 29 days: name one of them, or another month",
        ),
        (
            "0 0 12 * * *",
            "there are six fields; beadle's minutes are the smallest step: drop the seconds and write `0 12 * * *`",
        ),
        ("0 0 0 1 1 * 2027", "there are seven fields; seconds and years are not known: write `0 0 1 1 *`"),
        ("", "there are no fields; write five: minute, hour, day of month, month, day of week"),
        (
            "@reboot",
            "`@reboot` is not known; a restart is no time; a job that shall not lose a run says `missed = \"last\"`",
        ),
        (
            "CRON_TZ=UTC 0 0 * * *",
            "`CRON_TZ=` stands before the fields; name the zone beside it: `timezone = \"Europe/Berlin\"` in a job, --zone on the command line",
        ),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    for text in [
        "@dialy",
        "0 0 L * *",
        "0 0 * * MON#2",
        "0 0 ? * *",
        "-1 * * * *",
        "1-2-3 * * * *",
        "a * * * *",
        "0 0 * * * \u{fc}",
        "0\u{a0}0 * * *",
    ] {
        refused(text);
    }
    assert!(Expression::parse("0 0 30 2 mon").is_ok(), "Mondays in February come");
    assert!(Expression::parse("\t0   0 29  2 * ").is_ok());
}

#[test]
fn expressions_are_said_in_words() {
    for (text, words) in [
        ("30 2 * * *", "at 02:30 every day"),
        ("@hourly", "every hour, on the hour"),
        ("*/15 9-17 * * MON-FRI", "every 15 minutes from 09:00 to 17:45, every Monday to Friday"),
        ("0 9,17 1,15 * *", "at 09:00 and 17:00 on day 1 and 15 of the month"),
        ("0 9 13 * 5", "at 09:00 on day 13 of the month, and every Friday"),
        (
            "0 9 */2 * 1",
            "at 09:00 on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if that is a Monday",
        ),
        ("* * * 1-3,12 *", "every minute in January to March and December"),
        ("7 */6 * * *", "at 00:07, 06:07, 12:07 and 18:07 every day"),
        ("7 */2 * * *", "at 7 minutes past the hour in every 2nd hour from 00:00, every day"),
        ("* 2 * * *", "every minute from 02:00 to 02:59, every day"),
        ("* 2,5 * * *", "every minute in the hours 02 and 05, every day"),
        ("0-29 2 * * *", "every minute from 02:00 to 02:29, every day"),
        ("0 9-17 * * 1", "every hour from 09:00 to 17:00, every Monday"),
        ("0 * * * 1", "every hour, on the hour, every Monday"),
        ("*/30 * * * *", "every 30 minutes"),
        ("1-9/2 2 * * *", "at 1, 3, 5, 7 and 9 minutes past the hour in the hour 02, every day"),
        ("0 9 * * 5-7", "at 09:00 every Friday, Saturday and Sunday"),
        ("0 9 * * 0,2-5", "at 09:00 every Tuesday to Friday and Sunday"),
        ("0 9 * * 6,0", "at 09:00 every Saturday and Sunday"),
    ] {
        assert_eq!(Expression::parse(text).unwrap().words(), words, "{text}");
    }
}
