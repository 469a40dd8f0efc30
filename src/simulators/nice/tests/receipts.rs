use super::*;

fn issue(order: &str) -> Value {
    json!({"orderId": order, "amount": 11000, "goodsName": "셔츠", "receiptType": "individual", "receiptNo": "01012345678",
        "supplyAmt": 10000, "goodsVat": 1000, "taxFreeAmt": 0, "serviceAmt": 0, "ediDate": DATE,
        "signData": sha(&format!("{order}11000{DATE}{SECRET}"))})
}

#[tokio::test]
async fn a_receipt_is_accepted_first_and_issued_two_days_later() {
    let sim = sim();
    let done = ok(&post(&sim, "receipt/", issue("r-1")).await);
    let tid = done["tid"].as_str().unwrap().to_owned();
    assert!(tid.starts_with("narunice1m0401"));
    let date = done["ediDate"].as_str().unwrap();
    assert_eq!(done["signature"], sha(&format!("{tid}r-1{date}{SECRET}")));
    let path = format!("receipt/{tid}");
    let read = || get(&sim, &path);
    assert_eq!(ok(&read().await)["status"], "issueRequested");
    advance(&sim, 2 * 24 * 3_600_000).await;
    let seen = ok(&read().await);
    assert_eq!(
        (seen["status"].clone(), seen["payMethod"].clone()),
        (json!("issued"), json!("cshrcpt"))
    );
    assert_eq!(
        seen["signature"],
        sha(&format!("{tid}r-1{}{SECRET}", seen["ediDate"].as_str().unwrap()))
    );
    merchant(&sim, json!({"shapes": ["receipt-amount-signature"]})).await;
    let seen = ok(&read().await);
    assert_eq!(
        seen["signature"],
        sha(&format!("{tid}11000{}{SECRET}", seen["ediDate"].as_str().unwrap()))
    );
    assert_eq!(code(&post(&sim, "receipt", issue("r-1")).await), (200, "7003".into()));
    assert_eq!(code(&cancel(&sim, &tid, json!({})).await), (200, "U106".into()));
}

#[tokio::test]
async fn its_parts_must_sum_and_its_number_must_fit() {
    let sim = sim();
    for (expected, change) in [
        ("U319", json!({"goodsVat": 999})),
        ("U100", json!({"serviceAmt": null})),
        ("7013", json!({"receiptNo": "010-1234"})),
        ("7013", json!({"receiptType": "company"})),
        ("U100", json!({"receiptType": "none"})),
        ("U312", json!({"signData": "0"})),
    ] {
        let mut body = issue("r-1");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(
            code(&post(&sim, "receipt", body).await),
            (200, expected.into()),
            "{change}"
        );
    }
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_receipt_is_cancelled_in_parts_unless_it_is_the_sandbox() {
    let sim = sim();
    let tid = ok(&post(&sim, "receipt", issue("r-1")).await)["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = |order: &str, more: Value| {
        let mut body = json!({"orderId": order, "reason": "취소", "ediDate": DATE, "signData": sha(&format!("{tid}{DATE}{SECRET}"))});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let path = format!("receipt/{tid}/cancel");
    assert_eq!(
        code(&post(&sim, &path, ask("c-1", json!({"cancelAmt": 1100}))).await),
        (200, "U100".into())
    );
    let part = json!({"cancelAmt": 1100, "supplyAmt": 1000, "goodsVat": 100, "taxFreeAmt": 0, "serviceAmt": 0});
    let done = ok(&post(&sim, &path, ask("c-1", part.clone())).await);
    assert_eq!(
        (done["cancelAmt"].clone(), done["balanceAmt"].clone()),
        (json!(1100), json!(9900))
    );
    assert_eq!(
        done["signature"],
        sha(&format!("{tid}c-1{}{SECRET}", done["ediDate"].as_str().unwrap()))
    );
    assert_eq!(code(&post(&sim, &path, ask("c-1", part)).await), (200, "U112".into()));
    assert_eq!(ok(&post(&sim, &path, ask("c-2", json!({}))).await)["balanceAmt"], 0);
    assert_eq!(
        code(&post(&sim, &path, ask("c-3", json!({}))).await),
        (200, "2013".into())
    );
    merchant(&sim, json!({"sandbox": true})).await;
    let tid = ok(&post(&sim, "receipt", issue("r-2")).await)["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"orderId": "c-9", "reason": "x"});
    assert_eq!(
        code(&post(&sim, &format!("receipt/{tid}/cancel"), body).await),
        (200, "U128".into())
    );
}
