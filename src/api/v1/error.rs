//! Every refusal of the V1 API, worded in one place.
//!
//! Two families: transport (400, 401, 404, …), and business refusals, which are HTTP 200 with a `code` other than 0.
//! Code in the wild compares the Korean text, so the published ones stand here to the letter; what V1 has no text for is
//! worded in Korean with the router's reason behind it.
//!
//! An outcome that is not known yet is neither: HTTP 503 with `Retry-After`, because a 200 would be read as "not paid".
//! Asking again with the same `merchant_uid` joins the same attempt.

use crate::adapters::Refusal;
use crate::engine::{BillingError, EngineError};
use crate::ledger::LedgerError;
use crate::net::{Response, json_response};
use crate::payment::{Failure, MoneyError};
use crate::routing::RouteError;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// No such payment.
pub const NO_PAYMENT: &str = "존재하지 않는 결제정보입니다.";
/// Nothing to cancel.
pub const NOTHING_TO_CANCEL: &str = "취소할 결제건이 존재하지 않습니다.";
/// Cancelled to zero before.
pub const ALL_CANCELLED: &str = "이미 전액취소된 주문입니다.";
/// The status word of a list is none.
pub const NO_SUCH_STATUS: &str = "지원되지 않는 상태값입니다.";
/// The amount was announced before.
pub const PREPARED: &str = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).";
/// The amount was not announced.
pub const NOT_PREPARED: &str = "사전등록된 결제정보가 존재하지 않습니다.";
/// `again` with an unknown `customer_uid`.
pub const NO_CUSTOMER: &str = "등록되지 않은 구매자입니다.";
/// Nothing to unschedule.
pub const NO_SCHEDULE: &str = "취소할 예약결제 기록이 존재하지 않습니다.";
/// Before a PG's words at `onetime` and at the issue of a key.
pub const CARD_REFUSED: &str = "카드정보 인증에 실패하였습니다.";
/// Before a PG's words at `schedule` with a card.
pub const CARD_UNCHECKED: &str = "카드정보 확인에 실패하였습니다.";

/// A refusal, ready to be answered. Holds no secret and no card data: messages name fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V1Error {
    status: StatusCode,
    code: i64,
    message: String,
    soon: bool,
    allow: Option<String>,
}

impl V1Error {
    fn new(status: StatusCode, code: i64, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            soon: false,
            allow: None,
        }
    }

    /// HTTP 200, `code` 1: the request is well-formed, and refused.
    #[must_use]
    pub fn business(message: impl Into<String>) -> Self {
        Self::new(StatusCode::OK, 1, message)
    }

    /// HTTP 400.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, -1, message)
    }

    /// HTTP 400 about one parameter.
    #[must_use]
    pub fn field(name: &str, message: &str) -> Self {
        Self::invalid(format!("파라미터 {name}이(가) 올바르지 않습니다. ({name}: {message})"))
    }

    /// HTTP 400: a parameter that must be there is not.
    #[must_use]
    pub fn missing(name: &str) -> Self {
        Self::invalid(format!(
            "필수 파라미터 {name}이(가) 누락되었습니다. ({name}: is required)"
        ))
    }

    /// Neither of two identifiers is given. The ending is compared by clients.
    #[must_use]
    pub fn neither(one: &str, other: &str) -> Self {
        Self::invalid(format!("{one}, {other} 중 하나는 반드시 지정해주셔야합니다."))
    }

    /// HTTP 404.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, -1, message)
    }

    /// HTTP 404, no such payment.
    #[must_use]
    pub fn no_payment() -> Self {
        Self::not_found(NO_PAYMENT)
    }

    /// HTTP 404, no such `customer_uid`.
    #[must_use]
    pub fn no_customer(customer_uid: &str) -> Self {
        let message = format!("요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.");
        Self::new(StatusCode::NOT_FOUND, 1, message)
    }

    /// HTTP 401, one for every cause.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, -1, "Unauthorized")
    }

    /// HTTP 401 of `getToken`.
    #[must_use]
    pub fn wrong_keys() -> Self {
        let message = "인증에 실패하였습니다. API키와 secret을 확인하세요.";
        Self::new(StatusCode::UNAUTHORIZED, -1, message)
    }

    /// HTTP 404: no store here has sub-merchants.
    #[must_use]
    pub fn unknown_tier() -> Self {
        Self::not_found("등록되지 않은 tier_code입니다. (naru has no sub-merchants; leave the Tier header out)")
    }

    /// HTTP 404: no such path.
    #[must_use]
    pub fn no_route() -> Self {
        Self::not_found("존재하지 않는 API입니다. (no such operation: check the path against PortOne's V1 REST API)")
    }

    /// HTTP 405; `allow` lists the methods that the path has.
    #[must_use]
    pub fn wrong_method(allow: &str) -> Self {
        let message = format!("허용되지 않는 HTTP METHOD입니다. (this path takes only {allow})");
        let mut error = Self::new(StatusCode::METHOD_NOT_ALLOWED, -1, message);
        error.allow = Some(allow.to_owned());
        error
    }

    /// HTTP 400: PortOne has the operation, this router does not serve it.
    #[must_use]
    pub fn not_served(operation: &str, why: &str) -> Self {
        Self::invalid(format!(
            "제공하지 않는 기능입니다. ({operation} is not served by naru: {why})"
        ))
    }

    /// HTTP 413.
    #[must_use]
    pub fn too_large(max: usize) -> Self {
        let message = format!("요청 본문이 너무 큽니다. (body: must be at most {max} bytes)");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, -1, message)
    }

    /// HTTP 408.
    #[must_use]
    pub fn incomplete() -> Self {
        let message = "요청 본문이 모두 도착하지 않았습니다. (nothing was done, send it again)";
        Self::new(StatusCode::REQUEST_TIMEOUT, -1, message)
    }

    /// HTTP 503: the router itself could not decide.
    #[must_use]
    pub fn internal() -> Self {
        let message = "일시적인 오류입니다. 다시 요청해 주세요. (the router could not decide; asking again is safe)";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, -1, message).soon()
    }

    /// HTTP 503: not known yet; `seen` is what was seen last.
    #[must_use]
    pub fn outstanding(seen: &str) -> Self {
        let message = format!(
            "결제 결과를 아직 알 수 없습니다. 같은 merchant_uid로 다시 요청하면 같은 시도에 이어집니다. \
             ([NARU_OUTCOME_UNKNOWN]{seen})"
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, -1, message).soon()
    }

    /// HTTP 200, `code` -1: a PG's refusal, its own words.
    #[must_use]
    pub fn pg(failure: &Failure) -> Self {
        Self::new(StatusCode::OK, -1, words(failure))
    }

    /// A PG's refusal of card data behind V1's own words.
    #[must_use]
    pub fn card(prefix: &str, code: i64, failure: &Failure) -> Self {
        Self::new(StatusCode::OK, code, format!("{prefix}{}", words(failure)))
    }

    fn soon(mut self) -> Self {
        self.soon = true;
        self
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// `code`.
    #[must_use]
    pub fn code(&self) -> i64 {
        self.code
    }

    /// `message`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the router, not the request, is the cause.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        *self == Self::internal()
    }

    /// The whole answer.
    #[must_use]
    pub fn response(&self) -> Response {
        let body = json!({ "code": self.code, "message": self.message, "response": Value::Null });
        let mut response = json_response(self.status, &body);
        if self.soon {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(Ok(allow)) = self.allow.as_deref().map(HeaderValue::from_str) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

/// `[code]message`, the way V1 shows what a PG said; without a code where the router speaks.
#[must_use]
pub fn words(failure: &Failure) -> String {
    if failure.code.is_empty() || (failure.code.starts_with("NARU_") && !failure.message.is_empty()) {
        failure.message.clone()
    } else {
        format!("[{}]{}", failure.code, failure.message)
    }
}

/// Refusals name fields in V2's spelling; these are V1's for the same.
const FIELDS: [(&str, &str); 18] = [
    ("amount.total", "amount"),
    ("amount.taxFree", "tax_free"),
    ("amount.vat", "vat_amount"),
    ("taxFreeAmount", "tax_free"),
    ("vatAmount", "vat_amount"),
    ("orderName", "name"),
    ("paymentId", "merchant_uid"),
    ("channelKey", "channel_key"),
    ("timeToPay", "schedule_at"),
    ("refundAccount", "refund_account"),
    ("refundAccount.bank", "refund_bank"),
    ("customer.name", "buyer_name"),
    ("customer.email", "buyer_email"),
    ("customer.phoneNumber", "buyer_tel"),
    ("customer.identityNumber", "identifier"),
    ("method.virtualAccount.bank", "vbank_code"),
    ("method.virtualAccount.expiry", "vbank_due"),
    ("method.card.credential.number", "card_number"),
];

impl From<Refusal> for V1Error {
    fn from(refusal: Refusal) -> Self {
        let field = FIELDS.iter().find(|(v2, _)| *v2 == refusal.field);
        let field = field.map_or(refusal.field.as_str(), |(_, v1)| v1);
        Self::business(format!("요청을 처리할 수 없습니다. ({field}: {})", refusal.message))
    }
}

impl From<RouteError> for V1Error {
    fn from(error: RouteError) -> Self {
        Self::business(format!("결제 채널을 찾을 수 없습니다. ({error})"))
    }
}

impl From<MoneyError> for V1Error {
    fn from(error: MoneyError) -> Self {
        Self::invalid(format!("결제금액이 올바르지 않습니다. (amount: {error})"))
    }
}

impl From<LedgerError> for V1Error {
    fn from(error: LedgerError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<EngineError> for V1Error {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        let business = |korean: &str| Self::business(format!("{korean} ({text})"));
        match error {
            EngineError::Refused(refusal) | EngineError::Unsupported(refusal) => refusal.into(),
            EngineError::AlreadyPaid => business("이미 결제가 이루어진 merchant_uid입니다."),
            EngineError::NotFound => Self::no_payment(),
            EngineError::NotWaitingForDeposit => business("입금대기 상태의 가상계좌가 아닙니다."),
            EngineError::ReceiptExists => business("이미 현금영수증이 발급된 결제건입니다."),
            EngineError::NoReceipt | EngineError::ReceiptNotIssued => {
                Self::not_found("발급된 현금영수증이 존재하지 않습니다.")
            }
            EngineError::NotPaid => Self::business(NOTHING_TO_CANCEL),
            EngineError::AlreadyCancelled => Self::business(ALL_CANCELLED),
            EngineError::Consistency { .. } => business("취소 가능 잔액이 checksum과 일치하지 않습니다."),
            EngineError::ExceedsCancellable { .. } => business("취소 요청금액이 취소 가능 잔액보다 큽니다."),
            EngineError::TaxFreeExceeds(_) | EngineError::VatExceeds(_) | EngineError::PartsExceed => {
                business("취소 요청금액의 면세금액 또는 부가세가 올바르지 않습니다.")
            }
            EngineError::CancelRunning => {
                let message = format!("다른 취소 요청이 처리 중입니다. 잠시 후 다시 요청해 주세요. ({text})");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, -1, message).soon()
            }
            EngineError::TooManyCancels(_) => business("더 이상 취소할 수 없습니다."),
            EngineError::PreRegistered => business("사전등록된 결제금액과 일치하지 않습니다."),
            EngineError::InvalidToken | EngineError::Mismatch(_) => business("결제정보가 일치하지 않습니다."),
            EngineError::Pg(failure) => Self::pg(&failure),
            EngineError::Outstanding(why) => Self::outstanding(format!("{} {}", why.code, why.message).trim()),
            EngineError::Billing(why) => billing(&why),
            EngineError::Storage(_) => Self::internal(),
        }
    }
}

fn billing(error: &BillingError) -> V1Error {
    let business = |korean: &str| V1Error::business(format!("{korean} ({error})"));
    match error {
        BillingError::KeyNotFound | BillingError::KeyNotIssued | BillingError::KeyDeleted => {
            V1Error::business(NO_CUSTOMER)
        }
        BillingError::KeyIssued => business("이미 발급된 빌링키입니다."),
        BillingError::ChannelNotFound(_) => business("결제 채널을 찾을 수 없습니다."),
        BillingError::ScheduleExists => business("이미 예약된 결제가 있습니다."),
        BillingError::ScheduleNotFound => V1Error::business(NO_SCHEDULE),
        BillingError::ScheduleProcessed => business("이미 실행된 예약결제입니다."),
        BillingError::ScheduleRevoked => business("이미 철회된 예약결제입니다."),
        BillingError::PaidOrWaiting => business("이미 결제가 이루어진 merchant_uid입니다."),
        BillingError::Channels { failures, .. } => {
            let said: Vec<String> = failures.iter().map(|f| words(&f.failure)).collect();
            V1Error::new(StatusCode::OK, -1, format!("{CARD_REFUSED}{}", said.join(", ")))
        }
    }
}
