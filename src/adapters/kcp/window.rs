//! The payment window. On a PC KCP's script runs on a form of ours and fills in its result (KCP docs: "PC 표준결제"). On a
//! phone the order is registered first and the page goes to the address that KCP answers (KCP docs: "표준결제 모바일"). A
//! site may also have LITE PAY, which opens card windows without KCP's script.

pub(super) mod account;
pub(super) mod options;

use super::Kcp;
use super::codes::{self, Call as Coded};
use super::returned;
use super::rules::{self, Charset};
use super::send::{self, is_kcp};
use super::sign::{Credentials, credentials};
use super::wire::read;
use crate::adapters::request::Request;
use crate::adapters::{
    Approve, Call, ChannelRevision, Device, Open, OpenRequest, Opened, Operation, Refusal, Window, WindowReturn,
    WindowType, WindowVerdict, WireAnswer,
};
use crate::payment::MethodKind;
use serde_json::Value;

pub(super) type Fields = Vec<(String, String)>;

/// Inputs that KCP's script fills in; they must exist.
pub(super) const RESULTS: &[&str] = &[
    "res_cd",
    "res_msg",
    "enc_info",
    "enc_data",
    "ret_pay_method",
    "tran_cd",
    "use_pay_method",
    "ordr_chk",
    "cash_yn",
    "cash_tr_code",
    "cash_id_info",
    "trace_no",
];

/// What KCP calls a method: the PC window's bit map, and the words of the mobile window.
pub(super) struct Words {
    pub(super) bits: &'static str,
    pub(super) mobile: &'static str,
    pub(super) action: &'static str,
}

/// Words of a method. Wallets are cards to the window; a gift certificate has no known word on phones.
pub(super) fn words(method: MethodKind) -> Words {
    let (bits, mobile, action) = match method {
        MethodKind::Card | MethodKind::EasyPay => ("100000000000", "CARD", "card"),
        MethodKind::Transfer => ("010000000000", "BANK", "acnt"),
        MethodKind::VirtualAccount => ("001000000000", "VCNT", "vcnt"),
        MethodKind::Mobile => ("000010000000", "MOBX", "mobx"),
        MethodKind::GiftCertificate => ("000000001000", "GIFT", "gift"),
    };
    Words { bits, mobile, action }
}

impl Window for Kcp {
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        match device {
            Device::Pc => &[WindowType::Iframe, WindowType::Redirection],
            // KCP: no frames and no popups on phones.
            Device::Mobile => &[WindowType::Redirection],
        }
    }

    fn register(&self, request: &OpenRequest, channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        let keys = credentials(channel)?;
        check(request)?;
        if is_lite(request, keys) {
            return lite(request, channel, keys).map(Some);
        }
        if request.device == Device::Pc {
            return Ok(None);
        }
        if request.method == MethodKind::GiftCertificate {
            let message = "gift certificates are served on PCs only: KCP publishes no word for them on phones";
            return Err(Refusal::new("payMethod", message));
        }
        // What the window would refuse is refused before anything is registered.
        let charset = charset(request.device, keys);
        let _ = fields(request, channel, keys, charset)?;
        let escrow = Request(&request.raw).flag("isEscrow")? == Some(true);
        let call = send::to(
            channel,
            Operation::Register,
            format!("{}{}", send::base(channel, "mobile"), send::REGISTER),
            vec![
                ("ordr_idxx", request.order_id.clone()),
                ("good_mny", request.amounts.total.to_string()),
                ("good_name", rules::goods_name(&request.order_name, charset)?),
                ("pay_method", words(request.method).mobile.to_owned()),
                ("Ret_URL", request.return_url.clone()),
                ("escw_used", if escrow { "Y" } else { "N" }.to_owned()),
                ("user_agent", String::new()),
            ],
        );
        call.map(Some)
    }

    fn open(
        &self,
        request: &OpenRequest,
        channel: &ChannelRevision,
        registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let keys = credentials(channel)?;
        check(request)?;
        let open = if is_lite(request, keys) {
            let url = lite_url(channel, registered)?;
            Open::Form {
                action: url,
                charset: "utf-8".to_owned(),
                fields: vec![("ordr_idxx".to_owned(), request.order_id.clone())],
                iframe: false,
            }
        } else if request.device == Device::Pc {
            Open::ScriptForm {
                script_url: send::base(channel, "script").to_owned(),
                call: "KCP_Pay_Execute_Web".to_owned(),
                charset: "utf-8".to_owned(),
                fields: fields(request, channel, keys, Charset::Utf8)?,
                action: request.return_url.clone(),
            }
        } else {
            let charset = charset(request.device, keys);
            let own = fields(request, channel, keys, charset)?;
            mobile(channel, registered, own, charset)?
        };
        Ok(Opened { open, keep: None })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &Approve,
        _keep: Option<&Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, &expected.order_id, Some(expected.amounts.total), channel)
    }
}

fn check(request: &OpenRequest) -> Result<(), Refusal> {
    rules::currency(request.currency)?;
    rules::order_id(&request.order_id)?;
    rules::amount(request.method, &request.amounts)
}

/// The charset of the window's form.
pub(super) fn charset(device: Device, keys: &Credentials) -> Charset {
    match device {
        Device::Mobile if !keys.options.mobile_utf8 => Charset::Cp949,
        _ => Charset::Utf8,
    }
}

/// Everything the form of a window carries, in KCP's order: the order, the buyer, the options of the method, and empty
/// inputs for the result.
fn fields(
    request: &OpenRequest,
    channel: &ChannelRevision,
    keys: &Credentials,
    charset: Charset,
) -> Result<Fields, Refusal> {
    let pc = request.device == Device::Pc;
    let raw = Request(&request.raw);
    let words = words(request.method);
    let mut fields = Fields::new();
    put(&mut fields, "req_tx", "pay");
    put(&mut fields, "site_cd", channel.spec.mid.as_str());
    put(&mut fields, "ordr_idxx", request.order_id.as_str());
    put(&mut fields, "pay_method", if pc { words.bits } else { words.mobile });
    put(
        &mut fields,
        "good_name",
        rules::goods_name(&request.order_name, charset)?,
    );
    put(&mut fields, "good_mny", request.amounts.total.to_string());
    if pc {
        put(&mut fields, "currency", "WON");
        put(&mut fields, "module_type", "01");
    } else {
        put(&mut fields, "currency", "410");
        put(&mut fields, "ActionResult", words.action);
        put(&mut fields, "Ret_URL", request.return_url.as_str());
    }
    buyer(
        [&request.customer_name, &request.customer_email, &request.customer_phone],
        charset,
        &mut fields,
    )?;
    let name = if pc { "site_name" } else { "shop_name" };
    let shown = raw.text("bypass.kcp_v2.site_name")?.or(keys.site_name.as_deref());
    if let Some(shown) = shown {
        put(&mut fields, name, rules::text(shown, 20, charset));
    }
    for (name, value) in rules::tax_parts(&request.amounts, rules::PAID_PARTS) {
        put(&mut fields, name, value);
    }
    options::of_method(request, raw, charset, &mut fields)?;
    results(&mut fields);
    Ok(fields)
}

/// The buyer: name, e-mail, phone.
pub(super) fn buyer(
    [name, email, phone]: [&Option<String>; 3],
    charset: Charset,
    fields: &mut Fields,
) -> Result<(), Refusal> {
    let filled = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    if let Some(name) = filled(name) {
        put(fields, "buyr_name", rules::text(&name, rules::NAME_MAX, charset));
    }
    if let Some(email) = filled(email) {
        put(fields, "buyr_mail", rules::email(&email)?);
    }
    if let Some(phone) = filled(phone) {
        put(fields, "buyr_tel2", rules::phone(&phone)?);
    }
    Ok(())
}

/// Empty inputs for what KCP fills in.
pub(super) fn results(fields: &mut Fields) {
    for name in RESULTS {
        put(fields, name, "");
    }
}

/// The form that a phone posts to the registered window.
pub(super) fn mobile(
    channel: &ChannelRevision,
    registered: Option<&WireAnswer>,
    mut fields: Fields,
    charset: Charset,
) -> Result<Open, Refusal> {
    let told = registration(registered)?;
    let missing = |name| Refusal::new("channel", format!("KCP's registration names no {name}"));
    let key = told.text("approvalKey").ok_or_else(|| missing("approvalKey"))?;
    let url = told.text("PayUrl").ok_or_else(|| missing("PayUrl"))?;
    if !is_kcp(channel, &url) {
        return Err(Refusal::new(
            "channel",
            "KCP's registration names a window that is not KCP's",
        ));
    }
    put(&mut fields, "approval_key", key);
    if let Some(number) = told.text("traceNo") {
        put(&mut fields, "traceNo", number);
    }
    let (action, charset) = match (charset, url.rsplit_once('/')) {
        (Charset::Utf8, Some((folder, _))) => {
            put(&mut fields, "encoding_trans", "UTF-8");
            put(&mut fields, "PayUrl", url.as_str());
            (format!("{folder}/jsp/encodingFilter/encodingFilter.jsp"), "utf-8")
        }
        _ => (url, "euc-kr"),
    };
    Ok(Open::Form {
        action,
        charset: charset.to_owned(),
        fields,
        iframe: false,
    })
}

/// A registration that KCP accepted.
fn registration(answer: Option<&WireAnswer>) -> Result<super::wire::Told, Refusal> {
    let answer = answer.ok_or_else(|| Refusal::new("channel", "the window was not registered at KCP"))?;
    let told = read(answer).map_err(|why| Refusal::new("channel", format!("{}: {}", why.code, why.message)))?;
    if told.code() == "0000" {
        return Ok(told);
    }
    let (kind, _) = codes::meaning(Coded::Window, &told.code());
    let message = format!("KCP refuses the window ({kind:?}): {} {}", told.code(), told.message());
    Err(Refusal::new("channel", message))
}

/// LITE PAY serves cards; wallets need the standard window.
fn is_lite(request: &OpenRequest, keys: &Credentials) -> bool {
    keys.options.lite_pay && request.method == MethodKind::Card
}

fn lite(request: &OpenRequest, channel: &ChannelRevision, keys: &Credentials) -> Result<Call, Refusal> {
    let kind = match request.device {
        Device::Pc => "web",
        Device::Mobile => "mobile",
    };
    let amount = request.amounts.total.to_string();
    let signature = keys.sign(&[&channel.spec.mid, &amount, "CARD", kind, &request.order_id])?;
    send::post(
        channel,
        Operation::Register,
        send::LITE,
        vec![
            ("kcp_sign_data", signature),
            ("ordr_idxx", request.order_id.clone()),
            ("pay_method", "CARD".to_owned()),
            ("good_mny", amount),
            ("good_name", rules::goods_name(&request.order_name, Charset::Utf8)?),
            ("reg_type", kind.to_owned()),
            ("ret_URL", request.return_url.clone()),
            ("fail_url", format!("{}/fail", request.return_url)),
        ],
    )
}

fn lite_url(channel: &ChannelRevision, registered: Option<&WireAnswer>) -> Result<String, Refusal> {
    let url = registration(registered)?.text("pay_url");
    url.filter(|url| is_kcp(channel, url)).ok_or_else(|| {
        Refusal::new(
            "channel",
            "KCP's registration names no window, or one that is not KCP's",
        )
    })
}

pub(super) fn put(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.push((name.to_owned(), value.into()));
}
