use super::*;

#[tokio::test]
async fn parts_go_off_the_balance_and_the_last_is_a_part_too() {
    let sim = sim();
    let (tid, _) = paid(&sim, "CARD", "ORD1", "1004").await;
    let got = cancel(&sim, &tid, "500", "1", &[]).await;
    let body = got.json();
    for (name, value) in [
        ("ResultCode", "2001"),
        ("ErrorCD", "0000"),
        ("ErrorMsg", "승    인"),
        ("CancelAmt", "000000000500"),
        ("RemainAmt", "000000000504"),
        ("Moid", "CANCEL1"),
        ("TID", tid.as_str()),
        ("PayMethod", "CARD"),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(body["Signature"], sha(&[&tid, MID, "500"]));
    assert_eq!(
        (
            body["CancelDate"].as_str().unwrap().len(),
            body["CancelTime"].as_str().unwrap().len()
        ),
        (8, 6)
    );
    assert_eq!(body["CancelNum"].as_str().unwrap().len(), 8);
    // The same number does not run twice; the original's may.
    let twice = cancel(&sim, &tid, "100", "1", &[]).await;
    assert_eq!(
        (code(&twice).as_str(), twice.json()["RemainAmt"].as_str()),
        ("2015", Some(""))
    );
    assert_eq!(code(&cancel(&sim, &tid, "4", "1", &[("Moid", "ORD1")]).await), "2001");
    assert_eq!(code(&cancel(&sim, &tid, "501", "1", &[("Moid", "C2")]).await), "2032");
    assert_eq!(code(&cancel(&sim, &tid, "0", "1", &[("Moid", "C2")]).await), "2010");
    assert_eq!(code(&cancel(&sim, &tid, "500", "0", &[("Moid", "C2")]).await), "2031");
    assert_eq!(status(&sim, &tid).await, "0");
    assert_eq!(
        cancel(&sim, &tid, "500", "1", &[("Moid", "C2")]).await.json()["RemainAmt"],
        "000000000000"
    );
    assert_eq!(status(&sim, &tid).await, "1");
    assert_eq!(code(&cancel(&sim, &tid, "500", "1", &[("Moid", "C3")]).await), "2013");
    let balances: Vec<_> = ledger(&sim).await.iter().map(|r| r["balance"].clone()).collect();
    assert_eq!(balances, [0, 504, 500, 0]);
    // Without the guard a repeated part runs twice.
    merchant(&sim, json!({"guardMoid": false})).await;
    let (tid, _) = paid(&sim, "CARD", "ORD2", "1004").await;
    cancel(&sim, &tid, "500", "1", &[]).await;
    assert_eq!(
        cancel(&sim, &tid, "500", "1", &[]).await.json()["RemainAmt"],
        "000000000004"
    );
}

#[tokio::test]
async fn the_request_is_checked_before_the_payment() {
    let sim = sim();
    let (tid, _) = paid(&sim, "CARD", "ORD1", "1004").await;
    for (expected, change) in [
        ("9000", ("Moid", "")),
        ("9000", ("CancelMsg", "")),
        ("9000", ("PartialCancelCode", "2")),
        ("A211", ("SignData", "0")),
        ("A211", ("CancelAmt", "1003")),
    ] {
        assert_eq!(
            code(&cancel(&sim, &tid, "1004", "0", &[change]).await),
            expected,
            "{change:?}"
        );
    }
    assert_eq!(code(&cancel(&sim, &tid, "1000", "0", &[]).await), "2011");
    assert_eq!(
        code(&cancel(&sim, "nicepay00m01012006221311045107", "1004", "0", &[]).await),
        "2012"
    );
    merchant(&sim, json!({"cancelPassword": "p1"})).await;
    assert_eq!(code(&cancel(&sim, &tid, "1004", "0", &[]).await), "2025");
    assert_eq!(
        code(&cancel(&sim, &tid, "1004", "0", &[("CancelPwd", "p2")]).await),
        "2024"
    );
    merchant(&sim, json!({"taxSplit": true})).await;
    assert_eq!(
        code(&cancel(&sim, &tid, "1004", "0", &[("CancelPwd", "p1")]).await),
        "1617"
    );
    let parts = [
        ("CancelPwd", "p1"),
        ("SupplyAmt", "913"),
        ("GoodsVat", "91"),
        ("ServiceAmt", "0"),
        ("TaxFreeAmt", "0"),
    ];
    assert_eq!(code(&cancel(&sim, &tid, "1004", "0", &parts).await), "2001");
}

#[tokio::test]
async fn contracts_and_cards_can_forbid_parts() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({"ccPartCl": false})).await;
    assert_eq!(approve(&sim, &pair, "1004", &[]).await.json()["CcPartCl"], "0");
    assert_eq!(code(&cancel(&sim, &pair.0, "500", "1", &[]).await), "2033");
    merchant(&sim, json!({"partial": false})).await;
    let (tid, _) = paid(&sim, "CARD", "ORD2", "1004").await;
    assert_eq!(code(&cancel(&sim, &tid, "500", "1", &[]).await), "2033");
    advance(&sim, 366 * 24 * 3_600_000).await;
    assert_eq!(code(&cancel(&sim, &tid, "1004", "0", &[]).await), "2016");
}

const REFUND: &[(&str, &str)] = &[
    ("RefundAcctNo", "12345678901234"),
    ("RefundBankCd", "088"),
    ("RefundAcctNm", "홍길동"),
];

#[tokio::test]
async fn transfers_and_deposits_are_refunded() {
    let sim = sim();
    let (tid, _) = paid(&sim, "BANK", "ORD1", "1004").await;
    let got = cancel(&sim, &tid, "1004", "0", &[]).await;
    assert_eq!(
        (code(&got).as_str(), got.json()["CancelNum"].as_str()),
        ("2211", Some(""))
    );
    // Before the deposit the account closes with its whole amount only.
    let (tid, _) = paid(&sim, "VBANK", "ORD2", "10000").await;
    assert_eq!(code(&cancel(&sim, &tid, "5000", "1", &[]).await), "2033");
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &[]).await), "2001");
    let (tid, _) = paid(&sim, "VBANK", "ORD3", "10000").await;
    control(&sim, "POST", "nice_legacy/deposit", json!({"tid": tid})).await;
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &[]).await), "2047");
    let wrong = [REFUND[0], ("RefundBankCd", "999"), REFUND[2]];
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &wrong).await), "9000");
    assert_eq!(code(&cancel(&sim, &tid, "4000", "1", REFUND).await), "2211");
    merchant(&sim, json!({"refund": false})).await;
    let rest = [REFUND, &[("Moid", "C2")]].concat();
    assert_eq!(code(&cancel(&sim, &tid, "6000", "1", &rest).await), "2014");
}

#[tokio::test]
async fn mobile_billing_goes_on_with_the_tid_of_its_last_part() {
    let sim = sim();
    let (tid, _) = paid(&sim, "CELLPHONE", "ORD1", "3000").await;
    let first = cancel(&sim, &tid, "1000", "1", &[]).await.json();
    let next = first["OTID"].as_str().unwrap().to_owned();
    assert_ne!(next, tid);
    assert_eq!(code(&cancel(&sim, &tid, "1000", "1", &[("Moid", "C2")]).await), "2012");
    assert_eq!(
        cancel(&sim, &next, "1000", "1", &[("Moid", "C2")]).await.json()["RemainAmt"],
        "000000001000"
    );
    assert_eq!(status(&sim, &tid).await, "0");
    let (tid, _) = paid(&sim, "CELLPHONE", "ORD2", "3000").await;
    advance(&sim, 32 * 24 * 3_600_000).await;
    assert_eq!(code(&cancel(&sim, &tid, "3000", "0", &[]).await), "2016");
    assert_eq!(code(&cancel(&sim, &tid, "3000", "0", REFUND).await), "2211");
}

#[tokio::test]
async fn a_lost_approval_is_undone_with_its_token() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    assert_eq!(code(&net_cancel(&sim, &pair, "1004").await), "2012");
    approve(&sim, &pair, "1004", &[]).await;
    // Without `NetCancel=1` it is an ordinary cancel, and not signed like one.
    let sign = sha(&[&pair.1, MID, "1004", DATE]);
    let base = [
        ("TID", pair.0.as_str()),
        ("AuthToken", &pair.1),
        ("Amt", "1004"),
        ("SignData", &sign),
    ];
    assert_eq!(code(&page(&sim, "cancel_process.jsp", &base, &[]).await), "9000");
    let other = (pair.0.clone(), "NICETOKN".to_owned());
    assert_eq!(code(&net_cancel(&sim, &other, "1004").await), "A210");
    let done = net_cancel(&sim, &pair, "1004").await.json();
    assert_eq!(
        (done["ResultCode"].as_str(), done["RemainAmt"].as_str()),
        (Some("2001"), Some("000000000000"))
    );
    assert_eq!(done["Signature"], sha(&[&pair.0, MID, "1004"]));
    assert_eq!(code(&net_cancel(&sim, &pair, "1004").await), "2013");
    assert_eq!(status(&sim, &pair.0).await, "1");
    let late = paid(&sim, "CARD", "ORD2", "1004").await;
    advance(&sim, 3_600_000).await;
    assert_eq!(code(&net_cancel(&sim, &late, "1004").await), "2020");
}

#[tokio::test]
async fn test_merchants_lose_everything_at_night() {
    let sim = sim();
    merchant(&sim, json!({"nightly": true})).await;
    let (tid, _) = paid(&sim, "CARD", "ORD1", "1004").await;
    assert_eq!(status(&sim, &tid).await, "0");
    advance(&sim, 24 * 3_600_000).await;
    assert_eq!(status(&sim, &tid).await, "1");
    assert_eq!(code(&cancel(&sim, &tid, "1004", "0", &[]).await), "2013");
}
