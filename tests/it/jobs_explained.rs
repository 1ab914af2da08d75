//! `beadle jobs explain`: what a schedule means, in words and in moments, where clocks are changed too; without any project.

use crate::builder::Test;

/// What it says of this expression in this zone.
fn explained<const N: usize>(args: [&str; N]) -> String {
    Test::new().args(["jobs", "explain"]).args(args).stderr("").success().stdout
}

/// The moments of the object that it gives with `--json`.
fn next<const N: usize>(args: [&str; N]) -> Vec<String> {
    let ran = Test::new().args(["jobs", "explain", "--json"]).args(args).stderr("").success();
    let [object] = ran.json().try_into().unwrap();
    object["next"].as_array().unwrap().iter().map(|at| at.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_time_that_is_skipped_is_shown_where_it_went() {
    assert_eq!(
        explained(["30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-03-28T12:00:00Z", "--count", "3"]),
        "\
30 2 * * *: at 02:30 every day
in Europe/Berlin, after Sat 2026-03-28 13:00 +01:00
  Sun 2026-03-29 03:00 +02:00  in place of 02:30: clocks go forward from 02:00 to 03:00
  Mon 2026-03-30 02:30 +02:00
  Tue 2026-03-31 02:30 +02:00
"
    );
}

#[test]
fn of_a_time_that_comes_twice_the_first_is_taken_and_said() {
    assert_eq!(
        explained(["30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-10-24", "--count", "3"]),
        "\
30 2 * * *: at 02:30 every day
in Europe/Berlin, after Sat 2026-10-24 00:00 +02:00
  Sat 2026-10-24 02:30 +02:00
  Sun 2026-10-25 02:30 +02:00  the first of two, the second is not taken: clocks go back from 03:00 to 02:00
  Mon 2026-10-26 02:30 +01:00  clocks went back from 03:00 to 02:00 on 2026-10-25
"
    );
    let within = ["30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-10-25T02:15:00+01:00", "--count", "1"];
    assert_eq!(next(within), ["2026-10-26T01:30:00Z"], "asked again within the second of both hours");
}

#[test]
fn half_an_hour_of_lord_howe_is_skipped_and_comes_twice() {
    assert_eq!(
        explained(["10 2 * * *", "--zone", "Australia/Lord_Howe", "--after", "2026-10-03", "--count", "3"]),
        "\
10 2 * * *: at 02:10 every day
in Australia/Lord_Howe, after Sat 2026-10-03 00:00 +10:30
  Sat 2026-10-03 02:10 +10:30
  Sun 2026-10-04 02:30 +11:00  in place of 02:10: clocks go forward from 02:00 to 02:30
  Mon 2026-10-05 02:10 +11:00
"
    );
    assert_eq!(
        explained(["*/15 * * * *", "--zone", "Australia/Lord_Howe", "--after", "2026-04-05T01:20", "--count", "5"]),
        "\
*/15 * * * *: every 15 minutes
in Australia/Lord_Howe, after Sun 2026-04-05 01:20 +11:00
  Sun 2026-04-05 01:30 +11:00  the first of two: clocks go back from 02:00 to 01:30
  Sun 2026-04-05 01:45 +11:00  the first of two: clocks go back from 02:00 to 01:30
  Sun 2026-04-05 01:30 +10:30  the second of two
  Sun 2026-04-05 01:45 +10:30  the second of two
  Sun 2026-04-05 02:00 +10:30
"
    );
}

#[test]
fn json_is_one_object_with_the_next_moments_in_utc() {
    let args = ["30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-11-21T12:00:00Z", "--count", "2", "--json"];
    assert_eq!(
        explained(args),
        "{\"next\":[\"2026-11-22T01:30:00Z\",\"2026-11-23T01:30:00Z\"],\"times\":[{\"at\":\"2026-11-22T01:30:00Z\",\
         \"local\":\"2026-11-22T02:30:00+01:00\",\"note\":null},{\"at\":\"2026-11-23T01:30:00Z\",\"local\":\
         \"2026-11-23T02:30:00+01:00\",\"note\":null}],\"expressions\":[\"30 2 * * *\"],\"words\":[\"at 02:30 every day\"],\
         \"zone\":\"Europe/Berlin\",\"after\":\"2026-11-21T12:00:00Z\",\"calendar_ends\":false,\"job\":null}\n"
    );
}

#[test]
fn without_zone_time_and_count_it_is_five_moments_of_utc_from_now() {
    let moments = next(["*/5 * * * *"]);
    assert_eq!(moments.len(), 5);
    let seconds: Vec<i64> = moments.iter().map(|at| at.parse::<jiff::Timestamp>().unwrap().as_second()).collect();
    assert!(seconds.windows(2).all(|pair| pair[1] - pair[0] == 300), "{moments:?}");
    let now = jiff::Timestamp::now().as_second();
    assert!((now - 300..=now + 301).contains(&seconds[0]), "{moments:?}");
    assert!(moments.iter().all(|at| at.ends_with(":00Z")), "{moments:?}");
}

#[test]
fn a_moment_is_taken_with_an_offset_with_a_zone_or_by_the_clocks_of_the_zone() {
    for after in [
        "2026-06-30T22:15:00Z",
        "2026-07-01T00:15:00+02:00",
        "2026-06-30T18:15:00-04:00[America/New_York]",
        "2026-07-01T00:15",
        "2026-07-01 00:15:00",
    ] {
        let moments = next(["@hourly", "--zone", "Europe/Berlin", "--after", after, "--count", "1"]);
        assert_eq!(moments, ["2026-06-30T23:00:00Z"], "{after}");
    }
    let due = next(["0 0 * * *", "--after", "2026-07-01", "--count", "1"]);
    assert_eq!(due, ["2026-07-02T00:00:00Z"], "the moment itself is not after itself");
}

#[test]
fn it_goes_beyond_2038_and_says_where_the_calendar_ends() {
    let beyond = ["15 3 29 2 *", "--zone", "America/New_York", "--after", "2038-01-19", "--count", "3"];
    assert_eq!(next(beyond), ["2040-02-29T08:15:00Z", "2044-02-29T08:15:00Z", "2048-02-29T08:15:00Z"]);
    assert_eq!(
        explained(["0 9 * * *", "--zone", "Europe/Berlin", "--after", "2099-12-30T12:00"]),
        "\
0 9 * * *: at 09:00 every day
in Europe/Berlin, after Wed 2099-12-30 12:00 +01:00
  Thu 2099-12-31 09:00 +01:00
  then no more: the calendar ends with 2099
"
    );
    assert_eq!(next(["@daily", "--after", "2150-01-01"]), Vec::<String>::new());
}

#[test]
fn what_is_refused_ends_with_2_and_names_field_and_place() {
    Test::new()
        .args(["jobs", "explain", "0 25 * * *"])
        .stdout("")
        .stderr(
            "error: hour (field 2 of 5), position 3: there is no hour `25`; write numbers from 0 to 23\n  0 25 * * *\n    ^^\n",
        )
        .code(2);
    Test::new()
        .args(["jobs", "explain", "5/15 * * * *"])
        .stderr(
            "error: minute (field 1 of 5), position 1: `5/15` steps, but says no range; write `5-59/15`\n  \
             5/15 * * * *\n  ^^^^\n",
        )
        .code(2);
    for (text, said) in [
        ("", "there are no fields"),
        ("*", "there is one field"),
        ("5", "there is one field"),
        ("* * * * * *", "there are six fields"),
        ("@reboot", "`@reboot` is not known"),
        ("0 0 30 2 *", "such a date never comes"),
        ("TZ=UTC 0 0 * * *", "`TZ=` stands before the fields"),
    ] {
        let ran = Test::new().args(["jobs", "explain", text, "--json"]).code(2);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(said), "{text}: {}", ran.stderr);
        assert_eq!(ran.json()[0]["exit"], 2, "{text}");
    }
}

#[test]
fn a_zone_that_is_not_known_is_refused_with_what_was_probably_meant() {
    Test::new()
        .args(["jobs", "explain", "@daily", "--zone", "Europe/Berln"])
        .stdout("")
        .stderr("error: `--zone` names no time zone: `Europe/Berln`; did you mean `Europe/Berlin`?\n")
        .code(2);
    Test::new()
        .args(["jobs", "explain", "@daily", "--after", "1969-12-31"])
        .stderr("error: `--after 1969-12-31` lies before 1970, where the calendar begins\n")
        .code(2);
}

#[test]
fn a_line_is_understood_with_and_without_quotes_around_all_of_it() {
    let one = explained(["0 9 * * MON", "--after", "2026-11-22", "--count", "1"]);
    assert_eq!(explained(["0", "9", "*", "*", "MON", "--after", "2026-11-22", "--count", "1"]), one);
    assert!(one.starts_with("0 9 * * MON: at 09:00 every Monday\n"), "{one}");
}

#[test]
fn a_job_is_explained_by_its_name() {
    let test = Test::new()
        .file(
            "jobs/nightly.toml",
            "script = \"x.rhai\"\nschedule = [\"30 2 * * *\", \"0 12 * * SUN\"]\ntimezone = \"Asia/Tokyo\"",
        )
        .file("jobs/by_hand.toml", "script = \"x.rhai\"")
        .file("jobs/broken.toml", "script = ");
    let ran = test.args(["jobs", "explain", "nightly", "--sandbox", "--after", "2026-11-21T12:00", "--count", "3"]);
    let ran = ran.stderr("").success();
    assert_eq!(
        ran.stdout,
        "\
30 2 * * *: at 02:30 every day
0 12 * * SUN: at 12:00 every Sunday
in Asia/Tokyo, after Sat 2026-11-21 12:00 +09:00
  Sun 2026-11-22 02:30 +09:00
  Sun 2026-11-22 12:00 +09:00
  Mon 2026-11-23 02:30 +09:00
"
    );
    let said = "by hand only: it has neither `schedule` nor `on`\n";
    let ran = ran.then(["jobs", "explain", "by_hand", "--sandbox"]).stdout(said).success();
    let ran = ran
        .then(["jobs", "explain", "nightli", "--sandbox"])
        .stderr("error: there is no job `nightli`; did you mean `nightly`?\n")
        .code(2);
    let ran = ran.then(["jobs", "explain", "broken", "--sandbox"]).code(2);
    assert!(ran.stderr.starts_with("error: jobs/broken.toml:1:10: this is not TOML"), "{}", ran.stderr);
    let ran = ran.then(["jobs", "explain", "nightly"]).code(2);
    assert!(
        ran.stderr.starts_with("error: `nightly` is no crontab's line: there is one field; ")
            && ran.stderr.contains("; and no job: there is no beadle.toml in `")
            && ran.stderr.contains("\n  next: "),
        "{}",
        ran.stderr
    );
}
