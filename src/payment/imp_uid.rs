//! `imp_uid`, the name V1 has for a transaction: another spelling of its id, so that both API versions name one payment
//! and nothing has to be stored or looked up to go from one to the other.
//!
//! A transaction id is a UUIDv7. Its 122 free bits (all but version and variant), read as one number, are the digits
//! behind `imp_`, or `imps_` for payments made by a server call. Today that is 35 digits, so an `imp_uid` has 39 or 40
//! characters; PortOne's have 16 or 17.

use uuid::Uuid;

/// Bits below the version: `rand_a` (12) and `rand_b` (62).
const RANDOM: u128 = (1 << 74) - 1;
const RAND_B: u128 = (1 << 62) - 1;

/// The `imp_uid` of a transaction; `server` says that it was made without a window. An id that is no UUIDv7 stands as it
/// is behind the prefix.
#[must_use]
pub fn imp_uid(transaction_id: &str, server: bool) -> String {
    let prefix = if server { "imps_" } else { "imp_" };
    match number(transaction_id) {
        Some(number) => format!("{prefix}{number}"),
        None => format!("{prefix}{transaction_id}"),
    }
}

fn number(transaction_id: &str) -> Option<u128> {
    let uuid = Uuid::parse_str(transaction_id).ok()?;
    let bits = uuid.as_u128();
    let free = ((bits >> 80) << 74) | (((bits >> 64) & 0xfff) << 62) | (bits & RAND_B);
    // Only what is written back the same: lower case, hyphens, version 7.
    (written(free) == transaction_id).then_some(free)
}

fn written(free: u128) -> String {
    let bits = ((free >> 74) << 80) | (0x7 << 76) | (((free & RANDOM) >> 62) << 64) | (0b10 << 62) | (free & RAND_B);
    Uuid::from_u128(bits).to_string()
}

/// The transaction that an `imp_uid` names. A transaction id is taken as it is: servers that speak both versions may
/// mix them. `None` if it can be neither.
#[must_use]
pub fn transaction_of(imp_uid: &str) -> Option<String> {
    let rest = imp_uid.strip_prefix("imp_").or_else(|| imp_uid.strip_prefix("imps_"));
    let Some(rest) = rest else {
        return Uuid::parse_str(imp_uid).is_ok().then(|| imp_uid.to_owned());
    };
    if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return (!rest.is_empty()).then(|| rest.to_owned());
    }
    let number: u128 = rest.parse().ok()?;
    // One spelling only: no leading zeros.
    (number < 1 << 122 && number.to_string() == rest).then(|| written(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_transaction_of_today_fits_forty_characters() {
        let id = "019b77a0-0c00-7abc-8def-0123456789ab";
        let uid = imp_uid(id, true);
        assert_eq!(uid.len(), 40, "{uid}");
        assert!(uid.starts_with("imps_") && imp_uid(id, false).starts_with("imp_"));
        assert_eq!(transaction_of(&uid).as_deref(), Some(id));
        assert_eq!(transaction_of(id).as_deref(), Some(id));
    }

    #[test]
    fn what_names_nothing() {
        for text in [
            "",
            "imp_",
            "imps_",
            "order-1",
            "imp_00",
            "imp_99999999999999999999999999999999999999",
        ] {
            assert_eq!(transaction_of(text), None, "{text}");
        }
        // A valid number that no transaction has is an id that is not found.
        assert!(transaction_of("imp_448280090638").is_some());
    }

    proptest! {
        #[test]
        fn there_and_back(ms in 0u64..1 << 48, a in 0u16..1 << 12, b in 0u64..1 << 62, server: bool) {
            let bits = (u128::from(ms) << 80) | (7 << 76) | (u128::from(a) << 64) | (2 << 62) | u128::from(b);
            let id = Uuid::from_u128(bits).to_string();
            let back = transaction_of(&imp_uid(&id, server));
            prop_assert_eq!(back, Some(id));
        }

        #[test]
        fn never_panics(text in "\\PC{0,60}") {
            let _ = transaction_of(&text);
            let _ = imp_uid(&text, false);
        }
    }
}
