//! Notices: unsigned EUC-KR forms. Deposits in three formats, escrow states, mobile results.

use super::form::{encode, named};
use super::merchants::Merchant;
use super::payment::{Means, Method, Payment, Product};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::notices::{Notice, no_attempt_headers};
use encoding_rs::EUC_KR;
use http::Method as Verb;

/// Exactly `OK`.
fn ok(status: u16, body: &[u8]) -> bool {
    status == 200 && body == b"OK"
}

/// Exactly `cd_rslt=0000`.
fn escrow_ok(status: u16, body: &[u8]) -> bool {
    status == 200 && body == b"cd_rslt=0000"
}

fn notice(p: &Payment, event: &'static str, url: &str, fields: &[(String, String)]) -> Notice {
    Notice {
        provider: "inicis",
        mid: p.mid.to_string(),
        tid: p.tid.to_string(),
        order_id: p.order.oid.clone(),
        event,
        id: ids::alnum(20),
        method: Verb::POST,
        url: url.to_owned(),
        content_type: Some("application/x-www-form-urlencoded"),
        headers: Vec::new(),
        attempt_headers: no_attempt_headers,
        body: encode(fields, EUC_KR).into(),
        retry_minutes: if event == "escrow" { &[10; 10] } else { &[1; 20] },
        acknowledged: if event == "escrow" { escrow_ok } else { ok },
    }
}

/// What an approval is told with: only where a mobile request named an address.
pub(super) fn approved(p: &Payment, m: &Merchant) -> Vec<Notice> {
    match (&p.order.noti_url, p.product) {
        (Some(url), Product::Mobile) => vec![notice(p, "00", url, &mobile(p, m, "00", p.order.amount, p.approved_at))],
        _ => Vec::new(),
    }
}

/// What a deposit is told with; `tid` is the deposit's own.
pub(super) fn deposited(p: &Payment, m: &Merchant, tid: &str, amount: i64, now: i64) -> Vec<Notice> {
    if p.product == Product::Mobile {
        let Some(url) = &p.order.noti_url else {
            return Vec::new();
        };
        return vec![notice(p, "02", url, &mobile(p, m, "02", amount, now))];
    }
    let Some(url) = &m.notify_url else {
        return Vec::new();
    };
    vec![notice(p, "0200", url, &portal(p, m, tid, amount, now))]
}

/// Escrow states, to the address that Inicis was told of.
pub(super) fn escrow(p: &Payment, m: &Merchant, state: &str, deny: &str, now: i64) -> Vec<Notice> {
    let Some(url) = &m.escrow_url else {
        return Vec::new();
    };
    let fields = named(&[
        ("id_merchant", &p.mid),
        ("no_oid", &p.order.oid),
        ("no_tid", &p.tid),
        ("dt_req", &compact(now)),
        ("cl_status", state),
        ("cl_paymethod", if p.method == Method::Vbank { "22" } else { "21" }),
        ("price", &p.order.amount.to_string()),
        ("msg_deny", deny),
        ("tid_org", &p.tid),
    ]);
    vec![notice(p, "escrow", url, &fields)]
}

fn mobile(p: &Payment, m: &Merchant, status: &str, amount: i64, at: i64) -> Vec<(String, String)> {
    let time = compact(at);
    let short = m.shaped("notice-short-dates");
    let time = if short {
        time.get(2..).unwrap_or_default()
    } else {
        &time
    };
    let (bank, text) = match &p.means {
        Means::Vbank { bank, number, due } => {
            let due = compact(*due);
            let due = if short { due.get(..8).unwrap_or_default() } else { &due };
            let bar = if m.shaped("notice-no-bar") { "" } else { "|" };
            (*bank, format!("P_VACCT_NO={number}{bar}P_EXP_DT={due}"))
        }
        Means::Bank(code, name) => ((*code, *name), String::new()),
        Means::Card(card) => ((card.code, card.name), String::new()),
        _ => (("", ""), String::new()),
    };
    named(&[
        ("P_TID", &p.tid),
        ("P_MID", &p.mid),
        ("P_AUTH_DT", time),
        ("P_STATUS", status),
        ("P_TYPE", p.method.mobile_word()),
        ("P_OID", &p.order.oid),
        ("P_FN_CD1", bank.0),
        ("P_FN_CD2", if m.shaped("notice-fn-cd2") { bank.1 } else { "" }),
        ("P_FN_NM", bank.1),
        ("P_AMT", &amount.to_string()),
        (
            "P_UNAME",
            if p.depositor.is_empty() {
                &p.order.buyer_name
            } else {
                &p.depositor
            },
        ),
        ("P_RMESG1", &text),
        ("P_RMESG2", ""),
        ("P_RMESG3", ""),
        ("P_NOTI", &p.order.echo),
        ("P_AUTH_NO", &p.auth_no),
        ("P_CSHR_AMT", ""),
    ])
}

/// The portal's notice, in the newer set of fields or the older one.
fn portal(p: &Payment, m: &Merchant, tid: &str, amount: i64, now: i64) -> Vec<(String, String)> {
    let Means::Vbank { bank, number, .. } = &p.means else {
        return Vec::new();
    };
    let old = m.shaped("notice-old");
    let time = compact(now);
    let (date, clock) = time.split_at(8);
    let bank_code = format!("{:0>8}", bank.0);
    let twice = |text: &str| {
        if m.shaped("notice-encoded-twice") {
            form_urlencoded::byte_serialize(&EUC_KR.encode(text).0).collect()
        } else {
            text.to_owned()
        }
    };
    let (name, from) = (twice(&p.depositor), twice(bank.1));
    let mut fields = if old { Vec::new() } else { named(&[("len", "0623")]) };
    let no_seq = if old { "no_transeq" } else { "no_transseq" };
    fields.extend(named(&[
        ("no_tid", tid),
        ("no_oid", &p.order.oid),
        ("id_merchant", &p.mid),
        ("cd_bank", &bank_code),
        ("cd_deal", &bank_code),
        ("dt_trans", date),
        ("tm_trans", clock),
        ("no_msgseq", "0000000001"),
        ("cd_joinorg", " "),
        ("dt_transbase", date),
        (no_seq, "000001"),
        ("type_msg", "0200"),
        ("cl_trans", "1100"),
        ("cl_close", "0"),
        ("cl_kor", "2"),
        ("no_msgmanage", " "),
        ("no_vacct", number),
        ("amt_input", &amount.to_string()),
        ("amt_check", "0"),
        ("nm_inputbank", &from),
        ("nm_input", &name),
        ("dt_inputstd", " "),
        ("dt_calculstd", " "),
        ("flg_close", "0"),
        ("dt_cshr", " "),
        ("tm_cshr", " "),
        ("no_cshr_appl", " "),
        ("no_cshr_tid", if old { &p.tid } else { " " }),
    ]));
    if !old {
        fields.extend(named(&[("no_req_tid", &p.tid)]));
    }
    fields
}
