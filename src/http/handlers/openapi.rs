//! The interface described by its own table (OpenAPI 3.1). Bodies are described by the types that read and write them:
//! `config/openapi-schemas.json` is generated from `protocol::rest`, and a test keeps it fresh.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Map, Value, json};

use crate::domain::access;
use crate::http::foreign;
use crate::http::routes::{Gives, ROUTES, Route, Takes};
use crate::{error, text};

/// Embedded; a test reads it, so it parses in every build that was tested.
static SCHEMAS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../config/openapi-schemas.json")).unwrap_or_default());

/// `GET /api/openapi.json`.
pub(in crate::http) async fn describe() -> Json<Value> {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation(route));
        }
    }
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "signIn": { "type": "apiKey", "in": "cookie", "name": "__Host-sid" },
                "deviceToken": { "type": "http", "scheme": "bearer" },
            },
            "schemas": schemas(),
        },
    }))
}

fn schemas() -> Map<String, Value> {
    let mut schemas = SCHEMAS.clone();
    // What a problem may say is known when the program is built, by the error table and the catalogue of refusals.
    if let Some(code) = schemas.get_mut("Problem").and_then(|problem| problem.pointer_mut("/properties/code")) {
        let mut codes: Vec<&str> = error::codes().chain(text::refusals()).collect();
        codes.sort_unstable();
        codes.dedup();
        *code = json!({ "type": "string", "description": "Stable code.", "enum": codes });
    }
    schemas
}

fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn operation(route: &Route) -> Value {
    let security = if let Some(security) = of_machines(route) {
        security
    } else if access::is_open(route.id) {
        json!([])
    } else {
        json!([{ "signIn": [] }])
    };
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters(route),
        "security": security,
        "responses": {
            route.done.to_string(): done(route),
            "default": {
                "description": "RFC 9457 problem document",
                "content": { "application/problem+json": { "schema": named("Problem") } },
            },
        },
    });
    let content = match route.takes {
        Takes::Json(name) => json!({ "application/json": { "schema": named(name) } }),
        Takes::Form => json!({ "multipart/form-data": { "schema": form() } }),
        Takes::Text(kind) => json!({ kind: { "schema": { "type": "string" } } }),
        Takes::Nothing | Takes::Query(_) => return operation,
    };
    if let Some(operation) = operation.as_object_mut() {
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    operation
}

/// Machines have a token of their own, except for asking what they may ask.
fn of_machines(route: &Route) -> Option<Value> {
    foreign::is_foreign(route.path).then(|| match route.method {
        "OPTIONS" => json!([]),
        _ => json!([{ "deviceToken": [] }]),
    })
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } })
        })
        .collect();
    if let Takes::Query(name) = route.takes {
        let properties = SCHEMAS.get(name).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
        }
    }
    if route.method == "POST" && !foreign::is_foreign(route.path) {
        // No form of another page can send it.
        parameters.push(json!({ "name": "x-diemcau", "in": "header", "required": true, "schema": { "const": "1" } }));
    }
    parameters
}

fn done(route: &Route) -> Value {
    let (kind, schema) = match route.gives {
        Gives::Nothing => return json!({ "description": "done" }),
        Gives::Socket => return json!({ "description": "the connection is a socket now: docs/protocol.md" }),
        Gives::Json(name) => ("application/json", named(name)),
        Gives::Description => ("application/json", json!({ "type": "object" })),
        Gives::Bytes(kind) => (kind, json!({})),
    };
    json!({ "description": "done", "content": { kind: { "schema": schema } } })
}

/// The parts that `files::attach` reads.
fn form() -> Value {
    json!({
        "type": "object",
        "required": ["file", "kind"],
        "additionalProperties": false,
        "properties": {
            "file": { "contentMediaType": "application/octet-stream" },
            "kind": named("FileKind"),
            "pages": { "type": "integer", "minimum": 0 },
            "condition": { "type": "string" },
            "point": named("PointId"),
        },
    })
}
