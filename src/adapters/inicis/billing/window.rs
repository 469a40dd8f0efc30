//! Registering a card in a window. On a PC it is the payment's own, whose approval then names the key and charges nothing
//! (`BILLAUTH`); on a phone it is INIBill, an EUC-KR form whose return carries the key itself.

use super::{SHOWN_AMOUNT, exchange, exchanged, is_key, named};
use crate::adapters::inicis::form::Pairs;
use crate::adapters::inicis::returned::{failed, key_verdict, left, once, pairs_of};
use crate::adapters::inicis::sign::credentials;
use crate::adapters::inicis::window::{Fields, PcForm, language, pc_form, pc_open, phone_open, put};
use crate::adapters::inicis::wire::stamp;
use crate::adapters::inicis::{Inicis, mask, method, rules, tables};
use crate::adapters::request::Request;
use crate::adapters::{
    Call, ChannelRevision, Device, IssueKey, IssuedKey, KeyWindow, OpenKeyRequest, Opened, Proof, Refusal,
    ReturnMethod, Step, WindowReturn, WindowType, WindowVerdict, WireAnswer,
};
use crate::payment::{CardDetail, MethodDetail, MethodKind};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

impl KeyWindow for Inicis {
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        crate::adapters::Window::window_types(self, device)
    }

    fn register(&self, _request: &OpenKeyRequest, _channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        Ok(None)
    }

    fn open(
        &self,
        request: &OpenKeyRequest,
        channel: &ChannelRevision,
        _registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        rules::order_id(&request.order_id)?;
        if request.method != MethodKind::Card {
            let message = "must be CARD: KG Inicis' billing keys are cards here";
            return Err(Refusal::new("billingKeyMethod", message));
        }
        let mobile = request.device == Device::Mobile;
        let shown = request.display_amount.filter(|amount| *amount > 0);
        let price = shown.unwrap_or(SHOWN_AMOUNT);
        let open = if mobile {
            let fields = phone(request, channel, price)?;
            phone_open(channel.endpoint("inibill").to_owned(), fields)
        } else {
            pc_open(channel, pc(request, channel, price)?, &request.return_url)
        };
        Ok(Opened {
            open,
            keep: Some(json!({"mobile": mobile, "price": price})),
        })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &IssueKey,
        keep: Option<&Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict {
        let kept = |name: &str| keep.and_then(|k| k.get(name));
        if kept("mobile").and_then(Value::as_bool) == Some(true) {
            return phone_verdict(back, &expected.order_id, channel).unwrap_or_else(WindowVerdict::Tampered);
        }
        match key_verdict(back, &expected.order_id, channel) {
            WindowVerdict::Authenticated { mut token, proof } => {
                token["price"] = kept("price").cloned().unwrap_or_default();
                WindowVerdict::Authenticated { token, proof }
            }
            verdict => verdict,
        }
    }

    fn brought(&self, command: &IssueKey, _channel: &ChannelRevision) -> Option<IssuedKey> {
        let told = command.token.get("inibill")?;
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = text("billkey").filter(|key| is_key(key))?;
        let code = text("cardcd");
        let company = code.as_deref().and_then(tables::card_company).map(str::to_owned);
        let number = text("cardno").map(method::shown_number);
        Some(IssuedKey {
            method: Some(MethodDetail::Card(CardDetail {
                issuer: company.clone(),
                acquirer: company,
                brand: code.as_deref().and_then(tables::scheme),
                issuer_code: code,
                bin: method::bin(number.as_deref()),
                number,
                ..CardDetail::default()
            })),
            pg_tx_id: text("tid").filter(|tid| rules::is_tid(tid)),
            issued_at: None,
            raw: Some(mask::masked(&told.to_string())),
            key: SecretString::from(key),
        })
    }

    fn exchange(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        exchange(command, channel)
    }

    fn exchanged(
        &self,
        command: &IssueKey,
        channel: &ChannelRevision,
        _call: &Call,
        answer: &WireAnswer,
    ) -> Step<IssuedKey> {
        Step::Done(exchanged(command, channel, answer))
    }
}

fn pc(request: &OpenKeyRequest, channel: &ChannelRevision, price: i64) -> Result<Fields, Refusal> {
    // Without the first the return names no data centre.
    let mut accept = vec!["centerCd(Y)".to_owned(), "BILLAUTH(Card)".to_owned()];
    if price < 1000 {
        accept.push("below1000".to_owned());
    }
    let form = PcForm {
        order_id: &request.order_id,
        amount: price,
        at: request.at,
        goods: named(request.name.as_deref()),
        buyer: [
            request.customer_name.as_deref(),
            request.customer_email.as_deref(),
            request.customer_phone.as_deref(),
        ],
        method: "Card".to_owned(),
        accept,
        return_url: &request.return_url,
    };
    let mut fields = pc_form(form, channel)?;
    if let Some(language) = language(Request(&request.raw))? {
        put(&mut fields, "languageView", language);
    }
    if let Some(period) = period(Request(&request.raw))? {
        put(&mut fields, "offerPeriod", period);
    }
    Ok(fields)
}

fn phone(request: &OpenKeyRequest, channel: &ChannelRevision, price: i64) -> Result<Fields, Refusal> {
    let timestamp = stamp(request.at);
    let hash = credentials(channel)?.inibill(&channel.spec.mid, &request.order_id, &timestamp);
    let hash = hash.ok_or_else(|| {
        let message = "has no liteKey: KG Inicis issues billing keys in the phone's window with it only";
        Refusal::new("channel", message)
    })?;
    let needed = |field: &str, text: Option<&str>| rules::filled(field, rules::clean(text.unwrap_or_default()));
    let name = needed("customer.fullName", request.customer_name.as_deref())?;
    let phone = needed("customer.phoneNumber", request.customer_phone.as_deref())?;
    let email = needed("customer.email", request.customer_email.as_deref())?;
    let period = period(Request(&request.raw))?.ok_or_else(|| {
        let message = "is required by KG Inicis' window on phones: a range, or an interval such as 1m or 1y";
        Refusal::new("offerPeriod", message)
    })?;
    let mut fields = Fields::new();
    for (name, value) in [
        ("mid", channel.spec.mid.clone()),
        ("authtype", "D".to_owned()),
        ("orderid", request.order_id.clone()),
        ("price", price.to_string()),
        ("goodname", named(request.name.as_deref())),
        ("buyername", rules::cut_cp949(&name, rules::NAME_MAX)),
        ("buyertel", rules::phone(&phone)?),
        ("buyeremail", email),
        ("returnurl", request.return_url.clone()),
        ("timestamp", timestamp),
        ("period", period),
        ("p_noti", request.order_id.clone()),
        ("hashdata", hash),
    ] {
        put(&mut fields, name, value);
    }
    if price < 1000 {
        put(&mut fields, "merchantreserved", "below1000=Y");
    }
    Ok(fields)
}

/// `period` and `offerPeriod`: `M2`, `Y2` or `YYYYMMDDYYYYMMDD`, from PortOne's `offerPeriod`.
fn period(raw: Request<'_>) -> Result<Option<String>, Refusal> {
    const INTERVAL: &str = "offerPeriod.interval";
    let day = |path: &str| -> Result<Option<String>, Refusal> {
        let Some(text) = raw.text(path)? else { return Ok(None) };
        let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
        let message = "must be a date, e.g. 2026-01-31";
        (digits.len() == 8)
            .then_some(Some(digits))
            .ok_or_else(|| Refusal::new(path, message))
    };
    if let Some(interval) = raw.text(INTERVAL)? {
        let message = "must be a number of months or years, e.g. 1m or 1y";
        let unit = match interval.chars().last() {
            Some('m') => "M",
            Some('y') => "Y",
            _ => return Err(Refusal::new(INTERVAL, message)),
        };
        let number = interval.get(..interval.len() - 1).unwrap_or_default();
        let number: u8 = number.parse().map_err(|_| Refusal::new(INTERVAL, message))?;
        return match number {
            1..=99 => Ok(Some(format!("{unit}{number}"))),
            _ => Err(Refusal::new(INTERVAL, message)),
        };
    }
    match (day("offerPeriod.range.from")?, day("offerPeriod.range.to")?) {
        (Some(from), Some(to)) if from <= to => Ok(Some(format!("{from}{to}"))),
        (None, None) => Ok(None),
        _ => Err(Refusal::new(
            "offerPeriod.range",
            "must have from and to, in this order",
        )),
    }
}

/// What INIBill's return means. It is not signed: the key in it is worth what a charge will show, and no one but KG Inicis
/// and the buyer's browser knows it.
fn phone_verdict(back: &WindowReturn, order_id: &str, channel: &ChannelRevision) -> Result<WindowVerdict, Refusal> {
    let pairs = pairs_of(back);
    match (back.how, pairs.get("resultcode")) {
        (ReturnMethod::Success, Some("00")) => key_of(&pairs, order_id, channel),
        (ReturnMethod::Success, None) => Err(Refusal::new("resultcode", "is missing: this is no return of KG Inicis")),
        (_, Some(code)) => failed(code, pairs.text("resultmsg"), &pairs, order_id),
        (how, None) => left(how, &pairs, order_id),
    }
}

fn key_of(pairs: &Pairs, order_id: &str, channel: &ChannelRevision) -> Result<WindowVerdict, Refusal> {
    once(pairs, &["resultcode", "mid", "orderid", "billkey", "tid"])?;
    if pairs.text("mid") != channel.spec.mid {
        return Err(Refusal::new("mid", "is not the channel's MID"));
    }
    if pairs.text("orderid") != order_id {
        return Err(Refusal::new("orderid", "is not the one the window was opened with"));
    }
    if !is_key(pairs.text("billkey")) {
        return Err(Refusal::new("billkey", "is missing or no billing key"));
    }
    let names = ["tid", "billkey", "cardcd", "cardno", "cardkind"];
    let told: Map<String, Value> = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), pairs.get(name)?.into())))
        .collect();
    Ok(WindowVerdict::Authenticated {
        token: json!({"inibill": told}),
        proof: Proof::None,
    })
}
