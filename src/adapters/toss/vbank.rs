//! Virtual accounts without a window: `POST /v1/virtual-accounts` (Toss docs: "가상계좌 발급 요청"), and closing one,
//! which to Toss is a full cancellation before the deposit, without a refund account.

use super::approve::settled;
use super::verify::{Expected, doubt, unknown};
use super::window::{due_date, escrow_products};
use super::wire::{Answer, millis, read};
use super::{Toss, codes, mask, post, rules, segment, tables};
use crate::adapters::{
    AccountClosed, AccountExpiry, AccountKind, AccountReceipt, Call, ChannelRevision, CloseAccount, IssueAccount,
    Operation, Outcome, ReceiptWish, RefundTransfer, Refusal, Step, VirtualAccounts, WireAnswer,
};
use crate::payment::{Approval, MethodKind, Status};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

/// Longest life of an account, hours.
const VALID_HOURS_MAX: u32 = 2160;
/// Longest `accountKey`.
const ACCOUNT_KEY_MAX: usize = 13;
/// Longest number of a cash receipt.
pub(super) const IDENTITY_MAX: usize = 30;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    amount: i64,
    order_id: &'a str,
    order_name: String,
    customer_name: String,
    bank: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_mobile_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    use_escrow: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    escrow_products: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cash_receipt: Option<Receipt<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_key: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_number: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Close<'a> {
    cancel_reason: String,
    refundable_amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_free_amount: Option<&'a i64>,
}

impl VirtualAccounts for Toss {
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::VirtualAccount, &command.amounts)?;
        let (valid_hours, due) = expiry(command)?;
        let filled = |text: &Option<String>| text.as_deref().map(rules::clean).filter(|t| !t.is_empty());
        let name = filled(&command.customer_name).ok_or_else(|| {
            Refusal::new(
                "customer.name",
                "must be given: Toss Payments shows it with the account",
            )
        })?;
        let products = command.products.as_ref().filter(|_| command.escrow);
        let body = Body {
            amount: command.amounts.total,
            order_id: &command.order_id,
            order_name: rules::order_name(&command.order_name)?,
            customer_name: rules::cut(&name, rules::TEXT_MAX),
            bank: bank(&command.bank)?,
            valid_hours,
            due_date: due,
            customer_email: filled(&command.customer_email).map(|e| rules::email(&e)).transpose()?,
            customer_mobile_phone: filled(&command.customer_phone).map(|p| rules::phone(&p)).transpose()?,
            tax_free_amount: (command.amounts.tax_free > 0).then_some(command.amounts.tax_free),
            use_escrow: command.escrow,
            escrow_products: products.map(escrow_products).transpose()?.unwrap_or_default(),
            cash_receipt: command.receipt.as_ref().map(receipt).transpose()?,
            account_key: account_key(&command.kind)?,
        };
        let key = &command.idempotency_key;
        post(channel, Operation::IssueAccount, "/v1/virtual-accounts", key, &body)
    }

    fn refund_transfer(&self) -> Option<fn(&WireAnswer) -> RefundTransfer> {
        Some(refund_transfer)
    }

    fn account_issued(
        &self,
        command: &IssueAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        // Toss allocates the payment key in this very answer.
        let expected = Expected::new(
            None,
            &command.order_id,
            command.amounts.total,
            command.currency,
            channel,
        );
        let done: fn(&str) -> Option<Status> =
            |status| (status == "WAITING_FOR_DEPOSIT").then_some(Status::VirtualAccountIssued);
        settled(&expected, call, answer, done)
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let body = Close {
            cancel_reason: rules::cut(&command.reason, rules::REASON_MAX),
            refundable_amount: command.amounts.total,
            tax_free_amount: Some(&command.amounts.tax_free).filter(|free| **free > 0),
        };
        let path = format!("/v1/payments/{}/cancel", segment("paymentId", &command.pg_tx_id)?);
        post(channel, Operation::CloseAccount, &path, &command.idempotency_key, &body)
    }

    fn account_closed(
        &self,
        command: &CloseAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        let payment = match read(answer) {
            Answer::Payment(payment) => payment,
            Answer::Error(error) => return Step::Done(codes::refused(call.operation, call.replay, error)),
            Answer::Unreadable(why) => return unknown(why),
        };
        let key = Some(command.pg_tx_id.as_str());
        let total = command.amounts.total;
        let expected = Expected::new(key, &command.order_id, total, command.currency, channel);
        if let Err(why) = expected.whole(&payment) {
            return unknown(why);
        }
        // One single full cancellation: that is what `CANCELED` says, and nothing else closes an account.
        if !payment.status.is("CANCELED") || payment.balance_amount.whole() != Some(0) {
            return unknown(doubt(
                "NARU_NOT_CLOSED",
                "Toss Payments' answer does not say CANCELED with a balance of 0",
            ));
        }
        let entry = payment
            .cancels
            .0
            .iter()
            .rfind(|c| c.cancel_amount.whole() == Some(total));
        Step::Done(Outcome::Done(AccountClosed {
            closed_at: entry.and_then(|entry| millis(&entry.canceled_at)),
            raw: Some(mask::masked(&answer.body)),
        }))
    }
}

/// `refundStatus` of the payment's account.
fn refund_transfer(answer: &WireAnswer) -> RefundTransfer {
    let Answer::Payment(payment) = read(answer) else {
        return RefundTransfer::Underway;
    };
    let account = payment.virtual_account.get();
    match account.and_then(|account| account.refund_status.text()).as_deref() {
        Some("COMPLETED") => RefundTransfer::Done,
        Some("FAILED" | "PARTIAL_FAILED") => RefundTransfer::Failed,
        _ => RefundTransfer::Underway,
    }
}

fn bank(word: &str) -> Result<&'static str, Refusal> {
    tables::issuing_bank(word).ok_or_else(|| {
        Refusal::new(
            "method.virtualAccount.bank",
            format!(
                "is not a bank Toss Payments issues virtual accounts of; use one of {}",
                tables::issuing_banks()
            ),
        )
    })
}

fn expiry(command: &IssueAccount) -> Result<(Option<u32>, Option<String>), Refusal> {
    const HOURS: &str = "method.virtualAccount.expiry.validHours";
    match command.expiry {
        AccountExpiry::Hours(hours) if !(1..=VALID_HOURS_MAX).contains(&hours) => {
            Err(Refusal::new(HOURS, format!("must be 1 to {VALID_HOURS_MAX}")))
        }
        AccountExpiry::Hours(hours) => Ok((Some(hours), None)),
        AccountExpiry::Due(due) => {
            let text =
                due_date(due, command.at).map_err(|fix| Refusal::new("method.virtualAccount.expiry.dueDate", fix))?;
            Ok((None, Some(text)))
        }
    }
}

fn account_key(kind: &AccountKind) -> Result<Option<&str>, Refusal> {
    const KEY: &str = "method.virtualAccount.option.fixed.pgAccountId";
    match kind {
        AccountKind::Normal => Ok(None),
        AccountKind::FixedKey(key) if (1..=ACCOUNT_KEY_MAX).contains(&key.len()) && key.is_ascii() => Ok(Some(key)),
        AccountKind::FixedKey(_) => Err(Refusal::new(
            KEY,
            format!("must be 1 to {ACCOUNT_KEY_MAX} ASCII characters"),
        )),
        AccountKind::FixedNumber(_) => Err(Refusal::new(
            "method.virtualAccount.option.fixed.accountNumber",
            "Toss Payments keeps the numbers itself; give option.fixed.pgAccountId instead",
        )),
    }
}

fn receipt(receipt: &AccountReceipt) -> Result<Receipt<'_>, Refusal> {
    const NUMBER: &str = "method.virtualAccount.cashReceipt.customerIdentityNumber";
    let r#type = match receipt.wish {
        ReceiptWish::NoReceipt => {
            return Ok(Receipt {
                r#type: "미발행",
                registration_number: None,
            });
        }
        ReceiptWish::Personal => "소득공제",
        ReceiptWish::Corporate => "지출증빙",
    };
    let number = receipt.identity.as_ref().map(ExposeSecret::expose_secret);
    let fits = |n: &&str| (1..=IDENTITY_MAX).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let number = number
        .filter(fits)
        .ok_or_else(|| Refusal::new(NUMBER, format!("must be 1 to {IDENTITY_MAX} digits")))?;
    Ok(Receipt {
        r#type,
        registration_number: Some(number),
    })
}
