//! Toss Payments' words for cards, banks and wallets ("코드" pages). Requests may use any of the forms.

/// (two-character code, Korean, English form) of card issuers.
#[rustfmt::skip]
pub(super) const CARDS: &[(&str, &str, &str)] = &[
    ("3K", "기업비씨", "IBK_BC"), ("46", "광주", "GWANGJUBANK"), ("71", "롯데", "LOTTE"), ("30", "산업", "KDBBANK"),
    ("31", "비씨", "BC"), ("51", "삼성", "SAMSUNG"), ("38", "새마을", "SAEMAUL"), ("41", "신한", "SHINHAN"),
    ("62", "신협", "SHINHYEOP"), ("36", "씨티", "CITI"), ("W1", "우리", "WOORI"), ("33", "우리", "WOORI"),
    ("37", "우체국", "POST"), ("39", "저축", "SAVINGBANK"), ("35", "전북", "JEONBUKBANK"), ("42", "제주", "JEJUBANK"),
    ("15", "카카오뱅크", "KAKAOBANK"), ("3A", "케이뱅크", "KBANK"), ("24", "토스뱅크", "TOSSBANK"),
    ("21", "하나", "HANA"), ("61", "현대", "HYUNDAI"), ("11", "국민", "KOOKMIN"), ("91", "농협", "NONGHYEOP"),
    ("34", "수협", "SUHYEOP"), ("6D", "다이너스", "DINERS"), ("6I", "디스커버", "DISCOVER"), ("4M", "마스터", "MASTER"),
    ("3C", "유니온페이", "UNIONPAY"), ("7A", "아메리칸 익스프레스", "AMEX"), ("4J", "JCB", "JCB"), ("4V", "비자", "VISA"),
];

/// (two-character code, Korean, English form, issues virtual accounts) of banks.
#[rustfmt::skip]
pub(super) const BANKS: &[(&str, &str, &str, bool)] = &[
    ("02", "산업", "KDBBANK", false), ("03", "기업", "IBK", true), ("06", "국민", "KOOKMIN", true),
    ("07", "수협", "SUHYEOP", true), ("11", "농협", "NONGHYEOP", true), ("12", "단위농협", "LOCALNONGHYEOP", false),
    ("20", "우리", "WOORI", true), ("23", "SC제일", "SC", false), ("27", "씨티", "CITI", false),
    ("31", "대구", "DAEGUBANK", true), ("32", "부산", "BUSANBANK", true), ("34", "광주", "GWANGJUBANK", true),
    ("35", "제주", "JEJUBANK", false), ("37", "전북", "JEONBUKBANK", false), ("39", "경남", "KYONGNAMBANK", true),
    ("45", "새마을", "SAEMAUL", true), ("48", "신협", "SHINHYEOP", false), ("50", "저축", "SAVINGBANK", false),
    ("54", "HSBC", "HSBC", false), ("64", "산림", "SANLIM", false), ("71", "우체국", "POST", true),
    ("81", "하나", "HANA", true), ("88", "신한", "SHINHAN", true), ("89", "케이", "KBANK", false),
    ("90", "카카오", "KAKAOBANK", false), ("92", "토스", "TOSSBANK", false),
    ("S0", "유안타증권", "YUANTA_SECURITES", false), ("S2", "신한금융투자", "SHINHAN_SECURITIES", false),
    ("S3", "삼성증권", "SAMSUNG_SECURITIES", false), ("S4", "KB증권", "KB_SECURITIES", false),
    ("S5", "미래에셋증권", "MIRAE_ASSET_SECURITIES", false), ("S6", "한국투자증권", "KOREA_INVESTMENT_AND_SECURITIES", false),
    ("S8", "교보증권", "KYOBO_SECURITIES", false), ("S9", "하이투자증권", "HI_INVESTMENT_AND_SECURITIES", false),
    ("SA", "현대차증권", "HYUNDAI_MOTOR_SECURITIES", false), ("SB", "키움증권", "KIWOOM", false),
    ("SD", "SK증권", "SK_SECURITIES", false), ("SE", "대신증권", "DAISHIN_SECURITIES", false),
    ("SG", "한화투자증권", "HANHWA_INVESTMENT_AND_SECURITIES", false), ("SH", "하나금융투자", "HANA_INVESTMENT_AND_SECURITIES", false),
    ("SI", "DB금융투자", "DB_INVESTMENT_AND_SECURITIES", false), ("SJ", "유진투자증권", "EUGENE_INVESTMENT_AND_SECURITIES", false),
    ("SK", "메리츠증권", "MERITZ_SECURITIES", false), ("SL", "NH투자증권", "NH_INVESTMENT_AND_SECURITIES", false),
    ("SM", "부국증권", "BOOKOOK_SECURITIES", false), ("SN", "신영증권", "SHINYOUNG_SECURITIES", false),
    ("SO", "LIG투자증권", "LIG_INVESTMENT_AND_SECURITIES", false), ("SP", "KTB투자증권", "DAOL_INVESTMENT_AND_SECURITIES", false),
    ("SQ", "카카오페이증권", "KAKAOPAY_SECURITIES", false), ("SR", "펀드온라인코리아", "KOREA_FOSS_SECURITIES", false),
    ("ST", "토스증권", "TOSS_SECURITIES", false),
];

/// (request code, Korean provider name in answers) of wallets.
pub(super) const WALLETS: &[(&str, &str)] = &[
    ("TOSSPAY", "토스페이"),
    ("NAVERPAY", "네이버페이"),
    ("SAMSUNGPAY", "삼성페이"),
    ("APPLEPAY", "애플페이"),
    ("LPAY", "엘페이"),
    ("KAKAOPAY", "카카오페이"),
    ("PINPAY", "핀페이"),
    ("PAYCO", "페이코"),
    ("SSG", "SSG페이"),
    ("KBPAY", "KB페이"),
    ("LGPAY", "LG페이"),
];

/// The issuer code of any request form.
pub(super) fn card(word: &str) -> Option<&'static str> {
    CARDS
        .iter()
        .find(|(code, korean, english)| [*code, *korean, *english].contains(&word))
        .map(|(code, ..)| *code)
}

/// Korean name of an issuer code (answers before API version 2022-11-16).
pub(super) fn card_name(code: &str) -> Option<&'static str> {
    CARDS
        .iter()
        .find(|(known, ..)| *known == code)
        .map(|(_, korean, _)| *korean)
}

/// The bank code of any request form, and whether the bank issues virtual accounts.
pub(super) fn bank(word: &str) -> Option<(&'static str, bool)> {
    BANKS
        .iter()
        .find(|(code, korean, english, _)| [*code, *korean, *english].contains(&word))
        .map(|(code, _, _, issues)| (*code, *issues))
}

/// Korean name of a bank code.
pub(super) fn bank_name(code: &str) -> Option<&'static str> {
    BANKS
        .iter()
        .find(|(known, ..)| *known == code)
        .map(|(_, korean, ..)| *korean)
}

/// A wallet by its request code or Korean name: (code, Korean name).
pub(super) fn wallet(word: &str) -> Option<(&'static str, &'static str)> {
    WALLETS
        .iter()
        .find(|(code, korean)| *code == word || *korean == word)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_form_is_read() {
        assert_eq!(
            (card("41"), card("신한"), card("SHINHAN")),
            (Some("41"), Some("41"), Some("41"))
        );
        assert_eq!(bank("KOOKMIN"), Some(("06", true)));
        assert_eq!(bank("004"), None);
        assert_eq!(wallet("토스페이"), Some(("TOSSPAY", "토스페이")));
        // The two tables use the same digits for different houses.
        assert_eq!((card_name("71"), bank_name("71")), (Some("롯데"), Some("우체국")));
    }
}
