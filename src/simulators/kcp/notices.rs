//! Notices (공통통보, 웹훅): unsigned forms in the charset of the site, to be acknowledged by a hidden input `result`.

use super::Kcp;
use super::args::{Args, Fields, encode, named};
use super::merchants::Site;
use super::payment::{Escrow, Means, Payment, Status};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::notices::{Notice, no_attempt_headers};
use bytes::Bytes;
use encoding_rs::{EUC_KR, UTF_8};
use http::Method as Verb;
use std::sync::Arc;

/// Every event there is.
pub(super) const EVENTS: &[&str] = &[
    "TX00", "TX01", "TX02", "TX03", "TX04", "TX05", "TX06", "TX07", "TX08", "TX09", "TX10",
];

/// Minutes before each of the ten re-sends.
const PLAN: &[u64] = &[1; 10];

/// Whether an HTML answer has an input named `result` with the value `0000`: attributes in any order, quoted or not.
pub(super) fn acknowledged(status: u16, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    let tags = text.split('<').skip(1).filter_map(|tag| tag.split('>').next());
    let mut inputs = tags.filter(|tag| tag.starts_with("input"));
    status == 200
        && inputs.any(|tag| {
            let has = |name: &str, value: &str| attribute(tag, name).is_some_and(|held| held == value);
            has("name", "result") && has("value", "0000")
        })
}

/// The value of a tag's attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    while let Some(at) = rest.find(name) {
        let alone = rest[..at].ends_with(|c: char| c.is_ascii_whitespace());
        let after = rest[at + name.len()..].trim_start();
        rest = &rest[at + name.len()..];
        let Some(value) = after.strip_prefix('=').filter(|_| alone) else {
            continue;
        };
        let value = value.trim_start();
        return match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace() || c == '/').next(),
        };
    }
    None
}

/// The body of a re-sent notice: a deposit is marked as told before.
pub(super) fn again(body: &Bytes) -> Bytes {
    let deposit = b"op_cd=50";
    let Some(at) = body.windows(deposit.len()).position(|window| window == deposit) else {
        return body.clone();
    };
    let mut bytes = body.to_vec();
    bytes[at..at + deposit.len()].copy_from_slice(b"op_cd=01");
    bytes.into()
}

impl Kcp {
    /// Money arrived in an account: the account's state, and the notice.
    pub(super) fn deposited(
        &self,
        payment: &mut Payment,
        site: &Site,
        amount: i64,
        name: Option<String>,
        now: i64,
    ) -> Option<Notice> {
        let wanted = payment.order.amount;
        let Means::Vbank(account) = &mut payment.means else {
            return None;
        };
        account.remitter = name.unwrap_or_else(|| account.name.clone());
        // Another amount is told all the same; the order is not paid by it.
        if amount == wanted {
            account.total = amount;
            account.deposited = Some(now);
            payment.status = Status::Paid;
        }
        self.told_of_deposit(payment, site, amount, "50", now)
    }

    /// The bank takes a deposit back.
    pub(super) fn reversed(&self, payment: &mut Payment, site: &Site, amount: i64, now: i64) -> Option<Notice> {
        if let Means::Vbank(account) = &mut payment.means {
            account.total = 0;
            account.deposited = None;
        }
        payment.status = Status::WaitingDeposit;
        self.told_of_deposit(payment, site, amount, "13", now)
    }

    fn told_of_deposit(&self, payment: &Payment, site: &Site, amount: i64, op: &str, now: i64) -> Option<Notice> {
        let fields = self.deposit_fields(payment, site, amount, op, now);
        self.event(payment, site, "TX00", &fields, now)
    }

    /// What TX00 tells beside what every notice tells.
    pub(super) fn deposit_fields(&self, payment: &Payment, site: &Site, amount: i64, op: &str, now: i64) -> Fields {
        let Means::Vbank(account) = &payment.means else {
            return Vec::new();
        };
        let date = compact(now);
        let receipt = payment.receipt.is_some() && op != "13";
        let number = |length: usize| if receipt { ids::digits(length) } else { String::new() };
        let total = if op == "13" { 0 } else { amount };
        named(&[
            ("ipgm_name", &account.name),
            ("remitter", &account.remitter),
            ("ipgm_mnyx", &amount.to_string()),
            ("totl_mnyx", &total.to_string()),
            ("ipgm_time", &date),
            ("bank_code", &self.bank_code(site, account.bank.0)),
            ("account", &account.number),
            ("op_cd", op),
            ("noti_id", &format!("{date}{:06}", self.serial())),
            ("cash_a_no", &number(9)),
            ("cash_a_dt", if receipt { &date } else { "" }),
            ("cash_no", &number(14)),
        ])
    }

    fn bank_code(&self, site: &Site, code: &str) -> String {
        let bare = code.strip_prefix("BK").filter(|_| self.shaped(site, "bare-bank"));
        bare.unwrap_or(code).to_owned()
    }

    /// `TX01`: a refund reached the buyer's account.
    pub(super) fn paid_back(
        &self,
        payment: &Payment,
        site: &Site,
        (amount, bank, name): &(i64, &'static str, String),
        now: i64,
    ) -> Option<Notice> {
        let fields = named(&[
            ("refund_nm", name),
            ("refund_mny", &amount.to_string()),
            ("bank_code", &self.bank_code(site, bank)),
        ]);
        self.event(payment, site, "TX01", &fields, now)
    }

    /// What an event other than a deposit tells of the payment.
    pub(super) fn event_fields(&self, payment: &Payment, site: &Site, event: &str) -> Fields {
        let rejected = payment.escrow == Escrow::Rejected;
        match event {
            "TX02" if self.shaped(site, "cl-status") => named(&[("cl_status", if rejected { "3" } else { "2" })]),
            "TX02" if rejected => named(&[("st_cd", "N"), ("can_msg", "구매자 거절")]),
            "TX02" => named(&[("st_cd", "Y"), ("can_msg", "")]),
            "TX03" => named(&[("waybill_no", &payment.waybill.0), ("waybill_corp", &payment.waybill.1)]),
            _ => Vec::new(),
        }
    }

    /// A notice, if the site registered an address; the last one of a payment is remembered.
    pub(super) fn event(
        &self,
        payment: &Payment,
        site: &Site,
        event: &'static str,
        more: &[(String, String)],
        now: i64,
    ) -> Option<Notice> {
        let url = site.notify_url.as_deref()?;
        let mut time = compact(now);
        if self.shaped(site, "tx-tm-16") {
            time.push_str("00");
        }
        let mut fields = named(&[
            ("site_cd", &site.cd),
            ("tno", &payment.tno),
            ("order_no", &payment.order.number),
            ("tx_cd", event),
            ("tx_tm", &time),
        ]);
        fields.extend(self.event_fields(payment, site, event));
        fields.extend(more.iter().cloned());
        let notice = written(payment, site, url, event, &fields);
        self.told.insert(Arc::clone(&payment.tno), notice.clone());
        Some(notice)
    }
}

/// A notice of these fields.
pub(super) fn written(
    payment: &Payment,
    site: &Site,
    url: &str,
    event: &'static str,
    fields: &[(String, String)],
) -> Notice {
    let id = fields.iter().find(|(name, _)| name == "noti_id");
    Notice {
        provider: "kcp",
        mid: site.cd.to_string(),
        tid: payment.tno.to_string(),
        order_id: payment.order.number.clone(),
        event,
        id: id.map_or_else(|| ids::alnum(20), |(_, value)| value.clone()),
        method: Verb::POST,
        url: url.to_owned(),
        content_type: Some("application/x-www-form-urlencoded"),
        headers: Vec::new(),
        attempt_headers: no_attempt_headers,
        body: encode(fields, if site.notify_utf8 { UTF_8 } else { EUC_KR }).into(),
        retry_minutes: PLAN,
        acknowledged,
    }
}

/// The fields of a notice that was written.
pub(super) fn read(notice: &Notice, site: &Site) -> Args {
    Args::form(&notice.body, if site.notify_utf8 { UTF_8 } else { EUC_KR })
}

impl Kcp {
    /// The bank pays what a refund left waiting.
    pub(super) fn pay_out(&self, tno: &str, site: &Site, now: i64) -> Option<Notice> {
        let record = self.payments.get(tno)?;
        let mut payment = lock(&record);
        let payout = payment.payout.take()?;
        if payment.status == Status::RefundRequested {
            payment.status = Status::Refunded;
        }
        self.paid_back(&payment, site, &payout, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_a_hidden_input() {
        for good in [
            "<html><body><form><input type=\"hidden\" name=\"result\" value=\"0000\"></form></body></html>",
            "<INPUT TYPE='hidden' VALUE='0000' NAME='result'/>",
            "<input name=result value=0000>",
            "<input value = \"0000\" data-name=\"x\" name = 'result' />",
        ] {
            assert!(acknowledged(200, good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "0000",
            "OK",
            "<input name=\"result\" value=\"9999\">",
            "<input name=\"result\"><input value=\"0000\">",
            "<p name=\"result\" value=\"0000\">",
            "<input name=\"results\" value=\"0000\">",
            "<input data-name=\"result\" value=\"0000\">",
        ] {
            assert!(!acknowledged(200, bad.as_bytes()), "{bad}");
        }
        assert!(!acknowledged(500, b"<input name=result value=0000>"));
    }

    #[test]
    fn only_deposits_change_when_they_are_told_again() {
        let told = |text: &'static str| again(&Bytes::from_static(text.as_bytes()));
        assert_eq!(told("a=1&op_cd=50&noti_id=2"), "a=1&op_cd=01&noti_id=2");
        assert_eq!(told("a=1&op_cd=13"), "a=1&op_cd=13");
    }
}
