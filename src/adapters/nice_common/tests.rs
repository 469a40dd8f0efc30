//! Tests of what both NICE adapters share.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::results::{Call, Class, all, meaning};
use super::{tables, text};
use crate::payment::{CardBrand, FailureKind as Kind};
use std::collections::BTreeSet;

#[test]
fn every_code_is_listed_once() {
    let codes = all();
    let once: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(once.len(), codes.len());
    assert!(codes.iter().all(|c| c.len() == 4));
}

#[test]
fn a_code_is_read_with_its_call() {
    use Class::{Ask, Refused};
    for (call, code, wanted) in [
        (Call::BillingKey, "F101", (Kind::BadRequest, Refused)),
        (Call::Approval, "2012", (Kind::Other, Ask)),
        (Call::Cancel, "2012", (Kind::NotFound, Refused)),
        (Call::NetCancel, "2012", (Kind::NotFound, Ask)),
        (Call::Window, "9999", (Kind::UserCancelled, Refused)),
        (Call::Approval, "9999", (Kind::OutcomeUnknown, Ask)),
        (Call::Approval, "C002", (Kind::AuthenticationFailed, Refused)),
        (Call::Escrow, "C002", (Kind::MerchantSetup, Refused)),
        (Call::Inquiry, "U320", (Kind::BadRequest, Ask)),
        (Call::Approval, "U320", (Kind::BadRequest, Refused)),
        (Call::NetCancel, "U122", (Kind::NotFound, Ask)),
        (Call::Approval, "U303", (Kind::OutcomeUnknown, Ask)),
        (Call::Cancel, "2013", (Kind::AlreadyCancelled, Ask)),
        (Call::Approval, "U114", (Kind::AlreadyProcessed, Ask)),
        (Call::Approval, "V999", (Kind::BadRequest, Refused)),
        (Call::Approval, "ZZZZ", (Kind::Other, Ask)),
        (Call::Cancel, "ZZZZ", (Kind::Other, Ask)),
        (Call::Window, "ZZZZ", (Kind::Other, Refused)),
    ] {
        assert_eq!(meaning(call, code, ""), wanted, "{call:?} {code}");
    }
}

#[test]
fn the_reason_of_a_decline_stands_in_its_text() {
    for (message, kind) in [
        ("한도초과", Kind::LimitExceeded),
        ("잔액부족", Kind::InsufficientFunds),
        ("잔액부족(한도)", Kind::InsufficientFunds),
        ("유효기간 경과", Kind::InvalidCard),
        ("비밀번호 오류", Kind::InvalidCard),
        ("분실카드", Kind::LostCard),
        ("도난카드", Kind::LostCard),
        ("거래정지카드", Kind::LostCard),
        ("시스템 점검중", Kind::Maintenance),
        ("사용자 취소", Kind::UserCancelled),
        ("취소", Kind::DeclinedByIssuer),
        ("", Kind::DeclinedByIssuer),
    ] {
        assert_eq!(meaning(Call::Approval, "3095", message).0, kind, "{message}");
    }
    // Only where NICE says nothing closer.
    assert_eq!(meaning(Call::Approval, "3021", "한도초과").0, Kind::InvalidCard);
}

#[test]
fn cards_and_banks_in_both_directions() {
    assert_eq!(tables::card_code("HANA_CARD"), Some("16"));
    assert_eq!(tables::card_code("WOORI_CARD"), Some("15"));
    assert_eq!(
        [tables::card_company("03"), tables::card_company("16")],
        [Some("HANA_CARD"); 2]
    );
    assert_eq!(
        [tables::card_company("15"), tables::card_company("17")],
        [Some("WOORI_CARD"); 2]
    );
    assert_eq!(tables::card_company("04 "), Some("SAMSUNG_CARD"), "padded with blanks");
    assert_eq!(
        (tables::scheme("25"), tables::scheme("34")),
        (Some(CardBrand::Visa), Some(CardBrand::Unionpay))
    );
    for (code, wallet) in [
        ("39", "PAYCO"),
        ("40", "KAKAOPAY"),
        ("41", "SSGPAY"),
        ("42", "NAVERPAY"),
        ("46", "TOSSPAY"),
    ] {
        assert_eq!((tables::card_company(code), tables::money(code)), (None, Some(wallet)));
    }
    assert_eq!(
        [tables::bank("04"), tables::bank("004"), tables::bank(" 4 ")],
        [Some("KOOKMIN"); 3]
    );
    assert_eq!(
        (tables::bank("005"), tables::bank_code("HANA")),
        (Some("HANA"), Some("081"))
    );
    assert_eq!((tables::bank("999"), tables::bank("")), (None, None));
}

#[test]
fn text_is_measured_and_cut_in_cp949_bytes_between_characters() {
    assert_eq!(text::cut("가나다라", 5), "가나");
    assert_eq!(text::cut("a가나", 4), "a가");
    assert_eq!(text::len("a가나"), 5);
    // CP949 has syllables that EUC-KR lacks; emoji and control characters are in neither.
    assert_eq!(text::clean("똠방각하 😀\n티셔츠\u{feff}"), "똠방각하 티셔츠");
    assert_eq!(text::decode(&text::encode("똠방각하")), "똠방각하");
    assert_eq!(text::decode("\u{feff}한글".as_bytes()), "한글");
    assert_eq!(text::cut("가", 0), "");
}

#[test]
fn card_data_is_encrypted_as_published() {
    use super::cipher::{aes128_ecb, aes256_cbc};
    const KEY: &str = "2dcc2a0d63bf469490bb19a201be3735";
    let plain = "cardNo=1234567890123456&expYear=25&expMonth=12&idNo=800101&cardPw=12";
    assert_eq!(
        aes128_ecb(KEY, plain).unwrap(),
        "7c4b12eb43324290bd0e522900a892343f57e0d176cdadae757132c7f3cd442f023ef5c3ffa254ed04b6d47624d4c7847e8061f3be0d67adf1b463b46a542052cf47a5206bfd23945fc1851d426468f4"
    );
    assert_eq!(
        aes256_cbc(KEY, plain).unwrap(),
        "6ecfe97e521bc67c3053d74a9dbdba53033d343fc9e8e38e730964b22ef2e4a59607171b00a9da977141b3f79fffa1e80a16c08bc58666b479f554a966a363414347e62f2621f8df220c7a4a545592d0"
    );
    let legacy = "CardNo=1234567890123456&ExpYear=25&ExpMonth=12&IDNo=800101&CardPw=12";
    assert_eq!(
        aes128_ecb(
            "b+zhZ4yOZ7FsH8pm5lhDfHZEb79tIwnjsdA0FBXh86yLc6BJeFVrZFXhAoJ3gEWgrWwN+lJMV0W4hvDdbe4Sjw==",
            legacy
        )
        .unwrap(),
        "7b23e8b9e9e144228d4c288fbedb570ec6e6466c9b59a0e1670204550cc1954a9e638e3b4daa5cef1f4f238539e28181782196f43b3b72b9dad3956bbd7117b41204cd479bcd2afc55e790b5bc121855"
    );
    assert!(aes128_ecb("short", plain).is_err() && aes256_cbc("not 32 characters long", plain).is_err());
}
