#![allow(clippy::unwrap_used)]

use super::*;
use crate::net::Request;
use bytes::Bytes;
use http::HeaderMap;
use std::collections::BTreeMap;

fn documents() -> [(&'static str, Value); 2] {
    [("v2", parsed(V2)), ("v1", parsed(V1))]
}

/// A path without the names of its identifiers.
fn bare(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                out.push_str("{}");
            }
            '}' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// `(method, path)` with why it is refused.
type Table = BTreeMap<(String, String), Option<String>>;

fn documented(document: &Value) -> Table {
    let mut out = Table::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let why = operation
                .get("x-naru-refused")
                .map(|why| why.as_str().unwrap().to_owned());
            out.insert((method.to_uppercase(), bare(path)), why);
        }
    }
    out
}

#[test]
fn the_documents_and_the_routing_tables_have_the_same_operations() {
    for (api, document) in documents() {
        let routed: Table = operations()
            .into_iter()
            .filter(|operation| operation.api == api)
            .map(|o| ((o.method, bare(o.path)), o.refused.map(str::to_owned)))
            .collect();
        let documented = documented(&document);
        for (operation, why) in &routed {
            assert_eq!(documented.get(operation), Some(why), "{api}: {operation:?}");
        }
        assert_eq!(
            routed.len(),
            documented.len(),
            "{api}: the document has operations that are not routed"
        );
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_shape_is_used() {
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(target) if name == "$ref" => into.push(target.clone()),
                        other => references(other, into),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, into)),
            _ => {}
        }
    }
    for (api, document) in documents() {
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in &found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{api}: {target}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            let target = format!("#/components/schemas/{name}");
            assert!(found.contains(&target), "{api}: nothing uses {name}");
        }
    }
}

#[test]
fn every_operation_says_what_it_answers() {
    for (api, document) in documents() {
        let mut names = std::collections::BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let answers = operation["responses"].as_object().unwrap();
                let refused = operation.get("x-naru-refused").is_some();
                assert_eq!(answers.contains_key("200"), !refused, "{api}: {method} {path}");
                assert!(answers.contains_key("400"), "{api}: {method} {path}");
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{api}: {name} twice");
            }
        }
    }
}

fn get(method: Method, path: &str) -> Response {
    answer(&Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        peer: ([127, 0, 0, 1], 1).into(),
    })
}

#[test]
fn documents_and_page_are_served() {
    for (path, kind) in [
        ("/openapi/v2.json", JSON),
        ("/openapi/v1.json", JSON),
        ("/openapi/", HTML),
        ("/openapi", HTML),
        ("/openapi/page.css", "text/css; charset=utf-8"),
    ] {
        assert!(owns(path));
        let response = get(Method::GET, path);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], kind, "{path}");
    }
    assert_eq!(get(Method::GET, "/openapi/v3.json").status(), 404);
    assert_eq!(get(Method::POST, "/openapi/v2.json").status(), 405);
    assert!(!owns("/openapis"));
}

#[test]
fn the_page_names_every_operation_and_runs_nothing() {
    let page = PAGE.text();
    for operation in operations() {
        assert!(page.contains(&format!("<b>{}</b>", operation.method)));
    }
    for (_, document) in documents() {
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        }
    }
    assert!(!page.contains("<script"));
}
