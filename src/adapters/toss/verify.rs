//! The strict half of reading: whose payment it is, how much, in which currency. One difference and nothing is
//! believed, because the object may belong to another order.

use super::wire::Payment;
use crate::adapters::{ChannelRevision, Outcome, Step, UnknownWhy};
use crate::payment::Currency;

/// What an answer must name.
pub(super) struct Expected<'a> {
    /// Key asked for; `None` when Toss allocates it in this very answer.
    pub(super) payment_key: Option<&'a str>,
    /// Our order number.
    pub(super) order_id: &'a str,
    /// Total, KRW.
    pub(super) total: i64,
    /// Currency.
    pub(super) currency: Currency,
    /// Our MID; empty when the channel names none.
    pub(super) mid: &'a str,
}

impl<'a> Expected<'a> {
    /// With the channel's MID.
    pub(super) fn new(
        payment_key: Option<&'a str>,
        order_id: &'a str,
        total: i64,
        currency: Currency,
        channel: &'a ChannelRevision,
    ) -> Self {
        Self {
            payment_key,
            order_id,
            total,
            currency,
            mid: &channel.spec.mid,
        }
    }

    /// Whose payment it is: key, order, currency, MID; the total apart. Gives the payment key.
    ///
    /// Currency and MID count when they are told: a member that is missing has never meant another payment.
    pub(super) fn identity(&self, payment: &Payment) -> Result<String, UnknownWhy> {
        let Some(key) = payment.payment_key.owned() else {
            return Err(doubt("NARU_UNREADABLE", "Toss Payments' answer names no paymentKey"));
        };
        if self.payment_key.is_some_and(|asked| asked != key) {
            return Err(doubt(
                "NARU_WRONG_PAYMENT_KEY",
                "Toss Payments' answer is about another paymentKey than the one asked for",
            ));
        }
        if !payment.order_id.is(self.order_id) {
            return Err(doubt(
                "NARU_WRONG_ORDER_ID",
                "Toss Payments' answer names another orderId than ours, or none",
            ));
        }
        if payment.currency.text().is_some_and(|c| c != self.currency.code()) {
            return Err(doubt(
                "NARU_WRONG_CURRENCY",
                "Toss Payments' answer names another currency than the one asked for",
            ));
        }
        if !self.mid.is_empty() && payment.m_id.text().is_some_and(|mid| mid != self.mid) {
            return Err(doubt(
                "NARU_WRONG_MID",
                "Toss Payments' answer names another mId than this channel's",
            ));
        }
        Ok(key)
    }

    /// Everything, the total included.
    pub(super) fn whole(&self, payment: &Payment) -> Result<String, UnknownWhy> {
        let key = self.identity(payment)?;
        match payment.total_amount.whole() {
            Some(total) if total == self.total => Ok(key),
            Some(total) => Err(doubt(
                "NARU_WRONG_AMOUNT",
                format!(
                    "Toss Payments' answer says totalAmount {total}, asked for were {}",
                    self.total
                ),
            )),
            None => Err(doubt(
                "NARU_WRONG_AMOUNT",
                "Toss Payments' answer has no readable totalAmount",
            )),
        }
    }
}

/// An answer that came but is not believed: ask before anything else.
pub(super) fn doubt(code: &str, message: impl Into<String>) -> UnknownWhy {
    UnknownWhy {
        code: code.to_owned(),
        message: message.into(),
        ask_first: true,
    }
}

/// A finished step with an unknown outcome.
pub(super) fn unknown<T>(why: UnknownWhy) -> Step<T> {
    Step::Done(Outcome::Unknown(why))
}
