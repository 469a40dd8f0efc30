use super::*;

fn key_in(change: &Value) -> Value {
    let mut body = json!({"mid": MID, "payload": "rt-43", "orderNumb": "ORD2", "userName": "홍길동", "userEmail": "a@b.c",
        "productType": "REAL", "productName": "당근10kg", "totalAmount": "1004", "taxFreeAmount": "0",
        "cardNumb": "4111111111111111", "expiryDate": "3012", "installMonth": "00", "currencyType": "KRW"});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_key_in_payment_is_approved_and_can_be_cancelled() {
    let sim = sim();
    let answer = rest(&sim, "card/pay/noncert", key_in(&json!({}))).await;
    assert_eq!(codes(&answer), ("A0200", "0000"), "{answer}");
    let data = &answer["data"];
    assert_eq!(
        (&data["totalAmount"], &data["installMonth"]),
        (&json!("1004"), &json!(""))
    );
    assert_eq!(
        (&data["payload"], &data["partCancelYn"]),
        (&json!("rt-43"), &json!("Y"))
    );
    assert!(!answer.to_string().contains("411111111111"));
    let trno = data["tid"].as_str().unwrap();
    assert_eq!(codes(&cancel(&sim, "card/cancel", trno, None).await).1, "0000");
    let spread = key_in(&json!({"totalAmount": 50_000, "installMonth": "03"}));
    assert_eq!(
        rest(&sim, "card/pay/noncert", spread).await["data"]["installMonth"],
        "03"
    );
}

#[tokio::test]
async fn wrong_numbers_dates_and_proofs_are_declined() {
    let sim = sim();
    for (path, change, code, resp) in [
        (
            "card/pay/noncert",
            json!({"cardNumb": "4111111111111112"}),
            "A0201",
            "9008",
        ),
        ("card/pay/noncert", json!({"cardNumb": "411"}), "A0400", ""),
        ("card/pay/noncert", json!({"expiryDate": "2001"}), "A0201", "9003"),
        ("card/pay/noncert", json!({"expiryDate": "1230"}), "A0400", ""),
        ("card/pay/noncert", json!({"installMonth": "03"}), "A0400", ""),
        ("card/pay/noncert", json!({"currencyType": "USD"}), "A0400", ""),
        ("card/pay/noncert", json!({"totalAmount": "1,004"}), "A0400", ""),
        ("card/pay/oldcert", json!({}), "A0400", ""),
        (
            "card/pay/oldcert",
            json!({"password2": "00", "userInfo": "900101"}),
            "A0201",
            "6003",
        ),
        (
            "card/pay/oldcert",
            json!({"password2": "12", "userInfo": "900101"}),
            "A0200",
            "0000",
        ),
        (
            "card/cert",
            json!({"password2": "00", "userInfo": "900101"}),
            "A0201",
            "6003",
        ),
        (
            "card/cert",
            json!({"password2": "12", "userInfo": "1234567890"}),
            "A0200",
            "0000",
        ),
    ] {
        let answer = rest(&sim, path, key_in(&change)).await;
        assert_eq!(codes(&answer), (code, resp), "{path} {change}");
        if code == "A0201" {
            let data = &answer["data"];
            assert_eq!(
                (&data["tid"], &data["totalAmount"], &data["approvalNumb"]),
                (&json!(""), &json!(""), &json!(resp))
            );
        }
    }
    // One payment; the owner check charged nothing.
    assert_eq!(ledger(&sim).await.len(), 1);
    merchant(&sim, json!({"keyIn": false})).await;
    assert_eq!(
        codes(&rest(&sim, "card/pay/noncert", key_in(&json!({}))).await).1,
        "9009"
    );
}

#[tokio::test]
async fn an_account_needs_a_deadline_unless_it_stays() {
    let sim = sim();
    let ask = async |change: Value| {
        let mut body = json!({"mid": MID, "payload": "rt-44", "orderNumb": "ORD3", "userName": "홍길동",
            "productName": "당근10kg", "totalAmount": "1004", "bankType": "NONGHYUP", "virtAccountType": "0",
            "escrowType": "0", "closeDateTime": "20301231235959"});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        rest(&sim, "vaccount/permanent", body).await
    };
    let answer = ask(json!({})).await;
    assert_eq!(codes(&answer), ("A0200", "0000"), "{answer}");
    assert_eq!(
        (&answer["data"]["bankName"], &answer["data"]["payload"]),
        (&json!("농협"), &json!("rt-44"))
    );
    assert!(answer["data"]["tid"].as_str().unwrap().starts_with('6'));
    for (change, expected) in [
        (json!({"closeDateTime": ""}), ("A0201", "B013")),
        (json!({"closeDateTime": "", "virtAccountType": "2"}), ("A0200", "0000")),
        (json!({"closeDateTime": "20200101000000"}), ("A0400", "")),
        (json!({"bankType": "NOBANK"}), ("A0201", "B001")),
        (json!({"userName": "", "orderName": "홍길동"}), ("A0200", "0000")),
        (json!({"userName": ""}), ("A0400", "")),
        (json!({"virtAccountNumb": "123456789012345"}), ("A0200", "0000")),
    ] {
        assert_eq!(codes(&ask(change.clone()).await), expected, "{change}");
    }
}
