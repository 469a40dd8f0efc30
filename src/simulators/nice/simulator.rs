//! NICE's v1 API as one of the simulators.

use super::answer::{Refusal, json_answer, refusal};
use super::routes::{self, Route};
use super::{Nice, webhooks};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use bytes::Bytes;
use http::Method;
use std::sync::atomic::Ordering;

impl PgSimulator for Nice {
    fn id(&self) -> &'static str {
        "nice"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        Route::of(request).operation()
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        let route = Route::of(request);
        let no_page = |status| Served::just(json_answer(status, &Refusal::no_page(status).json(), false));
        match route {
            Route::Script | Route::Open | Route::Window(_) | Route::Decide(_) => self.browser(request, &route),
            Route::Nothing => no_page(404),
            Route::WrongMethod => no_page(405),
            _ => self.api(request, &route, decline),
        }
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        let has = |op: Operation| routes::OPERATIONS.contains(&op) || op == Operation::Notify;
        if let Some(missing) = operation.filter(|op| !has(*op)) {
            return Err(format!("NICE's v1 API has no `{}` call", missing.word()));
        }
        match (kind, operation) {
            (Kind::BadSignature, Some(Operation::Window)) => Err(
                "the return of a window is forged with `tamper` of the authenticate call: {\"signature\":\"…\"}"
                    .to_owned(),
            ),
            (
                Kind::BadSignature,
                Some(op @ (Operation::Register | Operation::BillingIssue | Operation::BillingDelete)),
            ) => Err(format!("answers to `{}` carry no signature", op.word())),
            _ => Ok(()),
        }
    }

    fn server_error(&self) -> Answer {
        json_answer(500, &Refusal::ordered("9999", Some(500), None).json(), false)
    }

    fn maintenance(&self, _operation: Option<Operation>) -> Answer {
        json_answer(200, &refusal("2159").json(), false)
    }

    fn rate_limited(&self) -> Answer {
        json_answer(200, &refusal("A246").json(), false)
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

    fn forge_answer(&self, answer: &mut Answer) {
        if let Some(body) = webhooks::forged(&answer.body) {
            answer.body = body;
        }
    }

    fn forge_notice(&self, notice: &mut Notice) -> bool {
        match webhooks::forged(&notice.body) {
            Some(body) => {
                notice.body = body;
                true
            }
            None => false,
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
            ("PUT", "shapes") => Some(self.set_shapes(body)),
            ("POST", "notify") => Some(self.unprompted(body)),
            ("POST", "expire-token") => Some(self.expire_token(body)),
            _ => None,
        }
    }

    fn controls(&self) -> &'static [&'static str] {
        &["shapes", "notify", "expire-token"]
    }

    fn ledger(&self, mid: Option<&str>) -> Vec<Row> {
        let wanted = |row: &Row| mid.is_none_or(|mid| mid == row.mid);
        let payments = self.payments.all().into_iter().flat_map(|record| lock(&record).rows());
        let bids = self.bids.all().into_iter().map(|record| lock(&record).row());
        let receipts = self.receipts.all().into_iter().flat_map(|record| lock(&record).rows());
        payments.chain(bids).chain(receipts).filter(wanted).collect()
    }

    fn sweep(&self) -> Vec<Notice> {
        // No event tells of an account that ran out, so an inquiry looks at the clock itself.
        Vec::new()
    }

    fn reset(&self) {
        self.merchants.reset();
        self.shapes.store(0, Ordering::Relaxed);
        self.windows.clear();
        self.payments.clear();
        self.orders.clear();
        self.spent.clear();
        self.bids.clear();
        self.receipts.clear();
    }
}
