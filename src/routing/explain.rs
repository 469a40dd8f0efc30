//! Which channel a payment would take, and why: the same way as a payment goes, heard step by step.

use super::{Listener, RouteError, Selector, Wish, route_heard};
use crate::channels::Snapshot;
use crate::payment::{MethodKind, Millis, Platform};
use serde::{Deserialize, Serialize};

/// A payment that is asked about. What is left out is not known, and meets no condition about it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Question {
    /// `storeId`.
    pub store_id: String,
    /// `channelKey`; this or a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_key: Option<String>,
    /// `channelGroupId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_group_id: Option<String>,
    /// `paymentId`.
    pub payment_id: String,
    /// `CARD`, `EASY_PAY`, …; `CARD` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodKind>,
    /// Amount, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Currency code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `PC`, `MOBILE` or `API`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Wallet, e.g. `KAKAOPAY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet: Option<String>,
    /// Card company, e.g. `SHINHAN_CARD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_issuer: Option<String>,
    /// First digits of a card number, never all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_bin: Option<String>,
    /// The merchant's id of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// When, ms; now if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Step {
    /// A rule.
    Rule {
        /// Its name.
        rule: String,
        /// The condition that is not met, if one is not.
        #[serde(skip_serializing_if = "Option::is_none")]
        unmet: Option<&'static str>,
    },
    /// A member.
    Member {
        /// `channelKey`.
        channel: String,
        /// Weight.
        weight: u32,
        /// Why it takes nothing, if it does not.
        #[serde(skip_serializing_if = "Option::is_none")]
        closed: Option<&'static str>,
    },
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The channel it would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_key: Option<String>,
    /// Its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Its merchant id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mid: Option<String>,
    /// The reason that would stand with the payment, or why there is no channel.
    pub reason: String,
    /// What was looked at, in order.
    pub steps: Vec<Step>,
}

impl Listener for Vec<Step> {
    fn rule(&mut self, name: &str, unmet: Option<&'static str>) {
        self.push(Step::Rule {
            rule: name.to_owned(),
            unmet,
        });
    }

    fn member(&mut self, channel: &str, weight: u32, closed: Option<&'static str>) {
        self.push(Step::Member {
            channel: channel.to_owned(),
            weight,
            closed,
        });
    }
}

/// Answers a question.
///
/// # Errors
/// What is wrong with the question, naming the member.
pub fn explain(snapshot: &Snapshot, question: &Question, now: Millis) -> Result<Explained, String> {
    let selector = match (&question.channel_key, &question.channel_group_id) {
        (Some(key), None) => Selector::Channel(key),
        (None, Some(id)) => Selector::Group(id),
        _ => return Err("channelKey: give either channelKey or channelGroupId".to_owned()),
    };
    if question.card_bin.as_ref().is_some_and(|bin| bin.len() > 8) {
        return Err("cardBin: the first 8 digits at most, never a whole card number".to_owned());
    }
    let wish = Wish {
        amount: question.amount,
        currency: question.currency.as_deref(),
        platform: question.platform,
        wallet: question.wallet.as_deref(),
        card_issuer: question.card_issuer.as_deref(),
        card_digits: question.card_bin.as_deref(),
        customer: question.customer_id.as_deref(),
        ..Wish::new(
            &question.store_id,
            &question.payment_id,
            question.method.unwrap_or(MethodKind::Card),
            question.at.unwrap_or(now),
        )
    };
    let mut steps = Vec::new();
    Ok(match route_heard(snapshot, selector, &wish, &mut steps) {
        Ok(routed) => Explained {
            channel_key: Some(routed.channel.spec.key.clone()),
            provider: Some(routed.channel.spec.provider.clone()),
            mid: Some(routed.channel.spec.mid.clone()),
            reason: routed.reason,
            steps,
        },
        Err(RouteError::NotFound(reason) | RouteError::Closed(reason)) => Explained {
            channel_key: None,
            provider: None,
            mid: None,
            reason,
            steps,
        },
    })
}
