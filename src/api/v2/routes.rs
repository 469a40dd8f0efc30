//! Which operation a request is: one table of every payment-side operation PortOne documents for V2.
//!
//! Operations this router does not serve yet stand here too, so that their callers get a typed refusal that says so.
//! Serving one means giving its row a [`Route`] of its own.

use super::billing::BillingRoute;
use super::error::ApiError;
use http::Method;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /payments/{paymentId}/instant`
    Instant,
    /// `GET /payments/{paymentId}`
    Payment,
    /// `POST /payments/{paymentId}/confirm`
    Confirm,
    /// `POST /payments/{paymentId}/cancel`
    Cancel,
    /// `POST /payments/{paymentId}/pre-register`
    PreRegister,
    /// `POST /payments/{paymentId}/resend-webhook`
    ResendWebhook,
    /// `GET /payments/{paymentId}/transactions`
    Transactions,
    /// `GET /payments`
    Payments,
    /// `POST /login/api-secret`
    Login,
    /// `POST /token/refresh`
    Refresh,
    /// `POST /payments/{paymentId}/virtual-account/close`
    CloseAccount,
    /// `POST /cash-receipts`
    IssueReceipt,
    /// `POST /payments/{paymentId}/cash-receipt/cancel`
    CancelReceipt,
    /// `GET /payments/{paymentId}/cash-receipt`
    Receipt,
    /// `GET /cash-receipts`
    Receipts,
    /// `POST /payments/{paymentId}/escrow/logistics`
    EscrowRegister,
    /// `PATCH /payments/{paymentId}/escrow/logistics`
    EscrowModify,
    /// `POST /payments/{paymentId}/escrow/complete`
    EscrowComplete,
    /// `POST /payments/{paymentId}/register-store-receipt`
    StoreReceipt,
    /// `GET /payments-by-cursor`
    PaymentsByCursor,
    /// `GET /payment-events-by-cursor`
    EventsByCursor,
    /// `POST /payments/{paymentId}/cancellations/{cancellationId}/stop`
    StopCancellation,
    /// `POST /payments/{paymentId}/capture`
    Capture,
    /// `POST /payment-sessions`
    CreateSession,
    /// `GET /payment-sessions/{sessionId}`
    Session,
    /// `POST /payment-sessions/{sessionId}/close`
    CloseSession,
    /// `GET /checkout-profiles/evaluate`
    Evaluate,
    /// `GET /promotions/{promotionId}`
    Promotion,
    /// `GET /payment-gateways/card-promotion`
    CardPromotion,
    /// `GET /banks`
    Banks,
    /// Billing keys and schedules.
    Billing(BillingRoute),
    /// Documented by PortOne, not served by this router.
    NotServed {
        /// What is missing, for the refusal.
        why: &'static str,
    },
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

const fn refused(why: &'static str) -> Route {
    Route::NotServed { why }
}

const IDENTITY: Route = refused("identity verification needs an adapter of an identity provider; there is none yet");
const ISSUE_AND_PAY: Route = refused("no gateway served here issues a billing key and charges it in one window");
const KAKAOPAY: Route = refused("there is no adapter of KakaoPay yet");
const PAYMENTWALL: Route = refused("there is no adapter of Paymentwall");
const SETTLEMENT: Route = refused("settlement reports are out of this router's scope");

/// The table, busiest first: a request is compared row by row.
#[rustfmt::skip]
static ROWS: [Row; 50] = [
    row(Method::POST, "/payments/{paymentId}/instant", "instant", Route::Instant),
    row(Method::GET, "/payments/{paymentId}", "payment", Route::Payment),
    row(Method::POST, "/payments/{paymentId}/confirm", "confirm", Route::Confirm),
    row(Method::POST, "/payments/{paymentId}/cancel", "cancel", Route::Cancel),
    row(Method::POST, "/payments/{paymentId}/pre-register", "pre_register", Route::PreRegister),
    row(Method::GET, "/payments", "payments", Route::Payments),
    row(Method::GET, "/payments/{paymentId}/transactions", "transactions", Route::Transactions),
    row(Method::POST, "/login/api-secret", "login", Route::Login),
    row(Method::POST, "/token/refresh", "token_refresh", Route::Refresh),
    row(Method::POST, "/payments/{paymentId}/billing-key", "billing_key_payment", Route::Billing(BillingRoute::Pay)),
    row(Method::POST, "/payments/{paymentId}/cancellations/{cancellationId}/stop", "cancellation_stop", Route::StopCancellation),
    row(Method::POST, "/payments/{paymentId}/capture", "capture", Route::Capture),
    row(Method::POST, "/payments/{paymentId}/register-store-receipt", "store_receipt", Route::StoreReceipt),
    row(Method::POST, "/payments/{paymentId}/resend-webhook", "resend_webhook", Route::ResendWebhook),
    row(Method::POST, "/payments/{paymentId}/virtual-account/close", "virtual_account_close", Route::CloseAccount),
    row(Method::POST, "/payments/{paymentId}/schedule", "schedule_create", Route::Billing(BillingRoute::CreateSchedule)),
    row(Method::POST, "/payments/{paymentId}/escrow/complete", "escrow_complete", Route::EscrowComplete),
    row(Method::POST, "/payments/{paymentId}/escrow/logistics", "escrow_logistics", Route::EscrowRegister),
    row(Method::PATCH, "/payments/{paymentId}/escrow/logistics", "escrow_logistics_modify", Route::EscrowModify),
    row(Method::POST, "/payments/{paymentId}/cash-receipt/cancel", "cash_receipt_cancel", Route::CancelReceipt),
    row(Method::GET, "/payments/{paymentId}/cash-receipt", "cash_receipt", Route::Receipt),
    row(Method::GET, "/payments-by-cursor", "payments_by_cursor", Route::PaymentsByCursor),
    row(Method::GET, "/payment-events-by-cursor", "payment_events_by_cursor", Route::EventsByCursor),
    row(Method::GET, "/billing-keys", "billing_keys", Route::Billing(BillingRoute::Keys)),
    row(Method::POST, "/billing-keys", "billing_key_issue", Route::Billing(BillingRoute::Issue)),
    row(Method::POST, "/billing-keys/confirm", "billing_key_confirm", Route::Billing(BillingRoute::Confirm)),
    row(Method::POST, "/billing-keys/confirm-issue-and-pay", "billing_key_confirm_and_pay", ISSUE_AND_PAY),
    row(Method::GET, "/billing-keys/{billingKey}", "billing_key", Route::Billing(BillingRoute::Key)),
    row(Method::DELETE, "/billing-keys/{billingKey}", "billing_key_delete", Route::Billing(BillingRoute::Delete)),
    row(Method::GET, "/payment-schedules", "schedules", Route::Billing(BillingRoute::Schedules)),
    row(Method::DELETE, "/payment-schedules", "schedules_revoke", Route::Billing(BillingRoute::Revoke)),
    row(Method::GET, "/payment-schedules/{paymentScheduleId}", "schedule", Route::Billing(BillingRoute::Schedule)),
    row(Method::GET, "/cash-receipts", "cash_receipts", Route::Receipts),
    row(Method::POST, "/cash-receipts", "cash_receipt_issue", Route::IssueReceipt),
    row(Method::GET, "/identity-verifications", "identity_verifications", IDENTITY),
    row(Method::GET, "/identity-verifications/{identityVerificationId}", "identity_verification", IDENTITY),
    row(Method::POST, "/identity-verifications/{identityVerificationId}/send", "identity_send", IDENTITY),
    row(Method::POST, "/identity-verifications/{identityVerificationId}/confirm", "identity_confirm", IDENTITY),
    row(Method::POST, "/identity-verifications/{identityVerificationId}/resend", "identity_resend", IDENTITY),
    row(Method::GET, "/checkout-profiles/evaluate", "checkout_profile", Route::Evaluate),
    row(Method::POST, "/payment-sessions", "payment_session_create", Route::CreateSession),
    row(Method::GET, "/payment-sessions/{sessionId}", "payment_session", Route::Session),
    row(Method::POST, "/payment-sessions/{sessionId}/close", "payment_session_close", Route::CloseSession),
    row(Method::GET, "/kakaopay/payment/order", "kakaopay_order", KAKAOPAY),
    row(Method::GET, "/payment-gateways/card-promotion", "pg_card_promotion", Route::CardPromotion),
    row(Method::POST, "/paymentwall/delivery/confirm", "paymentwall_delivery", PAYMENTWALL),
    row(Method::GET, "/promotions/{promotionId}", "promotion", Route::Promotion),
    row(Method::GET, "/payment-reconciliations/settlements/vat-report", "settlement_vat", SETTLEMENT),
    row(Method::GET, "/payment-reconciliations/transactions/vat-report", "transaction_vat", SETTLEMENT),
    row(Method::GET, "/banks", "banks", Route::Banks),
];

/// Every operation: method, path, label, and why it is refused if it always is.
pub fn rows() -> impl Iterator<Item = (&'static Method, &'static str, &'static str, Option<&'static str>)> {
    ROWS.iter().map(|row| {
        let why = match row.route {
            Route::NotServed { why } => Some(why),
            _ => None,
        };
        (&row.method, row.path, row.label, why)
    })
}

/// A request's row, and the first identifier in its path, still percent-encoded.
#[derive(Debug, Clone, Copy)]
pub struct Matched<'a> {
    /// Row.
    pub row: &'static Row,
    /// First `{…}` of the path as sent.
    pub id: Option<&'a str>,
    /// Second `{…}` of the path as sent.
    pub second: Option<&'a str>,
}

/// Finds the row. Segments are compared as sent, before percent-decoding: an encoded slash never splits an identifier,
/// and an empty segment is an empty identifier.
///
/// # Errors
/// No such path (404), or not with this method (405).
pub fn find<'a>(method: &Method, path: &'a str) -> Result<Matched<'a>, ApiError> {
    let mut other_methods = Vec::new();
    for row in &ROWS {
        if let Some([id, second]) = fit(row.path, path) {
            if row.method == *method {
                return Ok(Matched { row, id, second });
            }
            other_methods.push(row.method.as_str());
        }
    }
    if other_methods.is_empty() {
        return Err(ApiError::no_route());
    }
    other_methods.sort_unstable();
    other_methods.dedup();
    Err(ApiError::wrong_method(&other_methods.join(", ")))
}

/// `Some` if the path fits the pattern, with its first two identifiers.
fn fit<'a>(pattern: &str, path: &'a str) -> Option<[Option<&'a str>; 2]> {
    let mut ids = [None; 2];
    let mut patterns = pattern.split('/');
    let mut segments = path.split('/');
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return Some(ids),
            (Some(pattern), Some(segment)) if pattern.starts_with('{') => {
                if let Some(free) = ids.iter_mut().find(|id| id.is_none()) {
                    *free = Some(segment);
                }
            }
            (Some(pattern), Some(segment)) if pattern == segment => {}
            _ => return None,
        }
    }
}
