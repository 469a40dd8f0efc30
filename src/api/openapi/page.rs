//! The documents as a page: one line an operation, its shapes behind it. No script.

use crate::net::escape;
use serde_json::Value;
use std::fmt::Write as _;

/// The page over both documents.
pub(super) fn html(documents: &[Value]) -> String {
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>naru · API</title><link rel=\"stylesheet\" href=\"/openapi/page.css\"></head><body>\
         <h1>naru · API</h1><p>For programs: <a href=\"/openapi/v2.json\">v2.json</a>, \
         <a href=\"/openapi/v1.json\">v1.json</a>.</p>",
    );
    for (at, document) in documents.iter().enumerate() {
        one(&mut out, at, document);
    }
    out.push_str("</body></html>\n");
    out
}

fn one(out: &mut String, at: usize, document: &Value) {
    let info = |name: &str| escape(document["info"][name].as_str().unwrap_or_default());
    let _ = write!(out, "<section><h2>{}</h2><p>{}</p>", info("title"), info("description"));
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            line(out, at, path, method, operation);
        }
    }
    out.push_str("<h3>Shapes</h3>");
    for (name, shape) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = write!(
            out,
            "<details id=\"{at}-{name}\"><summary>{name}</summary><pre>{}</pre></details>",
            linked(at, shape)
        );
    }
    out.push_str("</section>");
}

fn line(out: &mut String, at: usize, path: &str, method: &str, operation: &Value) {
    let text = |name: &str| escape(operation[name].as_str().unwrap_or_default());
    let refused = operation.get("x-naru-refused").and_then(Value::as_str);
    let class = if refused.is_some() { "refused" } else { "served" };
    let _ = write!(
        out,
        "<details class=\"{class}\"><summary><b>{}</b> <code>{}</code> <span>{}</span></summary>",
        method.to_uppercase(),
        escape(path),
        text("summary"),
    );
    if let Some(why) = refused {
        let _ = write!(out, "<p>Refused: {}</p>", escape(why));
    }
    for (name, title) in [
        ("parameters", "Parameters"),
        ("requestBody", "Body"),
        ("responses", "Answers"),
    ] {
        if let Some(part) = operation.get(name) {
            let _ = write!(out, "<h4>{title}</h4><pre>{}</pre>", linked(at, part));
        }
    }
    out.push_str("</details>");
}

/// JSON with its references as links.
fn linked(at: usize, value: &Value) -> String {
    let text = escape(&serde_json::to_string_pretty(value).unwrap_or_default());
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("#/components/schemas/");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find("&quot;").unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let _ = write!(out, "<a href=\"#{at}-{name}\">{name}</a>{rest}");
    }
    out
}
