//! Lists: one row a payment, filtered, ordered, paged, counted.

use super::*;
use crate::ledger::PaymentFilter;
use crate::payment::{CancelState, Cancellation, CardDetail, Failure, FailureKind, MethodDetail, Trigger};

const DAY: i64 = 86_400_000;

fn all() -> PaymentFilter {
    PaymentFilter {
        stores: vec!["store-a".into()],
        limit: 100,
        ..Default::default()
    }
}

async fn found(ledger: &dyn Ledger, filter: &PaymentFilter) -> Vec<String> {
    let (page, total) = ledger.list(filter).await.unwrap();
    if filter.offset == 0 && page.len() < filter.limit {
        assert_eq!(
            page.len() as u64,
            total,
            "the total disagrees with the page: {filter:?}"
        );
    }
    page.into_iter().map(|t| t.id).collect()
}

pub(crate) async fn one_row_a_payment(ledger: &dyn Ledger) {
    let failed = transaction("t1", "p1", Status::Failed);
    let paid = transaction("t2", "p1", Status::Paid);
    let newer = transaction("t3", "p1", Status::Ready);
    let alone = transaction("t4", "p2", Status::Ready);
    for t in [&failed, &paid, &newer, &alone] {
        ledger.commit(vec![insert(t)]).await.unwrap();
    }
    assert_eq!(found(ledger, &all()).await, ["t4", "t2"]);
    let only_failed = PaymentFilter {
        status: vec![Status::Failed],
        ..all()
    };
    assert_eq!(
        found(ledger, &only_failed).await,
        Vec::<String>::new(),
        "an attempt that does not stand is not listed"
    );
}

pub(crate) async fn filters_are_anded(ledger: &dyn Ledger) {
    let plain = transaction("plain", "p1", Status::Paid);
    let mut live = transaction("live", "p2", Status::Failed);
    live.channel.live = true;
    let mut other = transaction("other", "p3", Status::Paid);
    other.channel.pg_provider = "KCP_V2".into();
    other.origin.platform = Platform::Mobile;
    other.currency = Currency::try_from("USD".to_owned()).unwrap();
    other.method = Some(MethodDetail::EasyPay {
        provider: None,
        card: None,
        charge: true,
    });
    for t in [&plain, &live, &other] {
        ledger.commit(vec![insert(t)]).await.unwrap();
    }
    let cases: Vec<(PaymentFilter, &[&str])> = vec![
        (all(), &["other", "live", "plain"]),
        (
            PaymentFilter {
                status: vec![Status::Paid],
                ..all()
            },
            &["other", "plain"],
        ),
        (
            PaymentFilter {
                status: vec![Status::Paid, Status::Failed],
                is_test: Some(true),
                ..all()
            },
            &["other", "plain"],
        ),
        (
            PaymentFilter {
                is_test: Some(false),
                ..all()
            },
            &["live"],
        ),
        (
            PaymentFilter {
                methods: vec![MethodKind::EasyPay],
                ..all()
            },
            &["other"],
        ),
        (
            PaymentFilter {
                pg_providers: vec!["KCP_V2".into(), "NICE_V2".into()],
                ..all()
            },
            &["other"],
        ),
        (
            PaymentFilter {
                currency: Some("KRW".into()),
                ..all()
            },
            &["live", "plain"],
        ),
        (
            PaymentFilter {
                platform: Some("MOBILE".into()),
                ..all()
            },
            &["other"],
        ),
        (
            PaymentFilter {
                platform: Some("MOBILE".into()),
                currency: Some("KRW".into()),
                ..all()
            },
            &[],
        ),
        (
            PaymentFilter {
                stores: vec!["store-b".into()],
                ..all()
            },
            &[],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(ledger, &filter).await, expected, "{filter:?}");
        // The same through every way a total can be made.
        for (from, until) in [(Some(0), None), (None, Some(9 * DAY)), (Some(-3 * DAY), Some(DAY))] {
            let ranged = PaymentFilter {
                from,
                until,
                ..filter.clone()
            };
            assert_eq!(found(ledger, &ranged).await, expected, "{ranged:?}");
        }
    }
}

pub(crate) async fn ranges_include_their_start_only(ledger: &dyn Ledger) {
    // Around the ends of days, where totals are put together from two kinds of counts.
    let moments = [-1, 0, 1, DAY - 1, DAY, DAY + 1, 3 * DAY - 1, 3 * DAY, 5 * DAY + 7];
    for (n, at) in moments.into_iter().enumerate() {
        let mut t = transaction(&format!("t{n}"), &format!("p{n}"), Status::Paid);
        t.requested_at = at;
        t.status_changed_at = at + 100 * DAY;
        ledger.commit(vec![insert(&t)]).await.unwrap();
    }
    let mut ends = vec![None];
    ends.extend(moments.map(Some));
    ends.extend([Some(2 * DAY), Some(-7 * DAY), Some(50 * DAY)]);
    for from in &ends {
        for until in &ends {
            let expected = moments
                .iter()
                .filter(|at| from.is_none_or(|f| **at >= f) && until.is_none_or(|u| **at < u))
                .count();
            for by_status_change in [false, true] {
                let shift = if by_status_change { 100 * DAY } else { 0 };
                let filter = PaymentFilter {
                    from: from.map(|f| f + shift),
                    until: until.map(|u| u + shift),
                    by_status_change,
                    ..all()
                };
                assert_eq!(found(ledger, &filter).await.len(), expected, "{filter:?}");
            }
        }
    }
}

pub(crate) async fn totals_follow_every_change(ledger: &dyn Ledger) {
    let of = |status| PaymentFilter {
        status: vec![status],
        from: Some(-10 * DAY),
        until: Some(10 * DAY),
        ..all()
    };
    let one = transaction("t1", "p1", Status::Ready);
    ledger.commit(vec![insert(&one)]).await.unwrap();
    assert_eq!(found(ledger, &of(Status::Ready)).await, ["t1"]);
    let two = next(&one, Status::Approving);
    ledger.commit(vec![update(&two, 1)]).await.unwrap();
    let mut three = next(&two, Status::Failed);
    three.status_changed_at += 2 * DAY;
    ledger.commit(vec![update(&three, 2)]).await.unwrap();
    assert_eq!(found(ledger, &of(Status::Ready)).await.len(), 0);
    assert_eq!(found(ledger, &of(Status::Approving)).await.len(), 0);
    assert_eq!(found(ledger, &of(Status::Failed)).await, ["t1"]);
    // A second attempt takes over, dies, and the first comes back to life.
    let rival = transaction("t2", "p1", Status::Approving);
    ledger.commit(vec![insert(&rival)]).await.unwrap();
    assert_eq!(found(ledger, &of(Status::Failed)).await.len(), 0);
    assert_eq!(found(ledger, &of(Status::Approving)).await, ["t2"]);
    ledger
        .commit(vec![update(&next(&rival, Status::Failed), 1)])
        .await
        .unwrap();
    assert_eq!(found(ledger, &of(Status::Failed)).await, ["t2"]);
    ledger
        .commit(vec![update(&next(&three, Status::Paid), 3)])
        .await
        .unwrap();
    assert_eq!(found(ledger, &of(Status::Failed)).await.len(), 0);
    assert_eq!(found(ledger, &of(Status::Paid)).await, ["t1"]);
    for by_status_change in [false, true] {
        let filter = PaymentFilter {
            by_status_change,
            ..of(Status::Paid)
        };
        assert_eq!(found(ledger, &filter).await, ["t1"]);
    }
}

pub(crate) async fn pages_follow_each_other(ledger: &dyn Ledger) {
    for n in 0..25_i64 {
        let mut t = transaction(&format!("t{n:02}"), &format!("p{n}"), Status::Paid);
        // Five at a time were asked for in the same millisecond; they changed in the opposite order.
        t.requested_at = n / 5;
        t.status_changed_at = 1_000 - n;
        ledger.commit(vec![insert(&t)]).await.unwrap();
    }
    let expected: Vec<String> = (0..25).map(|n| format!("t{n:02}")).collect();
    for (sort_by_status_change, ascending) in [(false, true), (false, false), (true, true), (true, false)] {
        let mut pages = Vec::new();
        for page in 0..4 {
            let filter = PaymentFilter {
                sort_by_status_change,
                ascending,
                offset: page * 7,
                limit: 7,
                from: Some(0),
                until: Some(2_000),
                ..all()
            };
            let (rows, total) = ledger.list(&filter).await.unwrap();
            assert_eq!(total, 25);
            pages.extend(rows.into_iter().map(|t| t.id));
        }
        if ascending == sort_by_status_change {
            pages.reverse();
        }
        assert_eq!(pages, expected);
    }
    let beyond = PaymentFilter { offset: 100, ..all() };
    assert_eq!(ledger.list(&beyond).await.unwrap(), (vec![], 25));
    let none = PaymentFilter { limit: 0, ..all() };
    assert_eq!(ledger.list(&none).await.unwrap(), (vec![], 25));
}

pub(crate) async fn several_stores_merge_in_order(ledger: &dyn Ledger) {
    for n in 0..12_i64 {
        let mut t = transaction(&format!("t{n:02}"), &format!("p{n}"), Status::Paid);
        t.store_id = ["store-a", "store-b", "store-c"][usize::try_from(n % 3).unwrap()].into();
        t.requested_at = n;
        ledger.commit(vec![insert(&t)]).await.unwrap();
    }
    let filter = PaymentFilter {
        stores: vec!["store-b".into(), "store-a".into(), "store-b".into()],
        offset: 2,
        limit: 4,
        ..Default::default()
    };
    let (page, total) = ledger.list(&filter).await.unwrap();
    let ids: Vec<_> = page.iter().map(|t| t.id.as_str()).collect();
    assert_eq!((ids.as_slice(), total), (["t07", "t06", "t04", "t03"].as_slice(), 8));
}

fn wordy() -> Transaction {
    let mut t = transaction("TX-1", "Pay-1", Status::PartialCancelled);
    t.customer = json!({
        "name": "홍길동", "email": "Gildong@Example.com", "phoneNumber": "01012345678",
        "zipcode": "06000", "address": {"type": "ONE_LINE", "oneLine": "서울 강남구"}
    });
    t.pg_tx_id = Some("pgtx-77".into());
    t.origin.user_agent = Some("Mozilla/5.0".into());
    t.method = Some(MethodDetail::Card(CardDetail {
        issuer: Some("SHINHAN_CARD".into()),
        bin: Some("433012".into()),
        number: Some("433012******1234".into()),
        approval_number: Some("00012345".into()),
        installment_months: 3,
        ..CardDetail::default()
    }));
    t.failure = Some(Failure::new(FailureKind::Other, "X", "한도 초과"));
    t.cancellations = vec![Cancellation {
        accepted: false,
        skip_webhook: false,
        id: "c1".into(),
        state: CancelState::Succeeded,
        amounts: Amounts::new(1_000, 0, None).unwrap(),
        reason: "단순 변심".into(),
        trigger: Trigger::Api,
        requested_at: 1,
        cancelled_at: Some(2),
        pg_cancellation_id: Some("pgc-9".into()),
        receipt_url: None,
        failure: None,
    }];
    t
}

pub(crate) async fn facts_are_found_by_their_own_filters_only(ledger: &dyn Ledger) {
    let bland = transaction("bland", "quiet", Status::Paid);
    let mut card = wordy();
    card.escrow = Some(crate::payment::Escrow::new());
    if let Some(MethodDetail::Card(card)) = &mut card.method {
        card.brand = Some(crate::payment::CardBrand::Visa);
        card.card_type = Some(crate::payment::CardType::Gift);
    }
    ledger.commit(vec![insert(&bland), insert(&card)]).await.unwrap();
    let facts = |name, value| PaymentFilter {
        facts: vec![(name, value)],
        ..all()
    };
    assert_eq!(found(ledger, &facts("cardBrand", "VISA")).await, ["TX-1"]);
    assert_eq!(found(ledger, &facts("cardType", "GIFT")).await, ["TX-1"]);
    assert_eq!(found(ledger, &facts("cardType", "CREDIT")).await.len(), 0);
    assert_eq!(
        found(ledger, &facts("escrowStatus", "BEFORE_REGISTERED")).await,
        ["TX-1"]
    );
    assert_eq!(found(ledger, &facts("escrowStatus", "DELIVERED")).await.len(), 0);
    for (escrow, id) in [(true, "TX-1"), (false, "bland")] {
        let filter = PaymentFilter {
            escrow: Some(escrow),
            ..all()
        };
        assert_eq!(found(ledger, &filter).await, [id]);
    }
    let text = PaymentFilter {
        text: vec![("ALL".into(), "visa".into())],
        ..all()
    };
    assert_eq!(found(ledger, &text).await.len(), 0, "a fact is no text");
}

pub(crate) async fn words_match_from_the_front(ledger: &dyn Ledger) {
    let mut bland = transaction("bland", "quiet", Status::Paid);
    bland.order_name = "x%_*[a]'\u{1f}b".into();
    ledger.commit(vec![insert(&bland)]).await.unwrap();
    // The words come with an update, as most do.
    let first = transaction("TX-1", "Pay-1", Status::Paid);
    ledger.commit(vec![insert(&first)]).await.unwrap();
    let mut full = wordy();
    full.version = 2;
    ledger.commit(vec![update(&full, 1)]).await.unwrap();
    let hits = [
        ("PAYMENT_ID", "Pay"),
        ("TX_ID", "TX-"),
        ("PG_TX_ID", "pgtx"),
        ("ORDER_NAME", "아메리"),
        ("CUSTOMER_NAME", "홍"),
        ("CUSTOMER_EMAIL", "gildong@example"),
        ("CUSTOMER_PHONE_NUMBER", "010"),
        ("CUSTOMER_ZIPCODE", "060"),
        ("CUSTOMER_ADDRESS", "서울"),
        ("USER_AGENT", "mozilla"),
        ("CARD_ISSUER", "SHINHAN"),
        ("CARD_BIN", "4330"),
        ("CARD_NUMBER", "433012**"),
        ("CARD_APPROVAL_NUMBER", "000123"),
        ("CARD_INSTALLMENT", "3"),
        ("FAIL_REASON", "한도"),
        ("CANCEL_REASON", "단순"),
        ("PG_CANCELLATION_ID", "pgc"),
        ("ALL", "홍길"),
        ("ALL", "pay-1"),
        ("ALL", "01012345678"),
    ];
    for (field, prefix) in hits {
        let filter = PaymentFilter {
            text: vec![(field.into(), prefix.into())],
            ..all()
        };
        assert_eq!(found(ledger, &filter).await, ["TX-1"], "{field} {prefix}");
    }
    let misses = [
        ("ORDER_NAME", "두 잔"),
        ("CUSTOMER_NAME", "010"),
        ("PAYMENT_ID", "ay-1"),
        ("BILLING_KEY", "Pay"),
        ("SCHEDULE_ID", ""),
        ("ALL", "길동"),
        ("NO_SUCH_FIELD", "Pay"),
    ];
    for (field, prefix) in misses {
        let filter = PaymentFilter {
            text: vec![(field.into(), prefix.into())],
            ..all()
        };
        assert_eq!(found(ledger, &filter).await, Vec::<String>::new(), "{field} {prefix}");
    }
    let both = |second: &str| PaymentFilter {
        text: vec![
            ("PAYMENT_ID".into(), "Pay".into()),
            ("CUSTOMER_NAME".into(), second.into()),
        ],
        from: Some(-DAY),
        until: Some(30 * DAY),
        ..all()
    };
    assert_eq!(found(ledger, &both("홍")).await, ["TX-1"]);
    assert_eq!(found(ledger, &both("김")).await.len(), 0);
    for special in ["x%", "x%_*[a]'"] {
        let filter = PaymentFilter {
            text: vec![("ORDER_NAME".into(), special.into())],
            ..all()
        };
        assert_eq!(found(ledger, &filter).await, ["bland"], "no character is a wildcard");
    }
    let everyone = PaymentFilter {
        text: vec![("PG_MERCHANT_ID".into(), "tviva".into())],
        ..all()
    };
    assert_eq!(found(ledger, &everyone).await, ["TX-1", "bland"]);
}
