//! The encrypted card data of billing calls, read back: hexadecimal AES with the key's characters as key bytes.

use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// How the data was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulators) enum Mode {
    /// AES-128-ECB, key = first 16 characters.
    Ecb128,
    /// AES-256-CBC, key = first 32 characters, IV = first 16.
    Cbc256,
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

/// The plain text, or `None` if data, key or padding do not fit.
pub(in crate::simulators) fn decrypt(mode: Mode, hex: &str, key: &str) -> Option<String> {
    let mut data = unhex(hex).filter(|data| !data.is_empty())?;
    let short = key.as_bytes().get(..16)?;
    let plain = match mode {
        Mode::Ecb128 => {
            let key = UnboundCipherKey::new(&AES_128, short).ok()?;
            let key = PaddedBlockDecryptingKey::ecb_pkcs7(key).ok()?;
            key.decrypt(&mut data, DecryptionContext::None).ok()?
        }
        Mode::Cbc256 => {
            let iv: [u8; 16] = short.try_into().ok()?;
            let key = UnboundCipherKey::new(&AES_256, key.as_bytes().get(..32)?).ok()?;
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
            key.decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(iv)))
                .ok()?
        }
    };
    String::from_utf8(plain.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "2dcc2a0d63bf469490bb19a201be3735";
    const PLAIN: &str = "cardNo=1234567890123456&expYear=25&expMonth=12&idNo=800101&cardPw=12";

    /// NICE's published example.
    #[test]
    fn both_modes_read_the_published_example() {
        let ecb = "7c4b12eb43324290bd0e522900a892343f57e0d176cdadae757132c7f3cd442f023ef5c3ffa254ed04b6d47624d4c7847e8061f3be0d67adf1b463b46a542052cf47a5206bfd23945fc1851d426468f4";
        let cbc = "6ecfe97e521bc67c3053d74a9dbdba53033d343fc9e8e38e730964b22ef2e4a59607171b00a9da977141b3f79fffa1e80a16c08bc58666b479f554a966a363414347e62f2621f8df220c7a4a545592d0";
        assert_eq!(decrypt(Mode::Ecb128, ecb, KEY).as_deref(), Some(PLAIN));
        assert_eq!(decrypt(Mode::Cbc256, cbc, KEY).as_deref(), Some(PLAIN));
        assert_eq!(decrypt(Mode::Ecb128, &ecb.to_uppercase(), KEY).as_deref(), Some(PLAIN));
        assert_ne!(decrypt(Mode::Cbc256, ecb, KEY).as_deref(), Some(PLAIN));
        for broken in ["", "7c", "zz", "7c4b12eb43324290bd0e522900a89234"] {
            assert_eq!(decrypt(Mode::Ecb128, broken, KEY), None, "{broken}");
        }
    }

    /// The other generation's names and key, with upper- or lower-case digits.
    #[test]
    fn a_long_text_key_is_cut() {
        let data = "7b23e8b9e9e144228d4c288fbedb570ec6e6466c9b59a0e1670204550cc1954a9e638e3b4daa5cef1f4f238539e28181782196f43b3b72b9dad3956bbd7117b41204cd479bcd2afc55e790b5bc121855";
        let key = "b+zhZ4yOZ7FsH8pm5lhDfHZEb79tIwnjsdA0FBXh86yLc6BJeFVrZFXhAoJ3gEWgrWwN+lJMV0W4hvDdbe4Sjw==";
        let plain = "CardNo=1234567890123456&ExpYear=25&ExpMonth=12&IDNo=800101&CardPw=12";
        assert_eq!(decrypt(Mode::Ecb128, data, key).as_deref(), Some(plain));
    }
}
