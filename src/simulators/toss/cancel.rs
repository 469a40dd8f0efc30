//! Cancels and refunds ("결제 취소").

use super::args::Args;
use super::codes;
use super::errors::{ApiError, error};
use super::payment::{Cancel, Currency, Means, Method, Payment, Status, transaction_key};
use super::{Ctx, Reply, Toss};
use crate::simulators::clock::{civil, plus_days};
use crate::simulators::ledger::lock;

struct Parts {
    amount: i64,
    tax_free: i64,
    tax_exempt: i64,
}

impl Toss {
    /// `POST /v1/payments/{paymentKey}/cancel`
    pub(super) fn cancel(&self, ctx: &Ctx<'_>, key: &str, body: &[u8]) -> Reply {
        let args = Args::parse(body)?;
        let record = self.find(ctx, key)?;
        let mut payment = lock(&record);
        let reason = args.need_text("cancelReason", 200)?.to_owned();
        let request_id = args.text("cancelRequestId", 64)?.map(str::to_owned);
        cancelable(&payment)?;
        currency(&args, &payment)?;
        if let Some(expected) = args.amount("refundableAmount", payment.currency)?
            && expected != payment.balance
        {
            return Err(error("NOT_MATCHES_REFUNDABLE_AMOUNT").into());
        }
        let parts = parts(&args, &payment)?;
        permitted(&payment, &parts, ctx.now)?;
        if payment.method == Method::VirtualAccount && payment.status != Status::WaitingForDeposit {
            refund_account(&args)?;
        }
        if let Some(forced) = &ctx.forced {
            return Err(forced.clone().into());
        }
        apply(&mut payment, &parts, reason, request_id, ctx.now);
        Ok(self.shown(ctx, &payment, self.changed(&payment, &ctx.caller.merchant)))
    }
}

fn cancelable(payment: &Payment) -> Result<(), ApiError> {
    match payment.status {
        Status::Done | Status::WaitingForDeposit => Ok(()),
        Status::PartialCanceled if payment.balance > 0 => Ok(()),
        // Measured: parts that add up to everything leave PARTIAL_CANCELED, and then the amount is what is wrong.
        Status::PartialCanceled => Err(error("NOT_CANCELABLE_AMOUNT")),
        Status::Canceled => Err(error("ALREADY_CANCELED_PAYMENT")),
        Status::Ready | Status::InProgress | Status::Aborted | Status::Expired => Err(error("NOT_CANCELABLE_PAYMENT")),
    }
}

fn currency(args: &Args, payment: &Payment) -> Result<(), ApiError> {
    match args.text("currency", 10)? {
        None => Ok(()),
        Some(word) if Currency::parse(word) == Some(payment.currency) => Ok(()),
        Some(_) => Err(error("INVALID_CURRENCY")),
    }
}

fn parts(args: &Args, payment: &Payment) -> Result<Parts, ApiError> {
    let amount = match args.amount("cancelAmount", payment.currency)? {
        None => payment.balance,
        Some(amount) if amount < 0 => return Err(error("BELOW_ZERO_AMOUNT")),
        Some(0) => return Err(error("INVALID_REQUEST").about("cancelAmount")),
        Some(amount) => amount,
    };
    if amount > payment.balance {
        return Err(error("NOT_CANCELABLE_AMOUNT"));
    }
    if amount == payment.balance {
        return Ok(Parts {
            amount,
            tax_free: payment.tax_free,
            tax_exempt: payment.tax_exempt,
        });
    }
    let tax_free = args.part("taxFreeAmount", payment.currency, amount)?;
    let tax_exempt = args.part("taxExemptionAmount", payment.currency, amount)?;
    let taxable = payment.balance - payment.tax_free - payment.tax_exempt;
    // The default of both parts is 0: a mixed-tax merchant that leaves them out runs out of taxable money.
    let fits =
        tax_free <= payment.tax_free && tax_exempt <= payment.tax_exempt && amount - tax_free - tax_exempt <= taxable;
    if fits {
        Ok(Parts {
            amount,
            tax_free,
            tax_exempt,
        })
    } else {
        Err(error("NOT_CANCELABLE_AMOUNT"))
    }
}

fn permitted(payment: &Payment, parts: &Parts, now: i64) -> Result<(), ApiError> {
    let partial = parts.amount < payment.balance;
    if partial && payment.status == Status::WaitingForDeposit {
        return Err(error("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"));
    }
    if partial && !payment.partial_cancelable() {
        return Err(error("NOT_ALLOWED_PARTIAL_REFUND"));
    }
    let paid = payment.approved_at.unwrap_or(now);
    let late = match payment.method {
        Method::Transfer | Method::Foreign => now > plus_days(paid, 180),
        Method::VirtualAccount => now > plus_days(paid, 365),
        Method::MobilePhone => {
            let (then, today) = (civil(paid), civil(now));
            (then.year(), then.month()) != (today.year(), today.month())
        }
        _ => false,
    };
    if late {
        Err(error("EXCEED_MAX_REFUND_DUE"))
    } else {
        Ok(())
    }
}

/// The account a paid virtual account is refunded to. The member is called `bank`, not `bankCode`.
fn refund_account(args: &Args) -> Result<(), ApiError> {
    let Some(account) = args.object("refundReceiveAccount")? else {
        return Err(error("INVALID_REFUND_ACCOUNT_INFO"));
    };
    let bank = account.need_text("bank", 40)?;
    codes::bank(bank).ok_or_else(|| error("INVALID_BANK"))?;
    let number = account.need_text("accountNumber", 100)?;
    if number.len() > 20 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error("INVALID_REFUND_ACCOUNT_NUMBER"));
    }
    account.need_text("holderName", 60).map(|_| ())
}

fn apply(payment: &mut Payment, parts: &Parts, reason: String, request_id: Option<String>, now: i64) {
    let whole = parts.amount == payment.total && payment.cancels.is_empty();
    let paid_vbank = payment.method == Method::VirtualAccount && payment.status != Status::WaitingForDeposit;
    payment.balance -= parts.amount;
    payment.tax_free -= parts.tax_free;
    payment.tax_exempt -= parts.tax_exempt;
    payment.status = if whole {
        Status::Canceled
    } else {
        Status::PartialCanceled
    };
    if let (true, Means::Vbank(account)) = (paid_vbank, &mut payment.means) {
        account.refund_status = "PENDING";
    }
    payment.cancels.push(Cancel {
        amount: parts.amount,
        reason,
        tax_free: parts.tax_free,
        tax_exempt: parts.tax_exempt,
        refundable: payment.balance,
        at: now,
        transaction: transaction_key(),
        receipt_key: payment.receipt.as_ref().map(|r| format!("c_{}", r.key)),
        request_id,
        pending: payment.method == Method::Foreign,
    });
}
