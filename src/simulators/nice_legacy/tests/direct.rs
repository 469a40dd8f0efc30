use super::*;
use aws_lc_rs::cipher::{AES_128, PaddedBlockEncryptingKey, UnboundCipherKey};

fn encrypted(plain: &str) -> String {
    let mut data = plain.as_bytes().to_vec();
    let key = UnboundCipherKey::new(&AES_128, &KEY.as_bytes()[..16]).unwrap();
    PaddedBlockEncryptingKey::ecb_pkcs7(key)
        .unwrap()
        .encrypt(&mut data)
        .unwrap();
    data.iter().map(|b| format!("{b:02X}")).collect()
}

fn tid(method: &str, media: &str, tail: &str) -> String {
    format!("{MID}{method}{media}260102030405{tail}")
}

const CARD: &str = "CardNo=5361123412341234&ExpYear=40&ExpMonth=12&IDNo=800101&CardPw=12";

async fn regist(sim: &Arc<Simulators>, plain: &str, change: &[(&str, &str)]) -> Got {
    let base = [
        ("Moid", "B1"),
        ("EncData", &encrypted(plain)),
        ("SignData", &sha(&[MID, DATE, "B1"])),
    ];
    page(
        sim,
        "billing/billing_regist.jsp",
        &base.map(|(n, v)| (n, v as &str)),
        change,
    )
    .await
}

async fn charge(sim: &Arc<Simulators>, bid: &str, tid: &str, change: &[(&str, &str)]) -> Got {
    let amount = change
        .iter()
        .find(|(name, _)| *name == "Amt")
        .map_or("1004", |(_, value)| value);
    let sign = sha(&[MID, DATE, "S1", amount, bid]);
    let base = [
        ("BID", bid),
        ("TID", tid),
        ("Moid", "S1"),
        ("Amt", amount),
        ("GoodsName", "구독"),
        ("CardInterest", "0"),
        ("CardQuota", "00"),
        ("SignData", &sign),
    ];
    page(sim, "billing/billing_approve.jsp", &base, change).await
}

async fn remove(sim: &Arc<Simulators>, bid: &str) -> String {
    let sign = sha(&[MID, DATE, "R1", bid]);
    code(
        &page(
            sim,
            "billing/billkey_remove.jsp",
            &[("BID", bid), ("Moid", "R1"), ("SignData", &sign)],
            &[],
        )
        .await,
    )
}

#[tokio::test]
async fn a_billing_key_is_issued_charged_and_removed() {
    let sim = sim();
    let issued = regist(&sim, CARD, &[]).await.json();
    assert_eq!(
        (issued["ResultCode"].as_str(), issued["CardCode"].as_str()),
        (Some("F100"), Some("02"))
    );
    assert_eq!(issued["AuthDate"].as_str().unwrap().len(), 8);
    let bid = issued["BID"].as_str().unwrap();
    assert!(bid.len() == 30 && bid.starts_with("BIKYnarulgcy1m"));
    let own = tid("01", "16", "0001");
    let done = charge(&sim, bid, &own, &[]).await.json();
    assert_eq!(
        (done["ResultCode"].as_str(), done["TID"].as_str()),
        (Some("3001"), Some(own.as_str()))
    );
    assert_eq!(
        (done["CardNo"].as_str(), done["GoodsName"].as_str()),
        (Some("53611234****1234"), Some("구독"))
    );
    assert_eq!(code(&charge(&sim, bid, &own, &[]).await), "A225");
    assert_eq!(status(&sim, &own).await, "0");
    assert_eq!(code(&cancel(&sim, &own, "1004", "0", &[]).await), "2001");
    for (expected, wrong) in [
        ("W002", tid("01", "01", "0002")),
        ("W002", tid("03", "16", "0002")),
        ("W002", "short".to_owned()),
    ] {
        assert_eq!(code(&charge(&sim, bid, &wrong, &[]).await), expected, "{wrong}");
    }
    assert_eq!(
        code(&charge(&sim, bid, &tid("01", "16", "0003"), &[("CardQuota", "03")]).await),
        "3024"
    );
    assert_eq!(
        code(&charge(&sim, bid, &tid("01", "16", "0003"), &[("CardQuota", "3")]).await),
        "3022"
    );
    let many = [("Amt", "50000"), ("CardQuota", "03")];
    assert_eq!(
        charge(&sim, bid, &tid("01", "16", "0003"), &many).await.json()["CardQuota"],
        "03"
    );
    assert_eq!(remove(&sim, bid).await, "F101");
    assert_eq!(remove(&sim, bid).await, "A126");
    assert_eq!(code(&charge(&sim, bid, &tid("01", "16", "0004"), &[]).await), "A126");
    assert_eq!(
        code(&charge(&sim, "BIKYnone", &tid("01", "16", "0004"), &[]).await),
        "A255"
    );
}

#[tokio::test]
async fn unreadable_or_wrong_cards_give_no_key() {
    let sim = sim();
    assert_eq!(
        code(&regist(&sim, CARD, &[("EncData", "00112233445566778899aabbccddeeff")]).await),
        "A204"
    );
    assert_eq!(code(&regist(&sim, CARD, &[("SignData", "0")]).await), "A211");
    // The other generation writes its names small.
    assert_eq!(
        code(&regist(&sim, "cardNo=5361123412341234&expYear=40", &[]).await),
        "A204"
    );
    for (expected, plain) in [
        ("3011", "CardNo=12&ExpYear=40&ExpMonth=12&IDNo=800101&CardPw=12"),
        (
            "3021",
            "CardNo=5361123412341234&ExpYear=20&ExpMonth=12&IDNo=800101&CardPw=12",
        ),
        (
            "F113",
            "CardNo=5361123412341234&ExpYear=40&ExpMonth=12&IDNo=8&CardPw=12",
        ),
    ] {
        assert_eq!(code(&regist(&sim, plain, &[]).await), expected, "{plain}");
    }
    merchant(&sim, json!({"billing": false})).await;
    assert_eq!(code(&regist(&sim, CARD, &[]).await), "F116");
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_card_number_is_charged_without_a_window() {
    let sim = sim();
    let key_in = async |plain: &str, tail: &str| {
        let own = tid("01", "01", tail);
        let data = encrypted(plain);
        let sign = sha(&[MID, "1004", DATE, "K1"]);
        let base = [
            ("TID", own.as_str()),
            ("Moid", "K1"),
            ("Amt", "1004"),
            ("GoodsName", "셔츠"),
            ("EncData", &data),
            ("SignData", &sign),
            ("CardInterest", "0"),
            ("CardQuota", "00"),
        ];
        code(&page(&sim, "card_keyin.jsp", &base, &[]).await)
    };
    let good = "CardNo=5361123412341234&CardExpire=4012&BuyerAuthNum=1234567890&CardPwd=12";
    assert_eq!(key_in(good, "0001").await, "3001");
    assert_eq!(key_in(good, "0001").await, "A225");
    assert_eq!(
        key_in(
            "CardNo=5361123412341234&CardExpire=1240&BuyerAuthNum=800101&CardPwd=12",
            "0002"
        )
        .await,
        "3021"
    );
    assert_eq!(
        key_in(
            "CardNo=5361123412341234&CardExpire=4012&BuyerAuthNum=8&CardPwd=12",
            "0003"
        )
        .await,
        "A204"
    );
    merchant(&sim, json!({"keyIn": false})).await;
    assert_eq!(key_in(good, "0004").await, "A128");
}

#[tokio::test]
async fn a_virtual_account_is_issued_without_a_window() {
    let sim = sim();
    let issue = async |tail: &str, change: &[(&str, &str)]| {
        let own = tid("03", "01", tail);
        let sign = sha(&[MID, "10000", DATE, "V1"]);
        let base = [
            ("TID", own.as_str()),
            ("Moid", "V1"),
            ("Amt", "10000"),
            ("GoodsName", "셔츠"),
            ("BankCode", "004"),
            ("VbankExpDate", "20301231"),
            ("VbankAccountName", "나루상점"),
            ("CashReceiptType", "1"),
            ("SignData", &sign),
        ];
        page(&sim, "get_vacount.jsp", &base, change).await
    };
    let done = issue("0001", &[]).await.json();
    for (name, value) in [
        ("ResultCode", "4100"),
        ("VbankBankCode", "004"),
        ("VbankBankName", "국민은행"),
        ("VbankExpDate", "20301231"),
        ("VbankExpTime", "235959"),
        ("AuthCode", ""),
    ] {
        assert_eq!(done[name], value, "{name}");
    }
    assert_eq!(code(&issue("0001", &[]).await), "A225");
    assert_eq!(code(&issue("0002", &[("BankCode", "002")]).await), "9000");
    assert_eq!(code(&issue("0002", &[("VbankExpDate", "2030123112")]).await), "4102");
    assert_eq!(code(&issue("0002", &[("VbankAccountName", "")]).await), "9000");
}
