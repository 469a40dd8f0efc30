//! KSNET's three wires: the text between backticks, the JSON, and records of fixed lengths.

use super::{ORDER, TOTAL, amounts};
use crate::adapters::ksnet::Ksnet;
use crate::adapters::{
    Adapter, Approve, Cancel, ChannelRevision, ChannelSpec, ChannelState, Charge, CloseAccount, IssueReceipt, Mode,
    Notice, NoticeVerdict, Outcome, Step, WireAnswer,
};
use crate::payment::{Currency, MethodKind, ReceiptKind};
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const MID: &str = "2999199999";
const TRNO: &str = "179900000001";
const PAYLOAD: &str = "fuzz-key-0000000004";
const ACCOUNT: &str = "56211111111111";

fn channel() -> Option<&'static ChannelRevision> {
    static CHANNEL: OnceLock<Option<ChannelRevision>> = OnceLock::new();
    let made = CHANNEL.get_or_init(|| {
        let keys = [("apiKey", "fuzz-api-key"), ("socket", "on")];
        let keys = keys.map(|(name, key)| (name.to_owned(), SecretString::from(key)));
        let spec = ChannelSpec {
            key: "channel-fuzz-ksnet".to_owned(),
            name: "fuzz".to_owned(),
            provider: "ksnet".to_owned(),
            mode: Mode::Test,
            state: ChannelState::Active,
            mid: MID.to_owned(),
            stores: Vec::new(),
            methods: Vec::new(),
            manual_confirm: false,
            credentials: BTreeMap::from(keys),
            endpoints: BTreeMap::new(),
            timeouts: BTreeMap::new(),
            in_flight_max: 1,
            effective_at: None,
        };
        let prepared = Ksnet.prepare(&spec).ok()?;
        Some(ChannelRevision {
            prepared,
            spec,
            revision: "0".repeat(16),
            adapter: &Ksnet,
        })
    });
    assert!(made.is_some(), "the sample channel is refused");
    made.as_ref()
}

fn answer(body: &[u8]) -> WireAnswer {
    WireAnswer {
        status: 200,
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body),
    }
}

/// The text of a fetch call.
pub fn ksnet_fetch(data: &[u8]) {
    let Some(channel) = channel() else { return };
    let approve = Approve {
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "order".to_owned(),
        method: MethodKind::Card,
        idempotency_key: PAYLOAD.to_owned(),
        at: 0,
        token: json!({"commConId": "w0123456789abcdef0123", "mobile": false}),
    };
    if let Ok(call) = Ksnet.approve(&approve, channel)
        && let Step::Done(Outcome::Done(approval)) = Ksnet.approved(&approve, channel, &call, &answer(data))
    {
        let text = String::from_utf8_lossy(data);
        let values: Vec<&str> = text.split('`').map(str::trim).collect();
        assert_eq!(values.get(1), Some(&"O"), "approved without the letter O");
        assert_eq!(values.get(9), Some(&ORDER), "approved another order");
        assert_eq!(
            values.get(2),
            Some(&approval.pg_tx_id.as_str()),
            "approved another number"
        );
    }
}

/// An answer of the JSON API to a cancellation.
pub fn ksnet_rest(data: &[u8]) {
    let Some(channel) = channel() else { return };
    let cancel = Cancel {
        pg_tx_id: TRNO.to_owned(),
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        original: amounts(),
        balance_before: TOTAL,
        sequence: 0,
        currency: Currency::KRW,
        reason: "fuzz".to_owned(),
        idempotency_key: PAYLOAD.to_owned(),
        at: 0,
        refund_account: None,
        keep: None,
    };
    if let Ok(call) = Ksnet.cancel(&cancel, channel)
        && let Step::Done(Outcome::Done(_)) = Ksnet.cancelled(&cancel, channel, &call, &answer(data))
    {
        let body: Value = serde_json::from_str(String::from_utf8_lossy(data).trim()).unwrap_or_default();
        let said = |name: &str| body["data"][name].as_str().map(str::trim);
        assert!(
            said("payload") == Some(PAYLOAD) || said("respCode") == Some("P10Q"),
            "cancelled by another call's answer"
        );
    }
}

/// A record of the socket, read as the answer to each of its calls: closing an account, a charge by token, a receipt.
pub fn ksnet_record(data: &[u8]) {
    charged(data);
    receipt(data);
    let (Some(channel), Some(accounts)) = (channel(), Ksnet.virtual_accounts()) else {
        return;
    };
    let close = CloseAccount {
        pg_tx_id: TRNO.to_owned(),
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        reason: "fuzz".to_owned(),
        idempotency_key: PAYLOAD.to_owned(),
        at: 0,
        keep: None,
    };
    if let Ok(call) = accounts.close_account(&close, channel)
        && let Step::Done(Outcome::Done(_)) = accounts.account_closed(&close, channel, &call, &answer(data))
    {
        assert_eq!(
            data.get(300..304),
            Some(&b"6011"[..]),
            "closed by a record of another type"
        );
    }
}

fn charged(data: &[u8]) {
    let (Some(channel), Some(keys)) = (channel(), Ksnet.billing_keys()) else {
        return;
    };
    let charge = Charge {
        order_id: ORDER.to_owned(),
        customer_key: "fuzz".to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "order".to_owned(),
        method: MethodKind::Card,
        idempotency_key: PAYLOAD.to_owned(),
        at: 0,
        installment_months: 0,
        free_installment: false,
        use_card_point: false,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        key: Some(SecretString::from("fuzz-token")),
    };
    if let Ok(call) = keys.charge(&charge, channel)
        && let Step::Done(Outcome::Done(_)) = keys.charged(&charge, channel, &call, &answer(data))
    {
        let said = (data.get(300..304), data.get(316..317));
        assert_eq!(said, (Some(&b"1001"[..]), Some(&b"O"[..])), "charged by another record");
    }
}

fn receipt(data: &[u8]) {
    let (Some(channel), Some(receipts)) = (channel(), Ksnet.cash_receipts()) else {
        return;
    };
    let issue = IssueReceipt {
        order_id: ORDER.to_owned(),
        amounts: amounts(),
        currency: Currency::KRW,
        order_name: "order".to_owned(),
        kind: ReceiptKind::Personal,
        identity: SecretString::from("01012345678"),
        identity_kind: None,
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        paid_with: None,
        paid_at: None,
        seller: None,
        idempotency_key: PAYLOAD.to_owned(),
        at: 0,
    };
    if let Ok(call) = receipts.issue_receipt(&issue, channel)
        && let Step::Done(Outcome::Done(_)) = receipts.receipt_issued(&issue, channel, &call, &answer(data))
    {
        assert_eq!(
            data.get(300..304),
            Some(&b"H001"[..]),
            "issued by a record of another type"
        );
    }
}

/// The `data` of a deposit notice, in either layout.
pub fn ksnet_notice(data: &[u8]) {
    let (Some(channel), Some(notifications)) = (channel(), Ksnet.notifications()) else {
        return;
    };
    let form = format!("data={}", form_urlencoded::byte_serialize(data).collect::<String>());
    let notice = Notice {
        method: "POST".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: form.into(),
        peer: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let keep = json!({"way": "VIRTUAL_ACCOUNT", "account": ACCOUNT, "amount": TOTAL, "tid": TRNO});
    let _ = notifications.read(&notice, channel, None);
    if let NoticeVerdict::Tell { .. } = notifications.read(&notice, channel, Some(&keep)) {
        assert_eq!(
            data.get(437..439),
            Some(&b"20"[..]),
            "paid by something that is no deposit"
        );
    }
}

/// Good inputs of each.
pub(super) mod samples {
    use super::{ACCOUNT, MID, ORDER, PAYLOAD, TOTAL, TRNO, json};

    pub(in crate::fuzzing) fn fetch() -> Vec<Vec<u8>> {
        let text = |yn: &str, no: &str, result: &str| {
            format!("\r\n`{yn}`{TRNO}`20250704`171957`{TOTAL}`{no}`card  `OK    `{ORDER}`05    `05    `{result}`00```400012XXXXXX0001`")
                .into_bytes()
        };
        vec![
            text("O", "12345678    ", "1001"),
            text("X", "8326        ", "1001"),
            text("O", "88", "6001"),
        ]
    }

    pub(in crate::fuzzing) fn rest() -> Vec<Vec<u8>> {
        let body = |code: &str, resp: &str| {
            let data = json!({"payload": PAYLOAD, "tid": TRNO, "tradeDateTime": "20250704180102",
                "cancelAmount": TOTAL.to_string(), "respCode": resp, "respMessage": "취소"});
            json!({"aid": "WFVCCSE00000000000054321", "code": code, "message": "", "data": data})
                .to_string()
                .into_bytes()
        };
        vec![
            body("A0200", "0000"),
            body("A0201", "7003"),
            body("A0201", "P10Q"),
            body("A0500", ""),
        ]
    }

    fn laid(length: usize, fields: &[(usize, &str)]) -> Vec<u8> {
        let mut data = vec![b' '; length];
        for (at, text) in fields {
            data[*at..*at + text.len()].copy_from_slice(text.as_bytes());
        }
        data
    }

    pub(in crate::fuzzing) fn record() -> Vec<Vec<u8>> {
        let fields = [
            (0, "0464006030"),
            (26, MID),
            (36, ORDER),
            (300, "6011"),
            (304, TRNO),
            (316, "O"),
            (317, "20250704180000"),
        ];
        let amount = format!("{TOTAL:09}");
        let charge = [
            (0, "0581006030"),
            (26, MID),
            (36, ORDER),
            (300, "1001"),
            (304, TRNO),
            (316, "O"),
            (317, "20250704180000"),
            (331, "010005"),
            (343, "12345678"),
            (409, &amount),
            (580, "00000"),
        ];
        let receipt = [
            (0, "0562006030"),
            (26, MID),
            (36, ORDER),
            (300, "H001"),
            (304, TRNO),
            (316, "O"),
            (317, "123456789"),
            (329, "0"),
            (330, "20250704180000"),
        ];
        vec![laid(468, &fields), laid(585, &charge), laid(566, &receipt)]
    }

    pub(in crate::fuzzing) fn notice() -> Vec<Vec<u8>> {
        let amount = format!("{TOTAL:013}");
        let old = [
            (0, "VR"),
            (2, TRNO),
            (41, "00012320250704180000"),
            (131, "20"),
            (135, &amount),
            (230, ACCOUNT),
            (266, MID),
        ];
        let new = [
            (0, "0596"),
            (26, MID),
            (36, ORDER),
            (300, "6111"),
            (304, TRNO),
            (347, "000000012320250704180000"),
            (437, "20"),
            (445, &amount),
            (540, ACCOUNT),
        ];
        vec![laid(300, &old), laid(600, &new)]
    }
}
