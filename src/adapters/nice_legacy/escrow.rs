//! Escrow deliveries (`escrow_process.jsp`): what is sent and how it is read. A registration cannot be changed later, and
//! the buyer's decision is not told.

use super::sign::credentials;
use super::verify::doubt;
use super::wire::{edi_date, millis, read};
use super::{Message, NiceLegacy, codes, rules, send};
use crate::adapters::nice_common::text;
use crate::adapters::{
    Call, ChannelRevision, EscrowAction, EscrowCalls, EscrowCommand, EscrowDone, Operation, Outcome, Refusal, Step,
    WireAnswer,
};
use crate::payment::Millis;

/// `ReqType` of a delivery's registration.
const DELIVERY: &str = "03";

/// A delivery.
#[derive(Debug)]
pub(super) struct Delivery<'a> {
    /// TID of the payment.
    pub(super) tid: &'a str,
    /// Carrier's name, as text.
    pub(super) carrier: &'a str,
    /// Waybill number.
    pub(super) invoice_number: &'a str,
    /// Receiver's address.
    pub(super) address: &'a str,
    /// Who registers it.
    pub(super) registered_by: &'a str,
    /// NICE is to mail the buyer.
    pub(super) send_email: bool,
    /// When it was decided, ms.
    pub(super) at: Millis,
}

impl EscrowCalls for NiceLegacy {
    fn tell(&self, command: &EscrowCommand, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let shipment = match (command.action, &command.shipment) {
            (EscrowAction::Register, Some(shipment)) => shipment,
            _ => return Err(Refusal::new("paymentId", "only deliveries are registered by a call")),
        };
        let delivery = Delivery {
            tid: &command.pg_tx_id,
            carrier: carrier(&shipment.company),
            invoice_number: &shipment.invoice_number,
            address: shipment.receiver.address.as_deref().unwrap_or_default(),
            registered_by: shipment.sender.name.as_deref().unwrap_or(&channel.spec.name),
            send_email: shipment.send_email,
            at: command.at,
        };
        let message = register(channel, &delivery)?;
        Ok(send::message(channel, Operation::Escrow, message, None))
    }

    fn told(&self, command: &EscrowCommand, _: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<EscrowDone> {
        Step::Done(match registered(&command.pg_tx_id, answer) {
            Outcome::Done(at) => Outcome::Done(EscrowDone { at }),
            Outcome::Declined(failure) => Outcome::Declined(failure),
            Outcome::NotSent(failure) => Outcome::NotSent(failure),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }
}

/// Carriers' names as buyers know them; NICE takes any text, so others go as PortOne spells them.
static CARRIERS: &[(&str, &str)] = &[
    ("CJ", "CJ대한통운"),
    ("LOTTE", "롯데택배"),
    ("LOGEN", "로젠택배"),
    ("HANJIN", "한진택배"),
    ("POST", "우체국택배"),
];

fn carrier(word: &str) -> &str {
    CARRIERS
        .iter()
        .find(|(own, _)| *own == word)
        .map_or(word, |(_, name)| name)
}

/// The registration.
///
/// # Errors
/// No TID, no carrier or no waybill number.
pub(super) fn register(channel: &ChannelRevision, delivery: &Delivery<'_>) -> Result<Message, Refusal> {
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
pub(super) fn registered(delivery_tid: &str, answer: &WireAnswer) -> Outcome<Option<Millis>> {
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
