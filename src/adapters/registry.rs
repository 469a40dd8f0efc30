//! Every adapter, one line each.

use super::Adapter;

/// All adapters.
pub static ADAPTERS: &[&dyn Adapter] = &[
    &super::toss::Toss,
    &super::nice::Nice,
    &super::nice_legacy::NiceLegacy,
    &super::inicis::Inicis,
    &super::ksnet::Ksnet,
    &super::kcp::Kcp,
];

/// The adapter of a router provider id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Adapter> {
    ADAPTERS.iter().copied().find(|a| a.descriptor().names.id == id)
}
