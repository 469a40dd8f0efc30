//! Approvals after the window, and the answer that every approval has.

use super::merchants::Merchant;
use super::payment::{Card, Means, Method, Payment, Status, success_text};
use super::result::{Done, Refusal, Reply, named, refusal};
use super::sign::sign;
use super::{Ctx, NiceLegacy, codes, order_key};
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;

/// From the buyer's authentication to the approval call, ms.
const AUTH_MS: i64 = 30 * 60_000;
/// Least amount of a card payment.
const CARD_MIN: i64 = 1_000;

impl NiceLegacy {
    /// `pay_process.jsp`
    pub(super) fn approve(&self, ctx: &Ctx<'_>) -> Reply {
        let amount = ctx.need_amount("Amt")?;
        let tid = ctx.need("TID", 30)?;
        let token = ctx.need("AuthToken", 40)?;
        let record = self.payments.get(tid).ok_or_else(|| refusal("A210"))?;
        let mut payment = lock(&record);
        if payment.mid != ctx.merchant.mid || payment.auth_token.is_empty() || payment.auth_token != token {
            return Err(refusal("A210"));
        }
        if payment.status != Status::Authenticated {
            return Err(refusal(ctx.merchant.repeat_code));
        }
        if ctx.now >= payment.created_at.saturating_add(AUTH_MS) {
            return Err(refusal("A245"));
        }
        if amount != payment.order.amount {
            return Err(refusal("A123"));
        }
        if let Some(reserved) = ctx.form.get("MallReserved") {
            reserved.clone_into(&mut payment.order.reserved);
        }
        self.settle(ctx, &mut payment)
    }

    /// What approvals and charges have in common once the request is in order.
    pub(super) fn settle(&self, ctx: &Ctx<'_>, payment: &mut Payment) -> Reply {
        if payment.method == Method::Card && payment.order.amount < CARD_MIN {
            return Err(refusal("3041"));
        }
        let key = order_key(&payment.mid, &payment.order.moid);
        let other = self.orders.get(&key).is_some_and(|tid| *tid.value() != payment.tid);
        // The lock of this payment is held: only another one's may be asked for.
        if ctx.merchant.unique_moid && other && self.order_approved(&key) {
            return Err(refusal("A127"));
        }
        let delayed = match &ctx.forced {
            None => None,
            Some(forced) => match codes::effect(&forced.code) {
                codes::Effect::Nothing => return Err(forced.clone()),
                codes::Effect::Failed => {
                    payment.status = Status::Failed;
                    return Err(forced.clone());
                }
                codes::Effect::Done => Some(forced.clone()),
            },
        };
        if let Some(reason) = payment.refusal {
            payment.status = Status::Failed;
            return Err(refusal("3095").worded(reason));
        }
        payment.approve(ids::digits(8), ctx.now);
        self.orders.insert(key, std::sync::Arc::clone(&payment.tid));
        let fields = match delayed {
            // The answer comes too early.
            Some(early) => early.fields(ctx.form, false),
            None => self.approved(payment, ctx.merchant),
        };
        Ok(Done {
            fields,
            notices: self.told(payment, ctx.merchant, payment.method.success()),
        })
    }

    fn auth_date(&self, merchant: &Merchant, at: i64) -> String {
        let date = compact(at);
        if self.shaped(merchant, "auth-date-14") {
            date
        } else {
            date.get(2..).unwrap_or_default().to_owned()
        }
    }

    /// The answer to an approval.
    pub(super) fn approved(&self, payment: &Payment, merchant: &Merchant) -> Vec<(String, String)> {
        let order = &payment.order;
        let amount = self.amount_text(merchant, order.amount);
        let covered = if merchant.padded {
            format!("{:012}", order.amount)
        } else {
            order.amount.to_string()
        };
        let signature = sign(&[&payment.tid, &payment.mid, &covered], &merchant.key);
        let date = self.auth_date(merchant, payment.approved_at.unwrap_or(payment.created_at));
        let mut fields = named(&[
            ("ResultCode", payment.method.success()),
            ("ResultMsg", success_text(payment.method)),
            ("TID", &payment.tid),
            ("MID", &payment.mid),
            ("Moid", &order.moid),
            ("Amt", &amount),
            ("Signature", &signature),
            ("AuthCode", &payment.auth_code),
            ("AuthDate", &date),
            ("PayMethod", payment.method.word()),
            ("GoodsName", &order.goods),
            ("BuyerName", &order.buyer_name),
            ("BuyerTel", &order.buyer_tel),
            ("BuyerEmail", &order.buyer_email),
            ("MallReserved", &order.reserved),
        ]);
        fields.extend(match &payment.means {
            Means::Card(card) => self.card_fields(card, merchant),
            Means::Bank(code, name) => {
                let (kind, receipt) = match &payment.receipt {
                    Some((kind, tid)) => (*kind, tid.as_str()),
                    None => ("0", ""),
                };
                named(&[
                    ("BankCode", code),
                    ("BankName", name),
                    ("RcptType", kind),
                    ("RcptTID", receipt),
                    ("RcptAuthCode", if receipt.is_empty() { "" } else { "G51234567" }),
                ])
            }
            Means::Vbank(account) => {
                let due = compact(account.due);
                named(&[
                    ("VbankBankCode", account.bank.0),
                    ("VbankBankName", account.bank.1),
                    ("VbankNum", &account.number),
                    ("VbankExpDate", due.get(..8).unwrap_or_default()),
                    ("VbankExpTime", due.get(8..).unwrap_or_default()),
                ])
            }
            Means::Other => Vec::new(),
        });
        fields
    }

    /// The card's part of an answer.
    fn card_fields(&self, card: &Card, merchant: &Merchant) -> Vec<(String, String)> {
        let part = card.part && !self.shaped(merchant, "no-part-cancel");
        named(&[
            ("CardCode", card.code),
            ("CardName", card.name),
            ("CardNo", &card.number),
            ("CardQuota", &card.quota),
            ("CardInterest", "0"),
            ("AcquCardCode", card.code),
            ("AcquCardName", card.name),
            ("CardCl", if card.check { "1" } else { "0" }),
            ("CcPartCl", if part { "1" } else { "0" }),
            ("CardType", "01"),
            ("ClickpayCl", card.wallet),
            ("CouponAmt", &self.amount_text(merchant, 0)),
            ("CouponMinAmt", ""),
            ("PointAppAmt", ""),
            ("MultiCl", "0"),
            ("MultiCardAcquAmt", ""),
            ("MultiPointAmt", ""),
            ("MultiCouponAmt", ""),
        ])
    }
}

/// The order number is taken by an approved transaction already.
pub(super) fn duplicate(nice: &NiceLegacy, ctx: &Ctx<'_>, moid: &str) -> Result<(), Refusal> {
    if ctx.merchant.unique_moid && nice.order_approved(&order_key(&ctx.merchant.mid, moid)) {
        return Err(refusal("A127"));
    }
    Ok(())
}
