//! Stand-alone cash receipts (KCP docs: "현금영수증 등록"). KCP's REST interface issues them; it neither cancels nor shows
//! them, which the descriptor says.

use super::Kcp;
use super::codes::{self, Call as Coded};
use super::rules::{self, Charset};
use super::send::{self, HUB};
use super::verify::{doubt, unknown};
use super::wire::{read, stamp};
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, WireAnswer,
};
use crate::payment::ReceiptKind;
use secrecy::ExposeSecret;

const NO_CALL: &str = "KCP's REST API has no call for it: use KCP's partner admin (partner.kcp.co.kr)";

impl CashReceipts for Kcp {
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        rules::order_id(&command.order_id)?;
        let number = command.identity.expose_secret();
        if !(1..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            let message = "must be 1 to 20 digits: a phone, cash receipt card or business number";
            return Err(Refusal::new("customer.identityNumber", message));
        }
        if command.seller.is_some() {
            let message = "KCP issues under the site's own business number here; leave it out";
            return Err(Refusal::new("businessRegistrationNumber", message));
        }
        let amounts = &command.amounts;
        let name = command.customer_name.as_deref().unwrap_or_default();
        let email = command.customer_email.as_deref().map(rules::email).transpose()?;
        let phone = command.customer_phone.as_deref().map(rules::phone).transpose()?;
        let at = command.paid_at.unwrap_or(command.at);
        send::post(
            channel,
            Operation::IssueReceipt,
            HUB,
            vec![
                ("pay_method", "CASH".to_owned()),
                ("user_type", "PGNW".to_owned()),
                ("trad_time", stamp(at, "%Y%m%d%H%M%S")),
                (
                    "tr_code",
                    match command.kind {
                        ReceiptKind::Personal => "0",
                        ReceiptKind::Corporate => "1",
                    }
                    .to_owned(),
                ),
                ("id_info", number.to_owned()),
                ("amt_tot", amounts.total.to_string()),
                // The three parts must add up; what is free of tax is part of the supply.
                ("amt_sup", (amounts.supply + amounts.tax_free).to_string()),
                ("amt_svc", "0".to_owned()),
                ("amt_tax", amounts.vat.to_string()),
                ("ordr_idxx", command.order_id.clone()),
                ("good_name", rules::goods_name(&command.order_name, Charset::Utf8)?),
                ("buyr_name", rules::text(name, rules::NAME_MAX, Charset::Utf8)),
                ("buyr_mail", email.unwrap_or_default()),
                ("buyr_tel1", phone.unwrap_or_default()),
                ("corp_type", "0".to_owned()),
            ],
        )
    }

    fn receipt_issued(
        &self,
        _: &IssueReceipt,
        _: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        if told.code() != "0000" {
            return Step::Done(codes::refused(Coded::Other, &told));
        }
        let (Some(id), Some(number)) = (told.text("cash_no"), told.text("receipt_no")) else {
            return unknown(doubt(
                "NARU_WRONG_RECEIPT",
                "KCP's success names no cash_no or no receipt_no",
            ));
        };
        Step::Done(Outcome::Done(ReceiptIssued {
            pg_receipt_id: id,
            issue_number: number,
            url: String::new(),
            issued_at: told.time(&["app_time"]),
            // KCP says no more about it.
            tax_office: TaxOffice::Accepted,
        }))
    }

    fn cancel_receipt(&self, _: &CancelReceipt, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("paymentId", NO_CALL))
    }

    fn receipt_cancelled(
        &self,
        _: &CancelReceipt,
        _: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        unknown(no_call(answer))
    }

    fn inquire_receipt(&self, _: &InquireReceipt, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("paymentId", NO_CALL))
    }

    fn receipt_inquired(
        &self,
        _: &InquireReceipt,
        _: &ChannelRevision,
        _: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptView> {
        unknown(no_call(answer))
    }
}

/// No such call is built, so whatever comes is no answer to one.
fn no_call(answer: &WireAnswer) -> crate::adapters::UnknownWhy {
    doubt(
        "NARU_UNREADABLE",
        format!("HTTP {} answers a call that KCP does not have", answer.status),
    )
}
