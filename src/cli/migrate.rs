//! `beadle migrate --from A --to B`: a migration without a script of one's own. It is one all the same, kept beside the
//! store, so that the run is resumed, planned for and told as any other.

use serde_json::{Map, Value, json};

use super::run::{How, order};
use super::{Code, Failure, Shell, pair};
use crate::settings::Mode;
use crate::tables;

/// The script, and where it is kept below the project's folder.
const SCRIPT: &str = include_str!("migrate.rhai");
const PLACE: &str = ".beadle/migrate.rhai";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle migrate --from main --to new-heartbeat --look --sandbox
  beadle migrate --from main --to new-heartbeat --newcomers accounts --role member=Member --role administrator=Member --if-exists use --sandbox
  beadle migrate --from main --to new-heartbeat --verify --sandbox

Exit codes: as of `run`; --verify ends with 5 where something of the source is missing. More: docs/migrations.md")]
pub(super) struct Options {
    /// The connection that people come from; it is only read
    #[arg(long, value_name = "NAME")]
    from: String,
    /// The connection that they go to
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Only say what would be done, and what has no place on the other side
    #[arg(long, conflicts_with = "verify")]
    look: bool,
    /// Only compare both sides and name every difference
    #[arg(long)]
    verify: bool,
    /// Move this group, by id or name, and not all; may be repeated. With =ID into that one of the other side
    #[arg(long = "group", value_name = "GROUP[=ID]", value_parser = group)]
    groups: Vec<(String, Option<String>)>,
    /// What a field is called on the other side; nothing behind the sign leaves it behind. May be repeated
    #[arg(long = "field", value_name = "NAME=NAME", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// What everybody gets in a field of the other side into which they bring nothing. May be repeated
    #[arg(long = "value", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// What a role is called on the other side; nothing behind the sign leaves it behind. May be repeated
    #[arg(long = "role", value_name = "NAME=NAME", value_parser = pair)]
    roles: Vec<(String, String)>,
    /// How people without an account come in, where only accounts can be in a group
    #[arg(long, value_parser = ["accounts", "pending"])]
    newcomers: Option<String>,
    /// Whether to move into groups of the same name that were not made here
    #[arg(long, value_parser = ["fail", "use"])]
    if_exists: Option<String>,
    /// The address of whoever administers new groups
    #[arg(long, value_name = "EMAIL")]
    manager: Option<String>,
    /// The group of the other side below which those come that have none above them
    #[arg(long, value_name = "ID")]
    under: Option<String>,
    /// Invite people who never signed in on the other side, in the name of this member of it
    #[arg(long, value_name = "SENDER")]
    invite: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Runs the migration as a script.
pub(super) fn migrate(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.how.sandbox { Mode::Sandbox } else { Mode::Real };
    shell.settings(mode, Some(&options.to))?.default_connection()?;
    let path = shell.settings(mode, Some(&options.from))?.project.folder.join(PLACE);
    tables::make_room(&path)
        .and_then(|()| tables::write_text(&path, SCRIPT))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let step = match (options.look, options.verify) {
        (true, _) => "look",
        (_, true) => "verify",
        _ => "run",
    };
    let args = [
        ("from", options.from.clone()),
        ("to", options.to.clone()),
        ("step", step.to_owned()),
        ("options", options.json().to_string()),
    ];
    let how = options.how.given(&options.from, args)?;
    let (session, order, play) = order(&path, &how, shell)?;
    session.run(&order, play)
}

impl Options {
    /// The options as scripts write them.
    fn json(&self) -> Value {
        let group = |(name, into): &(String, Option<String>)| match into {
            Some(id) => (name.clone(), json!(id)),
            None => (name.clone(), json!(true)),
        };
        let named = |pairs: &[(String, String)]| {
            let name = |(name, target): &(String, String)| {
                (name.clone(), Some(target.as_str()).filter(|target| !target.is_empty()).into())
            };
            Value::Object(pairs.iter().map(name).collect())
        };
        let groups: Map<String, Value> = self.groups.iter().map(group).collect();
        let mut all = json!({ "fields": named(&self.fields), "roles": named(&self.roles) });
        if !self.values.is_empty() {
            all["values"] = named(&self.values);
        }
        if !groups.is_empty() {
            all["groups"] = groups.into();
        }
        let texts = [
            ("newcomers", &self.newcomers),
            ("if_exists", &self.if_exists),
            ("manager", &self.manager),
            ("under", &self.under),
            ("sender", &self.invite),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                all[name] = json!(text);
            }
        }
        if self.invite.is_some() {
            all["invite"] = json!(true);
        }
        all
    }
}

/// `Berlin`, or `Berlin=501`.
fn group(text: &str) -> Result<(String, Option<String>), String> {
    let (name, into) = match text.split_once('=') {
        Some((name, id)) => (name, Some(id.trim())),
        None => (text, None),
    };
    match name.trim().is_empty() || into == Some("") {
        true => {
            Err("write a group of the source as GROUP, or GROUP=ID with the id of one of the other side".to_owned())
        }
        false => Ok((name.trim().to_owned(), into.map(str::to_owned))),
    }
}
