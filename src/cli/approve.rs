//! `beadle approve RUN`: a person allows a held run, or a plan, what its brakes named.

use super::session::Session;
use super::{Code, Failure, Shell};
use crate::effects::brakes::Brake;
use crate::events::Level;
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle approve 20261122-0158-k3f9 --removals 12 --reason \"the chapter was split\"
  beadle approve 20261122-0158-k3f9 --removals 12 --sentinel 1 --reason \"the canary has retired\"")]
pub(super) struct Options {
    /// The run, as its report named it; or the plan
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    numbers: Numbers,
    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// An option for each brake; given several times where it holds in several places.
#[derive(Debug, Default, clap::Args)]
struct Numbers {
    /// Allow that so many sentinel persons are missing from the roster
    #[arg(long, value_name = "N")]
    sentinel: Vec<u64>,
    /// Allow that so few people stand in both the roster and the group
    #[arg(long, value_name = "N")]
    overlap: Vec<u64>,
    /// Allow that a group's first roster has so many rows: whoever is in the group and not among them is removed
    #[arg(long, value_name = "N")]
    first_roster: Vec<u64>,
    /// Allow so many removals: the number that the brake named
    #[arg(long, value_name = "N")]
    removals: Vec<u64>,
    /// Allow existing values of so many people to be overwritten
    #[arg(long, value_name = "N")]
    changes: Vec<u64>,
    /// Allow so many accounts, groups or contributions to be deleted
    #[arg(long, value_name = "N")]
    deletes: Vec<u64>,
    /// Allow so many people to get an administrator's power
    #[arg(long, value_name = "N")]
    roles: Vec<u64>,
    /// Allow so many people to be written to
    #[arg(long, value_name = "N")]
    mails: Vec<u64>,
    /// Allow so many people to be written to in quiet hours
    #[arg(long, value_name = "N")]
    quiet: Vec<u64>,
}

impl Numbers {
    fn of(&self, brake: Brake) -> &[u64] {
        match brake {
            Brake::Sentinel => &self.sentinel,
            Brake::Overlap => &self.overlap,
            Brake::FirstRoster => &self.first_roster,
            Brake::Removals => &self.removals,
            Brake::Changes => &self.changes,
            Brake::Deletes => &self.deletes,
            Brake::Roles => &self.roles,
            Brake::Mails => &self.mails,
            Brake::Quiet => &self.quiet,
        }
    }

    fn named(&self) -> Vec<(Brake, u64)> {
        Brake::ALL.into_iter().flat_map(|brake| self.of(brake).iter().map(move |number| (brake, *number))).collect()
    }
}

/// Keeps the approval and says how to go on.
pub(super) fn approve(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let (past, named) = (session.past(), options.numbers.named());
    let who = shell.environment.get("USER").unwrap_or("unknown");
    let approved = session.ask(past.approve(&options.run, &named, who, &options.reason, session.now_ms()))?;
    shell.printer.say(Level::Info, &approved.text(&past.flags));
    Ok(Code::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_brake_has_an_option_of_its_word() {
        let command = <Numbers as clap::Args>::augment_args(clap::Command::new("approve"));
        let mut options: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        let mut brakes: Vec<&str> = Brake::ALL.iter().map(|brake| brake.as_str()).collect();
        options.sort_unstable();
        brakes.sort_unstable();
        assert_eq!(options, brakes);
    }
}
