//! KSPAY as one of the simulators.

use super::rest::Page;
use super::{Ksnet, approve, page, rest};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use bytes::Bytes;
use http::{Method, StatusCode};

const ERROR_PAGE: &str = "<html><head><title>Error</title></head><body><h1>HTTP Status 500</h1></body></html>\n";

impl Page {
    fn operation(self) -> Operation {
        match self {
            Self::CardCancel | Self::AccountCancel => Operation::Cancel,
            Self::Cert | Self::PayNoncert | Self::PayOldcert => Operation::Instant,
            Self::Vaccount => Operation::Vbank,
        }
    }
}

impl PgSimulator for Ksnet {
    fn id(&self) -> &'static str {
        "ksnet"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        if page::is_window(request) {
            return Some(Operation::Window);
        }
        if approve::page(request.path).is_some() {
            let approves = approve::fields(request).text("sndActionType") == "1";
            return approves.then_some(Operation::Approve);
        }
        Page::of(request.path).map(Page::operation)
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        if page::is_window(request) {
            return Served::just(self.browser(request));
        }
        if let Some((mobile, json)) = approve::page(request.path) {
            let form = approve::fields(request);
            return Served::just(self.fetch(&form, mobile, json, decline));
        }
        Served::just(match Page::of(request.path) {
            Some(page) => self.rest(request, page, decline),
            None => Answer::new(StatusCode::NOT_FOUND, "text/html", "<html>404</html>\n"),
        })
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        const KNOWN: &[Operation] = &[
            Operation::Approve,
            Operation::Cancel,
            Operation::Instant,
            Operation::Vbank,
            Operation::CashReceipt,
            Operation::BillingIssue,
            Operation::BillingPay,
            Operation::Window,
            Operation::Notify,
        ];
        if let Some(missing) = operation.filter(|operation| !KNOWN.contains(operation)) {
            return Err(format!("KSNET documents no `{}` call", missing.word()));
        }
        if *kind == Kind::BadSignature {
            return Err("KSNET signs nothing, neither answers nor notices".to_owned());
        }
        Ok(())
    }

    fn server_error(&self) -> Answer {
        Answer::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/html;charset=euc-kr",
            ERROR_PAGE,
        )
    }

    fn maintenance(&self, operation: Option<Operation>) -> Answer {
        if operation == Some(Operation::Approve) {
            approve::maintenance()
        } else {
            rest::maintenance()
        }
    }

    /// KSNET documents no limit: this is what the web server in front of it says.
    fn rate_limited(&self) -> Answer {
        let page = "<html><head><title>429 Too Many Requests</title></head><body></body></html>\n";
        Answer::new(StatusCode::TOO_MANY_REQUESTS, "text/html;charset=euc-kr", page)
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

    fn has_raw(&self) -> bool {
        true
    }

    fn raw_operation(&self, frame: &[u8]) -> Option<Operation> {
        Self::frame_operation(frame)
    }

    fn serve_raw(&self, frame: &[u8], decline: Option<&Decline>) -> Option<Bytes> {
        self.frame(frame, decline).map(Bytes::from)
    }

    fn raw_maintenance(&self) -> Decline {
        Decline {
            code: "9006".to_owned(),
            status: None,
            message: None,
        }
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
            ("POST", "notify") => Some(self.unprompted(body)),
            _ => None,
        }
    }

    fn controls(&self) -> &'static [&'static str] {
        &["notify"]
    }

    fn ledger(&self, mid: Option<&str>) -> Vec<Row> {
        let wanted = |row: &Row| mid.is_none_or(|mid| mid == row.mid);
        let rows = self.payments.all().into_iter().flat_map(|record| lock(&record).rows());
        let receipts = self.receipts.all().into_iter().map(|record| lock(&record).row());
        let tokens = self.tokens.all().into_iter().map(|record| lock(&record).row());
        rows.chain(receipts).chain(tokens).filter(wanted).collect()
    }

    fn sweep(&self) -> Vec<Notice> {
        // No notice tells of an account that ran out.
        Vec::new()
    }

    fn reset(&self) {
        self.merchants.reset();
        self.windows.clear();
        self.deals.clear();
        self.payments.clear();
        self.orders.clear();
        self.receipts.clear();
        self.tokens.clear();
    }
}
