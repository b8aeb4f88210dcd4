//! The interface described by its own table (OpenAPI 3.1). Bodies are described in `web/src/protocol/rest.ts`.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::domain::access;
use crate::http::routes::{ROUTES, Route};

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
            "securitySchemes": { "signIn": { "type": "apiKey", "in": "cookie", "name": "__Host-sid" } },
            "schemas": { "Problem": problem() },
        },
    }))
}

fn operation(route: &Route) -> Value {
    let parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } })
        })
        .collect();
    let security = if access::is_open(route.id) { json!([]) } else { json!([{ "signIn": [] }]) };
    json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "security": security,
        "responses": {
            "2XX": { "description": "done" },
            "default": {
                "description": "RFC 9457 problem document",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            },
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["status", "title", "title_en", "code"],
        "properties": {
            "status": { "type": "integer" },
            "title": { "type": "string" },
            "title_en": { "type": "string" },
            "code": { "type": "string" },
            "field": { "type": ["string", "null"] },
            "citation": { "type": ["string", "null"] },
        },
    })
}
