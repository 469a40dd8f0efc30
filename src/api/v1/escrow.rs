//! `/escrows/logis/{imp_uid}`: telling the PG of deliveries.

use super::decode::{CODE, LINE, Params};
use super::error::V1Error;
use super::payments::need;
use super::render::receipt::LogisView;
use super::{Answer, Call};
use crate::adapters::{EscrowAction, Party, Shipment};
use crate::engine::EscrowRequest;
use crate::payment::Transaction;

/// Carriers: V1's word and PortOne V2 `PaymentLogisticsCompany`. Every other word is `ETC`.
const COMPANIES: [(&str, &str); 6] = [
    ("HYUNDAI", "LOTTE"),
    ("KGB", "LOGEN"),
    ("EPOST", "POST"),
    ("CJGLS", "CJ"),
    ("HANJIN", "HANJIN"),
    ("DAESIN", "DAESIN"),
];

/// V1's word for a carrier.
#[must_use]
pub fn v1_company(word: &str) -> &str {
    COMPANIES.iter().find(|(_, v2)| *v2 == word).map_or(word, |(v1, _)| v1)
}

fn v2_company(word: &str) -> &'static str {
    let known = COMPANIES.iter().find(|(v1, v2)| *v1 == word || *v2 == word);
    known.map_or("ETC", |(_, v2)| v2)
}

fn shown(transaction: &Transaction) -> Result<Answer, V1Error> {
    let view = transaction.escrow.as_ref().and_then(LogisView::of);
    Answer::ok(&view.ok_or_else(|| V1Error::not_found("등록된 배송정보가 존재하지 않습니다."))?)
}

/// `GET`.
pub(super) async fn get(call: &Call) -> Result<Answer, V1Error> {
    shown(&need(call, call.id(0)).await?)
}

/// `POST` (register) and `PUT` (modify).
pub(super) async fn tell(call: &Call, params: &mut Params, action: EscrowAction) -> Result<Answer, V1Error> {
    let found = need(call, call.id(0)).await?;
    if !found.status.is_live() {
        return Err(V1Error::no_payment());
    }
    let shipment = shipment(params)?;
    let request = EscrowRequest {
        store_id: call.store.id.clone(),
        payment_id: found.payment_id,
        action,
        shipment: Some(shipment),
    };
    let told = Box::pin(call.engine.tell_escrow(request)).await?;
    shown(&told)
}

fn shipment(params: &mut Params) -> Result<Shipment, V1Error> {
    let sender = party(params, "sender")?;
    let receiver = party(params, "receiver")?;
    let send_email = params.flag("send_email")?.unwrap_or(false);
    let mut logis = params.object("logis")?.ok_or_else(|| V1Error::missing("logis"))?;
    let company = v2_company(&logis.need("company", CODE)?).to_owned();
    let sent_at = logis.time("sent_at")?;
    Ok(Shipment {
        company,
        invoice_number: logis.need("invoice", CODE)?,
        sent_at: sent_at.ok_or_else(|| logis.fail("sent_at", "is required"))?,
        received_at: logis.time("receiving_at")?,
        sender,
        receiver,
        send_email,
    })
}

fn party(params: &mut Params, name: &str) -> Result<Party, V1Error> {
    let Some(mut given) = params.object(name)? else {
        return Ok(Party::default());
    };
    Ok(Party {
        name: given.text("name", LINE)?,
        phone: given.text("tel", CODE)?,
        zipcode: given.text("postcode", CODE)?,
        relationship: given.text("relationship", LINE)?,
        address: given.text("addr", LINE)?,
    })
}
