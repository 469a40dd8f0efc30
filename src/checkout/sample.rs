//! A transaction for this room's tests.

use crate::payment::{Amounts, ChannelRef, Currency, Failure, MethodKind, Origin, Platform, Status, Transaction};
use serde_json::{Map, json};

/// A transaction in a state.
#[allow(clippy::unwrap_used)]
pub fn transaction(status: Status, failure: Option<Failure>) -> Transaction {
    Transaction {
        id: "tx-1".to_owned(),
        payment_id: "주문 1".to_owned(),
        store_id: "store-1".to_owned(),
        order_id: "ORDER1".to_owned(),
        version: 1,
        status,
        channel: ChannelRef {
            key: "channel-key-1".to_owned(),
            revision: "r".to_owned(),
            provider: "toss".to_owned(),
            pg_provider: "TOSSPAYMENTS".to_owned(),
            live: false,
            mid: "mid".to_owned(),
            name: "Toss".to_owned(),
            reason: "channelKey".to_owned(),
        },
        group: None,
        amounts: Amounts::new(10_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "커피".to_owned(),
        method_kind: MethodKind::Card,
        method: None,
        customer: json!({}),
        custom_data: None,
        extras: Map::new(),
        origin: Origin {
            platform: Platform::Pc,
            user_agent: None,
            url: Some("https://shop.example.com".to_owned()),
            ip_address: "192.0.2.1".to_owned(),
        },
        billing: None,
        pg_tx_id: None,
        pg_response: None,
        receipt_url: None,
        keep: None,
        escrow: None,
        cash_receipt: None,
        failure,
        cancellations: Vec::new(),
        requested_at: 0,
        updated_at: 0,
        status_changed_at: 0,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
    }
}
