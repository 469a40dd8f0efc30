//! `/gw/enc/v1/payment`: a blob for money, once. And the answer that every approval has.

use super::args::{Done, Fields, Refusal, Reply, digits, named, refusal};
use super::blob::{Blobs, Content};
use super::codes::Effect;
use super::merchants::Site;
use super::payment::{Card, Means, Method, Payment, Status, Tax, Vbank};
use super::{Ctx, Kcp, codes, order_key};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;

/// Least amount of a card payment.
pub(super) const CARD_MIN: i64 = 1_000;
/// What KCP's public test site takes: lump sum, installments.
const TEST_MAX: (i64, i64) = (5_004, 50_004);

impl Kcp {
    pub(super) fn exchange(&self, ctx: &Ctx<'_>) -> Reply {
        if let Some(forced) = ctx
            .forced
            .as_ref()
            .filter(|f| codes::effect(&f.code) == Effect::Untouched)
        {
            return Err(forced.clone());
        }
        let args = ctx.args;
        let record = self
            .blobs
            .open(args.text("enc_data"), args.text("enc_info"))
            .filter(|record| lock(record).site == ctx.site.cd)
            .ok_or_else(|| refusal("S005").about("enc_data"))?;
        let blob = lock(&record).clone();
        if args.text("tran_cd") != blob.transaction() {
            return Err(refusal("S005").about("tran_cd"));
        }
        if ctx.now >= blob.at.saturating_add(ctx.site.blob_ms) {
            return Err(refusal("8310"));
        }
        // From here on the blob is used up, whatever comes of it.
        if !Blobs::first_use(&record) {
            return Err(refusal("8094"));
        }
        match blob.content {
            Content::Key(card, order, group) => self.issue_key(ctx, *card, &order, &group),
            Content::Payment(payment) => {
                guard(ctx, &payment)?;
                self.settle(ctx, *payment)
            }
        }
    }

    /// Whether an order number has an approval already, where the site allows one only.
    fn unique(&self, site: &Site, number: &str) -> Result<(), Refusal> {
        if site.unique_orders && self.orders.contains_key(&order_key(&site.cd, number)) {
            return Err(refusal("8338"));
        }
        Ok(())
    }

    /// What approvals and charges have in common once the request is in order.
    pub(super) fn settle(&self, ctx: &Ctx<'_>, mut payment: Payment) -> Reply {
        self.unique(ctx.site, &payment.order.number)?;
        let effect = ctx.forced.as_ref().map(|forced| (forced, codes::effect(&forced.code)));
        if let Some((forced, Effect::Refused | Effect::Untouched)) = effect {
            return Err(forced.clone());
        }
        if let Some(code) = &payment.refusal {
            return Err(Refusal::ordered(code, None));
        }
        payment.created_at = ctx.now;
        payment.approve(ids::digits(8), ctx.now);
        let record = self.store(payment);
        let mut payment = lock(&record);
        let fields = match effect {
            None => self.approved(ctx.site, &payment),
            Some((forced, effect)) => {
                if effect == Effect::Undone {
                    let whole = payment.balance;
                    payment.take(whole, self.sequence(ctx.now), ctx.now, Status::Cancelled);
                }
                named(&[("res_cd", &forced.code), ("res_msg", &forced.message)])
            }
        };
        let mut notices = Vec::new();
        if payment.status == Status::WaitingDeposit && self.shaped(ctx.site, "deposit-at-once") {
            let amount = payment.order.amount;
            notices.extend(self.deposited(&mut payment, ctx.site, amount, None, ctx.now));
        }
        Ok(Done { fields, notices })
    }

    /// Number of a cancel, 14 digits.
    pub(super) fn sequence(&self, now: i64) -> String {
        let date = compact(now);
        format!("{}{:08}", date.get(2..8).unwrap_or_default(), self.serial())
    }

    /// The answer to an approval.
    pub(super) fn approved(&self, site: &Site, payment: &Payment) -> Fields {
        let order = &payment.order;
        let amount = order.amount.to_string();
        let at = compact(payment.approved_at.unwrap_or(payment.created_at));
        let issued = payment.method == Method::Vbank;
        let code = if issued && self.shaped(site, "v000") {
            "V000"
        } else {
            "0000"
        };
        let trace = if issued {
            String::new()
        } else {
            format!("{}{}", site.cd, ids::alnum(11))
        };
        let tax = &order.tax;
        let mut fields = named(&[
            ("res_cd", code),
            ("res_msg", "정상처리"),
            ("res_en_msg", "processing completed"),
            ("tno", &payment.tno),
            ("order_no", &order.number),
            ("amount", &amount),
            ("pay_method", payment.paid_word()),
            ("trace_no", &trace),
            ("pg_txid", &format!("{at}MP01{}", ids::digits(24))),
            ("cert_no", &payment.tno),
            ("ca_order_id", &order.number),
            ("app_time", &at),
            (
                "escw_yn",
                if payment.escrow == super::payment::Escrow::None {
                    "N"
                } else {
                    "Y"
                },
            ),
            ("res_tax_flag", &tax.flag),
            ("res_tax_mny", &tax.supply.to_string()),
            ("res_vat_mny", &tax.vat.to_string()),
            ("res_free_mny", &tax.free.to_string()),
            ("bizx_numb", "00000000000"),
            ("join_cd", "0000"),
        ]);
        fields.extend(match &payment.means {
            Means::Card(card) => card_fields(card, payment, &at),
            Means::Bank(code, name) => bank_fields(code, name, payment),
            Means::Vbank(account) => vbank_fields(account),
            Means::Carrier(carrier, phone) => named(&[
                ("commid", carrier),
                ("mobile_no", phone),
                ("van_cd", "VNDN"),
                ("van_id", "01"),
                ("hp_app_time", &at),
            ]),
            Means::Gift(provider) => named(&[
                ("tk_van_code", provider),
                ("tk_app_no", &payment.app_no),
                ("tk_app_time", &at),
            ]),
            Means::Points => named(&[
                ("pnt_issue", "SCSK"),
                ("pnt_amount", &amount),
                ("pnt_app_time", &at),
                ("pnt_app_no", &payment.app_no),
                ("add_pnt", "0"),
                ("use_pnt", &amount),
                ("rsv_pnt", "0"),
            ]),
            Means::Money(word, corp) => money_fields(word, corp, payment, &at, self.shaped(site, "old-kakao")),
        });
        fields
    }
}

/// What the caller says about the order must be what the buyer agreed to.
fn guard(ctx: &Ctx<'_>, payment: &Payment) -> Result<(), Refusal> {
    if ctx.args.get("ordr_mony").is_some() && ctx.args.amount("ordr_mony") != Some(payment.order.amount) {
        return Err(refusal("8059"));
    }
    if ctx
        .args
        .get("ordr_no")
        .is_some_and(|number| number != payment.order.number)
    {
        return Err(refusal("8026"));
    }
    // A wallet's money is paid under the card bit.
    let words = [payment.paid_word(), payment.method.words().paid];
    if ctx.args.get("pay_type").is_some_and(|word| !words.contains(&word)) {
        return Err(refusal("8024"));
    }
    Ok(())
}

/// Limits of card payments.
pub(super) fn card_limits(site: &Site, amount: i64, quota: &str, under: &'static str) -> Result<(), Refusal> {
    if amount < CARD_MIN {
        return Err(refusal(under));
    }
    let max = if quota == "00" { TEST_MAX.0 } else { TEST_MAX.1 };
    if site.test_amounts && amount > max {
        return Err(refusal("8129"));
    }
    Ok(())
}

/// The split of an amount as a request tells it.
pub(super) fn tax(ctx_args: &super::args::Args, site: &Site, amount: i64) -> Result<Tax, Refusal> {
    match ctx_args.text("tax_flag") {
        "" => Ok(Tax::whole("TG01", amount)),
        flag @ ("TG01" | "TG02") => Ok(Tax::whole(flag, amount)),
        "TG03" if !site.tax => Err(refusal("8080").about("tax_flag")),
        "TG03" => {
            let part = |name: &str| ctx_args.amount(name).ok_or_else(|| refusal("8078").about(name));
            let (supply, vat, free) = (part("comm_tax_mny")?, part("comm_vat_mny")?, part("comm_free_mny")?);
            if supply + vat + free != amount {
                return Err(refusal("8079"));
            }
            Ok(Tax::parts("TG03", supply, vat, free))
        }
        _ => Err(refusal("8080").about("tax_flag")),
    }
}

/// `00`, `02` … `12`; installments from 50,000 on.
pub(super) fn quota(text: &str, amount: i64) -> Result<String, Refusal> {
    let text = if text.is_empty() { "00" } else { text };
    let months: u32 = text.parse().map_err(|_| refusal("8106"))?;
    if text.len() != 2 || !digits(text) || months == 1 || months > 36 {
        return Err(refusal("8106"));
    }
    if months > 0 && amount < 50_000 {
        return Err(refusal("8125"));
    }
    Ok(text.to_owned())
}

fn card_fields(card: &Card, payment: &Payment, at: &str) -> Fields {
    let flag = |set: bool| if set { "Y" } else { "N" };
    let digit = |set: bool| if set { "1" } else { "0" };
    let mut fields = named(&[
        ("app_no", &payment.app_no),
        ("van_cd", "VNKC"),
        ("van_apptime", at),
        ("card_cd", card.code),
        ("card_name", card.name),
        ("acqu_cd", card.acquirer),
        ("acqu_name", codes::card(card.acquirer).map_or("", |row| row.1)),
        ("card_no", &card.number),
        ("card_mny", &(payment.order.amount - card.points).to_string()),
        ("coupon_mny", "0"),
        ("quota", &card.quota),
        ("noinf", flag(card.interest_free)),
        ("partcanc_yn", flag(card.part)),
        ("card_bin_type_01", digit(card.corporate)),
        ("card_bin_type_02", digit(card.check)),
        ("card_bin_bank_cd", "0004"),
        ("isp_issuer_cd", ""),
        ("isp_issuer_nm", ""),
        ("isp_partner_cd", ""),
    ]);
    if card.interest_free {
        fields.extend(named(&[("noinf_type", "CARD")]));
    }
    if let Some(wallet) = card.wallet {
        fields.extend(named(&[("card_other_pay_type", wallet.kind)]));
        if wallet.name == "payco" {
            fields.extend(named(&[("payco_point_mny", &card.points.to_string())]));
        }
    }
    fields
}

fn bank_fields(code: &str, name: &str, payment: &Payment) -> Fields {
    let mut fields = named(&[
        ("bank_name", name),
        ("bank_code", code),
        ("bk_mny", &payment.order.amount.to_string()),
    ]);
    if payment.receipt.is_some() {
        fields.extend(named(&[
            ("cash_authno", &format!("1{}", payment.app_no)),
            ("cash_no", &payment.tno),
        ]));
    }
    fields
}

fn vbank_fields(account: &Vbank) -> Fields {
    named(&[
        ("bankname", account.bank.1),
        ("bankcode", account.bank.0),
        ("depositor", "엔에이치엔한국사이버"),
        ("account", &account.number),
        ("va_date", &compact(account.due)),
        ("va_name", &account.name),
        ("van_txid", &ids::digits(20)),
    ])
}

fn money_fields(word: &str, corp: &str, payment: &Payment, at: &str, old: bool) -> Fields {
    let amount = payment.order.amount.to_string();
    // Nothing of it is the card's.
    let mut fields = named(&[
        ("card_mny", "0"),
        ("coupon_mny", "0"),
        ("partcanc_yn", "Y"),
        ("service_corp_id", corp),
    ]);
    if old && word == "PAKM" {
        fields.extend(named(&[("kakaomny_mny", &amount), ("app_kakaomny_time", at)]));
        return fields;
    }
    fields.extend(named(&[("easypoint_mny", &amount), ("app_easypoint_time", at)]));
    match &payment.receipt {
        None => fields.extend(named(&[("app_cash_receipt_yn", "N")])),
        Some(_) => fields.extend(named(&[
            ("app_cash_receipt_yn", "Y"),
            ("app_cash_receipt_no", &format!("1{}", payment.app_no)),
            ("app_cash_receipt_mny", &amount),
        ])),
    }
    fields
}
