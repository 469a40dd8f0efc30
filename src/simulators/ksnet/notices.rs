//! Deposit notices ("입금통보"): one parameter `data` in EUC-KR, in two layouts of fixed widths, by GET or POST.

use super::form::padded;
use super::merchants::{Layout, Merchant};
use super::payment::{Account, Payment};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::notices::{Notice, no_attempt_headers};
use http::Method as Verb;

/// One try a minute, ten more times. KSNET publishes no plan.
const PLAN: &[u64] = &[1; 10];

/// Exactly `result=OK`.
fn acknowledged(status: u16, body: &[u8]) -> bool {
    status == 200 && body == b"result=OK"
}

/// What a notice tells.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub amount: i64,
    pub reverse: bool,
    /// Store and order that the notice names.
    pub mid: String,
    pub order: String,
    pub at: i64,
    /// Serial number at the bank.
    pub serial: u32,
}

/// A text of type X at an offset, or of type 9 if it is a number already padded.
fn put(record: &mut [u8], at: usize, size: usize, text: &str) {
    if let Some(slot) = record.get_mut(at..at + size) {
        slot.copy_from_slice(&padded(text, size));
    }
}

/// What differs between the two layouts is where things stand and how wide three of them are.
#[derive(Debug, Clone, Copy)]
struct Places {
    trno: usize,
    deal_code: usize,
    company: usize,
    bank: (usize, usize),
    message: usize,
    job: usize,
    tried: usize,
    serial: (usize, usize),
    sent: usize,
    mother: usize,
    sele: usize,
    from: (usize, usize),
    total: usize,
    name: usize,
    account: usize,
    deal: usize,
    account_serial: usize,
}

const VR: Places = Places {
    trno: 2,
    deal_code: 14,
    company: 23,
    bank: (31, 2),
    message: 33,
    job: 37,
    tried: 40,
    serial: (41, 6),
    sent: 47,
    mother: 114,
    sele: 131,
    from: (133, 2),
    total: 135,
    name: 167,
    account: 230,
    deal: 246,
    account_serial: 260,
};

const HEADER: Places = Places {
    trno: 304,
    deal_code: 316,
    company: 325,
    bank: (333, 6),
    message: 339,
    job: 343,
    tried: 346,
    serial: (347, 10),
    sent: 357,
    mother: 420,
    sele: 437,
    from: (439, 6),
    total: 445,
    name: 477,
    account: 540,
    deal: 556,
    account_serial: 570,
};

fn fill(record: &mut [u8], places: &Places, payment: &Payment, account: &Account, told: &Told) {
    let now = compact(told.at);
    // The wider field holds the three digits of the standard code.
    let bank = if places.bank.1 == 2 {
        account.bank.0.to_owned()
    } else {
        format!("0{}", account.bank.0)
    };
    let serial = format!("{:0>width$}", told.serial, width = places.serial.1);
    for (at, size, text) in [
        (places.trno, 12, payment.trno.as_ref()),
        (places.deal_code, 9, "000000001"),
        (places.company, 8, "KSNET"),
        (places.bank.0, places.bank.1, bank.as_str()),
        (places.message, 4, "0200"),
        (places.job, 3, "300"),
        (places.tried, 1, "1"),
        (places.serial.0, places.serial.1, serial.as_str()),
        (places.sent, 14, now.as_str()),
        (places.sent + 14, 8, "00000000"),
        (places.mother, 15, "70000000000001"),
        (places.mother + 15, 2, "01"),
        (places.sele, 2, if told.reverse { "51" } else { "20" }),
        (places.from.0, places.from.1, bank.as_str()),
        (places.total, 13, &format!("{:013}", told.amount)),
        (places.total + 13, 13, "0000000000000"),
        (places.name, 14, payment.depositor.as_str()),
        (places.name + 24, 13, &format!("{:013}", told.amount)),
        (places.name + 37, 13, "0000000000000"),
        (places.name + 50, 13, "0000000000000"),
        (places.account, 16, account.number.as_str()),
        (places.deal, 14, now.as_str()),
        (places.account_serial, 6, "000001"),
    ] {
        put(record, at, size, text);
    }
}

/// The bytes of `data`.
pub(super) fn record(layout: Layout, payment: &Payment, account: &Account, told: &Told) -> Vec<u8> {
    if layout == Layout::Vr {
        let mut record = vec![b' '; 300];
        put(&mut record, 0, 2, "VR");
        fill(&mut record, &VR, payment, account, told);
        put(&mut record, 266, 10, &told.mid);
        return record;
    }
    let mut record = vec![b' '; 600];
    let now = compact(told.at);
    for (at, size, text) in [
        (0, 4, "0596"),
        (4, 1, "0"),
        (5, 4, "0603"),
        (9, 2, "00"),
        (11, 1, "0"),
        (12, 14, now.as_str()),
        (26, 10, told.mid.as_str()),
        (36, 50, told.order.as_str()),
        (86, 50, payment.order.buyer.as_str()),
        (199, 1, "1"),
        (200, 50, payment.order.goods.as_str()),
        (250, 1, "K"),
        (251, 1, "1"),
        (264, 1, "1"),
        (300, 4, "6100"),
    ] {
        put(&mut record, at, size, text);
    }
    fill(&mut record, &HEADER, payment, account, told);
    record
}

/// The notice of a deposit or of its reversal; `None` if the merchant has registered no address.
pub(super) fn notice(merchant: &Merchant, payment: &Payment, account: &Account, told: &Told) -> Option<Notice> {
    let url = merchant.notify_url.as_deref()?;
    let data = record(merchant.notify_layout, payment, account, told);
    let body: String = form_urlencoded::byte_serialize(&data).collect();
    let body = format!("data={body}");
    let (method, url, content_type, body) = if merchant.notify_get {
        let mark = if url.contains('?') { '&' } else { '?' };
        (Verb::GET, format!("{url}{mark}{body}"), None, String::new())
    } else {
        (
            Verb::POST,
            url.to_owned(),
            Some("application/x-www-form-urlencoded"),
            body,
        )
    };
    Some(Notice {
        provider: "ksnet",
        mid: payment.mid.to_string(),
        tid: payment.trno.to_string(),
        order_id: payment.order.number.clone(),
        event: if told.reverse { "51" } else { "20" },
        id: ids::alnum(20),
        method,
        url,
        content_type,
        headers: Vec::new(),
        attempt_headers: no_attempt_headers,
        body: body.into(),
        retry_minutes: PLAN,
        acknowledged,
    })
}
