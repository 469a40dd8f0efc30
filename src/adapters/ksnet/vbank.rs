//! Virtual accounts without a window: issued over REST (KSNET KSPAY API: `vaccount/permanent`), closed by the socket
//! (KSNET KSPayApprovalCancel: `6010`), which a channel must turn on.

use super::codes::{self, Class, Place, doubt, unknown};
use super::instant::proven;
use super::request::{self, BODY, Header};
use super::sign::credentials;
use super::wire::{millis, stamp, told};
use super::{Ksnet, mask, method, rules, send, tables};
use crate::adapters::{
    AccountClosed, AccountExpiry, AccountKind, Call, ChannelRevision, CloseAccount, Device, IssueAccount, Operation,
    Outcome, ReceiptWish, Refusal, Step, VirtualAccounts, WireAnswer,
};
use crate::payment::{Approval, Failure, FailureKind, MethodDetail, MethodKind, Millis, Status};

/// Length of a virtual account's answer, from its type on.
const ANSWER: usize = 168;
const HOUR: Millis = 3_600_000;

fn due(command: &IssueAccount) -> Result<Millis, Refusal> {
    let at = match command.expiry {
        AccountExpiry::Hours(hours) => command.at + i64::from(hours) * HOUR,
        AccountExpiry::Due(at) => at,
    };
    let ahead = at > command.at && at - command.at <= 24 * 365 * HOUR;
    ahead
        .then_some(at)
        .ok_or_else(|| Refusal::new("option.expiry", "must lie ahead, within a year"))
}

impl VirtualAccounts for Ksnet {
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::VirtualAccount, &command.amounts)?;
        if command.kind != AccountKind::Normal {
            return Err(Refusal::new(
                "option.type",
                "must be NORMAL: KSNET's fixed accounts are assigned by contract",
            ));
        }
        if command.amounts.tax_free > 0 {
            return Err(Refusal::new(
                "amount.taxFree",
                "is not possible with accounts that KSNET issues by API",
            ));
        }
        if command
            .receipt
            .as_ref()
            .is_some_and(|r| r.wish != ReceiptWish::NoReceipt)
        {
            return Err(Refusal::new(
                "cashReceipt",
                "cannot be asked for with accounts that KSNET issues by API",
            ));
        }
        if !tables::issues(&command.bank) {
            return Err(Refusal::new("option.bank", "is not a bank that KSNET knows"));
        }
        let goods = rules::goods_name(&command.order_name, Device::Pc)?;
        let buyer = rules::buyer(command.customer_name.as_deref(), rules::GOODS_MAX)?;
        let (total, close) = (command.amounts.total.to_string(), stamp(due(command)?, "%Y%m%d%H%M%S"));
        let members = [
            ("mid", channel.spec.mid.as_str()),
            ("payload", &command.idempotency_key),
            ("orderNumb", &command.order_id),
            ("userName", &buyer),
            ("productName", &goods),
            ("totalAmount", &total),
            ("bankType", &command.bank),
            ("virtAccountType", "0"),
            ("escrowType", if command.escrow { "1" } else { "0" }),
            ("closeDateTime", &close),
        ];
        send::rest(channel, Operation::IssueAccount, "vaccount/permanent", &members)
    }

    fn account_issued(
        &self,
        command: &IssueAccount,
        _: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        let told = match told(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        if told.code != "A0200" {
            return Step::Done(codes::refused(Place::Pay, &told, call.replay));
        }
        let tid = match proven(&told, "0000", &command.idempotency_key, None) {
            Ok(tid) => tid,
            Err(why) => return unknown(why),
        };
        let number = told.text("virtualAccountNumb").unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return unknown(doubt(
                "NARU_ACCOUNT_UNKNOWN",
                format!("KSNET issued {tid}, and not which account"),
            ));
        }
        let bank = told.text("bankType").unwrap_or_else(|| command.bank.clone());
        let issued_at = told.text("tradeDateTime").as_deref().and_then(millis);
        let detail = MethodDetail::VirtualAccount {
            bank: tables::issues(&bank).then_some(bank),
            account_number: number,
            fixed: Some(false),
            remittee: told.text("accountHolder"),
            remitter: None,
            expires_at: due(command).ok(),
            issued_at,
        };
        Step::Done(Outcome::Done(Approval {
            status: Status::VirtualAccountIssued,
            keep: Some(method::keep(
                MethodKind::VirtualAccount,
                &detail,
                command.amounts.total,
                &tid,
            )),
            method: Some(detail),
            approved_at: None,
            receipt_url: None,
            raw: Some(mask::masked(told.body())),
            escrow: command.escrow,
            cash_receipt: None,
            pg_tx_id: tid,
        }))
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        if !credentials(channel)?.socket {
            let message =
                "cannot be closed: KSNET has no REST call for it; turn socket on for the channel, or use KSTA";
            return Err(Refusal::new("paymentId", message));
        }
        if !rules::is_trno(&command.pg_tx_id) || command.pg_tx_id.len() > 12 {
            return Err(Refusal::new("paymentId", "has no transaction number of KSNET"));
        }
        let header = Header::bare(channel, &command.order_id, command.at);
        let body = request::cancel_body("6010", "0", &command.pg_tx_id, "", "");
        Ok(request::exchange(
            channel,
            Operation::CloseAccount,
            request::record(&header, &body),
        ))
    }

    fn account_closed(
        &self,
        command: &CloseAccount,
        channel: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        let record = match request::read(answer, &channel.spec.mid, ANSWER) {
            Ok(record) => record,
            Err(why) => return unknown(why),
        };
        let at = |from: usize, length: usize| record.text(BODY + from..BODY + from + length);
        let (kind, trno, status) = (at(0, 4), at(4, 12), at(16, 1));
        let message = format!("{} {}", at(100, 16), at(116, 16)).trim().to_owned();
        let closed = |closed_at| {
            let raw = serde_json::json!({"type": kind, "trno": trno, "status": status, "message": message});
            Step::Done(Outcome::Done(AccountClosed {
                closed_at,
                raw: Some(raw.to_string()),
            }))
        };
        match status.as_str() {
            _ if kind != "6011" => unknown(doubt(
                "NARU_UNREADABLE",
                "KSNET's record is of another type than asked for",
            )),
            "O" if trno == command.pg_tx_id => closed(millis(&format!("{}{}", at(17, 8), at(25, 6)))),
            "O" => unknown(doubt("NARU_WRONG_TID", "KSNET's record is about another transaction")),
            "X" => {
                let code = at(96, 4);
                match codes::meaning(Place::Cancel, &code, &message) {
                    _ if code.is_empty() => unknown(doubt("NARU_UNREADABLE", "KSNET's refusal names no code")),
                    (FailureKind::AlreadyCancelled, _) => closed(None),
                    (kind, Class::Refused) => Step::Done(Outcome::Declined(Failure::new(kind, code, message))),
                    (_, Class::Ask) => unknown(doubt(&code, message)),
                }
            }
            _ => unknown(doubt("NARU_UNREADABLE", "KSNET's record says neither O nor X")),
        }
    }
}
