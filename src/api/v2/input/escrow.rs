//! `POST` and `PATCH /payments/{paymentId}/escrow/logistics`, `POST /payments/{paymentId}/escrow/complete`.

use super::customer::address;
use crate::adapters::{EscrowAction, Party, Shipment};
use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use crate::engine::EscrowRequest;

/// PortOne V2 `PaymentLogisticsCompany`.
const COMPANIES: [(&str, &str); 30] = {
    const fn same(word: &'static str) -> (&'static str, &'static str) {
        (word, word)
    }
    [
        same("LOTTE"),
        same("LOGEN"),
        same("DONGWON"),
        same("POST"),
        same("CJ"),
        same("HANJIN"),
        same("DAESIN"),
        same("ILYANG"),
        same("KYUNGDONG"),
        same("CHUNIL"),
        same("POST_REGISTERED"),
        same("GS"),
        same("WOORI"),
        same("HAPDONG"),
        same("FEDEX"),
        same("UPS"),
        same("GSM_NTON"),
        same("SUNGWON"),
        same("LX_PANTOS"),
        same("ACI"),
        same("CJ_INTL"),
        same("USPS"),
        same("EMS"),
        same("DHL"),
        same("KGL"),
        same("GOODSTOLUCK"),
        same("KUNYOUNG"),
        same("SLX"),
        same("SF"),
        same("ETC"),
    ]
};

/// Decodes a delivery. The payment's own products are what the PG is told; `products` here is checked for its shape.
///
/// # Errors
/// 400 naming the field.
pub fn logistics(
    body: &mut Object<'_>,
    store_id: &str,
    payment_id: &str,
    action: EscrowAction,
) -> Result<EscrowRequest, ApiError> {
    let sender = party(body, "sender")?;
    let receiver = party(body, "receiver")?;
    let send_email = body.flag("sendEmail")?.unwrap_or(false);
    body.array("products", limits::PRODUCTS)?;
    let Some(mut logistics) = body.object("logistics")? else {
        return Err(body.missing("logistics"));
    };
    let company = logistics.word("company", &COMPANIES)?;
    let company = company.ok_or_else(|| logistics.missing("company"))?.to_owned();
    let mut receiver = receiver;
    let to = one_line(address(&mut logistics, "address")?);
    receiver.address = receiver.address.or(to);
    let shipment = Shipment {
        company,
        invoice_number: logistics.need_text("invoiceNumber", limits::CODE)?,
        sent_at: logistics.time("sentAt")?.ok_or_else(|| logistics.missing("sentAt"))?,
        received_at: logistics.time("receivedAt")?,
        sender,
        receiver,
        send_email,
    };
    Ok(EscrowRequest {
        store_id: store_id.to_owned(),
        payment_id: payment_id.to_owned(),
        action,
        shipment: Some(shipment),
    })
}

/// Decodes a completion.
///
/// # Errors
/// 400 naming the field.
pub fn complete(body: &mut Object<'_>, store_id: &str, payment_id: &str) -> Result<EscrowRequest, ApiError> {
    Ok(EscrowRequest {
        store_id: store_id.to_owned(),
        payment_id: payment_id.to_owned(),
        action: EscrowAction::Complete {
            from_store: body.flag("fromStore")?.unwrap_or(false),
        },
        shipment: None,
    })
}

fn party(body: &mut Object<'_>, member: &'static str) -> Result<Party, ApiError> {
    let Some(mut input) = body.object(member)? else {
        return Ok(Party::default());
    };
    Ok(Party {
        name: input.text("name", limits::LINE)?,
        phone: input.text("phoneNumber", limits::CODE)?,
        zipcode: input.text("zipcode", limits::CODE)?,
        relationship: input.text("relationship", limits::LINE)?,
        address: one_line(address(&mut input, "address")?),
    })
}

fn one_line(address: Option<serde_json::Map<String, serde_json::Value>>) -> Option<String> {
    address?.get("oneLine")?.as_str().map(str::to_owned)
}
