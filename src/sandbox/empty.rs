//! A community that begins empty, beside the seeded one: where people can move to.

use serde_json::Value;

use super::Seed;
use super::seed::{DAY_MS, EPOCH_MS, define_fields};
use crate::world::{NewGroup, NewUser, World, mix};

/// The first ids: not those of the seeded community, so that nobody takes one for the other.
const FIRST_USER: u64 = 5001;
const ROOT: u64 = 501;
/// The only member: the administrator.
const ADMIN: &str = "admin@new.example";

impl Seed {
    /// A community in which nobody is but its administrator, with one group and the fields of the seeded one.
    pub fn empty(&self) -> World {
        let mut world = World::new(mix(self.seed), EPOCH_MS - 400 * DAY_MS, FIRST_USER, ROOT);
        define_fields(&mut world, ROOT, None);
        let group = NewGroup { name: "Community".into(), alias: "community".into(), ..NewGroup::default() };
        let values = [("email", ADMIN), ("first_name", "Robin"), ("last_name", "Admin")];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let admin = NewUser { email: ADMIN.into(), values, registered: true };
        if let (Ok(root), Ok(id)) = (world.create_group(group), world.create_user(admin, None)) {
            // Nothing can stand against it: both have just been made.
            let _ = world.join(id, root);
            world.set_admin(id, root);
        }
        world.advance(EPOCH_MS);
        world
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::sandbox::{Applied, Asked, Sandbox, SandboxOptions};

    #[test]
    fn nobody_is_in_it_but_its_administrator() {
        let world = Seed::default().empty();
        assert_eq!((world.user_count(), world.group_count()), (1, 1));
        let admin = world.user(FIRST_USER).unwrap();
        assert!(admin.membership(ROOT).unwrap().admin && admin.registered);
        assert_eq!(world, Seed::default().empty());
    }

    fn made() -> Applied {
        Applied {
            at_ms: 1_800_000_000_000,
            platform: "mobilize/new".into(),
            method: "POST".into(),
            target: "/users/".into(),
            body: r#"{"email":"new@person.example"}"#.into(),
        }
    }

    #[tokio::test]
    async fn each_is_a_world_of_its_own_and_is_played_again_as_one() {
        let sandbox = Sandbox::replay(SandboxOptions::default(), Clock::system(), [made()], None).unwrap();
        let there = async |place: &str| {
            let has = |world: &World| world.user_by_email("new@person.example").is_some();
            sandbox.look(place, has).await
        };
        assert_eq!(there("mobilize/new").await, Some(true));
        for other in ["mobilize", "mobilize/other", "heartbeat/new"] {
            assert_eq!(there(other).await, Some(false), "{other}");
        }
        assert_eq!(there("nowhere/new").await, None);
        let asked = Asked {
            platform: "nowhere/new".into(),
            method: "GET".into(),
            target: "/users/".into(),
            authorised: true,
            body: bytes::Bytes::new(),
        };
        assert_eq!(sandbox.handle(asked).await.status, 404);
    }
}
