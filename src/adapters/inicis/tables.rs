//! Card and bank codes (KG Inicis: "코드표") and PortOne's words for them. Where two codes have one word, the first row
//! with it is what a request gets.

use crate::payment::CardBrand;

static CARDS: &[(&str, &str)] = &[
    ("34", "HANA_CARD"),
    ("17", "HANA_CARD"),
    ("01", "HANA_CARD"),
    ("03", "LOTTE_CARD"),
    ("04", "HYUNDAI_CARD"),
    ("06", "KOOKMIN_CARD"),
    ("11", "BC_CARD"),
    ("12", "SAMSUNG_CARD"),
    ("14", "SHINHAN_CARD"),
    ("43", "CITI_CARD"),
    ("15", "CITI_CARD"),
    ("41", "NH_CARD"),
    ("16", "NH_CARD"),
    ("32", "GWANGJU_CARD"),
    ("33", "JEONBUK_CARD"),
    ("35", "KOREA_DEVELOPMENT_BANK"),
    ("44", "WOORI_CARD"),
    ("38", "WOORI_CARD"),
    ("48", "SHINHYUP"),
    ("51", "SUHYUP_CARD"),
    ("52", "JEJU_CARD"),
    ("54", "KFCC"),
    ("55", "K_BANK"),
    ("56", "KAKAO_BANK"),
    ("71", "EPOST"),
    ("95", "SAVINGS_BANK_KOREA"),
];

static SCHEMES: &[(&str, CardBrand)] = &[
    ("21", CardBrand::Visa),
    ("22", CardBrand::Master),
    ("23", CardBrand::Jcb),
    ("24", CardBrand::Amex),
    ("25", CardBrand::Diners),
    ("26", CardBrand::Unionpay),
];

/// Codes that stand in a card code and are no card but money or points.
static MONEY: &[(&str, &str)] = &[
    ("91", "NAVERPAY"),
    ("93", "TOSSPAY"),
    ("94", "SSGPAY"),
    ("96", "LPAY"),
    ("97", "KAKAOPAY"),
    ("98", "PAYCO"),
];

static BANKS: &[(&str, &str)] = &[
    ("02", "KDB"),
    ("03", "IBK"),
    ("04", "KOOKMIN"),
    ("06", "KOOKMIN"),
    ("81", "HANA"),
    ("05", "HANA"),
    ("25", "HANA"),
    ("07", "SUHYUP"),
    ("11", "NONGHYUP"),
    ("12", "LOCAL_NONGHYUP"),
    ("16", "LOCAL_NONGHYUP"),
    ("20", "WOORI"),
    ("22", "WOORI"),
    ("24", "WOORI"),
    ("83", "WOORI"),
    ("23", "STANDARD_CHARTERED"),
    ("53", "CITI"),
    ("27", "CITI"),
    ("88", "SHINHAN"),
    ("21", "SHINHAN"),
    ("26", "SHINHAN"),
    ("31", "DAEGU"),
    ("32", "BUSAN"),
    ("34", "KWANGJU"),
    ("35", "JEJU"),
    ("37", "JEONBUK"),
    ("39", "KYONGNAM"),
    ("45", "KFCC"),
    ("48", "SHINHYUP"),
    ("50", "SAVINGS_BANK"),
    ("70", "SAVINGS_BANK"),
    ("54", "HSBC"),
    ("55", "DEUTSCHE"),
    ("57", "JPMC"),
    ("59", "MUFG"),
    ("60", "BANK_OF_AMERICA"),
    ("64", "NFCF"),
    ("71", "POST"),
    ("89", "K_BANK"),
    ("90", "KAKAO"),
    ("92", "TOSS"),
    ("D1", "YUANTA_SECURITIES"),
    ("D2", "KB_SECURITIES"),
    ("D3", "MIRAE_ASSET_SECURITIES"),
    ("D4", "KOREA_SECURITIES"),
    ("D5", "NH_SECURITIES"),
    ("D6", "HI_SECURITIES"),
    ("D7", "HYUNDAI_MOTOR_SECURITIES"),
    ("D8", "SK_SECURITIES"),
    ("D9", "DAISHIN_SECURITIES"),
    ("DA", "HANA_SECURITIES"),
    ("DB", "SHINHAN_SECURITIES"),
    ("DC", "DB_SECURITIES"),
    ("DD", "EUGENE_SECURITIES"),
    ("DE", "MERITZ_SECURITIES"),
    ("DF", "SHINYOUNG_SECURITIES"),
];

/// `CARD_SrcCode` and the wallet. `K` (KB's own app card) is a plain card.
static WALLETS: &[(&str, &str)] = &[
    ("A", "KPAY"),
    ("B", "SAMSUNGPAY"),
    ("D", "SAMSUNGPAY"),
    ("C", "PAYCO"),
    ("G", "SSGPAY"),
    ("H", "TOSSPAY"),
    ("I", "NAVERPAY"),
    ("L", "LPAY"),
    ("O", "KAKAOPAY"),
    ("R", "CHAI"),
    ("U", "TMONEY"),
];

fn word(table: &[(&'static str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// PortOne V2 `CardCompany` of a card code.
pub(super) fn card_company(code: &str) -> Option<&'static str> {
    word(CARDS, code)
}

/// Foreign scheme of a card code.
pub(super) fn scheme(code: &str) -> Option<CardBrand> {
    SCHEMES.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// PortOne V2 `EasyPayProvider` of a code that is wallet money.
pub(super) fn money(code: &str) -> Option<&'static str> {
    word(MONEY, code)
}

/// PortOne V2 `EasyPayProvider` of a source code.
pub(super) fn wallet(code: &str) -> Option<&'static str> {
    word(WALLETS, code)
}

/// PortOne V2 `Bank` of a bank code, padded by zeros in notices.
pub(super) fn bank(code: &str) -> Option<&'static str> {
    word(BANKS, code.get(code.len().saturating_sub(2)..).unwrap_or(code))
}

/// Bank code of a PortOne V2 `Bank`.
pub(super) fn bank_code(bank: &str) -> Option<&'static str> {
    BANKS.iter().find(|row| row.1 == bank).map(|row| row.0)
}

/// All PortOne V2 `Bank`s.
pub(super) fn bank_words() -> String {
    let mut words: Vec<&str> = BANKS.iter().map(|row| row.1).collect();
    words.dedup();
    words.join(", ")
}
