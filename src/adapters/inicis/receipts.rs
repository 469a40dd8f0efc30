//! Stand-alone cash receipts (INIAPI manual: "현금영수증 발행", v1). KG Inicis has no inquiry for them and nothing guards
//! against a second one, so an issue is sent once; a cancellation may be repeated.

use super::cancel::{undone, undone_at};
use super::sign::credentials;
use super::wire::{doubt, read_json};
use super::{Inicis, codes, rules, send};
use crate::adapters::{
    Call, CancelReceipt, CashReceipts, ChannelRevision, InquireReceipt, IssueReceipt, Operation, Outcome,
    ReceiptCancelled, ReceiptIssued, ReceiptView, Refusal, Step, TaxOffice, WireAnswer,
};
use crate::payment::ReceiptKind;
use secrecy::ExposeSecret;

const NO_INQUIRY: &str = "KG Inicis has no inquiry for cash receipts";

/// KG Inicis wants a reason; merchants of the router give none for receipts.
const REASON: &str = "현금영수증 취소";

impl CashReceipts for Inicis {
    fn issue_receipt(&self, command: &IssueReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        let identity = command.identity.expose_secret();
        if !(10..=18).contains(&identity.len()) || !identity.bytes().all(|b| b.is_ascii_digit()) {
            let message = "must be a phone, receipt card or business registration number: 10 to 18 digits";
            return Err(Refusal::new("customer.identityNumber", message));
        }
        let number = credentials(channel)?.encrypt(identity)?;
        let [name, email, phone] = rules::buyer([
            command.customer_name.as_deref(),
            command.customer_email.as_deref(),
            command.customer_phone.as_deref(),
        ])?;
        let goods = rules::filled("orderName", rules::cut_utf8(&command.order_name, rules::GOODS_MAX.0))?;
        let amounts = command.amounts;
        let total = amounts.total.to_string();
        // It has no member for a tax-free part: total = supply + VAT + service.
        let (supply, vat) = ((amounts.total - amounts.vat).to_string(), amounts.vat.to_string());
        let mut fields = vec![
            ("goodName", goods.as_str()),
            ("crPrice", &total),
            ("supPrice", &supply),
            ("tax", &vat),
            ("srcvPrice", "0"),
            ("buyerName", &name),
            ("buyerEmail", &email),
            ("buyerTel", &phone),
            ("regNum", &number),
            (
                "useOpt",
                if command.kind == ReceiptKind::Corporate {
                    "1"
                } else {
                    "0"
                },
            ),
            ("currency", "WON"),
        ];
        fields.extend(command.seller.as_deref().map(|seller| ("compayNumber", seller)));
        send::v1(
            channel,
            Operation::IssueReceipt,
            "receipt",
            ("Issue", "Receipt"),
            command.at,
            &fields,
            &[&total, &supply, "0", &number],
        )
    }

    fn receipt_issued(
        &self,
        _command: &IssueReceipt,
        _channel: &ChannelRevision,
        _call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptIssued> {
        let told = match read_json(answer) {
            Ok(told) => told,
            Err(why) => return Step::Done(Outcome::Unknown(why)),
        };
        if told.code() != "00" {
            return Step::Done(codes::refused(&told));
        }
        let Some(tid) = told.text("tid").filter(|t| rules::is_tid(t)) else {
            return Step::Done(Outcome::Unknown(doubt(
                "NARU_WRONG_TID",
                "KG Inicis' answer has no TID",
            )));
        };
        Step::Done(Outcome::Done(ReceiptIssued {
            url: page(&tid),
            pg_receipt_id: tid,
            issue_number: told.text("authNo").unwrap_or_default(),
            issued_at: told.moment("authDate", "authTime"),
            // KG Inicis says no more about it.
            tax_office: TaxOffice::Accepted,
        }))
    }

    fn cancel_receipt(&self, command: &CancelReceipt, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        if command.amounts.total != command.original.total {
            let message = format!(
                "KG Inicis cancels receipts in whole only: all {}",
                command.original.total
            );
            return Err(Refusal::new("amount", message));
        }
        let tid = command.pg_receipt_id.as_str();
        if !rules::is_tid(tid) {
            return Err(Refusal::new("receiptId", "is no TID of KG Inicis"));
        }
        send::v1(
            channel,
            Operation::CancelReceipt,
            "refund",
            ("Refund", "Receipt"),
            command.at,
            &[("tid", tid), ("msg", REASON)],
            &[tid],
        )
    }

    fn receipt_cancelled(
        &self,
        _command: &CancelReceipt,
        _channel: &ChannelRevision,
        _call: &Call,
        answer: &WireAnswer,
    ) -> Step<ReceiptCancelled> {
        let told = match undone(answer) {
            Ok(told) => told,
            Err(not) => return Step::Done(not),
        };
        Step::Done(Outcome::Done(ReceiptCancelled {
            pg_cancellation_id: told.text("cshrCancelNum"),
            cancelled_at: undone_at(&told),
        }))
    }

    fn inquire_receipt(&self, _: &InquireReceipt, _: &ChannelRevision) -> Result<Call, Refusal> {
        Err(Refusal::new("receiptId", NO_INQUIRY))
    }

    fn receipt_inquired(&self, _: &InquireReceipt, _: &ChannelRevision, _: &Call, _: &WireAnswer) -> Step<ReceiptView> {
        Step::Done(Outcome::Unknown(doubt("NARU_NO_READER", NO_INQUIRY)))
    }
}

/// The buyer's page of a receipt.
fn page(tid: &str) -> String {
    format!("https://iniweb.inicis.com/DefaultWebApp/mall/cr/cm/Cash_mCmReceipt.jsp?noTid={tid}&clpaymethod=22")
}
