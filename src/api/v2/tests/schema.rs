//! A small validator for PortOne's published response shapes, stricter than its clients: besides required members,
//! types and discriminators it refuses `null` and members that the shape does not have.

use serde_json::{Map, Value};
use std::sync::OnceLock;

const SCHEMAS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/v2-schemas.json"));

fn schemas() -> &'static Map<String, Value> {
    static PARSED: OnceLock<Map<String, Value>> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(SCHEMAS).unwrap())
}

/// Checks a value against a named shape.
pub fn check(name: &str, value: &Value) -> Result<(), String> {
    let shape = schemas().get(name).ok_or_else(|| format!("no shape {name}"))?;
    walk(shape, value, name)
}

/// HTTP status of an error type in an operation's error union; `None` if the union does not have it.
pub fn error_status(union: &str, kind: &str) -> Option<u64> {
    let member = schemas().get(union)?.get("of")?.get(kind)?.as_str()?;
    schemas().get(member)?.get("status")?.as_u64()
}

fn walk(shape: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = shape.get("ref").and_then(Value::as_str) {
        return walk(&schemas()[name], value, at);
    }
    if let Some(tag) = shape.get("union").and_then(Value::as_str) {
        let kind = value.get(tag).and_then(Value::as_str);
        let member = kind.and_then(|kind| shape["of"][kind].as_str());
        let member = member.ok_or_else(|| format!("{at}: {tag} {kind:?} is not in the union"))?;
        return walk(&schemas()[member], value, at);
    }
    if let Some(items) = shape.get("array") {
        let list = value.as_array().ok_or_else(|| format!("{at}: not an array"))?;
        return list
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| walk(items, item, &format!("{at}[{i}]")));
    }
    if let Some(words) = shape.get("words").and_then(Value::as_array) {
        return ok(words.contains(value), at, "a listed word");
    }
    if let Some(members) = shape.get("object").and_then(Value::as_object) {
        return object(shape, members, value, at);
    }
    match shape["type"].as_str().unwrap() {
        "string" => ok(value.is_string(), at, "a string"),
        "boolean" => ok(value.is_boolean(), at, "a boolean"),
        "int64" => ok(value.is_i64(), at, "an integer"),
        "int32" => ok(value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()), at, "an int32"),
        "time" => ok(value.as_str().is_some_and(time), at, "an RFC 3339 time with Z"),
        other => Err(format!("{at}: unknown kind of shape {other}")),
    }
}

fn object(shape: &Value, members: &Map<String, Value>, value: &Value, at: &str) -> Result<(), String> {
    let given = value.as_object().ok_or_else(|| format!("{at}: not an object"))?;
    for required in shape["required"].as_array().unwrap() {
        let name = required.as_str().unwrap();
        ok(given.contains_key(name), &format!("{at}.{name}"), "present")?;
    }
    for (name, value) in given {
        let at = format!("{at}.{name}");
        let shape = members.get(name).ok_or_else(|| format!("{at}: not in the shape"))?;
        walk(shape, value, &at)?;
    }
    Ok(())
}

fn time(text: &str) -> bool {
    text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

fn ok(fits: bool, at: &str, expected: &str) -> Result<(), String> {
    if fits {
        Ok(())
    } else {
        Err(format!("{at}: must be {expected}"))
    }
}

/// The validator itself finds what it is there to find.
#[test]
fn refuses_what_strict_clients_refuse() {
    let whole = serde_json::json!({
        "status": "READY", "id": "p", "transactionId": "t", "merchantId": "m", "storeId": "s", "version": "V2",
        "requestedAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        "statusChangedAt": "2026-01-01T00:00:00Z", "orderName": "o", "currency": "KRW", "customer": {},
        "amount": {"total": 1, "taxFree": 0, "discount": 0, "paid": 0, "cancelled": 0, "cancelledTaxFree": 0},
        "origin": {"platformType": "API", "ipAddress": "192.0.2.1"},
    });
    assert_eq!(check("Payment", &whole), Ok(()));
    for (name, value) in [
        ("status", Value::from("PENDING")),
        ("customer", Value::Null),
        ("requestedAt", Value::from("2026-01-01T00:00:00+09:00")),
        ("amount", Value::from(1)),
        ("surplus", Value::from(1)),
        ("version", Value::from("V3")),
    ] {
        let mut broken = whole.clone();
        broken[name] = value;
        assert!(check("Payment", &broken).is_err(), "{name}");
    }
    let mut lacking = whole;
    lacking.as_object_mut().unwrap().remove("orderName");
    assert!(check("Payment", &lacking).is_err());
}
