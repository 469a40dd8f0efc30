//! Notices of results ("결제데이터통보", "입금통보"): unsigned EUC-KR forms whose fields come in any order.

use super::NiceLegacy;
use super::form::encode;
use super::merchants::Merchant;
use super::payment::{Means, Method, Payment, Status};
use super::result::named;
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::notices::{Notice, no_attempt_headers};
use encoding_rs::EUC_KR;
use http::Method as Verb;

/// Exactly `OK`.
fn ok_checked(status: u16, body: &[u8]) -> bool {
    status == 200 && body == b"OK"
}

/// Without the check any answer will do.
fn delivered(_: u16, _: &[u8]) -> bool {
    true
}

/// Minutes before each retry: one interval, 1 to 10 times.
fn plan(minutes: u64, count: usize) -> &'static [u64] {
    let row: &'static [u64] = match minutes {
        2 => &[2; 10],
        3 => &[3; 10],
        4 => &[4; 10],
        5 => &[5; 10],
        6 => &[6; 10],
        7 => &[7; 10],
        8 => &[8; 10],
        9 => &[9; 10],
        10 => &[10; 10],
        _ => &[1; 10],
    };
    row.get(..count).unwrap_or(row)
}

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T]) {
    for at in (1..items.len()).rev() {
        let bound = u64::try_from(at).unwrap_or(0) + 1;
        items.swap(at, usize::try_from(ids::next() % bound).unwrap_or(0));
    }
}

impl NiceLegacy {
    /// The notice of a result that a merchant wants to be told of: by default deposits only.
    pub(super) fn told(&self, payment: &Payment, merchant: &Merchant, code: &'static str) -> Vec<Notice> {
        // An issue is no result; the deposit is.
        let wanted = code == "4110" || (merchant.notify_all && code != "4100");
        let Some(url) = merchant.notify_url.as_deref().filter(|_| wanted) else {
            return Vec::new();
        };
        let fields = self.notice_fields(payment, merchant, code, None);
        vec![notice(merchant, url, payment, code, &fields)]
    }

    /// Fields of a notice; `amount` instead of the payment's.
    pub(super) fn notice_fields(
        &self,
        payment: &Payment,
        merchant: &Merchant,
        code: &str,
        amount: Option<i64>,
    ) -> Vec<(String, String)> {
        let order = &payment.order;
        let cancel = payment.cancels.last().filter(|_| matches!(code, "2001" | "2211"));
        let at = cancel.map(|c| c.at).or(payment.paid_at).unwrap_or(payment.created_at);
        let amount = amount.or(cancel.map(|c| c.amount)).unwrap_or(order.amount).to_string();
        let (kind, receipt) = match &payment.receipt {
            Some((kind, tid)) if payment.paid_at.is_some() => (*kind, tid.as_str()),
            _ => ("0", ""),
        };
        let date = compact(at);
        let message = match code {
            "4110" => "가상계좌 입금 성공",
            "2001" | "2211" => "취소 성공",
            _ => super::payment::success_text(payment.method),
        };
        let state = if cancel.is_some() { "1" } else { "0" };
        let mut fields = named(&[
            ("PayMethod", payment.method.word()),
            ("MID", &payment.mid),
            ("MallUserID", &order.user_id),
            ("Amt", &amount),
            ("name", &order.buyer_name),
            ("GoodsName", &order.goods),
            ("TID", &payment.tid),
            ("MOID", &order.moid),
            ("AuthDate", date.get(2..).unwrap_or_default()),
            ("AuthCode", &payment.auth_code),
            ("ResultCode", code),
            ("ResultMsg", message),
            ("StateCd", state),
            ("BuyerEmail", &order.buyer_email),
            ("RcptType", kind),
            ("ReceitType", kind),
            ("RcptTID", receipt),
            ("RcptAuthCode", if receipt.is_empty() { "" } else { "G51234567" }),
            (
                "TransType",
                if payment.escrow == super::payment::Escrow::None {
                    "0"
                } else {
                    "1"
                },
            ),
            ("MallReserved", &order.reserved),
            ("MallReserved1", "1234567890"),
        ]);
        fields.extend(means_fields(payment));
        if self.shaped(merchant, "notice-constants") {
            fields.extend(named(&[("PG", "NICE"), ("NICE", "PG")]));
            if let Some(cancel) = cancel {
                fields.extend(named(&[
                    ("CancelDate", date.get(2..).unwrap_or_default()),
                    ("CancelMOID", &cancel.moid),
                ]));
            }
        }
        if !self.shaped(merchant, "notice-no-key") {
            fields.extend(named(&[("MerchantKey", &merchant.key)]));
        }
        shuffle(&mut fields);
        fields
    }
}

/// What was paid with.
fn means_fields(payment: &Payment) -> Vec<(String, String)> {
    match &payment.means {
        Means::Vbank(account) => named(&[
            ("FnCd", account.bank.0),
            ("FnName", account.bank.1),
            ("VbankName", account.bank.1),
            ("VbankNum", &account.number),
            ("VbankInputName", &payment.depositor),
        ]),
        // For cards the bank's fields hold the card company.
        Means::Card(card) => named(&[
            ("FnCd", card.code),
            ("FnName", card.name),
            ("CardNo", &card.number),
            ("CardQuota", &card.quota),
            ("AcquCd", card.code),
            ("AcquName", card.name),
            ("ClickpayCl", card.wallet),
        ]),
        Means::Bank(code, name) => named(&[("FnCd", code), ("FnName", name)]),
        Means::Other => Vec::new(),
    }
}

/// One notice.
pub(super) fn notice(
    merchant: &Merchant,
    url: &str,
    payment: &Payment,
    code: &str,
    fields: &[(String, String)],
) -> Notice {
    const EVENTS: &[&str] = &["4110", "3001", "4000", "A000", "0000", "2001", "2211"];
    Notice {
        provider: "nice_legacy",
        mid: merchant.mid.to_string(),
        tid: payment.tid.to_string(),
        order_id: payment.order.moid.clone(),
        event: EVENTS.iter().find(|known| **known == code).copied().unwrap_or("other"),
        id: ids::alnum(20),
        method: Verb::POST,
        url: url.to_owned(),
        content_type: Some("application/x-www-form-urlencoded"),
        headers: Vec::new(),
        attempt_headers: no_attempt_headers,
        body: encode(fields, EUC_KR).into(),
        retry_minutes: if merchant.ok_check {
            plan(merchant.retry_minutes, merchant.retry_count)
        } else {
            &[]
        },
        acknowledged: if merchant.ok_check { ok_checked } else { delivered },
    }
}

/// Whether an account waits for money.
pub(super) fn waits(payment: &Payment) -> bool {
    payment.method == Method::Vbank && payment.status == Status::Issued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_one_interval_some_times() {
        assert_eq!(plan(1, 3), [1, 1, 1]);
        assert_eq!(plan(10, 10), [10; 10]);
        assert!(ok_checked(200, b"OK") && !ok_checked(200, b"OK\n") && !ok_checked(201, b"OK") && delivered(500, b""));
    }
}
