//! Identifiers the engine allocates before anything is sent.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// `transactionId`: a UUIDv7, sortable by time.
pub fn transaction_id() -> String {
    Uuid::now_v7().to_string()
}

/// Id of an intent or a cancellation.
pub fn operation_id() -> String {
    Uuid::now_v7().to_string()
}

/// Our order number at the PG: a UUIDv7 in Crockford base 32, 26 characters of `[0-9A-Z]`. That is within the
/// length and alphabet of every PG served (the narrowest take 30 characters, letters and digits only).
pub fn order_id() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut value = Uuid::now_v7().as_u128();
    let mut text = [b'0'; 26];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// An unguessable token: 32 random bytes in URL-safe base 64 (43 characters).
///
/// # Errors
/// The system's random source failed.
pub fn token() -> Result<String, ()> {
    let mut bytes = [0u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn order_numbers_fit_every_pg_and_sort_by_time() {
        let first = super::order_id();
        let second = super::order_id();
        assert_eq!(first.len(), 26);
        assert!(first.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
        assert!(first < second, "{first} {second}");
    }
}
