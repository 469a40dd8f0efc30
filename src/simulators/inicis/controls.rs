//! Control calls: deposits, the buyer's decision, the merchant portal.

use super::merchants::shapes;
use super::payment::{Escrow, Means, Payment, Status};
use super::{Inicis, notices};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse, unknown_word};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex};

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
    message: Option<String>,
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
struct SetShapes {
    mid: Option<String>,
    shapes: Vec<String>,
}

/// A deposit notice that nobody caused; members left out are the account's own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unprompted {
    order_id: Option<String>,
    tid: Option<String>,
    amount: Option<i64>,
    /// Account number.
    account: Option<String>,
    /// Another order number than the account's.
    unknown_order_id: Option<String>,
    /// Another merchant's MID.
    mid: Option<String>,
}

impl Inicis {
    /// `POST /_sim/inicis/notify`
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut said = lock(&record).clone();
        let merchant = self
            .merchants
            .get(&said.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        let Means::Vbank { number, .. } = &mut said.means else {
            return Err(ControlError::impossible(
                "only deposits into virtual accounts are told of",
            ));
        };
        if let Some(other) = ask.account {
            *number = other;
        }
        if let Some(other) = ask.unknown_order_id {
            said.order.oid = other;
        }
        let now = self.world.clock.now();
        let tid = self.tid("ININPGVBNK", &said.mid, now);
        if let Some(other) = ask.mid {
            said.mid = Arc::from(other);
        }
        let amount = ask.amount.unwrap_or(said.order.amount);
        let notices = notices::deposited(&said, &merchant, &tid, amount, now);
        let reply = json!({"tid": *said.tid, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

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
            .ok_or_else(|| ControlError::missing("orderId", format!("no transaction has the oid `{order}`")))
    }

    /// `POST /_sim/inicis/deposit`
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        if ask.reverse {
            return Err(ControlError::impossible(
                "Inicis describes no notice for a deposit that is taken back",
            ));
        }
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let Means::Vbank { due, .. } = &payment.means else {
            return Err(ControlError::impossible(
                "this is no virtual account: nothing can be deposited",
            ));
        };
        if payment.status != Status::Issued {
            let text = format!("the account does not wait for a deposit: {}", payment.status.word());
            return Err(ControlError::impossible(text));
        }
        if now > *due {
            return Err(ControlError::impossible(
                "the account's due time has passed: the bank refuses the deposit",
            ));
        }
        let amount = ask.amount.unwrap_or(payment.order.amount);
        if amount != payment.order.amount {
            return Err(ControlError::impossible(
                "the bank refuses a deposit of another amount than the account's",
            ));
        }
        let merchant = self
            .merchants
            .get(&payment.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        payment.depositor = ask.name.unwrap_or_else(|| payment.order.buyer_name.clone());
        payment.status = Status::Paid;
        payment.paid_at = Some(now);
        let tid = self.tid("ININPGVBNK", &payment.mid, now);
        let notices = notices::deposited(&payment, &merchant, &tid, amount, now);
        let reply = json!({"tid": *payment.tid, "orderId": payment.order.oid, "state": payment.status.word(),
            "amount": amount, "depositTid": tid, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/inicis/escrow`: `confirm`, `reject`, or `auto` for the confirmation that comes by itself.
    pub(super) fn decide_escrow(&self, body: &[u8]) -> Control {
        let ask: Decide = parse(body)?;
        let (decision, state) = match ask.decision.as_str() {
            "confirm" => (Escrow::Confirmed, "3"),
            "auto" => (Escrow::Confirmed, "31"),
            "reject" => (Escrow::Rejected, "4"),
            other => return Err(unknown_word("decision", other, &["confirm", "reject", "auto"])),
        };
        let record = self.wanted(Some(&ask.tid), None)?;
        let mut payment = lock(&record);
        if payment.escrow != Escrow::Delivered || payment.status != Status::Paid {
            return Err(ControlError::impossible(
                "only an escrow payment whose delivery is registered can be decided about",
            ));
        }
        let merchant = self
            .merchants
            .get(&payment.mid)
            .ok_or_else(|| ControlError::missing("mid", "merchant gone"))?;
        payment.escrow = decision;
        let deny = if state == "4" {
            ask.message.as_deref().unwrap_or("구매거절")
        } else {
            ""
        };
        let notices = notices::escrow(&payment, &merchant, state, deny, self.world.clock.now());
        let reply = json!({"tid": ask.tid, "decision": ask.decision, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/inicis/admin-cancel`
    pub(super) fn admin_cancel(&self, body: &[u8]) -> Control {
        let ask: AdminCancel = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let amount = ask.amount.unwrap_or(payment.balance);
        if payment.status == Status::Cancelled || amount < 1 || amount > payment.balance {
            let text = format!(
                "{amount} of {} cannot be cancelled: {}",
                payment.balance,
                payment.status.word()
            );
            return Err(ControlError::impossible(text));
        }
        let tid = if amount == payment.order.amount {
            payment.tid.to_string()
        } else {
            self.tid("INIWEBPRTC", &payment.mid, now)
        };
        payment.take(tid, amount, now);
        Ok(json!({"tid": *payment.tid, "state": payment.status.word(), "balance": payment.balance}).into())
    }

    /// `PUT /_sim/inicis/shapes`
    pub(super) fn set_shapes(&self, body: &[u8]) -> Control {
        let ask: SetShapes = parse(body)?;
        let words = shapes("shapes", &ask.shapes)?;
        self.merchants.reshape(ask.mid.as_deref(), &words);
        Ok(json!({"mid": ask.mid, "shapes": words}).into())
    }
}
