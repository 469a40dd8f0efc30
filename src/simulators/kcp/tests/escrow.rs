use super::notices::Shop;
use super::*;

const ITEMS: &str = "seq=1\u{1f}ordr_numb=ORD1_1\u{1f}good_name=A\u{1f}good_cntx=1\u{1f}good_amtx=10000";

fn window(bits: &str, change: &[(&str, &str)]) -> Value {
    let mut all = vec![
        ("escw_used", "Y"),
        ("pay_mod", "Y"),
        ("deli_term", "03"),
        ("bask_cntx", "1"),
        ("good_info", ITEMS),
        ("rcvr_name", "홍길동"),
    ];
    all.extend(change);
    pc(&form(bits, "ORD1", "10000", &all))
}

const BANK: &str = "010000000000";
const ACCOUNT: &str = "001000000000";

async fn escrow(sim: &Arc<Simulators>, bits: &str) -> String {
    let back = posted(&authenticate(sim, &window(bits, &[]), json!({})).await);
    let answer = approve(sim, &back, json!({})).await;
    assert_eq!((code(&answer), text(&answer, "escw_yn")), ("0000", "Y"), "{answer}");
    text(&answer, "tno").to_owned()
}

async fn deliver(sim: &Arc<Simulators>, tno: &str) -> Value {
    modify(
        sim,
        tno,
        "STE1",
        json!({"deli_numb": "1234567890", "deli_corp": "CJ대한통운"}),
    )
    .await
}

async fn decide(sim: &Arc<Simulators>, tno: &str, word: &str) -> u16 {
    control(sim, "POST", "kcp/escrow", json!({"tid": tno, "decision": word}))
        .await
        .status
}

#[tokio::test]
async fn delivered_and_confirmed() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    let tno = escrow(&sim, BANK).await;
    assert_eq!(code(&modify(&sim, &tno, "STSC", json!({})).await), "8134");
    assert_eq!(code(&part(&sim, &tno, 1, 10_000).await), "8134");
    assert_eq!(decide(&sim, &tno, "confirm").await, 422);
    assert_eq!(
        code(&modify(&sim, &tno, "STE1", json!({"deli_numb": "1"})).await),
        "S005"
    );
    assert_eq!(code(&deliver(&sim, &tno).await), "0000");
    assert_eq!(code(&deliver(&sim, &tno).await), "8134");
    let told = &shop.wait(1).await[0];
    for (name, value) in [
        ("tx_cd", "TX03"),
        ("site_cd", SITE),
        ("tno", tno.as_str()),
        ("order_no", "ORD1"),
        ("waybill_no", "1234567890"),
        ("waybill_corp", "CJ대한통운"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!(decide(&sim, &tno, "perhaps").await, 400);
    assert_eq!(decide(&sim, &tno, "confirm").await, 200);
    let told = &shop.wait(2).await[1];
    assert_eq!((told["tx_cd"].as_str(), told["st_cd"].as_str()), ("TX02", "Y"));
    for kind in ["STE2", "STE4", "STE3"] {
        assert_eq!(code(&modify(&sim, &tno, kind, json!({})).await), "8E02", "{kind}");
    }
}

#[tokio::test]
async fn rejected_and_undone() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    let tno = escrow(&sim, ACCOUNT).await;
    assert_eq!(code(&deliver(&sim, &tno).await), "8134");
    control(&sim, "POST", "kcp/deposit", json!({"tid": tno})).await;
    assert_eq!(code(&modify(&sim, &tno, "STE5", json!({})).await), "8336");
    assert_eq!(code(&modify(&sim, &tno, "STE4", json!({})).await), "8134");
    deliver(&sim, &tno).await;
    assert_eq!(code(&modify(&sim, &tno, "STE2", json!({})).await), "8134");
    assert_eq!(code(&modify(&sim, &tno, "STE3", json!({})).await), "0000");
    shapes(&sim, &["cl-status"]).await;
    assert_eq!(decide(&sim, &tno, "reject").await, 200);
    assert_eq!(shop.wait(4).await[3]["cl_status"], "3");
    // A deposit goes back to an account only.
    assert_eq!(code(&modify(&sim, &tno, "STE4", json!({})).await), "S005");
    let account = json!({"refund_account": "110123456789", "refund_nm": "홍길동", "bank_code": "BK88"});
    assert_eq!(code(&modify(&sim, &tno, "STE4", account.clone()).await), "0000");
    assert_eq!(code(&modify(&sim, &tno, "STE4", account).await), "8E01");
    let events: Vec<_> = shop.wait(5).await.iter().map(|told| told["tx_cd"].clone()).collect();
    assert_eq!(events, ["TX00", "TX03", "TX04", "TX02", "TX06"]);
    let rows = ledger(&sim).await;
    assert_eq!(
        (&rows[0]["balance"], &rows[0]["state"]),
        (&json!(0), &json!("cancelled"))
    );
}

#[tokio::test]
async fn undone_before_delivery_and_before_a_deposit() {
    let sim = sim().await;
    let shop = Shop::listen().await;
    merchant(&sim, json!({"notifyUrl": shop.url})).await;
    let bank = escrow(&sim, BANK).await;
    assert_eq!(code(&modify(&sim, &bank, "STE2", json!({})).await), "0000");
    let waiting = escrow(&sim, ACCOUNT).await;
    assert_eq!(code(&modify(&sim, &waiting, "STE2", json!({})).await), "8329");
    assert_eq!(code(&modify(&sim, &waiting, "STSC", json!({})).await), "8134");
    assert_eq!(code(&modify(&sim, &waiting, "STE5", json!({})).await), "0000");
    let paid = escrow(&sim, ACCOUNT).await;
    control(&sim, "POST", "kcp/deposit", json!({"tid": paid})).await;
    let account = json!({"mod_account": "110123456789", "mod_depositor": "홍길동", "mod_bankcode": "BK88",
        "mod_comp_type": "MDCP01"});
    assert_eq!(code(&modify(&sim, &paid, "STE2", account).await), "0000");
    let mut events: Vec<_> = shop.wait(4).await.iter().map(|told| told["tx_cd"].clone()).collect();
    events.sort();
    assert_eq!(events, ["TX00", "TX05", "TX05", "TX07"]);
}

#[tokio::test]
async fn it_becomes_an_escrow_payment_or_not() {
    let sim = sim().await;
    for (bits, change, expected) in [
        (CARD, ("pay_mod", "Y"), "N"),
        (BANK, ("pay_mod", "N"), "N"),
        (BANK, ("escw_used", "N"), "N"),
        (BANK, ("pay_mod", "O"), "Y"),
    ] {
        let back = posted(&authenticate(&sim, &window(bits, &[change]), json!({})).await);
        let answer = approve(&sim, &back, json!({})).await;
        assert_eq!(text(&answer, "escw_yn"), expected, "{bits} {change:?}");
    }
    for change in [
        ("deli_term", "3"),
        ("bask_cntx", "2"),
        ("good_info", "seq=1"),
        ("pay_mod", "X"),
        ("escw_used", "X"),
    ] {
        let got = authenticate(&sim, &window(BANK, &[change]), json!({})).await;
        assert_eq!(got.error(), (400, "S005".into()), "{change:?}");
    }
    merchant(&sim, json!({"escrow": false})).await;
    let back = posted(&authenticate(&sim, &window(BANK, &[]), json!({})).await);
    let answer = approve(&sim, &back, json!({})).await;
    assert_eq!(text(&answer, "escw_yn"), "N");
    assert_eq!(code(&deliver(&sim, text(&answer, "tno")).await), "8998");
}
