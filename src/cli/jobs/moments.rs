//! Moments as `jobs` shows them and takes them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned, civil};

use super::super::Failure;

/// `2026-11-23 02:30 +01:00`, by the clocks of the zone.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> String {
    shown(at, zone, "%Y-%m-%d %H:%M %:z")
}

/// `Mon 2026-11-23 02:30 +01:00`
pub(super) fn with_weekday(at: Timestamp, zone: &TimeZone) -> String {
    shown(at, zone, "%a %Y-%m-%d %H:%M %:z")
}

/// In this form, by the clocks of the zone.
pub(super) fn shown(at: Timestamp, zone: &TimeZone, form: &str) -> String {
    at.to_zoned(zone.clone()).strftime(form).to_string()
}

/// `2026-11-23T02:30:00+01:00`, for programs.
pub(super) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    shown(at, zone, "%Y-%m-%dT%H:%M:%S%:z")
}

/// The name of a zone.
pub(super) fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// `1h 30m`
pub(super) fn length(time: std::time::Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", time.as_secs()), |time| format!("{time:#}"))
}

/// The moment of an option: with an offset or a zone of its own, or by the clocks of this zone.
pub(super) fn typed(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    match read(option, text.trim(), zone)? {
        at if at < Timestamp::UNIX_EPOCH => {
            Err(Failure::usage(format!("`{option} {text}` lies before 1970, where the calendar begins")))
        }
        at => Ok(at),
    }
}

/// The same for a moment up to which something goes: a day without a time is meant with all of its moments.
pub(super) fn typed_end(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let begin = typed(option, text, zone)?;
    let text = text.trim();
    let is_day = text.len() == "2026-11-22".len() && text.parse::<civil::Date>().is_ok();
    let next = is_day.then(|| text.parse::<civil::Date>().ok()?.tomorrow().ok()?.to_zoned(zone.clone()).ok()).flatten();
    Ok(next.map_or(begin, |next| next.timestamp().saturating_sub(SignedDuration::from_millis(1)).unwrap_or(begin)))
}

fn read(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok(zoned.timestamp());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.parse::<civil::DateTime>().and_then(|local| local.to_zoned(zone.clone()));
    local.map(|zoned| zoned.timestamp()).map_err(|_| {
        Failure::usage(format!("`{option} {text}` is no moment"))
            .hint("write it as 2026-11-22T01:30:00Z, 2026-11-22T01:30:00+01:00, 2026-11-22T01:30 or 2026-11-22")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_typed_with_its_offset_or_by_the_clocks_of_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (text, at) in [
            ("2026-11-22T01:30:00Z", "2026-11-22T01:30:00Z"),
            ("2026-11-22T01:30:00+05:30", "2026-11-21T20:00:00Z"),
            ("2026-11-22T01:30:00-05:00[America/New_York]", "2026-11-22T06:30:00Z"),
            ("2026-11-22T01:30", "2026-11-22T00:30:00Z"),
            (" 2026-11-22 01:30:10 ", "2026-11-22T00:30:10Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ] {
            assert_eq!(typed("--after", text, &zone).unwrap().to_string(), at, "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01", "01:30", "2026-11-22T25:00"] {
            assert_eq!(typed("--after", text, &zone).unwrap_err().message, format!("`--after {text}` is no moment"));
        }
        for (text, at) in [
            ("2026-11-22", "2026-11-22T22:59:59.999Z"),
            (" 2026-10-25 ", "2026-10-25T22:59:59.999Z"),
            ("2026-11-22T00:00", "2026-11-21T23:00:00Z"),
            ("2026-11-22T01:30:00Z", "2026-11-22T01:30:00Z"),
        ] {
            assert_eq!(typed_end("--to", text, &zone).unwrap().to_string(), at, "{text}");
        }
        assert_eq!(typed_end("--to", "2026-13-01", &zone).unwrap_err().message, "`--to 2026-13-01` is no moment");
        assert!(
            typed("--after", "1969-12-31T23:59:59Z", &zone).unwrap_err().message.ends_with("where the calendar begins")
        );
    }
}
