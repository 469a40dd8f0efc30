#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::engine::{DeskError, Ruling};
use crate::ledger::sqlite::SqliteLedger;
use http::HeaderMap;
use http_body_util::BodyExt;

const TOKEN: &str = "an-admin-token-of-the-tests";

/// Settings that accept or refuse.
struct Fixed(bool);

impl Settings for Fixed {
    fn route(&self, question: &[u8]) -> Result<Value, String> {
        match question {
            b"{}" => Ok(json!({ "channelKey": "channel-key-1" })),
            _ => Err("channelKey: give one".to_owned()),
        }
    }

    fn status(&self) -> Value {
        json!({ "version": 1 })
    }

    fn reload(&self) -> BoxFuture<'_, Result<Value, Value>> {
        let answer = if self.0 {
            Ok(self.status())
        } else {
            Err(json!({ "problems": ["f:1:1: no"] }))
        };
        Box::pin(async move { answer })
    }
}

/// One case, which a person named `kim` may rule.
struct Cases;

impl Desk for Cases {
    fn cases(self: Arc<Self>, limit: usize) -> BoxFuture<'static, Result<Value, DeskError>> {
        Box::pin(async move { Ok(json!({ "items": [{ "id": "c1" }], "limit": limit })) })
    }

    fn rule(self: Arc<Self>, id: String, ruling: Ruling) -> BoxFuture<'static, Result<Value, DeskError>> {
        Box::pin(async move {
            match (id.as_str(), ruling.by.as_str()) {
                ("c1", "kim") => Ok(json!({ "settled": true, "decision": format!("{:?}", ruling.decision) })),
                ("c1", _) => Err(DeskError::Busy),
                _ => Err(DeskError::NoCase),
            }
        })
    }
}

fn console(good: bool) -> (tempfile::TempDir, Arc<Console>) {
    let dir = tempfile::tempdir().unwrap();
    let metrics = Metrics::new();
    let ledger = SqliteLedger::open(&dir.path().join("ledger.db"), metrics.clone()).unwrap();
    let console = Console::new(
        Arc::new(ledger),
        Arc::new(Fixed(good)),
        Arc::new(Cases),
        metrics,
        TOKEN.into(),
    );
    (dir, Arc::new(console))
}

async fn ask(console: &Arc<Console>, method: Method, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert("authorization", value.parse().unwrap());
    }
    let request = Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: bytes::Bytes::new(),
        peer: "127.0.0.1:1".parse().unwrap(),
    };
    let response = Arc::clone(console).handle(request).await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn probes_and_scrape_are_open() {
    let (_dir, console) = console(true);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&console, Method::GET, path, None).await.0, StatusCode::OK, "{path}");
    }
    let (status, text) = ask(&console, Method::GET, "/metrics", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("naru_build_info"), "{text}");
    assert_eq!(
        ask(&console, Method::POST, "/metrics", None).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn admin_calls_want_the_whole_token() {
    let (_dir, console) = console(true);
    let right = format!("Bearer {TOKEN}");
    for wrong in [
        None,
        Some("Bearer "),
        Some("Bearer an-admin-token"),
        Some(TOKEN),
        Some("Basic eA=="),
    ] {
        for path in ["/admin/config", "/admin/nothing", "/admin/payments/a/b"] {
            let (status, text) = ask(&console, Method::GET, path, wrong).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong:?} {path}");
            assert!(!text.contains(TOKEN));
        }
    }
    let (status, text) = ask(&console, Method::GET, "/admin/config", Some(&right)).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"version":1}"#));
    let (status, text) = ask(&console, Method::GET, "/admin/payments/store/none", Some(&right)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.contains("PAYMENT_NOT_FOUND"), "{text}");
    assert_eq!(
        ask(&console, Method::GET, "/admin/nothing", Some(&right)).await.0,
        StatusCode::NOT_FOUND
    );
    let (status, _) = ask(&console, Method::GET, "/admin/config/reload", Some(&right)).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_route_is_asked_for_by_post() {
    let right = format!("Bearer {TOKEN}");
    let (_dir, console) = console(true);
    let (status, text) = ask(&console, Method::POST, "/admin/route", Some(&right)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
    assert!(text.contains("channelKey: give one"), "{text}");
    assert_eq!(
        ask(&console, Method::GET, "/admin/route", Some(&right)).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        ask(&console, Method::POST, "/admin/route", None).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_refused_reload_is_422_with_the_problems() {
    let right = format!("Bearer {TOKEN}");
    let (_dir, good) = console(true);
    assert_eq!(
        ask(&good, Method::POST, "/admin/config/reload", Some(&right)).await.0,
        StatusCode::OK
    );
    let (_dir, bad) = console(false);
    let (status, text) = ask(&bad, Method::POST, "/admin/config/reload", Some(&right)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("f:1:1: no"), "{text}");
}

async fn post(console: &Arc<Console>, path: &str, body: Value) -> (StatusCode, Value) {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    let request = Request {
        method: Method::POST,
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: body.to_string().into(),
        peer: "127.0.0.1:1".parse().unwrap(),
    };
    let response = Arc::clone(console).handle(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn rulings_are_checked_before_anybody_is_asked() {
    let (_dir, console) = console(true);
    let right = format!("Bearer {TOKEN}");
    let (status, text) = ask(&console, Method::GET, "/admin/unknown", Some(&right)).await;
    assert_eq!(
        (status, text.contains(r#""limit":100"#)),
        (StatusCode::OK, true),
        "{text}"
    );
    assert_eq!(
        ask(&console, Method::GET, "/admin/unknown", None).await.0,
        StatusCode::UNAUTHORIZED
    );

    let ruling = |decision: &str| json!({ "decision": decision, "by": "kim", "reason": "seen in the PG's admin" });
    let with = |mut ruling: Value, name: &str, value: &str| {
        ruling[name] = json!(value);
        ruling
    };
    for (path, body, status, word) in [
        ("/admin/unknown/c1", ruling("not-done"), 200, "NotDone"),
        ("/admin/unknown/c1", ruling("look"), 200, "Look"),
        ("/admin/unknown/c1", with(ruling("adopt"), "pgTxId", "T1"), 200, "T1"),
        (
            "/admin/unknown/c1",
            with(ruling("cancelled"), "pgCancellationId", "C1"),
            200,
            "C1",
        ),
        ("/admin/unknown/c1", ruling("adopt"), 400, "pgTxId"),
        (
            "/admin/unknown/c1",
            with(ruling("not-done"), "pgTxId", "T1"),
            400,
            "pgTxId",
        ),
        ("/admin/unknown/c1", ruling("forget"), 400, "not-done"),
        ("/admin/unknown/c1", json!([]), 400, "decision"),
        (
            "/admin/unknown/c1",
            json!({ "decision": "look", "by": "kim" }),
            400,
            "reason",
        ),
        ("/admin/unknown/c1", with(ruling("look"), "by", "lee"), 409, "try again"),
        ("/admin/unknown/c2", ruling("look"), 404, "no operation"),
    ] {
        let (seen, answer) = post(&console, path, body.clone()).await;
        assert_eq!(seen.as_u16(), status, "{body}: {answer}");
        assert!(answer.to_string().contains(word), "{body}: {answer}");
    }
}
