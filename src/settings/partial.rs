//! Some of the limits: what a connection, a job or a call sets. Laid over what stands further out with [`Limits::with`].
//!
//! [`Limits::with`]: super::Limits::with

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::error::{Error, suggestion};
use super::limits::{NUMBERS, Number, SECTIONS, Scope};
use super::quiet::Quiet;
use super::section::Section;
use super::tree::{Source, Table};

/// Those limits that are set; what is not set stays as it is further out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// By their place in the table of numbers.
    numbers: BTreeMap<usize, u32>,
    /// `Some(None)` turns quiet hours off.
    quiet: Option<Option<Quiet>>,
}

impl Partial {
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&'static Number, u32)> + '_ {
        self.numbers.iter().filter_map(|(&place, &value)| Some((NUMBERS.get(place)?, value)))
    }

    pub(super) fn quiet(&self) -> Option<Option<Quiet>> {
        self.quiet
    }

    /// These with those laid over them that are set closer to the work.
    pub(super) fn with(&self, closer: &Self) -> Self {
        let mut numbers = self.numbers.clone();
        numbers.extend(&closer.numbers);
        Self { numbers, quiet: closer.quiet.or(self.quiet) }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.quiet.is_none()
    }

    /// Reads the sections of `[connections.NAME.limits]` or of a job's `[limits]`, named as errors shall show it.
    pub(super) fn of_section(name: String, table: Table, source: &Source) -> Result<Self, Error> {
        Self::read(&mut Section::new(name, table, source, &SECTIONS)?, source)
    }

    /// Reads the sections out of `[limits]` or what stands in its place; other keys are left in it.
    pub(super) fn read(limits: &mut Section<'_>, source: &Source) -> Result<Self, Error> {
        let mut partial = Self::default();
        for section in SECTIONS {
            let name = format!("{}.{section}]", limits.name().trim_end_matches(']'));
            let mut section_of = Section::new(name, limits.table(section)?, source, &keys(section))?;
            for (place, number) in of(section) {
                if let Some(value) = section_of.number_if_set(number.key, number.max)? {
                    partial.numbers.insert(place, value);
                }
            }
            if let Some((text, origin)) = section_of.text("quiet")? {
                partial.quiet = Some(Quiet::parse(&text).map_err(|why| section_of.refuse("quiet", &origin, why))?);
            }
        }
        Ok(partial)
    }

    /// Reads what a single call sets: `#{ removals: #{ percent: 30 } }`. An error says what there is.
    pub fn of_call(given: &Json) -> Result<Self, String> {
        let Json::Object(sections) = given else { return Err("`limits` must be a map of maps".into()) };
        let mut partial = Self::default();
        for (section, keys) in sections {
            if !SECTIONS.contains(&section.as_str()) {
                let hint = suggestion(section, SECTIONS.into_iter());
                return Err(format!("there are no limits `{section}`{hint}"));
            }
            let Json::Object(keys) = keys else { return Err(format!("`{section}` in `limits` must be a map")) };
            for (key, value) in keys {
                partial.take(section, key, value)?;
            }
        }
        Ok(partial)
    }

    /// As a call gives it, so that [`Partial::of_call`] reads the same; `null` where nothing is set.
    pub fn json(&self) -> Json {
        let mut sections = serde_json::Map::new();
        let mut set = |section: &str, key: &str, value: Json| {
            sections.entry(section).or_insert_with(|| Json::Object(serde_json::Map::new()))[key] = value;
        };
        for (number, value) in self.numbers() {
            set(number.section, number.key, value.into());
        }
        if let Some(quiet) = &self.quiet {
            set("mail", "quiet", quiet.map_or_else(|| "off".to_owned(), |quiet| quiet.to_string()).into());
        }
        if sections.is_empty() { Json::Null } else { Json::Object(sections) }
    }

    fn take(&mut self, section: &str, key: &str, value: &Json) -> Result<(), String> {
        if (section, key) == ("mail", "quiet") {
            let text = value.as_str().unwrap_or_default();
            self.quiet = Some(Quiet::parse(text).map_err(|why| format!("`mail.quiet` {why}"))?);
            return Ok(());
        }
        let Some((place, number)) = of(section).find(|(_, number)| number.key == key) else {
            let known = of(section).filter(|(_, number)| number.scope == Scope::Call).map(|(_, number)| number.key);
            let known: Vec<&str> = known.chain((section == "mail").then_some("quiet")).collect();
            let hint = suggestion(key, known.into_iter());
            return Err(format!("there is no limit `{key}` in `{section}`{hint}"));
        };
        if number.scope == Scope::Connection {
            return Err(format!(
                "`{section}.{key}` holds for all that a connection does: set it in `[connections.NAME.limits.{section}]`"
            ));
        }
        let fits = value.as_u64().and_then(|value| u32::try_from(value).ok()).filter(|value| *value <= number.max);
        let wrong = || format!("`{section}.{key}` must be a whole number from 0 to {}", number.max);
        self.numbers.insert(place, fits.ok_or_else(wrong)?);
        Ok(())
    }
}

/// The numbers of a section, with their places in the table.
fn of(section: &str) -> impl Iterator<Item = (usize, &'static Number)> + Clone + '_ {
    NUMBERS.iter().enumerate().filter(move |(_, number)| number.section == section)
}

/// All keys of a section.
fn keys(section: &str) -> Vec<&'static str> {
    of(section).map(|(_, number)| number.key).chain((section == "mail").then_some("quiet")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Limits;

    #[test]
    fn every_section_of_the_table_is_read_and_every_number_has_a_place_of_its_own() {
        let base = Limits::default();
        for (place, number) in NUMBERS.iter().enumerate() {
            assert!(SECTIONS.contains(&number.section), "{}", number.section);
            let partial = Partial { numbers: BTreeMap::from([(place, 77)]), quiet: None };
            let mut limits = base.with(&partial);
            assert_eq!(*(number.at)(&mut limits), 77, "{}.{}", number.section, number.key);
            assert_ne!(limits, base);
            let moved = base.loosened(&limits).len() + limits.loosened(&base).len();
            assert_eq!(moved, 1, "{}.{} moves nothing else", number.section, number.key);
        }
    }

    #[test]
    fn what_is_set_closer_to_the_work_wins_and_what_it_loosens_is_told() {
        let project = Limits::default();
        let connection = Partial::of_call(&json!({ "removals": { "percent": 5, "people": 20 } })).unwrap();
        let call = Partial::of_call(&json!({ "removals": { "percent": 30 }, "overlap": { "percent": 10 } })).unwrap();
        let outer = project.with(&connection);
        let inner = outer.with(&call);
        assert_eq!((inner.removals.people, inner.removals.percent, inner.overlap.percent), (20, 30, 10));
        assert_eq!(outer.loosened(&inner), ["removals.percent 30 in place of 5", "overlap.percent 10 in place of 50"]);
        assert_eq!(inner.loosened(&outer), Vec::<String>::new(), "stricter is not told");
        assert_eq!(project.with(&Partial::default()), project);
        assert!(Partial::default().is_empty() && !call.is_empty());
    }

    #[test]
    fn quiet_hours_are_set_and_turned_off_by_what_is_closer() {
        let night = Partial::of_call(&json!({ "mail": { "quiet": "20:00-08:00" } })).unwrap();
        let off = Partial::of_call(&json!({ "mail": { "quiet": "off" } })).unwrap();
        let outer = Limits::default().with(&night);
        assert_eq!(outer.mail.quiet.unwrap().to_string(), "20:00-08:00");
        assert_eq!(outer.with(&off).mail.quiet, None);
        assert_eq!(outer.loosened(&outer.with(&off)), ["mail.quiet off in place of 20:00-08:00"]);
        assert!(Limits::default().loosened(&outer).is_empty());
    }

    #[test]
    fn what_is_set_is_written_as_a_call_gives_it() {
        for given in [
            json!({ "removals": { "percent": 5, "people": 20 }, "mail": { "quiet": "20:00-08:00" } }),
            json!({ "mail": { "quiet": "off" } }),
        ] {
            let partial = Partial::of_call(&given).unwrap();
            assert_eq!(partial.json(), given);
        }
        assert_eq!(Partial::default().json(), Json::Null);
    }

    #[test]
    fn a_call_is_told_what_was_probably_meant() {
        let refused = |given: Json| Partial::of_call(&given).unwrap_err();
        assert_eq!(refused(json!({ "removal": {} })), "there are no limits `removal`; did you mean `removals`?");
        assert_eq!(
            refused(json!({ "removals": { "percnt": 3 } })),
            "there is no limit `percnt` in `removals`; did you mean `percent`?"
        );
        assert_eq!(
            refused(json!({ "removals": { "percent": 101 } })),
            "`removals.percent` must be a whole number from 0 to 100"
        );
        assert_eq!(
            refused(json!({ "removals": { "percent": "30" } })),
            "`removals.percent` must be a whole number from 0 to 100"
        );
        assert_eq!(
            refused(json!({ "mail": { "target_days": 1 } })),
            "`mail.target_days` holds for all that a connection does: set it in `[connections.NAME.limits.mail]`"
        );
        assert_eq!(
            refused(json!({ "mail": { "quiet": 8 } })),
            "`mail.quiet` must be two times of the day such as \"20:00-08:00\", or \"off\""
        );
        assert_eq!(refused(json!({ "removals": 3 })), "`removals` in `limits` must be a map");
        assert_eq!(refused(json!(3)), "`limits` must be a map of maps");
    }
}
