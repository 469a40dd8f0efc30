//! `formpay`: a card number without a window, a virtual account without a window.

use super::Inicis;
use super::api::{Call, Reply, members};
use super::billing::{instant, order_of, quota_fits};
use super::codes::{self, Refusal, about, refusal};
use super::payment::{Card, Means, Payment};
use crate::simulators::clock::{compact, instant as at};
use crate::simulators::ids;
use crate::simulators::ledger::lock;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

/// Whether the last digit of a card number fits the others.
fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, double) => double / 10 + double % 10,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The card of a call: number, expiry (YYMM), birth or business number, two digits of the password, all encrypted.
pub(super) fn card_of(call: &Call<'_>) -> Result<Card, Refusal> {
    let number = call.secret("cardNumber")?;
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    if !digits || !(14..=16).contains(&number.len()) || !luhn(&number) {
        return Err(refusal("120014"));
    }
    let expire = call.secret("cardExpire")?;
    let month = expire.get(2..).and_then(|m| m.parse::<u8>().ok());
    if expire.len() != 4 || !month.is_some_and(|m| (1..=12).contains(&m)) {
        return Err(refusal("500638"));
    }
    let now = compact(call.now);
    if expire.as_str() < now.get(2..6).unwrap_or_default() {
        return Err(refusal("120004"));
    }
    let mut corporate = false;
    // Contracts without the owner's check send 99 and neither of the two.
    if call.form.text("authentification") != "99" {
        let owner = call.secret("regNo")?;
        corporate = owner.len() == 10;
        if !matches!(owner.len(), 6 | 10) || !owner.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refusal("120047"));
        }
        let pin = call.secret("cardPw")?;
        if pin.len() != 2 || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refusal("120019"));
        }
    }
    let (code, bank, name) = codes::card("14").unwrap_or_default();
    let (head, tail) = (
        number.get(..6).unwrap_or_default(),
        number.get(number.len() - 1..).unwrap_or_default(),
    );
    Ok(Card {
        code,
        bank,
        name,
        number: format!("{head}*********{tail}"),
        quota: "00".to_owned(),
        check: false,
        corporate,
        part: true,
        isp: false,
        source: "",
    })
}

/// The members of a payment by card number or billing key.
pub(super) fn paid_members(p: &Payment, message: &str) -> Map<String, Value> {
    let (date, time) = Inicis::now_parts(p.approved_at);
    let Means::Card(card) = &p.means else {
        return Map::new();
    };
    members(
        json!({"tid": *p.tid, "resultCode": "00", "resultMsg": message, "payDate": date, "payTime": time,
        "payAuthCode": p.auth_no, "cardCode": card.code, "checkFlg": if card.check { "1" } else { "0" },
        "payAuthQuota": card.quota, "prtcCode": if card.part { "1" } else { "0" },
        "price": p.order.amount.to_string(), "cardName": card.name, "cardPoint": "",
        "usePoint": "", "generalEvent": "", "quotainterest": "0", "buyCode": card.code, "detailCode": "00"}),
    )
}

impl Inicis {
    /// `paymethod=Card`
    pub(super) fn key_in(&self, call: &Call<'_>) -> Reply {
        if !call.merchant.key_in {
            return Err(refusal("500403"));
        }
        if call.form.text("paymethod") != "Card" {
            return Err(about("ER0102", "paymethod"));
        }
        let order = order_of(call)?;
        if !matches!(call.need("authentification")?, "00" | "99") {
            return Err(about("ER0102", "authentification"));
        }
        let mut card = card_of(call)?;
        let quota = call.need("cardQuota")?;
        quota_fits(quota, order.amount)?;
        if order.amount < 1 {
            return Err(refusal("500701"));
        }
        quota.clone_into(&mut card.quota);
        call.unforced()?;
        let record = self.admit(instant(call, order, Means::Card(card)), call.merchant)?;
        let payment = lock(&record);
        Ok((paid_members(&payment, "[신용카드|정상완료]"), Vec::new()))
    }

    /// `paymethod=Vacct`
    pub(super) fn issue_account(&self, call: &Call<'_>) -> Reply {
        let mut order = order_of(call)?;
        let bank = codes::bank(call.need("bankCode")?).ok_or_else(|| about("500643", "bankCode"))?;
        let text = format!("{}{}00", call.need("dtInput")?, call.need("tmInput")?);
        let due = DateTime::strptime("%Y%m%d%H%M%S", &text).ok().and_then(at);
        let due = due.filter(|due| *due > call.now).ok_or_else(|| refusal("500640"))?;
        call.need("nmInput")?.clone_into(&mut order.buyer_name);
        if order.amount < 200 {
            return Err(refusal("504937"));
        }
        match call.form.text("flgCash") {
            "" | "0" => {}
            "1" | "2" => {
                call.secret("cashRegNo")?;
            }
            _ => return Err(about("ER0102", "flgCash")),
        }
        call.unforced()?;
        let number = call.form.get("vacct").map_or_else(|| ids::digits(14), str::to_owned);
        let means = Means::Vbank { bank, number, due };
        let record = self.admit(instant(call, order, means), call.merchant)?;
        let payment = lock(&record);
        let (date, time) = Self::now_parts(call.now);
        let (valid_date, valid_time) = Self::now_parts(due);
        let Means::Vbank { number, .. } = &payment.means else {
            return Err(refusal("500643"));
        };
        let map = members(
            json!({"resultCode": "00", "resultMsg": "정상완료", "tid": *payment.tid, "authDate": date,
            "authTime": time, "vacct": number, "vacctName": "（주）케이지이니시스", "vacctBankCode": bank.0,
            "validDate": valid_date, "validTime": valid_time, "price": payment.order.amount.to_string()}),
        );
        Ok((map, Vec::new()))
    }
}
