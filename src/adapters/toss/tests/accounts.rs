//! The window's parameters for accounts, phones and certificates.

use super::windows::{options, params, refused, request};
use super::*;

#[test]
fn transfer_and_virtual_account_options() {
    let asked = params(&request(
        MethodKind::Transfer,
        json!({"transfer": {"cashReceiptType": "CASH_RECEIPT_TYPE_PERSONAL"}, "isCulturalExpense": true, "isEscrow": true,
            "products": [{"id": "1", "name": "연필", "code": "P1", "amount": 60000, "quantity": 1, "link": "x"}]}),
    ));
    assert_eq!(asked["method"], json!("TRANSFER"));
    assert_eq!(
        asked["transfer"],
        json!({"cashReceipt": {"type": "소득공제"}, "isCulturalExpenses": true, "useEscrow": true,
            "escrowProducts": [{"id": "1", "name": "연필", "code": "P1", "unitPrice": 60000, "quantity": 1}]})
    );
    let account = |expiry: Value| {
        options(
            MethodKind::VirtualAccount,
            "virtualAccount",
            json!({"virtualAccount": {"accountExpiry": expiry}}),
        )
    };
    assert_eq!(account(json!({"validHours": 24})), json!({"validHours": 24}));
    for due in [
        "2026-01-31T23:59:59+09:00",
        "2026-01-31T14:59:59Z",
        "2026-01-31T23:59:59",
        "2026-01-31 23:59:59",
    ] {
        assert_eq!(
            account(json!({"dueDate": due})),
            json!({"dueDate": "2026-01-31T23:59:59"}),
            "{due}"
        );
    }
    for (kind, word) in [
        ("PERSONAL", "소득공제"),
        ("CORPORATE", "지출증빙"),
        ("ANONYMOUS", "미발행"),
    ] {
        let raw = json!({"virtualAccount": {"cashReceiptType": kind}});
        assert_eq!(
            options(MethodKind::VirtualAccount, "virtualAccount", raw),
            json!({"cashReceipt": {"type": word}})
        );
    }
    assert_eq!(
        params(&request(MethodKind::VirtualAccount, json!({})))["method"],
        json!("VIRTUAL_ACCOUNT")
    );
}

#[test]
fn account_refusals_name_the_field() {
    let expiry = |value: Value| json!({"virtualAccount": {"accountExpiry": value}});
    const HOURS: &str = "virtualAccount.accountExpiry.validHours";
    const DUE: &str = "virtualAccount.accountExpiry.dueDate";
    for (field, raw) in [
        (HOURS, expiry(json!({"validHours": 0}))),
        (HOURS, expiry(json!({"validHours": 2161}))),
        (HOURS, expiry(json!({"validHours": "24"}))),
        (DUE, expiry(json!({"validHours": 1, "dueDate": "2026-01-31T23:59:59"}))),
        (DUE, expiry(json!({"dueDate": "2026-01-31"}))),
        (DUE, expiry(json!({"dueDate": "tomorrow"}))),
        (DUE, expiry(json!({"dueDate": "2026-01-01T00:00:00"}))),
        (DUE, expiry(json!({"dueDate": "2026-12-31T00:00:00"}))),
        (
            "virtualAccount.cashReceiptType",
            json!({"virtualAccount": {"cashReceiptType": "NO"}}),
        ),
    ] {
        assert_eq!(refused(MethodKind::VirtualAccount, raw.clone()).field, field, "{raw}");
    }
}

#[test]
fn mobile_and_gift_certificates() {
    let asked = params(&request(MethodKind::Mobile, json!({})));
    assert_eq!(
        (&asked["method"], asked.get("mobilePhone")),
        (&json!("MOBILE_PHONE"), None)
    );
    for mobile in [
        json!({"carrier": "CARRIER_SKT"}),
        json!({"avaliableCarriers": ["SKT"]}),
        json!({"availableCarriers": ["CARRIER_SKT"]}),
    ] {
        let options = options(MethodKind::Mobile, "mobilePhone", json!({"mobile": mobile}));
        assert_eq!(options, json!({"mobileCarriers": ["SKT"]}));
    }
    assert_eq!(
        refused(MethodKind::Mobile, json!({"mobile": {"carrier": "DOCOMO"}})).field,
        "mobile.carrier"
    );
    for (portone, toss) in [
        ("CULTURELAND", "CULTURE_GIFT_CERTIFICATE"),
        ("BOOKNLIFE", "BOOK_GIFT_CERTIFICATE"),
        ("GIFT_CERTIFICATE_TYPE_SMART_MUNSANG", "GAME_GIFT_CERTIFICATE"),
    ] {
        let raw = json!({"giftCertificate": {"giftCertificateType": portone}});
        assert_eq!(
            params(&request(MethodKind::GiftCertificate, raw))["method"],
            json!(toss)
        );
    }
    for raw in [
        json!({}),
        json!({"giftCertificate": {"giftCertificateType": "HAPPYMONEY"}}),
    ] {
        assert_eq!(
            refused(MethodKind::GiftCertificate, raw).field,
            "giftCertificate.giftCertificateType"
        );
    }
}
