//! Virtual accounts ("가상계좌"): issue, deposit, reversal, refund status.

use super::args::Args;
use super::codes;
use super::errors::{ApiError, error};
use super::payment::{Means, Method, Payment, Status, TiedReceipt, Vbank, transaction_key};
use super::{Ctx, Reply, Toss};
use crate::simulators::clock::{parse_local, plus_days};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use crate::simulators::notices::Notice;
use crate::simulators::pg::{Control, Controlled};
use crate::simulators::words::{ControlError, parse, unknown_word};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

const HOUR_MS: i64 = 3_600_000;
/// Hours an account is open when the request does not say.
const HOURS: i64 = 168;
/// Hours at most.
const HOURS_MAX: i64 = 2160;
const REFUND_STATUS: &[&str] = &["NONE", "PENDING", "FAILED", "PARTIAL_FAILED", "COMPLETED"];

pub(super) fn is_vbank(payment: &Payment) -> bool {
    payment.method == Method::VirtualAccount
}

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
struct RefundStatus {
    tid: String,
    status: String,
}

/// A fresh account: test accounts start with `X` and take no money.
fn account_number(test: bool) -> String {
    if test {
        format!("X{}", ids::digits(13))
    } else {
        ids::digits(14)
    }
}

/// The same account for the same key, for fixed accounts.
fn fixed_account(mid: &str, key: &str, test: bool) -> String {
    let seed = mid
        .bytes()
        .chain(key.bytes())
        .fold(0_u64, |hash, byte| ids::mix(hash ^ u64::from(byte)));
    let number = format!("{:013}", seed % 10_000_000_000_000);
    if test {
        format!("X{number}")
    } else {
        format!("1{number}")
    }
}

/// When an account closes: `validHours` or `dueDate`, not both.
pub(super) fn due(options: &Args, now: i64) -> Result<i64, ApiError> {
    let (hours, date) = (options.count("validHours")?, options.text("dueDate", 40)?);
    match (hours, date) {
        (Some(_), Some(_)) => Err(error("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE")),
        (Some(hours), None) if i64::from(hours) > HOURS_MAX => Err(error("EXCEED_MAX_VALID_HOURS")),
        (Some(0), None) => Err(error("INVALID_REQUEST").about("validHours")),
        (Some(hours), None) => Ok(now + i64::from(hours) * HOUR_MS),
        (None, Some(text)) => {
            let due = parse_local(text)
                .filter(|due| *due > now)
                .ok_or_else(|| error("INVALID_DATE"))?;
            if due > now + HOURS_MAX * HOUR_MS {
                Err(error("EXCEED_MAX_DUE_DATE"))
            } else {
                Ok(due)
            }
        }
        (None, None) => Ok(now + HOURS * HOUR_MS),
    }
}

/// The account that a window ends with.
pub(super) fn from_window(
    options: &Map<String, Value>,
    buyer: &Map<String, Value>,
    name: &str,
    test: bool,
    now: i64,
) -> Vbank {
    let args = Args(options.clone());
    let bank = buyer
        .get("bank")
        .and_then(Value::as_str)
        .and_then(codes::bank)
        .filter(|(_, issues)| *issues);
    Vbank {
        fixed: false,
        account: account_number(test),
        bank: bank.map_or("88", |(code, _)| code),
        customer: if name.is_empty() {
            "구매자".to_owned()
        } else {
            name.to_owned()
        },
        depositor: None,
        due: due(&args, now).unwrap_or(now + HOURS * HOUR_MS),
        refund_status: "NONE",
        held: None,
    }
}

impl Toss {
    /// `POST /v1/virtual-accounts`
    pub(super) fn issue_vbank(&self, ctx: &Ctx<'_>, body: &[u8]) -> Reply {
        let merchant = &ctx.caller.merchant;
        let args = Args::parse(body)?;
        let krw = super::payment::Currency::Krw;
        let amount = args.need_amount("amount", krw)?;
        let (order_id, order_name) = (args.order_id()?, args.order_name()?);
        let customer = args.need_text("customerName", 100)?;
        let (bank, issues) = codes::bank(args.need_text("bank", 40)?).ok_or_else(|| error("INVALID_BANK"))?;
        if !issues {
            return Err(error("INVALID_BANK").into());
        }
        let fixed = args.text("accountKey", 13)?;
        if fixed.is_some() && !merchant.fixed_account {
            return Err(error("NOT_SUPPORTED_METHOD").into());
        }
        let account = match fixed {
            Some(key) => fixed_account(&merchant.mid, key, merchant.test()),
            None => account_number(merchant.test()),
        };
        let mut payment = Payment::new(
            &merchant.mid,
            order_id,
            order_name,
            Method::VirtualAccount,
            amount,
            ctx.now,
        );
        payment.tax_free = args.part("taxFreeAmount", krw, amount)?;
        payment.escrow = args.flag("useEscrow")? && merchant.escrow;
        payment.means = Means::Vbank(Vbank {
            fixed: fixed.is_some(),
            account,
            bank,
            customer: customer.to_owned(),
            depositor: None,
            due: due(&args, ctx.now)?,
            refund_status: "NONE",
            held: None,
        });
        payment.receipt = wanted_receipt(&args, ctx.now)?;
        self.charge(ctx, payment, None)
    }

    /// The cash receipt that comes with money which has arrived.
    pub(super) fn tie_receipt(&self, payment: &mut Payment, now: i64) {
        if let Some(receipt) = &mut payment.receipt {
            receipt.at = now;
        }
    }

    /// The payment of an order number, whoever's it is: control calls name no merchant.
    pub(super) fn named(&self, tid: Option<&str>, order_id: Option<&str>) -> Result<Arc<Mutex<Payment>>, ControlError> {
        if let Some(tid) = tid {
            let text = || format!("no payment has the paymentKey `{tid}`");
            return self
                .payments
                .get(tid)
                .ok_or_else(|| ControlError::missing("tid", text()));
        }
        let order = order_id.ok_or_else(|| ControlError::bad("orderId", "give `orderId` or `tid`"))?;
        let tail = format!("\n{order}");
        let key = self
            .orders
            .iter()
            .filter(|entry| entry.key().ends_with(&tail))
            .find_map(|e| e.newest.clone());
        key.and_then(|key| self.payments.get(&key))
            .ok_or_else(|| ControlError::missing("orderId", format!("no payment has the orderId `{order}`")))
    }

    /// `POST /_sim/toss/deposit`
    pub(super) fn take_deposit(&self, body: &[u8]) -> Control {
        let ask: Deposit = parse(body)?;
        let record = self.named(ask.tid.as_deref(), ask.order_id.as_deref())?;
        let mut payment = lock(&record);
        let now = self.world.clock.now();
        let merchant = self.merchants.get(&payment.mid);
        let delay = merchant.as_ref().map_or(0, |m| m.deposit_delay_ms);
        let told = if ask.reverse {
            reverse(&mut payment)?
        } else {
            let name = depositor(&payment, &ask, now)?;
            if delay > 0 {
                self.hold(&mut payment, now.saturating_add(delay), name)
            } else {
                pay(&mut payment, name, now)
            }
        };
        let notices = match merchant.filter(|_| told) {
            Some(merchant) => self.changed(&payment, &merchant),
            None => Vec::new(),
        };
        let reply = json!({"tid": *payment.key, "orderId": payment.order_id, "state": payment.status.word(),
            "amount": payment.total, "held": is_held(&payment), "notices": notices.len()});
        Ok(Controlled { reply, notices })
    }

    /// Keeps a deposit back: neither the status nor a notification shows it yet.
    fn hold(&self, payment: &mut Payment, until: i64, name: String) -> bool {
        if let Means::Vbank(account) = &mut payment.means {
            account.held = Some((until, name));
            lock(&self.held).insert(Arc::clone(&payment.key));
        }
        false
    }

    /// Shows the deposits whose time of correction is over.
    pub(super) fn release_deposits(&self, now: i64) -> Vec<Notice> {
        let keys: Vec<Arc<str>> = lock(&self.held).iter().map(Arc::clone).collect();
        let mut notices = Vec::new();
        for key in keys {
            let record = self.payments.get(&key);
            let done = record.is_none_or(|record| self.release(&mut lock(&record), now, &mut notices));
            if done {
                lock(&self.held).remove(&key);
            }
        }
        notices
    }

    /// Whether nothing is held back any more.
    fn release(&self, payment: &mut Payment, now: i64, notices: &mut Vec<Notice>) -> bool {
        let Means::Vbank(account) = &mut payment.means else {
            return true;
        };
        let name = match &account.held {
            None => return true,
            Some((until, _)) if now < *until => return false,
            Some((_, name)) => name.clone(),
        };
        account.held = None;
        if payment.status == Status::WaitingForDeposit {
            pay(payment, name, now);
            notices.extend(
                self.merchants
                    .get(&payment.mid)
                    .map(|m| self.changed(payment, &m))
                    .unwrap_or_default(),
            );
        }
        true
    }

    /// `POST /_sim/toss/refund-status`: how the transfer of a refund went, or an asynchronous cancel.
    pub(super) fn set_refund_status(&self, body: &[u8]) -> Control {
        let ask: RefundStatus = parse(body)?;
        let known = REFUND_STATUS.iter().find(|word| **word == ask.status).copied();
        let status = known.ok_or_else(|| unknown_word("status", &ask.status, REFUND_STATUS))?;
        let record = self.named(Some(&ask.tid), None)?;
        let mut payment = lock(&record);
        let merchant = self.merchants.get(&payment.mid);
        let mut notices = Vec::new();
        if let Means::Vbank(account) = &mut payment.means {
            account.refund_status = status;
        } else if let Some(cancel) = payment.cancels.last_mut().filter(|c| c.pending) {
            cancel.pending = status != "COMPLETED";
            notices.extend(merchant.and_then(|m| self.cancel_notice(&payment, &m)));
        } else {
            return Err(ControlError::impossible(
                "this payment has no refund whose status could change",
            ));
        }
        Ok(Controlled {
            reply: json!({"tid": ask.tid, "status": status}),
            notices,
        })
    }
}

fn is_held(payment: &Payment) -> bool {
    matches!(&payment.means, Means::Vbank(account) if account.held.is_some())
}

/// Who pays, if the bank takes the deposit.
fn depositor(payment: &Payment, ask: &Deposit, now: i64) -> Result<String, ControlError> {
    let Means::Vbank(account) = &payment.means else {
        return Err(ControlError::impossible(
            "this payment is no virtual account: nothing can be deposited",
        ));
    };
    if payment.status != Status::WaitingForDeposit || account.held.is_some() {
        let text = format!("the account does not wait for a deposit: {}", payment.status.word());
        return Err(ControlError::impossible(text));
    }
    if now > account.due {
        return Err(ControlError::impossible(
            "the account's due date has passed: the bank refuses the deposit",
        ));
    }
    let (total, amount) = (payment.total, ask.amount.unwrap_or(payment.total));
    if amount != total {
        let text = format!("the bank takes exactly {total} in one deposit and refuses {amount}; no event follows");
        return Err(ControlError::impossible(text));
    }
    Ok(ask.name.clone().unwrap_or_else(|| account.customer.clone()))
}

/// The deposit stands; always something to tell.
fn pay(payment: &mut Payment, name: String, now: i64) -> bool {
    if let Means::Vbank(account) = &mut payment.means {
        account.depositor = Some(name);
    }
    payment.status = Status::Done;
    payment.approved_at = Some(now);
    payment.approve_transaction = Some(transaction_key());
    if let Some(receipt) = &mut payment.receipt {
        receipt.at = now;
    }
    true
}

/// Takes a deposit back; whether there is something to tell: one that was held back vanishes silently.
fn reverse(payment: &mut Payment) -> Result<bool, ControlError> {
    if let Means::Vbank(account) = &mut payment.means
        && account.held.take().is_some()
    {
        return Ok(false);
    }
    if payment.status != Status::Done || !is_vbank(payment) {
        let text = format!(
            "only a deposit that stands can be taken back; the payment is {}",
            payment.status.word()
        );
        return Err(ControlError::impossible(text));
    }
    payment.status = Status::WaitingForDeposit;
    payment.approved_at = None;
    payment.approve_transaction = Some(transaction_key());
    if let Means::Vbank(account) = &mut payment.means {
        account.depositor = None;
    }
    Ok(true)
}

/// `cashReceipt.type` of a request: what is issued once the money is there.
pub(super) fn wanted_receipt(options: &Args, now: i64) -> Result<Option<TiedReceipt>, ApiError> {
    let Some(receipt) = options.object("cashReceipt")? else {
        return Ok(None);
    };
    let kind = match receipt.need_text("type", 20)? {
        "소득공제" => "소득공제",
        "지출증빙" => "지출증빙",
        "미발행" => return Ok(None),
        _ => return Err(error("INVALID_REQUEST").about("cashReceipt.type")),
    };
    Ok(Some(TiedReceipt {
        kind,
        key: ids::alnum(44),
        issue_number: ids::digits(9),
        at: now,
    }))
}

/// Whether a transfer's or a deposit's receipt exists already.
pub(super) fn receipt_issued(payment: &Payment) -> bool {
    payment.receipt.is_some() && payment.approved_at.is_some()
}

/// Day after which a receipt's registration is final.
pub(super) fn registered(at: i64) -> i64 {
    plus_days(at, 1)
}
