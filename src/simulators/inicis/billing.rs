//! Billing keys: by window, by card number; charges of both API versions. Inicis has no call that deletes one.

use super::Inicis;
use super::api::{Call, Reply, members};
use super::codes::{Refusal, about, refusal};
use super::direct::{card_of, paid_members};
use super::form::named;
use super::merchants::Merchant;
use super::payment::{Escrow, Means, Method, Order, Payment, Product, Status};
use super::window::{Choice, Kind, Window};
use crate::simulators::clock::iso_kst;
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use crate::simulators::words::ControlError;
use serde_json::json;
use std::sync::Arc;

/// One billing key.
#[derive(Debug, Clone)]
pub(super) struct BillKey {
    pub mid: Arc<str>,
    /// The key itself: the ledger lists it, so that tests can look for it where it must not be.
    pub key: String,
    pub tid: String,
    pub order_id: String,
    pub means: Means,
    pub at: i64,
    /// Taken back by a net-cancel.
    pub gone: bool,
}

impl BillKey {
    pub fn row(&self) -> Row {
        Row {
            provider: "inicis",
            mid: self.mid.to_string(),
            tid: self.key.clone(),
            order_id: self.order_id.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: if self.gone { "gone" } else { "issued" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

impl Inicis {
    /// Forty hexadecimal digits.
    pub(super) fn new_bill_key(&self, m: &Merchant, order: &Order, means: &Means, now: i64) -> String {
        let key = ids::upper_hex(40).to_lowercase();
        let record = BillKey {
            mid: Arc::clone(&m.mid),
            key: key.clone(),
            tid: self.tid("INIAPICARD", &m.mid, now),
            order_id: order.oid.clone(),
            means: means.clone(),
            at: now,
            gone: false,
        };
        drop(self.bill_keys.insert(&Arc::from(key.as_str()), record));
        key
    }

    pub(super) fn forget_bill_key(&self, key: &str) {
        if let Some(record) = self.bill_keys.get(key) {
            lock(&record).gone = true;
        }
    }

    /// What both billing windows post back.
    pub(super) fn bill_key_return(
        &self,
        window: &Window,
        m: &Merchant,
        choice: &Choice,
        now: i64,
    ) -> Result<Vec<(String, String)>, ControlError> {
        let card = super::window::card(&choice.buyer, None, m)?;
        let key = self.new_bill_key(m, &window.order, &Means::Card(card.clone()), now);
        let record = self.bill_keys.get(&key);
        let tid = record.map(|record| lock(&record).tid.clone()).unwrap_or_default();
        let (oid, kind) = (&window.order.oid, if card.corporate { "1" } else { "0" });
        Ok(if window.kind == Kind::Lite {
            named(&[
                ("resultCode", "SUCCESS"),
                ("resultMessage", "정상"),
                ("mid", &m.mid),
                ("orderId", oid),
                ("tid", &tid),
                ("billkey", &key),
                ("cardNumber", &card.number),
                ("cardCode", card.code),
                ("cardCompanyName", card.name),
                ("cardType", if card.check { "1" } else { "0" }),
                ("cardKind", kind),
                ("merchantRedirectData", &window.order.echo),
            ])
        } else {
            named(&[
                ("resultcode", "00"),
                ("resultmsg", "정상"),
                ("orderid", oid),
                ("mid", &m.mid),
                ("tid", &tid),
                ("billkey", &key),
                ("cardcd", card.code),
                ("cardno", &card.number),
                ("cardkind", kind),
                ("p_noti", &window.order.echo),
                ("merchantreserved", ""),
            ])
        })
    }

    /// `type=Auth`: a billing key for a card number.
    pub(super) fn issue_bill_key(&self, call: &Call<'_>) -> Reply {
        billing_merchant(call)?;
        let order = order_of(call)?;
        let card = card_of(call)?;
        call.unforced()?;
        let means = Means::Card(card);
        let key = self.new_bill_key(call.merchant, &order, &means, call.now);
        let tid = self.bill_keys.get(&key).map(|record| lock(&record).tid.clone());
        let (date, time) = Self::now_parts(call.now);
        let Means::Card(card) = &means else {
            return Err(refusal("550929"));
        };
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "tid": tid, "payDate": date,
            "payTime": time, "billKey": key, "cardCode": card.code, "cardName": card.name,
            "cardNumber": card.number, "checkFlg": if card.check { "1" } else { "0" }}),
        );
        Ok((map, Vec::new()))
    }

    /// A charge, v1 or v2.
    pub(super) fn charge(&self, call: &Call<'_>) -> Reply {
        billing_merchant(call)?;
        if call.need("paymethod")? != "Card" {
            return Err(about("ER0102", "paymethod"));
        }
        let order = order_of(call)?;
        let record = self
            .bill_keys
            .get(call.need("billKey")?)
            .ok_or_else(|| refusal("550997"))?;
        let key = lock(&record).clone();
        if key.gone || key.mid != call.merchant.mid {
            return Err(refusal("550997"));
        }
        if call.need("authentification")? != "00" {
            return Err(about("ER0102", "authentification"));
        }
        if order.amount < 1 {
            return Err(refusal("1113"));
        }
        let quota = call.form.get("cardQuota").unwrap_or("00");
        let means = match key.means {
            Means::Card(mut card) => {
                quota_fits(quota, order.amount)?;
                quota.clone_into(&mut card.quota);
                Means::Card(card)
            }
            other => other,
        };
        call.unforced()?;
        let record = self.admit(instant(call, order, means), call.merchant)?;
        let payment = lock(&record);
        Ok((
            paid_members(&payment, "[신용카드|빌링이 정상적으로 이루어졌습니다.]"),
            Vec::new(),
        ))
    }
}

/// Instalments are for 50,000 won and more.
pub(super) fn quota_fits(quota: &str, amount: i64) -> Result<(), Refusal> {
    let months: Option<u8> = quota.parse().ok().filter(|_| quota.len() == 2);
    match months {
        Some(0) => Ok(()),
        Some(2..=36) if amount >= 50_000 => Ok(()),
        _ => Err(refusal("500607")),
    }
}

fn billing_merchant(call: &Call<'_>) -> Result<(), Refusal> {
    if call.merchant.billing {
        Ok(())
    } else {
        Err(refusal("550433"))
    }
}

/// The order of a call without a window; the buyer's three members must not be blank.
pub(super) fn order_of(call: &Call<'_>) -> Result<Order, Refusal> {
    let text = |name: &str| call.need(name).map(str::to_owned);
    call.need("url")?;
    Ok(Order {
        oid: text("moid")?,
        amount: call.need_amount("price")?,
        goods: text("goodName")?,
        buyer_name: text("buyerName")?,
        buyer_email: text("buyerEmail")?,
        buyer_tel: text("buyerTel")?,
        ..Order::default()
    })
}

/// A payment that a call without a window made.
pub(super) fn instant(call: &Call<'_>, order: Order, means: Means) -> Payment {
    let method = if matches!(means, Means::Vbank { .. }) {
        Method::Vbank
    } else {
        Method::Card
    };
    let waits = method == Method::Vbank;
    Payment {
        tid: Arc::from(""),
        mid: Arc::clone(&call.merchant.mid),
        balance: order.amount,
        order,
        method,
        means,
        product: Product::Api,
        status: if waits { Status::Issued } else { Status::Paid },
        approved_at: call.now,
        paid_at: (!waits).then_some(call.now),
        auth_no: ids::digits(8),
        escrow: Escrow::None,
        cancels: Vec::new(),
        depositor: String::new(),
        bill_key: None,
    }
}
