//! `beadle sandbox`: the simulated platforms on localhost, for any client.

use super::{Code, Failure, Shell};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle sandbox
  beadle sandbox --port 8080 --seed 7 --people 2000")]
pub(super) struct Options {
    /// The port on this machine; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// From which number the community is made
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many people live in it
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// How many activities there are
    #[arg(long, value_name = "N")]
    activities: Option<u64>,
    /// What shall go wrong
    #[arg(long, value_name = "SPEC")]
    faults: Option<String>,
}

/// Serves the platforms until it is stopped.
pub(super) fn sandbox(_options: &Options, _shell: &Shell) -> Result<Code, Failure> {
    Err(Failure::failed("failed to start the sandbox: it cannot be served yet"))
}
