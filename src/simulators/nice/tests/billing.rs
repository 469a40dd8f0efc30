use super::*;
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};

fn encrypted(plain: &str, a2: bool) -> String {
    let mut data = plain.as_bytes().to_vec();
    if a2 {
        let key = UnboundCipherKey::new(&AES_256, SECRET.as_bytes()).unwrap();
        let iv: [u8; 16] = SECRET.as_bytes()[..16].try_into().unwrap();
        let context = EncryptionContext::Iv128(iv.into());
        PaddedBlockEncryptingKey::cbc_pkcs7(key)
            .unwrap()
            .less_safe_encrypt(&mut data, context)
            .unwrap();
    } else {
        let key = UnboundCipherKey::new(&AES_128, &SECRET.as_bytes()[..16]).unwrap();
        PaddedBlockEncryptingKey::ecb_pkcs7(key)
            .unwrap()
            .encrypt(&mut data)
            .unwrap();
    }
    data.iter().map(|b| format!("{b:02x}")).collect()
}

const PLAIN: &str = "cardNo=5361123412341234&expYear=40&expMonth=12&idNo=800101&cardPw=12";

async fn regist(sim: &Arc<Simulators>, plain: &str, a2: bool) -> Got {
    let mut body = json!({"encData": encrypted(plain, a2), "orderId": "bill-1", "ediDate": DATE,
        "signData": sha(&format!("bill-1{DATE}{SECRET}"))});
    if a2 {
        body["encMode"] = json!("A2");
    }
    post(sim, "subscribe/regist", body).await
}

async fn charge(sim: &Arc<Simulators>, bid: &str, order: &str, more: Value) -> Got {
    let mut body = json!({"orderId": order, "amount": 1004, "goodsName": "구독", "cardQuota": "0", "useShopInterest": false,
        "ediDate": DATE, "signData": sha(&format!("{order}{bid}{DATE}{SECRET}"))});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(sim, &format!("subscribe/{bid}/payments"), body).await
}

async fn expire(sim: &Arc<Simulators>, bid: &str) -> Got {
    let body = json!({"orderId": "x-1", "ediDate": DATE, "signData": sha(&format!("x-1{bid}{DATE}{SECRET}"))});
    post(sim, &format!("subscribe/{bid}/expire"), body).await
}

#[tokio::test]
async fn a_key_is_issued_charged_and_expired() {
    let sim = sim();
    for a2 in [false, true] {
        let issued = ok(&regist(&sim, PLAIN, a2).await);
        let bid = issued["bid"].as_str().unwrap();
        assert!(bid.len() == 30 && bid.starts_with("BIKYnarunice1m"), "{bid}");
        assert_eq!(
            (issued["cardCode"].clone(), issued["orderId"].clone()),
            (json!("02"), json!("bill-1"))
        );
        assert!(issued["authDate"].as_str().unwrap().ends_with("T00:00:00.000+0900"));
        let order = format!("sub-{a2}");
        let payment = ok(&charge(&sim, bid, &order, json!({})).await);
        assert!(signed(&payment));
        assert_eq!(
            (payment["bid"].clone(), payment["channel"].clone()),
            (json!(bid), Value::Null)
        );
        assert_eq!(payment["coupon"], json!({"couponAmt": 0}));
        assert!(payment["tid"].as_str().unwrap().starts_with("narunice1m0116"));
        assert_eq!(payment["card"]["cardNum"], "536112******1234");
        assert_eq!(code(&charge(&sim, bid, &order, json!({})).await), (200, "U112".into()));
        ok(&net_cancel(&sim, &order).await);
        assert_eq!(ok(&expire(&sim, bid).await)["bid"], bid);
        assert_eq!(code(&expire(&sim, bid).await), (200, "A126".into()));
        assert_eq!(code(&charge(&sim, bid, "sub-9", json!({})).await), (200, "A126".into()));
    }
    let unknown = charge(&sim, "BIKYnarunice1m000000000000ABCD", "sub-9", json!({})).await;
    assert_eq!(
        (code(&unknown), unknown.json()["signature"].clone()),
        ((200, "U309".into()), Value::Null)
    );
}

#[tokio::test]
async fn unreadable_or_wrong_cards_give_no_key() {
    let sim = sim();
    let wrong = json!({"encData": "00112233445566778899aabbccddeeff", "orderId": "b-1"});
    let got = post(&sim, "subscribe/regist", wrong.clone()).await;
    assert_eq!(
        (code(&got), got.json()["bid"].clone(), got.json()["tid"].clone()),
        ((200, "F101".into()), Value::Null, json!(""))
    );
    // The mode that was not asked for.
    let crossed = json!({"encData": encrypted(PLAIN, true), "orderId": "b-1"});
    assert_eq!(
        code(&post(&sim, "subscribe/regist", crossed).await),
        (200, "F101".into())
    );
    merchant(&sim, json!({"shapes": ["a204"]})).await;
    assert_eq!(code(&post(&sim, "subscribe/regist", wrong).await), (200, "A204".into()));
    for (expected, plain) in [
        ("F112", "cardNo=12&expYear=40&expMonth=12&idNo=800101&cardPw=12"),
        (
            "3021",
            "cardNo=5361123412341234&expYear=20&expMonth=12&idNo=800101&cardPw=12",
        ),
        (
            "3021",
            "cardNo=5361123412341234&expYear=40&expMonth=13&idNo=800101&cardPw=12",
        ),
        (
            "F113",
            "cardNo=5361123412341234&expYear=40&expMonth=12&idNo=8001&cardPw=12",
        ),
        ("F113", "cardNo=5361123412341234&expYear=40&expMonth=12&idNo=800101"),
    ] {
        assert_eq!(
            code(&regist(&sim, plain, true).await),
            (200, expected.into()),
            "{plain}"
        );
    }
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_charge_needs_its_members() {
    let sim = sim();
    let bid = ok(&regist(&sim, PLAIN, true).await)["bid"].as_str().unwrap().to_owned();
    for (expected, change) in [
        ("U100", json!({"useShopInterest": true})),
        ("U100", json!({"useShopInterest": null})),
        ("U100", json!({"cardQuota": null})),
        ("U100", json!({"cardQuota": "00"})),
        ("3022", json!({"cardQuota": "1"})),
        ("3024", json!({"cardQuota": 3})),
        ("U312", json!({"signData": "0"})),
        ("3041", json!({"amount": 999})),
        ("U321", json!({"taxFreeAmt": 1005})),
    ] {
        let got = charge(&sim, &bid, "sub-1", change.clone()).await;
        assert_eq!(code(&got), (200, expected.into()), "{change}");
    }
    ok(&charge(&sim, &bid, "sub-1", json!({"amount": 50000, "cardQuota": 3})).await);
    assert_eq!(find(&sim, "sub-1").await.json()["card"]["cardQuota"], 3);
}

#[tokio::test]
async fn the_pascal_answer_is_a_switch() {
    let sim = sim();
    merchant(&sim, json!({"shapes": ["pascal-billing"]})).await;
    let issued = regist(&sim, PLAIN, true).await.json();
    assert_eq!(
        (issued["ResultCode"].clone(), issued["CardName"].clone()),
        (json!("0000"), json!("[KB국민]"))
    );
    assert_eq!(issued["AuthDate"].as_str().unwrap().len(), 8);
    assert!(issued["BID"].as_str().unwrap().starts_with("BIKY"));
}
