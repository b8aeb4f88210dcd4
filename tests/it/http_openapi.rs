//! The description of the interface is true: every body has a schema, it is the type the handler reads or writes, every
//! code is listed, and what the server really answers is what it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::architecture::nothing_wrong;
use crate::architecture::source::{read, strings};
use crate::support::web::{CENTRAL, Web};

/// What of a value is not as its schema says. Knows the words that our schemas use and no others, so that no word is
/// passed over in silence.
fn wrong(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Some(words) = schema.as_object() else { return vec![format!("{place}: a schema that is no object: {schema}")] };
    let mut found = Vec::new();
    let mut say = |what: String| found.push(format!("{place}: {what}"));
    let fits = |schema: &Value| wrong(root, schema, value, place).is_empty();
    for (word, rule) in words {
        match word.as_str() {
            "description" | "default" | "title" => {}
            "$ref" => {
                let target = rule.as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
                let target = target.unwrap_or_else(|| panic!("{rule} leads nowhere"));
                wrong(root, target, value, place).into_iter().for_each(&mut say);
            }
            "type" => {
                let kinds: Vec<&str> = match rule {
                    Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                    one => vec![one.as_str().unwrap()],
                };
                let is = |kind: &&str| match *kind {
                    "null" => value.is_null(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("a type {other}"),
                };
                if !kinds.iter().any(is) {
                    say(format!("{value} is no {rule}"));
                }
            }
            "format" => {
                if let Some(text) = value.as_str() {
                    let good = match rule.as_str().unwrap() {
                        "uuid" => Uuid::parse_str(text).is_ok(),
                        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
                        "date" => text.parse::<jiff::civil::Date>().is_ok(),
                        other => panic!("a format {other} of text"),
                    };
                    if !good {
                        say(format!("{text} is no {rule}"));
                    }
                }
            }
            "const" if value != rule => say(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => say(format!("{value} is none of {rule}")),
            "const" | "enum" => {}
            "minimum" if value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()) => {
                say(format!("{value} < {rule}"));
            }
            "maximum" if value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap()) => {
                say(format!("{value} > {rule}"));
            }
            "minItems" if value.as_array().is_some_and(|items| (items.len() as u64) < rule.as_u64().unwrap()) => {
                say("too few".to_owned());
            }
            "maxItems" if value.as_array().is_some_and(|items| items.len() as u64 > rule.as_u64().unwrap()) => {
                say("too many".to_owned());
            }
            "minimum" | "maximum" | "minItems" | "maxItems" => {}
            "required" => {
                for name in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|fields| !fields.contains_key(name)) {
                        say(format!("`{name}` is missing"));
                    }
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(field) = value.get(name) {
                        wrong(root, rule, field, &format!("{place}/{name}")).into_iter().for_each(&mut say);
                    }
                }
            }
            "additionalProperties" => {
                let known = words.get("properties").and_then(Value::as_object);
                for name in value.as_object().into_iter().flat_map(|fields| fields.keys()) {
                    if *rule == json!(false) && !known.is_some_and(|known| known.contains_key(name)) {
                        say(format!("`{name}` is not known"));
                    }
                }
            }
            "items" => {
                let first = words.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (at, item) in value.as_array().into_iter().flatten().enumerate().skip(first) {
                    wrong(root, rule, item, &format!("{place}/{at}")).into_iter().for_each(&mut say);
                }
            }
            "prefixItems" => {
                for (at, (rule, item)) in
                    rule.as_array().unwrap().iter().zip(value.as_array().into_iter().flatten()).enumerate()
                {
                    wrong(root, rule, item, &format!("{place}/{at}")).into_iter().for_each(&mut say);
                }
            }
            "anyOf" if !rule.as_array().unwrap().iter().any(fits) => say(format!("{value} fits nothing of anyOf")),
            "oneOf" if rule.as_array().unwrap().iter().filter(|one| fits(one)).count() != 1 => {
                say(format!("{value} fits not one of oneOf"));
            }
            "anyOf" | "oneOf" => {}
            other => panic!("this test does not know the word {other}"),
        }
    }
    found
}

/// The schema of a media type in an answer or a request.
fn schema_of<'a>(part: &'a Value, kind: &str) -> &'a Value {
    &part["content"][kind]["schema"]
}

fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let paths = description["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, op)| (method.clone(), path.clone(), op.clone()))
    });
    all.collect()
}

#[test]
fn the_validator_tells_right_from_wrong() {
    let root = json!({"a": {"type": "object", "required": ["x"], "additionalProperties": false,
        "properties": {"x": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
            "y": {"type": "array", "items": {"type": "integer", "minimum": 0}}}}});
    let schema = json!({"$ref": "#/a"});
    let id = "00000000-0000-0000-0000-000000000001";
    for good in [json!({"x": id}), json!({"x": null, "y": []}), json!({"x": null, "y": [0, 7]})] {
        assert_eq!(wrong(&root, &schema, &good, ""), Vec::<String>::new(), "{good}");
    }
    for bad in [json!([]), json!({}), json!({"x": "1"}), json!({"x": null, "z": 1}), json!({"x": null, "y": [-1]})] {
        assert!(!wrong(&root, &schema, &bad, "").is_empty(), "{bad}");
    }
}

/// The type between `mark` and its end, without what it is made of: `Strict<SignIn>`, `Json<Page<SessionRow>>`.
fn type_after<'a>(signature: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = signature.split_once(mark)?;
    rest.split(['<', '>', ',', ')']).next().map(str::trim)
}

/// By the signatures of the handlers, so that a route cannot name another body than the one that is read or written.
#[tokio::test(flavor = "multi_thread")]
async fn every_body_is_described_by_the_type_of_its_handler() {
    let web = Web::start().await;
    let description = web.get("/api/openapi.json", "").await.json();
    let operations = operations(&description);
    let routes = crate::architecture::source::sources().into_iter().find(|one| one.module == "http::routes").unwrap();
    let table = read("src/http/routes.rs");
    assert!(strings(&routes).len() > 60);
    let (mut takes, mut gives, mut faults) = (0, 0, Vec::new());
    for (method, path, operation) in &operations {
        let id = operation["operationId"].as_str().unwrap();
        let (_, entry) = table.split_once(&format!("\"{id}\",")).unwrap();
        let served = entry.split_once("|| ").unwrap().1.trim_start_matches(['{', ' ', '\n']);
        let served = served.split_once('(').unwrap().1.split(')').next().unwrap();
        let (module, function) = served.rsplit_once("::").unwrap();
        let Some(file) = module.split("::").last().filter(|_| !module.starts_with("crate::")) else { continue };
        let code = read(format!("src/http/handlers/{file}.rs"));
        let (_, signature) = code.split_once(&format!("async fn {function}(")).unwrap();
        let signature = signature.split(" {\n").next().unwrap();
        let (arguments, answer) = signature.split_once("->").unwrap();
        let body = schema_of(&operation["requestBody"], "application/json")["$ref"].as_str();
        let body = body.and_then(|name| name.rsplit('/').next());
        let read = type_after(arguments, ": Strict<");
        takes += usize::from(read.is_some());
        if read != body {
            faults.push(format!("{method} {path} reads {read:?} and describes {body:?}"));
        }
        if arguments.contains("Multipart") != operation["requestBody"]["content"]["multipart/form-data"].is_object() {
            faults.push(format!("{method} {path}: a form"));
        }
        let (status, done) =
            operation["responses"].as_object().unwrap().iter().find(|(at, _)| *at != "default").unwrap();
        let told = schema_of(done, "application/json")["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        let written = type_after(answer, "Json<").filter(|name| *name != "Value");
        gives += usize::from(written.is_some());
        if written != told {
            faults.push(format!("{method} {path} writes {written:?} and describes {told:?}"));
        }
        if (answer.contains("StatusCode, Json") || answer.contains("Created")) != (status == "201") {
            faults.push(format!("{method} {path}: status {status}"));
        }
    }
    assert!(takes >= 7 && gives >= 11, "{takes} bodies read, {gives} written");
    nothing_wrong(faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_leads_somewhere_and_every_code_is_listed() {
    let web = Web::start().await;
    let answer = web.get("/api/openapi.json", "").await;
    let description = answer.json();
    let text = String::from_utf8(answer.body).unwrap();
    let references: BTreeSet<&str> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 40, "{}", references.len());
    let lost: Vec<_> = references.iter().filter(|path| description.pointer(path).is_none()).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let listed = description.pointer("/components/schemas/Problem/properties/code/enum").unwrap();
    let listed: BTreeSet<&str> = listed.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let catalogue: serde_json::Map<String, Value> = serde_json::from_str(&read("config/i18n/en.json")).unwrap();
    let refusals = catalogue.keys().filter_map(|key| key.strip_prefix("refusal."));
    let codes = diemcau::error::codes().map(str::to_owned).chain(refusals.map(str::to_owned));
    let missing: Vec<_> = codes.filter(|code| !listed.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(listed.contains("sign_in_needed") && listed.len() > 90, "{}", listed.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn real_answers_are_as_described() {
    let web = Web::start().await;
    let description = web.get("/api/openapi.json", "").await.json();
    let officer = web.sign_in("officer").await;
    let session = web.session().await;
    let command = json!({"id": Uuid::from_u128(77), "command": {
        "do": "record_step", "step": "publication", "point": null, "outcome": {"result": "done", "note": "Đã niêm yết"}
    }});
    let ticket = json!({"session": session, "point": CENTRAL, "device": "main"});
    let asked: Vec<(&str, &str, String, Option<Value>)> = vec![
        ("get", "/api/v1/me", "/api/v1/me".into(), None),
        ("get", "/api/v1/directory", "/api/v1/directory".into(), None),
        ("get", "/api/v1/sessions", "/api/v1/sessions?day=2030-01-01".into(), None),
        ("get", "/api/v1/sessions/{session}", format!("/api/v1/sessions/{session}"), None),
        ("get", "/api/v1/sessions/{session}/record", format!("/api/v1/sessions/{session}/record"), None),
        ("get", "/api/v1/kiosk/challenge", "/api/v1/kiosk/challenge".into(), None),
        ("post", "/api/v1/tickets", "/api/v1/tickets".into(), Some(ticket)),
        ("post", "/api/v1/sessions/{session}/commands", format!("/api/v1/sessions/{session}/commands"), Some(command)),
        // Refused, by rule, by body, by address.
        ("post", "/api/v1/tickets", "/api/v1/tickets".into(), Some(json!({"session": session, "more": 1}))),
        ("get", "/api/v1/sessions/{session}", format!("/api/v1/sessions/{}", Uuid::from_u128(9)), None),
        ("get", "/api/v1/sessions", "/api/v1/sessions?day=yesterday".into(), None),
    ];
    let (mut good, mut refused) = (0, 0);
    for (method, path, address, body) in asked {
        let operation = &description["paths"][path][method];
        let answer = match &body {
            None => web.get(&address, &officer).await,
            Some(body) => web.post(&address, &officer, body).await,
        };
        let value = answer.json();
        let done = &operation["responses"][answer.status.to_string()];
        let schema = if done.is_object() {
            if let Some(body) = &body {
                let schema = schema_of(&operation["requestBody"], "application/json");
                assert_eq!(wrong(&description, schema, body, "request"), Vec::<String>::new(), "{address}");
            }
            good += 1;
            schema_of(done, "application/json")
        } else {
            refused += 1;
            schema_of(&operation["responses"]["default"], "application/problem+json")
        };
        assert!(schema.is_object(), "{method} {path} → {}", answer.status);
        assert_eq!(wrong(&description, schema, &value, ""), Vec::<String>::new(), "{address}: {value}");
        // What is there must be needed: an answer without its first field, or with a field of another kind, does not fit.
        let first = value.as_object().unwrap().keys().next().unwrap().clone();
        let mut other = value.clone();
        other[&first] = json!({"not": "this"});
        assert!(!wrong(&description, schema, &other, "").is_empty(), "{address}: {first}");
    }
    assert!(good >= 7 && refused >= 3, "{good} done, {refused} refused");
    let list = web.get("/api/v1/sessions", &officer).await.json();
    let page = schema_of(&description["paths"]["/api/v1/sessions"]["get"]["responses"]["200"], "application/json");
    assert_eq!(list["rows"].as_array().map(Vec::len), Some(1));
    assert_eq!(wrong(&description, page, &list, ""), Vec::<String>::new());
}
