//! The strict half of reading: merchant, order, amount, TID and signature of a success.

use super::sign::Credentials;
use super::wire::Told;
use crate::adapters::{ChannelRevision, Outcome, Step, UnknownWhy};

/// What a success must name.
pub(super) struct Expected<'a> {
    /// TID asked for.
    pub(super) tid: &'a str,
    /// Order numbers that may stand in it: ours, or for a cancellation its own as well.
    pub(super) order_ids: &'a [&'a str],
    /// Member with the amount: `Amt` or `CancelAmt`.
    pub(super) amount_name: &'static str,
    /// Amount asked for.
    pub(super) amount: i64,
    /// Whether the answer may carry a TID of its own, with ours as `OTID` (carrier billing, cancelled in part).
    pub(super) new_tid: bool,
}

impl Expected<'_> {
    /// Checks a success and gives its TID.
    pub(super) fn prove(
        &self,
        told: &Told,
        channel: &ChannelRevision,
        keys: &Credentials,
    ) -> Result<String, UnknownWhy> {
        let raw = |name: &str| told.raw(name).unwrap_or_default();
        let signature = raw("Signature");
        let amount = raw(self.amount_name);
        if !keys.verifies(&signature, &[&raw("TID"), &raw("MID")], amount.trim()) {
            return Err(doubt(
                "NARU_WRONG_SIGNATURE",
                "the signature of NICE Payments' answer is missing or wrong: it counts as no answer",
            ));
        }
        if told.text("MID").as_deref() != Some(channel.spec.mid.as_str()) {
            return Err(doubt(
                "NARU_WRONG_MID",
                "NICE Payments' answer names another MID than this channel's",
            ));
        }
        let tid = told.text("TID").unwrap_or_default();
        let ours = tid == self.tid || (self.new_tid && told.text("OTID").as_deref() == Some(self.tid));
        if !ours {
            return Err(doubt(
                "NARU_WRONG_TID",
                "NICE Payments' answer is about another TID than the one asked for",
            ));
        }
        let order_id = told.text("Moid").unwrap_or_default();
        if !self.order_ids.contains(&order_id.as_str()) {
            return Err(doubt(
                "NARU_WRONG_ORDER_ID",
                "NICE Payments' answer names another Moid than ours, or none",
            ));
        }
        match told.whole(self.amount_name) {
            Some(amount) if amount == self.amount => Ok(tid),
            _ => Err(doubt(
                "NARU_WRONG_AMOUNT",
                format!("NICE Payments' answer does not say the {} asked for", self.amount),
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
