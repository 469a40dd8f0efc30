//! Inicis as one of the simulators.

use super::api::Deed;
use super::sign::sha256;
use super::{Inicis, idc, page};
use crate::simulators::faults::{Kind, Operation};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, lock};
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Authenticate, Control, Decline, PgRequest, PgSimulator, Served};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

const ERROR_PAGE: &str = "<html><head><title>Error</title></head><body><h1>HTTP Status 500</h1></body></html>\n";
/// What a wrong path gets: nothing that is JSON.
const WRONG_PATH: &str = "https://www.inicis.com/error.html\n";

/// First labels of Inicis' hosts that may lead a path.
const HOSTS: &[&str] = &[
    "stdpay",
    "fcstdpay",
    "ksstdpay",
    "stgstdpay",
    "mobile",
    "fcmobile",
    "ksmobile",
    "stgmobile",
    "iniapi",
    "stginiapi",
    "inilite",
    "inilitepay",
];

/// The data centre that a path names, and the path without its host.
pub(super) fn split_host(path: &str) -> (Option<&'static str>, &str) {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
    match HOSTS.iter().find(|host| **host == first) {
        Some(host) => {
            let center = host.strip_suffix("stdpay").or_else(|| host.strip_suffix("mobile"));
            (center.and_then(idc), path.get(first.len() + 1..).unwrap_or("/"))
        }
        None => (None, path),
    }
}

impl PgSimulator for Inicis {
    fn id(&self) -> &'static str {
        "inicis"
    }

    fn operation(&self, request: &PgRequest<'_>) -> Option<Operation> {
        let (_, path) = split_host(request.path);
        if page::is_window(path) {
            return Some(Operation::Window);
        }
        match path {
            "/api/payAuth" | "/smart/payReq.ini" => Some(Operation::Approve),
            "/api/netCancel" | "/smart/payNetCancel.ini" => Some(Operation::NetCancel),
            other => Deed::of(other, &request.inner.body).map(Deed::operation),
        }
    }

    fn serve(&self, request: &PgRequest<'_>, decline: Option<&Decline>) -> Served {
        let (center, path) = split_host(request.path);
        if page::is_window(path) {
            return self.browser(request, path);
        }
        if request.inner.method != Method::POST {
            return Served::just(Answer::new(StatusCode::OK, "text/html;charset=utf-8", WRONG_PATH));
        }
        let body = &request.inner.body;
        match path {
            "/api/payAuth" => self.pc_call(body, center, false, decline),
            "/api/netCancel" => self.pc_call(body, center, true, decline),
            "/smart/payReq.ini" => self.mobile_call(body, center, false, decline),
            "/smart/payNetCancel.ini" => self.mobile_call(body, center, true, decline),
            _ => match Deed::of(path, body) {
                Some(deed) => self.api(request, path, deed, decline),
                None => Served::just(Answer::new(StatusCode::OK, "text/html;charset=utf-8", WRONG_PATH)),
            },
        }
    }

    fn shows(&self, kind: &Kind, operation: Option<Operation>) -> Result<(), String> {
        if let Some(missing @ (Operation::Register | Operation::List | Operation::BillingDelete)) = operation {
            return Err(format!("Inicis has no `{}` call", missing.word()));
        }
        match (kind, operation) {
            (Kind::BadSignature, Some(Operation::Window)) => {
                Err("the return is not signed; forge it with `tamper` of the authenticate call".to_owned())
            }
            (Kind::BadSignature, Some(Operation::Notify)) => Err("notices carry no signature".to_owned()),
            (Kind::BadSignature, Some(op)) if op != Operation::Approve => {
                Err(format!("answers to `{}` carry no signature", op.word()))
            }
            _ => Ok(()),
        }
    }

    fn server_error(&self) -> Answer {
        Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "text/html;charset=utf-8", ERROR_PAGE)
    }

    /// Each product says it in its own words; a caller reads the one it knows.
    fn maintenance(&self, operation: Option<Operation>) -> Answer {
        let text = "[1200B9]카드사 시스템 점검중";
        match operation {
            Some(Operation::Approve | Operation::NetCancel) => {
                let body = json!({"resultCode": "1200B9", "resultMsg": text, "P_STATUS": "01", "P_RMESG1": text});
                Answer::new(StatusCode::OK, "application/json;charset=UTF-8", body.to_string())
            }
            _ => {
                let body = json!({"resultCode": "01", "resultMsg": text, "detailResultCode": "1200B9"});
                Answer::new(StatusCode::OK, "application/json;charset=UTF-8", body.to_string())
            }
        }
    }

    fn rate_limited(&self) -> Answer {
        let body =
            json!({"resultCode": "01", "resultMsg": "[1200F5]잠시 후 재시도 요망", "detailResultCode": "1200F5"});
        Answer::new(StatusCode::OK, "application/json;charset=UTF-8", body.to_string())
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

    /// Overwrites the digits of `authSignature` in place: every other byte stays as it was.
    fn forge_answer(&self, answer: &mut Answer) {
        let wrong = sha256(&ids::alnum(20));
        let mut bytes = answer.body.to_vec();
        for mark in [
            &b"\"authSignature\":\""[..],
            b"\"authSignature\": \"",
            b"authSignature=",
        ] {
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
        let keys = self.bill_keys.all().into_iter().map(|record| lock(&record).row());
        let receipts = self.receipts.all().into_iter().flat_map(|record| lock(&record).rows());
        payments.chain(keys).chain(receipts).filter(wanted).collect()
    }

    fn sweep(&self) -> Vec<Notice> {
        // No notice tells of an account that ran out.
        Vec::new()
    }

    fn reset(&self) {
        self.merchants.reset();
        self.windows.clear();
        self.auths.clear();
        self.payments.clear();
        self.orders.clear();
        self.bill_keys.clear();
        self.receipts.clear();
    }
}
