//! Result codes, card companies, banks, wallets, carriers and gift-card providers, in KCP's own numbers.

/// (code, text). Ranges whose codes share a meaning are in [`message`].
const MESSAGES: &[(&str, &str)] = &[
    ("0000", "정상처리"),
    ("V000", "가상계좌 발급 성공"),
    ("3000", "결제금액 한도 안내"),
    ("3001", "사용자가 결제를 취소하였습니다."),
    ("5002", "취소할 수 없는 상태입니다."),
    ("5209", "그룹아이디 오류 (미등록 또는 미개통)"),
    ("5530", "원거래가 존재하지 않습니다."),
    ("7512", "통신 타임아웃"),
    ("8001", "사이트코드 오류"),
    ("8012", "취소 불가 (취소 서버 IP 미등록, 관리자 문의)"),
    ("8023", "기 취소된 거래입니다."),
    ("8024", "포맷에러(지불수단 불일치)"),
    ("8026", "포맷에러(주문번호 불일치)"),
    ("8035", "부분취소 금액이 최소금액 미만입니다."),
    ("8036", "취소금액이 취소가능금액을 초과합니다."),
    ("8037", "부분취소 남은금액 불일치"),
    ("8038", "부분취소 남은금액(rem_mny) 불일치"),
    ("8039", "부분취소 요청금액이 취소가능금액을 초과합니다."),
    ("8040", "부분취소된 거래는 전체취소할 수 없습니다."),
    ("8059", "포맷에러(지불정보-공통:결제금액 불일치)"),
    ("8061", "원거래가 존재하지 않습니다."),
    ("8063", "최소 결제금액 미만입니다."),
    ("8078", "복합과세 금액 형식 오류"),
    ("8079", "복합과세 금액 합계 오류"),
    ("8080", "복합과세 구분 오류"),
    ("8094", "중복된 요청입니다. 처음부터 다시 결제하여 주십시오."),
    ("8098", "과세 금액이 남은 과세 금액을 초과합니다."),
    ("8099", "비과세 금액이 남은 비과세 금액을 초과합니다."),
    ("8105", "금액 오류"),
    ("8106", "할부개월 오류"),
    ("8108", "카드번호 오류"),
    ("8109", "유효기간 오류"),
    ("8110", "생년월일/사업자번호 오류"),
    ("8111", "카드 비밀번호 오류"),
    ("8125", "할부 불가 금액입니다."),
    ("8128", "중복된 카드 승인 요청입니다."),
    ("8129", "테스트 결제 가능금액이 아닙니다."),
    ("8132", "원승인이 존재하지 않습니다."),
    ("8133", "기 취소된 신용카드 거래 취소요청"),
    ("8134", "취소할 수 없는 거래 상태입니다."),
    ("8135", "최소 결제금액 미만입니다."),
    ("8178", "정산 잔액이 부족하여 취소할 수 없습니다."),
    ("8308", "현금영수증 구분과 식별번호를 함께 입력하여 주십시오."),
    ("8310", "인증 유효시간이 경과하였습니다."),
    ("8314", "기관 장애"),
    ("8327", "전체환불 서비스가 등록되지 않은 사이트입니다."),
    ("8328", "부분환불 서비스가 등록되지 않은 사이트입니다."),
    ("8329", "환불할 수 없는 거래 상태입니다."),
    ("8336", "기 입금된 거래입니다."),
    ("8337", "기 환불된 거래입니다."),
    ("8338", "중복된 주문번호입니다."),
    ("8340", "기 환불요청된 거래입니다."),
    ("8345", "당월 거래는 환불할 수 없습니다. 취소를 이용하여 주십시오."),
    ("8384", "부분취소가 등록되지 않은 사이트입니다."),
    ("8385", "부분취소가 불가능한 카드입니다."),
    ("8386", "부분취소 가능 횟수를 초과하였습니다."),
    ("8387", "취소 처리 중인 거래입니다."),
    ("8388", "취소 처리 중인 거래입니다."),
    ("8392", "부분취소가 불가능한 결제수단입니다."),
    ("8540", "환불금액 오류"),
    ("8549", "환불 남은금액 불일치"),
    ("8550", "환불금액이 환불가능금액을 초과합니다."),
    ("8643", "승인 실패한 거래입니다."),
    ("8E01", "에스크로 환불 진행 중이거나 완료된 거래입니다."),
    ("8E02", "구매확인된 거래는 취소할 수 없습니다."),
    ("8998", "서비스가 등록되지 않은 사이트입니다."),
    ("8999", "KCP 내부 오류"),
    ("9002", "사이트코드가 입력되지 않았습니다."),
    ("9006", "주문번호가 입력되지 않았습니다."),
    ("9008", "결제금액이 입력되지 않았습니다."),
    ("9010", "최소 결제금액 미만입니다."),
    ("9028", "리턴 URL이 입력되지 않았습니다."),
    ("9047", "결과 전달 실패로 승인이 자동취소되었습니다."),
    ("9048", "결과 전달 실패 후 자동취소에 실패하였습니다."),
    ("CC01", "카드사 문의 요망"),
    ("CC03", "카드사 승인거절"),
    ("CC04", "분실카드"),
    ("CC07", "1회 한도초과"),
    ("CC08", "1일 한도초과"),
    ("CC10", "잔액부족"),
    ("CC14", "카드번호 오류"),
    ("CC21", "카드사 미등록 가맹점"),
    ("CC25", "안심클릭 인증 실패"),
    ("CC43", "도난카드"),
    ("CC44", "연체카드"),
    ("CC45", "정지카드"),
    ("CC54", "유효기간 경과 카드"),
    ("CC61", "한도초과"),
    ("CC63", "비밀번호 오류"),
    ("CC66", "생년월일/사업자번호 오류"),
    ("CC72", "카드사 응답 지연"),
    ("CC75", "카드사 시스템 점검 중"),
    ("CC98", "카드사 시스템 장애"),
    ("CC99", "KCP 시스템 장애"),
    ("CCA9", "부분취소된 거래는 전체취소할 수 없습니다."),
    ("CCSE", "ISP 응답 지연"),
    ("M015", "통화코드(currency) 오류"),
    ("M016", "Ret_URL 누락"),
    ("S005", "요청 파라미터 오류"),
    ("S032", "접근권한이 없습니다"),
];

/// Text of a code.
pub(super) fn message(code: &str) -> &'static str {
    if let Some((_, text)) = MESSAGES.iter().find(|(known, _)| *known == code) {
        return text;
    }
    match code.get(..2) {
        Some("CC") => "카드사 승인거절",
        Some("90") => "입력값 누락",
        _ if effect(code) == Effect::Acted => "통신 오류 (처리결과 미확인)",
        _ => "처리 중 오류가 발생하였습니다.",
    }
}

/// What a refusal that is ordered leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Turned away at the door: not even the blob was used.
    Untouched,
    /// Refused: nothing was done, the blob is used.
    Refused,
    /// Done, though the answer says that nobody knows.
    Acted,
    /// Done, and undone by KCP itself.
    Undone,
}

/// What came of a call that ended with this code. `CC72`, `CC98`, `CC99`, `CCSE` leave no approval at KCP.
pub(super) fn effect(code: &str) -> Effect {
    const ACTED: &[(&str, &str)] = &[
        ("8041", "8048"),
        ("8173", "8175"),
        ("8323", "8326"),
        ("8723", "8727"),
        ("8995", "8997"),
        ("8295", "8296"),
        ("7512", "7512"),
        ("9048", "9048"),
        ("9502", "9502"),
    ];
    if code.starts_with("S0") || code.starts_with("M0") {
        return Effect::Untouched;
    }
    if code == "9047" {
        return Effect::Undone;
    }
    if code.len() == 4 && ACTED.iter().any(|(first, last)| (*first..=*last).contains(&code)) {
        return Effect::Acted;
    }
    Effect::Refused
}

/// Words for why a card company refuses, and its code.
pub(super) const REASONS: &[(&str, &str)] = &[
    ("limit", "CC61"),
    ("balance", "CC10"),
    ("lost", "CC04"),
    ("stolen", "CC43"),
    ("pin", "CC63"),
    ("expired", "CC54"),
    ("maintenance", "CC75"),
    ("merchant", "CC21"),
    ("issuer", "CC01"),
];

/// (code, name, usual acquirer)
pub(super) const CARDS: &[(&str, &str, &str)] = &[
    ("CCKM", "KB국민카드", "CCKM"),
    ("CCNH", "NH농협카드", "CCNH"),
    ("CCBC", "BC카드", "CCBC"),
    ("CCLG", "신한카드", "CCLG"),
    ("CCSS", "삼성카드", "CCSS"),
    ("CCDI", "현대카드", "CCDI"),
    ("CCLO", "롯데카드", "CCAM"),
    ("CCAM", "롯데아멕스카드", "CCAM"),
    ("CCHN", "하나카드", "CCHN"),
    ("CCKE", "외환카드", "CCKE"),
    ("CCCT", "씨티카드", "CCBC"),
    ("CCKJ", "광주카드", "CCBC"),
    ("CCSU", "수협카드", "CCBC"),
    ("CCJB", "전북카드", "CCBC"),
    ("CCCJ", "제주카드", "CCBC"),
    ("CVSF", "해외비자", "CCKE"),
    ("CMCF", "해외마스터", "CCKE"),
];

/// (code, name, whether virtual accounts are issued there). Shinhan issues under its old number.
pub(super) const BANKS: &[(&str, &str, bool)] = &[
    ("BK02", "산업은행", false),
    ("BK03", "기업은행", true),
    ("BK04", "국민은행", true),
    ("BK07", "수협", true),
    ("BK11", "농협", true),
    ("BK20", "우리은행", true),
    ("BK23", "SC제일은행", true),
    ("BK26", "신한은행", true),
    ("BK27", "씨티은행", false),
    ("BK31", "iM뱅크", true),
    ("BK32", "부산은행", true),
    ("BK34", "광주은행", true),
    ("BK35", "제주은행", false),
    ("BK37", "전북은행", false),
    ("BK39", "경남은행", true),
    ("BK45", "새마을금고", false),
    ("BK48", "신협", false),
    ("BK71", "우체국", true),
    ("BK81", "하나은행", true),
    ("BK88", "신한은행", false),
    ("BK89", "케이뱅크", false),
    ("BK90", "카카오뱅크", false),
    ("BK92", "토스뱅크", false),
    ("B209", "유안타증권", false),
    ("B218", "KB증권", false),
    ("B238", "미래에셋증권", false),
    ("B240", "삼성증권", false),
    ("B243", "한국투자증권", false),
    ("B247", "NH투자증권", false),
    ("B262", "하이투자증권", false),
    ("B263", "현대차증권", false),
    ("B266", "SK증권", false),
    ("B267", "대신증권", false),
    ("B269", "한화투자증권", false),
    ("B270", "하나증권", false),
    ("B278", "신한투자증권", false),
    ("B279", "DB금융투자", false),
    ("B280", "유진투자증권", false),
    ("B287", "메리츠증권", false),
    ("B291", "신영증권", false),
    ("BK12", "지역농축협", false),
    ("BK64", "산림조합", false),
];

/// A wallet of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wallet {
    /// Name in control calls and, before `_direct`, of its field.
    pub name: &'static str,
    /// `card_other_pay_type`.
    pub kind: &'static str,
    /// `pay_method` of a payment with the wallet's own money, and `service_corp_id`.
    pub money: Option<(&'static str, &'static str)>,
}

pub(super) const WALLETS: &[Wallet] = &[
    wallet("sspay", "OT01", None),
    wallet("ssgpay", "OT03", Some(("PASG", "SCSM"))),
    wallet("lpay", "OT11", None),
    wallet("payco", "OT12", None),
    wallet("kakaopay", "OT13", Some(("PAKM", "SCKA"))),
    wallet("naverpay", "OT16", Some(("PANP", "SCNA"))),
    wallet("applepay", "OT21", None),
    wallet("tosspay", "OT23", Some(("PATO", "SCTO"))),
];

const fn wallet(name: &'static str, kind: &'static str, money: Option<(&'static str, &'static str)>) -> Wallet {
    Wallet { name, kind, money }
}

pub(super) const CARRIERS: &[&str] = &["SKT", "KTF", "LGT", "KCT", "CJH"];
pub(super) const VOUCHERS: &[&str] = &["SCBL", "SCHM", "SCCL", "SCGM", "SCTC", "SCEM", "SCED"];

pub(super) fn card(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    CARDS.iter().find(|row| row.0 == code).copied()
}

/// A bank by its code, with or without `BK`.
pub(super) fn bank(code: &str) -> Option<(&'static str, &'static str, bool)> {
    let bare = |row: &&(&str, &str, bool)| row.0 == code || row.0.strip_prefix("BK") == Some(code);
    BANKS.iter().find(bare).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_code_leaves_behind() {
        for (code, expected) in [
            ("CC61", Effect::Refused),
            ("CC99", Effect::Refused),
            ("8059", Effect::Refused),
            ("8041", Effect::Acted),
            ("8048", Effect::Acted),
            ("8049", Effect::Refused),
            ("8171", Effect::Refused),
            ("8173", Effect::Acted),
            ("9048", Effect::Acted),
            ("9047", Effect::Undone),
            ("S032", Effect::Untouched),
            ("M015", Effect::Untouched),
        ] {
            assert_eq!(effect(code), expected, "{code}");
        }
        assert_eq!(message("8059"), "포맷에러(지불정보-공통:결제금액 불일치)");
        assert_eq!(
            (message("CC47"), message("8046")),
            ("카드사 승인거절", "통신 오류 (처리결과 미확인)")
        );
    }

    #[test]
    fn thirteen_banks_issue_accounts() {
        assert_eq!(BANKS.iter().filter(|row| row.2).count(), 13);
        assert_eq!(
            (bank("04"), bank("BK04")),
            (Some(("BK04", "국민은행", true)), bank("04"))
        );
        assert_eq!(bank("999"), None);
        assert!(
            REASONS
                .iter()
                .all(|(_, code)| MESSAGES.iter().any(|(known, _)| known == code))
        );
    }
}
