//! Quiet hours: from when until when nobody is written to, by the clock on the wall.

use std::fmt;

use jiff::civil::Time;

/// A part of every day; it may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Its first minute.
    pub from: Time,
    /// The first minute after it.
    pub to: Time,
}

impl Quiet {
    /// Reads `20:00-08:00`; `off` is `None`. An error says what it must be.
    pub fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        const WANTED: &str = "must be two times of the day such as \"20:00-08:00\", or \"off\"";
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        let (from, to) = text.split_once('-').ok_or(WANTED)?;
        let (from, to) = (time(from).ok_or(WANTED)?, time(to).ok_or(WANTED)?);
        match from == to {
            true => Err("begins and ends at the same time; write \"off\" for no quiet hours"),
            false => Ok(Some(Self { from, to })),
        }
    }

    /// Whether this time of the day is in it.
    pub fn holds(&self, at: Time) -> bool {
        match self.from < self.to {
            true => self.from <= at && at < self.to,
            false => self.from <= at || at < self.to,
        }
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

/// `8:00`, `20:30`
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|sign| sign.is_ascii_digit());
    match digits(hour) && digits(minute) {
        true => Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(text: &str) -> Quiet {
        Quiet::parse(text).unwrap().unwrap()
    }

    fn at(text: &str) -> Time {
        time(text).unwrap()
    }

    #[test]
    fn the_night_is_quiet_from_its_first_minute_to_the_last_before_its_end() {
        let night = quiet("20:00-08:00");
        let answers = ["19:59", "20:00", "23:59", "00:00", "7:59", "8:00", "12:00"].map(|time| night.holds(at(time)));
        assert_eq!(answers, [false, true, true, true, true, false, false]);
    }

    #[test]
    fn a_part_of_the_day_is_quiet_from_its_first_minute_to_the_last_before_its_end() {
        let noon = quiet(" 12:00 - 13:30 ");
        let answers = ["11:59", "12:00", "13:29", "13:30", "00:00"].map(|time| noon.holds(at(time)));
        assert_eq!(answers, [false, true, true, false, false]);
        assert_eq!(noon.to_string(), "12:00-13:30");
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        assert_eq!(Quiet::parse("Off"), Ok(None));
        for text in ["", "20:00", "20-8", "25:00-08:00", "20:00-08:60", "20:00-+8:00", "night"] {
            assert!(Quiet::parse(text).unwrap_err().starts_with("must be two times"), "{text}");
        }
        assert!(Quiet::parse("8:00-08:00").unwrap_err().starts_with("begins and ends"));
    }
}
