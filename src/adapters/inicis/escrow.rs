//! Escrow (에스크로; INIAPI manual: "에스크로", v1): deliveries, and the acceptance of a buyer's rejection, which is what refunds.
//! The buyer decides in a window of KG Inicis; a notice tells of it.

use super::sign::credentials;
use super::wire::{doubt, formatted, read_json};
use super::{Inicis, codes, rules, send};
use crate::adapters::{
    Call, Cancel, ChannelRevision, EscrowAction, EscrowCalls, EscrowCommand, EscrowDone, Operation, Outcome, Refusal,
    Shipment, Step, WireAnswer,
};

/// Longest texts of a delivery, bytes; ours, KG Inicis names none.
const TEXT_MAX: usize = 100;

/// PortOne V2 `PaymentLogisticsCompany`, `exCode`, and the carrier's name.
static CARRIERS: &[(&str, &str, &str)] = &[
    ("LOTTE", "hyundai", "롯데택배"),
    ("LOGEN", "kgb", "로젠택배"),
    ("POST", "EPOST", "우체국택배"),
    ("CJ", "cjgls", "CJ대한통운"),
    ("HANJIN", "hanjin", "한진택배"),
    ("DAESIN", "daesin", "대신택배"),
    ("ILYANG", "ilyang", "일양로지스"),
    ("KYUNGDONG", "kdexp", "경동택배"),
    ("CHUNIL", "chunil", "천일택배"),
    ("POST_REGISTERED", "registpost", "우편등기"),
    ("HAPDONG", "hdexp", "합동택배"),
];

/// `exCode` and `exName`; carriers that KG Inicis does not know go by their name.
fn carrier(company: &str) -> (&'static str, &str) {
    let known = CARRIERS.iter().find(|row| row.0 == company);
    known.map_or(("9999", company), |row| (row.1, row.2))
}

/// Step of the correction that follows a refused repetition.
const CORRECTION: u8 = 1;

impl EscrowCalls for Inicis {
    fn tell(&self, command: &EscrowCommand, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let report = match command.action {
            EscrowAction::Register => "I",
            EscrowAction::Modify => "U",
            EscrowAction::Complete { .. } | EscrowAction::AcknowledgeReject => {
                let message = "has no call of its own at KG Inicis: the buyer confirms there, and a rejection is \
                               accepted by cancelling the payment";
                return Err(Refusal::new("action", message));
            }
        };
        delivery(command, channel, report)
    }

    fn told(
        &self,
        command: &EscrowCommand,
        channel: &ChannelRevision,
        call: &Call,
        answer: &WireAnswer,
    ) -> Step<EscrowDone> {
        let told = match read_json(answer) {
            Ok(told) => told,
            Err(why) => return Step::Done(Outcome::Unknown(why)),
        };
        if told.code() == "00" {
            return Step::Done(Outcome::Done(EscrowDone {
                at: told.moment("resultDate", "resultTime"),
            }));
        }
        if !call.replay {
            return Step::Done(codes::refused(&told));
        }
        // A repeated registration is refused once the first one stands. A correction with the same words is taken then,
        // and only then.
        if command.action == EscrowAction::Register
            && call.step == 0
            && let Ok(mut next) = delivery(command, channel, "U")
        {
            (next.step, next.replay) = (CORRECTION, true);
            return Step::Send(Box::new(next));
        }
        Step::Done(Outcome::Unknown(doubt(&told.detail(), told.message())))
    }
}

/// Registers (`I`) or corrects (`U`) a delivery. Every part of it is required.
fn delivery(command: &EscrowCommand, channel: &ChannelRevision, report: &str) -> Result<Call, Refusal> {
    if !rules::is_tid(&command.pg_tx_id) {
        return Err(Refusal::new("paymentId", "has no TID of KG Inicis"));
    }
    let missing = || Refusal::new("logistics", "is required");
    let shipment: &Shipment = command.shipment.as_ref().ok_or_else(missing)?;
    let text =
        |field: &str, text: Option<&str>| rules::filled(field, rules::cut_utf8(text.unwrap_or_default(), TEXT_MAX));
    let (code, name) = carrier(&shipment.company);
    let (from, to) = (&shipment.sender, &shipment.receiver);
    let invoice = text("logistics.invoiceNumber", Some(&shipment.invoice_number))?;
    let sender = text("sender.name", from.name.as_deref())?;
    let sender_phone = text("sender.phoneNumber", from.phone.as_deref())?;
    let sender_post = text("sender.zipcode", from.zipcode.as_deref())?;
    let sender_address = text("sender.address", from.address.as_deref())?;
    let receiver = text("receiver.name", to.name.as_deref())?;
    let receiver_phone = text("receiver.phoneNumber", to.phone.as_deref())?;
    let receiver_post = text("receiver.zipcode", to.zipcode.as_deref())?;
    let receiver_address = text("receiver.address", to.address.as_deref())?;
    let sent_at = formatted(shipment.sent_at, "%Y-%m-%d %H:%M:%S");
    let price = command.amounts.total.to_string();
    let (oid, tid) = (command.order_id.as_str(), command.pg_tx_id.as_str());
    let fields = [
        ("tid", tid),
        ("oid", oid),
        ("price", &price),
        ("report", report),
        ("invoice", &invoice),
        ("registName", &sender),
        ("exCode", code),
        ("exName", name),
        // Who pays the carrier; PortOne has no word for it.
        ("charge", "SH"),
        ("invoiceDay", &sent_at),
        ("sendName", &sender),
        ("sendTel", &sender_phone),
        ("sendPost", &sender_post),
        ("sendAddr1", &sender_address),
        ("recvName", &receiver),
        ("recvTel", &receiver_phone),
        ("recvPost", &receiver_post),
        ("recvAddr", &receiver_address),
    ];
    let kind = ("Dlv", "");
    let hashed = [oid, tid, price.as_str()];
    send::v1(channel, Operation::Escrow, "escrow", kind, command.at, &fields, &hashed)
}

/// Accepts the buyer's rejection (거절확인) of a payment.
pub(super) fn accept_rejection(command: &Cancel, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let tid = command.pg_tx_id.as_str();
    let shop = rules::cut_utf8(&channel.spec.name, rules::NAME_MAX);
    let name = if shop.is_empty() {
        channel.spec.mid.as_str()
    } else {
        &shop
    };
    let fields = [("originalTid", tid), ("dcnfName", name)];
    send::v1(
        channel,
        Operation::Cancel,
        "escrow",
        ("Dncf", ""),
        command.at,
        &fields,
        &[tid],
    )
}

/// Whether the channel takes escrow payments: KG Inicis ignores the wish on a MID without the contract.
pub(super) fn checked(channel: &ChannelRevision, wanted: bool) -> Result<bool, Refusal> {
    if wanted && !credentials(channel)?.escrow {
        let message = "needs a MID with the escrow contract; say so in the channel's escrow";
        return Err(Refusal::new("isEscrow", message));
    }
    Ok(wanted)
}
