//! Tests of the hot settings, against adapters made for them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod broken;
mod fake;
mod format;
mod reload;
mod revisions;
mod sample;
mod scale;
