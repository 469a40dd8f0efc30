//! NICE's card and bank codes and PortOne's words for them.

use crate::payment::CardBrand;

/// A card: two-digit code, Korean name, PortOne V2 `CardCompany`. Where two codes have one word, the first row with it
/// is what a request gets.
static CARDS: &[(&str, &str, &str)] = &[
    ("01", "비씨", "BC_CARD"),
    ("02", "KB국민", "KOOKMIN_CARD"),
    ("16", "하나", "HANA_CARD"),
    ("03", "하나(외환)", "HANA_CARD"),
    ("04", "삼성", "SAMSUNG_CARD"),
    ("06", "신한", "SHINHAN_CARD"),
    ("07", "현대", "HYUNDAI_CARD"),
    ("08", "롯데", "LOTTE_CARD"),
    ("11", "씨티", "CITI_CARD"),
    ("12", "NH채움", "NH_CARD"),
    ("13", "수협", "SUHYUP_CARD"),
    ("14", "신협", "SHINHYUP"),
    ("15", "우리", "WOORI_CARD"),
    ("17", "우리", "WOORI_CARD"),
    ("21", "광주", "GWANGJU_CARD"),
    ("22", "전북", "JEONBUK_CARD"),
    ("23", "제주", "JEJU_CARD"),
    ("32", "우체국", "EPOST"),
    ("33", "저축은행", "SAVINGS_BANK_KOREA"),
    ("35", "새마을금고", "KFCC"),
    ("36", "KDB산업", "KOREA_DEVELOPMENT_BANK"),
    ("37", "카카오뱅크", "KAKAO_BANK"),
    ("38", "케이뱅크", "K_BANK"),
    ("44", "토스뱅크", "TOSS_BANK"),
];

/// Foreign schemes that stand in a card code instead of an issuer.
static SCHEMES: &[(&str, CardBrand)] = &[
    ("25", CardBrand::Visa),
    ("26", CardBrand::Master),
    ("27", CardBrand::Diners),
    ("28", CardBrand::Amex),
    ("29", CardBrand::Jcb),
    ("34", CardBrand::Unionpay),
];

/// Codes that stand in a card code and are no card but money or points: PortOne V2 `EasyPayProvider`.
static MONEY: &[(&str, &str)] = &[
    ("39", "PAYCO"),
    ("40", "KAKAOPAY"),
    ("41", "SSGPAY"),
    ("42", "NAVERPAY"),
    ("46", "TOSSPAY"),
];

/// A bank: three-digit standard code, PortOne V2 `Bank`. Merged banks read as the one that took them over.
static BANKS: &[(&str, &str)] = &[
    ("001", "BANK_OF_KOREA"),
    ("002", "KDB"),
    ("003", "IBK"),
    ("004", "KOOKMIN"),
    ("081", "HANA"),
    ("005", "HANA"),
    ("026", "HANA"),
    ("007", "SUHYUP"),
    ("008", "KEXIM"),
    ("011", "NONGHYUP"),
    ("012", "LOCAL_NONGHYUP"),
    ("020", "WOORI"),
    ("023", "STANDARD_CHARTERED"),
    ("027", "CITI"),
    ("031", "DAEGU"),
    ("032", "BUSAN"),
    ("034", "KWANGJU"),
    ("035", "JEJU"),
    ("037", "JEONBUK"),
    ("039", "KYONGNAM"),
    ("045", "KFCC"),
    ("048", "SHINHYUP"),
    ("050", "SAVINGS_BANK"),
    ("071", "POST"),
    ("076", "KODIT"),
    ("077", "KIBO"),
    ("088", "SHINHAN"),
    ("089", "K_BANK"),
    ("090", "KAKAO"),
    ("092", "TOSS"),
];

/// PortOne's word for a card code.
pub(in crate::adapters) fn card_company(code: &str) -> Option<&'static str> {
    let code = code.trim();
    CARDS.iter().find(|row| row.0 == code).map(|row| row.2)
}

/// NICE's code for PortOne's `CardCompany`.
pub(in crate::adapters) fn card_code(portone: &str) -> Option<&'static str> {
    CARDS.iter().find(|row| row.2 == portone).map(|row| row.0)
}

/// Scheme behind a card code that names a scheme.
pub(in crate::adapters) fn scheme(code: &str) -> Option<CardBrand> {
    let code = code.trim();
    SCHEMES.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// Wallet behind a card code that is no card but wallet money.
pub(in crate::adapters) fn money(code: &str) -> Option<&'static str> {
    let code = code.trim();
    MONEY.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// PortOne's word for a bank code of two or three digits.
pub(in crate::adapters) fn bank(code: &str) -> Option<&'static str> {
    let code = code.trim();
    let padded = format!("{code:0>3}");
    BANKS.iter().find(|row| row.0 == padded).map(|row| row.1)
}

/// NICE's code for PortOne's `Bank`.
pub(in crate::adapters) fn bank_code(portone: &str) -> Option<&'static str> {
    BANKS.iter().find(|row| row.1 == portone).map(|row| row.0)
}

/// PortOne words of the cards, for messages that list what is accepted.
pub(in crate::adapters) fn card_words() -> String {
    listed(CARDS.iter().map(|row| row.2))
}

/// PortOne words of the banks.
pub(in crate::adapters) fn bank_words() -> String {
    listed(BANKS.iter().map(|row| row.1))
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    words.join(", ")
}
