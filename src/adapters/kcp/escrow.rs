//! Escrow deliveries (KCP docs: "에스크로 상태변경", STE1). Other changes are cancellations, or the buyer's alone.

use super::Kcp;
use super::codes::{self, Call as Coded};
use super::rules::{self, Charset};
use super::send;
use super::sign::credentials;
use super::verify::{doubt, same_tno, unknown};
use super::wire::read;
use crate::adapters::{
    Call, ChannelRevision, EscrowAction, EscrowCalls, EscrowCommand, EscrowDone, Operation, Outcome, Refusal, Step,
    WireAnswer,
};

/// PortOne V2 `PaymentLogisticsCompany` and the carrier's name, which is what KCP is told.
static CARRIERS: &[(&str, &str)] = &[
    ("CJ", "CJ대한통운"),
    ("HANJIN", "한진택배"),
    ("LOTTE", "롯데택배"),
    ("LOGEN", "로젠택배"),
    ("POST", "우체국택배"),
    ("DAESIN", "대신택배"),
    ("ILYANG", "일양로지스"),
    ("KYUNGDONG", "경동택배"),
    ("CHUNIL", "천일택배"),
    ("HAPDONG", "합동택배"),
];

impl EscrowCalls for Kcp {
    fn tell(&self, command: &EscrowCommand, channel: &ChannelRevision) -> Result<Call, Refusal> {
        if !credentials(channel)?.options.escrow {
            return Err(Refusal::new(
                "channel",
                "tells KCP of deliveries only with its option escrow",
            ));
        }
        if command.action != EscrowAction::Register {
            return Err(Refusal::new("action", "has no call at KCP: a delivery is told once"));
        }
        rules::tno(&command.pg_tx_id)?;
        let shipment = command.shipment.as_ref();
        let shipment = shipment.ok_or_else(|| Refusal::new("logistics", "is required"))?;
        let waybill = rules::text(&shipment.invoice_number, 30, Charset::Utf8);
        if waybill.is_empty() {
            return Err(Refusal::new("logistics.invoiceNumber", "must not be empty"));
        }
        let named = CARRIERS.iter().find(|row| row.0 == shipment.company).map(|row| row.1);
        let carrier = named.unwrap_or(&shipment.company);
        send::change(
            channel,
            Operation::Escrow,
            &command.pg_tx_id,
            "STE1",
            vec![
                ("deli_numb", waybill),
                ("deli_corp", rules::text(carrier, 30, Charset::Utf8)),
            ],
        )
    }

    fn told(&self, command: &EscrowCommand, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<EscrowDone> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        let code = told.code();
        if code != "0000" {
            return match codes::refused(Coded::Other, &told) {
                Outcome::Declined(_) if call.replay => unknown(doubt(&code, told.message())),
                outcome => Step::Done(outcome),
            };
        }
        match same_tno(&told, &command.pg_tx_id) {
            Ok(()) => Step::Done(Outcome::Done(EscrowDone {
                at: told.time(&["mod_time", "canc_time", "app_time"]),
            })),
            Err(why) => unknown(why),
        }
    }
}
