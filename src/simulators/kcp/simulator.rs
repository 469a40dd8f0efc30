//! KCP as one of the simulators.

use super::args::{Args, answer, heads, named, refusal};
use super::{Kcp, Page, notices, page};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::{Notice, ResentBody};
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use bytes::Bytes;
use http::{Method, StatusCode};
use std::sync::PoisonError;

const ERROR_PAGE: &str = "<html><head><title>Error</title></head><body><h1>HTTP Status 500</h1></body></html>\n";

impl Page {
    fn operation(self) -> Operation {
        match self {
            Self::Approve => Operation::Approve,
            Self::KeyIssue | Self::KeyByCard => Operation::BillingIssue,
            Self::Cancel => Operation::Cancel,
            Self::Escrow => Operation::Escrow,
            Self::Inquire => Operation::Inquire,
            Self::Register { .. } | Self::LitePay => Operation::Register,
            Self::Charge => Operation::BillingPay,
            Self::KeyIn | Self::UnknownHub => Operation::Instant,
            Self::KeyDelete => Operation::BillingDelete,
            Self::Vbank => Operation::Vbank,
            Self::Receipt => Operation::CashReceipt,
        }
    }
}

fn members(request: &PgRequest<'_>) -> Args {
    Args::either(&request.inner.body).unwrap_or_default()
}

impl PgSimulator for Kcp {
    fn id(&self) -> &'static str {
        "kcp"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        if page::is_window(request.path) {
            return Some(Operation::Window);
        }
        Page::of(request.path, &members(request)).map(Page::operation)
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        if page::is_window(request.path) {
            return self.browser(request);
        }
        match Page::of(request.path, &members(request)) {
            Some(_) if request.inner.method == Method::POST => self.api(request, decline),
            Some(_) => Served::just(Answer::new(StatusCode::METHOD_NOT_ALLOWED, "text/html", "")),
            None => Served::just(Answer::new(StatusCode::NOT_FOUND, "text/html", "<html>404</html>\n")),
        }
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        if let Some(missing @ (Operation::NetCancel | Operation::List)) = operation {
            return Err(format!("KCP's REST API has no `{}` call", missing.word()));
        }
        let notice = matches!(
            kind,
            Kind::DuplicateNotify | Kind::NotifyBeforeAnswer | Kind::LostNotify
        );
        // Accounts opened at an approval or by server, refunds, escrow; a card approval is told to nobody.
        let told = [
            Operation::Approve,
            Operation::Vbank,
            Operation::Cancel,
            Operation::Escrow,
            Operation::Notify,
        ];
        match (kind, operation) {
            (Kind::BadSignature, _) => Err("KCP signs neither answers nor notices".to_owned()),
            (Kind::RateLimit, _) => Err("KCP documents no answer to too many requests".to_owned()),
            (_, Some(op)) if notice && !told.contains(&op) => {
                Err(format!("KCP sends no notice because of `{}`", op.word()))
            }
            _ => Ok(()),
        }
    }

    fn server_error(&self) -> Answer {
        Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "text/html;charset=UTF-8", ERROR_PAGE)
    }

    fn maintenance(&self, operation: Option<Operation>) -> Answer {
        let card = matches!(
            operation,
            Some(Operation::Approve | Operation::Instant | Operation::BillingPay | Operation::BillingIssue)
        );
        let refused = refusal(if card { "CC75" } else { "8314" });
        let (code, message) = heads(operation == Some(Operation::Register));
        answer(&named(&[(code, &refused.code), (message, &refused.message)]))
    }

    /// Never asked for: [`PgSimulator::shows`] refuses the fault.
    fn rate_limited(&self) -> Answer {
        Answer::new(StatusCode::TOO_MANY_REQUESTS, "text/html;charset=UTF-8", "")
    }

    /// EUC-KR where UTF-8 is promised; without Korean, bytes that UTF-8 has not.
    fn garble(&self, body: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(body);
        let other = encoding_rs::EUC_KR.encode(&text).0.into_owned();
        if other != body[..] {
            return other.into();
        }
        let mut bytes = body.to_vec();
        let middle = bytes.len() / 2;
        bytes.splice(middle..middle, [0xC5, 0xFF, 0xFE]);
        bytes.into()
    }

    fn resent_body(&self) -> Option<ResentBody> {
        Some(notices::again)
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
        self.sites.change(body).map(Into::into)
    }

    fn control(&self, method: &Method, call: &str, body: &[u8]) -> Option<Control> {
        match (method.as_str(), call) {
            ("PUT", "shapes") => Some(self.set_shapes(body)),
            ("POST", "notify") => Some(self.unprompted(body)),
            ("POST", "payout") => Some(self.payout(body)),
            _ => None,
        }
    }

    fn controls(&self) -> &'static [&'static str] {
        &["shapes", "notify", "payout"]
    }

    fn ledger(&self, mid: Option<&str>) -> Vec<Row> {
        let wanted = |row: &Row| mid.is_none_or(|mid| mid == row.mid);
        let payments = self.payments.all().into_iter().flat_map(|record| lock(&record).rows());
        let keys = self.keys.all().into_iter().map(|record| lock(&record).row());
        let receipts = self.receipts.all().into_iter().map(|record| lock(&record).row());
        payments.chain(keys).chain(receipts).filter(wanted).collect()
    }

    fn sweep(&self) -> Vec<Notice> {
        // No notice tells of an account that ran out.
        Vec::new()
    }

    fn reset(&self) {
        self.sites.reset();
        self.shapes.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.trades.clear();
        self.lites.clear();
        self.windows.clear();
        self.blobs.clear();
        self.payments.clear();
        self.orders.clear();
        self.keys.clear();
        self.receipts.clear();
        self.told.clear();
    }
}
