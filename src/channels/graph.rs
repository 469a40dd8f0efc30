//! What can only be judged with all files together: references, duplicates, groups.

use super::build::Built;
use super::decode::Decoded;
use super::file::{At, ChannelEntry, GroupEntry, MEMBERS_MAX};
use super::model::{Group, GroupMember, Store};
use super::problem::{Pos, Problem, nearest};
use crate::adapters::{ChannelRevision, ChannelState, Mode};
use std::collections::HashMap;
use std::sync::Arc;

/// One file's part.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// As the operator sees it.
    pub file: &'a str,
    pub decoded: &'a Decoded,
    pub built: &'a Built,
}

/// The maps of a snapshot.
#[derive(Default)]
pub(super) struct Graph {
    pub stores: HashMap<String, Arc<Store>>,
    pub secrets: HashMap<[u8; 32], Arc<Store>>,
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
        for group in &part.decoded.file.group {
            judge.group(part.file, group, &mut graph);
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
}

impl<'a> Judge<'a> {
    fn problem(&mut self, file: &str, at: Pos, message: String) {
        self.problems.push(Problem {
            file: file.to_owned(),
            at,
            message,
        });
    }

    fn twice(&mut self, file: &str, what: &str, id: &At<String>, (first, at): Place<'_>) {
        let message = format!(
            "{what} `{}` stands twice, first at {first}:{}:{}",
            id.value, at.line, at.col
        );
        self.problem(file, id.at, message);
    }

    fn stores(&mut self, part: &Part<'a>, graph: &mut Graph) {
        for (entry, built) in part.decoded.file.store.iter().zip(&part.built.stores) {
            let id = &entry.id;
            if let Some(first) = self.stores.get(id.value.as_str()).copied() {
                self.twice(part.file, "store", id, first);
                continue;
            }
            self.stores.insert(&id.value, (part.file, id.at));
            let Some(store) = built else { continue };
            for (secret, written) in store.secrets.iter().zip(&entry.api_secrets.value) {
                if let Some(other) = graph.secrets.insert(secret.sha256, Arc::clone(store)) {
                    let message = format!(
                        "API secret `{}` of store {} is also one of store {}; every API secret belongs to one store",
                        secret.name, store.id, other.id
                    );
                    self.problem(part.file, written.name.at, message);
                }
            }
            graph.stores.insert(id.value.clone(), Arc::clone(store));
        }
    }

    fn channels(&mut self, part: &Part<'a>, graph: &mut Graph) {
        for (entry, built) in part.decoded.file.channel.iter().zip(&part.built.channels) {
            let key = &entry.key;
            if let Some((first, _)) = self.channels.get(key.value.as_str()).copied() {
                self.twice(part.file, "channel", key, first);
                continue;
            }
            self.channels.insert(&key.value, ((part.file, key.at), entry));
            self.known_stores(part.file, &entry.stores.value);
            self.contract(part.file, entry);
            if let Some(channel) = built {
                graph.channels.insert(key.value.clone(), Arc::clone(channel));
            }
        }
    }

    /// Two active channels with one contract: a notification or a V1 `pg` word could mean either.
    fn contract(&mut self, file: &'a str, entry: &'a ChannelEntry) {
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
                    .insert(contract, ((file, entry.mid.at), &entry.key.value));
            }
            Some(((first, at), key)) => {
                let message = format!(
                    "`mid` {} of provider {} is already the active channel `{key}` at {first}:{}:{}; retire one of them, \
                     or list all stores in one channel",
                    entry.mid.value, entry.provider.value, at.line, at.col
                );
                self.problem(file, entry.mid.at, message);
            }
        }
    }

    fn known_stores(&mut self, file: &str, stores: &[At<String>]) {
        if !self.judge_references {
            return;
        }
        for store in stores {
            if !self.stores.contains_key(store.value.as_str()) {
                let hint = did_you_mean(&store.value, self.stores.keys().copied());
                self.problem(file, store.at, format!("unknown store `{}`{hint}", store.value));
            }
        }
    }

    fn group(&mut self, file: &'a str, entry: &'a GroupEntry, graph: &mut Graph) {
        if let Some(first) = self.groups.get(entry.id.value.as_str()).copied() {
            self.twice(file, "group", &entry.id, first);
            return;
        }
        self.groups.insert(&entry.id.value, (file, entry.id.at));
        self.known_stores(file, &entry.stores.value);
        let members = &entry.members;
        if members.value.len() > MEMBERS_MAX {
            let message = format!("a group has at most {MEMBERS_MAX} members");
            self.problem(file, members.at, message);
        }
        if members.value.iter().all(|m| m.weight.value == 0) {
            self.problem(file, members.at, "the weights of a group must not all be 0".to_owned());
        }
        for (i, member) in members.value.iter().enumerate() {
            let earlier = members.value.iter().take(i);
            if earlier.into_iter().any(|m| m.channel.value == member.channel.value) {
                let message = format!("`members` names `{}` twice", member.channel.value);
                self.problem(file, member.channel.at, message);
            }
            self.member(file, entry, &member.channel);
        }
        let group = Group {
            id: entry.id.value.clone(),
            name: entry.name.as_ref().unwrap_or(&entry.id).value.clone(),
            stores: entry.stores.value.iter().map(|s| s.value.clone()).collect(),
            mode: entry.mode.value,
            members: members
                .value
                .iter()
                .map(|m| GroupMember {
                    channel: m.channel.value.clone(),
                    weight: m.weight.value,
                })
                .collect(),
        };
        graph.groups.insert(group.id.clone(), Arc::new(group));
    }

    fn member(&mut self, file: &str, group: &GroupEntry, key: &At<String>) {
        let Some((_, channel)) = self.channels.get(key.value.as_str()).copied() else {
            if self.judge_references {
                let hint = did_you_mean(&key.value, self.channels.keys().copied());
                self.problem(file, key.at, format!("unknown channel `{}`{hint}", key.value));
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
            self.problem(file, key.at, message);
        }
        for store in &group.stores.value {
            if !channel.stores.value.iter().any(|s| s.value == store.value) {
                let message = format!(
                    "channel `{}` does not list store `{}`, which may use the group",
                    key.value, store.value
                );
                self.problem(file, key.at, message);
            }
        }
    }
}

/// Only the hint: lists of ids are too long to print.
fn did_you_mean<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> String {
    // Beyond this many the nearest one is more likely chance than help, and looking would take its time.
    nearest(written, words.take(1_000)).map_or_else(String::new, |word| format!(", did you mean `{word}`?"))
}
