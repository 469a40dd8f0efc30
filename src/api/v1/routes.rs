//! Which operation a request is: one table of every operation PortOne documents for V1.
//!
//! What this router does not serve stands here too, so that its callers get a typed refusal that says why.

use super::decode::ID;
use super::error::V1Error;
use http::Method;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /users/getToken`
    Token,
    /// `GET /payments/{imp_uid}`
    Payment,
    /// `GET /payments/{imp_uid}/balance`
    Balance,
    /// `GET /payments`
    Payments,
    /// `GET /payments/find/{merchant_uid}[/{payment_status}]`
    Find,
    /// `GET /payments/findAll/{merchant_uid}[/{payment_status}]`
    FindAll,
    /// `GET /payments/status/{payment_status}`
    ByStatus,
    /// `POST /payments/cancel`
    Cancel,
    /// `POST /payments/prepare`
    Prepare,
    /// `PUT /payments/prepare`
    PrepareAgain,
    /// `GET /payments/prepare/{merchant_uid}`
    Prepared,
    /// `GET /cards`
    Cards,
    /// `GET /cards/{card_standard_code}`
    Card,
    /// `GET /banks`
    Banks,
    /// `GET /banks/{bank_standard_code}`
    Bank,
    /// `GET /users/pg`
    Channels,
    /// `GET /tiers/{tier_code}`
    Tier,
    /// `POST /subscribe/payments/onetime`
    Onetime,
    /// `POST /subscribe/payments/again`
    Again,
    /// `POST /subscribe/payments/schedule`
    Schedule,
    /// `POST /subscribe/payments/unschedule`
    Unschedule,
    /// `GET /subscribe/payments/schedule`
    Schedules,
    /// `GET /subscribe/payments/schedule/customers/{customer_uid}` and `GET /subscribe/customers/{customer_uid}/schedules`
    CustomerSchedules,
    /// `GET /subscribe/payments/schedule/{merchant_uid}`
    Scheduled,
    /// `PUT /subscribe/payments/schedule/{merchant_uid}`
    MoveSchedule,
    /// `POST /subscribe/payments/schedule/{merchant_uid}/reschedule`
    Reschedule,
    /// `POST /subscribe/payments/schedule/{merchant_uid}/retry`
    RetrySchedule,
    /// `GET /subscribe/customers`
    Customers,
    /// `GET /subscribe/customers/{customer_uid}`
    Customer,
    /// `POST /subscribe/customers/{customer_uid}`
    IssueKey,
    /// `DELETE /subscribe/customers/{customer_uid}`
    DeleteKey,
    /// `GET /subscribe/customers/{customer_uid}/payments`
    CustomerPayments,
    /// `POST /vbanks`
    IssueAccount,
    /// `DELETE /vbanks/{imp_uid}`
    CloseAccount,
    /// `GET /receipts/{imp_uid}`
    Receipt,
    /// `POST /receipts/{imp_uid}`
    IssueReceipt,
    /// `DELETE /receipts/{imp_uid}`
    CancelReceipt,
    /// `GET /receipts/external/{merchant_uid}`
    ExternalReceipt,
    /// `POST /receipts/external/{merchant_uid}`
    IssueExternalReceipt,
    /// `DELETE /receipts/external/{merchant_uid}`
    CancelExternalReceipt,
    /// `GET /escrows/logis/{imp_uid}`
    Logis,
    /// `POST /escrows/logis/{imp_uid}`
    RegisterLogis,
    /// `PUT /escrows/logis/{imp_uid}`
    ModifyLogis,
    /// Documented by PortOne; not served, and why.
    NotServed(&'static str),
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    method: Method,
    path: &'static str,
    /// Label in metrics.
    pub label: &'static str,
    /// Operation.
    pub route: Route,
}

impl Row {
    /// Method and path, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const fn row(method: Method, path: &'static str, label: &'static str, route: Route) -> Row {
    Row {
        method,
        path,
        label,
        route,
    }
}

const IDENTITY: Route = Route::NotServed("identity verification needs a contract that no adapter here has");
const NAVER: Route = Route::NotServed("no adapter for Naver Pay's order type");
const KCP_QUICK: Route = Route::NotServed("no adapter for KCP quick pay");
const PAYCO: Route = Route::NotServed("no adapter for Payco");
const PAYMENTWALL: Route = Route::NotServed("no adapter for Paymentwall");
const BENEPIA: Route = Route::NotServed("no adapter for Benepia points");
const CVS: Route = Route::NotServed("no adapter for convenience-store payments");
const KAKAO: Route = Route::NotServed("no adapter for Kakao Pay's own orders");
const PARTNER: Route = Route::NotServed("no PG here has receipts for shops inside a shop");
const FOREIGN: Route = Route::NotServed("no adapter takes overseas cards by API");
const VBANK_CHANGE: Route =
    Route::NotServed("no PG here changes an account after its issue; close it and issue another");
const VBANK_HOLDER: Route = Route::NotServed("no PG here tells the holder of an account");
const PROMOTION: Route = Route::NotServed("this router has no promotions");

/// The table, busiest first: a request is compared row by row. Words stand before identifiers of the same place.
#[rustfmt::skip]
static ROWS: [Row; 84] = [
    row(Method::POST, "/users/getToken", "token", Route::Token),
    row(Method::GET, "/payments/find/{}", "find", Route::Find),
    row(Method::GET, "/payments/find/{}/{}", "find", Route::Find),
    row(Method::GET, "/payments/findAll/{}", "find_all", Route::FindAll),
    row(Method::GET, "/payments/findAll/{}/{}", "find_all", Route::FindAll),
    row(Method::GET, "/payments/status/{}", "payments_by_status", Route::ByStatus),
    row(Method::POST, "/payments/cancel", "cancel", Route::Cancel),
    row(Method::POST, "/payments/prepare", "prepare", Route::Prepare),
    row(Method::PUT, "/payments/prepare", "prepare_again", Route::PrepareAgain),
    row(Method::GET, "/payments/prepare/{}", "prepared", Route::Prepared),
    row(Method::GET, "/payments/{}", "payment", Route::Payment),
    row(Method::GET, "/payments/{}/balance", "balance", Route::Balance),
    row(Method::GET, "/payments", "payments", Route::Payments),
    row(Method::POST, "/subscribe/payments/onetime", "onetime", Route::Onetime),
    row(Method::POST, "/subscribe/payments/again", "again", Route::Again),
    row(Method::POST, "/subscribe/payments/schedule", "schedule", Route::Schedule),
    row(Method::POST, "/subscribe/payments/unschedule", "unschedule", Route::Unschedule),
    row(Method::POST, "/subscribe/payments/foreign", "foreign", FOREIGN),
    row(Method::GET, "/subscribe/payments/schedule", "schedules", Route::Schedules),
    row(Method::GET, "/subscribe/payments/schedule/customers/{}", "customer_schedules", Route::CustomerSchedules),
    row(Method::GET, "/subscribe/payments/schedule/{}", "scheduled", Route::Scheduled),
    row(Method::PUT, "/subscribe/payments/schedule/{}", "schedule_move", Route::MoveSchedule),
    row(Method::POST, "/subscribe/payments/schedule/{}/reschedule", "reschedule", Route::Reschedule),
    row(Method::POST, "/subscribe/payments/schedule/{}/retry", "schedule_retry", Route::RetrySchedule),
    row(Method::GET, "/subscribe/customers", "customers", Route::Customers),
    row(Method::GET, "/subscribe/customers/{}", "customer", Route::Customer),
    row(Method::POST, "/subscribe/customers/{}", "customer_issue", Route::IssueKey),
    row(Method::DELETE, "/subscribe/customers/{}", "customer_delete", Route::DeleteKey),
    row(Method::GET, "/subscribe/customers/{}/payments", "customer_payments", Route::CustomerPayments),
    row(Method::GET, "/subscribe/customers/{}/schedules", "customer_schedules", Route::CustomerSchedules),
    row(Method::POST, "/vbanks", "vbank_issue", Route::IssueAccount),
    row(Method::GET, "/vbanks/holder", "vbank_holder", VBANK_HOLDER),
    row(Method::PUT, "/vbanks/{}", "vbank_change", VBANK_CHANGE),
    row(Method::DELETE, "/vbanks/{}", "vbank_close", Route::CloseAccount),
    row(Method::GET, "/receipts/external/{}", "external_receipt", Route::ExternalReceipt),
    row(Method::POST, "/receipts/external/{}", "external_receipt_issue", Route::IssueExternalReceipt),
    row(Method::DELETE, "/receipts/external/{}", "external_receipt_cancel", Route::CancelExternalReceipt),
    row(Method::GET, "/receipts/{}", "receipt", Route::Receipt),
    row(Method::POST, "/receipts/{}", "receipt_issue", Route::IssueReceipt),
    row(Method::DELETE, "/receipts/{}", "receipt_cancel", Route::CancelReceipt),
    row(Method::GET, "/escrows/logis/{}", "logis", Route::Logis),
    row(Method::POST, "/escrows/logis/{}", "logis_register", Route::RegisterLogis),
    row(Method::PUT, "/escrows/logis/{}", "logis_modify", Route::ModifyLogis),
    row(Method::GET, "/cards", "cards", Route::Cards),
    row(Method::GET, "/cards/{}", "card", Route::Card),
    row(Method::GET, "/banks", "banks", Route::Banks),
    row(Method::GET, "/banks/{}", "bank", Route::Bank),
    row(Method::GET, "/users/pg", "channels", Route::Channels),
    row(Method::GET, "/tiers/{}", "tier", Route::Tier),
    row(Method::GET, "/certifications/{}", "certification", IDENTITY),
    row(Method::DELETE, "/certifications/{}", "certification_delete", IDENTITY),
    row(Method::POST, "/certifications/otp/request", "otp_request", IDENTITY),
    row(Method::POST, "/certifications/otp/confirm/{}", "otp_confirm", IDENTITY),
    row(Method::POST, "/payments/{}/naver/cancel", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/approve-cancel", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/ship", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/ship-exchanged", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/collect-exchanged", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/place", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/request-return", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/approve-return", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/reject-return", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/withhold-return", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/resolve-return", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/point", "naver", NAVER),
    row(Method::POST, "/payments/{}/naver/confirm", "naver", NAVER),
    row(Method::GET, "/payments/{}/naver/product-orders", "naver", NAVER),
    row(Method::GET, "/payments/{}/naver/cash-amount", "naver", NAVER),
    row(Method::GET, "/naver/product-orders/{}", "naver", NAVER),
    row(Method::GET, "/naver/reviews", "naver", NAVER),
    row(Method::DELETE, "/kcpquick/members/{}", "kcpquick", KCP_QUICK),
    row(Method::POST, "/kcpquick/payment/money", "kcpquick", KCP_QUICK),
    row(Method::PUT, "/kcpquick/prepare/{}", "kcpquick", KCP_QUICK),
    row(Method::POST, "/kcpquick/prepare/{}", "kcpquick", KCP_QUICK),
    row(Method::POST, "/kcpquick/payment/autopay", "kcpquick", KCP_QUICK),
    row(Method::DELETE, "/kcpquick/autopay/{}", "kcpquick", KCP_QUICK),
    row(Method::POST, "/kcpquick/members/{}/fido/release", "kcpquick", KCP_QUICK),
    row(Method::POST, "/payco/orders/status/{}", "payco", PAYCO),
    row(Method::POST, "/paymentwall/delivery", "paymentwall", PAYMENTWALL),
    row(Method::POST, "/benepia/point", "benepia", BENEPIA),
    row(Method::POST, "/benepia/payment", "benepia", BENEPIA),
    row(Method::POST, "/cvs", "cvs", CVS),
    row(Method::DELETE, "/cvs/{}", "cvs_close", CVS),
    row(Method::POST, "/partners/receipts/{}", "partner_receipts", PARTNER),
];

/// Paths whose every operation is one that is not served, by their beginning.
static AREAS: [(&str, Row); 2] = [
    ("/kakao/", row(Method::GET, "/kakao/…", "kakao", KAKAO)),
    (
        "/promotions/",
        row(Method::GET, "/promotions/…", "promotions", PROMOTION),
    ),
];

/// A request's row and the identifiers in its path.
#[derive(Debug)]
pub struct Matched {
    /// Row.
    pub row: &'static Row,
    /// Identifiers, decoded.
    pub ids: Vec<String>,
}

/// Finds the row. One slash at the end is as good as none. Segments are compared as sent, before percent-decoding: an
/// encoded slash never splits an identifier.
///
/// # Errors
/// No such path (404), not with this method (405), or an identifier that is none (400).
pub fn find(method: &Method, path: &str) -> Result<Matched, V1Error> {
    let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
    let mut others = Vec::new();
    for row in &ROWS {
        if let Some(ids) = fit(row.path, path) {
            if row.method == *method {
                let ids = ids.into_iter().map(decoded).collect::<Result<_, _>>()?;
                return Ok(Matched { row, ids });
            }
            others.push(row.method.as_str());
        }
    }
    if let Some((_, row)) = AREAS.iter().find(|(area, _)| path.starts_with(area)) {
        return Ok(Matched { row, ids: Vec::new() });
    }
    if others.is_empty() {
        return Err(V1Error::no_route());
    }
    others.sort_unstable();
    others.dedup();
    Err(V1Error::wrong_method(&others.join(", ")))
}

/// `Some` if the path fits the pattern, with the identifiers as sent.
fn fit<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut ids = Vec::new();
    let mut patterns = pattern.split('/');
    let mut segments = path.split('/');
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return Some(ids),
            (Some("{}"), Some(segment)) if !segment.is_empty() => ids.push(segment),
            (Some(pattern), Some(segment)) if pattern == segment => {}
            _ => return None,
        }
    }
}

fn decoded(raw: &str) -> Result<String, V1Error> {
    let wrong = |message: &str| V1Error::field("path", message);
    // Every character is at most four bytes, each sent as `%XX`.
    if raw.len() > ID * 12 {
        return Err(wrong("holds an identifier that is too long"));
    }
    let text = percent_encoding::percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| wrong("must be percent-encoded UTF-8"))?;
    if text.chars().count() > ID || text.chars().any(char::is_control) || text.trim().is_empty() {
        return Err(wrong(
            "holds an identifier that is empty, too long, or has control characters",
        ));
    }
    Ok(text.into_owned())
}

/// Every operation: method, path, label, and why it is refused if it always is.
pub fn rows() -> impl Iterator<Item = (&'static Method, &'static str, &'static str, Option<&'static str>)> {
    ROWS.iter().map(|row| {
        let why = match row.route {
            Route::NotServed(why) => Some(why),
            _ => None,
        };
        (&row.method, row.path, row.label, why)
    })
}
