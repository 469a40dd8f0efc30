use super::*;

const HUB: &str = "/gw/hub/v1/payment";

pub fn order(number: &str, amount: &str) -> Value {
    json!({"cust_ip": "203.0.113.10", "amount": amount, "currency": "410", "ordr_idxx": number,
        "good_name": "Test item", "buyr_name": "홍길동", "buyr_mail": "a@shop.test", "buyr_tel2": "01000000000"})
}

pub fn joined(base: Value, more: Value) -> Value {
    let mut all = base;
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

async fn key_in(sim: &Arc<Simulators>, change: Value) -> Value {
    let card = json!({"pay_method": "CARD", "card_mny": "15000", "quota": "00", "card_tx_type": "11121000",
        "card_no": "9410001234567890", "card_expiry": "4912", "card_taxno": "900101", "card_pwd": "00"});
    api(sim, HUB, joined(order("KEY1", "15000"), card), change).await
}

async fn account(sim: &Arc<Simulators>, number: &str, change: Value) -> Value {
    let base = json!({"pay_method": "VCNT", "va_txtype": "41100000", "va_mny": "10000", "va_bankcode": "BK04",
        "va_name": "홍길동", "va_date": "20401231235959"});
    api(sim, HUB, joined(order(number, "10000"), base), change).await
}

#[tokio::test]
async fn a_card_number_pays_at_once() {
    let sim = sim().await;
    let answer = key_in(&sim, json!({})).await;
    for (name, value) in [
        ("res_cd", "0000"),
        ("pay_method", "PACA"),
        ("amount", "15000"),
        ("order_no", "KEY1"),
        ("card_no", "941000******7890"),
        ("card_bin_type_01", "0"),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    assert_eq!(
        code(&modify(&sim, text(&answer, "tno"), "STSC", json!({})).await),
        "0000"
    );
    let corporate = key_in(&sim, json!({"card_taxno": "1234567890"})).await;
    assert_eq!(text(&corporate, "card_bin_type_01"), "1");
    assert_eq!(
        text(
            &key_in(&sim, json!({"amount": "50000", "card_mny": "50000", "quota": "03"})).await,
            "quota"
        ),
        "03"
    );
}

#[tokio::test]
async fn wrong_cards_are_refused_with_what_is_wrong() {
    let sim = sim().await;
    for (expected, change) in [
        ("8108", json!({"card_no": "94100012"})),
        ("8108", json!({"card_no": "9410-0012-3456"})),
        ("CC54", json!({"card_expiry": "2001"})),
        ("8109", json!({"card_expiry": "4913"})),
        ("8110", json!({"card_taxno": "9001011"})),
        ("8111", json!({"card_pwd": null})),
        ("8105", json!({"card_mny": "14999"})),
        ("8106", json!({"quota": "01"})),
        ("8125", json!({"quota": "03"})),
        ("8135", json!({"amount": "999", "card_mny": "999"})),
        ("S005", json!({"currency": "WON"})),
        ("S005", json!({"cust_ip": null})),
        ("S005", json!({"good_name": "a\"b"})),
        ("S005", json!({"card_tx_type": "99999999"})),
    ] {
        assert_eq!(code(&key_in(&sim, change.clone()).await), expected, "{change}");
    }
    assert!(ledger(&sim).await.is_empty());
    // A contract without the last two does not ask for them; none at all knows no cards.
    merchant(&sim, json!({"keyIn": "plain"})).await;
    assert_eq!(
        code(&key_in(&sim, json!({"card_taxno": null, "card_pwd": null})).await),
        "0000"
    );
    merchant(&sim, json!({"keyIn": "none"})).await;
    assert_eq!(code(&key_in(&sim, json!({})).await), "8998");
}

#[tokio::test]
async fn an_account_is_issued_by_server_and_closed() {
    let sim = sim().await;
    let answer = account(&sim, "VA1", json!({})).await;
    for (name, value) in [
        ("res_cd", "0000"),
        ("pay_method", "PAVC"),
        ("bankname", "국민은행"),
        ("bankcode", "BK04"),
        ("va_date", "20401231235959"),
        ("va_name", "홍길동"),
        ("escw_yn", "N"),
        ("trace_no", ""),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    let number = text(&answer, "account");
    assert!(number.len() == 14 && number.starts_with('T'));
    let tno = text(&answer, "tno");
    assert_eq!(
        text(&inquire(&sim, tno, "PAVC", json!({})).await, "shop_status"),
        "STIR"
    );
    assert_eq!(code(&part(&sim, tno, 1, 10_000).await), "8134");
    assert_eq!(code(&modify(&sim, tno, "STSC", json!({})).await), "0000");
    assert_eq!(code(&modify(&sim, tno, "STSC", json!({})).await), "8023");
    let closed = control(&sim, "POST", "kcp/deposit", json!({"tid": tno})).await;
    assert_eq!(closed.status, 422);
    for (expected, change) in [
        ("S005", json!({"va_bankcode": "BK88"})),
        ("S005", json!({"va_bankcode": "04"})),
        ("8105", json!({"va_mny": "9999"})),
        ("S005", json!({"va_date": "20200101235959"})),
        ("S005", json!({"va_txtype": "x"})),
        ("S005", json!({"va_name": null})),
        ("8308", json!({"va_receipt_gubn": "0"})),
        ("8308", json!({"va_taxno": "01000000000"})),
        ("0000", json!({"va_receipt_gubn": "0", "va_taxno": "01000000000"})),
        ("0000", json!({"va_bankcode": "BK26"})),
    ] {
        assert_eq!(code(&account(&sim, "VA2", change.clone()).await), expected, "{change}");
    }
}

#[tokio::test]
async fn deposits_are_refunded_to_an_account() {
    let sim = sim().await;
    let to = json!({"mod_sub_type": "MDSC00", "mod_bankcode": "BK88", "mod_account": "110123456789",
        "mod_depositor": "홍길동", "mod_comp_type": "MDCP01"});
    let some = |amount: i64, before: i64| {
        let more = json!({"mod_sub_type": "MDSC03", "mod_mny": amount.to_string(), "rem_mny": before.to_string()});
        joined(to.clone(), more)
    };
    let tno = text(&account(&sim, "VA1", json!({})).await, "tno").to_owned();
    assert_eq!(code(&modify(&sim, &tno, "STHD", to.clone()).await), "8329");
    let deposit = control(&sim, "POST", "kcp/deposit", json!({"tid": tno})).await.json();
    assert_eq!(
        (&deposit["state"], &deposit["amount"]),
        (&json!("paid"), &json!(10_000))
    );
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "8329");
    for (expected, change) in [
        ("S005", json!({"mod_sub_type": "MDSC03"})),
        ("S005", json!({"mod_bankcode": "088"})),
        ("S005", json!({"mod_account": "110-123"})),
        ("S005", json!({"mod_depositor": null})),
        ("S005", json!({"mod_comp_type": "MDCP02"})),
    ] {
        assert_eq!(
            code(&modify(&sim, &tno, "STHD", joined(to.clone(), change.clone())).await),
            expected,
            "{change}"
        );
    }
    assert_eq!(code(&modify(&sim, &tno, "STPD", some(3_000, 9_000)).await), "8549");
    assert_eq!(code(&modify(&sim, &tno, "STPD", some(10_001, 10_000)).await), "8550");
    let answer = modify(&sim, &tno, "STPD", some(3_000, 10_000)).await;
    assert_eq!((code(&answer), text(&answer, "rem_mny")), ("0000", "7000"));
    assert_eq!(code(&modify(&sim, &tno, "STHD", to.clone()).await), "8040");
    assert_eq!(code(&modify(&sim, &tno, "STPD", some(7_000, 7_000)).await), "0000");
    assert_eq!(code(&modify(&sim, &tno, "STPD", some(1, 1)).await), "8337");
    // The bank takes its time.
    shapes(&sim, &["slow-refund"]).await;
    let tno = text(&account(&sim, "VA2", json!({})).await, "tno").to_owned();
    control(&sim, "POST", "kcp/deposit", json!({"orderId": "VA2"})).await;
    let named = json!({"mod_comp_type": "MDCP02", "mod_socno": "900101", "mod_socname": "홍길동"});
    assert_eq!(
        code(&modify(&sim, &tno, "STHD", joined(to.clone(), named)).await),
        "0000"
    );
    assert_eq!(code(&modify(&sim, &tno, "STHD", to.clone()).await), "8340");
    let done = control(&sim, "POST", "kcp/payout", json!({"tid": tno})).await.json();
    assert_eq!(done["state"], "refunded");
    assert_eq!(
        control(&sim, "POST", "kcp/payout", json!({"tid": tno})).await.status,
        422
    );
    // One operator's site takes the plain cancel; another has no refunds at all.
    shapes(&sim, &["plain-refund"]).await;
    let tno = text(&account(&sim, "VA3", json!({})).await, "tno").to_owned();
    control(&sim, "POST", "kcp/deposit", json!({"orderId": "VA3"})).await;
    merchant(&sim, json!({"refund": false})).await;
    assert_eq!(code(&modify(&sim, &tno, "STHD", to.clone()).await), "8327");
    assert_eq!(code(&modify(&sim, &tno, "STPD", some(1, 10_000)).await), "8328");
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "0000");
}

#[tokio::test]
async fn receipts_are_issued_alone() {
    let sim = sim().await;
    let base = json!({"pay_method": "CASH", "user_type": "PGNW", "trad_time": "20260101120000", "tr_code": "0",
        "id_info": "01000000000", "amt_tot": "11000", "amt_sup": "10000", "amt_svc": "0", "amt_tax": "1000",
        "ordr_idxx": "R1", "good_name": "Test item", "buyr_name": "홍길동", "corp_type": "0"});
    let answer = api(&sim, HUB, base.clone(), json!({})).await;
    assert_eq!(
        (
            code(&answer),
            text(&answer, "cash_no").len(),
            text(&answer, "receipt_no").len()
        ),
        ("0000", 14, 9)
    );
    for (expected, change) in [
        ("8105", json!({"amt_tax": "999"})),
        ("8105", json!({"amt_tot": "0", "amt_sup": "0", "amt_tax": "0"})),
        ("S005", json!({"amt_svc": null})),
        ("S005", json!({"tr_code": "2"})),
        ("S005", json!({"tr_code": "1"})),
        ("S005", json!({"trad_time": "20261301120000"})),
        ("S005", json!({"id_info": "010-0000-0000"})),
        ("0000", json!({"tr_code": "1", "id_info": "1234567890"})),
    ] {
        assert_eq!(
            code(&api(&sim, HUB, base.clone(), change.clone()).await),
            expected,
            "{change}"
        );
    }
    let rows = ledger(&sim).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["amount"], &rows[0]["tid"]),
        (&json!("cash-receipt"), &json!(11_000), &answer["cash_no"])
    );
}
