//! The OpenAPI document, made from the table of routes.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::door::Access;
use super::field::{Field, Need};
use super::record::{Record, reference};
use super::records::PROBLEM;
use super::route::{Route, Shape, routes};

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in routes() {
        let place = paths.entry(route.path).or_insert_with(|| Value::Object(Map::new()));
        place[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "beadle serve",
            "version": "1",
            "summary": "Jobs, runs, plans, doubts, webhooks and alarms of one project, and what monitors ask for.",
            "description": "Everything here does what a command does, and says which. How it is reached: docs/api.md.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:8787", "description": "`listen` of `[serve]` in beadle.toml" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`token` of `[serve]`, or what stands in .beadle/serve-token",
                },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path =
        names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = route.query.iter().map(|field| {
        json!({
            "name": field.name,
            "in": "query",
            "required": field.need == Need::Must,
            "description": field.doc,
            "schema": field.ty.schema(),
        })
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let (summary, more) = route.doc.split_once(". ").unwrap_or((route.doc.trim_end_matches('.'), ""));
    let mut operation = json!({ "operationId": route.name, "summary": summary });
    if !more.is_empty() {
        operation["description"] = more.into();
    }
    operation["security"] = match route.access {
        Access::Anybody => json!([]),
        Access::Neighbour => json!([{}, { "token": [] }]),
        Access::Token => json!([{ "token": [] }]),
    };
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if route.method == Method::POST {
        operation["requestBody"] = body(route.body);
    }
    operation["responses"] = responses(route);
    operation
}

fn body(fields: &[Field]) -> Value {
    let described = |field: &Field| {
        let mut schema = field.ty.schema();
        schema["description"] = field.doc.into();
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(described).collect();
    let needed: Vec<&str> = fields.iter().filter(|field| field.need == Need::Must).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !needed.is_empty() {
        schema["required"] = needed.clone().into();
    }
    for field in fields {
        if let Need::Or(others) = field.need {
            let without = |names: &[&str]| {
                let each = names.iter().map(|name| json!({ "required": [name] }));
                json!({ "anyOf": each.collect::<Vec<_>>() })
            };
            schema["oneOf"] = json!([
                { "required": [field.name], "not": without(others) },
                { "required": others, "not": without(&[field.name]) },
            ]);
        }
    }
    json!({ "required": !needed.is_empty(), "content": { "application/json": { "schema": schema } } })
}

fn responses(route: &Route) -> Value {
    let content = match route.good.1 {
        Shape::One(record) => json!({ "application/json": { "schema": reference(record) } }),
        Shape::Page(record) => json!({ "application/json": { "schema": {
            "type": "object",
            "properties": {
                "items": { "type": "array", "items": reference(record) },
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "`cursor` of the next page; null at the end",
                },
            },
            "required": ["items", "next_cursor"],
            "additionalProperties": false,
        } } }),
        Shape::Text(kind) => json!({ kind.split(';').next().unwrap_or(kind): { "schema": { "type": "string" } } }),
        Shape::Document => json!({ "application/json": { "schema": { "type": "object" } } }),
    };
    let mut responses = Map::new();
    responses.insert(route.good.0.to_string(), json!({ "description": words(route.good.0), "content": content }));
    for status in refusals(route) {
        let content = json!({ "application/problem+json": { "schema": reference(&PROBLEM) } });
        responses.insert(status.to_string(), json!({ "description": words(status), "content": content }));
    }
    Value::Object(responses)
}

/// How a route can refuse: by what it is, and by what its act says.
fn refusals(route: &Route) -> Vec<u16> {
    let mut all = route.refusals.to_vec();
    all.push(400);
    if route.access != Access::Anybody {
        all.extend([401, 421]);
    }
    if route.path.contains('{') {
        all.push(404);
    }
    if route.method == Method::POST {
        all.extend([408, 413, 415]);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn words(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Answer")
}

fn schemas() -> Value {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<&'static Record> = vec![&PROBLEM];
    waiting.extend(routes().filter_map(|route| match route.good.1 {
        Shape::One(record) | Shape::Page(record) => Some(record),
        Shape::Text(_) | Shape::Document => None,
    }));
    while let Some(record) = waiting.pop() {
        if found.insert(record.name.to_owned(), record.schema()).is_none() {
            waiting.extend(record.inner());
        }
    }
    Value::Object(found.into_iter().collect())
}
