//! The commands that may move money, in one type: how each is stored, encoded and read.

use crate::adapters::{
    Approve, Call, Cancel, CancelDone, ChannelRevision, Charge, CloseAccount, EscrowCommand, EscrowDone, IssueAccount,
    KeyIn, Operation, Outcome, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::ledger::Intent;
use crate::payment::{Approval, MethodKind};
use serde_json::Value;

/// A command that may move money.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Approve(Approve),
    Instant(Box<KeyIn>),
    Cancel(Box<Cancel>),
    IssueAccount(Box<IssueAccount>),
    CloseAccount(Box<CloseAccount>),
    Escrow(Box<EscrowCommand>),
    Charge(Box<Charge>),
}

/// What a finished command brought.
#[derive(Debug)]
pub(super) enum Effect {
    Approved(Box<Approval>),
    Cancelled(CancelDone),
    AccountClosed,
    Escrow(EscrowDone),
}

fn map<T>(step: Step<T>, wrap: impl Fn(T) -> Effect) -> Step<Effect> {
    match step {
        Step::Send(call) => Step::Send(call),
        Step::Done(Outcome::Done(value)) => Step::Done(Outcome::Done(wrap(value))),
        Step::Done(Outcome::Declined(failure)) => Step::Done(Outcome::Declined(failure)),
        Step::Done(Outcome::NotSent(failure)) => Step::Done(Outcome::NotSent(failure)),
        Step::Done(Outcome::Unknown(why)) => Step::Done(Outcome::Unknown(why)),
    }
}

fn no_reader<T>(what: &str) -> Step<T> {
    Step::Done(Outcome::Unknown(UnknownWhy {
        code: "NARU_NO_READER".to_owned(),
        message: format!("the adapter reads no {what}"),
        ask_first: true,
    }))
}

impl Command {
    pub fn operation(&self) -> Operation {
        match self {
            Self::Approve(_) => Operation::Approve,
            Self::Instant(_) => Operation::Instant,
            Self::Cancel(_) => Operation::Cancel,
            Self::IssueAccount(_) => Operation::IssueAccount,
            Self::CloseAccount(_) => Operation::CloseAccount,
            Self::Escrow(_) => Operation::Escrow,
            Self::Charge(_) => Operation::ChargeBillingKey,
        }
    }

    pub fn idempotency_key(&self) -> &str {
        match self {
            Self::Approve(c) => &c.idempotency_key,
            Self::Instant(c) => &c.idempotency_key,
            Self::Cancel(c) => &c.idempotency_key,
            Self::IssueAccount(c) => &c.idempotency_key,
            Self::CloseAccount(c) => &c.idempotency_key,
            Self::Escrow(c) => &c.idempotency_key,
            Self::Charge(c) => &c.idempotency_key,
        }
    }

    /// As it is stored with the intent: without what the transaction keeps sealed.
    pub fn to_json(&self) -> Value {
        let json = match self {
            Self::Approve(c) => serde_json::to_value(c),
            Self::Instant(c) => serde_json::to_value(c),
            Self::Charge(c) => serde_json::to_value(c),
            Self::Cancel(c) => serde_json::to_value(Cancel {
                keep: None,
                ..(**c).clone()
            }),
            Self::IssueAccount(c) => serde_json::to_value(c),
            Self::CloseAccount(c) => serde_json::to_value(CloseAccount {
                keep: None,
                ..(**c).clone()
            }),
            Self::Escrow(c) => serde_json::to_value(EscrowCommand {
                keep: None,
                ..(**c).clone()
            }),
        };
        json.unwrap_or(Value::Null)
    }

    /// The command of a stored intent. Key-in commands come back without card data, charges without the PG's key.
    pub fn from_intent(intent: &Intent, keep: Option<Value>) -> Result<Self, serde_json::Error> {
        let json = intent.command.clone();
        Ok(match intent.operation {
            Operation::Instant => Self::Instant(serde_json::from_value(json)?),
            Operation::ChargeBillingKey => Self::Charge(serde_json::from_value(json)?),
            Operation::Cancel => {
                let mut cancel: Box<Cancel> = serde_json::from_value(json)?;
                cancel.keep = keep;
                Self::Cancel(cancel)
            }
            Operation::IssueAccount => Self::IssueAccount(serde_json::from_value(json)?),
            Operation::CloseAccount => {
                let mut close: Box<CloseAccount> = serde_json::from_value(json)?;
                close.keep = keep;
                Self::CloseAccount(close)
            }
            Operation::Escrow => {
                let mut escrow: Box<EscrowCommand> = serde_json::from_value(json)?;
                escrow.keep = keep;
                Self::Escrow(escrow)
            }
            _ => Self::Approve(serde_json::from_value(json)?),
        })
    }

    /// The approval that a net-cancel undoes: the window's, or that of a charge or an account without a window, which
    /// has no token.
    pub fn as_approval(&self) -> Option<Approve> {
        let bare = |order_id: &str, amounts, currency, order_name: &str, method, key: &str, at| Approve {
            order_id: order_id.to_owned(),
            amounts,
            currency,
            order_name: order_name.to_owned(),
            method,
            idempotency_key: key.to_owned(),
            at,
            token: Value::Null,
        };
        match self {
            Self::Approve(c) => Some(c.clone()),
            Self::Charge(c) => Some(bare(
                &c.order_id,
                c.amounts,
                c.currency,
                &c.order_name,
                c.method,
                &c.idempotency_key,
                c.at,
            )),
            Self::IssueAccount(c) => Some(bare(
                &c.order_id,
                c.amounts,
                c.currency,
                &c.order_name,
                MethodKind::VirtualAccount,
                &c.idempotency_key,
                c.at,
            )),
            _ => None,
        }
    }

    pub fn first_call(&self, channel: &ChannelRevision) -> Result<Call, Refusal> {
        match self {
            Self::Approve(c) => channel.adapter.approve(c, channel),
            Self::Cancel(c) => channel.adapter.cancel(c, channel),
            Self::Instant(c) => match channel.adapter.instant() {
                Some(instant) => instant.pay(c, channel),
                None => Err(Refusal::new("method", "the channel's PG takes no card data")),
            },
            Self::IssueAccount(c) => match channel.adapter.virtual_accounts() {
                Some(accounts) => accounts.issue_account(c, channel),
                None => Err(Refusal::new("method", "the channel's PG issues no accounts by a call")),
            },
            Self::CloseAccount(c) => match channel.adapter.virtual_accounts() {
                Some(accounts) => accounts.close_account(c, channel),
                None => Err(Refusal::new(
                    "paymentId",
                    "the channel's PG closes no accounts by a call",
                )),
            },
            Self::Escrow(c) => match channel.adapter.escrow() {
                Some(escrow) => escrow.tell(c, channel),
                None => Err(Refusal::new("paymentId", "the channel's PG has no escrow calls")),
            },
            Self::Charge(c) => match channel.adapter.billing_keys() {
                Some(keys) => keys.charge(c, channel),
                None => Err(Refusal::new("billingKey", "the channel's PG has no billing keys")),
            },
        }
    }

    pub fn read(&self, channel: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<Effect> {
        let approved = |a| Effect::Approved(Box::new(a));
        match self {
            Self::Approve(c) => map(channel.adapter.approved(c, channel, call, answer), approved),
            Self::Cancel(c) => map(channel.adapter.cancelled(c, channel, call, answer), Effect::Cancelled),
            Self::Instant(c) => match channel.adapter.instant() {
                Some(instant) => map(instant.paid(c, channel, call, answer), approved),
                None => no_reader("key-in answers"),
            },
            Self::IssueAccount(c) => match channel.adapter.virtual_accounts() {
                Some(accounts) => map(accounts.account_issued(c, channel, call, answer), approved),
                None => no_reader("such answers"),
            },
            Self::CloseAccount(c) => match channel.adapter.virtual_accounts() {
                Some(accounts) => map(accounts.account_closed(c, channel, call, answer), |_| {
                    Effect::AccountClosed
                }),
                None => no_reader("such answers"),
            },
            Self::Escrow(c) => match channel.adapter.escrow() {
                Some(escrow) => map(escrow.told(c, channel, call, answer), Effect::Escrow),
                None => no_reader("such answers"),
            },
            Self::Charge(c) => match channel.adapter.billing_keys() {
                Some(keys) => map(keys.charged(c, channel, call, answer), approved),
                None => no_reader("answers to charges"),
            },
        }
    }
}
