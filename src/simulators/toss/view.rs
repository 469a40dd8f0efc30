//! The `Payment` object (API version 2022-11-16) as JSON.

use super::payment::{Cancel, Card, Currency, Means, Payment, Status, TiedReceipt, Vbank};
use super::shapes::Shapes;
use super::vbank::{receipt_issued, registered};
use crate::simulators::clock::iso_kst;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub(super) const VERSION: &str = "2022-11-16";

/// An amount as the API writes it: whole numbers for KRW and JPY, decimals for USD.
#[derive(Debug, Clone, Copy)]
pub(super) struct Num(pub i64, pub Currency);

impl Serialize for Num {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scale = self.1.scale();
        if self.0 % scale == 0 {
            serializer.serialize_i64(self.0 / scale)
        } else {
            #[allow(clippy::cast_precision_loss)]
            serializer.serialize_f64(self.0 as f64 / scale as f64)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    m_id: &'a str,
    last_transaction_key: Option<&'a str>,
    payment_key: &'a str,
    order_id: &'a str,
    order_name: &'a str,
    tax_exemption_amount: Num,
    status: &'static str,
    requested_at: String,
    approved_at: Option<String>,
    use_escrow: Option<bool>,
    culture_expense: bool,
    card: Option<CardView<'a>>,
    virtual_account: Option<VbankView<'a>>,
    transfer: Option<TransferView>,
    mobile_phone: Option<MobileView<'a>>,
    gift_certificate: Option<GiftView>,
    cash_receipt: Option<ReceiptView<'a>>,
    cash_receipts: Option<Vec<ReceiptHistoryView<'a>>>,
    discount: Option<()>,
    cancels: Option<Vec<CancelView<'a>>>,
    secret: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    easy_pay: Option<WalletView<'a>>,
    country: &'static str,
    failure: Option<FailureView<'a>>,
    is_partial_cancelable: bool,
    receipt: Option<UrlView>,
    checkout: UrlView,
    currency: &'static str,
    total_amount: Num,
    balance_amount: Num,
    supplied_amount: Num,
    vat: Num,
    tax_free_amount: Num,
    metadata: Option<&'a Map<String, Value>>,
    method: Option<&'static str>,
    version: &'static str,
}

#[derive(Serialize)]
struct UrlView {
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardView<'a> {
    issuer_code: &'a str,
    acquirer_code: Option<&'a str>,
    number: &'a str,
    installment_plan_months: u32,
    is_interest_free: bool,
    interest_payer: Option<&'static str>,
    approve_no: &'a str,
    use_card_point: bool,
    card_type: &'a str,
    owner_type: &'a str,
    acquire_status: &'static str,
    amount: Num,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VbankView<'a> {
    account_type: &'static str,
    account_number: &'a str,
    bank_code: &'a str,
    customer_name: &'a str,
    depositor_name: Option<&'a str>,
    due_date: String,
    refund_status: &'a str,
    expired: bool,
    settlement_status: &'static str,
    refund_receive_account: Option<()>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransferView {
    bank_code: &'static str,
    settlement_status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MobileView<'a> {
    customer_mobile_phone: PhoneView<'a>,
    settlement_status: &'static str,
    receipt_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhoneView<'a> {
    plain: &'a str,
    masking: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GiftView {
    approve_no: String,
    settlement_status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WalletView<'a> {
    provider: &'a str,
    amount: Num,
    discount_amount: Num,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptView<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    receipt_key: &'a str,
    issue_number: &'a str,
    receipt_url: String,
    amount: Num,
    tax_free_amount: Num,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptHistoryView<'a> {
    #[serde(flatten)]
    receipt: ReceiptView<'a>,
    order_id: &'a str,
    order_name: &'a str,
    transaction_type: &'static str,
    issue_status: &'static str,
    requested_at: String,
}

#[derive(Serialize)]
struct FailureView<'a> {
    code: &'a str,
    message: &'a str,
}

/// One element of `cancels`, also the `data` of `CANCEL_STATUS_CHANGED`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancelView<'a> {
    transaction_key: &'a str,
    cancel_reason: &'a str,
    tax_exemption_amount: Num,
    canceled_at: String,
    card_discount_amount: i64,
    transfer_discount_amount: i64,
    easy_pay_discount_amount: i64,
    receipt_key: Option<&'a str>,
    cancel_amount: Num,
    tax_free_amount: Num,
    refundable_amount: Num,
    cancel_status: &'static str,
    cancel_request_id: Option<&'a str>,
}

impl<'a> CancelView<'a> {
    pub fn of(cancel: &'a Cancel, currency: Currency) -> Self {
        Self {
            transaction_key: &cancel.transaction,
            cancel_reason: &cancel.reason,
            tax_exemption_amount: Num(cancel.tax_exempt, currency),
            canceled_at: iso_kst(cancel.at),
            card_discount_amount: 0,
            transfer_discount_amount: 0,
            easy_pay_discount_amount: 0,
            receipt_key: cancel.receipt_key.as_deref(),
            cancel_amount: Num(cancel.amount, currency),
            tax_free_amount: Num(cancel.tax_free, currency),
            refundable_amount: Num(cancel.refundable, currency),
            cancel_status: if cancel.pending { "IN_PROGRESS" } else { "DONE" },
            cancel_request_id: cancel.request_id.as_deref(),
        }
    }
}

fn settled(status: Status) -> &'static str {
    match status {
        Status::WaitingForDeposit => "INCOMPLETED",
        _ => "COMPLETED",
    }
}

fn card_view<'a>(card: &'a Card, payment: &Payment) -> CardView<'a> {
    let acquire_status = match (payment.status, payment.cancels.is_empty()) {
        (Status::Canceled, _) => "CANCELED",
        (_, false) => "CANCEL_REQUESTED",
        _ => "READY",
    };
    CardView {
        issuer_code: card.issuer,
        acquirer_code: card.acquirer,
        number: &card.number,
        installment_plan_months: card.months,
        is_interest_free: card.interest_free,
        interest_payer: card.interest_free.then_some("CARD_COMPANY"),
        approve_no: &card.approve_no,
        use_card_point: card.use_point,
        card_type: card.card_type,
        owner_type: card.owner,
        acquire_status,
        amount: Num(payment.total, payment.currency),
    }
}

fn vbank_view<'a>(account: &'a Vbank, payment: &Payment, now: i64) -> VbankView<'a> {
    VbankView {
        account_type: if account.fixed { "고정" } else { "일반" },
        account_number: &account.account,
        bank_code: account.bank,
        customer_name: &account.customer,
        depositor_name: account.depositor.as_deref(),
        due_date: iso_kst(account.due),
        refund_status: account.refund_status,
        // A fixed account never shows that its date has passed.
        expired: !account.fixed && payment.status == Status::WaitingForDeposit && now > account.due,
        settlement_status: settled(payment.status),
        refund_receive_account: None,
    }
}

fn receipt_view<'a>(receipt: &'a TiedReceipt, payment: &Payment) -> ReceiptView<'a> {
    ReceiptView {
        kind: receipt.kind,
        receipt_key: &receipt.key,
        issue_number: &receipt.issue_number,
        receipt_url: format!(
            "https://dashboard-sandbox.tosspayments.com/receipt/cash/{}",
            receipt.key
        ),
        amount: Num(payment.total, payment.currency),
        tax_free_amount: Num(payment.tax_free, payment.currency),
    }
}

fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    let keep = |i: usize| i < 3 || i + 4 >= digits.len();
    digits
        .iter()
        .enumerate()
        .map(|(i, c)| if keep(i) { *c } else { '*' })
        .collect()
}

fn receipt_url(payment: &Payment, test: bool) -> String {
    if test {
        let key = &payment.key;
        format!("https://dashboard-sandbox.tosspayments.com/receipt/redirection?transactionId={key}&ref=PX")
    } else {
        format!(
            "https://dashboard.tosspayments.com/receipt/redirection?transactionId={}&ref=PX",
            payment.key
        )
    }
}

/// The objects of the payment methods; at most two are filled.
#[derive(Default)]
struct MeansView<'a> {
    card: Option<CardView<'a>>,
    virtual_account: Option<VbankView<'a>>,
    transfer: Option<TransferView>,
    mobile_phone: Option<MobileView<'a>>,
    gift_certificate: Option<GiftView>,
    easy_pay: Option<WalletView<'a>>,
}

fn means_view<'a>(payment: &'a Payment, test: bool, now: i64) -> MeansView<'a> {
    let mut view = MeansView::default();
    let num = |amount| Num(amount, payment.currency);
    let settlement_status = settled(payment.status);
    match &payment.means {
        Means::None => {}
        Means::Card(card) => view.card = Some(card_view(card, payment)),
        Means::Wallet(_, provider, card) => {
            // A card behind the wallet pays the whole; otherwise the wallet's balance does.
            let amount = if card.is_some() { 0 } else { payment.total };
            view.card = card.as_ref().map(|card| card_view(card, payment));
            view.easy_pay = Some(WalletView {
                provider,
                amount: num(amount),
                discount_amount: num(0),
            });
        }
        Means::Foreign(provider) => {
            view.easy_pay = Some(WalletView {
                provider,
                amount: num(payment.total),
                discount_amount: num(0),
            });
        }
        Means::Vbank(account) => view.virtual_account = Some(vbank_view(account, payment, now)),
        Means::Transfer(bank_code) => {
            view.transfer = Some(TransferView {
                bank_code,
                settlement_status,
            })
        }
        Means::Mobile(phone) => {
            view.mobile_phone = Some(MobileView {
                customer_mobile_phone: PhoneView {
                    plain: phone,
                    masking: masked_phone(phone),
                },
                settlement_status,
                receipt_url: receipt_url(payment, test),
            });
        }
        Means::Gift => {
            view.gift_certificate = Some(GiftView {
                approve_no: "0".repeat(8),
                settlement_status,
            });
        }
    }
    view
}

fn receipt_history<'a>(receipt: &'a TiedReceipt, payment: &'a Payment, now: i64) -> ReceiptHistoryView<'a> {
    ReceiptHistoryView {
        receipt: receipt_view(receipt, payment),
        order_id: &payment.order_id,
        order_name: &payment.order_name,
        transaction_type: "CONFIRM",
        issue_status: if now < registered(receipt.at) {
            "IN_PROGRESS"
        } else {
            "COMPLETED"
        },
        requested_at: iso_kst(receipt.at),
    }
}

fn view<'a>(payment: &'a Payment, test: bool, base: &str, now: i64) -> View<'a> {
    let num = |amount| Num(amount, payment.currency);
    let expired = payment.status == Status::Expired;
    let chosen = !expired && payment.means != Means::None;
    let means = if chosen {
        means_view(payment, test, now)
    } else {
        MeansView::default()
    };
    let receipt = payment.receipt.as_ref().filter(|_| receipt_issued(payment));
    let cancels = payment.cancels.iter().map(|c| CancelView::of(c, payment.currency));
    View {
        m_id: &payment.mid,
        last_transaction_key: payment.last_transaction(),
        payment_key: &payment.key,
        order_id: &payment.order_id,
        order_name: &payment.order_name,
        tax_exemption_amount: num(payment.tax_exempt),
        status: payment.status.word(),
        requested_at: iso_kst(payment.requested_at),
        approved_at: payment.approved_at.map(iso_kst),
        use_escrow: (!expired).then_some(payment.escrow),
        culture_expense: payment.culture,
        card: means.card,
        virtual_account: means.virtual_account,
        transfer: means.transfer,
        mobile_phone: means.mobile_phone,
        gift_certificate: means.gift_certificate,
        cash_receipt: receipt.map(|r| receipt_view(r, payment)),
        cash_receipts: receipt.map(|r| vec![receipt_history(r, payment, now)]),
        discount: None,
        cancels: (!payment.cancels.is_empty()).then(|| cancels.collect()),
        secret: Some(&payment.secret),
        kind: if payment.billing { "BILLING" } else { "NORMAL" },
        easy_pay: means.easy_pay,
        country: "KR",
        failure: payment
            .failure
            .as_ref()
            .map(|(code, message)| FailureView { code, message }),
        is_partial_cancelable: payment.partial_cancelable(),
        receipt: payment.approve_transaction.is_some().then(|| UrlView {
            url: receipt_url(payment, test),
        }),
        checkout: UrlView {
            url: format!("{base}/v1/payments/{}/checkout", payment.key),
        },
        currency: payment.currency.word(),
        total_amount: num(payment.total),
        balance_amount: num(payment.balance),
        supplied_amount: num(payment.supplied()),
        vat: num(payment.vat()),
        tax_free_amount: num(payment.tax_free),
        metadata: payment.metadata.as_ref(),
        method: chosen.then(|| payment.method.korean()),
        version: VERSION,
    }
}

/// How a payment is to be written.
#[derive(Debug, Clone)]
pub(super) struct Style<'a> {
    pub test: bool,
    pub shapes: Shapes,
    /// Own origin with the provider's segment.
    pub base: &'a str,
    pub now: i64,
}

/// The object's bytes. Only a shape other than today's pays for a tree.
pub(super) fn payment_bytes(payment: &Payment, style: &Style<'_>) -> Vec<u8> {
    let plain = payment.status != Status::Expired && !style.shapes.changes_payments();
    if plain {
        return serde_json::to_vec(&view(payment, style.test, style.base, style.now)).unwrap_or_default();
    }
    payment_value(payment, style).to_string().into_bytes()
}

/// The object as a tree.
pub(super) fn payment_value(payment: &Payment, style: &Style<'_>) -> Value {
    let view = view(payment, style.test, style.base, style.now);
    let mut value = serde_json::to_value(view).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        if payment.status == Status::Expired {
            map.insert("transactionKey".into(), Value::Null);
        }
        style.shapes.apply(map);
    }
    value
}
