//! Registrations before a window: trades for phones (거래등록), and LITE PAY.

use super::args::{Refusal, Reply, named, refusal};
use super::payment::{METHODS, Method};
use super::window::absolute;
use super::{Ctx, Kcp, blob};
use crate::simulators::ids;
use std::sync::Arc;

/// How long an `approvalKey` opens a window, ms.
pub(super) const TRADE_MS: i64 = 30 * 60_000;

/// A registered trade.
#[derive(Debug, Clone)]
pub(super) struct Trade {
    pub site: Arc<str>,
    pub number: String,
    pub amount: i64,
    /// `None`: a batch key.
    pub method: Option<Method>,
    pub ret_url: String,
    pub at: i64,
    pub used: bool,
}

/// A registered LITE PAY window.
#[derive(Debug, Clone)]
pub(super) struct Lite {
    pub site: Arc<str>,
    pub number: String,
    pub amount: i64,
    pub goods: String,
    pub ret_url: String,
    pub fail_url: String,
    pub at: i64,
    pub used: bool,
}

/// The order number: letters, digits, and in practice hyphen and underscore.
pub(super) fn order_number<'a>(args: &'a super::Args, code: &'static str) -> Result<&'a str, Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    args.get("ordr_idxx")
        .filter(|text| text.len() <= 40 && text.bytes().all(plain))
        .ok_or_else(|| refusal(code).about("ordr_idxx"))
}

fn url<'a>(ctx: &'a Ctx<'_>, name: &str) -> Result<&'a str, Refusal> {
    ctx.args
        .get(name)
        .filter(|url| url.len() <= 512 && absolute(url))
        .ok_or_else(|| refusal("S005").about(name))
}

impl Kcp {
    /// `/std/tradeReg/register`, `/trade/register.do`
    pub(super) fn register_trade(&self, ctx: &Ctx<'_>) -> Reply {
        let args = ctx.args;
        let number = order_number(args, "S005")?.to_owned();
        let amount = args.need_amount("good_mny")?;
        args.need("good_name", 100)?;
        args.free_text("good_name", 100)?;
        let word = args.need("pay_method", 12)?;
        let method = match METHODS.iter().find(|row| row.mobile == word) {
            Some(row) => Some(row.method),
            None if word == "AUTH" => None,
            None => return Err(refusal("S005").about("pay_method")),
        };
        if amount == 0 && method.is_some() {
            return Err(refusal("S005").about("good_mny"));
        }
        let ret_url = url(ctx, "Ret_URL")?.to_owned();
        if !matches!(args.text("escw_used"), "" | "Y" | "N") {
            return Err(refusal("S005").about("escw_used"));
        }
        ctx.unforced()?;
        let key = ids::alnum(40);
        let trade = Trade {
            site: Arc::clone(&ctx.site.cd),
            number,
            amount,
            method,
            ret_url,
            at: ctx.now,
            used: false,
        };
        // Forty random characters do not meet again.
        drop(self.trades.insert(&Arc::from(key.as_str()), trade));
        Ok(named(&[
            ("Code", "0000"),
            ("Message", "정상처리되었습니다"),
            ("approvalKey", &key),
            ("traceNo", &format!("{}{}", ctx.site.cd, ids::alnum(11))),
            ("PayUrl", &format!("{}/kcp{}", ctx.origin, super::page::MOBILE)),
        ])
        .into())
    }

    /// `/std/brpay/treg`
    pub(super) fn register_lite(&self, ctx: &Ctx<'_>) -> Reply {
        let args = ctx.args;
        let number = order_number(args, "S005")?.to_owned();
        let amount = args.need_amount("good_mny")?;
        // Cards are all that is reported to work.
        args.one_of("pay_method", &["CARD"])?;
        args.one_of("reg_type", &["web", "mobile"])?;
        args.need("good_name", 100)?;
        let lite = Lite {
            site: Arc::clone(&ctx.site.cd),
            number,
            amount,
            goods: args.free_text("good_name", 100)?.to_owned(),
            ret_url: url(ctx, "ret_URL")?.to_owned(),
            fail_url: url(ctx, "fail_url")?.to_owned(),
            at: ctx.now,
            used: false,
        };
        ctx.unforced()?;
        let id = ids::alnum(40);
        drop(self.lites.insert(&Arc::from(id.as_str()), lite));
        Ok(named(&[
            ("res_cd", "0000"),
            ("res_msg", "정상처리"),
            ("pay_url", &format!("{}/kcp{}{id}", ctx.origin, super::page::LITE)),
            ("tran_cd", blob::PAY),
        ])
        .into())
    }
}
