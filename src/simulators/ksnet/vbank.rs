//! `vaccount/permanent`: virtual accounts without a window.

use super::Ksnet;
use super::codes;
use super::payment::{Account, Means, Method, Order, Payment};
use super::rest::{Call, Refusal, Reply, members};
use super::window::moment;
use crate::simulators::clock::compact;
use crate::simulators::ids;
use crate::simulators::ledger::lock;

impl Ksnet {
    pub(super) fn issue_account(&self, call: &Call<'_>) -> Reply {
        // The manual's example has other names for these two than its table.
        let either = |name: &str, other: &str| {
            call.need(name, 50)
                .or_else(|refused| call.need(other, 50).map_err(|_| refused))
        };
        let number = call.need("orderNumb", 50)?;
        let buyer = either("userName", "orderName")?;
        let goods = either("productName", "goodName")?;
        let amount = call.amount("totalAmount")?;
        let stays = call.second("virtAccountType", "0", "2")?;
        let escrow = call.second("escrowType", "0", "1")?;
        let word = call.need("bankType", 20)?;
        if amount == 0 {
            return Err(Refusal::wrong("totalAmount"));
        }
        let fixed = call.text("virtAccountNumb");
        if fixed.len() > 15 || !fixed.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refusal::wrong("virtAccountNumb"));
        }
        let bank = codes::BANKS.iter().find(|row| row.2 == word && row.3);
        let bank = bank.ok_or_else(|| Refusal::coded("B001"))?;
        if !call.merchant.vbank || (escrow && !call.merchant.escrow) {
            return Err(Refusal::coded("B001"));
        }
        let due = due(&call.text("closeDateTime"), stays, call.now)?;
        let order = Order {
            number,
            amount,
            tax_free: 0,
            goods,
            buyer,
            escrow,
        };
        let account = Account {
            bank,
            number: if fixed.is_empty() {
                format!("7{}", ids::digits(13))
            } else {
                fixed
            },
            due,
        };
        let means = Means::Account(account.clone());
        let record = self.admit(Payment::new(&call.merchant.mid, order, Method::Vbank, means, call.now));
        let payment = lock(&record);
        Ok(members(&[
            ("payload", &call.text("payload")),
            ("tid", &payment.trno),
            ("tradeDateTime", &compact(call.now)),
            ("totalAmount", &amount.to_string()),
            ("respCode", "0000"),
            ("respMessage", "채번성공"),
            ("bankType", bank.2),
            ("bankName", bank.1),
            ("virtualAccountNumb", &account.number),
            ("accountHolder", "나루상점"),
            ("closeDateTime", &call.text("closeDateTime")),
        ]))
    }
}

/// The deadline, which only an account that stays can do without.
fn due(text: &str, stays: bool, now: i64) -> Result<Option<i64>, Refusal> {
    if text.is_empty() {
        return if stays { Ok(None) } else { Err(Refusal::coded("B013")) };
    }
    let (Some(date), Some(time)) = (text.get(..8), text.get(8..)) else {
        return Err(Refusal::wrong("closeDateTime"));
    };
    let due = moment(date, time).filter(|due| *due > now);
    due.map(Some).ok_or_else(|| Refusal::wrong("closeDateTime"))
}
