//! `[[group.rules]]`: which members of a group a payment goes to, depending on the payment. The first rule that fits
//! decides; if none of its members takes the payment, the next one is asked, and the group's own members in the end.

use super::file::{At, MemberEntry};
use super::model::GroupMember;
use super::problem::Pos;
use crate::payment::MethodKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rules of a group.
pub(super) const RULES_MAX: usize = 200;

/// Where a payment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleDevice {
    /// A window on a computer.
    Pc,
    /// A window on a phone.
    Mobile,
    /// A server's call.
    Api,
}

/// What keeps a customer, or a payment, at one member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sticky {
    /// Every try of a payment goes to the same member.
    #[default]
    Payment,
    /// Every payment of a customer does, where the request names one.
    Customer,
}

/// Conditions: all that are given must hold. An empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Methods.
    pub methods: Vec<MethodKind>,
    /// Least amount, minor units.
    pub min_amount: Option<i64>,
    /// Largest amount, minor units.
    pub max_amount: Option<i64>,
    /// Currency codes.
    pub currencies: Vec<String>,
    /// Devices.
    pub devices: Vec<RuleDevice>,
    /// Stores.
    pub stores: Vec<String>,
    /// Wallets, PortOne V2 `EasyPayProvider`.
    pub wallets: Vec<String>,
    /// Card companies, PortOne V2 `CardCompany`, where the request names one.
    pub card_issuers: Vec<String>,
    /// First digits of card numbers, where a server sends one.
    pub card_bins: Vec<String>,
    /// From and until, minutes of the day in Korea; `until` before `from` goes over midnight.
    pub hours: Option<(u16, u16)>,
}

impl Conditions {
    /// Whether every payment that fits `other` fits these too.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        fn wider<T: PartialEq>(all: &[T], some: &[T]) -> bool {
            all.is_empty() || (!some.is_empty() && some.iter().all(|one| all.contains(one)))
        }
        let bins = self.card_bins.is_empty()
            || (!other.card_bins.is_empty()
                && other
                    .card_bins
                    .iter()
                    .all(|bin| self.card_bins.iter().any(|wide| bin.starts_with(wide.as_str()))));
        wider(&self.methods, &other.methods)
            && wider(&self.currencies, &other.currencies)
            && wider(&self.devices, &other.devices)
            && wider(&self.stores, &other.stores)
            && wider(&self.wallets, &other.wallets)
            && wider(&self.card_issuers, &other.card_issuers)
            && bins
            && self
                .min_amount
                .is_none_or(|least| other.min_amount.is_some_and(|other| other >= least))
            && self
                .max_amount
                .is_none_or(|most| other.max_amount.is_some_and(|other| other <= most))
            && (self.hours.is_none() || self.hours == other.hours)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Name, for reasons.
    pub name: String,
    /// When it holds.
    pub when: Conditions,
    /// Members it sends to.
    pub members: Vec<GroupMember>,
}

/// A rule of a group.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Rule")]
pub(super) struct RuleEntry {
    /// Name, distinct within the group; it stands in the reason of each payment that the rule decides.
    pub name: At<String>,
    /// `CARD`, `EASY_PAY`, …
    pub methods: Option<At<Vec<At<MethodKind>>>>,
    /// Least amount, in the currency's minor unit (KRW 1000 is 1000).
    pub min_amount: Option<At<u32>>,
    /// Largest amount.
    pub max_amount: Option<At<u32>>,
    /// Currency codes, e.g. `KRW`.
    pub currencies: Option<At<Vec<At<String>>>>,
    /// `pc`, `mobile` (windows), `api` (a server's call).
    pub devices: Option<At<Vec<At<RuleDevice>>>>,
    /// `storeId`s, of those that may use the group.
    pub stores: Option<At<Vec<At<String>>>>,
    /// Wallets, e.g. `KAKAOPAY`.
    pub wallets: Option<At<Vec<At<String>>>>,
    /// Card companies, e.g. `SHINHAN_CARD`: of windows that name one.
    pub card_issuers: Option<At<Vec<At<String>>>>,
    /// First digits of card numbers that a server sends, 4 to 8.
    pub card_bins: Option<At<Vec<At<String>>>>,
    /// `HH:MM-HH:MM` in Korean time, e.g. `23:30-00:30`.
    pub hours: Option<At<String>>,
    /// Members it sends to, all of them members of the group.
    pub members: At<Vec<MemberEntry>>,
}

/// `HH:MM-HH:MM` as minutes.
fn hours(text: &str) -> Option<(u16, u16)> {
    let minutes = |part: &str| {
        let (h, m) = part.split_once(':')?;
        let digits = |s: &str| (s.len() == 2).then(|| s.parse::<u16>().ok()).flatten();
        let (h, m) = (digits(h)?, digits(m)?);
        (h < 24 && m < 60).then_some(h * 60 + m)
    };
    let (from, until) = text.split_once('-')?;
    let (from, until) = (minutes(from)?, minutes(until)?);
    (from != until).then_some((from, until))
}

impl RuleEntry {
    /// The rule, and what is wrong with it by itself.
    pub(super) fn build(&self) -> (Rule, Vec<(Pos, String)>) {
        fn all<T: Clone>(list: Option<&At<Vec<At<T>>>>) -> Vec<T> {
            list.into_iter()
                .flat_map(|list| list.value.iter().map(|item| item.value.clone()))
                .collect()
        }
        let mut problems = Vec::new();
        let span = self.hours.as_ref().map(|text| (text, hours(&text.value)));
        if let Some((text, None)) = span {
            problems.push((
                text.at,
                "`hours` must be HH:MM-HH:MM and not empty, e.g. 23:30-00:30".to_owned(),
            ));
        }
        if let (Some(least), Some(most)) = (&self.min_amount, &self.max_amount)
            && least.value > most.value
        {
            problems.push((
                most.at,
                "`max_amount` is below `min_amount`: no payment ever fits".to_owned(),
            ));
        }
        for bin in self.card_bins.iter().flat_map(|list| &list.value) {
            if !(4..=8).contains(&bin.value.len()) || !bin.value.bytes().all(|b| b.is_ascii_digit()) {
                problems.push((
                    bin.at,
                    "`card_bins` holds the first 4 to 8 digits of card numbers".to_owned(),
                ));
            }
        }
        if self.members.value.iter().all(|member| member.weight.value == 0) {
            problems.push((self.members.at, "the weights of a rule must not all be 0".to_owned()));
        }
        let rule = Rule {
            name: self.name.value.clone(),
            when: Conditions {
                methods: all(self.methods.as_ref()),
                min_amount: self.min_amount.as_ref().map(|n| i64::from(n.value)),
                max_amount: self.max_amount.as_ref().map(|n| i64::from(n.value)),
                currencies: all(self.currencies.as_ref()),
                devices: all(self.devices.as_ref()),
                stores: all(self.stores.as_ref()),
                wallets: all(self.wallets.as_ref()),
                card_issuers: all(self.card_issuers.as_ref()),
                card_bins: all(self.card_bins.as_ref()),
                hours: span.and_then(|(_, hours)| hours),
            },
            members: self.members.value.iter().map(Into::into).collect(),
        };
        (rule, problems)
    }
}

impl From<&MemberEntry> for GroupMember {
    fn from(entry: &MemberEntry) -> Self {
        Self {
            channel: entry.channel.value.clone(),
            weight: entry.weight.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_minutes_of_the_day() {
        assert_eq!(hours("23:30-00:30"), Some((1_410, 30)));
        assert_eq!(hours("00:00-23:59"), Some((0, 1_439)));
        for bad in ["", "1:00-02:00", "24:00-01:00", "10:00-10:00", "10:60-11:00", "10:00"] {
            assert_eq!(hours(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_rule_covers_what_is_narrower() {
        let all = Conditions::default();
        let cards = Conditions {
            methods: vec![MethodKind::Card],
            ..Conditions::default()
        };
        let dear = Conditions {
            min_amount: Some(50_000),
            ..cards.clone()
        };
        let bins = |bin: &str| Conditions {
            card_bins: vec![bin.to_owned()],
            ..Conditions::default()
        };
        for (wide, narrow, covers) in [
            (&all, &cards, true),
            (&cards, &all, false),
            (&cards, &dear, true),
            (&dear, &cards, false),
            (&bins("9410"), &bins("941000"), true),
            (&bins("941000"), &bins("9410"), false),
        ] {
            assert_eq!(wide.cover(narrow), covers, "{wide:?} {narrow:?}");
        }
    }
}
