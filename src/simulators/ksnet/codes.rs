//! KSNET's tables: cards, banks, refusals.

/// (code, name, the REST API's word)
pub(super) type CardRow = (&'static str, &'static str, &'static str);

/// Cards a buyer can pay with ("발급사/매입사 코드"). The words of codes that no document shows are made up after the
/// two that are (`HYUNDAI`, `UNDEFINED`).
pub(super) const CARDS: &[CardRow] = &[
    ("01", "비씨카드", "BC"),
    ("02", "국민카드", "KB"),
    ("03", "외환카드", "KEB"),
    ("04", "삼성카드", "SAMSUNG"),
    ("05", "신한카드", "SHINHAN"),
    ("08", "현대카드", "HYUNDAI"),
    ("09", "롯데카드", "LOTTE"),
    ("11", "한미카드", "HANMI"),
    ("12", "수협카드", "SUHYUP"),
    ("14", "우리카드", "WOORI"),
    ("15", "농협카드", "NONGHYUP"),
    ("16", "제주카드", "JEJU"),
    ("17", "광주카드", "KWANGJU"),
    ("18", "전북카드", "JEONBUK"),
    ("24", "하나카드", "HANA"),
    ("25", "해외카드", "UNDEFINED"),
    ("26", "씨티카드", "CITI"),
    ("99", "기타카드", "UNDEFINED"),
];

/// (code, name, the REST API's word, whether it opens virtual accounts)
pub(super) type BankRow = (&'static str, &'static str, &'static str, bool);

/// Banks.
pub(super) const BANKS: &[BankRow] = &[
    ("02", "산업은행", "KDB", false),
    ("03", "기업은행", "IBK", true),
    ("04", "국민은행", "KOOKMIN", true),
    ("05", "외환은행", "KEB", false),
    ("07", "수협", "SUHYUP", true),
    ("11", "농협", "NONGHYUP", true),
    ("20", "우리은행", "WOORI", true),
    ("23", "SC제일은행", "SC", false),
    ("26", "신한은행", "SHINHAN", true),
    ("27", "씨티은행", "CITI", false),
    ("31", "대구은행", "DAEGU", true),
    ("32", "부산은행", "BUSAN", true),
    ("34", "광주은행", "KWANGJU", true),
    ("35", "제주은행", "JEJU", false),
    ("37", "전북은행", "JEONBUK", false),
    ("39", "경남은행", "KYONGNAM", true),
    ("45", "새마을금고", "KFCC", true),
    ("48", "신협", "SHINHYUP", false),
    ("71", "우체국", "POST", true),
    ("81", "하나은행", "HANA", true),
    ("89", "케이뱅크", "KBANK", false),
    ("90", "카카오뱅크", "KAKAO", false),
];

pub(super) fn card(code: &str) -> Option<&'static CardRow> {
    CARDS.iter().find(|row| row.0 == code)
}

pub(super) fn bank(code: &str) -> Option<&'static BankRow> {
    BANKS.iter().find(|row| row.0 == code)
}

/// Refusals with their texts. KSNET publishes few: `8326`, `6003`, `7003`, `994`, `B013` and `P10Q` are its own; the
/// others are made up here, with texts in the manner of the real ones.
const REFUSALS: &[(&str, &str)] = &[
    ("8326", "월사용한도초과"),
    ("6003", "비밀번호오류"),
    ("7003", "취소거절 기간경과"),
    ("994", "원거래없음"),
    ("B013", "입금마감일시 누락"),
    ("P10Q", "기취소된 거래"),
    // Made up.
    ("7001", "기취소거래"),
    ("7002", "일련번호중복"),
    ("7004", "원거래없음"),
    ("7005", "취소금액초과"),
    ("7006", "에스크로 부분취소불가"),
    ("7007", "면세금액초과"),
    ("7008", "부분취소 미계약"),
    ("7010", "입금완료 취소불가"),
    ("7011", "현금영수증 중복발급"),
    ("9010", "식별번호오류"),
    ("9011", "미등록 빌키"),
    ("9012", "등록요청 오류"),
    ("9001", "잔액부족"),
    ("9002", "X분실카드입니다카드사문의바람"),
    ("9003", "유효기간경과"),
    ("9004", "거래정지카드"),
    ("9005", "본인인증실패"),
    ("9006", "시스템점검중"),
    ("9007", "결제금액불일치"),
    ("9008", "카드번호오류"),
    ("9009", "키인거래 미계약"),
    ("990", "취소거절 기간경과"),
    ("991", "기취소거래"),
    ("992", "일련번호중복"),
    ("993", "취소금액초과"),
    ("B001", "은행코드오류"),
];

/// The text of a refusal.
pub(super) fn message(code: &str) -> &'static str {
    REFUSALS.iter().find(|row| row.0 == code).map_or("거절", |row| row.1)
}

/// Words of `buyer.decline`, with the code that the fetch then tells.
pub(super) const DECLINES: &[(&str, &str)] = &[
    ("limit", "8326"),
    ("pin", "6003"),
    ("balance", "9001"),
    ("lost", "9002"),
    ("expired", "9003"),
    ("suspended", "9004"),
    ("authentication", "9005"),
    ("maintenance", "9006"),
];

/// The code of a word of `buyer.decline`.
pub(super) fn decline(word: &str) -> Option<&'static str> {
    DECLINES.iter().find(|row| row.0 == word).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decline_has_a_text_and_every_code_is_there_once() {
        for (_, code) in DECLINES {
            assert_ne!(message(code), "거절");
        }
        let mut codes: Vec<&str> = REFUSALS.iter().map(|row| row.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), REFUSALS.len());
        assert_eq!((card("08").map(|row| row.2), bank("00")), (Some("HYUNDAI"), None));
    }
}
