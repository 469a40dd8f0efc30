//! What can only be judged with all files together: references, duplicates, groups.

use super::build::Built;
use super::decode::Decoded;
use super::file::{At, ChannelEntry, GroupEntry, MEMBERS_MAX, StoreEntry};
use super::model::{Group, Store};
use super::problem::{Pos, Problem, nearest};
use super::rule::{RULES_MAX, Rule};
use crate::adapters::{ChannelRevision, ChannelState, Mode};
use std::collections::HashMap;
use std::sync::Arc;

/// Where a part stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    /// As the operator sees it.
    pub file: &'a str,
    /// Lines before the part.
    pub base: u32,
}

impl<'a> Spot<'a> {
    fn place(self, at: Pos) -> Place<'a> {
        (self.file, at.below(self.base))
    }
}

/// A piece of a file.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub spot: Spot<'a>,
    pub decoded: &'a Decoded,
    pub built: &'a Built,
}

/// The maps of a snapshot.
#[derive(Default)]
pub(super) struct Graph {
    pub stores: HashMap<String, Arc<Store>>,
    pub secrets: HashMap<[u8; 32], Arc<Store>>,
    pub v1_keys: HashMap<String, Arc<Store>>,
    pub channels: HashMap<String, Arc<ChannelRevision>>,
    pub groups: HashMap<String, Arc<Group>>,
}

type Place<'a> = (&'a str, Pos);

/// Judges and joins. Problems of the parts themselves are not repeated here.
pub(super) fn join(parts: &[Part<'_>]) -> (Graph, Vec<Problem>) {
    let mut judge = Judge {
        // With entries missing, "unknown" would be said of things that are only unreadable.
        judge_references: !parts.iter().any(|part| part.decoded.lost),
        ..Judge::default()
    };
    let mut graph = Graph::default();
    for part in parts {
        judge.stores(part, &mut graph);
    }
    for part in parts {
        judge.channels(part, &mut graph);
    }
    for part in parts {
        judge.default_channels(part);
        for group in &part.decoded.file.group {
            judge.group(part.spot, group, &mut graph);
        }
    }
    (graph, judge.problems)
}

#[derive(Default)]
struct Judge<'a> {
    problems: Vec<Problem>,
    judge_references: bool,
    stores: HashMap<&'a str, Place<'a>>,
    channels: HashMap<&'a str, (Place<'a>, &'a ChannelEntry)>,
    contracts: HashMap<(&'a str, &'a str, Mode), (Place<'a>, &'a str)>,
    groups: HashMap<&'a str, Place<'a>>,
    profiles: HashMap<&'a str, Place<'a>>,
}

impl<'a> Judge<'a> {
    fn problem(&mut self, spot: Spot<'_>, at: Pos, message: String) {
        self.problems.push(Problem {
            file: spot.file.to_owned(),
            at: at.below(spot.base),
            message,
        });
    }

    fn twice(&mut self, spot: Spot<'_>, what: &str, id: &At<String>, (first, at): Place<'_>) {
        let message = format!(
            "{what} `{}` stands twice, first at {first}:{}:{}",
            id.value, at.line, at.col
        );
        self.problem(spot, id.at, message);
    }

    fn stores(&mut self, part: &Part<'a>, graph: &mut Graph) {
        for (entry, built) in part.decoded.file.store.iter().zip(&part.built.stores) {
            let id = &entry.id;
            if let Some(first) = self.stores.get(id.value.as_str()).copied() {
                self.twice(part.spot, "store", id, first);
                continue;
            }
            self.stores.insert(&id.value, part.spot.place(id.at));
            let Some(store) = built else { continue };
            for (secret, written) in store.secrets.iter().zip(&entry.api_secrets.value) {
                if let Some(other) = graph.secrets.insert(secret.sha256, Arc::clone(store)) {
                    let message = format!(
                        "API secret `{}` of store {} is also one of store {}; every API secret belongs to one store",
                        secret.name, store.id, other.id
                    );
                    self.problem(part.spot, written.name.at, message);
                }
            }
            self.v1_keys(part.spot, entry, store, graph);
            for profile in &entry.checkout_profiles {
                let key = &profile.key;
                if let Some(first) = self.profiles.get(key.value.as_str()).copied() {
                    self.twice(part.spot, "checkout profile", key, first);
                }
                self.profiles
                    .entry(&key.value)
                    .or_insert_with(|| part.spot.place(key.at));
            }
            graph.stores.insert(id.value.clone(), Arc::clone(store));
        }
    }

    fn v1_keys(&mut self, spot: Spot<'_>, entry: &StoreEntry, store: &Arc<Store>, graph: &mut Graph) {
        for key in entry.v1.iter().flat_map(|v1| &v1.keys.value) {
            let id = &key.key.value;
            if let Some(other) = graph.v1_keys.insert(id.clone(), Arc::clone(store)) {
                let message = format!(
                    "V1 key `{id}` of store {} is also one of store {}; every V1 key stands once",
                    store.id, other.id
                );
                self.problem(spot, key.key.at, message);
            }
        }
    }

    /// Channels that a store names itself, once all channels are known.
    fn default_channels(&mut self, part: &Part<'a>) {
        for entry in &part.decoded.file.store {
            let default = entry.v1.as_ref().and_then(|v1| v1.default_channel.as_ref());
            let offered = entry
                .checkout_profiles
                .iter()
                .flat_map(|profile| &profile.methods.value);
            for named in default.into_iter().chain(offered.map(|method| &method.channel)) {
                self.channel_of_store(part.spot, named, &entry.id.value);
            }
        }
    }

    fn channel_of_store(&mut self, spot: Spot<'a>, named: &At<String>, store: &str) {
        match self.channels.get(named.value.as_str()).copied() {
            None if self.judge_references => {
                let hint = did_you_mean(&named.value, self.channels.keys().copied());
                self.problem(spot, named.at, format!("unknown channel `{}`{hint}", named.value));
            }
            Some((_, channel)) if !channel.stores.value.iter().any(|s| s.value == store) => {
                let message = format!("channel `{}` does not list store `{}`", named.value, store);
                self.problem(spot, named.at, message);
            }
            _ => {}
        }
    }

    fn channels(&mut self, part: &Part<'a>, graph: &mut Graph) {
        for (entry, built) in part.decoded.file.channel.iter().zip(&part.built.channels) {
            let key = &entry.key;
            if let Some((first, _)) = self.channels.get(key.value.as_str()).copied() {
                self.twice(part.spot, "channel", key, first);
                continue;
            }
            self.channels.insert(&key.value, (part.spot.place(key.at), entry));
            self.known_stores(part.spot, &entry.stores.value);
            self.contract(part.spot, entry);
            if let Some(channel) = built {
                graph.channels.insert(key.value.clone(), Arc::clone(channel));
            }
        }
    }

    /// Two active channels with one contract: a notification or a V1 `pg` word could mean either.
    fn contract(&mut self, spot: Spot<'a>, entry: &'a ChannelEntry) {
        if entry.state.as_ref().is_some_and(|s| s.value == ChannelState::Retired) {
            return;
        }
        let contract = (
            entry.provider.value.as_str(),
            entry.mid.value.as_str(),
            entry.mode.value,
        );
        match self.contracts.get(&contract).copied() {
            None => {
                self.contracts
                    .insert(contract, (spot.place(entry.mid.at), &entry.key.value));
            }
            Some(((first, at), key)) => {
                let message = format!(
                    "`mid` {} of provider {} is already the active channel `{key}` at {first}:{}:{}; retire one of them, \
                     or list all stores in one channel",
                    entry.mid.value, entry.provider.value, at.line, at.col
                );
                self.problem(spot, entry.mid.at, message);
            }
        }
    }

    fn known_stores(&mut self, spot: Spot<'_>, stores: &[At<String>]) {
        if !self.judge_references {
            return;
        }
        for store in stores {
            if !self.stores.contains_key(store.value.as_str()) {
                let hint = did_you_mean(&store.value, self.stores.keys().copied());
                self.problem(spot, store.at, format!("unknown store `{}`{hint}", store.value));
            }
        }
    }

    fn group(&mut self, spot: Spot<'a>, entry: &'a GroupEntry, graph: &mut Graph) {
        if let Some(first) = self.groups.get(entry.id.value.as_str()).copied() {
            self.twice(spot, "group", &entry.id, first);
            return;
        }
        self.groups.insert(&entry.id.value, spot.place(entry.id.at));
        self.known_stores(spot, &entry.stores.value);
        let members = &entry.members;
        if members.value.len() > MEMBERS_MAX {
            let message = format!("a group has at most {MEMBERS_MAX} members");
            self.problem(spot, members.at, message);
        }
        if members.value.iter().all(|m| m.weight.value == 0) {
            self.problem(spot, members.at, "the weights of a group must not all be 0".to_owned());
        }
        for (i, member) in members.value.iter().enumerate() {
            let earlier = members.value.iter().take(i);
            if earlier.into_iter().any(|m| m.channel.value == member.channel.value) {
                let message = format!("`members` names `{}` twice", member.channel.value);
                self.problem(spot, member.channel.at, message);
            }
            self.member(spot, entry, &member.channel);
        }
        let group = Group {
            id: entry.id.value.clone(),
            name: entry.name.as_ref().unwrap_or(&entry.id).value.clone(),
            stores: entry.stores.value.iter().map(|s| s.value.clone()).collect(),
            mode: entry.mode.value,
            members: members.value.iter().map(Into::into).collect(),
            rules: self.rules(spot, entry),
            sticky: entry.sticky.as_ref().map(|sticky| sticky.value).unwrap_or_default(),
        };
        graph.groups.insert(group.id.clone(), Arc::new(group));
    }

    fn rules(&mut self, spot: Spot<'_>, group: &GroupEntry) -> Vec<Rule> {
        if let Some(beyond) = group.rules.get(RULES_MAX) {
            self.problem(spot, beyond.name.at, format!("a group has at most {RULES_MAX} rules"));
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(group.rules.len());
        for entry in &group.rules {
            let (rule, problems) = entry.build();
            for (at, message) in problems {
                self.problem(spot, at, message);
            }
            if rules.iter().any(|earlier| earlier.name == rule.name) {
                self.problem(
                    spot,
                    entry.name.at,
                    format!("the group has a rule `{}` already", rule.name),
                );
            } else if let Some(earlier) = rules.iter().find(|earlier| earlier.when.cover(&rule.when)) {
                let message = format!(
                    "rule `{}` never decides: whatever fits it fits rule `{}` before it; put it first, or narrow that one",
                    rule.name, earlier.name
                );
                self.problem(spot, entry.name.at, message);
            }
            for member in &entry.members.value {
                if !group
                    .members
                    .value
                    .iter()
                    .any(|m| m.channel.value == member.channel.value)
                {
                    let message = format!(
                        "`{}` is not among the members of the group; add it there, with weight 0 if rules alone may pick it",
                        member.channel.value
                    );
                    self.problem(spot, member.channel.at, message);
                }
            }
            for store in entry.stores.iter().flat_map(|stores| &stores.value) {
                if !group.stores.value.iter().any(|s| s.value == store.value) {
                    self.problem(spot, store.at, format!("store `{}` may not use the group", store.value));
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn member(&mut self, spot: Spot<'_>, group: &GroupEntry, key: &At<String>) {
        let Some((_, channel)) = self.channels.get(key.value.as_str()).copied() else {
            if self.judge_references {
                let hint = did_you_mean(&key.value, self.channels.keys().copied());
                self.problem(spot, key.at, format!("unknown channel `{}`{hint}", key.value));
            }
            return;
        };
        if channel.mode.value != group.mode.value {
            let word = |mode| if mode == Mode::Live { "live" } else { "test" };
            let message = format!(
                "channel `{}` is a {} channel, the group is {}",
                key.value,
                word(channel.mode.value),
                word(group.mode.value)
            );
            self.problem(spot, key.at, message);
        }
        for store in &group.stores.value {
            if !channel.stores.value.iter().any(|s| s.value == store.value) {
                let message = format!(
                    "channel `{}` does not list store `{}`, which may use the group",
                    key.value, store.value
                );
                self.problem(spot, key.at, message);
            }
        }
    }
}

/// Only the hint: lists of ids are too long to print.
fn did_you_mean<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> String {
    // Beyond this many the nearest one is more likely chance than help, and looking would take its time.
    nearest(written, words.take(1_000)).map_or_else(String::new, |word| format!(", did you mean `{word}`?"))
}
