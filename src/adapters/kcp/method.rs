//! From an approval's members to our words (KCP docs: "결제 승인 응답").

use super::wire::{Told, millis, whole};
use super::{mask, tables};
use crate::adapters::mask::is_full_number;
use crate::adapters::{ChannelRevision, Mode};
use crate::payment::{
    Approval, CardBrand, CardDetail, CardOwner, CardType, MethodDetail, MethodKind, PaymentReceipt, Status,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names of an approval's time, method by method.
const TIMES: &[&str] = &[
    "app_time",
    "hp_app_time",
    "tk_app_time",
    "pnt_app_time",
    "app_easypoint_time",
    "app_kakaomny_time",
];

/// What later calls and notices need of a payment. A deposit notice is not signed: it is believed by what only KCP and we
/// know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keep {
    pub(super) tno: String,
    pub(super) order_id: String,
    pub(super) amount: i64,
    /// `pay_method` of the approval.
    pub(super) pay_type: String,
    /// The card cannot be cancelled in part (`partcanc_yn`).
    #[serde(default)]
    pub(super) whole_only: bool,
    /// It became an escrow payment (`escw_yn`).
    #[serde(default)]
    pub(super) escrow: bool,
    /// Number of the issued account.
    #[serde(default)]
    pub(super) account: Option<String>,
    /// The issued account, as it was told.
    #[serde(default)]
    pub(super) method: Option<MethodDetail>,
}

impl Keep {
    /// What an approval kept; `None` for a payment that came in by another way.
    pub(super) fn of(keep: Option<&Value>) -> Option<Self> {
        serde_json::from_value(keep?.clone()).ok()
    }
}

/// `pay_type` of a method as it is asked for. Wallets are cards, whatever they are funded by.
pub(super) fn pay_type(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Card | MethodKind::EasyPay => "PACA",
        MethodKind::Transfer => "PABK",
        MethodKind::VirtualAccount => "PAVC",
        MethodKind::Mobile => "PAMC",
        MethodKind::GiftCertificate => "PATK",
    }
}

/// `pay_method` of an answer; what was asked for stands in where an answer has none.
pub(super) fn answered(told: &Told, asked: &str) -> String {
    told.text("pay_method").unwrap_or_else(|| asked.to_owned())
}

/// Whether a code is the success of an approval by this `pay_method`.
pub(super) fn is_approved(code: &str, pay_type: &str) -> bool {
    code == "0000" || (code == "V000" && pay_type == "PAVC")
}

/// An approval as a checked answer tells it.
pub(super) fn approval(
    told: &Told,
    channel: &ChannelRevision,
    tno: String,
    order_id: &str,
    pay_type: &str,
) -> Approval {
    let issued = pay_type == "PAVC";
    let amount = told.whole("amount").unwrap_or_default();
    let escrow = told.text("escw_yn").as_deref() == Some("Y");
    let detail = detail(told, pay_type);
    let keep = Keep {
        tno: tno.clone(),
        order_id: order_id.to_owned(),
        amount,
        pay_type: pay_type.to_owned(),
        whole_only: told.text("partcanc_yn").as_deref() == Some("N"),
        escrow,
        account: told.text("account").filter(|_| issued),
        method: issued.then(|| detail.clone()),
    };
    Approval {
        status: if issued {
            Status::VirtualAccountIssued
        } else {
            Status::Paid
        },
        approved_at: told.time(TIMES).filter(|_| !issued),
        receipt_url: slip(channel, &tno, order_id, amount, pay_type),
        raw: Some(mask::masked(told.body())),
        keep: serde_json::to_value(keep).ok(),
        escrow,
        cash_receipt: receipt(told, amount, pay_type),
        method: Some(detail),
        pg_tx_id: tno,
    }
}

/// The buyer's slip. How the slips of transfers and virtual accounts are asked for is not published.
pub(super) fn slip(
    channel: &ChannelRevision,
    tno: &str,
    order_id: &str,
    amount: i64,
    pay_type: &str,
) -> Option<String> {
    let command = match pay_type {
        "PACA" => "card_bill",
        "PAMC" => "mcash_bill",
        _ => return None,
    };
    let host = match channel.spec.mode {
        Mode::Live => "admin8.kcp.co.kr",
        Mode::Test => "testadmin8.kcp.co.kr",
    };
    Some(format!(
        "https://{host}/assist/bill.BillActionNew.do?cmd={command}&tno={tno}&order_no={order_id}&trade_mony={amount}"
    ))
}

/// A cash receipt issued together with the payment.
fn receipt(told: &Told, amount: i64, pay_type: &str) -> Option<PaymentReceipt> {
    let (number, id, total) = if tables::is_money(pay_type) {
        let issued = told.text("app_cash_receipt_yn").as_deref() != Some("N");
        let number = told.text("app_cash_receipt_no").filter(|_| issued)?;
        (number, None, told.whole("app_cash_receipt_mny").unwrap_or(amount))
    } else {
        (told.text("cash_authno")?, told.text("cash_no"), amount)
    };
    Some(PaymentReceipt {
        kind: match told.text("cash_tr_code").as_deref() {
            Some("0") => Some(crate::payment::ReceiptKind::Personal),
            Some("1") => Some(crate::payment::ReceiptKind::Corporate),
            _ => None,
        },
        pg_receipt_id: id,
        issue_number: number,
        total,
        tax_free: None,
        url: None,
        issued_at: told.time(&["cash_app_time"]),
        cancelled_at: None,
    })
}

fn detail(told: &Told, pay_type: &str) -> MethodDetail {
    let bank = |names: &[&str]| told.first(names).as_deref().and_then(tables::bank).map(str::to_owned);
    match pay_type {
        "PABK" => MethodDetail::Transfer {
            bank: bank(&["bank_code", "bankcode"]),
            account_number: None,
        },
        "PAVC" => MethodDetail::VirtualAccount {
            bank: bank(&["bankcode", "bank_code"]),
            account_number: told.text("account").unwrap_or_default(),
            fixed: None,
            remittee: told.text("depositor"),
            remitter: None,
            expires_at: told.text("va_date").as_deref().and_then(millis),
            issued_at: told.time(TIMES),
        },
        "PAMC" => MethodDetail::Mobile { phone_number: None },
        "PATK" => MethodDetail::GiftCertificate {
            certificate: told
                .text("tk_van_code")
                .as_deref()
                .and_then(tables::gift)
                .map(str::to_owned),
            approval_number: told.text("tk_app_no").unwrap_or_default(),
        },
        money if tables::is_money(money) => {
            let service = told.text("service_corp_id");
            MethodDetail::EasyPay {
                provider: tables::wallet_by_money(money, service.as_deref()).map(str::to_owned),
                card: None,
                charge: true,
            }
        }
        _ => by_card(told),
    }
}

/// A card, or a wallet with a card or its own money behind it.
fn by_card(told: &Told) -> MethodDetail {
    let wallet = told
        .text("card_other_pay_type")
        .as_deref()
        .and_then(tables::wallet_by_card);
    let service = told.text("service_corp_id");
    let points = told.text("card_cd").as_deref() == Some("CCPT");
    let money =
        wallet.is_none() && (service.is_some() || told.text("kakaomny_mny").is_some_and(|m| whole(&m) > Some(0)));
    let by_money = || match service.as_deref() {
        Some(service) => tables::wallet_by_money("", Some(service)),
        None if points => Some("PAYCO"),
        None if money => Some("KAKAOPAY"),
        None => None,
    };
    match wallet.or_else(by_money) {
        Some(provider) => {
            let charge = points || money || told.text("card_cd").is_none();
            MethodDetail::EasyPay {
                provider: Some(provider.to_owned()),
                card: (!charge).then(|| card(told)),
                charge,
            }
        }
        None => MethodDetail::Card(card(told)),
    }
}

/// A card as an approval or the issue of a billing key tells it.
pub(super) fn card(told: &Told) -> CardDetail {
    let issuer_code = told.text("card_cd");
    let isp = told.text("isp_issuer_cd");
    let company = |code: &Option<String>, isp: Option<&str>| {
        let code = code.as_deref()?;
        tables::card_company(code, isp).map(str::to_owned)
    };
    let number = told.first(&["card_no", "card_mask_no"]);
    let head = number.as_deref().and_then(|n| n.get(..6));
    let bin = head
        .filter(|h| h.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned);
    // Masked with zeros, a number looks whole: what cannot be told apart is hidden.
    let number = number.map(|n| match n.get(..6) {
        Some(head) if is_full_number(&n) => format!("{head}{}", "*".repeat(n.len() - 6)),
        _ => n,
    });
    CardDetail {
        issuer: company(&issuer_code, isp.as_deref()),
        acquirer: company(&told.text("acqu_cd"), None),
        brand: match issuer_code.as_deref() {
            Some("CVSF") => Some(CardBrand::Visa),
            Some("CMCF") => Some(CardBrand::Master),
            Some("CJCF") => Some(CardBrand::Jcb),
            Some("CCUF") => Some(CardBrand::Unionpay),
            _ => None,
        },
        issuer_code,
        card_type: match told.text("card_bin_type_02").as_deref() {
            Some("0") => Some(CardType::Credit),
            Some("1") => Some(CardType::Debit),
            _ => None,
        },
        owner: match told.text("card_bin_type_01").as_deref() {
            Some("0") => Some(CardOwner::Personal),
            Some("1") => Some(CardOwner::Corporate),
            _ => None,
        },
        bin,
        number,
        name: told.text("card_name"),
        approval_number: told.text("app_no"),
        installment_months: months(told),
        interest_free: told.text("noinf").as_deref() == Some("Y"),
        interest_free_from_merchant: match told.text("noinf_type").as_deref() {
            Some("SHOP") => Some(true),
            Some("CARD") => Some(false),
            _ => None,
        },
        point_used: told.text("use_point").map(|p| p == "Y" || whole(&p) > Some(0)),
    }
}

/// Instalment months. Some issuers add 60 or 80 when card points were used.
fn months(told: &Told) -> u32 {
    match told.text("quota").and_then(|q| q.parse::<u32>().ok()) {
        Some(quota) if (60..100).contains(&quota) => quota % 20,
        Some(quota) => quota,
        None => 0,
    }
}
