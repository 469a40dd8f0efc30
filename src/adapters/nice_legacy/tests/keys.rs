//! Keys, hashes (every published and recomputed vector), hosts, forms, times and the recovery plans.

use super::*;
use crate::adapters::nice_legacy::form;
use crate::adapters::nice_legacy::send::{CANCEL, PAY, is_ours};
use crate::adapters::nice_legacy::sign::credentials;
use crate::adapters::nice_legacy::wire::{edi_date, millis};

#[test]
fn every_published_hash() {
    const BID: &str = "BIKYnicepay00m2006221311045107";
    let channel = channel();
    let keys = credentials(&channel).unwrap();
    for (parts, hash) in [
        (
            &[EDI_DATE, MID, "1004"][..],
            "475979a5628498711052598c6d4a73a17f0e3f0ef45960eed2e1b1776e3146bd",
        ),
        (
            &[AUTH_TOKEN, MID, "1004"],
            "cc94db193780ffb83d79845bb001b26da397cb5855dd285a3b85a4acc1fa55fe",
        ),
        (
            &[AUTH_TOKEN, MID, "1004", EDI_DATE],
            "4916540b27cd60f3b6e37aa2e1257c7e4fb9faa0b4a84a1d85fac91461d00204",
        ),
        (
            &[TID, MID, "1004"],
            "9439b21e792ee41d1411d7b5e7e34a2062f0f42f19fa3f875f35c388954d4efd",
        ),
        (
            &[TID, MID, "000000001004"],
            "59c36831e223d8d7c96e248123816a31a1a4510088e4bd63862455fe91851de5",
        ),
        (
            &[MID, "1004", EDI_DATE],
            "bd787853177d32b738cd8e2e2f9a1a4cbd041c2020a506c23bc5bde2d3aecc82",
        ),
        (
            &[MID, "500", "20200622140000"],
            "2dcf75fafda79689828b6fc9d10ae573d3f4742cae4b462368b2052d8f36eac4",
        ),
        (
            &[TID, MID, "500"],
            "dadba8381edff21be1ff046a6c97cdf4a640f1a0a6659b9dc1527f7899a5ebc7",
        ),
        (
            &[TID, MID, "000000000500"],
            "2377b851d8a9e464f3554017439e9de12f9483735d80739c79a902922655e766",
        ),
        (
            &[TID, MID, EDI_DATE],
            "de7b036bab4c5cd6f760a403cfabfc08a2ccaf056ba3991fba55190d2ea2a5a9",
        ),
        (
            &[MID, EDI_DATE, ORDER_ID],
            "418d630bd65184ade37159ea7b124ddcdd82d67638ad3ae7eaaae7cec5f3291f",
        ),
        (
            &[MID, EDI_DATE, ORDER_ID, "1004", BID],
            "4dbc5e577b58a0bd7ce684737206fe494a8e77ccf982cddc9ca92dd7809ef326",
        ),
        (
            &[MID, EDI_DATE, ORDER_ID, BID],
            "43a355a67ed94e75892bbd03f4509acc6d5b96bde040ed5eba1b7acc8c0bbadd",
        ),
        (
            &[MID, "1004", EDI_DATE, ORDER_ID],
            "3c476c617817626b9d1a86dffe132721a9fc36cf576a238c697c8774834c25e5",
        ),
        (
            &[TID, MID, "03", EDI_DATE],
            "b434f9347fd524e46a6dce23653c25e426175f58a09c034fb6b169d80c0df900",
        ),
        (
            &[MID, EDI_DATE, "04", "20200622"],
            "ac3610e36586b40b1a7adf40b0b9a9bac35e29ed0d2d8718837b8c5fd84be29e",
        ),
    ] {
        assert_eq!(keys.sign(parts), hash, "{parts:?}");
    }
}

#[test]
fn both_forms_of_an_amount_are_accepted_and_no_other() {
    let channel = channel();
    let keys = credentials(&channel).unwrap();
    let (bare, padded) = (keys.sign(&[TID, MID, "500"]), keys.sign(&[TID, MID, "000000000500"]));
    for amount in ["500", "000000000500"] {
        assert!(keys.verifies(&bare, &[TID, MID], amount) && keys.verifies(&padded, &[TID, MID], amount));
        assert!(keys.verifies(&format!(" {}\n", bare.to_uppercase()), &[TID, MID], amount));
    }
    for amount in ["501", "5000", "", "0"] {
        assert!(
            !keys.verifies(&bare, &[TID, MID], amount) && !keys.verifies(&padded, &[TID, MID], amount),
            "{amount}"
        );
    }
    assert!(!keys.verifies("", &[TID, MID], "500"));
}

#[test]
fn only_addresses_of_nice_are_called() {
    let live = channel();
    assert!(is_ours(
        &live,
        "https://dc1-api.nicepay.co.kr/webapi/pay_process.jsp",
        PAY
    ));
    assert!(is_ours(
        &live,
        "https://dc2-api.nicepay.co.kr/webapi/cancel_process.jsp",
        CANCEL
    ));
    let simulated = |base: &str| {
        let mut spec = spec();
        spec.endpoints.insert("api".into(), base.into());
        revision(spec)
    };
    let sim = simulated("http://127.0.0.1:8090/nice_legacy");
    for url in [
        "http://127.0.0.1:8090/nice_legacy/webapi/pay_process.jsp",
        "http://127.0.0.1:8090/webapi/pay_process.jsp",
        "https://dc1-api.nicepay.co.kr/webapi/pay_process.jsp",
    ] {
        assert!(is_ours(&sim, url, PAY), "{url}");
    }
    for url in [
        "http://127.0.0.1:8091/nice_legacy/webapi/pay_process.jsp",
        "https://127.0.0.1:8090/nice_legacy/webapi/pay_process.jsp",
        "http://127.0.0.1:8090/other/webapi/pay_process.jsp",
        "http://127.0.0.1:8090/nice_legacy/webapi/cancel_process.jsp",
        "http://127.0.0.1:8090",
        "127.0.0.1:8090/webapi/pay_process.jsp",
        "https://DC1-API.nicepay.co.kr\\@evil.example/webapi/pay_process.jsp",
        "",
    ] {
        assert!(!is_ours(&sim, url, PAY), "{url}");
    }
    let bare = simulated("http://127.0.0.1:8090");
    assert!(is_ours(&bare, "http://127.0.0.1:8090/webapi/pay_process.jsp", PAY));
}

#[test]
fn forms_are_cp949_and_read_in_either_charset() {
    let body = form::body(&[("GoodsName", "테스트 상품😀"), ("a", "1&2=3")]);
    assert_eq!(&body[..], b"GoodsName=%C5%D7%BD%BA%C6%AE+%BB%F3%C7%B0&a=1%262%3D3");
    let pairs = |text: &[u8]| form::parse(text);
    let named = |value: &str| vec![("n".to_owned(), value.to_owned())];
    assert_eq!(pairs(b"n=%C8%AB%B1%E6%B5%BF"), named("홍길동"));
    assert_eq!(pairs("n=홍길동".as_bytes()), named("홍길동"));
    assert_eq!(pairs(b"n=%ED%99%8D%EA%B8%B8%EB%8F%99"), named("홍길동"));
    assert_eq!(pairs(b"n=a%3D1%2Cb%3D2"), named("a=1,b=2"));
    assert_eq!(pairs(b"n=a+b%20c"), named("a b c"));
    assert_eq!(pairs(b"&&n"), named(""));
    assert_eq!(pairs(b"n=%"), named("%"));
}

#[test]
fn times_of_three_widths() {
    assert_eq!(edi_date(AT), EDI_DATE);
    assert_eq!(
        [
            millis("20200622131021"),
            millis("200622131021"),
            millis(" 20200622131021 ")
        ],
        [Some(AT); 3]
    );
    assert_eq!(millis("20200622"), Some(1_592_751_600_000));
    for text in ["", "2020062213", "20201322131021", "20200622 13102", "홍홍홍홍"] {
        assert_eq!(millis(text), None, "{text}");
    }
}

#[test]
fn bad_settings_are_all_named_and_never_quoted() {
    let problems = |change: &dyn Fn(&mut ChannelSpec)| -> Vec<String> {
        let mut spec = spec();
        change(&mut spec);
        let refusals = NiceLegacy.prepare(&spec).err().unwrap_or_default();
        assert!(
            refusals
                .iter()
                .all(|r| !r.message.contains("sesame") && !r.message.contains(KEY))
        );
        refusals.into_iter().map(|r| r.field).collect()
    };
    let set = |name: &'static str, value: &'static str| {
        move |spec: &mut ChannelSpec| {
            spec.credentials.insert(name.into(), value.to_owned().into());
        }
    };
    assert!(problems(&|_| {}).is_empty());
    assert_eq!(problems(&|s| s.credentials.clear()), ["credentials.merchantKey"]);
    assert_eq!(problems(&set("merchantKey", "sesame")), ["credentials.merchantKey"]);
    assert_eq!(
        problems(&set("cancelPassword", "sesame sesame")),
        ["credentials.cancelPassword"]
    );
    assert_eq!(problems(&set("answerCharset", "latin1")), ["credentials.answerCharset"]);
    for mid in ["nicepay00", "nicepay00mm", "nicepay 0m", "홍길동a"] {
        assert_eq!(problems(&|s| s.mid = mid.into()), ["mid"], "{mid}");
    }
}

#[test]
fn a_cancel_password_goes_along_only_if_it_is_set() {
    let plain = NiceLegacy.cancel(&cancel_command(), &channel()).unwrap();
    assert!(!plain.request.body.windows(9).any(|w| w == b"CancelPwd"));
    let mut spec = spec();
    spec.credentials
        .insert("cancelPassword".into(), SecretString::from("123456"));
    spec.credentials
        .insert("answerCharset".into(), SecretString::from("euc-kr"));
    let call = NiceLegacy.cancel(&cancel_command(), &revision(spec)).unwrap();
    let fields = form::parse(&call.request.body);
    assert!(fields.contains(&("CancelPwd".into(), "123456".into())));
    assert!(fields.contains(&("CharSet".into(), "euc-kr".into())));
    assert!(call.request.mask.fields.contains(&"CancelPwd") && !format!("{call:?}").contains("123456"));
}

#[test]
fn a_test_channel_that_overrides_one_address_means_both() {
    let url = |names: &[&str]| {
        let mut spec = spec();
        for name in names {
            spec.endpoints
                .insert((*name).to_owned(), format!("http://127.0.0.1:1/{name}"));
        }
        NiceLegacy
            .inquire(&inquire_command(), &revision(spec))
            .unwrap()
            .request
            .url
    };
    const PATH: &str = "webapi/inquery/trans_status.jsp";
    assert_eq!(url(&[]), format!("https://webapi.nicepay.co.kr/{PATH}"));
    assert_eq!(url(&["api"]), format!("http://127.0.0.1:1/api/{PATH}"));
    assert_eq!(url(&["api", "webapi"]), format!("http://127.0.0.1:1/webapi/{PATH}"));
}

#[test]
fn a_lost_key_in_payment_is_asked_for_by_the_tid_we_made() {
    let command: KeyIn = base(include_str!("../fixtures/key_in.json"));
    let question = Inquire {
        approving: None,
        operation: None,
        ordered_at: command.at,
        at: command.at + 60_000,
        ..inquire_command()
    };
    let call = NiceLegacy.inquire(&question, &channel()).unwrap();
    let fields = form::parse(&call.request.body);
    assert!(
        fields.contains(&("TID".into(), "nicepay00m01012006221310214369".into())),
        "{fields:?}"
    );
}

#[test]
fn what_is_not_known_is_undone_first_and_a_cancellation_is_repeated_once() {
    let steps = |operation| NiceLegacy.recovery(operation).steps;
    assert_eq!(
        steps(Operation::Approve),
        [RecoveryStep::NetCancel, RecoveryStep::Inquire]
    );
    assert_eq!(
        steps(Operation::Cancel),
        [RecoveryStep::ReplayOnce, RecoveryStep::Inquire]
    );
    assert_eq!(steps(Operation::Instant), [RecoveryStep::Inquire]);
    assert!(NiceLegacy.recovery(Operation::Approve).absence_after.as_secs() >= 60);
}
