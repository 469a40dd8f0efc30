//! Escrow deliveries (`escrow_process.jsp`): what is sent and how it is read. A registration cannot be changed later, and
//! the buyer's decision is not told.

use super::sign::credentials;
use super::verify::doubt;
use super::wire::{edi_date, millis, read};
use super::{Message, codes, rules};
use crate::adapters::nice_common::text;
use crate::adapters::{ChannelRevision, Outcome, Refusal, WireAnswer};
use crate::payment::Millis;

/// `ReqType` of a delivery's registration.
const DELIVERY: &str = "03";

/// A delivery.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// TID of the payment.
    pub tid: &'a str,
    /// Carrier's name, as text.
    pub carrier: &'a str,
    /// Waybill number.
    pub invoice_number: &'a str,
    /// Receiver's address.
    pub address: &'a str,
    /// Who registers it.
    pub registered_by: &'a str,
    /// NICE is to mail the buyer.
    pub send_email: bool,
    /// When it was decided, ms.
    pub at: Millis,
}

/// The registration.
///
/// # Errors
/// No TID, no carrier or no waybill number.
pub fn register(channel: &ChannelRevision, delivery: &Delivery<'_>) -> Result<Message, Refusal> {
    if !rules::is_tid(delivery.tid) {
        return Err(Refusal::new("paymentId", "has no TID of NICE Payments"));
    }
    let filled = |field: &str, value: &str| {
        let clean = text::clean(value);
        let missing = || Refusal::new(field, "must not be empty; characters outside CP949 are left out");
        (!clean.is_empty()).then_some(clean).ok_or_else(missing)
    };
    let mid = channel.spec.mid.as_str();
    let edi_date = edi_date(delivery.at);
    let sign_data = credentials(channel)?.sign(&[delivery.tid, mid, DELIVERY, &edi_date]);
    let carrier = filled("logistics.company", delivery.carrier)?;
    let invoice = filled("logistics.invoiceNumber", delivery.invoice_number)?;
    let address = filled("receiver.address", delivery.address)?;
    let by = filled("sender.name", delivery.registered_by)?;
    let fields = [
        ("MID", mid),
        ("TID", delivery.tid),
        ("EdiDate", &edi_date),
        ("SignData", &sign_data),
        ("ReqType", DELIVERY),
        ("DeliveryCoNm", &carrier),
        ("BuyerAddr", &address),
        ("InvoiceNum", &invoice),
        ("RegisterName", &by),
        ("ConfirmMail", if delivery.send_email { "1" } else { "2" }),
    ];
    Message::form(channel, "/webapi/escrow_process.jsp", &fields)
}

/// Reads the answer. Gives the time, ms.
#[must_use]
pub fn registered(delivery_tid: &str, answer: &WireAnswer) -> Outcome<Option<Millis>> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return Outcome::Unknown(why),
    };
    if told.code() != "C000" {
        return codes::refused(codes::Call::Escrow, &told);
    }
    if told.text("TID").is_some_and(|tid| tid != delivery_tid) {
        return Outcome::Unknown(doubt("NARU_WRONG_TID", "NICE Payments' answer is about another TID"));
    }
    let day = told.text("ProcessDate").unwrap_or_default();
    let time = told.text("ProcessTime").unwrap_or_default();
    Outcome::Done(millis(&format!("{day}{time}")))
}
