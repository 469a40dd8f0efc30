//! The legacy API as one of the simulators.

use super::result::refusal;
use super::sign::sign;
use super::{NiceLegacy, Page};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use std::sync::PoisonError;

const ERROR_PAGE: &str = "<html><head><title>Error</title></head><body><h1>HTTP Status 500</h1></body></html>\n";

impl Page {
    fn operation(self) -> Operation {
        match self {
            Self::Approve => Operation::Approve,
            Self::Cancel => Operation::Cancel,
            Self::NetCancel => Operation::NetCancel,
            Self::Status => Operation::Inquire,
            Self::BillingIssue => Operation::BillingIssue,
            Self::BillingPay => Operation::BillingPay,
            Self::BillingDelete => Operation::BillingDelete,
            Self::KeyIn => Operation::Instant,
            Self::Vbank => Operation::Vbank,
            Self::Escrow => Operation::Escrow,
            Self::Receipt => Operation::CashReceipt,
        }
    }
}

/// A refusal that no request's charset is known for.
fn plain(code: &'static str) -> Answer {
    let refused = refusal(code);
    let body = json!({"ResultCode": refused.code, "ResultMsg": refused.message, "TID": "", "Signature": ""});
    Answer::new(StatusCode::OK, "text/html;charset=utf-8", body.to_string())
}

impl PgSimulator for NiceLegacy {
    fn id(&self) -> &'static str {
        "nice_legacy"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        if super::page::is_window(request) {
            return Some(Operation::Window);
        }
        Page::of(request.path, &request.inner.body).map(Page::operation)
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        if super::page::is_window(request) {
            return self.browser(request);
        }
        match Page::of(request.path, &request.inner.body) {
            Some(page) if request.inner.method == Method::POST => self.api(request, page, decline),
            Some(_) => Served::just(Answer::new(StatusCode::METHOD_NOT_ALLOWED, "text/html", "")),
            None => Served::just(Answer::new(StatusCode::NOT_FOUND, "text/html", "<html>404</html>\n")),
        }
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        if let Some(missing @ (Operation::Register | Operation::List)) = operation {
            return Err(format!("NICE's legacy API has no `{}` call", missing.word()));
        }
        let signed = [Operation::Approve, Operation::Cancel, Operation::NetCancel];
        match (kind, operation) {
            (Kind::BadSignature, Some(Operation::Window)) => Err(
                "the auth result is forged with `tamper` of the authenticate call: {\"Signature\":\"…\"}".to_owned(),
            ),
            (Kind::BadSignature, Some(Operation::Notify)) => {
                Err("notices carry no signature; send a false one with POST /_sim/nice_legacy/notify".to_owned())
            }
            (Kind::BadSignature, Some(op)) if !signed.contains(&op) => {
                Err(format!("NICE documents no signature in answers to `{}`", op.word()))
            }
            _ => Ok(()),
        }
    }

    fn server_error(&self) -> Answer {
        Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "text/html;charset=utf-8", ERROR_PAGE)
    }

    fn maintenance(&self, _operation: Option<Operation>) -> Answer {
        plain("2159")
    }

    fn rate_limited(&self) -> Answer {
        plain("A246")
    }

    /// The other charset under the same header; without Korean, bytes that neither has.
    fn garble(&self, body: &Bytes) -> Bytes {
        let other = match std::str::from_utf8(body) {
            Ok(text) => encoding_rs::EUC_KR.encode(text).0.into_owned(),
            Err(_) => encoding_rs::EUC_KR.decode(body).0.into_owned().into_bytes(),
        };
        if other != body[..] {
            return other.into();
        }
        let mut bytes = body.to_vec();
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, [0xC5, 0x22, 0xFF, 0xFE]);
        bytes.into()
    }

    /// Overwrites the digits of the signature in place: every other byte stays as it was.
    fn forge_answer(&self, answer: &mut Answer) {
        let wrong = sign(&[&ids::alnum(20)], "");
        let mut bytes = answer.body.to_vec();
        for mark in [&b"\"Signature\":\""[..], &b"Signature="[..]] {
            let at = bytes.windows(mark.len()).position(|window| window == mark);
            if let Some(slot) = at.and_then(|at| bytes.get_mut(at + mark.len()..at + mark.len() + wrong.len()))
                && slot.iter().all(u8::is_ascii_hexdigit)
            {
                slot.copy_from_slice(wrong.as_bytes());
            }
        }
        answer.body = bytes.into();
    }

    fn authenticate(&self, ask: &Authenticate) -> Control {
        self.drive_window(ask)
    }

    fn deposit(&self, body: &[u8]) -> Control {
        self.take_deposit(body)
    }

    fn escrow(&self, body: &[u8]) -> Control {
        self.decide_escrow(body)
    }

    fn merchants(&self, body: &[u8]) -> Control {
        self.merchants.change(body).map(Into::into)
    }

    fn control(&self, method: &Method, call: &str, body: &[u8]) -> Option<Control> {
        match (method.as_str(), call) {
            ("PUT", "shapes") => Some(self.set_shapes(body)),
            ("POST", "admin-cancel") => Some(self.admin_cancel(body)),
            ("POST", "notify") => Some(self.unprompted(body)),
            _ => None,
        }
    }

    fn controls(&self) -> &'static [&'static str] {
        &["shapes", "admin-cancel", "notify"]
    }

    fn ledger(&self, mid: Option<&str>) -> Vec<Row> {
        let wanted = |row: &Row| mid.is_none_or(|mid| mid == row.mid);
        let payments = self.payments.all().into_iter().flat_map(|record| lock(&record).rows());
        let bids = self.bids.all().into_iter().map(|record| lock(&record).row());
        let receipts = self.receipts.all().into_iter().flat_map(|record| lock(&record).rows());
        payments.chain(bids).chain(receipts).filter(wanted).collect()
    }

    fn sweep(&self) -> Vec<Notice> {
        // No notice tells of an account that ran out, and the nightly cancel shows when it is looked at.
        Vec::new()
    }

    fn reset(&self) {
        self.merchants.reset();
        self.shapes.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.windows.clear();
        self.payments.clear();
        self.orders.clear();
        self.later_tids.clear();
        self.bids.clear();
        self.receipts.clear();
    }
}
