//! Reading a merchant's `requestPayment` object.

pub(super) use crate::adapters::request::{Request, unprefixed};
