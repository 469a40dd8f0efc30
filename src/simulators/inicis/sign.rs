//! Hashes and the cipher of the three product lines.

use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

fn hex(algorithm: &'static Algorithm, text: &str) -> String {
    digest(algorithm, text.as_bytes())
        .as_ref()
        .iter()
        .fold(String::with_capacity(128), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// Lower-case hexadecimal SHA-256.
pub(super) fn sha256(text: &str) -> String {
    hex(&SHA256, text)
}

/// Lower-case hexadecimal SHA-512.
pub(super) fn sha512(text: &str) -> String {
    hex(&SHA512, text)
}

/// `k=v` joined with `&`, then SHA-256: signatures of the PC product.
pub(super) fn pairs(parts: &[(&str, &str)]) -> String {
    let text: Vec<String> = parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    sha256(&text.join("&"))
}

/// `P_CHKFAKE`: base64 of the raw digest.
pub(super) fn chkfake(amount: &str, oid: &str, timestamp: &str, key: &str) -> String {
    STANDARD.encode(digest(&SHA512, [amount, oid, timestamp, key].concat().as_bytes()).as_ref())
}

/// `authSignature` of a PC approval: which three pairs, and in which order, depends on the last digit of `tstamp`.
pub(super) fn auth_signature(mid: &str, moid: &str, total: &str, tstamp: &str) -> String {
    let (o, m, p, t) = (("MOID", moid), ("mid", mid), ("TotPrice", total), ("tstamp", tstamp));
    pairs(&match tstamp.as_bytes().last() {
        Some(b'1') => [o, m, t],
        Some(b'2') => [o, t, m],
        Some(b'3') => [m, o, t],
        Some(b'4') => [m, t, o],
        Some(b'5') => [t, m, o],
        Some(b'6') => [t, o, m],
        Some(b'7') => [p, m, t],
        Some(b'8') => [p, t, m],
        Some(b'9') => [p, o, t],
        _ => [p, t, o],
    })
}

/// Reads AES-128-CBC in base64; key and IV are 16 ASCII characters each, taken as they are.
pub(super) fn decrypt(text: &str, key: &str, iv: &str) -> Option<String> {
    let mut data = STANDARD.decode(text).ok().filter(|data| !data.is_empty())?;
    let iv: [u8; 16] = iv.as_bytes().try_into().ok()?;
    let key = UnboundCipherKey::new(&AES_128, key.as_bytes().get(..16)?).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let plain = key
        .decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(iv)))
        .ok()?;
    String::from_utf8(plain.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGN_KEY: &str = "SU5JTElURV9UUklQTEVERVNfS0VZU1RS";
    const OID: &str = "ORDER_20260101_0001";

    #[test]
    fn window_hashes() {
        let (p, t) = (("price", "1000"), ("timestamp", "1767225600000"));
        assert_eq!(
            sha256(SIGN_KEY),
            "3a9503069192f207491d4b19bd743fc249a761ed94246c8c42fed06c3cd15a33"
        );
        assert_eq!(
            pairs(&[("oid", OID), p, t]),
            "af2097a19cd42c88082662e3ab026746f38ea213cbbd9a49cfdb3a53ba618560"
        );
        assert_eq!(
            pairs(&[("oid", OID), p, ("signKey", SIGN_KEY), t]),
            "0dbc5138193c38925a79241b037750d380015da5dda9a5eb79d5785b21c0e395"
        );
        let (a, t) = (("authToken", "dG9rZW4rL3NhbXBsZT09"), ("timestamp", "1767225630000"));
        assert_eq!(
            pairs(&[a, t]),
            "b493534c8272a588b096d0be2d5503d9edbab4009ea1ad0878cb39fca89cc491"
        );
        assert_eq!(
            pairs(&[a, ("signKey", SIGN_KEY), t]),
            "b9891d8083e2a4d3f9233b605a819a1924114c8973af82d37e3db7e473bf5739"
        );
        assert_eq!(
            chkfake("1000", OID, "1767225600000", "3CB8183A4BE283555ACC8363C0360223"),
            "MFm+GLB3tS29X7PqRdPlS3X5V2ylU8Hpilmhtb41qocrlizMZOs3/AkHG0aFFINqccjJkXErObe3FBh6qGl0Dg=="
        );
    }

    #[test]
    fn auth_signatures_of_ten_digits_and_of_real_answers() {
        let real = [
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
        ];
        for (moid, total, tstamp, expected) in real {
            assert_eq!(auth_signature("INIpayTest", moid, total, tstamp), expected);
        }
        let digits = [
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
        ];
        for (digit, expected) in digits.iter().enumerate() {
            let tstamp = format!("176722563000{digit}");
            assert_eq!(auth_signature("INIpayTest", OID, "1000", &tstamp), *expected, "{digit}");
        }
    }

    #[test]
    fn hashes_of_the_billing_windows() {
        let (mid, time, key) = ("INIBillTst", "20260101090000", "b09LVzhuTGZVaEY1WmJoQnZzdXpRdz09");
        assert_eq!(
            sha512(&["1000", mid, OID, time, key].concat()),
            "054b6dafa845444b9389d6169809a55930ae0f7193a9299053c911879a5bb526d494edc52b239b4dc6f824ae59eb6bdc92c36ca6110044b6064273de307d0345"
        );
        assert_eq!(
            sha256(&[mid, OID, time, key].concat()),
            "a077f4763f73e94cc0bf3d4594a030c9d6723931cc0c16dc044624d9d44155aa"
        );
    }

    #[test]
    fn the_cipher_reads_the_published_example() {
        let (key, iv) = ("ItEQKi3rY7uvDS8l", "HYb3yQ4f65QL89==");
        assert_eq!(
            decrypt("qwMHVJqsmXKoR+d8wQTS4g==", key, iv).as_deref(),
            Some("123456789")
        );
        assert_eq!(
            decrypt("d/9xiZ/mtVPXWv2RalFeHA==", key, iv).as_deref(),
            Some("01012345678")
        );
        for broken in ["", "x", "qwMHVJqsmXKoR+d8wQTS4w==", "AAAA"] {
            assert_ne!(decrypt(broken, key, iv).as_deref(), Some("123456789"), "{broken}");
        }
    }
}
