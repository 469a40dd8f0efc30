//! Keys, hashes (every published and recomputed vector), hosts, headers and the recovery plans.

use super::*;
use crate::adapters::nice::sign::{basic, credentials};
use crate::adapters::nice::wire::{day, edi_date, millis};

fn sign(parts: &[&str]) -> String {
    credentials(&channel()).unwrap().sign(parts)
}

#[test]
fn hashes_of_the_first_sample_pair() {
    const ORDER: &str = "order-20240101-0001";
    const BID: &str = "BIKYnictest00m1104191651325596";
    let channel = channel();
    let keys = credentials(&channel).unwrap();
    assert!(keys.verifies_return(
        "99ea68bf15681741e793ece56ab87891b9bdc94cd54abdcb55b2884f4336155a",
        "NICEUNTTB06096FF8F653AA366E7EEED1101AAAE",
        "1004"
    ));
    for (parts, hash) in [
        (
            &[TID, "1004", EDI_DATE][..],
            "63b251b31c909eebef1a9f4fcc19e77bdcb8f64fc1066a29670f8627186865cd",
        ),
        (
            &[TID, EDI_DATE],
            "4de1390d2edc42e5531342e817041b5e9656d18abfdf1550d697ce1ccb0ad061",
        ),
        (
            &[ORDER, EDI_DATE],
            "719d695e8a929ff1f50d18e99a5977784e2fdb420180ac4da699f627760b5062",
        ),
        (
            &[ORDER, BID, EDI_DATE],
            "316db37175b0037f73849acaa47d13e694c70157b8b46f6857f84ee241ae97b3",
        ),
        (
            &[ORDER, "1004", EDI_DATE],
            "85ec2861a5157b972072ca93ba9d12cc654bbe281241a560ebe551088c2f4933",
        ),
        (
            &[TID, ORDER, EDI_DATE],
            "ec446959a4c126331ac36855344a88269e52bd3538ab7b07cb5ddb4e3a9beaef",
        ),
        (
            &[EDI_DATE],
            "4e0f9b3bb495202f98e65714e360e7c5e7cb88db5227fd1a22df42840d6a93e8",
        ),
    ] {
        assert_eq!(sign(parts), hash, "{parts:?}");
    }
    assert!(keys.verifies(
        "63B251B31C909EEBEF1A9F4FCC19E77BDCB8F64FC1066A29670F8627186865CD",
        &[TID, "1004", EDI_DATE]
    ));
    assert!(!keys.verifies("", &[TID, "1004", EDI_DATE]));
}

#[test]
fn hashes_of_the_second_sample_pair() {
    let mut spec = spec();
    spec.credentials
        .insert("clientKey".into(), "58e3b578555e45738d6b569e53d5ae54".to_owned().into());
    spec.credentials
        .insert("secretKey".into(), "4f13ca267dfa4fc6964148bedcda15ef".to_owned().into());
    let channel = revision(spec);
    let keys = credentials(&channel).unwrap();
    assert!(keys.verifies_return(
        "7cc95c592e2a12f0292e1a20d68dd9eb8132fd3c0af675b981a4c1c2ce63a93b",
        "NICEUNTT9FBBD87FD2393AFEE45A7DCA61C194AA",
        "1004"
    ));
    assert_eq!(
        keys.sign(&["UT0000113m01012110051656331001", "1004", "2021-10-05T16:56:34.447+0900"]),
        "28c2e8bae912847541d4885db17648f963c7cc8e8249ff010097d6f1395df993"
    );
}

#[test]
fn the_basic_header_is_the_published_one() {
    assert_eq!(
        basic(CLIENT_KEY, SECRET_KEY),
        "Basic UzJfYWY0NTQzYTBiZTRkNDlhOTgxMjJlMDFlYzIwNTlhNTY6OWViODU2MDcxMDM2NDZkYTlmOWMwMmIxMjhmMmU1ZWU="
    );
}

#[test]
fn times_in_every_form_seen() {
    assert_eq!(edi_date(AT), EDI_DATE);
    assert_eq!(
        (day(AT), day(1_636_124_399_999), day(1_636_124_400_000)),
        ("20211105".into(), "20211105".into(), "20211106".into())
    );
    for text in [
        EDI_DATE,
        "2021-11-05T17:14:35.150+09:00",
        "2021-11-05T08:14:35.150Z",
        "2021-11-05T17:14:35.150",
        " 2021-11-05T17:14:35.150+0900 ",
    ] {
        assert_eq!(millis(text), Some(AT), "{text}");
    }
    assert_eq!(millis("2021-11-05T17:14:35+09:00"), Some(AT - 150));
    assert_eq!(millis("2021-11-05T03:14:35.150-0500"), Some(AT));
    assert_eq!(millis("20211105"), Some(1_636_038_000_000));
    for text in [
        "",
        "0",
        "null",
        "+",
        "-",
        "2021",
        "20211399",
        "+0900",
        "é+0900",
        "2021-11-05T17:14:35+é00",
    ] {
        assert_eq!(millis(text), None, "{text}");
    }
}

#[test]
fn bad_keys_are_all_named_and_never_quoted() {
    let set = |name: &str, value: &str| {
        let mut spec = spec();
        spec.credentials.insert(name.into(), value.to_owned().into());
        spec
    };
    let problems = |spec: &ChannelSpec| -> Vec<String> {
        let refusals = Nice.prepare(spec).err().unwrap_or_default();
        for refusal in &refusals {
            assert!(!refusal.message.contains(SECRET_KEY) && !refusal.message.contains("R2_live"));
        }
        refusals.into_iter().map(|r| r.field).collect()
    };
    assert!(problems(&spec()).is_empty());
    assert_eq!(problems(&set("clientKey", "R2_live")), ["credentials.clientKey"]);
    assert_eq!(problems(&set("clientKey", "S2_a\n")), ["credentials.clientKey"]);
    assert_eq!(
        problems(&set("clientKey", "58e3b578555e45738d6b569e53d5ae54")),
        [""; 0],
        "no prefix"
    );
    assert_eq!(problems(&set("secretKey", "short")), ["credentials.secretKey"]);
    assert_eq!(problems(&set("secretKey", "")), ["credentials.secretKey"]);
    assert_eq!(problems(&set("authorization", "digest")), ["credentials.authorization"]);
    let mut none = spec();
    none.credentials.clear();
    none.mid = "a b".into();
    assert_eq!(
        problems(&none),
        ["credentials.clientKey", "credentials.secretKey", "mid"]
    );
    let mut live = spec();
    live.mode = Mode::Live;
    assert_eq!(
        problems(&live),
        ["credentials.clientKey"],
        "a sandbox key in a live channel"
    );
}

#[test]
fn the_mode_decides_the_host_and_an_override_wins() {
    let url = |spec| Nice.approve(&approve_command(), &revision(spec)).unwrap().request.url;
    assert!(url(spec()).starts_with("https://sandbox-api.nicepay.co.kr/v1/payments/UT"));
    let mut live = spec();
    live.mode = Mode::Live;
    live.credentials
        .insert("clientKey".into(), format!("R2_{}", "a".repeat(32)).into());
    assert!(url(live).starts_with("https://api.nicepay.co.kr/v1/payments/UT"));
    let mut own = spec();
    own.endpoints.insert("api".into(), "http://127.0.0.1:1/nice/".into());
    assert!(url(own).starts_with("http://127.0.0.1:1/nice/v1/payments/UT"));
}

#[test]
fn what_is_not_known_is_learned_first_and_undone_second() {
    let approve = Nice.recovery(Operation::Approve);
    assert_eq!(approve.steps, [RecoveryStep::Inquire, RecoveryStep::NetCancel]);
    assert!(approve.absence_after.as_secs() >= 60 && approve.give_up_after.as_secs() < 3600);
    assert_eq!(
        Nice.recovery(Operation::Cancel).steps,
        [RecoveryStep::Inquire],
        "nothing is cancelled twice"
    );
}

#[test]
fn a_channel_of_another_adapter_is_refused_not_trusted() {
    let foreign = ChannelRevision {
        prepared: std::sync::Arc::new(()),
        ..channel()
    };
    assert_eq!(Nice.approve(&approve_command(), &foreign).unwrap_err().field, "channel");
    let verdict = Nice.window().unwrap().returned(
        &WindowReturn {
            how: ReturnMethod::Success,
            query: "authResultCode=0000".into(),
            body: bytes::Bytes::new(),
            content_type: None,
        },
        &approve_command(),
        None,
        &foreign,
    );
    assert!(matches!(verdict, WindowVerdict::Tampered(_)), "{verdict:?}");
}

#[test]
fn card_data_and_names_are_masked_in_what_is_kept() {
    let body = with(payment(), |p| {
        p["buyerName"] = json!("홍길동");
        p["BuyerTel"] = json!("01012345678");
        p["card"]["cardNum"] = json!("1234123412341234");
    });
    let approval = success(done(approved(200, body.to_string())));
    let raw = approval.raw.unwrap();
    assert!(
        !raw.contains("홍길동") && !raw.contains("01012345678") && !raw.contains("1234123412341234"),
        "{raw}"
    );
    let number = format!("{:?}", approval.method);
    assert!(number.contains("123412**********"), "{number}");
}
