//! Random texts for ids. They only have to be unlike each other, not unguessable: a simulator guards nothing.

use std::cell::Cell;

thread_local! {
    static STATE: Cell<u64> = Cell::new(seed());
}

fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}

/// One step of SplitMix64 from `state`: the mixed value.
#[must_use]
pub fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The next random number of this thread.
#[must_use]
pub fn next() -> u64 {
    STATE.with(|cell| {
        let state = cell.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        cell.set(state);
        mix(state)
    })
}

fn text(length: usize, alphabet: &[u8]) -> String {
    (0..length)
        .map(|_| char::from(alphabet[usize::try_from(next() >> 33).unwrap_or(0) % alphabet.len()]))
        .collect()
}

/// `length` letters and digits.
#[must_use]
pub fn alnum(length: usize) -> String {
    text(
        length,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    )
}

/// `length` digits.
#[must_use]
pub fn digits(length: usize) -> String {
    text(length, b"0123456789")
}

/// `length` upper-case hexadecimal digits.
#[must_use]
pub fn upper_hex(length: usize) -> String {
    text(length, b"0123456789ABCDEF")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_length_and_differ() {
        assert_eq!(alnum(28).len(), 28);
        assert!(digits(13).bytes().all(|b| b.is_ascii_digit()));
        assert_ne!(upper_hex(32), upper_hex(32));
    }
}
