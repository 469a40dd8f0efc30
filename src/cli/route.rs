//! `naru route`: which channel a payment would take, and why.

use super::admin::AdminArguments;
use super::{fail, say};
use crate::adapters::registry::ADAPTERS;
use crate::channels::{Secrets, load_dir};
use crate::engine::now;
use crate::payment::{MethodKind, Millis, Platform};
use crate::routing::{Question, explain};
use bytes::Bytes;
use clap::Args;
use http::Method;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is known of the payment.
#[derive(Debug, Args)]
pub(super) struct RouteArguments {
    /// Directory of the channel files.
    #[arg(long, value_name = "DIR", default_value = "channels")]
    channels: PathBuf,
    /// Asks a running router about its live settings instead of reading files (`--admin-url`, `--admin-token`).
    #[arg(long)]
    live: bool,
    /// Store.
    #[arg(long, value_name = "STORE_ID")]
    store: String,
    /// Channel.
    #[arg(long, value_name = "CHANNEL_KEY", conflicts_with = "group")]
    channel: Option<String>,
    /// Group.
    #[arg(long, value_name = "CHANNEL_GROUP_ID", required_unless_present = "channel")]
    group: Option<String>,
    /// Payment.
    #[arg(long, value_name = "PAYMENT_ID", default_value = "")]
    payment_id: String,
    /// `CARD`, `EASY_PAY`, …
    #[arg(long, value_parser = word::<MethodKind>, default_value = "CARD")]
    method: MethodKind,
    /// Amount, in the currency's minor unit.
    #[arg(long)]
    amount: Option<i64>,
    /// Currency code.
    #[arg(long)]
    currency: Option<String>,
    /// `PC`, `MOBILE` or `API`.
    #[arg(long, value_parser = word::<Platform>)]
    platform: Option<Platform>,
    /// Wallet, e.g. `KAKAOPAY`.
    #[arg(long)]
    wallet: Option<String>,
    /// Card company, e.g. `SHINHAN_CARD`.
    #[arg(long)]
    card_issuer: Option<String>,
    /// First digits of the card's number, 8 at most.
    #[arg(long)]
    card_bin: Option<String>,
    /// The merchant's id of the customer.
    #[arg(long)]
    customer: Option<String>,
    /// When, ms since the epoch; now if left out.
    #[arg(long, value_name = "MS")]
    at: Option<Millis>,
    /// Every step that was looked at, not the choice alone.
    #[arg(long)]
    explain: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: OptionalAdmin,
}

/// Where the router is; needed with `--live` only.
#[derive(Debug, Args)]
struct OptionalAdmin {
    /// Operations listener.
    #[arg(
        long,
        value_name = "URL",
        env = "NARU_ADMIN_URL",
        default_value = "http://127.0.0.1:9090"
    )]
    admin_url: String,
    /// Admin token.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "NARU_ADMIN_TOKEN",
        hide_env_values = true,
        default_value = ""
    )]
    admin_token: String,
}

fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let text: StrDeserializer<'_, Error> = text.into_deserializer();
    T::deserialize(text).map_err(|error| error.to_string())
}

pub(super) fn run(arguments: RouteArguments) -> ExitCode {
    let question = Question {
        store_id: arguments.store,
        channel_key: arguments.channel,
        channel_group_id: arguments.group,
        payment_id: arguments.payment_id,
        method: Some(arguments.method),
        amount: arguments.amount,
        currency: arguments.currency,
        platform: arguments.platform,
        wallet: arguments.wallet,
        card_issuer: arguments.card_issuer,
        card_bin: arguments.card_bin,
        customer_id: arguments.customer,
        at: arguments.at,
    };
    let answer = if arguments.live {
        let admin = AdminArguments::new(arguments.admin.admin_url, arguments.admin.admin_token);
        asked(&admin, &question)
    } else {
        let snapshot = match load_dir(&arguments.channels, &Secrets::new(), ADAPTERS, now()) {
            Ok(snapshot) => snapshot,
            Err(problems) => return fail(problems),
        };
        explain(&snapshot, &question, now()).map(|explained| serde_json::json!(explained))
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return fail(error),
    };
    if arguments.json {
        say(&format!("{answer:#}"));
    } else {
        told(&answer, arguments.explain);
    }
    if answer.get("channelKey").is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn asked(admin: &AdminArguments, question: &Question) -> Result<Value, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let body = serde_json::to_vec(question).map_err(|error| error.to_string())?;
    runtime.block_on(admin.call(Method::POST, "/admin/route", Bytes::from(body)))
}

fn told(answer: &Value, all: bool) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if all {
        for step in answer["steps"].as_array().into_iter().flatten() {
            say(&match step.get("rule") {
                Some(rule) => match step.get("unmet") {
                    Some(unmet) => format!("rule {}: {} not met", text(rule), text(unmet)),
                    None => format!("rule {}: fits", text(rule)),
                },
                None => match step.get("closed") {
                    Some(why) => format!("  {} weight {}: {}", text(&step["channel"]), step["weight"], text(why)),
                    None => format!("  {} weight {}: open", text(&step["channel"]), step["weight"]),
                },
            });
        }
    }
    match answer.get("channelKey") {
        Some(key) => say(&format!(
            "{} ({}, {}): {}",
            text(key),
            text(&answer["provider"]),
            text(&answer["mid"]),
            text(&answer["reason"])
        )),
        None => say(&text(&answer["reason"])),
    }
}
