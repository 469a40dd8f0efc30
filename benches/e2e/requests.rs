//! The requests of the load: key-in card payments through the router and straight to the PG, and look-ups.

use crate::channels::Contract;
use std::fmt::Write;
use std::net::SocketAddr;

/// The store's API secret, for this run on loopback only.
pub const API_SECRET: &str = "bench-api-secret-0123456789abcdef";

/// A card number that PGs publish for tests.
const CARD: &str = "9410001234567890";

/// Amount of payment number `n`: different enough that a sum shows one missing or doubled.
pub fn amount(n: u64) -> i64 {
    1_000 + i64::try_from(n % 8_999).unwrap_or(0)
}

/// `paymentId` of payment number `n`: merchants' ids come in no order.
fn payment_id(n: u64) -> String {
    format!("pay-{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn request(out: &mut Vec<u8>, line: &str, host: SocketAddr, headers: &str, body: &str) {
    let mut text = String::with_capacity(1 << 10);
    // Writing to a string cannot fail.
    let _ = write!(text, "{line} HTTP/1.1\r\nHost: {host}\r\n{headers}");
    if !body.is_empty() {
        let length = body.len();
        let _ = write!(text, "Content-Type: application/json\r\nContent-Length: {length}\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    out.clear();
    out.extend_from_slice(text.as_bytes());
}

fn portone() -> String {
    format!("Authorization: PortOne {API_SECRET}\r\n")
}

/// `POST /payments/{paymentId}/instant` on one of the channels, in turn.
pub fn instant(host: SocketAddr, channels: &[String], n: u64, out: &mut Vec<u8>) -> i64 {
    let channel = &channels[(n % channels.len() as u64) as usize];
    let total = amount(n);
    let body = format!(
        r#"{{"channelKey":"{channel}","orderName":"아메리카노 두 잔","amount":{{"total":{total}}},"currency":"KRW","customer":{{"id":"buyer-{n}","name":{{"full":"김나루"}},"email":"buyer@example.com","phoneNumber":"01000000000"}},"method":{{"card":{{"credential":{{"number":"{CARD}","expiryYear":"30","expiryMonth":"12","birthOrBusinessRegistrationNumber":"900101","passwordTwoDigits":"12"}}}}}}}}"#
    );
    let line = format!("POST /payments/{}/instant", payment_id(n));
    request(out, &line, host, &portone(), &body);
    total
}

/// The same payment as the PG gets it, without a router in between.
pub fn key_in(host: SocketAddr, contract: &Contract, n: u64, out: &mut Vec<u8>) -> i64 {
    let total = amount(n);
    let body = format!(
        r#"{{"amount":{total},"orderId":"direct-{n:020}","orderName":"아메리카노 두 잔","cardNumber":"{CARD}","cardExpirationYear":"30","cardExpirationMonth":"12","customerIdentityNumber":"900101","cardPassword":"12","customerEmail":"buyer@example.com","customerName":"김나루"}}"#
    );
    let headers = format!(
        "Authorization: {}\r\nIdempotency-Key: key-{n:020}\r\n",
        contract.authorization
    );
    request(out, "POST /toss/v1/payments/key-in", host, &headers, &body);
    total
}

/// `GET /payments/{paymentId}` of one of the first `known` payments.
pub fn look_up(host: SocketAddr, known: u64, n: u64, out: &mut Vec<u8>) -> i64 {
    let line = format!("GET /payments/{}", payment_id(n % known.max(1)));
    request(out, &line, host, &portone(), "");
    0
}

/// `POST /notify/toss/{channelKey}`: a deposit of an order that is not known, each another one.
pub fn notice(host: SocketAddr, channel: &str, n: u64, out: &mut Vec<u8>) -> i64 {
    let body = format!(
        r#"{{"createdAt":"2026-01-01T00:00:00.000000","secret":"ps_bench","status":"DONE","transactionKey":"{n:032x}","orderId":"bench-{n:020}"}}"#
    );
    request(out, &format!("POST /notify/toss/{channel}"), host, "", &body);
    0
}

/// A page of payments, for their number.
pub fn count(host: SocketAddr, status: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let body = format!(r#"{{"page":{{"number":0,"size":1}},"filter":{{"status":["{status}"]}}}}"#);
    let query: String = form_urlencoded::byte_serialize(body.as_bytes()).collect();
    request(
        &mut out,
        &format!("GET /payments?requestBody={query}"),
        host,
        &portone(),
        "",
    );
    out
}

/// A control call of the simulators.
pub fn control(host: SocketAddr, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    request(&mut out, &format!("{method} {path}"), host, "", body);
    out
}

/// A call of the operations listener.
pub fn operations(host: SocketAddr, path: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let token = format!("Authorization: Bearer {}\r\n", crate::process::ADMIN_TOKEN);
    request(&mut out, &format!("GET {path}"), host, &token, "");
    out
}
