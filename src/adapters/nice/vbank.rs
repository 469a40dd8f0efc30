//! Virtual accounts, which NICE issues in its window only. Closing one is a cancellation of the whole before the deposit
//! (NICE docs: "취소,환불"), without a refund account.

use super::send::{self, Deed};
use super::sign::credentials;
use super::verify::{Expected, doubt, unknown};
use super::wire::{Told, edi_date};
use super::{Nice, codes, mask, rules};
use crate::adapters::{
    AccountClosed, Call, ChannelRevision, CloseAccount, IssueAccount, Operation, Outcome, Refusal, Step, UnknownWhy,
    VirtualAccounts, WireAnswer,
};
use crate::payment::Approval;
use serde::Serialize;

/// Why no account is issued by a call.
pub(super) const WINDOW_ONLY: &str = "NICE Payments' v1 API issues virtual accounts in the window only";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Close<'a> {
    reason: &'a str,
    order_id: &'a str,
    edi_date: &'a str,
    sign_data: &'a str,
}

impl VirtualAccounts for Nice {
    fn issue_account(&self, _: &IssueAccount, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("method.virtualAccount", WINDOW_ONLY))
    }

    fn account_issued(&self, _: &IssueAccount, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<Approval> {
        unknown(doubt("NARU_NO_READER", WINDOW_ONLY))
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let edi_date = edi_date(command.at);
        let body = Close {
            reason: &rules::reason(&command.reason)?,
            order_id: &command.order_id,
            edi_date: &edi_date,
            sign_data: &credentials(channel)?.sign(&[&command.pg_tx_id, &edi_date]),
        };
        let path = format!("/v1/payments/{}/cancel", send::segment("paymentId", &command.pg_tx_id)?);
        send::first(channel, Deed::post(Operation::CloseAccount, path, &body)?)
    }

    fn account_closed(
        &self,
        command: &CloseAccount,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        match send::hear(channel, call, answer).told() {
            Ok(told) if told.succeeded() => match closed(command, channel, &told) {
                Ok(closed) => Step::Done(Outcome::Done(closed)),
                Err(why) => unknown(why),
            },
            // An account that expired cannot be cancelled, and takes no deposit either: the inquiry tells.
            Ok(told) if matches!(told.code().as_str(), "2013" | "2014" | "2015") => {
                unknown(doubt(&told.code(), told.message()))
            }
            Ok(told) => Step::Done(codes::refused(codes::Call::Cancel, &told)),
            Err(step) => step,
        }
    }
}

fn closed(command: &CloseAccount, channel: &ChannelRevision, told: &Told) -> Result<AccountClosed, UnknownWhy> {
    let keys = credentials(channel).map_err(|refusal| doubt("NARU_UNREADABLE", refusal.to_string()))?;
    let expected = Expected {
        tid: Some(&command.pg_tx_id),
        order_id: &command.order_id,
        total: command.amounts.total,
        part: None,
    };
    let proven = expected.prove(told, keys)?;
    let object = told.object();
    let cancelled = object
        .text("status")
        .is_some_and(|s| s.eq_ignore_ascii_case("cancelled"));
    if !proven.signed || !cancelled || object.whole("balanceAmt").is_some_and(|b| b != 0) {
        let message = "NICE Payments' answer is not signed, or does not say that the account is cancelled as a whole";
        return Err(doubt("NARU_NOT_CLOSED", message));
    }
    Ok(AccountClosed {
        closed_at: object.time("cancelledAt"),
        raw: Some(mask::masked(told.body())),
    })
}
