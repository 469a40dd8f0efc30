//! Control calls: deposits, decisions, the admin page, stray notices.

use super::merchants::shapes;
use super::notices::{notice, waits};
use super::payment::{Escrow, Means, Payment, Status};
use super::{NiceLegacy, nightly};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse, unknown_word};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Deposit {
    order_id: Option<String>,
    tid: Option<String>,
    amount: Option<i64>,
    name: Option<String>,
    #[serde(default)]
    reverse: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Decide {
    tid: String,
    decision: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdminCancel {
    order_id: Option<String>,
    tid: Option<String>,
    amount: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unprompted {
    order_id: Option<String>,
    tid: Option<String>,
    result_code: Option<String>,
    amount: Option<i64>,
    unknown_order_id: Option<String>,
    /// A body with nothing in it.
    #[serde(default)]
    empty: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetShapes {
    mid: Option<String>,
    shapes: Vec<String>,
}

impl NiceLegacy {
    /// The transaction of a TID or order number, whoever's it is: control calls name no merchant.
    fn wanted(&self, tid: Option<&str>, order_id: Option<&str>) -> Result<Arc<Mutex<Payment>>, ControlError> {
        if let Some(tid) = tid {
            let text = format!("no transaction has the TID `{tid}`");
            return self.payments.get(tid).ok_or_else(|| ControlError::missing("tid", text));
        }
        let order = order_id.ok_or_else(|| ControlError::bad("orderId", "give `orderId` or `tid`"))?;
        let tail = format!("\n{order}");
        let found = self.orders.iter().find(|entry| entry.key().ends_with(&tail));
        let tid = found.map(|entry| Arc::clone(entry.value()));
        tid.and_then(|tid| self.payments.get(&tid))
            .ok_or_else(|| ControlError::missing("orderId", format!("no transaction has the Moid `{order}`")))
    }

    /// `POST /_sim/nice_legacy/deposit`
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        if ask.reverse {
            return Err(ControlError::impossible(
                "NICE describes no notice for a deposit that is taken back",
            ));
        }
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let Means::Vbank(account) = &payment.means else {
            return Err(ControlError::impossible(
                "this is no virtual account: nothing can be deposited",
            ));
        };
        if !waits(&payment) {
            let text = format!("the account does not wait for a deposit: {}", payment.status.word());
            return Err(ControlError::impossible(text));
        }
        if now > account.due {
            return Err(ControlError::impossible(
                "the account's due time has passed: the bank refuses the deposit",
            ));
        }
        let amount = ask.amount.unwrap_or(payment.order.amount);
        payment.depositor = ask.name.unwrap_or_else(|| payment.order.buyer_name.clone());
        // Another amount is told too; the account then goes on waiting for the right one.
        if amount == payment.order.amount {
            payment.status = Status::Paid;
            payment.paid_at = Some(now);
        }
        let mut notices = Vec::new();
        if let Some(merchant) = self.merchants.get(&payment.mid)
            && let Some(url) = &merchant.notify_url
        {
            let fields = self.notice_fields(&payment, &merchant, "4110", Some(amount));
            notices.push(notice(&merchant, url, &payment, "4110", &fields));
        }
        let reply = json!({"tid": *payment.tid, "orderId": payment.order.moid, "state": payment.status.word(),
            "amount": amount, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/nice_legacy/escrow`: the buyer's decision; nothing tells the merchant.
    pub(super) fn decide_escrow(&self, body: &[u8]) -> Control {
        let ask: Decide = parse(body)?;
        let decision = match ask.decision.as_str() {
            "confirm" => Escrow::Confirmed,
            "reject" => Escrow::Rejected,
            other => return Err(unknown_word("decision", other, &["confirm", "reject"])),
        };
        let record = self.wanted(Some(&ask.tid), None)?;
        let mut payment = lock(&record);
        if payment.escrow != Escrow::Delivered || payment.status != Status::Paid {
            return Err(ControlError::impossible(
                "only an escrow payment whose delivery is registered can be decided about",
            ));
        }
        payment.escrow = decision;
        Ok(json!({"tid": ask.tid, "decision": ask.decision, "notices": 0}).into())
    }

    /// `POST /_sim/nice_legacy/admin-cancel`
    pub(super) fn admin_cancel(&self, body: &[u8]) -> Control {
        let ask: AdminCancel = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let merchant = self
            .merchants
            .get(&payment.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        nightly(&mut payment, &merchant, now);
        let amount = ask.amount.unwrap_or(payment.balance);
        let alive = matches!(payment.status, Status::Paid | Status::PartCancelled | Status::Issued);
        if !alive || amount < 1 || amount > payment.balance {
            let text = format!(
                "{} of {} cannot be cancelled: {}",
                amount,
                payment.balance,
                payment.status.word()
            );
            return Err(ControlError::impossible(text));
        }
        payment.take("ADMIN", amount, ids::digits(8), now);
        let reply = json!({"tid": *payment.tid, "state": payment.status.word(), "balance": payment.balance});
        Ok(Controlled {
            reply,
            notices: self.told(&payment, &merchant, "2001"),
        })
    }

    /// `POST /_sim/nice_legacy/notify`
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let payment = lock(&record).clone();
        let merchant = self.merchants.get(&payment.mid);
        let (merchant, url) = merchant
            .and_then(|m| m.notify_url.clone().map(|url| (m, url)))
            .ok_or_else(|| ControlError::impossible("the merchant has no notifyUrl: PUT merchants first"))?;
        let code = ask.result_code.as_deref().unwrap_or("4110");
        let mut fields = self.notice_fields(&payment, &merchant, code, ask.amount);
        if let Some(order) = ask.unknown_order_id {
            for (_, value) in fields.iter_mut().filter(|(name, _)| name == "MOID") {
                order.clone_into(value);
            }
        }
        if ask.empty {
            fields.clear();
        }
        let notice = notice(&merchant, &url, &payment, code, &fields);
        Ok(Controlled {
            reply: json!({"id": notice.id}),
            notices: vec![notice],
        })
    }

    /// `PUT /_sim/nice_legacy/shapes`
    pub(super) fn set_shapes(&self, body: &[u8]) -> Control {
        let ask: SetShapes = parse(body)?;
        let words = shapes("shapes", &ask.shapes)?;
        match &ask.mid {
            None => *self.shapes.write().unwrap_or_else(PoisonError::into_inner) = words.clone(),
            Some(mid) => {
                let change = json!({"mid": mid, "shapes": words}).to_string();
                self.merchants.change(change.as_bytes())?;
            }
        }
        Ok(json!({"mid": ask.mid, "shapes": words}).into())
    }
}
