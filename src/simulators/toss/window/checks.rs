//! The SDK's own checks, with its error codes.

use super::SdkCall;
use crate::simulators::clock::parse_local;
use crate::simulators::toss::args::{Args, minor_units, valid_order_id};
use crate::simulators::toss::auth::{Merchant, Merchants};
use crate::simulators::toss::codes;
use crate::simulators::toss::errors::ApiError;
use crate::simulators::toss::payment::{Currency, Method, TiedReceipt};
use crate::simulators::toss::vbank;
use crate::simulators::words::{ControlError, unknown_word};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Value of `TossPayments.ANONYMOUS`.
const ANONYMOUS: &str = "@@ANONYMOUS";
const CALLS: &[&str] = &[
    "payment.requestPayment",
    "payment.requestBillingAuth",
    "widgets.requestPayment",
];
/// Methods of `requestPayment`.
const METHODS: &[&str] = &[
    "CARD",
    "VIRTUAL_ACCOUNT",
    "TRANSFER",
    "MOBILE_PHONE",
    "CULTURE_GIFT_CERTIFICATE",
    "BOOK_GIFT_CERTIFICATE",
    "GAME_GIFT_CERTIFICATE",
    "FOREIGN_EASY_PAY",
];
const CARRIERS: &[&str] = &["KT", "LGU", "SKT", "HELLO", "KCT", "SK7"];

/// A payment that passed the checks.
#[derive(Debug)]
pub(super) struct Asked {
    pub method: Method,
    pub order_id: String,
    pub order_name: String,
    pub amount: i64,
    pub currency: Currency,
    pub tax_free: i64,
    pub tax_exempt: i64,
    pub escrow: bool,
    pub culture: bool,
    pub metadata: Option<Map<String, Value>>,
    pub receipt: Option<TiedReceipt>,
    pub options: Map<String, Value>,
    pub customer_name: String,
    pub customer_phone: Option<String>,
}

/// Whether a text is an absolute http(s) URL with an origin.
pub(in crate::simulators::toss) fn absolute(url: &str) -> bool {
    let before = url.split(['?', '#']).next().unwrap_or_default();
    before.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

fn refuse<T>(code: &str, field: &str, message: &str) -> Result<T, ControlError> {
    Err(ControlError::script(code, &format!("params.{field}"), message))
}

/// A wrong member of a method object, in the SDK's general words.
fn wrong(field: &str) -> impl Fn(ApiError) -> ControlError {
    let field = format!("params.{field}");
    move |error| {
        let sdk = ["INVALID_DATE", "EXCEED_MAX_DUE_DATE", "EXCEED_MAX_VALID_HOURS"].contains(&error.code.as_ref());
        ControlError::script(
            if sdk { &error.code } else { "INVALID_PARAMETERS" },
            &field,
            error.message.into_owned(),
        )
    }
}

/// The checks of one call.
pub(super) struct Checks<'a> {
    pub merchants: &'a Merchants,
    pub call: &'a SdkCall,
}

impl Checks<'_> {
    /// Key and call fit each other and a merchant.
    pub fn merchant(&self) -> Result<Arc<Merchant>, ControlError> {
        let call = self.call.call.as_str();
        if !CALLS.contains(&call) {
            return Err(unknown_word("call", call, CALLS));
        }
        let key = self.call.client_key.as_deref().unwrap_or_default();
        let refuse = |code: &str, text: &str| Err(ControlError::script(code, "clientKey", text));
        let kind = key.split('_').nth(1).unwrap_or_default();
        if matches!(kind, "sk" | "gsk") {
            return refuse(
                "INSECURE_KEY_USAGE",
                "a secret key must never reach a browser: give the client key",
            );
        }
        if !matches!(key.split('_').next(), Some("test" | "live")) || !matches!(kind, "ck" | "gck") {
            return refuse(
                "INVALID_CLIENT_KEY",
                "the client key must start with test_ck_, live_ck_, test_gck_ or live_gck_",
            );
        }
        match (call.starts_with("widgets"), kind) {
            (false, "gck") => return refuse("NOT_SUPPORTED_WIDGET_KEY", "a widget key works with widgets() only"),
            (true, "ck") => return refuse("INVALID_CLIENT_KEY", "widgets() needs a widget client key (…_gck_…)"),
            _ => {}
        }
        match self.merchants.by_client(key) {
            Some(merchant) => Ok(merchant),
            None => refuse("INVALID_CLIENT_KEY", "no merchant has this client key"),
        }
    }

    /// 2 to 50 of `[A-Za-z0-9-_=.@]`, or the constant for guests, which cannot register a billing key.
    pub fn customer_key(&self) -> Result<Option<String>, ControlError> {
        let key = self.call.customer_key.as_deref().unwrap_or_default();
        let fits =
            (2..=50).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=.@".contains(&b));
        let billing = self.call.call == "payment.requestBillingAuth";
        if !fits || (billing && key == ANONYMOUS) {
            let text = "customerKey must have 2 to 50 characters of A-Z a-z 0-9 - _ = . @ (guests: @@ANONYMOUS, not for billing)";
            return Err(ControlError::script("INVALID_CUSTOMER_KEY", "customerKey", text));
        }
        Ok((key != ANONYMOUS).then(|| key.to_owned()))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.call.params.get(field).and_then(Value::as_str)
    }

    /// Both URLs, or none of them.
    pub fn urls(&self) -> Result<Option<(String, String)>, ControlError> {
        let given = |field: &str| self.call.params.get(field).is_some_and(|v| !v.is_null());
        if !given("successUrl") && !given("failUrl") {
            return Ok(None);
        }
        let text = "must be an absolute URL with its origin, e.g. https://shop.example/return";
        match (
            self.text("successUrl").filter(|u| absolute(u)),
            self.text("failUrl").filter(|u| absolute(u)),
        ) {
            (None, _) => refuse("INCORRECT_SUCCESS_URL_FORMAT", "successUrl", text),
            (_, None) => refuse("INCORRECT_FAIL_URL_FORMAT", "failUrl", text),
            (Some(success), Some(fail)) => Ok(Some((success.to_owned(), fail.to_owned()))),
        }
    }

    /// Overlay or page: PC shows an overlay by default, mobile never does.
    pub fn iframe(&self, mobile: bool) -> Result<bool, ControlError> {
        match (self.text("windowTarget"), mobile) {
            (Some("iframe"), true) => refuse(
                "INVALID_PARAMETERS",
                "windowTarget",
                "mobile has no iframe window: use self",
            ),
            (None | Some("iframe"), false) => Ok(true),
            (None | Some("self"), _) => Ok(false),
            _ => refuse("INVALID_PARAMETERS", "windowTarget", "windowTarget is self or iframe"),
        }
    }

    /// `CARD` (true) or `TRANSFER` of a billing registration.
    pub fn billing_method(&self, merchant: &Merchant) -> Result<bool, ControlError> {
        let card = match self.text("method") {
            Some("CARD") => true,
            Some("TRANSFER") => false,
            _ => {
                return refuse(
                    "NOT_SUPPORTED_METHOD",
                    "method",
                    "billing keys are registered by CARD or TRANSFER",
                );
            }
        };
        if merchant.billing {
            Ok(card)
        } else {
            refuse(
                "NOT_SUPPORTED_METHOD",
                "method",
                "this merchant has no billing contract",
            )
        }
    }

    /// Every parameter of `requestPayment`.
    pub fn payment(&self) -> Result<Asked, ControlError> {
        let params = &self.call.params;
        let widget = self.call.call.starts_with("widgets");
        let method = match self.text("method") {
            // The buyer picks the method in the widget.
            None if widget => Method::Card,
            Some(word) if METHODS.contains(&word) => Method::parse(word).unwrap_or(Method::Card),
            _ => {
                return refuse(
                    "NOT_SUPPORTED_METHOD",
                    "method",
                    &format!("method must be one of: {}", METHODS.join(", ")),
                );
            }
        };
        let (amount, currency) = self.amount(method)?;
        let order_id = self.text("orderId").unwrap_or_default();
        if !valid_order_id(order_id) {
            return refuse(
                "INVALID_ORDER_ID",
                "orderId",
                "orderId must have 6 to 64 characters of A-Z a-z 0-9 - _",
            );
        }
        let order_name = self.text("orderName").unwrap_or_default();
        if !(1..=100).contains(&order_name.chars().count()) {
            return refuse(
                "INVALID_ORDER_NAME",
                "orderName",
                "orderName must have 1 to 100 characters",
            );
        }
        self.customer()?;
        let options = self.options(method)?;
        let tax_free = match params.get("taxFreeAmount") {
            None | Some(Value::Null) => 0,
            Some(value) => match minor_units(value, currency) {
                Some(part) if (0..=amount).contains(&part) => part,
                _ => return refuse("INVALID_PARAMETERS", "taxFreeAmount", "must be from 0 to amount.value"),
            },
        };
        let args = Args(options);
        let tax_exempt = args
            .part("taxExemptionAmount", currency, amount - tax_free)
            .map_err(wrong("taxExemptionAmount"))?;
        Ok(Asked {
            method,
            order_id: order_id.to_owned(),
            order_name: order_name.to_owned(),
            amount,
            currency,
            tax_free,
            tax_exempt,
            escrow: args.flag("useEscrow").map_err(wrong("useEscrow"))?,
            culture: args.flag("isCulturalExpenses").map_err(wrong("isCulturalExpenses"))?,
            metadata: self.metadata()?,
            receipt: vbank::wanted_receipt(&args, 0).map_err(wrong("cashReceipt"))?,
            options: args.0,
            customer_name: self.text("customerName").unwrap_or_default().to_owned(),
            customer_phone: self.text("customerMobilePhone").map(str::to_owned),
        })
    }

    fn amount(&self, method: Method) -> Result<(i64, Currency), ControlError> {
        let Some(amount) = self.call.params.get("amount").filter(|a| !a.is_null()) else {
            let code = if self.call.call.starts_with("widgets") {
                "NOT_SETUP_AMOUNT"
            } else {
                "INVALID_PARAMETERS"
            };
            return refuse(code, "amount", "amount must be {value, currency}");
        };
        let currency = amount.get("currency").and_then(Value::as_str).and_then(Currency::parse);
        let Some(currency) = currency else {
            return refuse(
                "INVALID_PARAMETERS",
                "amount.currency",
                "amount.currency must be KRW, USD or JPY",
            );
        };
        if currency != Currency::Krw && method != Method::Foreign {
            return refuse(
                "INVALID_PARAMETERS",
                "amount.currency",
                "only FOREIGN_EASY_PAY takes a foreign currency",
            );
        }
        match amount.get("value").and_then(|value| minor_units(value, currency)) {
            None => refuse(
                "INVALID_PARAMETERS",
                "amount.value",
                "amount.value must be a number in the currency's unit",
            ),
            Some(value) if value <= 0 => refuse("BELOW_ZERO_AMOUNT", "amount.value", "amount.value must be above 0"),
            Some(value) => Ok((value, currency)),
        }
    }

    fn customer(&self) -> Result<(), ControlError> {
        for field in ["customerName", "customerEmail"] {
            if self.text(field).is_some_and(|text| text.chars().count() > 100) {
                return refuse("INVALID_PARAMETERS", field, "at most 100 characters");
            }
        }
        if self
            .text("customerEmail")
            .is_some_and(|mail| !mail.is_empty() && !mail.contains('@'))
        {
            return refuse("INVALID_EMAIL", "customerEmail", "not an e-mail address");
        }
        let digits = |phone: &str| (8..=15).contains(&phone.len()) && phone.bytes().all(|b| b.is_ascii_digit());
        if self.text("customerMobilePhone").is_some_and(|phone| !digits(phone)) {
            return refuse(
                "INVALID_PARAMETERS",
                "customerMobilePhone",
                "8 to 15 digits without hyphens",
            );
        }
        Ok(())
    }

    /// At most five pairs of short keys and texts.
    fn metadata(&self) -> Result<Option<Map<String, Value>>, ControlError> {
        let pairs = match self.call.params.get("metadata") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(pairs)) => pairs,
            Some(_) => return refuse("INVALID_METADATA", "metadata", "metadata must be an object"),
        };
        let fits = |(key, value): (&String, &Value)| {
            key.chars().count() <= 40
                && !key.contains(['[', ']'])
                && value.as_str().is_some_and(|text| text.chars().count() <= 2000)
        };
        if pairs.len() > 5 || !pairs.iter().all(fits) {
            let text = "at most 5 pairs; keys up to 40 characters without brackets, values texts up to 2000";
            return refuse("INVALID_METADATA", "metadata", text);
        }
        Ok(Some(pairs.clone()))
    }

    /// The object of the method, checked.
    fn options(&self, method: Method) -> Result<Map<String, Value>, ControlError> {
        let name = match method {
            Method::Card | Method::EasyPay => "card",
            Method::VirtualAccount => "virtualAccount",
            Method::Transfer => "transfer",
            Method::MobilePhone => "mobilePhone",
            Method::Foreign => "foreignEasyPay",
            Method::CultureGift | Method::BookGift | Method::GameGift => return Ok(Map::new()),
        };
        let options = match self.call.params.get(name) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(options)) => options.clone(),
            Some(_) => return refuse("INVALID_PARAMETERS", name, "must be an object"),
        };
        match method {
            Method::Card => card(&options)?,
            Method::MobilePhone => {
                for carrier in options
                    .get("mobileCarriers")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    if !carrier.as_str().is_some_and(|c| CARRIERS.contains(&c)) {
                        return refuse("INVALID_PARAMETERS", "mobilePhone.mobileCarriers", &CARRIERS.join(", "));
                    }
                }
            }
            Method::VirtualAccount | Method::Transfer => {
                // The date only has to make sense; its limit is counted from the approval.
                let span = Args(options.clone());
                if options.contains_key("validHours") && options.contains_key("dueDate") {
                    return refuse(
                        "INVALID_PARAMETERS",
                        &format!("{name}.dueDate"),
                        "validHours or dueDate, not both",
                    );
                }
                if args_date(&options).is_some_and(|date| parse_local(date).is_none()) {
                    return refuse(
                        "INVALID_DATE",
                        &format!("{name}.dueDate"),
                        "dueDate is yyyy-MM-ddTHH:mm:ss",
                    );
                }
                if options.contains_key("validHours") {
                    vbank::due(&span, 0).map_err(wrong(&format!("{name}.validHours")))?;
                }
            }
            _ => {}
        }
        Ok(options)
    }
}

fn args_date(options: &Map<String, Value>) -> Option<&str> {
    options.get("dueDate").and_then(Value::as_str)
}

fn card(options: &Map<String, Value>) -> Result<(), ControlError> {
    let text = |field: &str| options.get(field).and_then(Value::as_str);
    let direct = match text("flowMode") {
        None | Some("DEFAULT") => false,
        Some("DIRECT") => true,
        Some(_) => return refuse("INVALID_PARAMETERS", "card.flowMode", "DEFAULT or DIRECT"),
    };
    if direct && text("cardCompany").is_none() && text("easyPay").is_none() {
        return refuse(
            "INVALID_PARAMETERS",
            "card.flowMode",
            "DIRECT needs card.cardCompany or card.easyPay",
        );
    }
    if text("cardCompany").is_some_and(|word| codes::card(word).is_none()) {
        return refuse("INVALID_PARAMETERS", "card.cardCompany", "not a card company code");
    }
    if text("easyPay").is_some_and(|word| codes::wallet(word).is_none()) {
        return refuse("INVALID_PARAMETERS", "card.easyPay", "not an easy-pay code");
    }
    let plan = |field: &str| options.get(field).filter(|v| !v.is_null());
    if plan("cardInstallmentPlan").is_some() && plan("maxCardInstallmentPlan").is_some() {
        return refuse(
            "INVALID_PARAMETERS",
            "card.cardInstallmentPlan",
            "not together with maxCardInstallmentPlan",
        );
    }
    for field in ["cardInstallmentPlan", "maxCardInstallmentPlan"] {
        let fits = plan(field).is_none_or(|v| v.as_u64().is_some_and(|n| n == 0 || (2..=12).contains(&n)));
        if !fits {
            return refuse("INVALID_PARAMETERS", &format!("card.{field}"), "0, or 2 to 12");
        }
    }
    Ok(())
}
