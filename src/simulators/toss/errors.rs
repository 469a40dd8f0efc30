//! Error answers: codes, HTTP statuses and messages as Toss Payments documents them ("API 에러 코드").

use std::borrow::Cow;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: Cow<'static, str>,
    pub message: Cow<'static, str>,
    /// Whether an approval that ends like this is over (`ABORTED`); otherwise the payment stays as it was.
    pub ends: bool,
}

/// (code, HTTP status, ends the payment, message)
type Line = (&'static str, u16, bool, &'static str);

const INVALID: &str = "잘못된 요청입니다.";

#[rustfmt::skip]
const TABLE: &[Line] = &[
    ("ALREADY_PROCESSED_PAYMENT", 400, false, "이미 처리된 결제 입니다."),
    ("PROVIDER_ERROR", 400, false, "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."),
    ("INVALID_REQUEST", 400, false, INVALID),
    ("INVALID_API_KEY", 400, false, "잘못된 시크릿키 연동 정보 입니다."),
    ("INVALID_REJECT_CARD", 400, true, "카드 사용이 거절되었습니다. 카드사 문의가 필요합니다."),
    ("INVALID_CARD_NUMBER", 400, true, "카드번호를 다시 확인해주세요."),
    ("INVALID_CARD_EXPIRATION", 400, true, "카드 정보를 다시 확인해주세요. (유효기간)"),
    ("INVALID_CARD_PASSWORD", 400, true, "카드 정보를 다시 확인해주세요. (비밀번호)"),
    ("INVALID_CARD_IDENTITY", 400, true, "입력하신 주민번호/사업자번호가 카드 소유주 정보와 일치하지 않습니다."),
    ("INVALID_BIRTH_DAY_FORMAT", 400, false, "생년월일 정보는 6자리의 `yyMMdd` 형식이어야 합니다. 사업자등록번호는 10자리의 숫자여야 합니다."),
    ("INVALID_STOPPED_CARD", 400, true, "정지된 카드 입니다."),
    ("INVALID_CARD_LOST_OR_STOLEN", 400, true, "분실 혹은 도난 카드입니다."),
    ("NOT_SUPPORTED_CARD_TYPE", 400, true, "지원되지 않는 카드 종류입니다."),
    ("NOT_REGISTERED_CARD_COMPANY", 400, true, "카드를 사용 등록 후 이용해주세요."),
    ("CARD_PROCESSING_ERROR", 400, true, "카드사에서 오류가 발생했습니다."),
    ("NOT_ALLOWED_POINT_USE", 400, true, "포인트 사용이 불가한 카드로 카드 포인트 결제에 실패했습니다."),
    ("BELOW_MINIMUM_AMOUNT", 400, false, "신용카드는 결제금액이 100원 이상, 계좌는 200원이상부터 결제가 가능합니다."),
    ("EXCEED_MAX_AMOUNT", 400, true, "거래금액 한도를 초과했습니다."),
    ("EXCEED_MAX_PAYMENT_AMOUNT", 400, true, "하루 결제 가능 금액을 초과했습니다."),
    ("EXCEED_MAX_DAILY_PAYMENT_COUNT", 400, true, "하루 결제 가능 횟수를 초과했습니다."),
    ("EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", 400, true, "당월 결제 가능금액을 초과했습니다."),
    ("EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", 400, true, "1일 출금 한도를 초과했습니다."),
    ("EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", 400, true, "1회 출금 한도를 초과했습니다."),
    ("EXCEED_MAX_CARD_INSTALLMENT_PLAN", 400, false, "설정 가능한 최대 할부 개월 수를 초과했습니다."),
    ("INVALID_CARD_INSTALLMENT_PLAN", 400, false, "할부 개월 정보가 잘못되었습니다."),
    ("NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", 400, true, "할부가 지원되지 않는 카드 또는 가맹점 입니다."),
    ("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", 400, true, "할부가 지원되지 않는 카드입니다."),
    ("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT", 400, false, "5만원 이하의 결제는 할부가 불가능해서 결제에 실패했습니다."),
    ("NOT_FOUND_TERMINAL_ID", 400, true, "단말기번호(Terminal Id)가 없습니다. 토스페이먼츠로 문의 바랍니다."),
    ("INVALID_UNREGISTERED_SUBMALL", 400, true, "등록되지 않은 서브몰입니다. 서브몰이 없는 가맹점이라면 안심클릭이나 ISP 결제가 필요합니다."),
    ("NOT_REGISTERED_BUSINESS", 400, true, "등록되지 않은 사업자 번호입니다."),
    ("INVALID_AUTHORIZE_AUTH", 400, true, "유효하지 않은 인증 방식입니다."),
    ("RESTRICTED_TRANSFER_ACCOUNT", 400, true, "계좌는 등록 후 12시간 뒤부터 결제할 수 있습니다. 관련 정책은 해당 은행으로 문의해주세요."),
    ("INVALID_ACCOUNT_INFO_RE_REGISTER", 400, true, "유효하지 않은 계좌입니다. 계좌 재등록 후 시도해주세요."),
    ("NOT_AVAILABLE_PAYMENT", 400, false, "결제가 불가능한 시간대입니다."),
    ("MAINTAINED_METHOD", 400, false, "현재 점검 중입니다."),
    ("UNAPPROVED_ORDER_ID", 400, false, "아직 승인되지 않은 주문번호입니다."),
    ("DUPLICATED_ORDER_ID", 400, false, "이미 승인 및 취소가 진행된 중복된 주문번호 입니다. 다른 주문번호로 진행해주세요."),
    ("INVALID_ORDER_ID", 400, false, "`orderId`는 영문 대소문자, 숫자, 특수문자(-, _) 만 허용합니다. 6자 이상 64자 이하여야 합니다."),
    ("INVALID_ORDER_NAME", 400, false, "`orderName`은 100자 이하여야 합니다."),
    ("INVALID_CURRENCY", 400, false, "잘못된 통화 값입니다."),
    ("INVALID_EMAIL", 400, false, "이메일 주소 형식에 맞지 않습니다."),
    ("INVALID_PAYMENT_KEY", 400, false, "잘못된 paymentKey 입니다."),
    ("INVALID_REQUIRED_PARAM", 400, false, "필수 파라미터가 누락되었습니다."),
    ("BELOW_ZERO_AMOUNT", 400, false, "금액은 0보다 커야 합니다."),
    ("INVALID_DATE", 400, false, "날짜 데이터가 잘못 되었습니다."),
    ("EXCEED_MAX_DUE_DATE", 400, false, "가상 계좌의 최대 유효만료 기간을 초과했습니다."),
    ("EXCEED_MAX_VALID_HOURS", 400, false, "가상 계좌의 최대 유효시간을 초과했습니다."),
    ("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", 400, false, "유효시간과 만료기간은 하나만 설정할 수 있습니다."),
    ("INVALID_REGISTRATION_NUMBER_TYPE", 400, false, "유효하지 않은 등록 번호 타입입니다."),
    ("NOT_SUPPORTED_METHOD", 400, false, "지원되지 않는 결제 수단입니다."),
    ("PAY_PROCESS_ABORTED", 400, true, "결제가 취소되었거나 진행되지 않았습니다."),
    ("PAY_PROCESS_CANCELED", 400, true, "사용자에 의해 결제가 취소되었습니다."),
    ("INVALID_BANK", 400, false, "유효하지 않은 은행입니다."),
    ("INVALID_IDEMPOTENCY_KEY", 400, false, "멱등키는 300자 이하여야 합니다."),
    ("INVALID_TEST_CODE", 400, false, "유효하지 않은 테스트 코드입니다."),
    ("API_VERSION_UPDATE_NEEDED", 400, false, "API 버전을 업데이트해야 합니다."),
    ("DUPLICATED_REQUEST", 400, false, "중복된 요청입니다."),
    ("DUPLICATED_CASH_RECEIPT", 400, false, "이미 발급된 현금영수증입니다."),
    ("NOT_MATCHES_CUSTOMER_KEY", 400, false, "빌링 인증 고객키와 결제 요청 고객키가 일치하지 않습니다."),
    ("ALREADY_REMOVED_BILLING_KEY", 400, false, "이미 삭제된 빌링키입니다"),
    ("INVALID_BILL_KEY_REQUEST", 400, false, "빌링키 인증이 완료되지 않았거나 유효하지 않은 빌링 거래 건입니다."),
    ("INVALID_BILLING_AUTH", 400, false, "유효하지 않은 빌링 인증입니다."),
    ("NOT_FOUND_BILLING", 404, false, "존재하지 않는 빌링 결제 정보 입니다."),
    ("ALREADY_CANCELED_PAYMENT", 400, false, "이미 취소된 결제 입니다."),
    ("ALREADY_REFUND_PAYMENT", 400, false, "이미 환불된 결제입니다."),
    ("NOT_MATCHES_REFUNDABLE_AMOUNT", 400, false, "잔액 결과가 일치하지 않습니다."),
    ("INVALID_REFUND_ACCOUNT_INFO", 400, false, "환불 계좌번호와 예금주명이 일치하지 않습니다."),
    ("INVALID_REFUND_ACCOUNT_NUMBER", 400, false, "잘못된 환불 계좌번호입니다."),
    ("FORBIDDEN_BANK_REFUND_REQUEST", 400, false, "고객 계좌가 입금이 되지 않는 상태입니다."),
    ("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", 400, false, "즉시할인금액보다 적은 금액은 부분취소가 불가능합니다."),
    ("REFUND_REJECTED", 400, false, "환불이 거절됐습니다. 결제사에 문의 부탁드립니다."),
    ("UNAUTHORIZED_KEY", 401, false, "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다."),
    ("INCORRECT_BASIC_AUTH_FORMAT", 403, false, "잘못된 요청입니다. ':' 를 포함해 인코딩해주세요."),
    ("FORBIDDEN_REQUEST", 403, false, "허용되지 않은 요청입니다."),
    ("REJECT_CARD_PAYMENT", 403, true, "한도초과 혹은 잔액부족으로 결제에 실패했습니다."),
    ("REJECT_ACCOUNT_PAYMENT", 403, true, "잔액부족으로 결제에 실패했습니다."),
    ("REJECT_CARD_COMPANY", 403, true, "결제 승인이 거절되었습니다."),
    ("REJECT_TOSSPAY_INVALID_ACCOUNT", 403, true, "선택하신 출금 계좌가 출금이체 등록이 되어 있지 않아요. 계좌를 다시 등록해 주세요."),
    ("EXCEED_MAX_AUTH_COUNT", 403, true, "최대 인증 횟수를 초과했습니다. 카드사로 문의해주세요."),
    ("EXCEED_MAX_ONE_DAY_AMOUNT", 403, true, "일일 한도를 초과했습니다."),
    ("INVALID_PASSWORD", 403, true, "결제 비밀번호가 일치하지 않습니다."),
    ("NOT_AVAILABLE_BANK", 403, false, "은행 서비스 시간이 아닙니다."),
    ("FDS_ERROR", 403, true, "[토스페이먼츠] 위험거래가 감지되어 결제가 제한됩니다. 발송된 문자에 포함된 링크를 통해 본인인증 후 결제가 가능합니다."),
    ("NOT_CANCELABLE_AMOUNT", 403, false, "취소 할 수 없는 금액 입니다."),
    ("NOT_CANCELABLE_PAYMENT", 403, false, "취소 할 수 없는 결제 입니다."),
    ("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", 403, false, "입금 대기중인 결제는 부분 환불이 불가합니다."),
    ("NOT_ALLOWED_PARTIAL_REFUND", 403, false, "에스크로 주문, 현금 카드 결제일 때는 부분 환불이 불가합니다."),
    ("EXCEED_MAX_REFUND_DUE", 403, false, "환불 가능한 기간이 지났습니다."),
    ("EXCEED_CANCEL_LIMIT", 403, false, "취소 한도를 초과했습니다."),
    ("NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", 403, false, "휴면 처리된 회원의 결제는 취소할 수 없습니다."),
    ("FORBIDDEN_CONSECUTIVE_REQUEST", 403, false, "반복적인 요청은 허용되지 않습니다. 잠시 후 다시 시도해주세요."),
    ("NOT_FOUND_PAYMENT", 404, false, "존재하지 않는 결제 정보 입니다."),
    ("NOT_FOUND_PAYMENT_SESSION", 404, false, "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다."),
    ("NOT_FOUND_METHOD", 404, false, "존재하지 않는 결제 수단입니다."),
    ("NOT_FOUND_MERCHANT", 404, false, "존재하지 않는 상점 정보 입니다."),
    ("NOT_FOUND_RECEIPT", 404, false, "존재하지 않는 현금영수증입니다."),
    ("NOT_FOUND", 404, false, "존재하지 않는 정보 입니다."),
    ("IDEMPOTENT_REQUEST_PROCESSING", 409, false, "이전 멱등 요청이 처리중입니다."),
    ("TOO_MANY_REQUESTS", 429, false, "요청이 너무 많습니다. 잠시 후 다시 시도해주세요."),
    ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", 500, false, "결제가 완료되지 않았어요. 다시 시도해주세요."),
    ("FAILED_INTERNAL_SYSTEM_PROCESSING", 500, false, "내부 시스템 처리 작업이 실패했습니다. 잠시 후 다시 시도해주세요."),
    ("UNKNOWN_PAYMENT_ERROR", 500, false, "결제에 실패했어요. 같은 문제가 반복된다면 은행이나 카드사로 문의해주세요."),
    ("UNKNOWN_ERROR", 500, false, "결제에 실패했어요. 같은 문제가 반복된다면 은행이나 카드사로 문의해주세요."),
    ("FAILED_CARD_COMPANY_RESPONSE", 500, false, "카드사에서 에러가 발생했습니다. 잠시 후 다시 시도해 주세요."),
    ("FAILED_DB_PROCESSING", 500, false, "잘못된 요청 값으로 처리 중 DB 에러가 발생했습니다."),
    ("FAILED_REFUND_PROCESS", 500, false, "은행 응답시간 지연이나 일시적인 오류로 환불요청에 실패했습니다."),
    ("FAILED_METHOD_HANDLING_CANCEL", 500, false, "취소 중 결제 시 사용한 결제 수단 처리과정에서 일시적인 오류가 발생했습니다."),
    ("FAILED_PARTIAL_REFUND", 500, false, "은행 점검, 해약 계좌 등의 사유로 부분 환불이 실패했습니다."),
    ("FAILED_CLOSED_ACCOUNT_REFUND", 500, false, "해약된 계좌로 인해 환불이 실패했습니다."),
    ("COMMON_ERROR", 500, false, "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."),
    ("FAILED_BILL_KEY_AUTH_CREATION", 500, false, "빌링키 인증 생성에 실패했습니다."),
    ("FAILED_BILLING_AUTO_CANCEL", 500, false, "빌링 자동취소에 실패했습니다."),
];

impl ApiError {
    /// The error of a code in the table.
    pub fn known(code: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|(known, ..)| *known == code)
            .map(|(code, status, ends, message)| Self {
                status: *status,
                code: Cow::Borrowed(code),
                message: Cow::Borrowed(message),
                ends: *ends,
            })
    }

    /// A code that no table lists.
    pub fn unlisted(code: &str, status: u16, message: &str) -> Self {
        Self {
            status,
            code: Cow::Owned(code.to_owned()),
            message: Cow::Owned(message.to_owned()),
            ends: status < 500,
        }
    }

    /// The same error with a detail behind its message.
    pub fn about(mut self, detail: &str) -> Self {
        self.message = Cow::Owned(format!("{} ({detail})", self.message));
        self
    }

    /// The answer's JSON. In English the code's words stand in for Toss's own translation.
    pub fn json(&self, english: bool) -> Vec<u8> {
        let message = if english {
            Cow::Owned(english_message(&self.code))
        } else {
            Cow::Borrowed(self.message.as_ref())
        };
        serde_json::json!({"code": self.code, "message": message})
            .to_string()
            .into_bytes()
    }
}

fn english_message(code: &str) -> String {
    let mut text = code.replace('_', " ").to_lowercase();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

/// The error of a code that this program names; the tests hold every one of them against the table.
pub(super) fn error(code: &'static str) -> ApiError {
    ApiError::known(code).unwrap_or(ApiError {
        status: 500,
        code: Cow::Borrowed(code),
        message: Cow::Borrowed(INVALID),
        ends: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_fit_the_message_limit() {
        for (i, (code, status, ends, message)) in TABLE.iter().enumerate() {
            assert!(
                !TABLE.iter().skip(i + 1).any(|(other, ..)| other == code),
                "{code} twice"
            );
            assert!(matches!(status, 400 | 401 | 403 | 404 | 409 | 429 | 500), "{code}");
            assert!(message.chars().count() <= 510, "{code}");
            assert!(!(*ends && *status >= 500), "{code}: a 500 leaves the outcome open");
        }
    }

    #[test]
    fn business_refusals_are_403_and_temporary_ones_keep_the_payment() {
        assert_eq!(error("REJECT_CARD_PAYMENT").status, 403);
        assert!(error("REJECT_CARD_PAYMENT").ends);
        assert_eq!(error("PROVIDER_ERROR").status, 400);
        assert!(!error("PROVIDER_ERROR").ends);
        assert_eq!(error("UNAUTHORIZED_KEY").status, 401);
    }

    #[test]
    fn every_code_named_in_the_sources_is_in_the_table() {
        let sources = [
            include_str!("mod.rs"),
            include_str!("simulator.rs"),
            include_str!("auth.rs"),
            include_str!("approve.rs"),
            include_str!("cancel.rs"),
            include_str!("vbank.rs"),
            include_str!("billing.rs"),
            include_str!("receipts.rs"),
            include_str!("lists.rs"),
            include_str!("args.rs"),
            include_str!("cards.rs"),
        ];
        let mut found = 0;
        for source in sources {
            for part in source.split("error(\"").skip(1) {
                let code = part.split('"').next().unwrap_or_default();
                assert!(ApiError::known(code).is_some(), "{code}");
                found += 1;
            }
        }
        assert!(found > 40, "{found}");
    }
}
