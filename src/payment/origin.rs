//! Where an attempt came from and went to: client, channel, group.

use serde::{Deserialize, Serialize};

/// The channel an attempt used, frozen: old payments must find the credentials they were made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelRef {
    /// `channelKey`.
    pub key: String,
    /// Content hash of the exact channel state.
    pub revision: String,
    /// Router provider id, e.g. `toss`.
    pub provider: String,
    /// PortOne V2 `PgProvider` word.
    pub pg_provider: String,
    /// `true` for a live channel.
    pub live: bool,
    /// Merchant id at the PG.
    pub mid: String,
    /// Display name.
    pub name: String,
    /// Why routing picked it.
    pub reason: String,
}

/// The group a channel was picked from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRef {
    /// `channelGroupId`.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Group of test channels.
    pub is_for_test: bool,
}

/// Where the request came from (PortOne V2 `PaymentOriginPlatformType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Platform {
    /// Desktop browser.
    Pc,
    /// Mobile browser or app.
    Mobile,
    /// Server call.
    Api,
}

/// Origin of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Kind of client.
    pub platform: Platform,
    /// User agent, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Page, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Address of the client.
    pub ip_address: String,
}
