use super::*;
use crate::simulators::testing::Inbox;

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
