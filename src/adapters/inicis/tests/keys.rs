//! Keys, hashes (every published, logged and recomputed vector), addresses and times.

use super::*;
use crate::adapters::inicis::send::{Product, base_of};
use crate::adapters::inicis::sign::{auth_signature, credentials};
use crate::adapters::inicis::wire::{millis, stamp};

#[test]
fn hashes_of_the_pc_window_and_approval() {
    let channel = channel();
    let keys = credentials(&channel).unwrap();
    assert_eq!(
        keys.m_key(),
        "3a9503069192f207491d4b19bd743fc249a761ed94246c8c42fed06c3cd15a33"
    );
    assert_eq!(
        keys.window(ORDER_ID, "1000", "1767225600000"),
        (
            "af2097a19cd42c88082662e3ab026746f38ea213cbbd9a49cfdb3a53ba618560".to_owned(),
            "0dbc5138193c38925a79241b037750d380015da5dda9a5eb79d5785b21c0e395".to_owned()
        )
    );
    assert_eq!(
        keys.approval("dG9rZW4rL3NhbXBsZT09", "1767225630000"),
        (
            "b493534c8272a588b096d0be2d5503d9edbab4009ea1ad0878cb39fca89cc491".to_owned(),
            "b9891d8083e2a4d3f9233b605a819a1924114c8973af82d37e3db7e473bf5739".to_owned()
        )
    );
    assert_eq!(
        keys.chkfake("1000", ORDER_ID, "1767225600000").unwrap(),
        "MFm+GLB3tS29X7PqRdPlS3X5V2ylU8Hpilmhtb41qocrlizMZOs3/AkHG0aFFINqccjJkXErObe3FBh6qGl0Dg=="
    );
}

#[test]
fn auth_signatures_that_kg_inicis_really_answered() {
    for (moid, price, timestamp, hash) in [
        (
            "INIpayTest_1734841969375",
            "1000",
            "1734842053188",
            "2645d244ba0c4ef57f26e469f7f995f3d9fe170b262614ab0172af877dc35e09",
        ),
        (
            "INIpayTest_01234",
            "80003",
            "1728052818318",
            "5063f0c53b20e0d0837fb2a0f3a8e415acc3d4e2a6a20855c53fc44cf436b65b",
        ),
        (
            "INIpayTest_1731845419536",
            "2000",
            "1731845481326",
            "35e157d083a19aa0616f734586a7132275088e102292577dd0b60e2431ff37ff",
        ),
    ] {
        assert_eq!(auth_signature(MID, moid, price, timestamp), hash, "{timestamp}");
    }
}

#[test]
fn all_ten_orders_of_the_auth_signature() {
    for (digit, hash) in [
        "72f7e6859bfe9ee3f5e2e1e8319f15ae10900e90d372e83cab752eab1a40083b",
        "84fb76c8c31a23a9fb1c5faaa9f56fe9c5f22578d01b46d49104bb8252faa149",
        "a3533901666cf53a3346a86fd9372fb2ac669a395c9b11227d0a9cd437936c65",
        "90b61bf7d8b5b93146c2bd4e4140fbcb15356374780e37a3441d33709367185e",
        "83629e59ef1a4681cc74d2d4c3d177306efd61ac22a57123adb91e90bd90481c",
        "39840aabd42ad8ce5009ec88c43dbd2effad289dd5a114c8115927d9f4db7434",
        "68cd9be8c77d23a38f83de856ff79058b943d6f6156233ceff66050b35808d32",
        "f4c6325650296ede0f9e46567f620ca6204e1a58cafa09dbbcc1ee9968e186dc",
        "0b9e7fb52c78a59f4c30588124c61646e59905c594a0d30a7d11d4723d44e2c3",
        "bf73423930b7d1bc768b49d63afc338afc12a4f1070eba55d8a42a0e2d1356d5",
    ]
    .into_iter()
    .enumerate()
    {
        let timestamp = format!("176722563000{digit}");
        assert_eq!(auth_signature(MID, ORDER_ID, "1000", &timestamp), hash, "{digit}");
    }
}

#[test]
fn hashes_of_iniapi() {
    let channel = channel();
    let keys = credentials(&channel).unwrap();
    let number = keys.encrypt("123456789").unwrap();
    assert_eq!(number, "qwMHVJqsmXKoR+d8wQTS4g==");
    let v1 = |kind: &str, word: &str, rest: &[&str]| {
        let mut parts = vec![kind, word, "20260101090000", "127.0.0.1", MID];
        parts.extend(rest);
        keys.hash_data(&parts)
    };
    for (hash, known) in [
        (v1("Refund", "Card", &[TID]), "79fb46e8cbbe3a9cfe9bd2add69e2749c225e74982240609e1c6f914fabb2f2be979f0fd573498abeab7f4090dc3c7dccf9bbc09710910d039e3a7e6ded6b3e0"),
        (v1("PartialRefund", "Card", &[TID, "400", "600"]), "46746b82a5e2664587ca2aa703fbc2140dfe9b5e7ec934f7a4fddbc9382a781f4966bf776375452587b359a940e22ce2e457d8fd73905310705ba87e1a4555eb"),
        (v1("Refund", "Vacct", &[ACCOUNT_TID, &number]), "7cc2365210b7d8543256968102a057e6c39f85ffd4d62c3c23178f41c890a630352f35ae3d07b2766a14a5d25db154e274f82b2be5d8016b1d0a2ea3e9d9774c"),
        (v1("PartialRefund", "Vacct", &[ACCOUNT_TID, "400", "600", &number]), "e640eaf0c1a4af49b4d84f0a3dbee33f9990f446af75e5eb18f5f87bec5eeaf063354d6f51dd2243a74473fd65b1b6454b30466be7e9e935b928a15a2ce19ac6"),
        (v1("Refund", "GVacct", &[ACCOUNT_TID]), "d9093d7ed25f305864d92d3312ac055d4a93a207bc9de8fdc06daa971fa4a9edb968084b7a5dcb990c5a25de16623050db43740162df8495746e64bb22418877"),
        (v1("Extra", "Inquiry", &[]), "540942f3e91d064c9a0ea6971b2ce2ae6f9a9fbe849ad9a189682aadd86e859ac90b9a71c60902ad685e8234139439ad16c1b7fa87144687ec3cb5f46593f58a"),
        (v1("Pay", "Vacct", &[ORDER_ID, "1000"]), "9e1aa20794c0b8cf8bf1f567d3b0b714c6ea69d0d0d37be1a411d4c2b03a77fc20ee0f53d9b747afbde82e34c6ddc191fa1a844586f004d7788c5f04a0f0b09d"),
        (keys.hash_data(&[MID, "refund", "20260101090000", &format!(r#"{{"tid":"{TID}","msg":"고객 요청"}}"#)]), "7d6f9b7e0e1baea65a82d51587caa3d40a0f66f24f1111ecfe2119c1dc17f1b3dd2668e0d34cd27c182981c07ecb00f44f96a5362a9e3077bc70e4f0c280082f"),
        (keys.hash_data(&[MID, "partialRefund", "20260101090000", &format!(r#"{{"tid":"{TID}","msg":"partial","price":"400","confirmPrice":"600","currency":"WON","tax":"0","taxfree":"0"}}"#)]), "ba1a79dc8ff4cf42949f8057df88a247be0ba3045375600e27fa1c2203b09a5828480d5fff357bee6c252a1ddbe7545a99800e54e89ab18fe511ae88918507f1"),
        (keys.hash_data(&[MID, "refund", "20260101090000", &format!(r#"{{"tid":"{ACCOUNT_TID}","msg":"refund","refundAcctNum":"{number}","refundBankCode":"88","refundAcctName":"홍길동"}}"#)]), "12c3e827bf76949231384b8d88a758b070796189c022fe61e1a81f22d53cd553451dc81a35ca7f85c830258036d0f9f31feeaa3c85505e4a93e61187c5663f75"),
        (keys.hash_data(&[MID, "inquiry", "20260101090000", &format!(r#"{{"tid":"{TID}"}}"#)]), "1dc84e355e5079294df1e89e8e87b84c89a5206c3f03acb0a8ecbe95d5bd7eed821b5b613571d2d6db737ed7cea6eb90d732fe89cd7ebf63bc3a42c351a809ed"),
    ] {
        assert_eq!(hash, known);
    }
}

#[test]
fn keys_are_checked_and_never_quoted() {
    for (name, bad) in [
        ("signKey", "short"),
        ("apiKey", "seventeen-letters"),
        ("apiIv", "HYb3yQ4f65QL89=\n"),
        ("hashKey", "x"),
        ("uniqueOrderIds", "maybe"),
        ("escrow", "maybe"),
        ("apiVersion", "3"),
        ("liteKey", "short"),
    ] {
        let mut spec = spec();
        spec.credentials.insert(name.to_owned(), SecretString::from(bad));
        let problems = Inicis.prepare(&spec).err().unwrap();
        assert_eq!(problems.len(), 1, "{name}");
        assert_eq!(problems[0].field, format!("credentials.{name}"));
        assert!(!problems[0].message.contains(bad));
    }
    let mut spec = spec();
    (spec.mid, spec.credentials) = ("x".into(), BTreeMap::new());
    assert_eq!(Inicis.prepare(&spec).err().unwrap().len(), 4);
}

#[test]
fn only_the_named_data_centre_is_called() {
    let channel = channel();
    let base = |idc, url| base_of(&channel, Product::Pc, idc, url, Product::Pc.approval());
    assert_eq!(
        base("ks", "https://ksstdpay.inicis.com/api/payAuth").as_deref(),
        Some("https://ksstdpay.inicis.com")
    );
    for (idc, url) in [
        ("fc", "https://ksstdpay.inicis.com/api/payAuth"),
        ("xx", "https://xxstdpay.inicis.com/api/payAuth"),
        ("", "https://stdpay.inicis.com/api/payAuth"),
        ("fc", "http://fcstdpay.inicis.com/api/payAuth"),
        ("fc", "https://fcstdpay.inicis.com/api/payAuth?x=1"),
        ("fc", "https://fcstdpay.inicis.com.evil.example/api/payAuth"),
        ("fc", "https://evil.example/api/payAuth"),
    ] {
        assert_eq!(base(idc, url), None, "{idc} {url}");
    }
}

#[test]
fn times_are_korean() {
    assert_eq!(stamp(AT), "20260101090000");
    for text in ["20260101090000", "260101090000"] {
        assert_eq!(millis(text), Some(AT));
    }
    assert_eq!(millis("20260101"), Some(AT - 9 * 3_600_000));
    assert_eq!(millis("2026-01-01"), None);
}

#[test]
fn a_lost_approval_is_undone_and_a_lost_refund_is_asked_for() {
    assert_eq!(
        Inicis.recovery(Operation::Approve).steps,
        [RecoveryStep::NetCancel, RecoveryStep::Inquire]
    );
    assert_eq!(Inicis.recovery(Operation::Cancel).steps, [RecoveryStep::Inquire]);
}
