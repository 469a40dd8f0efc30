//! Toss's words for issuers, banks, wallets, carriers and certificates, and PortOne's for the same.
//!
//! Requests take Toss's two-character code; answers carry the code (API 2022-11-16 and later), the Korean name (before)
//! or the English word (`Accept-Language: en-US`): each table is searched by all of them. Card and bank codes overlap
//! with different meanings (11 is Kookmin among cards, Nonghyup among banks), so the tables never mix.

use crate::payment::CardBrand;

/// A card company: code, Korean, English, PortOne V2 `CardCompany`. Where PortOne has one word for two of Toss's
/// (`WOORI_CARD`, `BC_CARD`), the first row with it is what a request gets.
static CARDS: &[(&str, &str, &str, &str)] = &[
    ("11", "국민", "KOOKMIN", "KOOKMIN_CARD"),
    ("15", "카카오뱅크", "KAKAOBANK", "KAKAO_BANK"),
    ("21", "하나", "HANA", "HANA_CARD"),
    ("24", "토스뱅크", "TOSSBANK", "TOSS_BANK"),
    ("30", "산업", "KDBBANK", "KOREA_DEVELOPMENT_BANK"),
    ("31", "BC", "BC", "BC_CARD"),
    ("W1", "우리", "WOORI", "WOORI_CARD"),
    ("33", "우리BC", "WOORI", "WOORI_CARD"),
    ("34", "수협", "SUHYEOP", "SUHYUP_CARD"),
    ("35", "전북", "JEONBUKBANK", "JEONBUK_CARD"),
    ("36", "씨티", "CITI", "CITI_CARD"),
    ("37", "우체국", "POST", "EPOST"),
    ("38", "새마을", "SAEMAUL", "KFCC"),
    ("39", "저축", "SAVINGBANK", "SAVINGS_BANK_KOREA"),
    ("3A", "케이뱅크", "KBANK", "K_BANK"),
    ("3K", "기업BC", "IBK_BC", "BC_CARD"),
    ("41", "신한", "SHINHAN", "SHINHAN_CARD"),
    ("42", "제주", "JEJUBANK", "JEJU_CARD"),
    ("46", "광주", "GWANGJUBANK", "GWANGJU_CARD"),
    ("51", "삼성", "SAMSUNG", "SAMSUNG_CARD"),
    ("61", "현대", "HYUNDAI", "HYUNDAI_CARD"),
    ("62", "신협", "SHINHYEOP", "SHINHYUP"),
    ("71", "롯데", "LOTTE", "LOTTE_CARD"),
    ("91", "농협", "NONGHYEOP", "NH_CARD"),
];

/// Foreign schemes that stand in `issuerCode` instead of an issuer: code, Korean, English.
static SCHEMES: &[(&str, &str, &str, Option<CardBrand>)] = &[
    ("6D", "다이너스", "DINERS", Some(CardBrand::Diners)),
    ("6I", "디스커버", "DISCOVER", None),
    ("4M", "마스터", "MASTER", Some(CardBrand::Master)),
    ("3C", "유니온페이", "UNIONPAY", Some(CardBrand::Unionpay)),
    ("7A", "아멕스", "AMEX", Some(CardBrand::Amex)),
    ("4J", "JCB", "JCB", Some(CardBrand::Jcb)),
    ("4V", "VISA", "VISA", Some(CardBrand::Visa)),
];

/// Banks that issue virtual accounts.
static ISSUING: &[&str] = &[
    "03", "06", "07", "11", "20", "31", "32", "34", "39", "45", "71", "81", "88",
];

/// A bank or securities firm: code, Korean, KFTC code, English, PortOne V2 `Bank` (REST).
static BANKS: &[(&str, &str, &str, &str, &str)] = &[
    ("02", "산업", "002", "KDBBANK", "KDB"),
    ("03", "기업", "003", "IBK", "IBK"),
    ("06", "국민", "004", "KOOKMIN", "KOOKMIN"),
    ("07", "수협", "007", "SUHYEOP", "SUHYUP"),
    ("11", "농협", "011", "NONGHYEOP", "NONGHYUP"),
    ("12", "단위농협", "012", "LOCALNONGHYEOP", "LOCAL_NONGHYUP"),
    ("20", "우리", "020", "WOORI", "WOORI"),
    ("23", "SC제일", "023", "SC", "STANDARD_CHARTERED"),
    ("27", "씨티", "027", "CITI", "CITI"),
    ("31", "대구", "031", "DAEGUBANK", "DAEGU"),
    ("32", "부산", "032", "BUSANBANK", "BUSAN"),
    ("34", "광주", "034", "GWANGJUBANK", "KWANGJU"),
    ("35", "제주", "035", "JEJUBANK", "JEJU"),
    ("37", "전북", "037", "JEONBUKBANK", "JEONBUK"),
    ("39", "경남", "039", "KYONGNAMBANK", "KYONGNAM"),
    ("45", "새마을", "045", "SAEMAUL", "KFCC"),
    ("48", "신협", "048", "SHINHYEOP", "SHINHYUP"),
    ("50", "저축", "050", "SAVINGBANK", "SAVINGS_BANK"),
    ("54", "HSBC", "054", "HSBC", "HSBC"),
    ("64", "산림", "064", "SANLIM", "NFCF"),
    ("71", "우체국", "071", "POST", "POST"),
    ("81", "하나", "081", "HANA", "HANA"),
    ("88", "신한", "088", "SHINHAN", "SHINHAN"),
    ("89", "케이", "089", "KBANK", "K_BANK"),
    ("90", "카카오", "090", "KAKAOBANK", "KAKAO"),
    ("92", "토스", "092", "TOSSBANK", "TOSS"),
    ("S0", "유안타증권", "209", "YUANTA_SECURITES", "YUANTA_SECURITIES"),
    ("S2", "신한금융투자", "278", "SHINHAN_SECURITIES", "SHINHAN_SECURITIES"),
    ("S3", "삼성증권", "240", "SAMSUNG_SECURITIES", "SAMSUNG_SECURITIES"),
    ("S4", "KB증권", "218", "KB_SECURITIES", "KB_SECURITIES"),
    (
        "S5",
        "미래에셋증권",
        "238",
        "MIRAE_ASSET_SECURITIES",
        "MIRAE_ASSET_SECURITIES",
    ),
    (
        "S6",
        "한국투자증권",
        "243",
        "KOREA_INVESTMENT_AND_SECURITIES",
        "KOREA_SECURITIES",
    ),
    ("S8", "교보증권", "261", "KYOBO_SECURITIES", "KYOBO_SECURITIES"),
    (
        "S9",
        "하이투자증권",
        "262",
        "HI_INVESTMENT_AND_SECURITIES",
        "HI_SECURITIES",
    ),
    (
        "SA",
        "현대차증권",
        "263",
        "HYUNDAI_MOTOR_SECURITIES",
        "HYUNDAI_MOTOR_SECURITIES",
    ),
    ("SB", "키움증권", "264", "KIWOOM", "KIWOOM_SECURITIES"),
    ("SD", "SK증권", "266", "SK_SECURITIES", "SK_SECURITIES"),
    ("SE", "대신증권", "267", "DAISHIN_SECURITIES", "DAISHIN_SECURITIES"),
    (
        "SG",
        "한화투자증권",
        "269",
        "HANHWA_INVESTMENT_AND_SECURITIES",
        "HANHWA_SECURITIES",
    ),
    (
        "SH",
        "하나증권",
        "270",
        "HANA_INVESTMENT_AND_SECURITIES",
        "HANA_SECURITIES",
    ),
    (
        "SI",
        "DB금융투자",
        "279",
        "DB_INVESTMENT_AND_SECURITIES",
        "DB_SECURITIES",
    ),
    (
        "SJ",
        "유진투자증권",
        "280",
        "EUGENE_INVESTMENT_AND_SECURITIES",
        "EUGENE_SECURITIES",
    ),
    ("SK", "메리츠증권", "287", "MERITZ_SECURITIES", "MERITZ_SECURITIES"),
    (
        "SL",
        "NH투자증권",
        "247",
        "NH_INVESTMENT_AND_SECURITIES",
        "NH_SECURITIES",
    ),
    ("SM", "부국증권", "290", "BOOKOOK_SECURITIES", "BOOKOOK_SECURITIES"),
    ("SN", "신영증권", "291", "SHINYOUNG_SECURITIES", "SHINYOUNG_SECURITIES"),
    (
        "SO",
        "LIG투자증권",
        "292",
        "LIG_INVESTMENT_AND_SECURITIES",
        "CAPE_SECURITIES",
    ),
    (
        "SP",
        "다올투자증권",
        "227",
        "DAOL_INVESTMENT_AND_SECURITIES",
        "DAOL_SECURITIES",
    ),
    (
        "SQ",
        "카카오페이증권",
        "288",
        "KAKAOPAY_SECURITIES",
        "KAKAO_PAY_SECURITIES",
    ),
    (
        "SR",
        "한국포스증권",
        "294",
        "KOREA_FOSS_SECURITIES",
        "KOREA_FOSS_SECURITIES",
    ),
    ("ST", "토스증권", "271", "TOSS_SECURITIES", "TOSS_SECURITIES"),
];

/// A wallet: Toss's word in requests, Korean in answers, PortOne V2 `EasyPayProvider`.
static WALLETS: &[(&str, &str, &str)] = &[
    ("TOSSPAY", "토스페이", "TOSSPAY"),
    ("NAVERPAY", "네이버페이", "NAVERPAY"),
    ("SAMSUNGPAY", "삼성페이", "SAMSUNGPAY"),
    ("APPLEPAY", "애플페이", "APPLEPAY"),
    ("LPAY", "엘페이", "LPAY"),
    ("KAKAOPAY", "카카오페이", "KAKAOPAY"),
    ("PINPAY", "핀페이", "PINPAY"),
    ("PAYCO", "페이코", "PAYCO"),
    ("SSG", "SSG페이", "SSGPAY"),
    ("KBPAY", "KB페이", "KB_APP"),
    ("LGPAY", "LG페이", "LGPAY"),
];

/// A certificate: Toss's method in requests, `Payment.method` in answers, PortOne V2 word.
static CERTIFICATES: &[(&str, &str, &str)] = &[
    ("CULTURE_GIFT_CERTIFICATE", "문화상품권", "CULTURELAND"),
    ("BOOK_GIFT_CERTIFICATE", "도서문화상품권", "BOOKNLIFE"),
    ("GAME_GIFT_CERTIFICATE", "게임문화상품권", "SMART_MUNSANG"),
];

/// Carriers a mobile window can be narrowed to; PortOne's words are the same.
pub(super) static CARRIERS: &[&str] = &["KT", "LGU", "SKT", "HELLO", "KCT", "SK7"];

/// Card companies whose app card can be demanded (`useAppCardOnly`), by code.
pub(super) static APP_CARDS: &[&str] = &["11", "91", "71", "51", "41", "W1", "33", "61"];

/// Hyundai, which allows instalments from 10,000 KRW.
pub(super) const HYUNDAI: &str = "61";

/// PortOne's word for an issuer that Toss names by code, Korean or English word.
pub(super) fn card_company(word: &str) -> Option<&'static str> {
    let word = word.trim();
    let short = word.strip_suffix("카드").unwrap_or(word);
    let fits = |(code, korean, english, _): &&(&str, &str, &str, &str)| {
        *code == word || *korean == word || *korean == short || *english == word
    };
    CARDS.iter().find(fits).map(|row| row.3)
}

/// Toss's code for PortOne's `CardCompany`.
pub(super) fn card_code(portone: &str) -> Option<&'static str> {
    CARDS.iter().find(|row| row.3 == portone).map(|row| row.0)
}

/// Scheme behind an `issuerCode` that names a scheme.
pub(super) fn scheme(word: &str) -> Option<CardBrand> {
    let fits = |row: &&(&str, &str, &str, Option<CardBrand>)| row.0 == word || row.1 == word || row.2 == word;
    SCHEMES.iter().find(fits).and_then(|row| row.3)
}

/// PortOne's word for a bank that Toss names by code, KFTC code, Korean or English word.
pub(super) fn bank(word: &str) -> Option<&'static str> {
    let word = word.trim();
    let short = word.strip_suffix("은행").unwrap_or(word);
    // Kookmin's own code is 06; 04, the tail of its KFTC code, was seen too.
    let word = if word == "04" { "06" } else { word };
    let fits = |row: &&(&str, &str, &str, &str, &str)| {
        row.0 == word || row.1 == word || row.1 == short || row.2 == word || row.3 == word
    };
    BANKS.iter().find(fits).map(|row| row.4)
}

/// Toss's code for PortOne's `Bank`.
pub(super) fn bank_code(portone: &str) -> Option<&'static str> {
    BANKS.iter().find(|row| row.4 == portone).map(|row| row.0)
}

/// Toss's code of a bank that issues virtual accounts (Toss docs: "가상계좌 발급", banks), for PortOne's `Bank`.
pub(super) fn issuing_bank(portone: &str) -> Option<&'static str> {
    bank_code(portone).filter(|code| ISSUING.contains(code))
}

/// PortOne's words of the banks that issue virtual accounts, for messages.
pub(super) fn issuing_banks() -> String {
    let words: Vec<&str> = BANKS
        .iter()
        .filter(|row| ISSUING.contains(&row.0))
        .map(|row| row.4)
        .collect();
    words.join(", ")
}

/// PortOne's word for a wallet that Toss names in Korean or by its request word.
pub(super) fn wallet(word: &str) -> Option<&'static str> {
    let word = word.trim();
    WALLETS
        .iter()
        .find(|row| row.0 == word || row.1 == word)
        .map(|row| row.2)
}

/// Toss's request word for PortOne's `EasyPayProvider`.
pub(super) fn wallet_code(portone: &str) -> Option<&'static str> {
    WALLETS.iter().find(|row| row.2 == portone).map(|row| row.0)
}

/// PortOne's word for a certificate that `Payment.method` names.
pub(super) fn certificate(word: &str) -> Option<&'static str> {
    let word = word.trim();
    CERTIFICATES
        .iter()
        .find(|row| row.0 == word || row.1 == word)
        .map(|row| row.2)
}

/// Toss's request method for PortOne's certificate word.
pub(super) fn certificate_method(portone: &str) -> Option<&'static str> {
    CERTIFICATES.iter().find(|row| row.2 == portone).map(|row| row.0)
}

/// PortOne words of a table, for messages that list what is accepted.
pub(super) fn accepted(table: Table) -> String {
    let mut words: Vec<&str> = match table {
        Table::Cards => CARDS.iter().map(|row| row.3).collect(),
        Table::Banks => BANKS.iter().map(|row| row.4).collect(),
        Table::Wallets => WALLETS.iter().map(|row| row.2).collect(),
        Table::Certificates => CERTIFICATES.iter().map(|row| row.2).collect(),
    };
    words.dedup();
    words.join(", ")
}

/// A table of this file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    /// Card companies.
    Cards,
    /// Banks and securities firms.
    Banks,
    /// Wallets.
    Wallets,
    /// Gift certificates.
    Certificates,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_within_a_table() {
        let cards: BTreeSet<&str> = CARDS.iter().map(|r| r.0).chain(SCHEMES.iter().map(|r| r.0)).collect();
        assert_eq!(cards.len(), CARDS.len() + SCHEMES.len());
        let banks: BTreeSet<&str> = BANKS.iter().flat_map(|r| [r.0, r.2]).collect();
        assert_eq!(banks.len(), BANKS.len() * 2);
    }

    #[test]
    fn every_word_sent_is_read_back_as_the_same() {
        for row in CARDS {
            assert_eq!(card_code(row.3).and_then(card_company), Some(row.3));
        }
        for row in BANKS {
            assert_eq!(bank_code(row.4).and_then(bank), Some(row.4));
            assert_eq!(
                [bank(row.0), bank(row.1), bank(row.2), bank(row.3)],
                [Some(row.4); 4],
                "{}",
                row.0
            );
        }
        for row in WALLETS {
            assert_eq!(wallet_code(row.2).and_then(wallet), Some(row.2));
        }
    }

    #[test]
    fn card_and_bank_codes_overlap_with_different_meanings() {
        assert_eq!(
            (card_company("11"), bank("11")),
            (Some("KOOKMIN_CARD"), Some("NONGHYUP"))
        );
        assert_eq!((card_company("31"), bank("31")), (Some("BC_CARD"), Some("DAEGU")));
        assert_eq!((card_company("71"), bank("71")), (Some("LOTTE_CARD"), Some("POST")));
    }

    #[test]
    fn kookmin_is_06_and_never_04() {
        assert_eq!(bank_code("KOOKMIN"), Some("06"));
        assert_eq!([bank("06"), bank("04"), bank("004")], [Some("KOOKMIN"); 3]);
    }

    #[test]
    fn words_with_two_codes_have_one_in_requests() {
        assert_eq!(
            (card_code("BC_CARD"), card_code("WOORI_CARD")),
            (Some("31"), Some("W1"))
        );
        assert_eq!(
            [card_company("33"), card_company("W1"), card_company("우리")],
            [Some("WOORI_CARD"); 3]
        );
        assert_eq!(
            (scheme("4V"), scheme("6I"), scheme("41")),
            (Some(CardBrand::Visa), None, None)
        );
    }
}
