//! The files that lie on the simulated server: no operation uploads one, so there are some from the start.

use crate::world::{Invitee, World};

/// The people of a file by the last part of its path; `None` where it cannot be read. `users.csv` has one row of each kind.
pub fn people_in(world: &World, group: u64, path: &str) -> Option<Vec<Invitee>> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let person = |email: &str, first: &str, last: &str| Invitee {
        email: email.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
    };
    match name {
        "users.csv" => {
            let member = world.members_from(group, 0).next();
            let stranger = world.users_from(0).find(|user| user.membership(group).is_none());
            let mut people = vec![person("new.face@invited.example", "New", "Face")];
            people.extend(
                member.into_iter().chain(stranger).map(|user| person(&user.email, &user.first_name, &user.last_name)),
            );
            people.push(person("not an address", "No", "Body"));
            Some(people)
        }
        "empty.csv" => Some(Vec::new()),
        _ => None,
    }
}
