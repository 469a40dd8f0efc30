//! What a hosted checkout page offers: the methods of a profile whose channels take the order now.

use crate::channels::{CheckoutMethod, Snapshot, Store};
use crate::payment::{MethodKind, Millis};

/// The order that is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Ordered<'a> {
    /// Buyer's country, ISO 3166.
    pub country: &'a str,
    /// Currency code.
    pub currency: &'a str,
    /// Amount, minor units.
    pub amount: i64,
}

/// The store that a profile belongs to.
#[must_use]
pub fn store_of_profile<'s>(snapshot: &'s Snapshot, profile_key: &str) -> Option<&'s Store> {
    let stores = snapshot.stores.values().map(AsRef::as_ref);
    let mut owners = stores.filter(|store: &&Store| store.profiles.iter().any(|p| p.key == profile_key));
    owners.next()
}

/// Methods of a profile with their `channelKey`s, in the profile's order; `None` if the store has no such profile.
#[must_use]
pub fn offered<'s>(
    snapshot: &'s Snapshot,
    store: &'s Store,
    profile_key: &str,
    order: Ordered<'_>,
    now: Millis,
) -> Option<Vec<(CheckoutMethod, &'s str)>> {
    let profile = store.profiles.iter().find(|profile| profile.key == profile_key)?;
    let takes = |method: CheckoutMethod, key: &str| {
        let Some(channel) = snapshot.channel_of(&store.id, key).filter(|c| c.takes_new(now)) else {
            return false;
        };
        let kind = match method.wallet() {
            None => MethodKind::Card,
            Some(_) => MethodKind::EasyPay,
        };
        let descriptor = channel.adapter.descriptor();
        let limits = &descriptor.limits;
        // Korean cards and wallets are for buyers in Korea.
        order.country == "KR"
            && channel.serves(kind)
            && limits.currencies.contains(&order.currency)
            && (descriptor.amount_min(kind)..=limits.amount_max).contains(&order.amount)
    };
    let methods = profile.methods.iter();
    let open = methods.filter(|offer| takes(offer.method, &offer.channel));
    Some(open.map(|offer| (offer.method, offer.channel.as_str())).collect())
}
