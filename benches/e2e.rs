//! End-to-end bench.

fn main() {}
