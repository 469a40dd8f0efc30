//! The contracts of the scenarios' providers, for tests that need the router and the simulators as processes of their own.

use crate::operator::{Operator, Post};
use crate::rig::{ADMIN_TOKEN, Pg, Router, STORE, Site, Web};
use crate::scenarios::Contracts;
use crate::source::root;
use http::Method;
use serde_json::Value;

/// Providers with a file in `tests/scenarios/pg/`, in the order of their names.
pub fn providers() -> Vec<String> {
    let listed = std::fs::read_dir(root().join("tests/scenarios/pg")).unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    found.sort();
    assert!(found.len() >= 4, "{found:?}");
    found
}

/// A provider's contracts.
pub struct Shop {
    pub provider: String,
    contracts: Contracts,
}

impl Shop {
    pub fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            contracts: Contracts::load(provider),
        }
    }

    /// Key of the channel that is swapped and paid through.
    pub fn channel(&self) -> String {
        format!("channel-key-{}-main", self.provider)
    }

    /// The channel file with MID number `mid`, 1 or 2; `tables` are sub-tables of the main channel.
    pub fn channels(&self, mid: u8, tables: &str) -> String {
        // Files of several providers stand side by side.
        let named = |what: &str| (format!("{what}-scenario-"), format!("{what}-{}-", self.provider));
        let (channel, group) = (named("channel-key"), named("channel-group-test"));
        let text = self.contracts.channel_file(STORE, mid);
        let text = text.replace(&channel.0, &channel.1).replace(&group.0, &group.1);
        // The main channel comes first; its sub-tables end where the second channel begins.
        let second = text.match_indices("[[channel]]").nth(1);
        let at = second.map_or(text.len(), |(at, _)| at);
        format!("{}\n{tables}\n{}", &text[..at], &text[at..])
    }

    /// An amount that the provider takes, KRW.
    pub fn amount(&self) -> i64 {
        self.contracts.get("amount").and_then(Value::as_i64).unwrap()
    }

    /// A word of the provider's file.
    pub fn word(&self, name: &str) -> &str {
        self.contracts
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{name} is not in the file of {}", self.provider))
    }

    /// The person who settles what this provider's lost answers leave open, where its file says that one is needed.
    pub fn operator(&self, router: &Router, pg: &Pg) -> Option<Operator> {
        let needed = self.contracts.get("operator") == Some(&Value::Bool(true));
        needed.then(|| {
            Operator::hire(Post {
                admin: router.admin.clone(),
                token: ADMIN_TOKEN.to_owned(),
                pg: pg.url.clone(),
                provider: self.provider.clone(),
            })
        })
    }

    /// Tells the simulator of the merchants that it does not have of its own.
    pub async fn register(&self, web: &Web, pg: &Pg) {
        let Some(mut merchants) = self.contracts.get("merchants").cloned() else {
            return;
        };
        // Addresses of a router's own: nothing here waits for a notification.
        for merchant in merchants
            .as_array_mut()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            merchant.retain(|_, value| !value.as_str().is_some_and(|text| text.contains("@NOTIFY@")));
        }
        let url = format!("{}/_sim/{}/merchants", pg.url, self.provider);
        let answer = web.call(Method::PUT, &url, &[], Some(merchants)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Sites of this provider's channels alone.
    pub fn site(&self, pg: &Pg, tables: &str) -> Site {
        site(pg, &self.channels(1, tables))
    }
}

/// A site whose channel files may name the simulators.
pub fn site(pg: &Pg, channels: &str) -> Site {
    let bare = Site::new("").set("NARU_SIM_URL", &pg.url);
    let sockets = pg.sockets.iter();
    sockets
        .fold(bare, |site, (name, value)| site.set(name, value))
        .with_channels(channels)
}
