use super::*;
use crate::simulators::clock::compact;

fn today() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    compact(i64::try_from(now).unwrap())[..8].to_owned()
}

#[tokio::test]
async fn a_whole_cancel_repeats_the_original_number() {
    let sim = sim();
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let answer = cancel(&sim, "card/cancel", &trno, None).await;
    assert_eq!(codes(&answer), ("A0200", "0000"), "{answer}");
    let data = &answer["data"];
    assert_eq!(
        (&data["tid"], &data["payload"], &data["cancelAmount"]),
        (&json!(trno), &json!("rt-42"), &json!("1004"))
    );
    assert_eq!(
        (&data["issuerCardType"], data["installMonth"].as_str()),
        (&json!("SHINHAN"), Some("00"))
    );
    assert_eq!(data["cardNumb"].as_str().unwrap().len(), 16);
    let again = cancel(&sim, "card/cancel", &trno, None).await;
    assert_eq!((codes(&again), &again["message"]), (("A0201", "7001"), &json!("Fail")));
    assert_eq!(
        (&again["data"]["payload"], &again["data"]["approvalNumb"]),
        (&json!(""), &json!("7001"))
    );
    assert!(again["data"]["tid"].as_str().unwrap().starts_with("Lbd"));
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
}

#[tokio::test]
async fn parts_have_ordinals_and_end_at_zero() {
    let sim = sim();
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let part = async |amount, seq| {
        codes(&cancel(&sim, "card/cancel", &trno, Some((amount, seq))).await)
            .1
            .to_owned()
    };
    assert_eq!(part("300", "1").await, "0000");
    assert_eq!(part("300", "1").await, "7002");
    assert_eq!(part("705", "2").await, "7005");
    assert_eq!(part("300", "0").await, "");
    assert_eq!(part("0", "2").await, "");
    assert_eq!(part("704", "9").await, "0000");
    assert_eq!(part("1", "3").await, "7001");
    let rows = ledger(&sim).await;
    assert_eq!(
        (rows.len(), &rows[0]["balance"], &rows[1]["balance"]),
        (3, &json!(0), &json!(704))
    );
    // What is left after a part goes as a whole, too.
    let other = paid(&sim, "1000000000", "ORD2").await;
    cancel(&sim, "card/cancel", &other, Some(("4", "1"))).await;
    assert_eq!(
        cancel(&sim, "card/cancel", &other, None).await["data"]["cancelAmount"],
        "1000"
    );
}

#[tokio::test]
async fn an_order_number_needs_its_day() {
    let sim = sim();
    paid(&sim, "1000000000", "ORD1").await;
    let ask = async |order: &str, date: &str| {
        let body = json!({"mid": MID, "payload": "p", "cancelType": "FULL", "orgTradeKeyType": "ORDER_NUMB",
            "orgTradeKey": order, "orgTradeDate": date});
        let answer = rest(&sim, "card/cancel", body).await;
        let (code, resp) = codes(&answer);
        format!("{code} {resp}")
    };
    assert_eq!(ask("ORD1", "").await, "A0400 ");
    assert_eq!(ask("ORD1", "20200101").await, "A0201 7004");
    assert_eq!(ask("ORD9", &today()).await, "A0201 7004");
    assert_eq!(ask("ORD1", &today()).await, "A0200 0000");
    assert_eq!(ask("ORD1", &today()).await, "A0201 7001");
}

#[tokio::test]
async fn transfers_have_a_call_and_codes_of_their_own() {
    let sim = sim();
    let trno = paid(&sim, "0010000000", "ORD1").await;
    assert_eq!(codes(&cancel(&sim, "card/cancel", &trno, None).await).1, "7004");
    let answer = cancel(&sim, "account/cancel", &trno, Some(("4", "1"))).await;
    assert_eq!(codes(&answer), ("A0200", "000"));
    assert_eq!(
        (&answer["data"]["agencyType"], &answer["data"]["cancelAmount"]),
        (&json!("5"), &json!("4"))
    );
    assert_eq!(
        codes(&cancel(&sim, "account/cancel", "299999999999", None).await),
        ("A0201", "994")
    );
    assert_eq!(codes(&cancel(&sim, "account/cancel", &trno, None).await).1, "000");
    assert_eq!(codes(&cancel(&sim, "account/cancel", &trno, None).await).1, "991");
}

#[tokio::test]
async fn contracts_and_time_limit_cancels() {
    let sim = sim();
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let phone = paid(&sim, "0000010000", "ORD2").await;
    assert_eq!(codes(&cancel(&sim, "card/cancel", &phone, None).await).1, "7004");
    merchant(&sim, json!({"mobileCancel": true, "partial": false})).await;
    assert_eq!(
        codes(&cancel(&sim, "card/cancel", &trno, Some(("1", "1"))).await).1,
        "7008"
    );
    assert_eq!(codes(&cancel(&sim, "card/cancel", &phone, None).await).1, "0000");
    advance(&sim, 190).await;
    assert_eq!(codes(&cancel(&sim, "card/cancel", &trno, None).await).1, "7003");
}

#[tokio::test]
async fn tax_free_parts_must_fit_what_is_left() {
    let sim = sim();
    merchant(&sim, json!({"taxFreeField": "sndTaxFree"})).await;
    let mut fields = form("1000000000", "ORD1", "1004");
    fields.push(("sndTaxFree".into(), "4".into()));
    let id = posted(&authenticate(&sim, &open("Web", &fields), json!({})).await)["reCommConId"].clone();
    let trno = fetch(&sim, &id).await["trno"].clone();
    let ask = async |amount: &str, free: &str, seq: &str| {
        let body = json!({"mid": MID, "payload": "p", "cancelType": "PARTIAL", "orgTradeKeyType": "TID",
            "orgTradeKey": trno, "cancelTotalAmount": amount, "cancelTaxFreeAmount": free, "cancelSeq": seq});
        codes(&rest(&sim, "card/cancel", body).await).1.to_owned()
    };
    assert_eq!(ask("10", "5", "1").await, "7007");
    assert_eq!(ask("1001", "0", "1").await, "7007");
    assert_eq!(ask("10", "4", "1").await, "0000");
    assert_eq!(ask("10", "1", "2").await, "7007");
}

#[tokio::test]
async fn the_key_and_the_protocol_are_checked_in_an_envelope() {
    let sim = sim();
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let body = json!({"mid": MID, "cancelType": "FULL", "orgTradeKeyType": "TID", "orgTradeKey": trno}).to_string();
    let path = "/ksnet/kspay/webfep/api/v1/card/cancel";
    let right = format!("pgapi {KEY}");
    let json = "application/json";
    for (method, kind, key, text, code) in [
        ("POST", json, "", body.as_str(), "A0401"),
        ("POST", json, KEY, &body, "A0401"),
        ("POST", json, &right.replace("pgapi", "PGAPI"), &body, "A0401"),
        ("POST", json, &right.replace("TAx", "TAy"), &body, "A0401"),
        ("POST", json, &right, "{", "A0400"),
        ("POST", json, &right, &body.replace("FULL", "ALL"), "A0400"),
        (
            "POST",
            json,
            &right,
            &body.replace("{", "{\"payload\":\"😀\","),
            "A0400",
        ),
        ("POST", "text/plain", &right, &body, "A0403"),
        ("GET", json, &right, &body, "A0403"),
    ] {
        let got = call(
            &sim,
            method,
            path,
            &[("content-type", kind), ("authorization", key)],
            text.as_bytes(),
        )
        .await;
        assert_eq!(
            (got.status, got.json()["code"].as_str(), &got.json()["data"]),
            (200, Some(code), &Value::Null)
        );
        assert!(got.text().contains("\n\t\"code\""));
    }
    assert_eq!(ledger(&sim).await[0]["balance"], 1004);
}
