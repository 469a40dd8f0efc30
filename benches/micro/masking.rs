//! Masking: every body that is written down goes through it.

use crate::toss::{ANSWER, KEY_IN};
use divan::Bencher;
use divan::counter::BytesCount;
use naru::telemetry::mask::masked;
use std::hint::black_box;

const FIELDS: &[&str] = &[
    "cardNumber",
    "cardExpirationYear",
    "cardExpirationMonth",
    "cardPassword",
    "customerIdentityNumber",
    "customerEmail",
    "customerName",
    "secret",
];

#[divan::bench]
fn request(bencher: Bencher<'_, '_>) {
    let counted = bencher.counter(BytesCount::of_str(KEY_IN));
    counted.bench(|| masked(black_box(KEY_IN.as_bytes()), FIELDS));
}

#[divan::bench]
fn answer(bencher: Bencher<'_, '_>) {
    let counted = bencher.counter(BytesCount::of_str(ANSWER));
    counted.bench(|| masked(black_box(ANSWER.as_bytes()), FIELDS));
}
