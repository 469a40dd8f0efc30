//! Approval and net-cancel, on the PC's hosts and on the mobile ones.

use super::codes::{Refusal, about, refusal};
use super::form::{Form, flat, named};
use super::merchants::Merchant;
use super::payment::{Payment, Product, Status};
use super::result;
use super::sign;
use super::window::Auth;
use super::{Inicis, notices};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Answer, Decline, Served};
use encoding_rs::{EUC_KR, UTF_8};
use http::StatusCode;
use std::sync::{Arc, Mutex};

/// Fields of an answer and the notices that follow.
type Done = (Vec<(String, String)>, Vec<Notice>);

fn ordered(decline: Option<&Decline>) -> Option<Refusal> {
    decline.map(|d| Refusal {
        code: d.code.clone(),
        message: d
            .message
            .clone()
            .unwrap_or_else(|| super::codes::message(&d.code).to_owned()),
    })
}

impl Inicis {
    /// `POST /api/payAuth` and `/api/netCancel`; `center` is the data centre that the path names.
    pub(super) fn pc_call(&self, body: &[u8], center: Option<&str>, net: bool, decline: Option<&Decline>) -> Served {
        let form = Form::parse(body, UTF_8);
        let merchant = self.merchants.get(form.text("mid"));
        let done = match &merchant {
            None => Err(about("500400", "mid")),
            Some(m) => signed(&form, m)
                .and_then(|()| self.auth(m, form.text("authToken"), Product::Pc, center))
                .and_then(|auth| {
                    if net {
                        self.pc_net_cancel(&form, m, &auth, ordered(decline))
                    } else {
                        self.pc_approve(&form, m, &auth, ordered(decline))
                    }
                }),
        };
        let (fields, notices) = done.unwrap_or_else(|refused| {
            let text = format!("[{}]{}", refused.code, refused.message);
            let fields = named(&[
                ("resultCode", &refused.code),
                ("resultMsg", &text),
                ("mid", form.text("mid")),
                ("tid", ""),
                ("MOID", ""),
                ("TotPrice", ""),
                ("authSignature", ""),
            ]);
            (fields, Vec::new())
        });
        Served {
            answer: Some(result::pc_answer(&form, merchant.as_deref(), fields)),
            notices,
            finish: None,
        }
    }

    fn pc_approve(
        &self,
        form: &Form,
        m: &Arc<Merchant>,
        auth: &Mutex<Auth>,
        forced: Option<Refusal>,
    ) -> Result<Done, Refusal> {
        let expected = lock(auth).order.amount;
        if form.get("price").is_some() && form.amount("price") != Some(expected) {
            return Err(refusal("500610"));
        }
        let (payment, notices) = self.take_approval(m, auth, forced)?;
        let total = if m.shaped("total-altered") {
            payment.order.amount + 1
        } else {
            payment.order.amount
        };
        let tstamp = form.text("timestamp");
        let signature = sign::auth_signature(&m.mid, &payment.order.oid, &total.to_string(), tstamp);
        Ok((result::pc_fields(&payment, m, total, &signature), notices))
    }

    /// The approval itself: once per authentication.
    fn take_approval(
        &self,
        m: &Arc<Merchant>,
        auth: &Mutex<Auth>,
        forced: Option<Refusal>,
    ) -> Result<(Payment, Vec<Notice>), Refusal> {
        let mut auth = lock(auth);
        let now = self.world.clock.now();
        if auth.used {
            return Err(refusal(if auth.tid.is_some() { "500704" } else { "500694" }));
        }
        if now >= auth.at.saturating_add(self.world.options.approval_ms) {
            return Err(refusal("500694"));
        }
        auth.used = true;
        if let Some(refused) = forced {
            return Err(refused);
        }
        if let Some(code) = &auth.refusal {
            return Err(refusal(code));
        }
        let number = if auth.billing || auth.method.is_gift() {
            String::new()
        } else {
            ids::digits(8)
        };
        let mut payment = Self::approved(&auth, number, now);
        if auth.billing {
            payment.bill_key = Some(self.new_bill_key(m, &payment.order, &payment.means, now));
        }
        let record = self.admit(payment, m)?;
        let payment = lock(&record).clone();
        auth.tid = Some(Arc::clone(&payment.tid));
        let notices = notices::approved(&payment, m);
        Ok((payment, notices))
    }

    fn pc_net_cancel(
        &self,
        form: &Form,
        m: &Merchant,
        auth: &Mutex<Auth>,
        forced: Option<Refusal>,
    ) -> Result<Done, Refusal> {
        let payment = self.net_cancel(auth, form.amount("price"), forced)?;
        let fields = named(&[
            ("resultCode", "0000"),
            ("resultMsg", "망취소 처리되었습니다."),
            ("tid", &payment.tid),
            ("moid", &payment.order.oid),
            ("mid", &m.mid),
            ("timestamp", form.text("timestamp")),
            ("selectPayMethod", payment.method.pc_word()),
        ]);
        Ok((fields, Vec::new()))
    }

    fn net_cancel(&self, auth: &Mutex<Auth>, amount: Option<i64>, forced: Option<Refusal>) -> Result<Payment, Refusal> {
        let auth = lock(auth);
        if let Some(refused) = forced {
            return Err(refused);
        }
        let tid = auth.tid.as_deref().ok_or_else(|| refusal("500623"))?;
        let record = self.payments.get(tid).ok_or_else(|| refusal("500623"))?;
        let mut payment = lock(&record);
        if amount.is_some_and(|amount| amount != payment.order.amount) {
            return Err(refusal("500610"));
        }
        match payment.status {
            Status::Cancelled => return Err(refusal("500626")),
            Status::PartCancelled => return Err(refusal("500625")),
            _ => {}
        }
        let rest = payment.balance;
        let tid = payment.tid.to_string();
        payment.take(tid, rest, self.world.clock.now());
        if let Some(key) = payment.bill_key.take() {
            self.forget_bill_key(&key);
            payment.bill_key = Some(String::new());
        }
        Ok(payment.clone())
    }

    /// The authentication of a token, of this caller, at the centre that made it.
    fn auth(
        &self,
        m: &Merchant,
        token: &str,
        product: Product,
        center: Option<&str>,
    ) -> Result<Arc<Mutex<Auth>>, Refusal> {
        let auth = self.auths.get(token).ok_or_else(|| refusal("500694"))?;
        let held = lock(&auth);
        let fits = held.mid == m.mid && held.product == product && center.is_none_or(|center| center == held.idc);
        drop(held);
        if fits { Ok(auth) } else { Err(refusal("500694")) }
    }

    /// `POST /smart/payReq.ini` and `/smart/payNetCancel.ini`
    pub(super) fn mobile_call(
        &self,
        body: &[u8],
        center: Option<&str>,
        net: bool,
        decline: Option<&Decline>,
    ) -> Served {
        let form = Form::parse(body, EUC_KR);
        let (mid, tid) = (form.text("P_MID"), form.text("P_TID"));
        let merchant = self.merchants.get(mid);
        let found = match &merchant {
            Some(m) if !tid.is_empty() => self
                .auth(m, tid, Product::Mobile, center)
                .map(|auth| (Arc::clone(m), auth)),
            Some(_) => Err(about("500251", "P_TID")),
            None => Err(about("MX1002", "P_MID")),
        };
        let mut label = found.as_ref().ok().map(|(_, auth)| lock(auth).charset.clone());
        if merchant.as_ref().is_some_and(|m| m.shaped("euc-kr-always")) {
            label = Some("euc-kr".to_owned());
        }
        let done = found.and_then(|(m, auth)| {
            if net {
                return self.mobile_net_cancel(&form, &m, &auth, ordered(decline));
            }
            let (payment, notices) = self.take_approval(&m, &auth, ordered(decline))?;
            Ok((result::mobile_fields(&payment, &m), notices))
        });
        let (fields, notices) = done.unwrap_or_else(|refused| {
            let fields = named(&[
                ("P_STATUS", "01"),
                ("P_RMESG1", &format!("[{}]{}", refused.code, refused.message)),
                ("P_TID", tid),
                ("P_MID", mid),
            ]);
            (fields, Vec::new())
        });
        let charset = super::form::charset(label.as_deref().unwrap_or("utf8"));
        let kind = if charset == UTF_8 {
            "text/html;charset=utf-8"
        } else {
            "text/html;charset=euc-kr"
        };
        Served {
            answer: Some(Answer::new(
                StatusCode::OK,
                kind,
                charset.encode(&flat(&fields)).0.into_owned(),
            )),
            notices,
            finish: None,
        }
    }

    fn mobile_net_cancel(
        &self,
        form: &Form,
        m: &Merchant,
        auth: &Mutex<Auth>,
        forced: Option<Refusal>,
    ) -> Result<Done, Refusal> {
        if form.text("P_OID") != lock(auth).order.oid {
            return Err(about("500828", "P_OID"));
        }
        if let (Some(given), Some(key)) = (form.get("P_CHKFAKE"), &m.hash_key) {
            let fake = sign::chkfake(form.text("P_AMT"), form.text("P_OID"), form.text("P_TIMESTAMP"), key);
            if given != fake {
                return Err(refusal("500633"));
            }
        }
        let amount = form.amount("P_AMT").ok_or_else(|| about("MX1003", "P_AMT"))?;
        let payment = self.net_cancel(auth, Some(amount), forced)?;
        let fields = named(&[
            ("P_STATUS", "00"),
            ("P_RMESG1", "망취소 처리되었습니다."),
            ("P_TID", &payment.tid),
            ("P_CANCEL_DT", &compact(self.world.clock.now())),
        ]);
        Ok((fields, Vec::new()))
    }
}

/// Signature and, where it is sent, verification of a PC call.
fn signed(form: &Form, m: &Merchant) -> Result<(), Refusal> {
    let (token, time) = (
        ("authToken", form.text("authToken")),
        ("timestamp", form.text("timestamp")),
    );
    if token.1.is_empty() || time.1.is_empty() {
        return Err(about("500251", "authToken, timestamp"));
    }
    if form.text("signature") != sign::pairs(&[token, time]) {
        return Err(about("500202", "signature"));
    }
    let checked = sign::pairs(&[token, ("signKey", &m.sign_key), time]);
    if form.get("verification").is_some_and(|given| given != checked) {
        return Err(about("500202", "verification"));
    }
    Ok(())
}
