//! Closing a virtual account before its deposit (INIAPI manual: 채번취소, `GVacct`), and issuing one without a window
//! (INIAPI manual: "가상계좌", `formpay`).

use super::cancel::{undone, undone_at};
use super::sign::credentials;
use super::wire::{doubt, formatted, read_json};
use super::{Inicis, codes, mask, method, rules, send, tables};
use crate::adapters::{
    AccountClosed, AccountExpiry, AccountKind, Call, ChannelRevision, CloseAccount, IssueAccount, Operation, Outcome,
    ReceiptWish, Refusal, Step, VirtualAccounts, WireAnswer,
};
use crate::payment::{Approval, MethodDetail, MethodKind, Status};
use serde_json::json;

impl VirtualAccounts for Inicis {
    fn issue_account(&self, command: &IssueAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        rules::amount(MethodKind::VirtualAccount, &command.amounts)?;
        if command.escrow {
            let message = "is possible at KG Inicis in the payment window only";
            return Err(Refusal::new("isEscrow", message));
        }
        if command
            .receipt
            .as_ref()
            .is_some_and(|r| r.wish != ReceiptWish::NoReceipt)
        {
            let message = "cannot be issued with an account at KG Inicis here; leave it out";
            return Err(Refusal::new("method.virtualAccount.cashReceipt", message));
        }
        let fixed = match &command.kind {
            AccountKind::Normal => None,
            AccountKind::FixedNumber(number) if number.bytes().all(|b| b.is_ascii_digit()) => Some(number.as_str()),
            _ => {
                let message = "must be NORMAL, or FIXED with a number of the pool that KG Inicis gave";
                return Err(Refusal::new("method.virtualAccount.option", message));
            }
        };
        let bank = tables::bank_code(&command.bank).ok_or_else(|| {
            let message = format!("is not a bank KG Inicis issues at; use one of {}", tables::bank_words());
            Refusal::new("method.virtualAccount.bank", message)
        })?;
        let due = due(command);
        if due <= command.at {
            return Err(Refusal::new("method.virtualAccount.expiry", "must lie ahead"));
        }
        let buyer = rules::buyer([
            command.customer_name.as_deref(),
            command.customer_email.as_deref(),
            command.customer_phone.as_deref(),
        ])?;
        let goods = rules::filled("orderName", rules::cut_utf8(&command.order_name, rules::GOODS_MAX.0))?;
        let (price, oid) = (command.amounts.total.to_string(), command.order_id.as_str());
        let (day, time) = (formatted(due, "%Y%m%d"), formatted(due, "%H%M"));
        let (vat, tax_free) = (command.amounts.vat.to_string(), command.amounts.tax_free.to_string());
        let mut fields = send::order(oid, &goods, &buyer, &price);
        fields.extend([
            ("currency", "WON"),
            ("bankCode", bank),
            ("dtInput", &day),
            ("tmInput", &time),
            ("nmInput", buyer[0].as_str()),
            ("flgCash", "0"),
        ]);
        if credentials(channel)?.amount_parts || command.amounts.tax_free > 0 {
            fields.extend([("tax", vat.as_str()), ("taxFree", &tax_free)]);
        }
        fields.extend(fixed.map(|number| ("vacct", number)));
        let kind = ("Pay", "Vacct");
        send::v1(
            channel,
            Operation::IssueAccount,
            "formpay",
            kind,
            command.at,
            &fields,
            &[oid, &price],
        )
    }

    fn account_issued(
        &self,
        command: &IssueAccount,
        _channel: &ChannelRevision,
        _call: &Call,
        answer: &WireAnswer,
    ) -> Step<Approval> {
        let told = match read_json(answer) {
            Ok(told) => told,
            Err(why) => return Step::Done(Outcome::Unknown(why)),
        };
        if told.code() != "00" {
            return Step::Done(codes::refused(&told));
        }
        let tid = told.text("tid").filter(|t| rules::is_tid(t));
        let (Some(tid), Some(number)) = (tid, told.text("vacct")) else {
            return Step::Done(Outcome::Unknown(doubt(
                "NARU_ACCOUNT_UNKNOWN",
                "KG Inicis' answer names no TID or no account",
            )));
        };
        if told.whole("price") != Some(command.amounts.total) {
            let message = format!("KG Inicis' answer does not say the {} asked for", command.amounts.total);
            return Step::Done(Outcome::Unknown(doubt("NARU_WRONG_AMOUNT", message)));
        }
        let expires_at = told.moment("validDate", "validTime").unwrap_or_else(|| due(command));
        Step::Done(Outcome::Done(Approval {
            cash_receipt: None,
            escrow: false,
            receipt_url: Some(method::receipt(&tid)),
            status: Status::VirtualAccountIssued,
            approved_at: None,
            raw: Some(mask::masked(&told.body)),
            keep: Some(json!({
                "paymethod": "Vacct", "account": number, "oid": command.order_id, "amount": command.amounts.total,
            })),
            method: Some(MethodDetail::VirtualAccount {
                bank: told
                    .text("vacctBankCode")
                    .as_deref()
                    .and_then(tables::bank)
                    .map(str::to_owned),
                account_number: number,
                fixed: Some(!matches!(command.kind, AccountKind::Normal)),
                remittee: told.text("vacctName"),
                remitter: None,
                expires_at: Some(expires_at),
                issued_at: told.moment("authDate", "authTime"),
            }),
            pg_tx_id: tid,
        }))
    }

    fn close_account(&self, command: &CloseAccount, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        if !rules::is_tid(&command.pg_tx_id) {
            return Err(Refusal::new("paymentId", "has no TID of KG Inicis"));
        }
        let message = rules::filled("reason", rules::cut_utf8(&command.reason, rules::REASON_MAX))?;
        let tid = command.pg_tx_id.as_str();
        let fields = [("tid", tid), ("msg", &message)];
        let kind = ("Refund", "GVacct");
        send::v1(
            channel,
            Operation::CloseAccount,
            "refund",
            kind,
            command.at,
            &fields,
            &[tid],
        )
    }

    fn account_closed(
        &self,
        _command: &CloseAccount,
        _channel: &ChannelRevision,
        _call: &Call,
        answer: &WireAnswer,
    ) -> Step<AccountClosed> {
        let told = match undone(answer) {
            Ok(told) => told,
            Err(not) => return Step::Done(not),
        };
        Step::Done(Outcome::Done(AccountClosed {
            closed_at: undone_at(&told),
            raw: Some(mask::masked(&told.body)),
        }))
    }
}

fn due(command: &IssueAccount) -> i64 {
    match command.expiry {
        AccountExpiry::Hours(hours) => command.at + i64::from(hours) * 3_600_000,
        AccountExpiry::Due(at) => at,
    }
}
