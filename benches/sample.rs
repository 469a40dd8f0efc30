//! A transaction like those of a day, numbered.

use naru::payment::{Amounts, ChannelRef, Currency, MethodKind, Origin, Platform, Status, Transaction};
use serde_json::json;

/// The `n`th.
pub fn transaction(n: u64) -> Transaction {
    let at = 1_790_000_000_000 + i64::try_from(n).unwrap_or(0);
    Transaction {
        id: format!("0199-{n:012}"),
        // Merchants' ids come in no order.
        payment_id: format!("pay-{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        store_id: "store-00000000-0000".into(),
        order_id: format!("order-{n:012}"),
        version: 1,
        status: Status::Approving,
        channel: ChannelRef {
            key: "channel-key-00000000".into(),
            revision: "f".repeat(64),
            provider: "toss".into(),
            pg_provider: "TOSSPAYMENTS".into(),
            live: false,
            mid: "tvivarepublica".into(),
            name: "Toss".into(),
            reason: "channelKey".into(),
        },
        group: None,
        amounts: Amounts::new(11_000, 0, None).expect("amounts"),
        currency: Currency::KRW,
        order_name: "아메리카노 두 잔".into(),
        method_kind: MethodKind::Card,
        method: None,
        customer: json!({"id": "c", "name": "홍길동", "email": "a@example.com", "phoneNumber": "01000000000"}),
        custom_data: None,
        extras: serde_json::Map::new(),
        origin: Origin {
            platform: Platform::Api,
            user_agent: None,
            url: None,
            ip_address: "127.0.0.1".into(),
        },
        pg_tx_id: None,
        pg_response: None,
        receipt_url: None,
        keep: None,
        billing: None,
        escrow: None,
        cash_receipt: None,
        failure: None,
        cancellations: vec![],
        requested_at: at,
        updated_at: at,
        status_changed_at: at,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
    }
}
