//! The file format: what may stand in a channel file. These structs are what the files are read into *and* what the
//! editors' JSON Schema is made from, so their comments are the format's documentation.

use super::problem::Pos;
use super::profile::ProfileEntry;
use super::rule::{RuleEntry, Sticky};
use super::v1::V1Entry;
use super::webhooks::WebhookEntry;
use crate::adapters::{ChannelState, Mode, Operation};
use crate::payment::{MethodKind, Millis};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::borrow::Cow;

/// Calls in flight per channel, unless the file says otherwise.
pub(super) const IN_FLIGHT_DEFAULT: u32 = 256;
/// Most calls in flight per channel.
pub(super) const IN_FLIGHT_MAX: u32 = 100_000;
/// Shortest and longest time-out, ms.
pub(super) const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 1_000..=120_000;
/// Most members of a group.
pub(super) const MEMBERS_MAX: usize = 32;
/// Largest weight.
pub(super) const WEIGHT_MAX: u32 = 1_000_000;
/// Shortest API secret, characters.
pub(super) const API_SECRET_MIN: usize = 16;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    /// Where the value (for a table: its header or brace) stands.
    pub at: Pos,
    /// Value.
    pub value: T,
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What is written where a secret belongs. It may be a key in the clear, so it is never shown.
#[derive(Clone)]
pub(super) struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl JsonSchema for Hidden {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// A point in time: RFC 3339 with an offset, quoted or as a TOML date-time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub Millis);

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Named values (`[channel.credentials]`, `[channel.endpoints]`). `None` stands where the value was unreadable, so that
/// nobody calls it missing as well.
#[derive(Debug, Clone)]
pub(super) struct Named<T>(pub Vec<(At<String>, Option<At<T>>)>);

impl<T> Named<T> {
    /// Whether no value was unreadable.
    pub(super) fn all_read(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_some())
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Named_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({ "type": "object", "additionalProperties": value })
    }
}

/// Stores, channels and groups. Any number of files in one directory; together they are the settings.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ChannelFile")]
pub(super) struct File {
    /// Shops of merchants.
    #[schemars(default)]
    pub store: Vec<StoreEntry>,
    /// Contracts with payment gateways.
    #[schemars(default)]
    pub channel: Vec<ChannelEntry>,
    /// Smart-routing groups.
    #[schemars(default)]
    pub group: Vec<GroupEntry>,
}

/// A merchant's shop.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Store")]
pub(super) struct StoreEntry {
    /// `storeId`, e.g. `store-<uuid>`.
    pub id: At<String>,
    /// `merchantId`; stores of one merchant share it.
    pub merchant_id: At<String>,
    /// Display name; the id if left out.
    pub name: Option<At<String>>,
    /// V2 API secrets. Several may be valid at once, so that they can be rotated.
    pub api_secrets: At<Vec<ApiSecretEntry>>,
    /// Where the store's webhooks go.
    #[schemars(default)]
    pub webhooks: Vec<WebhookEntry>,
    /// The V1 API (아임포트) of the store; not served to it if left out.
    pub v1: Option<V1Entry>,
    /// What the store's hosted checkout pages offer.
    #[schemars(default)]
    pub checkout_profiles: Vec<ProfileEntry>,
}

/// A V2 API secret: either its SHA-256 or a reference to it.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "ApiSecret")]
pub(super) struct ApiSecretEntry {
    /// Name for the operator, distinct within the store.
    pub name: At<String>,
    /// SHA-256 of the secret, 64 hex digits.
    pub sha256: Option<At<String>>,
    /// Reference to the secret: `env:NAME` or `file:PATH`. Only its SHA-256 is kept.
    pub secret: Option<At<Hidden>>,
    /// Refused from this time on.
    pub expires_at: Option<At<Time>>,
}

/// One contract with one payment gateway.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Channel")]
pub(super) struct ChannelEntry {
    /// `channelKey`, e.g. `channel-key-<uuid>`. Never reuse a key for another contract.
    pub key: At<String>,
    /// Display name; the key if left out.
    pub name: Option<At<String>>,
    /// Provider id, as `naru providers` lists them.
    pub provider: At<String>,
    /// `test` channels may override endpoints and hold `plain:` keys; `live` ones may not.
    pub mode: At<Mode>,
    /// `retired` channels take no new payments, but cancel and look up old ones. Default `active`.
    pub state: Option<At<ChannelState>>,
    /// Merchant id at the gateway.
    pub mid: At<String>,
    /// `storeId`s that may use the channel.
    pub stores: At<Vec<At<String>>>,
    /// Methods allowed; all that the provider serves if left out.
    pub methods: Option<At<Vec<At<MethodKind>>>>,
    /// Manual approval (수동 승인): the window ends with a token, the merchant's server confirms. Default `false`.
    pub manual_confirm: Option<At<bool>>,
    /// Credentials by the provider's field names. Secret ones are references: `env:NAME`, `file:PATH` (relative to the
    /// directory), in test channels also `plain:VALUE`.
    #[schemars(default)]
    pub credentials: Named<Hidden>,
    /// Base URLs by endpoint name (`api`, …), test channels only. `${NAME}` is taken from the environment.
    #[schemars(default)]
    pub endpoints: Named<String>,
    /// Time-outs in milliseconds by operation, where they differ from the provider's; 1000 to 120000.
    pub timeouts_ms: Option<TimeoutsEntry>,
    /// Calls in flight at once; further ones are refused as not sent. 1 to 100000, default 256.
    pub in_flight_max: Option<At<u32>>,
    /// New payments only from this time on.
    pub effective_at: Option<At<Time>>,
}

/// Time-outs in milliseconds.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Timeouts")]
pub(super) struct TimeoutsEntry {
    /// Registration before a window.
    pub register: Option<At<u32>>,
    /// Approval after authentication.
    pub approve: Option<At<u32>>,
    /// Key-in payment.
    pub instant: Option<At<u32>>,
    /// Cancellation.
    pub cancel: Option<At<u32>>,
    /// Inquiry.
    pub inquire: Option<At<u32>>,
    /// Net-cancel (망취소).
    pub net_cancel: Option<At<u32>>,
    /// Issue of a billing key.
    pub issue_billing_key: Option<At<u32>>,
    /// Charge of a billing key.
    pub charge_billing_key: Option<At<u32>>,
    /// Deletion of a billing key.
    pub delete_billing_key: Option<At<u32>>,
}

impl TimeoutsEntry {
    /// What is given, by operation.
    pub(super) fn given(&self) -> impl Iterator<Item = (Operation, &At<u32>)> {
        [
            (Operation::Register, &self.register),
            (Operation::Approve, &self.approve),
            (Operation::Instant, &self.instant),
            (Operation::Cancel, &self.cancel),
            (Operation::Inquire, &self.inquire),
            (Operation::NetCancel, &self.net_cancel),
            (Operation::IssueBillingKey, &self.issue_billing_key),
            (Operation::ChargeBillingKey, &self.charge_billing_key),
            (Operation::DeleteBillingKey, &self.delete_billing_key),
        ]
        .into_iter()
        .filter_map(|(operation, ms)| ms.as_ref().map(|ms| (operation, ms)))
    }
}

/// A smart-routing group: one id, several channels.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Group")]
pub(super) struct GroupEntry {
    /// `channelGroupId`, e.g. `channel-group-test-<uuid>`.
    pub id: At<String>,
    /// Display name; the id if left out.
    pub name: Option<At<String>>,
    /// Mode of all members.
    pub mode: At<Mode>,
    /// `storeId`s that may use the group; every member must serve them too.
    pub stores: At<Vec<At<String>>>,
    /// Members. A payment goes to one of them by weight and by its `paymentId`, so that a retry lands on the same one.
    pub members: At<Vec<MemberEntry>>,
    /// Which members a payment goes to, depending on the payment; the first rule that fits decides.
    #[schemars(default)]
    pub rules: Vec<RuleEntry>,
    /// What keeps payments at one member: the `payment` (default), or the `customer`.
    pub sticky: Option<At<Sticky>>,
}

/// A member of a group.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Member")]
pub(super) struct MemberEntry {
    /// `channelKey`.
    pub channel: At<String>,
    /// Share, relative to the sum of the weights; 0 is used only if nothing else is left.
    pub weight: At<u32>,
}
