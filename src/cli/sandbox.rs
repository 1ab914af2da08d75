//! `beadle sandbox`: the simulated platforms on localhost, for any client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Code, Failure, Format, Shell};
use crate::clock::Clock;
use crate::events::Level;
use crate::platforms;
use crate::sandbox::{
    Answers, Content, Running, Sandbox, SandboxOptions, Seed, Sender, Sent, ServeOptions, Sessions, TOKEN_LIFE,
    ToolsServer, parse_faults, serve,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle sandbox
  beadle sandbox --port 8080 --seed 7 --people 2000
  beadle sandbox --tools events,sessions")]
pub(super) struct Options {
    /// The port on this machine; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// From which number the community is made
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many people live in it
    #[arg(long, value_name = "N")]
    people: Option<usize>,
    /// How many activities there are
    #[arg(long, value_name = "N")]
    activities: Option<usize>,
    /// How many seconds the tokens live that it gives out
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_LIFE.as_secs())]
    token_life: u64,
    /// What shall go wrong: docs/sandbox.md
    #[arg(long, value_name = "SPEC")]
    faults: Option<String>,
    /// What a server of tools (Heartbeat's) is like, several with commas
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    tools: Vec<Tools>,
    /// Send Mobilize's webhooks to this address when people are made or join
    #[arg(long, value_name = "ADDRESS")]
    webhook: Option<String>,
}

/// In what a server of tools can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Tools {
    /// Answers come as events, a notice before each
    Events,
    /// Nothing is taken without a session
    Sessions,
    /// Answers have JSON in a block of text and no structured content
    Text,
}

fn server(tools: &[Tools]) -> ToolsServer {
    let mut server = ToolsServer::default();
    for one in tools {
        match one {
            Tools::Events => server.answers = Answers::Events,
            Tools::Sessions => server.sessions = Sessions::Demanded,
            Tools::Text => server.content = Content::Text,
        }
    }
    server
}

/// Serves the platforms until it is stopped.
pub(super) fn sandbox(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let default = Seed::default();
    let seed = Seed {
        seed: options.seed.unwrap_or(default.seed),
        people: options.people.unwrap_or(default.people),
        activities: options.activities.unwrap_or(default.activities),
    };
    let sandbox = Sandbox::new(SandboxOptions { seed, ..SandboxOptions::default() }, Clock::system());
    if let Some(faults) = &options.faults {
        sandbox.set_faults(parse_faults(faults).map_err(|error| Failure::usage(error.to_string()))?);
    }
    let fail = |error: std::io::Error| Failure::failed(format!("failed to serve the sandbox: {error}"));
    let token_life = Duration::from_secs(options.token_life);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(fail)?;
    runtime.block_on(async {
        let running = serve(ServeOptions {
            sandbox,
            port: options.port,
            credentials: None,
            token_life,
            tools: server(&options.tools),
        })
        .await
        .map_err(fail)?;
        if let Some(address) = &options.webhook {
            let sender = Sender::new(running.sandbox().clone(), address).await.map_err(Failure::failed)?;
            let printer = Arc::clone(&shell.printer);
            tokio::spawn(sender.send(running.stop.clone(), move |sent| printer.say(Level::Info, &words(&sent))));
        }
        introduce(&running, shell);
        super::session::next_signal().await.map_err(fail)?;
        running.stopped().await.map_err(fail)
    })?;
    Ok(Code::Done)
}

/// What became of a delivery; the address is a secret.
fn words(sent: &Sent) -> String {
    let tries = if sent.tries > 1 { format!(" at try {}", sent.tries) } else { String::new() };
    match &sent.ended {
        Ok(status) => format!("webhook {}: answered {status}{tries}", sent.id),
        Err(why) => format!("webhook {}: nobody took it{tries}: {why}", sent.id),
    }
}

/// Says how to reach it.
fn introduce(running: &Running, shell: &Shell) {
    let (key, secret) = (&running.credentials.key, &running.credentials.secret);
    if shell.printer.format() == Format::Json {
        let bases: serde_json::Map<_, _> =
            platforms::all().map(|platform| (platform.name.to_owned(), running.base_url(platform).into())).collect();
        shell.printer.object(&json!({
            "type": "sandbox", "address": running.address.to_string(), "base_urls": bases,
            "key": key, "secret": secret, "outbox": running.page("outbox"),
        }));
        return;
    }
    let mut text = format!("sandbox on http://{}\n", running.address);
    for platform in platforms::all() {
        text.push_str(&format!("  {}: {}\n", platform.title, running.base_url(platform)));
    }
    text.push_str(&format!("  key: {key}\n  secret: {secret}\n"));
    for (page, what) in
        [("outbox", "mails that would have gone out"), ("journal", "requests"), ("faults", "what goes wrong")]
    {
        text.push_str(&format!("  {}  {what}\n", running.page(page)));
    }
    text.push_str("Ctrl-C stops it; nothing is kept.\n");
    shell.printer.data(&text);
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_server_of_tools_is_plain_until_something_else_is_said() {
        let of =
            |words: &[&str]| Line::try_parse_from(["sandbox"].iter().chain(words)).map(|l| server(&l.options.tools));
        assert_eq!(of(&[]).unwrap(), ToolsServer::default());
        let other = ToolsServer { answers: Answers::Events, content: Content::Text, sessions: Sessions::Demanded };
        assert_eq!(of(&["--tools", "events,sessions,text"]).unwrap(), other);
        assert_eq!(of(&["--tools=sessions"]).unwrap().answers, Answers::Json);
        assert!(of(&["--tools", "stream"]).is_err());
    }
}
