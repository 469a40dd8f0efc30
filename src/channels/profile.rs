//! `[[store.checkout_profiles]]`: what a hosted checkout page of the store offers, and by which channel each.

use super::file::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// PortOne V2 `CheckoutPaymentMethod`, as far as a gateway of this router serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckoutMethod {
    /// A Korean card.
    CardKr,
    /// Naver Pay, in the gateway's window.
    NPay,
    /// Kakao Pay, in the gateway's window.
    KakaoPay,
    /// Toss Pay, in the gateway's window.
    TossPay,
}

impl CheckoutMethod {
    /// Words of the methods, for messages.
    pub const WORDS: [&str; 4] = ["CARD_KR", "N_PAY", "KAKAO_PAY", "TOSS_PAY"];

    /// The wallet that the window opens with, PortOne V2 `EasyPayProvider`; `None` for a card.
    #[must_use]
    pub const fn wallet(self) -> Option<&'static str> {
        match self {
            Self::CardKr => None,
            Self::NPay => Some("NAVERPAY"),
            Self::KakaoPay => Some("KAKAOPAY"),
            Self::TossPay => Some("TOSSPAY"),
        }
    }
}

/// One way to pay on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileMethod {
    /// What the buyer picks.
    pub method: CheckoutMethod,
    /// `channelKey`.
    pub channel: String,
}

/// A checkout profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutProfile {
    /// `profileKey`, distinct over all stores: pages name nothing else.
    pub key: String,
    /// In the order the page shows them.
    pub methods: Vec<ProfileMethod>,
}

/// What a hosted checkout page offers.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "CheckoutProfile")]
pub(super) struct ProfileEntry {
    /// `profileKey`; distinct over all stores.
    pub key: At<String>,
    /// In the order the page shows them.
    pub methods: At<Vec<ProfileMethodEntry>>,
}

/// One way to pay on the page.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "CheckoutMethod")]
pub(super) struct ProfileMethodEntry {
    /// What the buyer picks.
    pub method: At<CheckoutMethod>,
    /// `channelKey` of the channel that opens its window.
    pub channel: At<String>,
}

impl From<&ProfileEntry> for CheckoutProfile {
    fn from(entry: &ProfileEntry) -> Self {
        let method = |written: &ProfileMethodEntry| ProfileMethod {
            method: written.method.value,
            channel: written.channel.value.clone(),
        };
        Self {
            key: entry.key.value.clone(),
            methods: entry.methods.value.iter().map(method).collect(),
        }
    }
}
