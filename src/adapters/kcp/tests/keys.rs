//! Credentials: the published forms of a key file, the certificate on one line, and the five signatures.

use super::*;
use crate::adapters::kcp::certificate::Certificate;
use crate::adapters::kcp::pkcs8::{self, KeyError};
use crate::adapters::kcp::sign::{Credentials, credentials};
use proptest::prelude::*;

fn fields(problems: Vec<Refusal>) -> Vec<String> {
    problems.into_iter().map(|refusal| refusal.field).collect()
}

fn refused(change: impl FnOnce(&mut ChannelSpec)) -> Vec<String> {
    let mut spec = spec();
    change(&mut spec);
    match Kcp.prepare(&spec) {
        Ok(_) => Vec::new(),
        Err(problems) => fields(problems),
    }
}

fn set(name: &str, value: &str) -> Vec<String> {
    refused(|spec| drop(spec.credentials.insert(name.into(), value.to_owned().into())))
}

#[test]
fn the_certificate_is_flattened_and_nothing_else() {
    let channel = channel();
    let flat = credentials(&channel).unwrap().certificate();
    assert_eq!((CERTIFICATE.len(), flat.len()), (1086, 1068));
    assert!(flat.starts_with("-----BEGIN CERTIFICATE-----MIIC") && flat.ends_with("-----END CERTIFICATE-----"));
    let hash: String = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, flat.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(hash, "eabefaea142fff779b54475c56c6162d7e6768b2785504a06571d57ef3970549");
    let windows = CERTIFICATE.replace('\n', "\r\n");
    assert_eq!(
        Certificate::read(&windows).unwrap().flat,
        flat,
        "whatever the line ends"
    );
    let wrapped = format!("\u{feff}Bag Attributes\n{CERTIFICATE}\n{CERTIFICATE}");
    assert_eq!(Certificate::read(&wrapped).unwrap().flat, flat, "the first of a chain");
}

#[test]
fn the_certificates_end_is_known() {
    let end = "2045-01-01T00:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    assert_eq!(Kcp.expires_at(&channel().prepared), Some(end));
}

#[test]
fn the_five_signatures() {
    let channel = channel();
    let keys: &Credentials = credentials(&channel).unwrap();
    let vectors: Vec<BTreeMap<String, String>> =
        serde_json::from_str(include_str!("../fixtures/signatures.json")).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let parts: Vec<&str> = vector["plain"].split('^').collect();
        assert_eq!(keys.sign(&parts).unwrap(), vector["signature"], "{}", vector["plain"]);
    }
}

#[test]
fn key_files_of_every_published_form_open() {
    let plain = pkcs8::open(KEY, None).unwrap();
    for (name, pem) in [
        ("PBES2, AES-256, SHA-256", include_str!("../fixtures/key_aes.pem")),
        ("PBES2, AES-128, SHA-1", include_str!("../fixtures/key_aes128.pem")),
        ("PBES2, triple DES", include_str!("../fixtures/key_des3.pem")),
        ("PKCS#12, triple DES", include_str!("../fixtures/key_pkcs12.pem")),
    ] {
        assert_eq!(pkcs8::open(pem, Some("changeit")).unwrap(), plain, "{name}");
        assert_eq!(pkcs8::open(pem, Some("changeIt")), Err(KeyError::Password), "{name}");
        assert_eq!(pkcs8::open(pem, None), Err(KeyError::NoPassword), "{name}");
        assert_eq!(set("privateKey", pem), ["credentials.privateKey"]);
        let opened = refused(|spec| {
            spec.credentials.insert("privateKey".into(), pem.to_owned().into());
            spec.credentials
                .insert("privateKeyPassword".into(), "changeit".to_owned().into());
        });
        assert!(opened.is_empty(), "{name}: {opened:?}");
        let wrong = refused(|spec| {
            spec.credentials.insert("privateKey".into(), pem.to_owned().into());
            spec.credentials
                .insert("privateKeyPassword".into(), "x".to_owned().into());
        });
        assert_eq!(wrong, ["credentials.privateKeyPassword"], "{name}");
    }
    let old = include_str!("../fixtures/key_md5.pem");
    assert_eq!(pkcs8::open(old, Some("changeit")), Err(KeyError::Scheme));
}

#[test]
fn every_problem_names_its_field() {
    assert_eq!(set("certificate", "x"), ["credentials.certificate"]);
    assert_eq!(set("privateKey", "x"), ["credentials.privateKey"]);
    assert_eq!(
        set("privateKey", include_str!("../fixtures/other_key.pem")),
        ["credentials.privateKey"]
    );
    assert_eq!(set("billingGroupId", "A 1"), ["credentials.billingGroupId"]);
    assert_eq!(
        set("siteName", "a name of more than twenty bytes"),
        ["credentials.siteName"]
    );
    assert_eq!(set("options", "escrow escrows"), ["credentials.options"]);
    for site in ["t0000", "T000", "T00000", "T000 "] {
        assert_eq!(refused(|spec| spec.mid = site.into()), ["mid"], "{site}");
    }
    let all = refused(|spec| {
        spec.credentials.clear();
        spec.mid.clear();
    });
    assert_eq!(all, ["credentials.certificate", "credentials.privateKey", "mid"]);
}

#[test]
fn no_problem_quotes_a_key() {
    let mut spec = spec();
    let pem = include_str!("../fixtures/key_aes.pem");
    spec.credentials.insert("privateKey".into(), pem.to_owned().into());
    spec.credentials
        .insert("privateKeyPassword".into(), "hunter2hunter2".to_owned().into());
    let Err(problems) = Kcp.prepare(&spec) else {
        panic!("the password is wrong")
    };
    let text = format!("{problems:?}");
    assert!(!text.contains("hunter2") && !text.contains("MII"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn broken_files_are_refused_and_nothing_more(at in 0usize..1_700, byte in any::<u8>(), cut in 0usize..1_700) {
        for pem in [include_str!("../fixtures/key_aes128.pem"), KEY, CERTIFICATE] {
            let mut bytes = pem.as_bytes().to_vec();
            let len = bytes.len();
            bytes[at % len] = byte;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let _ = Certificate::read(&text);
            if at % len > 200 {
                // A changed number of rounds would only take long.
                let _ = pkcs8::open(&text, Some("changeit"));
            }
            let _ = pkcs8::open(&pem[..cut % len], Some("changeit"));
        }
    }
}
