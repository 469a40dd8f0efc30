//! The JSON Schema of the file format, for editors: from the structs that files are read into, and from the adapters'
//! descriptors.

use super::build::Adapters;
use super::file::File;
use crate::adapters::Descriptor;
use serde_json::{Map, Value, json};

/// The schema of a channel file, with the credentials, methods and endpoints of each provider.
#[must_use]
pub fn json_schema(adapters: Adapters) -> Value {
    let mut schema = schemars::schema_for!(File).to_value();
    if let Some(top) = schema.as_object_mut() {
        top.insert("title".to_owned(), json!("naru channel file"));
    }
    without_null(&mut schema);
    if let Some(channel) = schema.pointer_mut("/$defs/Channel").and_then(Value::as_object_mut) {
        let ids: Vec<&str> = adapters.iter().map(|a| a.descriptor().names.id).collect();
        if let Some(provider) = channel.get_mut("properties").and_then(|p| p.get_mut("provider")) {
            *provider = json!({ "description": "Provider id.", "type": "string", "enum": ids });
        }
        let rules: Vec<Value> = adapters.iter().map(|a| provider_rule(a.descriptor())).collect();
        if !rules.is_empty() {
            channel.insert("allOf".to_owned(), Value::Array(rules));
        }
    }
    schema
}

/// TOML has no null: an optional key is left out. So `null` is no choice anywhere.
fn without_null(value: &mut Value) {
    let is_null = |choice: &Value| choice == "null" || choice.get("type").is_some_and(|t| t == "null");
    if let Some(object) = value.as_object_mut() {
        for key in ["type", "anyOf", "enum"] {
            let Some(choices) = object.get_mut(key).and_then(Value::as_array_mut) else {
                continue;
            };
            choices.retain(|choice| !is_null(choice) && !choice.is_null());
            if choices.len() != 1 || key == "enum" {
                continue;
            }
            let Some(only) = choices.pop() else { continue };
            match only {
                Value::Object(only) => {
                    object.remove(key);
                    object.extend(only);
                }
                only => {
                    object.insert(key.to_owned(), only);
                }
            }
        }
        object.values_mut().for_each(without_null);
    } else if let Some(array) = value.as_array_mut() {
        array.iter_mut().for_each(without_null);
    }
}

/// `if provider = x then` its credentials, methods and endpoints.
fn provider_rule(descriptor: &Descriptor) -> Value {
    let reference = "^(env:|file:|plain:).+";
    let mut credentials = Map::new();
    for field in descriptor.credentials {
        let mut schema = json!({
            "type": "string",
            "description": format!("{} ({})", field.description, field.format),
        });
        if field.secret {
            schema["pattern"] = json!(reference);
        }
        credentials.insert(field.name.to_owned(), schema);
    }
    let required: Vec<&str> = descriptor
        .credentials
        .iter()
        .filter(|f| f.required)
        .map(|f| f.name)
        .collect();
    let names = std::iter::once("api").chain(descriptor.endpoints.iter().map(|(name, _)| *name));
    let endpoints: Map<String, Value> = names
        .map(|name| (name.to_owned(), json!({ "type": "string" })))
        .collect();
    let mut then = json!({
        "properties": {
            "mid": { "maxLength": descriptor.mid_max },
            "methods": { "items": { "enum": descriptor.methods } },
            "credentials": { "properties": credentials, "required": required, "additionalProperties": false },
            "endpoints": { "properties": endpoints, "additionalProperties": false },
        }
    });
    if !required.is_empty() {
        then["required"] = json!(["credentials"]);
    }
    json!({
        "if": { "properties": { "provider": { "const": descriptor.names.id } }, "required": ["provider"] },
        "then": then,
    })
}
