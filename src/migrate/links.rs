//! Links by which people come in: made again where the other side has them, named where it has none.

use std::collections::{BTreeSet, HashMap};

use super::{Difference, GroupPlace, Kind, Place, Unmapped, Wish};
use crate::catalog::Link;
use crate::client::{Client, Error, With};
use crate::model::Group;
use crate::roster::alike;

use super::compare::difference;

/// All links of an account; none where the platform has none.
async fn all(client: &Client) -> Result<Vec<Link>, Error> {
    let Some(links) = client.platform().adapter.links() else { return Ok(Vec::new()) };
    let rows = client.read_all(&(links.list)(client.connection())).await?;
    Ok(rows.as_array().into_iter().flatten().filter_map(links.read).collect())
}

/// The links of the source that are to be there on the other side, with the other side's role; and those that are not.
pub(super) async fn wanted(
    from: &Client,
    to: &Client,
    places: &[GroupPlace],
    wish: &Wish,
) -> Result<(Vec<Link>, Vec<Unmapped>), Error> {
    let (mut wanted, mut unmapped) = (Vec::new(), Vec::new());
    let title = to.platform().title;
    let by_id: HashMap<&str, &GroupPlace> = places.iter().map(|place| (place.group.id.as_str(), place)).collect();
    for link in all(from).await? {
        let leads: Vec<&GroupPlace> = link.groups.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect();
        let stays = |place: &&&GroupPlace| !place.moves();
        let on_purpose = leads.iter().all(|place| place.place == Place::Left) && !leads.is_empty();
        if on_purpose || wish.leaves_role(&link.role) {
            continue;
        }
        let why = match (to.platform().adapter.links(), leads.iter().find(stays), wish.role_for(&link.role)) {
            (None, ..) => format!("{title} has no links by which people come in"),
            (_, Some(place), _) => format!("leads into {} as well, which does not move", place.group.name),
            (.., None) => format!("`roles` does not say what {} is on {title}", link.role),
            (.., Some(role)) => {
                wanted.push(Link { role: role.to_owned(), ..link });
                continue;
            }
        };
        let into: Vec<&str> = leads.iter().map(|place| place.group.name.as_str()).collect();
        let what = format!("a link into {}, as {}", into.join(", "), link.role);
        unmapped.push(Unmapped { kind: "invitation", id: link.id, name: link.name, what, why });
    }
    Ok((wanted, unmapped))
}

/// Whether the roles that they give are there.
pub(super) async fn check(to: &Client, wanted: &[Link]) -> Result<(), Error> {
    let Some(links) = to.platform().adapter.links() else { return Ok(()) };
    for link in wanted {
        to.completed(&(links.make)(to.connection(), link)).await?;
    }
    Ok(())
}

/// Makes those that are not there. `targets`: the counterparts of groups, by the source's ids.
pub(super) async fn make(
    to: &Client,
    wanted: &[Link],
    targets: &HashMap<String, String>,
    wish: &Wish,
) -> Result<usize, Error> {
    let Some(links) = to.platform().adapter.links().filter(|_| !wanted.is_empty()) else { return Ok(0) };
    let with = With { limits: wish.limits.clone(), ..With::default() };
    let mut made = 0;
    for link in lacking(to, wanted, targets).await? {
        to.call(&(links.make)(to.connection(), &link), &with).await?;
        made += 1;
    }
    Ok(made)
}

/// Those that are not on the other side.
pub(super) async fn compare(to: &Client, wanted: &[Link], places: &[GroupPlace]) -> Result<Vec<Difference>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let there = |place: &GroupPlace| match &place.place {
        Place::There(id) => Some((place.group.id.clone(), id.clone())),
        _ => None,
    };
    let targets: HashMap<String, String> = places.iter().filter_map(there).collect();
    let by_id: HashMap<&str, &Group> = places.iter().map(|place| (place.group.id.as_str(), &place.group)).collect();
    let lacking: BTreeSet<String> = lacking(to, wanted, &targets).await?.into_iter().map(|link| link.id).collect();
    let told = wanted.iter().filter(|link| lacking.contains(&link.id)).filter_map(|link| {
        let group = by_id.get(link.groups.first()?.as_str())?;
        let what = format!("a link into it, as {}, is not there", link.role);
        Some(difference(Kind::Invitation, group, "", &what, (&link.name, "")))
    });
    Ok(told.collect())
}

/// The links that are not there, as they are to be made; each kind of link once.
async fn lacking(to: &Client, wanted: &[Link], targets: &HashMap<String, String>) -> Result<Vec<Link>, Error> {
    let mut known = all(to).await?;
    let mut lacking: Vec<Link> = Vec::new();
    for link in wanted {
        let groups = link.groups.iter().filter_map(|id| targets.get(id)).cloned().collect();
        let link = Link { groups, ..link.clone() };
        let same = |known: &Link| alike(&known.role, &link.role) && ids(known) == ids(&link);
        if !known.iter().any(same) {
            known.push(link.clone());
            lacking.push(link);
        }
    }
    Ok(lacking)
}

fn ids(link: &Link) -> BTreeSet<String> {
    link.groups.iter().map(|id| id.to_lowercase()).collect()
}
