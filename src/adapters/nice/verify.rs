//! The strict half of reading: whose payment it is, how much, and whether NICE signed it. One difference and nothing is
//! believed, because the object may belong to another order.

use super::sign::Credentials;
use super::wire::Told;
use crate::adapters::{Outcome, Step, UnknownWhy};

/// What an answer must name.
pub(super) struct Expected<'a> {
    /// The tid asked for, if one was.
    pub(super) tid: Option<&'a str>,
    /// Our order number.
    pub(super) order_id: &'a str,
    /// Original total, KRW. NICE's `amount` stays the original one after cancellations.
    pub(super) total: i64,
    /// An amount that a cancellation's signature may cover instead.
    pub(super) part: Option<i64>,
}

/// A success that names what was asked for.
pub(super) struct Proven {
    /// Its tid.
    pub(super) tid: String,
    /// Whether it is signed. Some genuine successes are not; those are confirmed by an inquiry.
    pub(super) signed: bool,
}

impl Expected<'_> {
    /// Checks a success.
    pub(super) fn prove(&self, told: &Told, keys: &Credentials) -> Result<Proven, UnknownWhy> {
        let signed = self.signature(told, keys)?;
        let object = told.object();
        let Some(tid) = object.owned("tid") else {
            return Err(doubt("NARU_UNREADABLE", "NICE Payments' answer names no tid"));
        };
        if self.tid.is_some_and(|asked| asked != tid) {
            return Err(doubt(
                "NARU_WRONG_TID",
                "NICE Payments' answer is about another tid than the one asked for",
            ));
        }
        if object.text("orderId").as_deref() != Some(self.order_id) {
            return Err(doubt(
                "NARU_WRONG_ORDER_ID",
                "NICE Payments' answer names another orderId than ours, or none",
            ));
        }
        if object.text("currency").is_some_and(|c| !c.eq_ignore_ascii_case("KRW")) {
            return Err(doubt(
                "NARU_WRONG_CURRENCY",
                "NICE Payments' answer names another currency than KRW",
            ));
        }
        match object.whole("amount") {
            Some(amount) if amount == self.total => Ok(Proven { tid, signed }),
            Some(amount) => Err(doubt(
                "NARU_WRONG_AMOUNT",
                format!(
                    "NICE Payments' answer says amount {amount}, asked for were {}",
                    self.total
                ),
            )),
            None => Err(doubt(
                "NARU_WRONG_AMOUNT",
                "NICE Payments' answer has no readable amount",
            )),
        }
    }

    /// Whether it is signed; a signature that is there and wrong makes it no answer at all.
    fn signature(&self, told: &Told, keys: &Credentials) -> Result<bool, UnknownWhy> {
        let object = told.object();
        let Some(signature) = object.text("signature") else {
            return Ok(false);
        };
        let tid = object.text("tid").unwrap_or_default();
        let edi_date = object.text("ediDate").unwrap_or_default();
        let amounts = [object.whole("amount"), self.part];
        let right = amounts
            .into_iter()
            .flatten()
            .any(|amount| keys.verifies(&signature, &[&tid, &amount.to_string(), &edi_date]));
        if right {
            return Ok(true);
        }
        Err(doubt(
            "NARU_WRONG_SIGNATURE",
            "the signature of NICE Payments' answer is wrong: it counts as no answer",
        ))
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
