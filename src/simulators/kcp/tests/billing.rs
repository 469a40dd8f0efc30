use super::direct::{joined, order};
use super::*;

const HUB: &str = "/gw/hub/v1/payment";
const BATCH: &str = "NARUB";
const GROUP: &str = "NARUB1000001";

fn window(change: &[(&str, &str)]) -> Value {
    let mut all = vec![
        ("site_cd", BATCH),
        ("card_cert_type", "BATCH"),
        ("kcpgroup_id", GROUP),
        ("good_expr", "2:1m"),
        ("good_mny", "0"),
    ];
    all.extend(change);
    pc(&form("AUTH:CARD", "BILL1", "0", &all))
}

async fn key(sim: &Arc<Simulators>) -> String {
    let back = posted(&authenticate(sim, &window(&[]), json!({"buyer": {"card": "CCLG"}})).await);
    assert_eq!(
        (back["res_cd"].as_str(), back["tran_cd"].as_str()),
        ("0000", "00300001")
    );
    let answer = approve(sim, &back, json!({"site_cd": BATCH})).await;
    assert_eq!((code(&answer), text(&answer, "card_cd")), ("0000", "CCLG"), "{answer}");
    assert!(answer.get("tno").is_none() && answer.get("amount").is_none());
    assert_eq!(code(&approve(sim, &back, json!({"site_cd": BATCH})).await), "8094");
    text(&answer, "batch_key").to_owned()
}

async fn charge(sim: &Arc<Simulators>, key: &str, change: Value) -> Value {
    let base = json!({"site_cd": BATCH, "pay_method": "CARD", "card_mny": "1004", "quota": "00",
        "card_tx_type": "11511000", "bt_batch_key": key, "bt_group_id": GROUP});
    api(sim, HUB, joined(order("SUB1", "1004"), base), change).await
}

async fn delete(sim: &Arc<Simulators>, key: &str, change: Value) -> Value {
    let base = json!({"site_cd": BATCH, "site_key": "", "pay_method": "BATCH", "batch_key": key, "group_id": GROUP,
        "tx_type": "10005010"});
    api(sim, HUB, base, change).await
}

#[tokio::test]
async fn a_key_is_issued_charged_and_deleted() {
    let sim = sim().await;
    let key = key(&sim).await;
    assert!(key.len() == 16 && key.bytes().all(|b| b.is_ascii_digit()));
    let rows = ledger(&sim).await;
    assert_eq!(
        (rows.len(), &rows[0]["kind"], &rows[0]["state"]),
        (1, &json!("billing"), &json!("issued"))
    );
    let answer = charge(&sim, &key, json!({})).await;
    assert_eq!(
        (code(&answer), text(&answer, "order_no"), text(&answer, "card_cd")),
        ("0000", "SUB1", "CCLG")
    );
    let tno = text(&answer, "tno");
    let signed = json!({"site_cd": BATCH, "kcp_sign_data": sign(&[BATCH, tno, "STSC"])});
    assert_eq!(code(&modify(&sim, tno, "STSC", signed).await), "0000");
    // Nothing keeps a repeated charge from being a second one.
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "0000");
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "0000");
    assert_eq!(code(&delete(&sim, &key, json!({"tx_type": "1"})).await), "S005");
    assert_eq!(code(&delete(&sim, &key, json!({})).await), "0000");
    assert_eq!(code(&delete(&sim, &key, json!({})).await), "5530");
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "5530");
    let rows = ledger(&sim).await;
    assert_eq!(
        rows.iter().find(|row| row["kind"] == "billing").unwrap()["state"],
        "deleted"
    );
}

#[tokio::test]
async fn groups_must_be_the_sites_own() {
    let sim = sim().await;
    for change in [
        [("kcpgroup_id", "A52Q71000489")],
        [("kcpgroup_id", "")],
        [("site_cd", SITE)],
    ] {
        assert_eq!(
            authenticate(&sim, &window(&change), json!({})).await.error(),
            (400, "5209".into()),
            "{change:?}"
        );
    }
    assert_eq!(
        authenticate(&sim, &window(&[("card_cert_type", "")]), json!({}))
            .await
            .error(),
        (400, "S005".into())
    );
    let key = key(&sim).await;
    assert_eq!(
        code(&charge(&sim, &key, json!({"bt_group_id": "A52Q71000489"})).await),
        "5209"
    );
    assert_eq!(code(&charge(&sim, &key, json!({"bt_group_id": null})).await), "5209");
    assert_eq!(code(&charge(&sim, "2504051168518034", json!({})).await), "5530");
    assert_eq!(code(&delete(&sim, &key, json!({"group_id": "x"})).await), "5209");
    assert_eq!(code(&charge(&sim, &key, json!({"card_mny": "1005"})).await), "8105");
    merchant(&sim, json!({"mid": BATCH, "groupId": ""})).await;
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "5209");
}

#[tokio::test]
async fn a_key_from_a_card_number_needs_a_contract() {
    let sim = sim().await;
    let base = json!({"site_cd": BATCH, "pay_method": "CARD", "card_tx_type": "12100000", "sign_txtype": "0001",
        "group_id": GROUP, "card_no": "9410001234567890", "card_expiry": "4912", "card_taxno": "900101", "card_pwd": "00"});
    let answer = api(&sim, HUB, base.clone(), json!({})).await;
    assert_eq!(
        (code(&answer), text(&answer, "card_bin_type_01")),
        ("0000", "0"),
        "{answer}"
    );
    assert_eq!(code(&charge(&sim, text(&answer, "batch_key"), json!({})).await), "0000");
    for (expected, change) in [
        ("8108", json!({"card_no": "1"})),
        ("CC54", json!({"card_expiry": "2001"})),
        ("5209", json!({"group_id": "x"})),
        ("S005", json!({"sign_txtype": null})),
    ] {
        assert_eq!(
            code(&api(&sim, HUB, base.clone(), change.clone()).await),
            expected,
            "{change}"
        );
    }
    merchant(&sim, json!({"mid": BATCH, "keyByCard": false})).await;
    assert_eq!(code(&api(&sim, HUB, base, json!({})).await), "8998");
}

#[tokio::test]
async fn a_phone_issues_a_key_too() {
    let sim = sim().await;
    let trade = json!({"site_cd": BATCH, "ordr_idxx": "BILL1", "good_mny": "0", "good_name": "Plan", "pay_method": "AUTH",
        "Ret_URL": "http://shop.test/return"});
    let trade = api(&sim, "/std/tradeReg/register", trade, json!({})).await;
    assert_eq!(text(&trade, "Code"), "0000", "{trade}");
    let fields = [
        ("site_cd", BATCH),
        ("approval_key", text(&trade, "approvalKey")),
        ("Ret_URL", "http://shop.test/return"),
        ("ordr_idxx", "BILL1"),
        ("good_mny", "0"),
        ("good_name", "Plan"),
        ("pay_method", "AUTH"),
        ("ActionResult", "batch"),
        ("currency", "410"),
        ("kcpgroup_id", GROUP),
        ("batch_cardno_return_yn", "L"),
    ];
    let open = json!({"kind": "form", "action": trade["PayUrl"], "charset": "euc-kr", "fields": fields});
    let back = posted(&authenticate(&sim, &open, json!({})).await);
    assert!(back["card_mask_no"].starts_with("536112******"));
    assert_eq!(code(&approve(&sim, &back, json!({"site_cd": BATCH})).await), "0000");
}

#[tokio::test]
async fn lost_answers_of_charges_and_issues() {
    let sim = sim().await;
    let key = key(&sim).await;
    let fault =
        |operation: &str, kind: &str| json!([{"provider": "kcp", "operation": operation, "kind": kind, "times": 1}]);
    put_faults(&sim, fault("billing-pay", "decline:8046")).await;
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "8046");
    let paid = |rows: &[Value]| rows.iter().filter(|row| row["kind"] == "approval").count();
    assert_eq!(paid(&ledger(&sim).await), 1);
    put_faults(&sim, fault("billing-pay", "decline:CC61")).await;
    assert_eq!(code(&charge(&sim, &key, json!({})).await), "CC61");
    assert_eq!(paid(&ledger(&sim).await), 1);
    put_faults(&sim, fault("billing-issue", "decline:CC25")).await;
    let back = posted(&authenticate(&sim, &window(&[]), json!({})).await);
    assert_eq!(code(&approve(&sim, &back, json!({"site_cd": BATCH})).await), "CC25");
    put_faults(&sim, fault("billing-delete", "decline:8999")).await;
    assert_eq!(code(&delete(&sim, &key, json!({})).await), "8999");
    assert_eq!(code(&delete(&sim, &key, json!({})).await), "0000");
}
