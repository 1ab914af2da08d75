//! A sandbox that outlives the process: its world is its seed and the requests that changed it, both in the store.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Applied, Journal, ReplayError, Sandbox, SandboxOptions, Seed};
use crate::clock::Clock;
use crate::store::{self, Store, World, WorldRequest};

/// Requests read in one go while a world is made again.
const PAGE: i64 = 1_000;

/// Why a kept world cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Its requests cannot be played again.
    #[error("the kept sandbox cannot be made again: {0}; --fresh begins a new one")]
    Replay(#[from] ReplayError),
    /// It was asked to be made otherwise than it was.
    #[error(
        "the kept sandbox was made with --seed {seed} --people {people}; --fresh makes a new one with other numbers"
    )]
    OtherSeed {
        /// Its seed.
        seed: u64,
        /// Its people.
        people: usize,
    },
}

/// What somebody wants of a kept sandbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// A new world, whatever is kept.
    pub fresh: bool,
    /// The seed's number, where it was named.
    pub seed: Option<u64>,
    /// How many people, where it was named.
    pub people: Option<usize>,
    /// How many activities, where it was named.
    pub activities: Option<usize>,
}

/// The sandbox kept in this store, in the state it was left in; made when there is none. With its world's id, which is
/// the account behind all of its connections.
pub async fn kept(store: &Store, clock: &Clock, wanted: Wanted) -> Result<(Sandbox, String), KeptError> {
    let found = match wanted.fresh {
        true => None,
        false => store.world().await?,
    };
    let world = match found {
        Some(world) => world,
        None if wanted.fresh => {
            let world = begun(clock, wanted);
            store.new_world(&world).await?;
            world
        }
        None => store.first_world(begun(clock, wanted)).await?,
    };
    let seed = seed_of(&world.seed);
    let other = |asked: Option<usize>, has: usize| asked.is_some_and(|asked| asked != has);
    if wanted.seed.is_some_and(|asked| asked != seed.seed)
        || other(wanted.people, seed.people)
        || other(wanted.activities, seed.activities)
    {
        return Err(KeptError::OtherSeed { seed: seed.seed, people: seed.people });
    }
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let page = store.world_requests(&world.id, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        entries.extend(page.into_iter().map(|(_, request)| applied(request)));
    }
    let journal = Arc::new(Kept { store: store.clone(), world: world.id.clone() });
    let options = SandboxOptions { seed, ..SandboxOptions::default() };
    Ok((Sandbox::replay(options, clock.clone(), entries, Some(journal))?, world.id))
}

fn begun(clock: &Clock, wanted: Wanted) -> World {
    let default = Seed::default();
    let (seed, people) = (wanted.seed.unwrap_or(default.seed), wanted.people.unwrap_or(default.people));
    let activities = wanted.activities.unwrap_or(default.activities);
    let now = clock.now_ms();
    World {
        id: format!("sandbox-{seed}-{now}"),
        seed: json!({ "seed": seed, "people": people, "activities": activities }),
        started_ms: now,
    }
}

fn seed_of(value: &Value) -> Seed {
    let default = Seed::default();
    let count = |key: &str, default: usize| {
        value.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    Seed {
        seed: value.get("seed").and_then(Value::as_u64).unwrap_or(default.seed),
        people: count("people", default.people),
        activities: count("activities", default.activities),
    }
}

fn applied(request: WorldRequest) -> Applied {
    Applied {
        at_ms: request.at_ms,
        platform: request.platform,
        method: request.method,
        target: request.target,
        body: request.body.into(),
    }
}

/// Keeps what is applied.
struct Kept {
    store: Store,
    world: String,
}

impl Journal for Kept {
    fn append<'a>(&'a self, entry: &'a Applied) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let request = WorldRequest {
                at_ms: entry.at_ms,
                platform: entry.platform.clone(),
                method: entry.method.clone(),
                target: entry.target.clone(),
                body: entry.body.to_vec(),
            };
            self.store.keep_world_request(&self.world, &request).await.map(drop).map_err(|error| error.to_string())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Asked;

    #[tokio::test]
    async fn a_kept_sandbox_is_found_again_as_it_was_left() {
        let (store, clock) = (Store::in_memory().await.unwrap(), Clock::system());
        let (sandbox, id) = kept(&store, &clock, Wanted::default()).await.unwrap();
        let asked = Asked {
            platform: "mobilize".into(),
            method: "POST".into(),
            target: "/users/".into(),
            authorised: true,
            body: r#"{"email":"new@person.example"}"#.into(),
        };
        assert_eq!(sandbox.handle(asked).await.status, 200);
        let (again, same) = kept(&store, &clock, Wanted::default()).await.unwrap();
        assert_eq!(id, same);
        let asked = Asked {
            platform: "mobilize".into(),
            method: "GET".into(),
            target: "/users/find_by_email?email=new%40person.example".into(),
            authorised: true,
            body: bytes::Bytes::new(),
        };
        assert!(String::from_utf8_lossy(&again.handle(asked).await.body).contains("new@person.example"));
        let (_, fresh) = kept(&store, &clock, Wanted { fresh: true, ..Wanted::default() }).await.unwrap();
        assert_ne!(fresh, id);
        let other = kept(&store, &clock, Wanted { people: Some(9), ..Wanted::default() }).await.unwrap_err();
        assert!(other.to_string().contains("--fresh"), "{other}");
    }
}
