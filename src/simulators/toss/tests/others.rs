use super::*;
use crate::simulators::testing::Inbox;
use std::time::Duration;

const VB: &str = "VIRTUAL_ACCOUNT";

async fn subscribe(sim: &Arc<Simulators>, url: &str, events: Value) {
    let got = control(
        sim,
        "PUT",
        "toss/merchants",
        json!({"mid": MID, "notifyUrl": url, "events": events}),
    )
    .await;
    assert_eq!(got.status, 200, "{}", got.text());
}

fn body(request: &crate::net::Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn vbank(order: &str) -> Value {
    json!({"amount": 10000, "orderId": order, "orderName": "셔츠", "customerName": "홍길동", "bank": "신한"})
}

#[tokio::test]
async fn a_virtual_account_from_issue_to_refund() {
    let sim = sim();
    let issued = post(&sim, SECRET, "virtual-accounts", &vbank("ORDER-0001"))
        .await
        .json();
    assert_eq!(issued["status"], "WAITING_FOR_DEPOSIT");
    assert_eq!(
        (
            issued["approvedAt"].clone(),
            issued["virtualAccount"]["depositorName"].clone()
        ),
        (Value::Null, Value::Null)
    );
    let account = issued["virtualAccount"]["accountNumber"].as_str().unwrap();
    assert!(account.len() == 14 && account.starts_with('X') && account[1..].bytes().all(|b| b.is_ascii_digit()));
    assert_eq!(issued["virtualAccount"]["bankCode"], "88");
    let row = ledger(&sim).await[0].clone();
    assert_eq!(
        (row["kind"].clone(), row["balance"].clone()),
        (json!("vbank"), json!(0))
    );
    let tid = key(&issued);
    let part = cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    assert_eq!(part.error(), (403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT".into()));
    let wrong = control(
        &sim,
        "POST",
        "toss/deposit",
        json!({"orderId": "ORDER-0001", "amount": 9999}),
    )
    .await;
    assert_eq!(wrong.status, 422);
    let done = control(
        &sim,
        "POST",
        "toss/deposit",
        json!({"orderId": "ORDER-0001", "amount": 10000, "name": "김"}),
    )
    .await;
    assert_eq!(done.json()["state"], "DONE");
    let paid = get(&sim, SECRET, &format!("payments/{tid}")).await.json();
    assert_eq!(paid["virtualAccount"]["depositorName"], "김");
    assert!(paid["approvedAt"].is_string());
    for (account, code) in [
        (Value::Null, "INVALID_REFUND_ACCOUNT_INFO"),
        (
            json!({"bankCode": "88", "accountNumber": "1234", "holderName": "김"}),
            "INVALID_REQUIRED_PARAM",
        ),
        (
            json!({"bank": "004", "accountNumber": "1234", "holderName": "김"}),
            "INVALID_BANK",
        ),
        (
            json!({"bank": "88", "accountNumber": "12-34", "holderName": "김"}),
            "INVALID_REFUND_ACCOUNT_NUMBER",
        ),
        (json!({"bank": "88", "accountNumber": "1234"}), "INVALID_REQUIRED_PARAM"),
    ] {
        let got = cancel(
            &sim,
            &tid,
            json!({"cancelReason": "x", "refundReceiveAccount": account}),
        )
        .await;
        assert_eq!(got.error(), (400, code.to_owned()));
    }
    let to = json!({"bank": "KOOKMIN", "accountNumber": "1234567890", "holderName": "김"});
    let part = cancel(
        &sim,
        &tid,
        json!({"cancelReason": "x", "cancelAmount": 4000, "refundReceiveAccount": to}),
    )
    .await
    .json();
    assert_eq!(
        (
            part["balanceAmount"].clone(),
            part["virtualAccount"]["refundStatus"].clone()
        ),
        (json!(6000), json!("PENDING"))
    );
    control(
        &sim,
        "POST",
        "toss/refund-status",
        json!({"tid": tid, "status": "FAILED"}),
    )
    .await;
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{tid}")).await.json()["virtualAccount"]["refundStatus"],
        "FAILED"
    );
}

#[tokio::test]
async fn an_unpaid_account_closes_or_runs_out_silently() {
    let sim = sim();
    let closed = key(&post(&sim, SECRET, "virtual-accounts", &vbank("ORDER-0001"))
        .await
        .json());
    assert_eq!(
        cancel(&sim, &closed, json!({"cancelReason": "x"})).await.json()["status"],
        "CANCELED"
    );
    let late = control(&sim, "POST", "toss/deposit", json!({"tid": closed, "amount": 10000})).await;
    assert_eq!(late.status, 422);
    let mut short = vbank("ORDER-0002");
    short["validHours"] = json!(1);
    let mut fixed = vbank("ORDER-0003");
    fixed["validHours"] = json!(1);
    fixed["accountKey"] = json!("buyer-7");
    let (short, first) = (
        post(&sim, SECRET, "virtual-accounts", &short).await.json(),
        post(&sim, SECRET, "virtual-accounts", &fixed).await.json(),
    );
    fixed["orderId"] = json!("ORDER-0004");
    let second = post(&sim, SECRET, "virtual-accounts", &fixed).await.json();
    assert_eq!(
        first["virtualAccount"]["accountNumber"],
        second["virtualAccount"]["accountNumber"]
    );
    control(&sim, "POST", "clock", json!({"advanceMs": 3_700_000})).await;
    for (payment, expired) in [(short, true), (first, false)] {
        let now = get(&sim, SECRET, &format!("payments/{}", key(&payment))).await.json();
        assert_eq!(
            (now["status"].clone(), now["virtualAccount"]["expired"].clone()),
            (json!("WAITING_FOR_DEPOSIT"), json!(expired))
        );
    }
    for (change, code) in [
        (
            json!({"validHours": 1, "dueDate": "2030-01-01T00:00:00"}),
            "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE",
        ),
        (json!({"validHours": 2161}), "EXCEED_MAX_VALID_HOURS"),
        (json!({"dueDate": "yesterday"}), "INVALID_DATE"),
        (json!({"bank": "NOBANK"}), "INVALID_BANK"),
        (json!({"amount": 199}), "BELOW_MINIMUM_AMOUNT"),
    ] {
        let mut body = vbank("ORDER-0009");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(
            post(&sim, SECRET, "virtual-accounts", &body).await.error(),
            (400, code.to_owned())
        );
    }
}

#[tokio::test]
async fn a_deposit_is_notified_in_both_formats_and_reversed() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    let tid = authenticated(&sim, &open(VB, "ORDER-0001", 10000)).await;
    let issued = confirm(&sim, &tid, "ORDER-0001", 10000).await.json();
    subscribe(&sim, &url, json!(["DEPOSIT_CALLBACK", "PAYMENT_STATUS_CHANGED"])).await;
    control(&sim, "POST", "toss/deposit", json!({"tid": tid, "amount": 10000})).await;
    let got = inbox.wait(2).await;
    let flat = got.iter().find(|r| body(r).get("eventType").is_none()).unwrap();
    let flat = body(flat);
    assert_eq!(
        (flat["secret"].clone(), flat["status"].clone(), flat["orderId"].clone()),
        (issued["secret"].clone(), json!("DONE"), json!("ORDER-0001"))
    );
    assert!(flat.get("paymentKey").is_none() && flat["transactionKey"].is_string());
    let full = got
        .iter()
        .find(|r| body(r)["eventType"] == "PAYMENT_STATUS_CHANGED")
        .unwrap();
    assert_eq!(body(full)["data"]["paymentKey"], tid.as_str());
    assert!(
        full.header("tosspayments-webhook-transmission-id")
            .unwrap()
            .starts_with("whtrans_")
    );
    assert_eq!(
        full.header("tosspayments-webhook-transmission-retried-count"),
        Some("0")
    );
    assert!(
        full.header("tosspayments-webhook-transmission-time")
            .unwrap()
            .ends_with("+09:00")
    );
    control(&sim, "POST", "toss/deposit", json!({"tid": tid, "reverse": true})).await;
    let got = inbox.wait(3).await;
    assert_eq!(body(&got[2])["status"], "WAITING_FOR_DEPOSIT");
    assert_eq!(
        get(&sim, SECRET, &format!("payments/{tid}")).await.json()["status"],
        "WAITING_FOR_DEPOSIT"
    );
    assert_eq!(
        control(&sim, "POST", "toss/deposit", json!({"tid": tid, "reverse": true}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_refused_notification_is_retried_with_the_same_id() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    inbox.answers.lock().unwrap().extend([500, 204]);
    control(&sim, "POST", "clock", json!({"minuteMs": 5})).await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    paid(&sim, "ORDER-0001", 1000).await;
    let got = inbox.wait(3).await;
    let header = |name: &str| {
        got.iter()
            .map(|r| r.header(name).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        header("tosspayments-webhook-transmission-retried-count"),
        ["0", "1", "2"]
    );
    let ids = header("tosspayments-webhook-transmission-id");
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(got[0].body, got[2].body);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let record = control(&sim, "GET", "notices?orderId=ORDER-0001", Value::Null)
        .await
        .json();
    assert_eq!(
        (
            record[0]["state"].clone(),
            record[0]["attempts"].clone(),
            record[0]["lastStatus"].clone()
        ),
        (json!("delivered"), json!(3), json!(200))
    );
}

#[tokio::test]
async fn notifications_can_be_lost_doubled_early_and_forged() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    let fault = |kind: &str| json!([{"provider": "toss", "operation": "notify", "kind": kind, "times": 1}]);
    control(&sim, "PUT", "faults", fault("lost-notify")).await;
    paid(&sim, "ORDER-0001", 1000).await;
    control(&sim, "PUT", "faults", fault("notify-before-answer")).await;
    paid(&sim, "ORDER-0002", 1000).await;
    // It was there before the answer, and the lost one is not.
    assert_eq!(inbox.count(), 1);
    control(&sim, "PUT", "faults", fault("duplicate-notify")).await;
    paid(&sim, "ORDER-0003", 1000).await;
    let got = inbox.wait(3).await;
    assert_eq!(got[1].body, got[2].body);
    control(&sim, "PUT", "faults", fault("bad-signature")).await;
    let payment = paid(&sim, "ORDER-0004", 1000).await;
    let forged = body(&inbox.wait(4).await[3]);
    assert_eq!(forged["data"]["orderId"], "ORDER-0004");
    assert_ne!(forged["data"]["secret"], payment["secret"]);
    let lost = control(&sim, "GET", "notices?provider=toss&orderId=ORDER-0001", Value::Null)
        .await
        .json();
    assert_eq!(lost[0]["state"], "lost");
    // A notification nobody caused: about an unknown order.
    let ask = json!({"orderId": "ORDER-0004", "status": "CANCELED", "unknownOrderId": "NOBODYS-ORDER"});
    assert_eq!(control(&sim, "POST", "toss/notify", ask).await.status, 200);
    let stray = body(&inbox.wait(5).await[4]);
    assert_eq!(
        (stray["data"]["orderId"].clone(), stray["data"]["status"].clone()),
        (json!("NOBODYS-ORDER"), json!("CANCELED"))
    );
}

#[tokio::test]
async fn events_fire_on_the_documented_statuses_only() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    subscribe(&sim, &url, json!(["PAYMENT_STATUS_CHANGED"])).await;
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    inbox.wait(1).await;
    cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    inbox.wait(2).await;
    authenticated(&sim, &open("CARD", "ORDER-0002", 1000)).await;
    control(&sim, "POST", "clock", json!({"advanceMs": 600_000})).await;
    let statuses: Vec<Value> = inbox
        .wait(3)
        .await
        .iter()
        .map(|r| body(r)["data"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["DONE", "PARTIAL_CANCELED", "EXPIRED"].map(Value::from));
}

#[tokio::test]
async fn billing_by_window_charge_and_delete() {
    let sim = sim();
    let register = json!({"kind": "script", "scriptUrl": "http://sim.test/toss/v2/standard", "global": "TossPayments",
        "clientKey": BILLING_CLIENT, "call": "payment.requestBillingAuth", "customerKey": "buyer-7",
        "params": {"method": "CARD", "successUrl": "http://shop.test/ok", "failUrl": "http://shop.test/no"}});
    let url = authenticate(&sim, &register, "approve").await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let auth_key = url
        .strip_prefix("http://shop.test/ok?customerKey=buyer-7&authKey=")
        .unwrap()
        .to_owned();
    let wrong = post(
        &sim,
        BILLING,
        "billing/authorizations/issue",
        &json!({"authKey": auth_key, "customerKey": "buyer-8"}),
    )
    .await;
    assert_eq!(wrong.error(), (400, "NOT_MATCHES_CUSTOMER_KEY".into()));
    let ask = json!({"authKey": auth_key, "customerKey": "buyer-7"});
    let issued = post(&sim, BILLING, "billing/authorizations/issue", &ask).await.json();
    assert_eq!(
        (issued["method"].clone(), issued["customerKey"].clone()),
        (json!("카드"), json!("buyer-7"))
    );
    assert_eq!(
        post(&sim, BILLING, "billing/authorizations/issue", &ask).await.error(),
        (400, "INVALID_BILLING_AUTH".into())
    );
    let raw_key = issued["billingKey"].as_str().unwrap();
    assert!(raw_key.ends_with('='));
    let path = percent_encoding::utf8_percent_encode(raw_key, percent_encoding::NON_ALPHANUMERIC).to_string();
    let charge = json!({"customerKey": "buyer-7", "amount": 9900, "orderId": "ORDER-0001", "orderName": "구독"});
    let mut other = charge.clone();
    other["customerKey"] = json!("buyer-8");
    assert_eq!(
        post(&sim, BILLING, &format!("billing/{path}"), &other).await.error(),
        (400, "NOT_MATCHES_CUSTOMER_KEY".into())
    );
    let payment = post(&sim, BILLING, &format!("billing/{path}"), &charge).await.json();
    assert_eq!(
        (payment["type"].clone(), payment["status"].clone()),
        (json!("BILLING"), json!("DONE"))
    );
    assert_eq!(
        post(&sim, BILLING, &format!("billing/{path}"), &charge).await.error(),
        (400, "DUPLICATED_ORDER_ID".into())
    );
    let delete = call(
        &sim,
        "DELETE",
        &format!("/toss/v1/billing/{path}"),
        &[("authorization", &basic(BILLING))],
        b"",
    )
    .await;
    assert_eq!((delete.status, delete.body.len()), (200, 0));
    other["customerKey"] = json!("buyer-7");
    assert_eq!(
        post(&sim, BILLING, &format!("billing/{path}"), &other).await.error(),
        (400, "ALREADY_REMOVED_BILLING_KEY".into())
    );
    assert_eq!(
        post(&sim, BILLING, "billing/none", &other).await.error(),
        (404, "NOT_FOUND_BILLING".into())
    );
    // Without the contract there is no window and no call.
    let mut foreign = register.clone();
    foreign["clientKey"] = json!(CLIENT);
    assert_eq!(
        authenticate(&sim, &foreign, "approve").await.error().1,
        "NOT_SUPPORTED_METHOD"
    );
    assert_eq!(
        post(&sim, SECRET, "billing/authorizations/issue", &ask).await.error(),
        (400, "NOT_SUPPORTED_METHOD".into())
    );
    let mut guest = register;
    guest["customerKey"] = json!("@@ANONYMOUS");
    assert_eq!(
        authenticate(&sim, &guest, "approve").await.error().1,
        "INVALID_CUSTOMER_KEY"
    );
}

#[tokio::test]
async fn billing_by_card_number_and_removal_by_the_buyer() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    control(
        &sim,
        "PUT",
        "toss/merchants",
        json!({"mid": "tnarubill1", "notifyUrl": url}),
    )
    .await;
    let mut card = typed_card("unused");
    card["customerKey"] = json!("buyer-7");
    card["cardNumber"] = json!("941000");
    assert_eq!(
        post(&sim, BILLING, "billing/authorizations/card", &card).await.error(),
        (400, "INVALID_CARD_NUMBER".into())
    );
    card["cardNumber"] = json!("5520221234567890");
    let odd = post(&sim, BILLING, "billing/authorizations/card", &card).await.json();
    assert_eq!(odd["card"]["cardType"], "미확인");
    let charge = json!({"customerKey": "buyer-7", "amount": 9900, "orderId": "ORDER-0001", "orderName": "구독"});
    let path = |billing: &Value| {
        let key = billing["billingKey"].as_str().unwrap().to_owned();
        format!(
            "billing/{}",
            percent_encoding::utf8_percent_encode(&key, percent_encoding::NON_ALPHANUMERIC)
        )
    };
    assert_eq!(
        post(&sim, BILLING, &path(&odd), &charge).await.error(),
        (400, "NOT_SUPPORTED_CARD_TYPE".into())
    );
    card["cardNumber"] = json!("9410001234567890");
    let good = post(&sim, BILLING, "billing/authorizations/card", &card).await.json();
    let mut again = charge.clone();
    again["orderId"] = json!("ORDER-0002");
    assert_eq!(post(&sim, BILLING, &path(&good), &again).await.json()["status"], "DONE");
    card["customerKey"] = json!("x".repeat(301));
    assert_eq!(
        post(&sim, BILLING, "billing/authorizations/card", &card).await.error(),
        (500, "FAILED_DB_PROCESSING".into())
    );
    control(
        &sim,
        "POST",
        "toss/billing-removed",
        json!({"billingKey": good["billingKey"], "reason": "buyer"}),
    )
    .await;
    let events: Vec<Value> = inbox
        .wait(1)
        .await
        .iter()
        .map(|r| body(r)["eventType"].clone())
        .collect();
    // Approvals by billing key send nothing.
    assert_eq!(events, [json!("BILLING_DELETED")]);
    again["orderId"] = json!("ORDER-0003");
    assert_eq!(
        post(&sim, BILLING, &path(&good), &again).await.error().1,
        "ALREADY_REMOVED_BILLING_KEY"
    );
}

#[tokio::test]
async fn cash_receipts() {
    let sim = sim();
    let ask = json!({"amount": 11000, "orderId": "ORDER-0001", "orderName": "셔츠", "type": "소득공제",
        "customerIdentityNumber": "01012345678"});
    let issued = post(&sim, SECRET, "cash-receipts", &ask).await.json();
    assert_eq!(
        (issued["issueStatus"].clone(), issued["transactionType"].clone()),
        (json!("IN_PROGRESS"), json!("CONFIRM"))
    );
    assert_eq!(issued["customerIdentityNumber"], "010******78");
    assert_eq!(
        post(&sim, SECRET, "cash-receipts", &ask).await.error(),
        (400, "DUPLICATED_CASH_RECEIPT".into())
    );
    let path = format!("cash-receipts/{}/cancel", issued["receiptKey"].as_str().unwrap());
    let part = post(&sim, SECRET, &path, &json!({"amount": 1000})).await.json();
    assert!(part["receiptKey"].as_str().unwrap().starts_with("c_"));
    assert_eq!(
        (part["transactionType"].clone(), part["amount"].clone()),
        (json!("CANCEL"), json!(1000))
    );
    let auth = basic(SECRET);
    let rest = call(
        &sim,
        "POST",
        &format!("/toss/v1/{path}"),
        &[("authorization", auth.as_str())],
        b"",
    )
    .await
    .json();
    assert_eq!(rest["amount"], 10000);
    assert_eq!(
        post(&sim, SECRET, "cash-receipts/none/cancel", &json!({}))
            .await
            .error(),
        (404, "NOT_FOUND_RECEIPT".into())
    );
    let day = &issued["requestedAt"].as_str().unwrap()[..10];
    let list = get(&sim, SECRET, &format!("cash-receipts?requestDate={day}&limit=2"))
        .await
        .json();
    assert_eq!(
        (list["hasNext"].clone(), list["data"].as_array().unwrap().len()),
        (json!(true), 2)
    );
    let next = get(
        &sim,
        SECRET,
        &format!("cash-receipts?requestDate={day}&cursor={}", list["lastCursor"]),
    )
    .await
    .json();
    assert_eq!(
        (next["hasNext"].clone(), next["data"].as_array().unwrap().len()),
        (json!(false), 1)
    );
}

#[tokio::test]
async fn transactions_page_by_their_keys_and_settlements_are_live_only() {
    let sim = sim();
    for (i, order) in ["ORDER-0001", "ORDER-0002"].iter().enumerate() {
        let tid = key(&paid(&sim, order, 1000 + i64::try_from(i).unwrap()).await);
        cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    }
    post(&sim, SECRET, "virtual-accounts", &vbank("ORDER-0003")).await;
    let span = "startDate=2020-01-01&endDate=2999-01-01T00:00:00";
    let all = get(&sim, SECRET, &format!("transactions?{span}")).await.json();
    let rows = all.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows.iter().filter(|r| r["amount"] == -100).count(), 2);
    assert_eq!(rows.iter().filter(|r| r["amount"] == 0).count(), 1);
    let first = get(&sim, SECRET, &format!("transactions?{span}&limit=2")).await.json();
    let after = first[1]["transactionKey"].as_str().unwrap();
    let next = get(&sim, SECRET, &format!("transactions?{span}&startingAfter={after}"))
        .await
        .json();
    assert_eq!(next.as_array().unwrap()[..], rows[2..]);
    assert_eq!(
        get(&sim, SECRET, "transactions?startDate=x&endDate=2999-01-01")
            .await
            .error(),
        (400, "INVALID_DATE".into())
    );
    assert_eq!(
        get(&sim, SECRET, &format!("transactions?{span}&limit=5001"))
            .await
            .error()
            .0,
        400
    );
    assert_eq!(
        get(&sim, SECRET, "settlements?startDate=2020-01-01&endDate=2999-01-01")
            .await
            .json(),
        json!([])
    );
    let merchant = json!({"mid": "live00001", "clientKey": "live_ck_1", "secretKey": "live_sk_1"});
    control(&sim, "PUT", "toss/merchants", merchant).await;
    post(&sim, "live_sk_1", "payments/key-in", &typed_card("ORDER-0009")).await;
    let path = "settlements?startDate=2020-01-01&endDate=2999-01-01";
    assert_eq!(get(&sim, "live_sk_1", path).await.json(), json!([]));
    control(&sim, "POST", "clock", json!({"advanceMs": 24 * 3_600_000})).await;
    let rows = get(&sim, "live_sk_1", path).await.json();
    let fee = rows[0]["fee"].as_i64().unwrap();
    assert_eq!(rows[0]["payOutAmount"].as_i64().unwrap(), 15000 - fee);
}

#[tokio::test]
async fn answers_take_other_shapes() {
    let sim = sim();
    let tid = key(&paid(&sim, "ORDER-0001", 1000).await);
    cancel(&sim, &tid, json!({"cancelReason": "x", "cancelAmount": 100})).await;
    let shaped = |words: Value| {
        let (sim, path) = (Arc::clone(&sim), format!("payments/{tid}"));
        async move {
            let set = control(&sim, "PUT", "toss/shapes", json!({"mid": MID, "shapes": words})).await;
            assert_eq!(set.status, 200, "{}", set.text());
            get(&sim, SECRET, &path).await.json()
        }
    };
    let old = shaped(json!(["org-names"])).await;
    assert_eq!(
        (old["card"]["company"].clone(), old["card"].get("issuerCode")),
        (json!("신한"), None)
    );
    let older = shaped(json!(["api-1.3"])).await;
    assert!(older.get("lastTransactionKey").is_none() && older["transactionKey"].is_string());
    assert!(older.get("version").is_none() && older["approvedAt"].as_str().unwrap().ends_with(".000+09:00"));
    assert!(older["card"]["receiptUrl"].is_string());
    let reduced = shaped(json!(["reduced-cancels"])).await;
    let element = reduced["cancels"][0].as_object().unwrap();
    assert!(!element.contains_key("cancelStatus") && element.contains_key("refundableAmount"));
    assert_eq!(shaped(json!(["english"])).await["method"], "CARD");
    assert_eq!(shaped(json!(["method-null"])).await["method"], Value::Null);
    assert_eq!(shaped(json!(["bare"])).await["card"], Value::Null);
    assert_eq!(shaped(json!(["no-secret"])).await["secret"], Value::Null);
    assert_eq!(shaped(json!(["numbers-as-text"])).await["totalAmount"], "1000");
    assert!(shaped(json!(["unknown-fields"])).await["loyalty"].is_object());
    assert_eq!(shaped(json!([])).await["card"]["issuerCode"], "41");
    let wrong = control(&sim, "PUT", "toss/shapes", json!({"shapes": ["redused-cancels"]})).await;
    assert!(wrong.status == 400 && wrong.text().contains("reduced-cancels"));
    control(&sim, "PUT", "toss/shapes", json!({"shapes": ["hide-ready"]})).await;
    control(
        &sim,
        "PUT",
        "toss/merchants",
        json!({"mid": "tnaru00009", "clientKey": "test_ck_9", "secretKey": "test_sk_9"}),
    )
    .await;
    let body = json!({"method": "CARD", "amount": 1000, "orderId": "ORDER-0002", "orderName": "x",
        "successUrl": "http://a.test/", "failUrl": "http://a.test/"});
    assert_eq!(post(&sim, "test_sk_9", "payments", &body).await.status, 200);
    assert_eq!(get(&sim, "test_sk_9", "payments/orders/ORDER-0002").await.status, 404);
}

#[tokio::test]
async fn merchants_are_checked_by_member() {
    let sim = sim();
    for (change, field) in [
        (json!({"mid": "new"}), "clientKey"),
        (json!({"mid": MID, "secretKey": "sk_x"}), "secretKey"),
        (json!({"mid": MID, "notifyUrl": "https://shop.test/x"}), "notifyUrl"),
        (json!({"mid": MID, "notifyUrl": "nowhere"}), "notifyUrl"),
        (json!({"mid": MID, "events": ["DEPOSIT_CALBACK"]}), "events"),
        (json!({"mid": "x".repeat(15)}), "mid"),
        (json!({"mid": MID, "shapes": ["odd"]}), "shapes"),
    ] {
        let got = control(&sim, "PUT", "toss/merchants", change.clone()).await;
        assert_eq!(
            (got.status, got.json()["field"].clone()),
            (400, json!(field)),
            "{change}"
        );
    }
    let many = json!([{"mid": "m1", "clientKey": "test_ck_m1", "secretKey": "test_sk_m1"},
        {"mid": "m2", "clientKey": "test_ck_m2", "secretKey": "test_sk_m2"}]);
    assert_eq!(
        control(&sim, "PUT", "toss/merchants", many)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let shown = control(&sim, "PUT", "toss/merchants", json!({"mid": "m1"})).await;
    assert!(!shown.text().contains("test_sk_m1"));
    assert_eq!(get(&sim, "test_sk_m2", "payments/none").await.status, 404);
}
