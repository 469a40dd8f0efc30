use super::schema::check;
use crate::api::v2::render::{self, CancelAnswer, Items, Page, PageInfo, PaidInstantly, Summary};
use crate::payment::{
    Amounts, CancelState, Cancellation, CardBrand, CardDetail, CardOwner, CardType, ChannelRef, Currency, Failure,
    FailureKind, GroupRef, MethodDetail, MethodKind, Origin, Platform, Status, Transaction, Trigger,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A paid card payment with everything filled.
pub fn sample() -> Transaction {
    let text = |t: &str| Some(t.to_owned());
    Transaction {
        id: "tx-1".into(),
        payment_id: "주문/1".into(),
        store_id: super::STORE.into(),
        order_id: "o-1".into(),
        version: 2,
        status: Status::Paid,
        channel: ChannelRef {
            key: "channel-key-1".into(),
            revision: "r".into(),
            provider: "toss".into(),
            pg_provider: "TOSSPAYMENTS".into(),
            live: false,
            mid: "mid".into(),
            name: "toss test".into(),
            reason: "channelKey".into(),
        },
        group: None,
        amounts: Amounts::new(1_000, 0, None).unwrap(),
        currency: Currency::KRW,
        order_name: "커피".into(),
        method_kind: MethodKind::Card,
        method: Some(MethodDetail::Card(CardDetail {
            issuer: text("BC_CARD"),
            number: text("123456******7890"),
            approval_number: text("00001"),
            ..CardDetail::default()
        })),
        customer: json!({"name": "홍길동"}),
        custom_data: text("{}"),
        extras: serde_json::Map::new(),
        origin: Origin {
            platform: Platform::Api,
            user_agent: None,
            url: None,
            ip_address: "192.0.2.1".into(),
        },
        billing: None,
        pg_tx_id: text("pg-1"),
        pg_response: text("{}"),
        receipt_url: text("https://example.com/r"),
        keep: Some(json!({"secret": "kept"})),
        escrow: None,
        cash_receipt: None,
        failure: None,
        cancellations: vec![],
        requested_at: super::NOW,
        updated_at: super::NOW + 5_000,
        status_changed_at: super::NOW + 5_000,
        paid_at: Some(super::NOW + 5_000),
        failed_at: None,
        cancelled_at: None,
    }
}

fn shown(t: &Transaction) -> Value {
    serde_json::to_value(render::payment(t, "merchant-1")).unwrap()
}

#[test]
fn a_paid_card_payment_is_shown_member_by_member() {
    assert_eq!(
        shown(&sample()),
        json!({
            "status": "PAID", "id": "주문/1", "transactionId": "tx-1", "merchantId": "merchant-1",
            "storeId": super::STORE, "version": "V2",
            "method": {"type": "PaymentMethodCard", "card": {"issuer": "BC_CARD", "number": "123456******7890"},
                "approvalNumber": "00001", "installment": {"month": 0, "isInterestFree": false}},
            "channel": {"type": "TEST", "key": "channel-key-1", "name": "toss test", "pgProvider": "TOSSPAYMENTS",
                "pgMerchantId": "mid"},
            "requestedAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:05Z",
            "statusChangedAt": "2026-01-01T00:00:05Z", "orderName": "커피",
            "amount": {"total": 1000, "taxFree": 0, "vat": 91, "supply": 909, "discount": 0, "paid": 1000,
                "cancelled": 0, "cancelledTaxFree": 0},
            "currency": "KRW", "customer": {"name": "홍길동"},
            "origin": {"platformType": "API", "ipAddress": "192.0.2.1"}, "customData": "{}",
            "paidAt": "2026-01-01T00:00:05Z", "pgTxId": "pg-1", "pgResponse": "{}",
            "receiptUrl": "https://example.com/r", "disputes": [],
        })
    );
}

#[test]
fn states_that_are_ours_alone_are_shown_as_ready() {
    for status in [Status::Approving, Status::Unknown, Status::Ready] {
        let mut t = sample();
        t.status = status;
        let shown = shown(&t);
        assert_eq!(shown["status"], "READY", "{status:?}");
        assert_eq!(shown["amount"]["paid"], 0);
        assert_eq!(shown.get("pgTxId"), None);
        assert_eq!(shown.get("paidAt"), None);
    }
}

#[test]
fn every_funding_of_a_wallet_is_shown() {
    let mut t = sample();
    let provider = Some("KAKAOPAY".to_owned());
    let pay = |card, charge| MethodDetail::EasyPay {
        provider: provider.clone(),
        card,
        charge,
    };
    for (detail, expected) in [
        (pay(Some(CardDetail::default()), false), json!("PaymentMethodCard")),
        (pay(None, true), json!("PaymentMethodEasyPayMethodCharge")),
        (pay(None, false), Value::Null),
    ] {
        t.method = Some(detail);
        let shown = shown(&t);
        assert_eq!(check("Payment", &shown), Ok(()));
        assert_eq!(shown["method"]["easyPayMethod"]["type"], expected);
    }
}

#[test]
fn echoes_only_what_fits_the_shape() {
    let mut t = sample();
    t.customer = json!({"name": {"full": "x"}, "email": 7, "phoneNumber": "010", "address": {"oneLine": "서울"}});
    t.extras = json!({
        "products": [{"id": "a", "name": "b", "amount": 1, "quantity": 2, "surplus": true}, {"id": "no amount"}],
        "productCount": "two", "country": 82, "skipWebhook": true, "noticeUrls": ["https://example.com"],
    })
    .as_object()
    .unwrap()
    .clone();
    let shown = shown(&t);
    assert_eq!(check("Payment", &shown), Ok(()));
    let address = json!({"type": "ONE_LINE", "oneLine": "서울"});
    assert_eq!(shown["customer"], json!({"phoneNumber": "010", "address": address}));
    assert_eq!(
        shown["products"],
        json!([{"id": "a", "name": "b", "amount": 1, "quantity": 2}])
    );
    assert_eq!(shown.get("productCount"), None);
}

#[test]
fn nothing_kept_for_later_calls_is_shown() {
    let text = shown(&sample()).to_string();
    assert!(!text.contains("kept"), "{text}");
}

#[test]
fn summaries_have_the_published_shapes() {
    let t = sample();
    let summary = serde_json::to_value(Summary::from(&t)).unwrap();
    assert_eq!(check("ConfirmedPaymentSummary", &summary), Ok(()));
    let instant = serde_json::to_value(PaidInstantly { payment: (&t).into() }).unwrap();
    assert_eq!(check("PayInstantlyResponse", &instant), Ok(()));
    assert_eq!(instant["payment"]["paidAt"], "2026-01-01T00:00:05Z");
}

fn opt<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Option<T>> {
    proptest::option::of(value).boxed()
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn time() -> impl Strategy<Value = i64> {
    0i64..4_102_444_800_000
}

fn card() -> impl Strategy<Value = CardDetail> {
    let brands = prop_oneof![
        Just(CardBrand::Local),
        Just(CardBrand::Unionpay),
        Just(CardBrand::Jcb),
        Just(CardBrand::Diners)
    ];
    let types = prop_oneof![Just(CardType::Credit), Just(CardType::Debit), Just(CardType::Gift)];
    let owners = prop_oneof![Just(CardOwner::Personal), Just(CardOwner::Corporate)];
    let texts = (opt(text()), opt(text()), opt(text()), opt(text()), opt(text()));
    let flags = (any::<bool>(), opt(any::<bool>()), opt(any::<bool>()), 0u32..60);
    (texts, flags, opt(brands), opt(types), opt(owners)).prop_map(|(texts, flags, brand, card_type, owner)| {
        CardDetail {
            issuer: texts.0,
            issuer_code: texts.1.clone(),
            acquirer: texts.1,
            brand,
            card_type,
            owner,
            bin: texts.2,
            number: texts.3.clone(),
            name: texts.3,
            approval_number: texts.4,
            installment_months: flags.3,
            interest_free: flags.0,
            interest_free_from_merchant: flags.1,
            point_used: flags.2,
        }
    })
}

fn detail() -> impl Strategy<Value = MethodDetail> {
    prop_oneof![
        card().prop_map(MethodDetail::Card),
        (opt(text()), opt(text())).prop_map(|(bank, account_number)| MethodDetail::Transfer { bank, account_number }),
        (opt(text()), text(), opt(any::<bool>()), opt(time()), opt(text())).prop_map(
            |(bank, number, fixed, at, name)| {
                MethodDetail::VirtualAccount {
                    bank,
                    account_number: number,
                    fixed,
                    remittee: name.clone(),
                    remitter: name,
                    expires_at: at,
                    issued_at: at,
                }
            }
        ),
        text().prop_map(|approval_number| MethodDetail::GiftCertificate {
            certificate: Some("CULTURELAND".into()),
            approval_number,
        }),
        opt(text()).prop_map(|phone_number| MethodDetail::Mobile { phone_number }),
        (opt(text()), opt(card()), any::<bool>()).prop_map(|(provider, card, charge)| MethodDetail::EasyPay {
            provider,
            card,
            charge,
        }),
    ]
}

fn cancellation() -> impl Strategy<Value = Cancellation> {
    let states = prop_oneof![
        Just(CancelState::Requested),
        Just(CancelState::Succeeded),
        Just(CancelState::Failed)
    ];
    let triggers = prop_oneof![Just(Trigger::Api), Just(Trigger::Console), Just(Trigger::PortoneAdmin)];
    (states, triggers, opt(text()), opt(time()), 1i64..1_000, text()).prop_map(
        |(state, trigger, extra, at, total, reason)| Cancellation {
            accepted: false,
            skip_webhook: false,
            id: "c".into(),
            state,
            amounts: Amounts::new(total, 0, None).unwrap(),
            reason,
            trigger,
            requested_at: 1,
            cancelled_at: at,
            pg_cancellation_id: extra.clone(),
            receipt_url: extra,
            failure: None,
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Ready),
        Just(Status::Approving),
        Just(Status::Unknown),
        Just(Status::PayPending),
        Just(Status::VirtualAccountIssued),
        Just(Status::Paid),
        Just(Status::PartialCancelled),
        Just(Status::Cancelled),
        Just(Status::Failed),
    ]
}

fn kind() -> impl Strategy<Value = MethodKind> {
    prop_oneof![
        Just(MethodKind::Card),
        Just(MethodKind::Transfer),
        Just(MethodKind::VirtualAccount),
        Just(MethodKind::GiftCertificate),
        Just(MethodKind::Mobile),
        Just(MethodKind::EasyPay),
    ]
}

/// JSON of any shape, to stand where the merchant's own members stand.
fn noise() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        Just(json!([])),
        Just(json!([{"id": "a", "name": "n", "amount": 5, "quantity": 4_294_967_296i64}])),
        Just(json!({"oneLine": "a", "addressLine1": "b", "addressLine2": null, "city": 3})),
    ]
}

fn any_transaction() -> impl Strategy<Value = Transaction> {
    let times = (time(), opt(time()), opt(time()), opt(time()));
    let texts = (text(), opt(text()), opt(text()), opt(text()), opt(text()));
    let merchant = (noise(), noise(), noise(), noise(), noise());
    let platforms = prop_oneof![Just(Platform::Pc), Just(Platform::Mobile), Just(Platform::Api)];
    let lists = (
        proptest::collection::vec(cancellation(), 0..4),
        opt(detail()),
        any::<bool>(),
    );
    (times, texts, merchant, lists, status(), kind(), platforms).prop_map(
        |(times, texts, merchant, lists, status, method_kind, platform)| Transaction {
            status,
            method_kind,
            method: lists.1,
            group: lists.2.then(|| GroupRef {
                id: "g".into(),
                name: "group".into(),
                is_for_test: true,
            }),
            customer: json!({"id": merchant.0, "name": merchant.1, "gender": merchant.1, "address": merchant.2}),
            extras: [
                ("products", merchant.3),
                ("productCount", merchant.4.clone()),
                ("country", merchant.4),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
            origin: Origin {
                platform,
                user_agent: texts.1.clone(),
                url: texts.2.clone(),
                ip_address: String::new(),
            },
            order_name: texts.0,
            custom_data: texts.1,
            pg_tx_id: texts.2,
            pg_response: texts.3.clone(),
            receipt_url: texts.3,
            failure: texts.4.map(|text| Failure::new(FailureKind::Other, "X", text)),
            cancellations: lists.0,
            requested_at: times.0,
            paid_at: times.1,
            failed_at: times.2,
            cancelled_at: times.3,
            ..sample()
        },
    )
}

proptest! {
    /// Whatever a transaction holds, each of its two forms is one that a strict client decodes.
    #[test]
    fn every_transaction_fits_the_published_shapes(t in any_transaction()) {
        let payment = shown(&t);
        prop_assert_eq!(check("Payment", &payment), Ok(()));
        let attempt = serde_json::to_value(Items { items: vec![render::transaction(&t, "m")] }).unwrap();
        prop_assert_eq!(check("GetPaymentTransactionsResponse", &attempt), Ok(()));
        let info = PageInfo { number: 0, size: 10, total_count: 1 };
        let page = serde_json::to_value(Page { items: vec![render::payment(&t, "m")], page: info }).unwrap();
        prop_assert_eq!(check("GetPaymentsResponse", &page), Ok(()));
        prop_assert_eq!(payment["amount"]["total"].as_i64(), Some(t.amounts.total));
        prop_assert_eq!(payment["amount"]["cancelled"].as_i64(), Some(t.cancelled_total()));
    }

    #[test]
    fn every_cancellation_fits_the_published_shape(c in cancellation()) {
        let answer = serde_json::to_value(CancelAnswer { cancellation: (&c).into() }).unwrap();
        prop_assert_eq!(check("CancelPaymentResponse", &answer), Ok(()));
    }
}
