//! Good inputs of each parser, to start changing from.

use super::{CARD, ORDER, PAYMENT_KEY, TOTAL};
use serde_json::{Value, json};

fn payment(status: &str, balance: i64, cancels: &Value) -> Value {
    json!({
        "mId": "tvivarepubli1", "lastTransactionKey": "F00D0000000000000000000000000001", "paymentKey": PAYMENT_KEY,
        "orderId": ORDER, "orderName": "주문", "taxExemptionAmount": 0, "status": status, "currency": "KRW",
        "requestedAt": "2026-01-01T00:00:00+09:00", "approvedAt": "2026-01-01T00:00:05+09:00", "useEscrow": false,
        "cultureExpense": false, "method": "카드", "totalAmount": TOTAL, "balanceAmount": balance,
        "suppliedAmount": 13_636, "vat": 1_364, "taxFreeAmount": 0, "isPartialCancelable": true, "type": "NORMAL",
        "card": { "issuerCode": "11", "acquirerCode": "11", "number": "94300000****000*", "installmentPlanMonths": 0,
            "approveNo": "00000000", "cardType": "신용", "ownerType": "개인", "amount": TOTAL },
        "receipt": { "url": "https://dashboard.tosspayments.com/receipt" }, "cancels": cancels, "failure": Value::Null,
    })
}

fn answered(status: u16, body: &Value) -> Vec<u8> {
    let mut bytes = status.to_be_bytes().to_vec();
    bytes.extend_from_slice(body.to_string().as_bytes());
    bytes
}

pub(super) fn toss_answers() -> Vec<Vec<u8>> {
    let cancel = json!([{ "transactionKey": "F00D0000000000000000000000000002", "cancelReason": "fuzz", "cancelAmount": TOTAL,
        "canceledAt": "2026-01-01T00:01:00+09:00", "cancelStatus": "DONE", "taxExemptionAmount": 0, "refundableAmount": 0 }]);
    vec![
        answered(200, &payment("DONE", TOTAL, &Value::Null)),
        answered(200, &payment("CANCELED", 0, &cancel)),
        answered(200, &payment("EXPIRED", TOTAL, &Value::Null)),
        answered(400, &json!({ "code": "REJECT_CARD_PAYMENT", "message": "한도초과" })),
        answered(404, &json!({ "code": "NOT_FOUND_PAYMENT", "message": "없음" })),
        answered(
            500,
            &json!({ "code": "FAILED_INTERNAL_SYSTEM_PROCESSING", "message": "오류" }),
        ),
    ]
}

pub(super) fn toss_return() -> Vec<Vec<u8>> {
    vec![
        format!("\0paymentType=NORMAL&orderId={ORDER}&paymentKey={PAYMENT_KEY}&amount={TOTAL}\n").into_bytes(),
        format!("\x01code=PAY_PROCESS_CANCELED&message=%EC%B7%A8%EC%86%8C&orderId={ORDER}\n").into_bytes(),
        b"\x02\n".to_vec(),
    ]
}

pub(super) fn toss_notice() -> Vec<Vec<u8>> {
    let data = payment("DONE", TOTAL, &Value::Null);
    let changed =
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-01-01T00:00:00.000000", "data": data });
    let deposit = json!({ "createdAt": "2026-01-01T00:00:00.000000", "secret": "ps_fuzz", "orderId": ORDER, "status": "DONE",
        "transactionKey": "F00D0000000000000000000000000003" });
    vec![changed.to_string().into_bytes(), deposit.to_string().into_bytes()]
}

pub(super) fn v2_bodies() -> Vec<Vec<u8>> {
    let card = json!({ "number": CARD, "expiryYear": "30", "expiryMonth": "12",
        "birthOrBusinessRegistrationNumber": "900101", "passwordTwoDigits": "12" });
    let instant = json!({
        "storeId": "store", "channelKey": "channel", "orderName": "주문", "currency": "KRW",
        "amount": { "total": TOTAL, "taxFree": 100, "vat": 50 },
        "method": { "card": { "credential": card, "installmentMonth": 3, "useCardPoint": false } },
        "customer": { "name": { "separated": { "first": "길동", "last": "홍" } }, "gender": "MALE",
            "address": { "addressLine1": "1", "addressLine2": "2" } },
        "products": [{ "id": "p", "name": "n", "amount": 1, "quantity": 1 }], "noticeUrls": ["https://a.example"],
    });
    let cancel = json!({ "reason": "buyer", "amount": 10, "taxFreeAmount": 1, "requester": "CUSTOMER",
        "refundAccount": { "bank": "KOOKMIN", "number": "1-2", "holderName": "홍" } });
    let confirm = json!({ "paymentToken": "t", "totalAmount": 1, "currency": "KRW", "isTest": true });
    [instant, cancel, confirm].map(|v| v.to_string().into_bytes()).to_vec()
}

pub(super) fn v2_list() -> Vec<Vec<u8>> {
    let list = json!({ "page": { "number": 1, "size": 20 }, "filter": {
        "storeId": "store", "status": ["PAID"], "methods": ["CARD"], "pgProvider": ["TOSSPAYMENTS"], "isTest": true,
        "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z", "sortBy": "REQUESTED_AT", "version": "V2",
        "textSearch": [{ "field": "ALL", "value": "x" }],
    } });
    vec![list.to_string().into_bytes(), b"{}".to_vec()]
}

pub(super) fn request_payment() -> Vec<Vec<u8>> {
    let request = json!({
        "storeId": "store", "channelKey": "channel", "paymentId": "p", "orderName": "주문", "totalAmount": TOTAL,
        "currency": "CURRENCY_KRW", "payMethod": "CARD", "device": "pc", "redirectUrl": "https://shop.example/?a=1#b",
        "windowType": { "pc": "IFRAME" }, "customer": { "firstName": "길동", "lastName": "홍", "birthYear": "1990" },
        "products": [{ "id": "p", "name": "n", "amount": 1, "quantity": 1 }], "offerPeriod": { "interval": "30d" },
        "noticeUrls": ["https://shop.example"], "appScheme": "app://", "customData": { "a": [1, null] }, "locale": "KO_KR",
    });
    vec![request.to_string().into_bytes()]
}

pub(super) fn masking() -> Vec<Vec<u8>> {
    let json = json!({ "cardNumber": "4111111111111111", "deep": [{ "cardNumber": ["5555555555554444"] }] });
    vec![
        json.to_string().into_bytes(),
        b"cardNumber=4111-1111-1111-1111&x=5555+5555+5555+4444".to_vec(),
        b"<cardNumber>4111111111111111</cardNumber>".to_vec(),
        "\u{feff}카드 4111 1111 1111 1111".as_bytes().to_vec(),
    ]
}

pub(super) fn channel_files() -> Vec<Vec<u8>> {
    let file = r#"
[[store]]
id = "store-1"
merchant_id = "merchant-1"
api_secrets = [{ name = "first", secret = "env:NARU_API_SECRET", expires_at = 2030-01-01T00:00:00+09:00 }]

[[channel]]
key = "channel-1"
provider = "toss"
mode = "test"
mid = "tvivarepubli1"
stores = ["store-1"]
methods = ["CARD", "EASY_PAY"]
in_flight_max = 64
[channel.credentials]
clientKey = "test_ck_D5GePWvyJnrK0W0k6q8gLzN97Eoq"
secretKey = "plain:test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R"
[channel.endpoints]
api = "http://127.0.0.1:1/toss"
[channel.timeouts_ms]
inquire = 10_000

[[group]]
id = "group-1"
mode = "test"
stores = ["store-1"]
members = [{ channel = "channel-1", weight = 70 }]
"#;
    vec![file.as_bytes().to_vec()]
}

pub(super) fn settings() -> Vec<Vec<u8>> {
    let file = r#"
node = "naru-1"
public_url = "https://pay.example.com"
data = "data"
channels = "channels"
answer_within_ms = 55000
trusted_proxies = ["10.0.0.0/8", "::1"]
[listen.public]
address = "127.0.0.1:8080"
tls = { cert = "cert.pem", key = "key.pem" }
[ledger]
path = "data/ledger.db"
[keys]
sealing = "env:NARU_SEALING_KEY"
[limits]
body_bytes_max = 1048576
drain_ms = 30000
[log]
format = "json"
filter = "info,naru::gateway=debug"
"#;
    vec![file.as_bytes().to_vec()]
}
