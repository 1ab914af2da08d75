//! A plan as people read it: what would come, change and go, group by group, with a few names or all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::follows::{changed, spelled};
use super::record::{Plan, Sign, Step, Touch};
use crate::model::{Placeholder, counted};

/// How much is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A few of each kind.
    #[default]
    Samples,
    /// Everybody.
    All,
    /// Those whose address, name or id holds this text.
    Of(String),
}

/// Shown of each kind where not all are asked for.
const SAMPLES: usize = 3;

/// What happens to whom, in the order in which it is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    connection: &'a str,
    /// Groups themselves first, then people by group, then accounts.
    place: Place<'a>,
    sign: Sign,
    campaign: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    Groups,
    In(&'a str),
    Community,
    /// Invitations by themselves.
    Invitations,
}

impl Plan {
    /// For people, without its name and the next step.
    pub fn text(&self, detail: &Detail) -> Vec<String> {
        let mut kinds: BTreeMap<Kind<'_>, Vec<(&Step, &Touch)>> = BTreeMap::new();
        for (step, touch) in self.touches() {
            kinds.entry(Kind::of(step, touch)).or_default().push((step, touch));
        }
        let several = self.accounts.len() > 1;
        let mut lines = Vec::new();
        let mut last = None;
        for (kind, touches) in &kinds {
            let head = (kind.connection, &kind.place);
            if last != Some(head) {
                lines.push(kind.head(self, several));
                last = Some(head);
            }
            lines.push(format!("  {} {:>6}  {}", kind.sign.as_str(), touches.len(), kind.words(touches)));
            lines.extend(listed(touches, detail));
        }
        if kinds.is_empty() {
            lines.push("nothing would be changed".to_owned());
        }
        lines.extend(self.besides(detail));
        lines.into_iter().map(|line| Placeholder::readable(&line).into_owned()).collect()
    }

    /// An object for everybody whom it touches, for programs.
    pub fn touch_objects(&self) -> impl Iterator<Item = Value> {
        self.touches().map(|(step, touch)| {
            let mut line = json!(touch);
            if let Value::Object(map) = &mut line {
                map.insert("type".into(), "touch".into());
                map.insert("operation".into(), step.operation.as_str().into());
                map.insert("connection".into(), step.connection.as_str().into());
            }
            line
        })
    }

    /// All of it but whom it touches, for programs.
    pub fn head(&self) -> Value {
        let mut head = self.write();
        if let Value::Object(map) = &mut head {
            map.remove("steps");
            map.insert("type".into(), "plan".into());
            map.insert("changes".into(), (!self.is_empty()).into());
        }
        head
    }

    /// What follows, what is left out, and what it costs.
    fn besides(&self, detail: &Detail) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.notes.is_empty() {
            lines.push("also:".to_owned());
            lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        }
        let mut left_out: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for one in &self.left_out {
            left_out.entry((&one.operation, &one.why)).or_default().push(&one.name);
        }
        for ((operation, why), names) in left_out {
            lines.push(format!("left out of {operation}: {}, {why}", names.len()));
            lines.extend(few(names.into_iter().map(str::to_owned).collect(), detail));
        }
        lines.extend(self.holds.iter().map(|hold| format!("held: {}", hold.sentence)));
        if !self.is_empty() {
            lines.push(self.cost());
        }
        lines
    }

    fn cost(&self) -> String {
        let effort = &self.effort;
        let reads = match effort.reads {
            0 => String::new(),
            reads => format!(" and at least {reads} that only read"),
        };
        let writes = counted(effort.writes, "call that changes something", "calls that change something");
        format!("it takes {writes}{reads}; {}", span(effort.seconds))
    }
}

impl<'a> Kind<'a> {
    fn of(step: &'a Step, touch: &'a Touch) -> Self {
        let place = match (touch.kind.as_str(), touch.group.as_deref()) {
            ("group", _) => Place::Groups,
            ("invitation", _) => Place::Invitations,
            (_, Some(group)) => Place::In(group),
            (_, None) => Place::Community,
        };
        let campaign = step.campaign.as_deref().filter(|_| touch.sign == Sign::Mail);
        Self { connection: &step.connection, place, sign: touch.sign, campaign }
    }

    fn head(&self, plan: &Plan, several: bool) -> String {
        let on = if several { format!(" on {}", self.connection) } else { String::new() };
        match self.place {
            Place::Groups => format!("groups{on}"),
            Place::Invitations => format!("invitations{on}"),
            Place::In(group) => match Placeholder::parse(group) {
                Some(made) => format!("the new {}{on}", made.what()),
                None => format!("group {}{on}", plan.group(self.connection, group)),
            },
            Place::Community => format!("the community{on}"),
        }
    }

    fn words(&self, touches: &[(&Step, &Touch)]) -> String {
        let may_mail = touches.iter().any(|(_, touch)| touch.mails.as_deref() == Some("unknown"));
        let words = match (&self.place, self.sign) {
            (Place::Groups | Place::Invitations, Sign::Add) => "made",
            (Place::Invitations, Sign::Remove) => "taken back",
            (Place::Community, Sign::Add) => "accounts made",
            (Place::In(_), Sign::Add) => "come in",
            (_, Sign::Change) => "changed",
            (Place::In(_), Sign::Remove) => "leave",
            (_, Sign::Remove) => "deleted",
            (_, Sign::Mail) => "are written to",
            (_, Sign::Same) => "as wanted already: nothing is sent",
        };
        let campaign = self.campaign.map(|campaign| format!(", campaign `{campaign}`")).unwrap_or_default();
        let mails = if may_mail && self.sign != Sign::Same { " (the platform may mail them)" } else { "" };
        format!("{words}{campaign}{mails}")
    }
}

fn listed(touches: &[(&Step, &Touch)], detail: &Detail) -> Vec<String> {
    // Who is as wanted is listed only where somebody asks.
    if touches.iter().all(|(_, touch)| touch.sign == Sign::Same) && *detail == Detail::Samples {
        return Vec::new();
    }
    few(touches.iter().map(|(_, touch)| line(touch)).collect(), detail)
}

/// `linh@example.net: city "Pune" -> "Potsdam"`
fn line(touch: &Touch) -> String {
    let fields = match touch.sign {
        Sign::Change | Sign::Add => changed(touch),
        _ => Vec::new(),
    };
    // What is written of somebody new is no change.
    let fields = match touch.sign {
        Sign::Add => {
            fields.into_iter().filter(|(_, before, _)| before.as_ref().is_none_or(|text| !text.is_empty())).collect()
        }
        _ => fields,
    };
    match fields.is_empty() {
        true => touch.name.clone(),
        false => format!("{}: {}", touch.name, spelled(&fields)),
    }
}

fn few(mut lines: Vec<String>, detail: &Detail) -> Vec<String> {
    let all = lines.len();
    match detail {
        Detail::Samples => lines.truncate(SAMPLES),
        Detail::All => {}
        Detail::Of(text) => {
            let text = text.to_lowercase();
            lines.retain(|line| line.to_lowercase().contains(&text));
        }
    }
    let more = all - lines.len();
    let mut lines: Vec<String> = lines.into_iter().map(|line| format!("            {line}")).collect();
    if more > 0 && *detail == Detail::Samples {
        lines.push(format!("            and {more} more"));
    }
    lines
}

/// `about 12 s`, `about 3 min`
fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1.0 => "less than a second".to_owned(),
        seconds if seconds < 120.0 => format!("about {seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("about {:.0} min", seconds / 60.0),
        seconds => format!("about {:.1} h", seconds / 3600.0),
    }
}
