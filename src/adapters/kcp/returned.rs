//! What comes back through the browser: a form that nobody signed. The order number must be ours; what was authenticated
//! stays closed in `enc_data`, and KCP itself compares it with our amount and order number when it approves.

use super::codes::{self, Call};
use super::form::Pairs;
use super::sign::credentials;
use super::wire::cut;
use crate::adapters::{ChannelRevision, Proof, Refusal, ReturnMethod, WindowReturn, WindowVerdict};
use crate::payment::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

/// Longest blob that is passed on, bytes.
const BLOB_MAX: usize = 64 * 1024;

/// What the window brought, passed on byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    pub(super) tran_cd: String,
    pub(super) enc_data: String,
    pub(super) enc_info: String,
}

impl Token {
    /// From a command.
    pub(super) fn of(token: &serde_json::Value) -> Result<Self, Refusal> {
        serde_json::from_value(token.clone())
            .map_err(|_| Refusal::new("paymentToken", "holds no authentication of the window's return"))
    }
}

/// What a return means. `total` is what was to be paid, if anything was.
pub(super) fn verdict(
    back: &WindowReturn,
    order_id: &str,
    total: Option<i64>,
    channel: &ChannelRevision,
) -> WindowVerdict {
    let pairs = Pairs::parse(&[&back.body, back.query.as_bytes()]);
    let lite = credentials(channel).is_ok_and(|keys| keys.options.lite_pay);
    let message = ["res_msg", "message"].into_iter().find_map(|name| pairs.get(name));
    let verdict = match (back.how, pairs.get("res_cd")) {
        (ReturnMethod::Success, Some("0000")) => authenticated(&pairs, order_id, total, channel),
        // LITE PAY has an address for failures of its own, and may leave the code out of a success.
        (ReturnMethod::Success, None) if lite && pairs.get("enc_data").is_some() => {
            authenticated(&pairs, order_id, total, channel)
        }
        (ReturnMethod::Success, None) => Err(Refusal::new("res_cd", "is missing: this is no return of KCP")),
        (_, Some(code)) => failed(code, message.unwrap_or_default(), &pairs, order_id),
        (ReturnMethod::Fail, None) => {
            let code = pairs.get("code").unwrap_or("NARU_WINDOW_FAILED");
            failed(code, message.unwrap_or_default(), &pairs, order_id)
        }
        (ReturnMethod::Close, None) => Ok(WindowVerdict::Failed(Failure::new(
            FailureKind::UserCancelled,
            "NARU_WINDOW_CLOSED",
            "the buyer closed the payment window",
        ))),
    };
    verdict.unwrap_or_else(WindowVerdict::Tampered)
}

fn authenticated(
    pairs: &Pairs,
    order_id: &str,
    total: Option<i64>,
    channel: &ChannelRevision,
) -> Result<WindowVerdict, Refusal> {
    const NAMES: [&str; 6] = ["res_cd", "site_cd", "ordr_idxx", "enc_data", "enc_info", "tran_cd"];
    if let Some(twice) = NAMES.into_iter().find(|name| pairs.ambiguous(name)) {
        return Err(Refusal::new(twice, "came back twice with different values"));
    }
    if pairs.get("site_cd").is_some_and(|site| site != channel.spec.mid) {
        return Err(Refusal::new("site_cd", "is not the channel's site code"));
    }
    if pairs.get("ordr_idxx") != Some(order_id) {
        return Err(Refusal::new("ordr_idxx", "is not the one the window was opened with"));
    }
    // KCP's own echo of what it was asked for; its layout is not published.
    if let (Some(echo), Some(total)) = (pairs.get("ordr_chk"), total)
        && !(echo.contains(order_id) && echo.contains(&total.to_string()))
    {
        return Err(Refusal::new(
            "ordr_chk",
            "is not about the order the window was opened with",
        ));
    }
    let token = Token {
        tran_cd: blob(pairs, "tran_cd")?,
        enc_data: blob(pairs, "enc_data")?,
        enc_info: blob(pairs, "enc_info")?,
    };
    let token = serde_json::to_value(token).map_err(|_| Refusal::new("enc_data", "cannot be kept"))?;
    Ok(WindowVerdict::Authenticated {
        token,
        proof: Proof::None,
    })
}

fn blob(pairs: &Pairs, name: &str) -> Result<String, Refusal> {
    let value = pairs.exact(name).unwrap_or_default();
    let fits = (1..=BLOB_MAX).contains(&value.len()) && !value.chars().any(char::is_control);
    fits.then(|| value.to_owned())
        .ok_or_else(|| Refusal::new(name, "is missing or nothing that KCP sends"))
}

fn failed(code: &str, message: &str, pairs: &Pairs, order_id: &str) -> Result<WindowVerdict, Refusal> {
    if pairs.get("ordr_idxx").is_some_and(|own| own != order_id) {
        return Err(Refusal::new("ordr_idxx", "is not the one the window was opened with"));
    }
    // A success that does not come as one proves nothing and costs nothing: no approval was asked for.
    let kind = match code {
        "0000" => FailureKind::AuthenticationFailed,
        code => codes::meaning(Call::Window, code).0,
    };
    Ok(WindowVerdict::Failed(Failure::new(kind, cut(code), cut(message))))
}
