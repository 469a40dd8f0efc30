//! Refunds, partial refunds, refunds of deposits, and the cancel of an account nobody paid into.

use super::Inicis;
use super::api::{Call, Reply, members};
use super::codes::{Refusal, about, bank, refusal};
use super::merchants::Merchant;
use super::payment::{Escrow, Means, Method, Payment, Status};
use crate::simulators::ledger::lock;
use serde_json::json;

impl Inicis {
    /// `refund` and `partialRefund` of both versions.
    pub(super) fn refund(&self, call: &Call<'_>, part: bool) -> Reply {
        let tid = call.need("tid")?;
        call.need("msg")?;
        if !call.v2 {
            call.need("paymethod")?;
        }
        if self.receipts.get(tid).is_some() {
            return self.cancel_receipt(call, tid);
        }
        let record = self.find(call.merchant, tid)?;
        let mut payment = lock(&record);
        if payment.bill_key.is_some() {
            return Err(refusal("500623"));
        }
        fits(call, &payment)?;
        if payment.status == Status::Cancelled {
            return Err(refusal("500626"));
        }
        if payment.escrow != Escrow::None && payment.status != Status::Issued {
            return Err(refusal("500685"));
        }
        if part {
            self.refund_part(call, &mut payment)
        } else {
            self.refund_all(call, &mut payment)
        }
    }

    fn refund_all(&self, call: &Call<'_>, payment: &mut Payment) -> Reply {
        if payment.status == Status::PartCancelled {
            return Err(refusal("500625"));
        }
        call.unforced()?;
        if call.merchant.short_of_money {
            return Err(refusal("500906"));
        }
        let (tid, rest) = (payment.tid.to_string(), payment.balance);
        payment.take(tid, rest, call.now);
        let (date, time) = Self::now_parts(call.now);
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "cancelDate": date, "cancelTime": time,
            "cshrCancelNum": "", "detailResultCode": "", "receiptInfo": null}),
        );
        Ok((map, Vec::new()))
    }

    fn refund_part(&self, call: &Call<'_>, payment: &mut Payment) -> Reply {
        let price = call.need_amount("price")?;
        let confirm = call.need_amount("confirmPrice")?;
        partial(call.merchant, payment)?;
        if price < 1 {
            return Err(refusal("500701"));
        }
        if price > payment.balance {
            return Err(refusal("500826"));
        }
        if price == payment.order.amount {
            return Err(refusal("500749"));
        }
        if confirm != payment.balance - price {
            return Err(refusal("500706"));
        }
        if call.merchant.tax_split {
            let free = call.form.get("taxFree").or(call.form.get("taxfree"));
            let parts = [call.form.get("tax"), free].map(|text| super::form::amount(text.unwrap_or("0")));
            match parts {
                [Some(tax), Some(free)] if tax + free <= price && tax * 10 <= price => {}
                _ => return Err(refusal("500656")),
            }
        }
        call.unforced()?;
        if call.merchant.short_of_money {
            return Err(refusal("500906"));
        }
        let new = self.tid(&["INIAPI", payment.method.tag()].concat(), &payment.mid, call.now);
        payment.take(new.clone(), price, call.now);
        let (date, time) = Self::now_parts(call.now);
        // Documents and samples disagree about which is which.
        let (tid, original) = if call.merchant.shaped("swapped-tids") {
            (payment.tid.to_string(), new)
        } else {
            (new, payment.tid.to_string())
        };
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "tid": tid, "prtcTid": original,
            "prtcPrice": price.to_string(), "prtcRemains": payment.balance.to_string(),
            "prtcCnt": payment.cancels.len().to_string(), "prtcType": "1", "prtcDate": date, "prtcTime": time,
            "detailResultCode": "", "receiptInfo": null, "pointAmount": "0", "discountAmount": "0",
            "creditAmount": price.to_string(), "cashReceiptAmount": "0"}),
        );
        Ok((map, Vec::new()))
    }
}

/// Whether the call is of the kind that this transaction is cancelled with.
fn fits(call: &Call<'_>, payment: &Payment) -> Result<(), Refusal> {
    let deposited = payment.method == Method::Vbank && payment.paid_at.is_some();
    if !call.v2 {
        let word = call.form.text("paymethod");
        let expected = match (payment.method, deposited) {
            (Method::Vbank, false) => "GVacct",
            (method, _) => method.api_word(),
        };
        if word != expected {
            return Err(refusal("500628"));
        }
    } else if call.to_account != (payment.method == Method::Vbank && deposited) {
        return Err(refusal("500628"));
    }
    if deposited {
        if !call.merchant.refund {
            return Err(refusal("500622"));
        }
        let account = call.secret("refundAcctNum")?;
        if account.is_empty() || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(about("160251", "refundAcctNum"));
        }
        if bank(call.need("refundBankCode")?).is_none() {
            return Err(about("500643", "refundBankCode"));
        }
        call.need("refundAcctName")?;
    }
    Ok(())
}

/// Whether parts of it can go.
fn partial(merchant: &Merchant, payment: &Payment) -> Result<(), Refusal> {
    if !merchant.partial {
        return Err(refusal("500412"));
    }
    match &payment.means {
        Means::Card(card) if !card.part => Err(refusal("500715")),
        Means::Gift | Means::Phone(_) => Err(refusal("500699")),
        Means::Vbank { .. } if payment.status == Status::Issued => Err(refusal("500628")),
        _ => Ok(()),
    }
}
