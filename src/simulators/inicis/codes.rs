//! Result codes with their texts, cards, banks, wallets.

/// What a call is refused with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Detail code of six characters, an `ER…` or `V…` code, or nothing for a plain text.
    pub code: String,
    /// Korean text.
    pub message: String,
}

/// A refusal with the table's text.
pub(super) fn refusal(code: &str) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: message(code).to_owned(),
    }
}

/// A refusal about one field.
pub(super) fn about(code: &str, field: &str) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: format!("{} ({field})", message(code)),
    }
}

/// A hash that does not fit: a text without a code.
pub(super) fn wrong_hash() -> Refusal {
    Refusal {
        code: String::new(),
        message: "해시 데이터가 일치하지 않습니다. (hashData 불일치)".to_owned(),
    }
}

const MESSAGES: &[(&str, &str)] = &[
    ("V023", "결제페이지와 returnUrl, closeUrl의 도메인이 다릅니다."),
    ("MX1002", "상점정보 또는 호출 URL이 올바르지 않습니다."),
    ("MX1003", "결제금액이 없습니다."),
    ("MX1006", "휴대폰결제 상품유형(P_HPP_METHOD)이 올바르지 않습니다."),
    ("MX3001", "숫자 항목에 숫자가 아닌 값이 있습니다."),
    ("2001", "사용자가 결제를 취소하였습니다."),
    ("0021", "사용자 취소"),
    ("0022", "사용자 취소"),
    ("ER0102", "파라미터 값이 잘못 되었습니다."),
    ("500105", "PG 데이터베이스 오류"),
    ("500127", "부분취소 실패(중복 가능)"),
    ("500200", "암호화 데이터 오류"),
    ("500202", "서명값 오류"),
    ("500251", "요청전문 오류"),
    ("500400", "등록되지 않은 상점아이디입니다."),
    ("500403", "개시되지 않은 상점아이디입니다."),
    ("500407", "에스크로에서 사용할 수 없는 결제수단입니다."),
    ("500412", "부분취소가 불가능한 상점입니다."),
    ("500416", "상점에서 사용할 수 없는 카드입니다."),
    ("500601", "카드번호 오류"),
    ("500607", "할부개월 오류"),
    ("500608", "1,000원 미만 결제 불가"),
    ("500609", "금액에 숫자가 아닌 값이 있습니다."),
    ("500610", "결제금액이 위변조되었습니다."),
    ("500612", "에스크로는 500원 이상 결제 가능합니다."),
    ("500619", "주문번호 중복"),
    ("500621", "TID 가맹점ID 불일치"),
    ("500622", "취소 불가 상점"),
    ("500623", "거래내역이 존재하지 않습니다."),
    ("500624", "부분취소 불가능한 원거래"),
    ("500625", "부분취소된 거래는 전체취소가 불가합니다."),
    ("500626", "기취소 거래"),
    ("500628", "취소할 수 없는 거래입니다."),
    ("500633", "금액 위변조 검증 실패"),
    ("500638", "유효기간 오류"),
    ("500640", "입금기한 오류"),
    ("500643", "가상계좌 정보 오류"),
    ("500656", "부가세 오류"),
    ("500659", "현금영수증 기발행"),
    ("500667", "취소기간 경과"),
    ("500677", "에스크로 상점 정보 오류"),
    ("500685", "에스크로 거래는 에스크로 취소를 이용하십시오."),
    ("500690", "100원 미만 결제 불가"),
    ("500694", "인증내역이 존재하지 않습니다."),
    ("500699", "부분취소가 불가능한 결제수단입니다."),
    ("500701", "금액 오류(0원 이하)"),
    ("1113", "실시간빌링실패|요청금액 0원 이하"),
    ("500704", "기완료된 거래입니다."),
    ("500706", "부분취소 후 잔액 불일치"),
    ("500715", "부분취소가 불가능한 카드입니다."),
    ("500749", "전체금액은 부분취소할 수 없습니다."),
    ("500826", "취소금액이 잔액을 초과합니다."),
    ("500827", "주문번호에 해당하는 거래가 없습니다."),
    ("500828", "주문번호와 TID 불일치"),
    ("500906", "취소한도 초과"),
    ("504623", "거래내역이 존재하지 않습니다."),
    ("504937", "가상계좌는 200원 이상 가능합니다."),
    ("504954", "계좌 발급 지연"),
    ("550433", "빌링 가맹점이 아닙니다."),
    ("550788", "빌링 인증이 불가능한 카드입니다."),
    ("550929", "빌키 생성 실패"),
    ("550997", "빌키가 존재하지 않습니다."),
    ("120001", "거래정지카드"),
    ("120003", "미등록카드"),
    ("120004", "유효기간경과카드"),
    ("120010", "카드사 응답지연"),
    ("120014", "카드번호 오류"),
    ("120019", "비밀번호 오류"),
    ("120021", "비밀번호 오류 횟수초과"),
    ("120025", "기취소 거래"),
    ("120026", "분실도난카드"),
    ("120040", "카드사 시스템 장애"),
    ("120047", "본인확인 실패"),
    ("120048", "카드번호 또는 유효기간 오류"),
    ("120049", "한도초과"),
    ("120054", "잔액부족"),
    ("120099", "카드사 문의요망"),
    ("1200B9", "카드사 시스템 점검중"),
    ("1200F5", "잠시 후 재시도 요망"),
    ("1200FB", "CVC 오류"),
    ("160220", "1회 이체한도 초과"),
    ("160242", "은행 잔액부족"),
    ("160244", "1일 이체한도 초과"),
    ("160249", "은행 영업시간 종료"),
    ("160251", "계좌번호 오류"),
];

/// The text of a code.
pub(super) fn message(code: &str) -> &'static str {
    MESSAGES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or("처리 중 오류가 발생하였습니다.", |(_, text)| text)
}

const REASONS: &[(&str, &str)] = &[
    ("limit", "120049"),
    ("balance", "120054"),
    ("lost", "120026"),
    ("pin", "120019"),
    ("expired", "120004"),
    ("suspended", "120001"),
    ("issuer", "120040"),
    ("maintenance", "1200B9"),
    ("setup", "500400"),
];

/// The code of a `decline` word of the authenticate call.
pub(super) fn reason(word: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == word).map(|(_, code)| *code)
}

pub(super) fn reasons() -> Vec<&'static str> {
    REASONS.iter().map(|(word, _)| *word).collect()
}

/// Cards: code, issuer's bank code, name.
pub(super) const CARDS: &[(&str, &str, &str)] = &[
    ("01", "81", "하나카드"),
    ("03", "00", "롯데카드"),
    ("04", "00", "현대카드"),
    ("06", "04", "국민카드"),
    ("11", "20", "BC카드"),
    ("12", "00", "삼성카드"),
    ("14", "26", "신한카드"),
    ("21", "00", "해외비자"),
    ("32", "34", "광주카드"),
    ("33", "37", "전북카드"),
    ("34", "81", "하나카드"),
    ("41", "11", "NH카드"),
    ("43", "53", "씨티카드"),
    ("44", "20", "우리카드"),
    ("51", "07", "수협카드"),
    ("52", "35", "제주카드"),
    ("56", "90", "카카오뱅크카드"),
];

/// Code, issuer's bank code, name.
pub(super) fn card(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    CARDS.iter().find(|row| row.0 == code).copied()
}

/// Banks by Inicis' code of two characters.
pub(super) const BANKS: &[(&str, &str)] = &[
    ("03", "기업은행"),
    ("04", "국민은행"),
    ("07", "수협은행"),
    ("11", "농협은행"),
    ("20", "우리은행"),
    ("23", "SC제일은행"),
    ("31", "대구은행"),
    ("32", "부산은행"),
    ("34", "광주은행"),
    ("39", "경남은행"),
    ("71", "우체국"),
    ("81", "하나은행"),
    ("88", "신한은행"),
    ("89", "케이뱅크"),
    ("90", "카카오뱅크"),
    ("92", "토스뱅크"),
];

pub(super) fn bank(code: &str) -> Option<(&'static str, &'static str)> {
    BANKS.iter().find(|row| row.0 == code).copied()
}

/// Wallets: `gopaymethod` on a PC, option in `P_RESERVED`, `CARD_SrcCode`, pseudo card of money and points, name.
/// Apple Pay has no source code that anybody wrote down.
const WALLETS: &[(&str, &str, &str, &str, &str)] = &[
    ("onlykakaopay", "d_kakaopay", "O", "97", "카카오머니"),
    ("onlynaverpay", "d_npay", "I", "91", "네이버포인트"),
    ("onlytosspay", "d_tosspay", "H", "93", "토스머니"),
    ("onlylpay", "d_lpay", "L", "96", "L.POINT"),
    ("onlyssp", "d_samsungpay", "B", "", ""),
    ("onlypayco", "d_payco", "C", "98", "페이코포인트"),
    ("onlyssgcard", "d_ssgpay", "G", "94", "SSG머니"),
    ("onlyapplepay", "d_applepay", "", "", ""),
    ("Kpay", "d_kpay", "A", "", ""),
];

/// Source code of a wallet that a PC window opens directly.
pub(super) fn pc_wallet(word: &str) -> Option<&'static str> {
    WALLETS.iter().find(|row| row.0 == word).map(|row| row.2)
}

/// Source code of a wallet that a mobile window opens directly.
pub(super) fn mobile_wallet(option: &str) -> Option<&'static str> {
    WALLETS.iter().find(|row| row.1 == option).map(|row| row.2)
}

/// A source code that the buyer may pick inside the card window, `K` (KB app card) among them.
pub(super) fn wallet(code: &str) -> Option<&'static str> {
    const OTHERS: &[&str] = &["D", "K", "R", "U"];
    let direct = WALLETS.iter().map(|row| row.2).filter(|known| !known.is_empty());
    direct.chain(OTHERS.iter().copied()).find(|known| *known == code)
}

/// Pseudo card of a wallet's money: code and name.
pub(super) fn money(source: &str) -> Option<(&'static str, &'static str)> {
    WALLETS
        .iter()
        .find(|row| row.2 == source && !row.3.is_empty())
        .map(|row| (row.3, row.4))
}
