//! NICE's code book ("코드집"): result codes with messages, cards, banks. One book for both of its generations.

/// (code, message) of refusals and successes that a simulator utters.
const MESSAGES: &[(&str, &str)] = &[
    ("0000", "정상 처리되었습니다."),
    ("2000", "DB 처리 오류"),
    ("2003", "취소 실패"),
    ("2010", "취소 요청금액 0원 오류"),
    ("2011", "취소 금액 불일치"),
    ("2012", "취소할 해당 거래 없음"),
    ("2013", "취소 완료 거래"),
    ("2014", "취소 불가능 거래"),
    ("2015", "기 취소 요청"),
    ("2016", "취소 가능 기간 초과"),
    ("2019", "타 가맹점 거래"),
    ("2020", "망취소 가능 시간 초과"),
    ("2024", "취소 비밀번호 불일치"),
    ("2025", "취소 비밀번호 미설정"),
    ("2027", "에스크로 거래는 구매결정 또는 구매거절 후 취소 가능합니다."),
    ("2031", "전체취소 불가 거래"),
    ("2032", "취소 금액이 취소 가능 금액보다 큽니다."),
    ("2033", "부분취소 불가 거래"),
    ("2047", "입금된 가상계좌입니다. 환불 계좌 정보가 필요합니다."),
    ("2052", "에스크로 거래 부분취소 불가"),
    ("2159", "은행 서비스 점검 시간입니다."),
    ("2201", "기 승인 존재"),
    ("3011", "카드번호 오류"),
    ("3012", "카드가맹점 정보 미확인"),
    ("3021", "유효기간 오류"),
    ("3022", "할부개월 오류"),
    ("3024", "5만원 미만 할부 불가"),
    ("3041", "1,000원 미만 카드승인 불가"),
    ("3057", "카드사 인증 실패"),
    ("3095", "카드사 실패 응답"),
    ("4001", "타행 네트워크 오류 응답"),
    ("4101", "가상계좌 최대 거래금액 초과"),
    ("4102", "가상계좌 입금 예정일 오류"),
    ("4116", "가상계좌 과부하 상태입니다. 잠시 후 다시 시도하세요."),
    ("4122", "입금 금액 불일치"),
    ("7003", "기 발급된 현금영수증"),
    ("7004", "현금영수증 취소 오류"),
    ("7012", "현금영수증 금액 오류"),
    ("7013", "현금영수증 발급번호 오류"),
    ("9000", "필수 항목 누락"),
    ("9999", "시스템 오류"),
    ("A001", "휴대폰 결제 처리 실패"),
    ("A101", "암호화 데이터 검증 오류"),
    ("A110", "외부 연동 결과 실패"),
    ("A123", "거래금액 불일치"),
    ("A126", "삭제된 빌키"),
    ("A127", "주문번호 중복 오류"),
    ("A128", "수기결제 불가 가맹점"),
    ("A145", "허용되지 않은 통화"),
    ("A204", "암호화 데이터 복호화 오류"),
    ("A210", "인증 정보 없음"),
    ("A211", "해쉬값 검증 오류"),
    ("A225", "TID 중복 오류"),
    ("A245", "인증 시간이 초과되었습니다."),
    ("A246", "요청이 너무 많습니다."),
    ("A255", "빌키 오류"),
    ("A299", "API 처리 지연"),
    ("C002", "에스크로 가맹점이 아닙니다."),
    ("C003", "에스크로 거래가 아닙니다."),
    ("C005", "배송등록 가능 상태가 아닙니다."),
    ("C006", "해당 거래 없음"),
    ("C007", "취소된 거래입니다."),
    ("F101", "암호화 데이터 검증에 실패하였습니다."),
    ("F112", "유효하지 않은 카드번호"),
    ("F113", "암호화 데이터 오류"),
    ("F116", "빌키 미계약 가맹점"),
    ("I002", "사용자가 결제를 취소하였습니다."),
    ("P008", "요청 값의 형식이 올바르지 않습니다."),
    ("P012", "필수 요청 값이 누락되었습니다."),
    ("P015", "이미 사용된 주문번호입니다."),
    ("P017", "결제 금액 오류"),
    ("P019", "주문 정보가 존재하지 않습니다."),
    ("P022", "할부 개월 오류"),
    ("P029", "지원하지 않는 결제수단"),
    ("P031", "가상계좌 입금 만료일 오류"),
    ("P032", "에스크로를 사용할 수 없는 결제수단"),
    ("P035", "망취소 요청 오류"),
    ("P036", "면세금액이 결제금액보다 큽니다."),
    ("P037", "5만원 미만 할부 불가"),
    ("U100", "필수 요청 값이 누락되었거나 올바르지 않습니다."),
    ("U101", "Authorization 헤더가 없습니다."),
    ("U102", "Authorization 헤더 형식 오류"),
    ("U103", "인증 방식이 올바르지 않습니다."),
    ("U104", "인증 정보 형식 오류"),
    ("U106", "현금영수증 거래는 현금영수증 취소 API를 사용하세요."),
    ("U107", "거래내역이 존재하지 않습니다."),
    ("U108", "권한이 없는 요청입니다."),
    ("U110", "지원하지 않는 결제수단"),
    ("U112", "이미 사용된 주문번호입니다."),
    ("U114", "이미 사용된 TID입니다."),
    ("U116", "사용자 인증에 실패하였습니다."),
    ("U121", "인증 정보가 존재하지 않습니다."),
    ("U122", "망취소 대상 거래가 존재하지 않습니다."),
    ("U128", "샌드박스에서 지원하지 않는 기능입니다."),
    ("U303", "API 처리가 지연되고 있습니다."),
    ("U304", "토큰 발급 인증 방식 오류"),
    ("U305", "토큰을 사용하지 않는 클라이언트 키"),
    ("U309", "빌키 정보가 존재하지 않습니다."),
    ("U311", "카드사 인증 실패"),
    ("U312", "위변조 검증에 실패하였습니다."),
    ("U316", "가맹점 설정 오류"),
    ("U319", "과세 구분 금액의 합이 일치하지 않습니다."),
    ("U320", "페이지를 찾을 수 없습니다."),
    ("U321", "면세금액이 요청금액보다 큽니다."),
    ("U332", "cardAndEasyPay 는 카드 지정 값과 함께 사용할 수 없습니다."),
    ("U333", "이미 등록된 웹훅 결제수단입니다."),
    ("U334", "웹훅 URL 오류"),
    ("U504", "결제 실패 (망취소 완료)"),
];

/// The message of a code.
pub(in crate::simulators) fn message(code: &str) -> &'static str {
    MESSAGES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or("처리 중 오류가 발생하였습니다.", |(_, text)| text)
}

/// Reasons that a card company gives in the text of its refusal: (word of control calls, text).
const REASONS: &[(&str, &str)] = &[
    ("limit", "한도초과"),
    ("balance", "잔액부족"),
    ("expired", "유효기간 만료 카드"),
    ("pin", "비밀번호 오류"),
    ("lost", "분실카드"),
    ("suspended", "거래정지 카드"),
    ("maintenance", "카드사 시스템 점검중"),
    ("issuer", "카드사 거절"),
];

/// The text of a refusal by the card company.
pub(in crate::simulators) fn reason(word: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// Words for [`reason`].
pub(in crate::simulators) fn reasons() -> Vec<&'static str> {
    REASONS.iter().map(|(word, _)| *word).collect()
}

/// What an ordered refusal of something that takes money leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulators) enum Effect {
    /// It was refused before anything was done.
    Nothing,
    /// The attempt is over: it failed.
    Failed,
    /// The refusal is a lie: it was only slow, and went through.
    Done,
}

/// The effect of a code.
pub(in crate::simulators) fn effect(code: &str) -> Effect {
    match code {
        "A299" | "U303" => Effect::Done,
        "3012" | "3013" | "3014" | "3041" => Effect::Nothing,
        "A110" | "A001" | "A111" | "U504" | "A245" => Effect::Failed,
        _ if code.len() == 4 && code.starts_with(['3', '4']) && code.bytes().all(|b| b.is_ascii_digit()) => {
            Effect::Failed
        }
        _ => Effect::Nothing,
    }
}

/// Who produced a message: the card company or NICE itself.
pub(in crate::simulators) fn source(code: &str) -> &'static str {
    match code {
        "3095" | "A110" | "A001" | "4001" => "external",
        _ => "nicepay",
    }
}

/// Card companies: (code, name).
pub(in crate::simulators) const CARDS: &[(&str, &str)] = &[
    ("01", "비씨"),
    ("02", "KB국민"),
    ("03", "하나(외환)"),
    ("04", "삼성"),
    ("06", "신한"),
    ("07", "현대"),
    ("08", "롯데"),
    ("11", "씨티"),
    ("12", "NH채움"),
    ("13", "수협"),
    ("14", "신협"),
    ("15", "우리"),
    ("16", "하나"),
    ("21", "광주"),
    ("22", "전북"),
    ("23", "제주"),
    ("24", "산은캐피탈"),
    ("25", "해외비자"),
    ("26", "해외마스터"),
    ("27", "해외다이너스"),
    ("28", "해외AMX"),
    ("29", "해외JCB"),
    ("32", "우체국"),
    ("33", "저축은행"),
    ("34", "은련"),
    ("35", "새마을금고"),
    ("36", "KDB산업"),
    ("37", "카카오뱅크"),
    ("38", "케이뱅크"),
    ("39", "페이코포인트"),
    ("40", "카카오머니"),
    ("41", "SSG머니"),
    ("42", "네이버포인트"),
    ("44", "토스뱅크"),
    ("46", "토스머니"),
];

/// A card company by its code.
pub(in crate::simulators) fn card(code: &str) -> Option<(&'static str, &'static str)> {
    CARDS.iter().find(|(known, _)| *known == code).copied()
}

/// Banks: (code, name, opens virtual accounts).
pub(in crate::simulators) const BANKS: &[(&str, &str, bool)] = &[
    ("002", "산업은행", false),
    ("003", "기업은행", true),
    ("004", "국민은행", true),
    ("005", "외환은행", true),
    ("007", "수협중앙회", false),
    ("011", "농협중앙회", true),
    ("012", "농협회원조합", false),
    ("020", "우리은행", true),
    ("023", "SC은행", true),
    ("027", "한국씨티은행", false),
    ("031", "대구은행", true),
    ("032", "부산은행", true),
    ("034", "광주은행", true),
    ("035", "제주은행", false),
    ("037", "전북은행", false),
    ("039", "경남은행", true),
    ("045", "새마을금고연합회", false),
    ("048", "신협중앙회", false),
    ("050", "상호저축은행", false),
    ("071", "우체국", true),
    ("081", "하나은행", true),
    ("088", "신한은행", true),
    ("089", "케이뱅크", true),
    ("090", "카카오뱅크", false),
    ("092", "토스뱅크", false),
];

/// A bank by its three-digit code.
pub(in crate::simulators) fn bank(code: &str) -> Option<(&'static str, &'static str, bool)> {
    BANKS.iter().find(|(known, ..)| *known == code).copied()
}

/// The company behind a card number: by its first digit, so that a number always gives the same company.
pub(in crate::simulators) fn card_of_number(number: &str) -> (&'static str, &'static str) {
    let code = match number.as_bytes().first() {
        Some(b'4') => "06",
        Some(b'5') => "02",
        Some(b'6') => "34",
        Some(b'9') => "01",
        _ => "04",
    };
    card(code).unwrap_or(("04", "삼성"))
}

/// Whether a number can be a card's: 14 to 16 digits, and none begins with 0.
pub(in crate::simulators) fn is_card_number(number: &str) -> bool {
    (14..=16).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit())
}

/// Length in bytes as EUC-KR counts it: everything outside ASCII is two bytes wide.
pub(in crate::simulators) fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// What is left of a text in NICE's charset: characters outside it become question marks.
pub(in crate::simulators) fn in_charset(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut buffer = [0; 4];
            let (.., lossy) = encoding_rs::EUC_KR.encode(c.encode_utf8(&mut buffer));
            if lossy { '?' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_effect_of_their_kind() {
        assert_eq!(effect("3095"), Effect::Failed);
        assert_eq!(effect("3012"), Effect::Nothing);
        assert_eq!(effect("U303"), Effect::Done);
        assert_eq!(effect("U316"), Effect::Nothing);
        assert_eq!((source("3095"), source("U100")), ("external", "nicepay"));
        assert_eq!(message("U320"), "페이지를 찾을 수 없습니다.");
    }

    #[test]
    fn texts_are_counted_and_cut_to_the_charset() {
        assert_eq!(width("셔츠 1"), 6);
        assert_eq!(in_charset("셔츠😀"), "셔츠?");
        assert!(bank("004").is_some_and(|(_, name, opens)| name == "국민은행" && opens));
        assert_eq!(card_of_number("5361123412341234").0, "02");
    }
}
