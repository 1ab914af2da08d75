//! The table of all paths. It routes requests, and the OpenAPI document is made from it.

use std::sync::Arc;

use axum::http::Method;
use futures_util::future::BoxFuture;

use super::answer::{Asked, Reply};
use super::door::Access;
use super::field::Field;
use super::problem::Problem;
use super::record::Record;
use super::{Api, alarms, decisions, doubts, hooks, jobs, plans, runs, ticks, watching};

/// What does the work of a route.
pub(super) type Act = fn(Arc<Api>, Asked) -> BoxFuture<'static, Result<Reply, Problem>>;

/// One method of one path.
pub(super) struct Route {
    pub(super) method: Method,
    /// Parts in braces stand for names.
    pub(super) path: &'static str,
    /// Its name in the document.
    pub(super) name: &'static str,
    /// What it does, and which command does the same.
    pub(super) doc: &'static str,
    pub(super) access: Access,
    pub(super) query: &'static [Field],
    pub(super) body: &'static [Field],
    /// The status of a good answer, and what it holds.
    pub(super) good: (u16, Shape),
    /// What else can be answered, besides what its kind of route can always be.
    pub(super) refusals: &'static [u16],
    pub(super) act: Act,
}

/// What a good answer holds.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// One object.
    One(&'static Record),
    /// A page of objects.
    Page(&'static Record),
    /// Text of this media type.
    Text(&'static str),
    /// This document.
    Document,
}

/// What a path leads to.
pub(super) enum Found {
    /// A route, and what stands for the names in its path.
    Route(&'static Route, Vec<String>),
    /// Routes of other methods.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// All of them, by what they are about.
const ALL: [&[Route]; 10] = [
    watching::ROUTES,
    jobs::ROUTES,
    ticks::ROUTES,
    runs::ROUTES,
    plans::ROUTES,
    decisions::ROUTES,
    doubts::ROUTES,
    hooks::ROUTES,
    alarms::ROUTES,
    watching::DOCUMENT,
];

/// All routes.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ALL.into_iter().flatten()
}

/// Method, path and name of every route.
pub fn paths() -> Vec<(&'static str, &'static str, &'static str)> {
    let word = |method: &Method| match *method {
        Method::POST => "POST",
        _ => "GET",
    };
    routes().map(|route| (word(&route.method), route.path, route.name)).collect()
}

/// What a path leads to.
pub(super) fn find(method: &Method, path: &str) -> Found {
    let mut others: Vec<&str> = Vec::new();
    for route in routes() {
        let Some(names) = names(route.path, path) else { continue };
        if route.method == *method {
            return Found::Route(route, names);
        }
        others.push(route.method.as_str());
    }
    match others.is_empty() {
        true => Found::Nothing,
        false => Found::OtherMethods(others.join(", ")),
    }
}

/// What stands for the names in a route's path.
fn names(route: &str, path: &str) -> Option<Vec<String>> {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (route.next(), path.next()) {
            (None, None) => return Some(names),
            (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() => {
                names.push(percent_encoding::percent_decode_str(part).decode_utf8().ok()?.into_owned());
            }
            (Some(one), Some(other)) if one == other => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_route_of_its_method() {
        let found = |method: &Method, path: &str| match find(method, path) {
            Found::Route(route, names) => format!("{} {}", route.name, names.join(",")),
            Found::OtherMethods(others) => format!("not {others}"),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(found(&Method::GET, "/api/v1/jobs/a%20b"), "job a b");
        assert_eq!(found(&Method::DELETE, "/api/v1/jobs/a"), "not GET");
        assert_eq!(found(&Method::GET, "/api/v1/jobs/a/pause"), "not POST");
        for path in ["/", "/api/v1/jobs/", "/api/v1/jobs//pause", "/api/v1/jobs/a/b/c", "/api/v1", "//healthz"] {
            assert_eq!(found(&Method::GET, path), "nothing", "{path}");
        }
    }

    #[test]
    fn every_route_has_a_name_of_its_own_and_only_what_watches_is_open() {
        let mut names: Vec<&str> = routes().map(|route| route.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for route in routes() {
            let api = route.path.starts_with("/api/v1/");
            assert_eq!(api, route.access == Access::Token, "{}", route.path);
            assert!(route.method == Method::GET || api, "{}", route.path);
        }
    }
}
