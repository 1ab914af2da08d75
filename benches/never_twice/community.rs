//! The simulated platform on localhost, with people who were never invited.

use std::collections::BTreeMap;

use beadle::clock::Clock;
use beadle::platforms;
use beadle::sandbox::{
    ROSTER_GROUP, Running, SENDER, Sandbox, SandboxOptions, Seed, ServeOptions, TOKEN_LIFE, ToolsServer, parse_faults,
    serve,
};
use tokio::runtime::Runtime;

use crate::Outcome;

/// How many live there: enough that so many of one group were never invited.
const INHABITANTS: usize = 2_400;
/// Each write takes so long at the platform, as it would over a network.
const SLOWNESS: &str = "slow:ms=10:writes";

/// A community that listens, until it is dropped.
pub struct Community {
    /// Whom to invite.
    pub people: Vec<u64>,
    pub base_url: String,
    pub key: String,
    pub secret: String,
    sandbox: Sandbox,
    runtime: Runtime,
    _running: Running,
}

impl Community {
    /// Into which group, and in whose name.
    pub const GROUP: u64 = ROSTER_GROUP;
    pub const SENDER: u64 = SENDER;

    pub fn serve(people: usize) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let seed = Seed { people: INHABITANTS, ..Seed::default() };
        let sandbox = Sandbox::new(SandboxOptions { seed, ..SandboxOptions::default() }, Clock::system());
        sandbox.set_faults(parse_faults(SLOWNESS)?);
        let running = runtime.block_on(serve(ServeOptions {
            sandbox: sandbox.clone(),
            port: 0,
            credentials: None,
            token_life: TOKEN_LIFE,
            tools: ToolsServer::default(),
        }))?;
        let platform = platforms::named("mobilize").ok_or("no such platform")?;
        let never_invited = runtime.block_on(sandbox.look("mobilize", |world| -> Vec<u64> {
            let members = world.members_from(Self::GROUP, 0).filter(|user| {
                user.membership(Self::GROUP).is_some_and(|place| place.invited_ms.is_none() && !place.admin)
            });
            members.map(|user| user.id).take(people).collect()
        }));
        let chosen = never_invited.filter(|chosen| chosen.len() == people).ok_or("there are not enough people")?;
        Ok(Self {
            people: chosen,
            base_url: running.base_url(platform),
            key: running.credentials.key.clone(),
            secret: running.credentials.secret.clone(),
            sandbox,
            runtime,
            _running: running,
        })
    }

    /// How many invitations it has taken.
    pub fn taken(&self) -> usize {
        let tally = self.sandbox.tally();
        tally.requests.iter().filter(|asked| asked.operation == "members.invite" && asked.done == Some(200)).count()
    }

    /// How many mails went to whom, once its queue is empty.
    pub fn mails(&self) -> BTreeMap<u64, usize> {
        let outbox = self.runtime.block_on(async {
            self.sandbox.settle("mobilize").await;
            self.sandbox.outbox("mobilize").await
        });
        let mut mails = BTreeMap::new();
        for mail in outbox {
            *mails.entry(mail.user).or_default() += 1;
        }
        mails
    }
}
