//! Toss Payments as one of the simulators.

use super::errors::error;
use super::routes::{self, Route};
use super::{Toss, failure, webhooks};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use crate::simulators::words::ControlError;
use bytes::Bytes;
use http::Method;
use std::sync::atomic::Ordering;

impl PgSimulator for Toss {
    fn id(&self) -> &'static str {
        "toss"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        Route::of(request).operation()
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        let route = Route::of(request);
        match route {
            Route::Script | Route::Open | Route::Window(_) | Route::Decide(_) | Route::Checkout(_) => {
                self.browser(request, &route)
            }
            Route::Nothing => Served::just(failure(&error("NOT_FOUND"), false)),
            _ => self.api(request, &route, decline),
        }
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        let has = |op: Operation| routes::OPERATIONS.contains(&op) || op == Operation::Notify;
        if let Some(missing) = operation.filter(|op| !has(*op)) {
            return Err(format!("Toss Payments has no `{}` call", missing.word()));
        }
        match kind {
            Kind::BadSignature if operation != Some(Operation::Notify) => Err(
                "answers carry no signature; only the secret of a notification can be wrong: name the operation `notify`"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    fn server_error(&self) -> Answer {
        failure(&error("FAILED_INTERNAL_SYSTEM_PROCESSING"), false)
    }

    fn maintenance(&self, operation: Option<Operation>) -> Answer {
        let taking = operation.is_some_and(Operation::takes_money);
        failure(
            &error(if taking {
                "NOT_AVAILABLE_PAYMENT"
            } else {
                "MAINTAINED_METHOD"
            }),
            false,
        )
    }

    fn rate_limited(&self) -> Answer {
        failure(&error("TOO_MANY_REQUESTS"), false)
    }

    /// Korean text as EUC-KR under a UTF-8 header; without Korean, bytes that no UTF-8 text has.
    fn garble(&self, body: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(body);
        let (encoded, ..) = encoding_rs::EUC_KR.encode(&text);
        if encoded.as_ref() != &body[..] {
            return Bytes::from(encoded.into_owned());
        }
        let mut bytes = body.to_vec();
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, [0xC5, 0x22, 0xFF, 0xFE]);
        Bytes::from(bytes)
    }

    fn forge_notice(&self, notice: &mut Notice) -> bool {
        webhooks::forge(notice)
    }

    fn authenticate(&self, ask: &Authenticate) -> Control {
        self.drive_window(ask)
    }

    fn deposit(&self, body: &[u8]) -> Control {
        self.take_deposit(body)
    }

    fn escrow(&self, _body: &[u8]) -> Control {
        Err(ControlError::impossible(
            "Toss Payments has no escrow call and no escrow notification: delivery and the buyer's decision are handled \
             in its merchant admin only",
        ))
    }

    fn merchants(&self, body: &[u8]) -> Control {
        self.merchants.change(body, self.world.clock.now()).map(Into::into)
    }

    fn control(&self, method: &Method, call: &str, body: &[u8]) -> Option<Control> {
        match (method.as_str(), call) {
            ("PUT", "shapes") => Some(self.set_shapes(body)),
            ("POST", "refund-status") => Some(self.set_refund_status(body)),
            ("POST", "billing-removed") => Some(self.buyer_removes(body)),
            ("POST", "notify") => Some(self.unprompted(body)),
            _ => None,
        }
    }

    fn controls(&self) -> &'static [&'static str] {
        &["shapes", "refund-status", "billing-removed", "notify"]
    }

    fn ledger(&self, mid: Option<&str>) -> Vec<Row> {
        let wanted = |of: &str| mid.is_none_or(|mid| mid == of);
        let mut rows = Vec::new();
        for record in self.payments.all() {
            let payment = lock(&record);
            if wanted(&payment.mid) {
                rows.extend(payment.rows());
            }
        }
        rows.extend(
            self.billing
                .all()
                .iter()
                .map(|r| lock(r).row())
                .filter(|row| wanted(&row.mid)),
        );
        rows.extend(
            self.receipts
                .all()
                .iter()
                .map(|r| lock(r).row())
                .filter(|row| wanted(&row.mid)),
        );
        rows
    }

    fn sweep(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        let now = self.world.clock.now();
        self.expire_due(&self.windows_due, now, &mut notices);
        self.expire_due(&self.approvals_due, now, &mut notices);
        notices.extend(self.release_deposits(now));
        notices
    }

    fn reset(&self) {
        self.merchants.reset();
        self.shapes.store(0, Ordering::Relaxed);
        self.payments.clear();
        self.orders.clear();
        self.idempotency.clear();
        lock(&self.windows_due).clear();
        lock(&self.approvals_due).clear();
        lock(&self.held).clear();
        self.billing_windows.clear();
        self.auth_keys.clear();
        self.billing.clear();
        self.receipts.clear();
    }
}
