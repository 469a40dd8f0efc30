use super::*;

#[tokio::test]
async fn a_full_cancel_and_its_repetition() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "1004", json!({})).await, "tno").to_owned();
    let answer = modify(&sim, &tno, "STSC", json!({})).await;
    for (name, value) in [
        ("res_cd", "0000"),
        ("tno", tno.as_str()),
        ("amount", "1004"),
        ("canc_gubn", "B"),
        ("order_no", "ORD1"),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    assert_eq!(
        (text(&answer, "canc_time").len(), &answer["app_time"]),
        (14, &answer["canc_time"])
    );
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "8133");
    assert_eq!(code(&part(&sim, &tno, 1, 1004).await), "8133");
    let rows = ledger(&sim).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["balance"], &rows[0]["state"]),
        (&json!(0), &json!("cancelled"))
    );
    // Another method says it with another code, and its time under another name.
    let bank = paid(&sim, "010000000000", "ORD2", "1004", json!({})).await;
    let tno = text(&bank, "tno");
    let answer = modify(&sim, tno, "STSC", json!({})).await;
    assert!(answer.get("canc_time").is_none() && text(&answer, "mod_time").len() == 14);
    assert_eq!(text(&answer, "mod_seq_no").len(), 14);
    assert_eq!(code(&modify(&sim, tno, "STSC", json!({})).await), "8023");
}

#[tokio::test]
async fn three_parts_to_nothing() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "10000", json!({})).await, "tno").to_owned();
    let mut numbers = std::collections::BTreeSet::new();
    for (amount, before) in [(3_000, 10_000), (2_000, 7_000), (5_000, 5_000)] {
        let answer = part(&sim, &tno, amount, before).await;
        assert_eq!(code(&answer), "0000", "{answer}");
        assert_eq!(text(&answer, "mod_mny"), amount.to_string());
        assert_eq!(text(&answer, "rem_mny"), (before - amount).to_string());
        assert_eq!(text(&answer, "amount"), "10000");
        let number = text(&answer, "mod_pcan_seq_no").to_owned();
        assert!(number.len() == 14 && numbers.insert(number));
        if before == 10_000 {
            assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "8040");
            // The same call once more finds another rest.
            assert_eq!(code(&part(&sim, &tno, amount, before).await), "8038");
        }
    }
    assert_eq!(code(&part(&sim, &tno, 1, 1).await), "8133");
    let rows = ledger(&sim).await;
    let left: Vec<_> = rows.iter().map(|row| row["balance"].as_i64().unwrap()).collect();
    assert_eq!(left, [0, 7_000, 5_000, 0]);
}

#[tokio::test]
async fn parts_that_are_refused_take_nothing() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "10000", json!({})).await, "tno").to_owned();
    for (amount, before, expected) in [(0, 10_000, "8035"), (3_000, 9_999, "8038"), (10_001, 10_000, "8039")] {
        assert_eq!(code(&part(&sim, &tno, amount, before).await), expected);
    }
    assert_eq!(code(&modify(&sim, &tno, "STPC", json!({"mod_mny": "1"})).await), "S005");
    assert_eq!(code(&modify(&sim, &tno, "STXX", json!({})).await), "S005");
    assert_eq!(
        code(&modify(&sim, &tno, "STSC", json!({"mod_desc": "a|b"})).await),
        "S005"
    );
    merchant(&sim, json!({"partial": false})).await;
    assert_eq!(code(&part(&sim, &tno, 1, 10_000).await), "8384");
    merchant(&sim, json!({"partial": true})).await;
    let card = paid(&sim, CARD, "ORD2", "10000", json!({"partCancel": false})).await;
    assert_eq!(text(&card, "partcanc_yn"), "N");
    assert_eq!(code(&part(&sim, text(&card, "tno"), 1, 10_000).await), "8385");
    let gift = paid(&sim, "000000001000", "ORD3", "10000", json!({})).await;
    assert_eq!(code(&part(&sim, text(&gift, "tno"), 1, 10_000).await), "8392");
    let carrier = paid(&sim, "000010000000", "ORD4", "10000", json!({})).await;
    assert_eq!(code(&part(&sim, text(&carrier, "tno"), 1, 10_000).await), "8392");
    merchant(&sim, json!({"carrierPartial": true})).await;
    assert_eq!(code(&part(&sim, text(&carrier, "tno"), 1, 10_000).await), "0000");
    let rest: i64 = ledger(&sim)
        .await
        .iter()
        .filter(|r| r["kind"] == "approval")
        .map(|r| r["balance"].as_i64().unwrap())
        .sum();
    assert_eq!(rest, 39_999);
}

#[tokio::test]
async fn signatures_cover_site_number_and_kind() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "1004", json!({})).await, "tno").to_owned();
    for (parts, expected) in [
        (vec![SITE, &tno, "STPC"], "S032"),
        (vec![SITE, "25001234567890", "STSC"], "S032"),
        (vec!["NARU2", &tno, "STSC"], "S032"),
        (vec![SITE, &tno, "STSC"], "0000"),
    ] {
        let signed = json!({"kcp_sign_data": sign(&parts)});
        assert_eq!(code(&modify(&sim, &tno, "STSC", signed).await), expected, "{parts:?}");
    }
    assert_eq!(
        code(&modify(&sim, &tno, "STSC", json!({"kcp_sign_data": null})).await),
        "S005"
    );
    assert_eq!(code(&modify(&sim, "25001234567890", "STSC", json!({})).await), "8061");
    // Another site's transaction does not exist.
    let foreign = sign(&["NARU2", &tno, "STSC"]);
    let answer = modify(
        &sim,
        &tno,
        "STSC",
        json!({"site_cd": "NARU2", "kcp_sign_data": foreign}),
    )
    .await;
    assert_eq!(code(&answer), "8061");
}

#[tokio::test]
async fn only_listed_servers_may_cancel() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "1004", json!({})).await, "tno").to_owned();
    merchant(&sim, json!({"cancelIps": ["192.0.2.1"]})).await;
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "8012");
    merchant(&sim, json!({"cancelIps": ["192.0.2.1", "127.0.0.1"]})).await;
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "0000");
}

#[tokio::test]
async fn mixed_payments_are_cancelled_in_mixed_parts() {
    let sim = sim().await;
    let split = [
        ("tax_flag", "TG03"),
        ("comm_tax_mny", "10000"),
        ("comm_vat_mny", "1000"),
        ("comm_free_mny", "4000"),
    ];
    let open = pc(&form(CARD, "ORD1", "15000", &split));
    let answer = approve(&sim, &posted(&authenticate(&sim, &open, json!({})).await), json!({})).await;
    let tno = text(&answer, "tno");
    let parts = |amount: i64, before: i64, tax: (i64, i64, i64)| {
        json!({"mod_mny": amount.to_string(), "rem_mny": before.to_string(), "tax_flag": "TG03",
            "mod_tax_mny": tax.0.to_string(), "mod_vat_mny": tax.1.to_string(), "mod_free_mny": tax.2.to_string()})
    };
    for (amount, before, tax, expected) in [
        (1_000, 15_000, (500, 50, 449), "8079"),
        (12_000, 15_000, (10_909, 1_091, 0), "8098"),
        (5_000, 15_000, (0, 0, 5_000), "8099"),
        (6_500, 15_000, (5_000, 500, 1_000), "0000"),
        (8_500, 8_500, (5_000, 500, 3_000), "0000"),
    ] {
        let answer = modify(&sim, tno, "STPC", parts(amount, before, tax)).await;
        assert_eq!(code(&answer), expected, "{amount} {tax:?}");
    }
    let again = approve(&sim, &posted(&authenticate(&sim, &open, json!({})).await), json!({})).await;
    assert_eq!(code(&part(&sim, text(&again, "tno"), 1_000, 15_000).await), "8080");
}

#[tokio::test]
async fn carrier_billing_is_cancelled_in_its_month() {
    let sim = sim().await;
    let first = text(&paid(&sim, "000010000000", "ORD1", "1004", json!({})).await, "tno").to_owned();
    let second = text(&paid(&sim, "000010000000", "ORD2", "1004", json!({})).await, "tno").to_owned();
    assert_eq!(code(&modify(&sim, &first, "STSC", json!({})).await), "0000");
    advance(&sim, 31 * 24 * 3_600_000).await;
    assert_eq!(code(&modify(&sim, &second, "STSC", json!({})).await), "8134");
    merchant(&sim, json!({"nextMonth": true})).await;
    assert_eq!(code(&modify(&sim, &second, "STSC", json!({})).await), "0000");
}

#[tokio::test]
async fn inquiries_go_by_number_and_right() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "10000", json!({})).await, "tno").to_owned();
    let answer = inquire(&sim, &tno, "PACA", json!({})).await;
    for (name, value) in [
        ("res_cd", "0000"),
        ("tno", tno.as_str()),
        ("order_no", "ORD1"),
        ("amount", "10000"),
        ("rem_mny", "10000"),
        ("stat_ca_cd", "STSR"),
        ("canc_card_yn", "N"),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    part(&sim, &tno, 1_000, 10_000).await;
    let answer = inquire(&sim, &tno, "PACA", json!({})).await;
    assert_eq!(
        (text(&answer, "stat_ca_cd"), text(&answer, "rem_mny")),
        ("STPC", "9000")
    );
    part(&sim, &tno, 9_000, 9_000).await;
    shapes(&sim, &["short-inquiry"]).await;
    let answer = inquire(&sim, &tno, "PACA", json!({})).await;
    assert_eq!((text(&answer, "stat_ca_cd"), text(&answer, "rem_mny")), ("STSC", "0"));
    assert_eq!((answer.get("order_no"), answer.get("pay_method")), (None, None));
    assert_eq!(code(&inquire(&sim, &tno, "PABK", json!({})).await), "8061");
    assert_eq!(code(&inquire(&sim, "25001234567890", "PACA", json!({})).await), "8061");
    let unsigned = json!({"kcp_sign_data": sign(&[SITE, &tno, "STSC"])});
    assert_eq!(code(&inquire(&sim, &tno, "PACA", unsigned).await), "S032");
    merchant(&sim, json!({"inquiry": false})).await;
    assert_eq!(code(&inquire(&sim, &tno, "PACA", json!({})).await), "S032");
}
