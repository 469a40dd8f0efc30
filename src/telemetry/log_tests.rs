#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{LogFormat, LogSetup, PaymentLine, REQUEST_ID, init, payment_line, request_id};
use http::{HeaderMap, HeaderValue};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn id_of(value: &[u8]) -> String {
    let mut headers = HeaderMap::new();
    headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
    request_id(&headers)
}

#[test]
fn request_ids_are_taken_only_if_printable() {
    assert_eq!(id_of(b"abc-1_2/3"), "abc-1_2/3");
    assert_eq!(id_of(&[b'a'; 128]).len(), 128);
    for bad in [&b""[..], b"a b", b"\xea\xb0\x80", &[b'a'; 129]] {
        let id = id_of(bad);
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{id}");
    }
    assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
}

#[test]
fn a_payment_is_one_json_line() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .finish();
    let line = PaymentLine {
        request_id: Some("r-1"),
        store: "store-1",
        payment: "pay-1",
        transaction: "tx-1",
        channel: "channel-key-1",
        provider: "toss",
        operation: "approve",
        method: "CARD",
        amount: 1_000,
        currency: "KRW",
        outcome: "declined",
        code: None,
        ms: 12,
    };
    tracing::subscriber::with_default(subscriber, || payment_line(&line));
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["level"], "INFO");
    assert_eq!(json["request_id"], "r-1");
    assert_eq!(json["tx"], "tx-1");
    assert_eq!(json["amount"], 1_000);
    assert_eq!(json["ms"], 12);
    assert!(json.get("code").is_none());
}

#[test]
fn set_up_refuses_a_bad_filter_and_a_second_time() {
    let refused = init(LogFormat::Text, "naru=loud");
    assert!(matches!(refused, Err(LogSetup::Filter { .. })), "{refused:?}");
    // Whichever test binary thread came first: the second call in one process is refused.
    let _ = init(LogFormat::Json, "error");
    assert!(matches!(init(LogFormat::Text, "error"), Err(LogSetup::Already)));
}
