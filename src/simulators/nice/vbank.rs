//! Virtual accounts after their issue, and the buyer's decision about an escrow payment.

use super::Nice;
use super::payment::{Decision, Means, Payment, Status};
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
    /// Who wires; webhooks do not name the depositor.
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(default)]
    reverse: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Escrow {
    tid: String,
    decision: String,
}

impl Nice {
    /// The payment of a tid or order number, whoever's it is: control calls name no merchant.
    pub(super) fn named(&self, tid: Option<&str>, order_id: Option<&str>) -> Result<Arc<Mutex<Payment>>, ControlError> {
        if let Some(tid) = tid {
            let text = format!("no payment has the tid `{tid}`");
            return self.payments.get(tid).ok_or_else(|| ControlError::missing("tid", text));
        }
        let order = order_id.ok_or_else(|| ControlError::bad("orderId", "give `orderId` or `tid`"))?;
        let tail = format!("\n{order}");
        let found = self
            .orders
            .iter()
            .filter(|entry| entry.key().ends_with(&tail))
            .find_map(|entry| entry.approved.clone().or_else(|| entry.newest.clone()));
        found
            .and_then(|tid| self.payments.get(&tid))
            .ok_or_else(|| ControlError::missing("orderId", format!("no payment has the orderId `{order}`")))
    }

    /// `POST /_sim/nice/deposit`
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        if ask.reverse {
            return Err(ControlError::impossible(
                "NICE describes no event for a deposit that is taken back",
            ));
        }
        let record = self.named(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let Means::Vbank(account) = &payment.means else {
            return Err(ControlError::impossible(
                "this payment is no virtual account: nothing can be deposited",
            ));
        };
        if payment.status != Status::Ready {
            let text = format!("the account does not wait for a deposit: {}", payment.status.word());
            return Err(ControlError::impossible(text));
        }
        if now > account.due {
            return Err(ControlError::impossible(
                "the account's due time has passed: the bank refuses the deposit",
            ));
        }
        let (total, amount) = (payment.order.amount, ask.amount.unwrap_or(payment.order.amount));
        if amount != total {
            let text = format!(
                "the bank takes exactly {total} and refuses {amount} (4122); to send a webhook that claims another \
                 amount use POST /_sim/nice/notify"
            );
            return Err(ControlError::impossible(text));
        }
        payment.status = Status::Paid;
        payment.paid_at = Some(now);
        let merchant = self.merchants.get(&payment.mid);
        let notices = merchant.map_or_else(Vec::new, |m| self.changed(&payment, &m, None));
        let reply = json!({"tid": *payment.tid, "orderId": payment.order.order_id, "state": payment.status.word(),
            "amount": total, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// `POST /_sim/nice/escrow`: no event tells the merchant; only later cancels show it.
    pub(super) fn decide_escrow(&self, body: &[u8]) -> Control {
        let ask: Escrow = parse(body)?;
        let decision = match ask.decision.as_str() {
            "confirm" => Decision::Confirmed,
            "reject" => Decision::Rejected,
            other => return Err(unknown_word("decision", other, &["confirm", "reject"])),
        };
        let record = self.named(Some(&ask.tid), None)?;
        let mut payment = lock(&record);
        if !payment.order.escrow || payment.status != Status::Paid || payment.decision != Decision::Open {
            return Err(ControlError::impossible(
                "only a paid escrow payment without a decision can be decided about",
            ));
        }
        payment.decision = decision;
        Ok(json!({"tid": ask.tid, "decision": ask.decision, "notices": 0}).into())
    }
}
