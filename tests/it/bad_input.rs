//! Bad input: every field of every request, wrong in every way, is refused with the documented type and status, in JSON,
//! by a message that names the field. Nothing is a 5xx, and no answer holds a null.

mod fields;
mod http_oddities;

use crate::harness::{Answer, key_in};
use crate::rig::{API_SECRET, Pg, Router, STORE, Site, Web, toss};
use bytes::Bytes;
use fields::{Field, Kind};
use http::Method;
use serde_json::{Value, json};

const CHANNEL: &str = "channel-key-input";

/// A router that is only asked badly.
struct Asked {
    web: Web,
    router: Router,
    _pg: Pg,
    _site: Site,
}

impl Asked {
    async fn new() -> Self {
        let pg = tokio::task::spawn_blocking(Pg::start).await.unwrap();
        let site = Site::new(&toss(CHANNEL, 1, &pg.url, "", ""));
        let router = site.start(&[]);
        Self {
            web: Web::new(),
            router,
            _pg: pg,
            _site: site,
        }
    }

    async fn send(&self, call: &Call, body: Bytes) -> Answer {
        let secret = format!("PortOne {API_SECRET}");
        let headers = [("authorization", secret.as_str())];
        let url = match call.in_query {
            false => format!("{}{}", self.router.url, call.path),
            true => {
                let text = percent_encoding::percent_encode(&body, percent_encoding::NON_ALPHANUMERIC);
                format!("{}{}?requestBody={text}", self.router.url, call.path)
            }
        };
        let body = if call.in_query { Bytes::new() } else { body };
        let answer = self.web.send(call.method.clone(), &url, &headers, body).await;
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }
}

/// An operation with a body that would be taken.
struct Call {
    method: Method,
    path: &'static str,
    /// The body goes into the query parameter `requestBody`.
    in_query: bool,
    /// Errors are the browser SDK's: `code` instead of `type`.
    sdk: bool,
    body: Value,
    fields: Vec<Field>,
}

fn call(path: &'static str, body: Value, fields: Vec<Field>) -> Call {
    Call {
        method: Method::POST,
        path,
        in_query: false,
        sdk: path.starts_with("/checkout"),
        body,
        fields,
    }
}

fn calls() -> Vec<Call> {
    let mut instant = key_in(CHANNEL, 1_000);
    let more = json!({
        "storeId": STORE, "customData": "data", "productType": "DIGITAL", "productCount": 1, "country": "KR",
        "noticeUrls": ["https://shop.example/hook"], "skipWebhook": false, "isEscrow": false, "isCulturalExpense": false,
        "products": [{ "id": "p", "name": "n", "amount": 1, "quantity": 1, "tag": "t", "code": "c", "link": "https://a.example" }],
        "shippingAddress": { "addressLine1": "1", "addressLine2": "2", "city": "c", "province": "p", "country": "KR" },
        "customer": {
            "id": "c", "name": { "full": "홍길동" }, "email": "a@example.com", "phoneNumber": "010", "gender": "MALE",
            "birthYear": "1990", "birthMonth": "01", "birthDay": "01", "country": "KR", "zipcode": "1",
            "businessRegistrationNumber": "1", "address": { "addressLine1": "1", "addressLine2": "2" },
        },
    });
    merge(&mut instant, &more);
    instant["amount"] = json!({ "total": 1_000, "taxFree": 100, "vat": 50 });
    let card = &mut instant["method"]["card"];
    merge(
        card,
        &json!({ "installmentMonth": 0, "useFreeInstallmentPlan": false, "useFreeInterestFromMerchant": false, "useCardPoint": false }),
    );
    let cancel = json!({
        "storeId": STORE, "reason": "buyer", "amount": 10, "taxFreeAmount": 1, "vatAmount": 1, "requester": "CUSTOMER",
        "promotionDiscountRetainOption": "RETAIN", "currentCancellableAmount": 10, "refundEmail": "a@example.com",
        "skipWebhook": false,
        "refundAccount": { "bank": "KOOKMIN", "number": "1-2", "holderName": "홍", "holderPhoneNumber": "010" },
    });
    let confirm = json!({
        "storeId": STORE, "paymentToken": "t", "txId": "x", "currency": "KRW", "totalAmount": 10, "taxFreeAmount": 1,
        "isTest": true, "skipWebhook": false,
    });
    let pre = json!({ "storeId": STORE, "totalAmount": 10, "taxFreeAmount": 1, "currency": "KRW" });
    let filter = json!({
        "page": { "number": 0, "size": 10 },
        "filter": {
            "storeId": STORE, "merchantId": "merchant-rig", "timestampType": "CREATED_AT", "status": ["PAID"],
            "methods": ["CARD"], "pgProvider": ["TOSSPAYMENTS"], "isTest": true, "currency": "KRW", "platformType": "API",
            "sortBy": "REQUESTED_AT", "sortOrder": "DESC", "version": "V2", "isScheduled": false, "isEscrow": false,
            "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z", "escrowStatus": "DELIVERED",
            "textSearch": [{ "field": "ALL", "value": "x" }],
        },
    });
    let checkout = json!({
        "storeId": STORE, "channelKey": CHANNEL, "paymentId": "input", "orderName": "주문", "totalAmount": 1_000,
        "taxFreeAmount": 1, "vatAmount": 1, "currency": "KRW", "payMethod": "CARD", "device": "pc", "country": "KR",
        "redirectUrl": "https://shop.example/done", "forceRedirect": false, "productType": "DIGITAL", "isEscrow": false,
        "isCulturalExpense": false, "locale": "KO_KR", "appScheme": "app", "noticeUrls": ["https://shop.example/hook"],
        "windowType": { "pc": "IFRAME", "mobile": "REDIRECTION" }, "offerPeriod": { "interval": "30d" },
        "products": [{ "id": "p", "name": "n", "amount": 1, "quantity": 1 }],
        "customer": { "fullName": "홍길동", "email": "a@example.com", "phoneNumber": "010", "gender": "MALE", "birthYear": "1990" },
    });
    let list = |in_query| Call {
        method: Method::GET,
        in_query,
        ..call("/payments", filter.clone(), fields::list())
    };
    vec![
        call("/payments/input/instant", instant, fields::instant()),
        call("/payments/input/cancel", cancel, fields::cancel()),
        call("/payments/input/confirm", confirm, fields::confirm()),
        call("/payments/input/pre-register", pre, fields::pre_register()),
        call(
            "/login/api-secret",
            json!({ "apiSecret": API_SECRET }),
            fields::login("apiSecret"),
        ),
        call(
            "/token/refresh",
            json!({ "refreshToken": "x" }),
            fields::login("refreshToken"),
        ),
        call("/checkout/payments", checkout, fields::checkout()),
        list(true),
        list(false),
    ]
}

fn merge(into: &mut Value, more: &Value) {
    let more = more.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(more);
}

/// Replaces the value at a dotted path (numbers are places in arrays); `None` takes it away.
fn put(body: &Value, path: &str, value: Option<&Value>) -> Value {
    let mut body = body.clone();
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = &mut body;
    for part in parent.split('.').filter(|p| !p.is_empty()) {
        at = match part.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[part],
        };
    }
    match (last.parse::<usize>(), value) {
        (Ok(index), Some(value)) => at[index] = value.clone(),
        (Ok(index), None) => drop(at.as_array_mut().unwrap().remove(index)),
        (Err(_), Some(value)) => at[last] = value.clone(),
        (Err(_), None) => drop(at.as_object_mut().unwrap().remove(last)),
    }
    body
}

fn has_null(json: &Value) -> bool {
    match json {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

/// What every refusal must be; `None` if it is.
fn wrong(answer: &Answer, sdk: bool) -> Option<String> {
    let Ok(json) = serde_json::from_str::<Value>(&answer.text) else {
        return Some("the body is not JSON".to_owned());
    };
    let kind = if sdk { "code" } else { "type" };
    let content = answer
        .headers
        .get("content-type")
        .map(|v| v.to_str().unwrap_or_default());
    match () {
        () if answer.status.is_server_error() => Some("a server error".to_owned()),
        () if !content.is_some_and(|c| c.starts_with("application/json")) => Some(format!("content type {content:?}")),
        () if has_null(&json) => Some("a null".to_owned()),
        () if !json[kind].is_string() || !json["message"].is_string() => Some(format!("no {kind} or message")),
        () => None,
    }
}

/// One wrong request: what it was and how the answer differs from what it must be.
async fn refused(asked: &Asked, call: &Call, body: Bytes, want: &Want, what: &str) -> Option<String> {
    let answer = asked.send(call, body).await;
    let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let kind = if call.sdk { "code" } else { "type" };
    let message = json["message"].as_str().unwrap_or_default();
    let name = want.names.iter().any(|name| message.contains(name));
    let problem = wrong(&answer, call.sdk).or_else(|| {
        if answer.status.as_u16() != want.status || json[kind] != want.kind {
            return Some(format!("not {} {}", want.status, want.kind));
        }
        (!name).then(|| format!("the message names none of {:?}", want.names))
    })?;
    Some(format!(
        "{} {} {what}: {problem}: {} {}",
        call.method, call.path, answer.status, answer.text
    ))
}

/// The refusal that is expected.
struct Want {
    status: u16,
    kind: &'static str,
    /// The message must hold one of these.
    names: Vec<String>,
}

impl Want {
    fn invalid(call: &Call, names: Vec<String>) -> Self {
        let kind = if call.sdk {
            "RequestParseFailed"
        } else {
            "INVALID_REQUEST"
        };
        Self {
            status: 400,
            kind,
            names,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_every_request() {
    let asked = Asked::new().await;
    let (mut failed, mut tried) = (Vec::new(), 0);
    for call in calls() {
        for field in &call.fields {
            for (what, value) in field.bad() {
                let body = put(&call.body, field.path, value.as_ref());
                let want = Want::invalid(&call, field.names());
                let label = format!("{} {what}", field.path);
                tried += 1;
                failed.extend(refused(&asked, &call, body.to_string().into(), &want, &label).await);
            }
            // Null is absent, because several languages write absent members so.
            if !field.required && field.kind != Kind::Item {
                let body = put(&call.body, field.path, Some(&Value::Null));
                let answer = asked.send(&call, body.to_string().into()).await;
                tried += 1;
                let message = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
                let invalid = ["INVALID_REQUEST", "RequestParseFailed"]
                    .iter()
                    .any(|k| message["type"] == **k || message["code"] == **k);
                if invalid || answer.status.is_server_error() {
                    failed.push(format!(
                        "{} {} null: {} {}",
                        call.path, field.path, answer.status, answer.text
                    ));
                }
            }
        }
    }
    println!("{tried} wrong requests");
    assert!(tried > 700, "{tried}");
    assert!(failed.is_empty(), "{} of {tried}:\n{}", failed.len(), failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_requests() {
    let asked = Asked::new().await;
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(1_000), close.repeat(1_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("blank", b" \n ".to_vec()),
        ("an array", b"[]".to_vec()),
        ("an array of requests", b"[{\"reason\":\"x\"}]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("null", b"null".to_vec()),
        ("half an object", b"{\"storeId\":".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("form fields", b"storeId=1&orderName=2".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("not UTF-8", b"{\"reason\":\"\xff\xfe\"}".to_vec()),
        ("EUC-KR", b"{\"reason\":\"\xc0\xcc\xc0\xaf\"}".to_vec()),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("half a surrogate", b"{\"reason\":\"\\ud800\"}".to_vec()),
        ("zeros", vec![0; 64]),
        ("arrays in arrays", deep("[", "]").into_bytes()),
        ("objects in objects", deep("{\"a\":", "}").into_bytes()),
    ];
    let mut failed = Vec::new();
    for call in calls() {
        for (what, body) in &bodies {
            // A list without parameters is a list.
            if call.path == "/payments" && *what == "nothing" {
                continue;
            }
            let want = Want {
                status: 400,
                kind: if call.sdk { "BadRequest" } else { "INVALID_REQUEST" },
                names: vec!["body".to_owned(), "requestBody".to_owned()],
            };
            failed.extend(refused(&asked, &call, body.clone().into(), &want, what).await);
        }
        if !call.in_query {
            let want = Want {
                status: 413,
                kind: "INVALID_REQUEST",
                names: vec!["body".to_owned()],
            };
            // The listener refuses it before it knows whose the path is, so the shape is the REST API's everywhere.
            let call = Call { sdk: false, ..call };
            let large = format!("{{\"reason\":\"{}\"}}", "x".repeat(2 << 20));
            failed.extend(refused(&asked, &call, large.into(), &want, "2 MB").await);
        }
    }
    assert!(failed.is_empty(), "{}:\n{}", failed.len(), failed.join("\n"));
}
