//! What both generations of NICE Payments have in common: result codes, card and bank codes, and the charset that
//! everything ends up in. Messages, signatures and objects are unrelated, so nothing of those is here.

pub(super) mod cipher;
pub(super) mod options;
pub(super) mod results;
pub(super) mod tables;
pub(super) mod text;

#[cfg(test)]
mod tests;
