//! Control calls: deposits, decisions, payouts, stray notices.

use super::Kcp;
use super::merchants::{Site, shapes};
use super::notices::{EVENTS, again, read, written};
use super::payment::{Escrow, Means, Payment, Status};
use crate::simulators::ledger::lock;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse, unknown_word};
use serde::Deserialize;
use serde_json::{Map, Value, json};
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
    /// After the due time all the same.
    #[serde(default)]
    late: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Decide {
    tid: String,
    decision: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PayOut {
    tid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unprompted {
    order_id: Option<String>,
    tid: Option<String>,
    tx_cd: Option<String>,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    again: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetShapes {
    mid: Option<String>,
    shapes: Vec<String>,
}

impl Kcp {
    /// The transaction of a number or order number, whoever's it is: control calls name no site.
    fn wanted(&self, tid: Option<&str>, order_id: Option<&str>) -> Result<Arc<Mutex<Payment>>, ControlError> {
        if let Some(tid) = tid {
            let text = format!("no transaction has the tno `{tid}`");
            return self.payments.get(tid).ok_or_else(|| ControlError::missing("tid", text));
        }
        let order = order_id.ok_or_else(|| ControlError::bad("orderId", "give `orderId` or `tid`"))?;
        let tail = format!("\n{order}");
        let found = self.orders.iter().find(|entry| entry.key().ends_with(&tail));
        let tno = found.map(|entry| Arc::clone(entry.value()));
        tno.and_then(|tno| self.payments.get(&tno))
            .ok_or_else(|| ControlError::missing("orderId", format!("no transaction has the order number `{order}`")))
    }

    fn site_of(&self, payment: &Payment) -> Result<Arc<Site>, ControlError> {
        let site = self.sites.get(&payment.site);
        site.ok_or_else(|| ControlError::missing("mid", "the site is gone"))
    }

    /// `POST /_sim/kcp/deposit`
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let Means::Vbank(account) = &payment.means else {
            return Err(ControlError::impossible(
                "this is no virtual account: nothing can be deposited",
            ));
        };
        let (due, status) = (account.due, payment.status);
        let amount = ask.amount.unwrap_or(payment.order.amount);
        let site = self.site_of(&payment)?;
        let notice = if ask.reverse {
            if status != Status::Paid {
                let text = format!("no deposit is there to be taken back: {}", status.word());
                return Err(ControlError::impossible(text));
            }
            self.reversed(&mut payment, &site, amount, now)
        } else {
            if status != Status::WaitingDeposit {
                let text = format!("the account does not wait for a deposit: {}", status.word());
                return Err(ControlError::impossible(text));
            }
            if now > due && !ask.late {
                return Err(ControlError::impossible(
                    "the account's due time has passed: the bank refuses the deposit, unless `late` is set",
                ));
            }
            self.deposited(&mut payment, &site, amount, ask.name, now)
        };
        let notices: Vec<_> = notice.into_iter().collect();
        let reply = json!({"tid": *payment.tno, "orderId": payment.order.number, "state": payment.status.word(),
            "amount": amount, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/kcp/escrow`: the buyer's decision, told by TX02.
    pub(super) fn decide_escrow(&self, body: &[u8]) -> Control {
        let ask: Decide = parse(body)?;
        let decision = match ask.decision.as_str() {
            "confirm" => Escrow::Confirmed,
            "reject" => Escrow::Rejected,
            other => return Err(unknown_word("decision", other, &["confirm", "reject"])),
        };
        let record = self.wanted(Some(&ask.tid), None)?;
        let mut payment = lock(&record);
        let decidable = matches!(payment.escrow, Escrow::Delivered | Escrow::Held);
        if !decidable || payment.status != Status::Paid {
            return Err(ControlError::impossible(
                "only an escrow payment whose delivery is registered can be decided about",
            ));
        }
        payment.escrow = decision;
        let site = self.site_of(&payment)?;
        let notice = self.event(&payment, &site, "TX02", &[], self.world.clock.now());
        let notices: Vec<_> = notice.into_iter().collect();
        let reply = json!({"tid": ask.tid, "decision": ask.decision, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/kcp/payout`
    pub(super) fn payout(&self, body: &[u8]) -> Control {
        let ask: PayOut = parse(body)?;
        let record = self.wanted(Some(&ask.tid), None)?;
        let (site, waits) = {
            let payment = lock(&record);
            (self.site_of(&payment)?, payment.payout.is_some())
        };
        if !waits {
            return Err(ControlError::impossible("no refund of this payment is on its way"));
        }
        let notice = self.pay_out(&ask.tid, &site, self.world.clock.now());
        let notices: Vec<_> = notice.into_iter().collect();
        let reply = json!({"tid": ask.tid, "state": lock(&record).status.word(), "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/kcp/notify`
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let payment = lock(&record).clone();
        let site = self.site_of(&payment)?;
        let url = site.notify_url.clone();
        let url = url.ok_or_else(|| ControlError::impossible("the site has no notifyUrl: PUT merchants first"))?;
        let now = self.world.clock.now();
        let word = ask.tx_cd.as_deref().unwrap_or("TX00");
        let event = EVENTS.iter().find(|known| **known == word).copied();
        let event = event.ok_or_else(|| unknown_word("txCd", word, EVENTS))?;
        let last = if ask.again {
            let last = self.told.get(&payment.tno).map(|found| found.value().clone());
            let mut last = last.ok_or_else(|| ControlError::missing("again", "nothing was told of this payment"))?;
            last.body = again(&last.body);
            last
        } else {
            let more = match event {
                "TX00" => self.deposit_fields(&payment, &site, payment.order.amount, "50", now),
                _ => Vec::new(),
            };
            let built = self.event(&payment, &site, event, &more, now);
            built.ok_or_else(|| ControlError::impossible("the site has no notifyUrl"))?
        };
        let mut sent = read(&last, &site);
        for (name, value) in &ask.fields {
            match value {
                Value::Null => sent.set(name, None),
                Value::String(text) => sent.set(name, Some(text)),
                other => sent.set(name, Some(&other.to_string())),
            }
        }
        let notice = written(&payment, &site, &url, last.event, &sent.0);
        Ok(Controlled {
            reply: json!({"id": notice.id}),
            notices: vec![notice],
        })
    }

    /// `PUT /_sim/kcp/shapes`
    pub(super) fn set_shapes(&self, body: &[u8]) -> Control {
        let ask: SetShapes = parse(body)?;
        let words = shapes("shapes", &ask.shapes)?;
        match &ask.mid {
            None => *self.shapes.write().unwrap_or_else(PoisonError::into_inner) = words.clone(),
            Some(mid) => {
                let change = json!({"mid": mid, "shapes": words}).to_string();
                self.sites.change(change.as_bytes())?;
            }
        }
        Ok(json!({"mid": ask.mid, "shapes": words}).into())
    }
}
