//! Control calls: deposits, their reversals, stray notices.

use super::Ksnet;
use super::notices::{Told, notice};
use super::payment::{Account, Means, Payment, Status};
use crate::simulators::ledger::lock;
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse};
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
struct Unprompted {
    order_id: Option<String>,
    tid: Option<String>,
    amount: Option<i64>,
    #[serde(default)]
    reverse: bool,
    /// Order number that the notice names instead.
    unknown_order_id: Option<String>,
    /// Store that the notice names instead.
    mid: Option<String>,
}

/// The account of a payment that has one.
fn account(payment: &Payment) -> Result<Account, ControlError> {
    match &payment.means {
        Means::Account(account) => Ok(account.clone()),
        _ => Err(ControlError::impossible("only a virtual account takes deposits")),
    }
}

impl Ksnet {
    /// The transaction of a number or order number, whoever's it is: control calls name no merchant.
    fn wanted(&self, tid: Option<&str>, order_id: Option<&str>) -> Result<Arc<Mutex<Payment>>, ControlError> {
        if let Some(tid) = tid {
            let text = format!("no transaction has the number `{tid}`");
            return self.payments.get(tid).ok_or_else(|| ControlError::missing("tid", text));
        }
        let order = order_id.ok_or_else(|| ControlError::bad("orderId", "give `orderId` or `tid`"))?;
        let tail = format!("\n{order}");
        let found = self.orders.iter().find(|entry| entry.key().ends_with(&tail));
        let tid = found.map(|entry| Arc::clone(entry.value()));
        let record = tid.and_then(|tid| self.payments.get(&tid));
        record.ok_or_else(|| ControlError::missing("orderId", format!("no transaction has the order `{order}`")))
    }

    /// `POST /_sim/ksnet/deposit`. Another amount is told too; the account then goes on waiting for the right one.
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let account = account(&payment)?;
        let now = self.world.clock.now();
        let fits = if ask.reverse {
            Status::Deposited
        } else {
            Status::Waiting
        };
        if payment.status != fits {
            let text = format!("the account is `{}`", payment.status.word());
            return Err(ControlError::impossible(text));
        }
        if !ask.reverse && account.due.is_some_and(|due| now > due) {
            let text = "the account's deadline has passed: the bank refuses the deposit";
            return Err(ControlError::impossible(text));
        }
        let amount = ask.amount.unwrap_or(payment.order.amount);
        if !(1..=9_999_999_999_999).contains(&amount) {
            return Err(ControlError::bad("amount", "`amount` must be 1 to 13 digits"));
        }
        payment.depositor = ask.name.unwrap_or_else(|| payment.order.buyer.clone());
        if ask.reverse {
            payment.status = Status::Waiting;
        } else if amount == payment.order.amount {
            payment.status = Status::Deposited;
        }
        payment.messages += 1;
        let told = Told {
            amount,
            reverse: ask.reverse,
            mid: payment.mid.to_string(),
            order: payment.order.number.clone(),
            at: now,
            serial: payment.messages,
        };
        let notices = self.told(&payment, &account, &told);
        let reply = json!({"tid": *payment.trno, "orderId": payment.order.number, "state": payment.status.word(),
            "amount": amount, "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    fn told(&self, payment: &Payment, account: &Account, told: &Told) -> Vec<Notice> {
        let merchant = self.merchants.get(&payment.mid);
        merchant
            .and_then(|merchant| notice(&merchant, payment, account, told))
            .into_iter()
            .collect()
    }

    /// `POST /_sim/ksnet/notify`
    pub(super) fn unprompted(&self, body: &[u8]) -> Control {
        let ask: Unprompted = parse(body)?;
        let record = self.wanted(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let account = account(&payment)?;
        payment.messages += 1;
        let told = Told {
            amount: ask.amount.unwrap_or(payment.order.amount),
            reverse: ask.reverse,
            mid: ask.mid.unwrap_or_else(|| payment.mid.to_string()),
            order: ask.unknown_order_id.unwrap_or_else(|| payment.order.number.clone()),
            at: self.world.clock.now(),
            serial: payment.messages,
        };
        let notices = self.told(&payment, &account, &told);
        if notices.is_empty() {
            return Err(ControlError::impossible(
                "the merchant has no notifyUrl: PUT merchants first",
            ));
        }
        Ok(Controlled {
            reply: json!({"notices": notices.len()}),
            notices,
        })
    }

    /// `POST /_sim/ksnet/escrow`
    pub(super) fn decide_escrow(&self, body: &[u8]) -> Control {
        let _: serde_json::Value = parse(body)?;
        let text = "KSNET publishes no escrow call: deliveries are registered and decided in its admin pages";
        Err(ControlError::impossible(text))
    }
}
