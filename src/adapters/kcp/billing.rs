//! Billing keys (배치키; KCP docs: "자동결제"): cards only, each key in a group of the site. Issued through the window or,
//! by contract, with card data; charged and deleted without a window.

use super::codes::{self, Call as Coded};
use super::instant::{self, Order};
use super::method;
use super::returned::{self, Token};
use super::rules::{self, Charset};
use super::send::{self, APPROVE, HUB};
use super::sign::{Credentials, credentials};
use super::verify::{doubt, unknown};
use super::window::{self, Fields, put};
use super::wire::read;
use super::{Kcp, mask};
use crate::adapters::request::Request;
use crate::adapters::{
    BillingKeys, Call, ChannelRevision, Charge, DeleteKey, Device, IssueKey, IssuedKey, KeyByCard, KeyDeleted,
    KeyDeletion, KeyWindow, Open, OpenKeyRequest, Opened, Operation, Outcome, Refusal, Step, WindowReturn, WindowType,
    WindowVerdict, WireAnswer,
};
use crate::payment::{Approval, MethodDetail, MethodKind};
use secrecy::ExposeSecret;
use serde_json::Value;

/// Shown in the window, which wants an amount; nothing is charged.
const SHOWN_AMOUNT: i64 = 1000;

fn group(keys: &Credentials) -> Result<String, Refusal> {
    let message = "has no billingGroupId: KCP issues billing keys in a group of the site only";
    keys.group.clone().ok_or_else(|| Refusal::new("channel", message))
}

impl BillingKeys for Kcp {
    fn charge(&self, command: &Charge, channel: &ChannelRevision) -> Result<Call, Refusal> {
        rules::currency(command.currency)?;
        if command.method != MethodKind::Card {
            return Err(Refusal::new("method", "must be CARD: KCP's billing keys are cards"));
        }
        if command.use_card_point {
            return Err(Refusal::new("useCardPoint", "is not possible with KCP's billing keys"));
        }
        let key = command
            .key
            .as_ref()
            .ok_or_else(|| Refusal::new("billingKey", "is gone"))?;
        let card = vec![
            ("card_tx_type", "11511000".to_owned()),
            ("bt_batch_key", key.expose_secret().to_owned()),
            ("bt_group_id", group(credentials(channel)?)?),
        ];
        let order = Order {
            pay_method: "CARD",
            order_id: &command.order_id,
            order_name: &command.order_name,
            amounts: &command.amounts,
            name: command.customer_name.as_deref(),
            email: command.customer_email.as_deref(),
            phone: None,
        };
        let (months, free) = (command.installment_months, command.free_installment);
        instant::card_call(channel, Operation::ChargeBillingKey, &order, months, free, card)
    }

    fn charged(&self, command: &Charge, channel: &ChannelRevision, _: &Call, answer: &WireAnswer) -> Step<Approval> {
        instant::paid(channel, &command.order_id, command.amounts.total, "PACA", answer)
    }

    fn by_card(&self) -> Option<&dyn KeyByCard> {
        Some(self)
    }

    fn by_window(&self) -> Option<&dyn KeyWindow> {
        Some(self)
    }

    fn deletion(&self) -> Option<&dyn KeyDeletion> {
        Some(self)
    }
}

impl KeyByCard for Kcp {
    /// The names are those of KCP's older protocol; the REST interface publishes none for this call.
    fn issue(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let keys = credentials(channel)?;
        if !keys.options.key_in_billing {
            let message = "issues billing keys by card number by contract only: set the channel's option keyInBilling";
            return Err(Refusal::new("channel", message));
        }
        rules::order_id(&command.order_id)?;
        let mut fields = vec![
            ("pay_method", "CARD".to_owned()),
            ("ordr_idxx", command.order_id.clone()),
            ("card_tx_type", "12100000".to_owned()),
            ("sign_txtype", "0001".to_owned()),
            ("group_id", group(keys)?),
        ];
        fields.extend(instant::card_fields(
            command.card.as_ref().ok_or_else(instant::card_gone)?,
        )?);
        send::post(channel, Operation::IssueBillingKey, HUB, fields)
    }

    fn issued(&self, _: &IssueKey, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
        issued(call, answer)
    }
}

/// Reads the answer to an issue.
fn issued(call: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
    let told = match read(answer) {
        Ok(told) => told,
        Err(why) => return unknown(why),
    };
    let code = told.code();
    if code != "0000" {
        let outcome = codes::refused(Coded::Approval, &told);
        let proves = !call.replay || code.starts_with("CC");
        return Step::Done(match outcome {
            Outcome::Declined(_) if !proves => Outcome::Unknown(doubt(&code, told.message())),
            outcome => outcome,
        });
    }
    let Some(key) = told.text("batch_key") else {
        return unknown(doubt("NARU_NO_KEY", "KCP's success names no batch_key"));
    };
    Step::Done(Outcome::Done(IssuedKey {
        key: key.into(),
        method: Some(MethodDetail::Card(method::card(&told))),
        pg_tx_id: told.text("van_tx_id"),
        issued_at: told.time(&["app_time"]),
        raw: Some(mask::masked(told.body())),
    }))
}

impl KeyWindow for Kcp {
    fn window_types(&self, device: Device) -> &'static [WindowType] {
        crate::adapters::Window::window_types(self, device)
    }

    fn register(&self, request: &OpenKeyRequest, channel: &ChannelRevision) -> Result<Option<Call>, Refusal> {
        let keys = credentials(channel)?;
        let charset = window::charset(request.device, keys);
        // What the window would refuse is refused before anything is registered.
        let _ = fields(request, channel, keys, charset)?;
        if request.device == Device::Pc {
            return Ok(None);
        }
        let call = send::to(
            channel,
            Operation::Register,
            format!("{}{}", send::base(channel, "mobile"), send::REGISTER),
            vec![
                ("ordr_idxx", request.order_id.clone()),
                ("good_mny", shown_amount(request).to_string()),
                ("good_name", name(request, charset)?),
                ("pay_method", "AUTH".to_owned()),
                ("Ret_URL", request.return_url.clone()),
                ("escw_used", "N".to_owned()),
                ("user_agent", String::new()),
            ],
        );
        call.map(Some)
    }

    fn open(
        &self,
        request: &OpenKeyRequest,
        channel: &ChannelRevision,
        registered: Option<&WireAnswer>,
    ) -> Result<Opened, Refusal> {
        let keys = credentials(channel)?;
        let charset = window::charset(request.device, keys);
        let fields = fields(request, channel, keys, charset)?;
        let open = match request.device {
            Device::Pc => Open::ScriptForm {
                script_url: send::base(channel, "script").to_owned(),
                call: "KCP_Pay_Execute_Web".to_owned(),
                charset: "utf-8".to_owned(),
                fields,
                action: request.return_url.clone(),
            },
            Device::Mobile => window::mobile(channel, registered, fields, charset)?,
        };
        Ok(Opened { open, keep: None })
    }

    fn returned(
        &self,
        back: &WindowReturn,
        expected: &IssueKey,
        _keep: Option<&Value>,
        channel: &ChannelRevision,
    ) -> WindowVerdict {
        returned::verdict(back, &expected.order_id, None, channel)
    }

    fn exchange(&self, command: &IssueKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let token = Token::of(&command.token)?;
        send::post(
            channel,
            Operation::IssueBillingKey,
            APPROVE,
            vec![
                ("tran_cd", token.tran_cd),
                ("enc_data", token.enc_data),
                ("enc_info", token.enc_info),
            ],
        )
    }

    fn exchanged(&self, _: &IssueKey, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<IssuedKey> {
        issued(call, answer)
    }
}

fn shown_amount(request: &OpenKeyRequest) -> i64 {
    request
        .display_amount
        .filter(|amount| *amount > 0)
        .unwrap_or(SHOWN_AMOUNT)
}

fn name(request: &OpenKeyRequest, charset: Charset) -> Result<String, Refusal> {
    let name = request.name.as_deref().unwrap_or("자동결제 카드 등록");
    rules::goods_name(name, charset).map_err(|refusal| Refusal::new("issueName", refusal.message))
}

/// The window's form: the order of a payment, marked as the issue of a key.
fn fields(
    request: &OpenKeyRequest,
    channel: &ChannelRevision,
    keys: &Credentials,
    charset: Charset,
) -> Result<Fields, Refusal> {
    rules::order_id(&request.order_id)?;
    if request.method != MethodKind::Card {
        return Err(Refusal::new(
            "billingKeyMethod",
            "must be CARD: KCP's billing keys are cards",
        ));
    }
    let pc = request.device == Device::Pc;
    let mut fields = Fields::new();
    put(&mut fields, "req_tx", "pay");
    put(&mut fields, "site_cd", channel.spec.mid.as_str());
    put(&mut fields, "ordr_idxx", request.order_id.as_str());
    put(&mut fields, "pay_method", if pc { "AUTH:CARD" } else { "AUTH" });
    put(&mut fields, "good_name", name(request, charset)?);
    put(&mut fields, "good_mny", shown_amount(request).to_string());
    put(&mut fields, "currency", if pc { "WON" } else { "410" });
    put(&mut fields, "kcpgroup_id", group(keys)?);
    put(&mut fields, "good_expr", "2:1m");
    if pc {
        put(&mut fields, "card_cert_type", "BATCH");
        put(&mut fields, "module_type", "01");
        // A masked number to show beside the key.
        put(&mut fields, "batch_cardno_return_yn", "L");
    } else {
        put(&mut fields, "ActionResult", "batch");
        put(&mut fields, "Ret_URL", request.return_url.as_str());
    }
    window::buyer(
        [&request.customer_name, &request.customer_email, &request.customer_phone],
        charset,
        &mut fields,
    )?;
    if let Some(shown) = &keys.site_name {
        put(
            &mut fields,
            if pc { "site_name" } else { "shop_name" },
            rules::text(shown, 20, charset),
        );
    }
    if Request(&request.raw).text("locale")? == Some("EN_US") {
        put(&mut fields, "eng_flag", "Y");
    }
    window::results(&mut fields);
    Ok(fields)
}

impl KeyDeletion for Kcp {
    fn delete(&self, command: &DeleteKey, channel: &ChannelRevision) -> Result<Call, Refusal> {
        let key = command
            .key
            .as_ref()
            .ok_or_else(|| Refusal::new("billingKey", "is gone"))?;
        send::post(
            channel,
            Operation::DeleteBillingKey,
            HUB,
            vec![
                ("site_key", String::new()),
                ("pay_method", "BATCH".to_owned()),
                ("batch_key", key.expose_secret().to_owned()),
                ("group_id", group(credentials(channel)?)?),
                ("tx_type", "10005010".to_owned()),
            ],
        )
    }

    fn deleted(&self, _: &DeleteKey, _: &ChannelRevision, call: &Call, answer: &WireAnswer) -> Step<KeyDeleted> {
        let told = match read(answer) {
            Ok(told) => told,
            Err(why) => return unknown(why),
        };
        let code = told.code();
        // A key that is not there cannot be charged; which code KCP has for it is not published.
        if matches!(code.as_str(), "0000" | "5530" | "8061") {
            return Step::Done(Outcome::Done(KeyDeleted {
                deleted_at: told.time(&["app_time", "mod_time"]),
            }));
        }
        match codes::refused(Coded::Other, &told) {
            Outcome::Declined(_) if call.replay => unknown(doubt(&code, told.message())),
            outcome => Step::Done(outcome),
        }
    }
}
