//! The entries, one function each, in the order of the format.

use super::super::file::{
    ApiSecretEntry, At, ChannelEntry, File, GroupEntry, Hidden, IN_FLIGHT_MAX, MemberEntry, Named, StoreEntry,
    TIMEOUT_MS, TimeoutsEntry, WEIGHT_MAX,
};
use super::super::problem::{Lines, Pos, suggest};
use super::super::profile::{CheckoutMethod, ProfileEntry, ProfileMethodEntry};
use super::super::rule::RuleEntry;
use super::super::v1::{V1Entry, V1KeyEntry};
use super::super::webhooks::WebhookEntry;
use super::{Decoded, Decoder, Fields, Value};
use toml::de::DeTable;

const MODES: &[&str] = &["test", "live"];
const STATES: &[&str] = &["active", "retired"];
const METHODS: &[&str] = &[
    "CARD",
    "TRANSFER",
    "VIRTUAL_ACCOUNT",
    "GIFT_CERTIFICATE",
    "MOBILE",
    "EASY_PAY",
];
/// Longest display name, characters.
const NAME_MAX: usize = 200;
/// Longest key or id, characters.
const ID_MAX: usize = 100;

/// Reads a file's text, or one piece of it; `whole` says which. With syntax errors nothing else is judged: what was recovered may not be what was meant.
pub(in super::super) fn file(name: &str, text: &str, whole: bool) -> Decoded {
    let mut decoder = Decoder {
        name,
        lines: Lines::new(text),
        problems: Vec::new(),
        lost: false,
    };
    let mut file = File::default();
    if whole && text.trim().is_empty() {
        // Editors and copy tools truncate before they write; an empty file would silently drop every channel in it.
        decoder.lost = true;
        decoder.problem(Pos::default(), "the file is empty; delete it if it is not needed");
    } else {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = decoder.at(error.span().unwrap_or(text.len()..text.len()));
            decoder.problem(at, error.message());
        }
        if errors.is_empty() {
            file = top(&mut decoder, table.get_ref());
        } else {
            decoder.lost = true;
        }
    }
    Decoded {
        file,
        problems: decoder.problems,
        lost: decoder.lost,
    }
}

fn top(decoder: &mut Decoder<'_>, table: &DeTable<'_>) -> File {
    let mut file = File::default();
    for (key, value) in table {
        let name: &str = key.get_ref();
        match name {
            "store" => file.store = tables(decoder, name, value, store),
            "channel" => file.channel = tables(decoder, name, value, channel),
            "group" => file.group = tables(decoder, name, value, group),
            _ => {
                let hint = suggest(name, ["store", "channel", "group"]);
                let at = decoder.at(key.span());
                decoder.lost = true;
                decoder.problem(at, format!("unknown key `{name}`{hint}"));
            }
        }
    }
    file
}

/// An array of tables; entries that cannot be read are lost.
fn tables<T>(
    decoder: &mut Decoder<'_>,
    key: &str,
    value: &Value<'_>,
    entry: impl Fn(&mut Decoder<'_>, &Value<'_>) -> Option<T>,
) -> Vec<T> {
    if value.get_ref().is_table() {
        let at = decoder.at(value.span());
        decoder.lost = true;
        decoder.problem(at, format!("write `[[{key}]]` with two brackets: there can be several"));
        return Vec::new();
    }
    let mut lost = false;
    let entries = decoder.items(key, value, |d, v| {
        let entry = entry(d, v);
        lost |= entry.is_none();
        entry
    });
    decoder.lost |= lost || entries.is_none();
    entries.map_or_else(Vec::new, |entries| entries.value)
}

impl Decoder<'_> {
    /// A key or id: it stands in URLs, labels and log lines.
    fn id(&mut self, key: &str, value: &Value<'_>) -> Option<At<String>> {
        let text = self.text(key, value)?;
        let fits = text.value.len() <= ID_MAX
            && text
                .value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !fits {
            self.problem(
                text.at,
                format!("`{key}` must be at most {ID_MAX} letters, digits, `-`, `_`, `.`"),
            );
            return None;
        }
        Some(text)
    }

    fn name(&mut self, key: &str, value: &Value<'_>) -> Option<At<String>> {
        let text = self.text(key, value)?;
        if text.value.chars().count() > NAME_MAX || text.value.chars().any(char::is_control) {
            self.problem(
                text.at,
                format!("`{key}` must be at most {NAME_MAX} characters on one line"),
            );
            return None;
        }
        Some(text)
    }

    fn ids(&mut self, key: &str, value: &Value<'_>) -> Option<At<Vec<At<String>>>> {
        let ids = self.items(key, value, |d, v| d.id(key, v))?;
        for (i, id) in ids.value.iter().enumerate() {
            if ids.value.iter().take(i).any(|earlier| earlier.value == id.value) {
                self.problem(id.at, format!("`{key}` names `{}` twice", id.value));
            }
        }
        Some(ids)
    }

    fn hidden(&mut self, key: &str, value: &Value<'_>) -> Option<At<Hidden>> {
        self.text(key, value).map(|text| At {
            at: text.at,
            value: Hidden(text.value),
        })
    }

    /// A table of strings whose keys are judged later.
    fn named<T>(
        &mut self,
        what: &str,
        value: &Value<'_>,
        read: impl Fn(&mut Self, &str, &Value<'_>) -> Option<At<T>>,
    ) -> Option<Named<T>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(what, value, "a table");
            return None;
        };
        let mut named = Vec::with_capacity(table.len());
        for (key, value) in table {
            let name: &str = key.get_ref();
            let at = self.at(key.span());
            let value = read(self, name, value);
            let key = At {
                at,
                value: name.to_owned(),
            };
            named.push((key, value));
        }
        Some(Named(named))
    }
}

fn store(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<StoreEntry> {
    let mut f = Fields::open(decoder, "store", value)?;
    let id = f.required("id", |d, v| d.id("id", v));
    let merchant_id = f.required("merchant_id", |d, v| d.id("merchant_id", v));
    let name = f.optional("name", |d, v| d.name("name", v));
    let api_secrets = f.required("api_secrets", |d, v| d.items("api_secrets", v, api_secret));
    let webhooks = f.optional("webhooks", |d, v| d.items("webhooks", v, webhook));
    let v1 = f.optional("v1", v1);
    let profiles = f.optional("checkout_profiles", |d, v| d.items("checkout_profiles", v, profile));
    f.finish();
    Some(StoreEntry {
        id: id?,
        merchant_id: merchant_id?,
        name,
        api_secrets: api_secrets?,
        webhooks: webhooks.map_or_else(Vec::new, |webhooks| webhooks.value),
        v1,
        checkout_profiles: profiles.map_or_else(Vec::new, |profiles| profiles.value),
    })
}

fn profile(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<ProfileEntry> {
    let mut f = Fields::open(decoder, "checkout_profiles", value)?;
    let key = f.required("key", |d, v| d.id("key", v));
    let methods = f.required("methods", |d, v| d.items("methods", v, profile_method));
    f.finish();
    Some(ProfileEntry {
        key: key?,
        methods: methods?,
    })
}

fn profile_method(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<ProfileMethodEntry> {
    let mut f = Fields::open(decoder, "methods", value)?;
    let method = f.required("method", |d, v| d.word("method", v, &CheckoutMethod::WORDS));
    let channel = f.required("channel", |d, v| d.id("channel", v));
    f.finish();
    Some(ProfileMethodEntry {
        method: method?,
        channel: channel?,
    })
}

fn v1(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<V1Entry> {
    let mut f = Fields::open(decoder, "v1", value)?;
    let user_code = f.optional("user_code", |d, v| d.id("user_code", v));
    let keys = f.required("keys", |d, v| d.items("keys", v, v1_key));
    let default_channel = f.optional("default_channel", |d, v| d.id("default_channel", v));
    let include_sandbox = f.optional("include_sandbox", |d, v| d.flag("include_sandbox", v));
    let cancel_webhooks = f.optional("cancel_webhooks", |d, v| d.flag("cancel_webhooks", v));
    f.finish();
    Some(V1Entry {
        user_code,
        keys: keys?,
        default_channel,
        include_sandbox,
        cancel_webhooks,
    })
}

fn v1_key(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<V1KeyEntry> {
    let mut f = Fields::open(decoder, "keys", value)?;
    let key = f.required("key", |d, v| d.id("key", v));
    let sha256 = f.optional("sha256", |d, v| d.text("sha256", v));
    let secret = f.optional("secret", |d, v| d.hidden("secret", v));
    let expires_at = f.optional("expires_at", |d, v| d.time("expires_at", v));
    f.finish();
    Some(V1KeyEntry {
        key: key?,
        sha256,
        secret,
        expires_at,
    })
}

fn webhook(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<WebhookEntry> {
    let mut f = Fields::open(decoder, "webhooks", value)?;
    let url = f.text("url");
    let version = f.optional("version", |d, v| {
        d.word("version", v, &["2024-04-25", "2024-01-01", "v1"])
    });
    let content_type = f.optional("content_type", |d, v| d.word("content_type", v, &["json", "form"]));
    let mode = f.optional("mode", |d, v| d.word("mode", v, &["live", "test", "both"]));
    let secrets = f.optional("secrets", |d, v| d.items("secrets", v, |d, v| d.hidden("secrets", v)));
    let events = f.optional("events", |d, v| d.items("events", v, |d, v| d.text("events", v)));
    let ordered = f.optional("ordered", |d, v| d.flag("ordered", v));
    let allow_private = f.optional("allow_private", |d, v| d.flag("allow_private", v));
    let retry = f.optional("retry", |d, v| d.word("retry", v, &["standard", "long"]));
    f.finish();
    Some(WebhookEntry {
        url: url?,
        version,
        content_type,
        mode,
        secrets,
        events,
        ordered,
        allow_private,
        retry,
    })
}

fn api_secret(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<ApiSecretEntry> {
    let mut f = Fields::open(decoder, "api_secrets", value)?;
    let name = f.required("name", |d, v| d.name("name", v));
    let sha256 = f.optional("sha256", |d, v| d.text("sha256", v));
    let secret = f.optional("secret", |d, v| d.hidden("secret", v));
    let expires_at = f.optional("expires_at", |d, v| d.time("expires_at", v));
    f.finish();
    Some(ApiSecretEntry {
        name: name?,
        sha256,
        secret,
        expires_at,
    })
}

fn channel(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<ChannelEntry> {
    let mut f = Fields::open(decoder, "channel", value)?;
    let key = f.required("key", |d, v| d.id("key", v));
    let name = f.optional("name", |d, v| d.name("name", v));
    let provider = f.text("provider");
    let mode = f.required("mode", |d, v| d.word("mode", v, MODES));
    let state = f.optional("state", |d, v| d.word("state", v, STATES));
    let mid = f.text("mid");
    let stores = f.required("stores", |d, v| d.ids("stores", v));
    let methods = f.optional("methods", |d, v| {
        d.items("methods", v, |d, v| d.word("methods", v, METHODS))
    });
    let manual_confirm = f.optional("manual_confirm", |d, v| d.flag("manual_confirm", v));
    let credentials = f.optional("credentials", |d, v| d.named("credentials", v, Decoder::hidden));
    let endpoints = f.optional("endpoints", |d, v| d.named("endpoints", v, Decoder::text));
    let timeouts_ms = f.optional("timeouts_ms", timeouts);
    let in_flight_max = f.optional("in_flight_max", |d, v| d.number("in_flight_max", v, 1..=IN_FLIGHT_MAX));
    let effective_at = f.optional("effective_at", |d, v| d.time("effective_at", v));
    f.finish();
    Some(ChannelEntry {
        key: key?,
        name,
        provider: provider?,
        mode: mode?,
        state,
        mid: mid?,
        stores: stores?,
        methods,
        manual_confirm,
        credentials: credentials.unwrap_or_default(),
        endpoints: endpoints.unwrap_or_default(),
        timeouts_ms,
        in_flight_max,
        effective_at,
    })
}

fn timeouts(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<TimeoutsEntry> {
    let mut f = Fields::open(decoder, "timeouts_ms", value)?;
    let mut ms = |key: &'static str| f.optional(key, |d, v| d.number(key, v, TIMEOUT_MS));
    let timeouts = TimeoutsEntry {
        register: ms("register"),
        approve: ms("approve"),
        instant: ms("instant"),
        cancel: ms("cancel"),
        inquire: ms("inquire"),
        net_cancel: ms("net_cancel"),
        issue_billing_key: ms("issue_billing_key"),
        charge_billing_key: ms("charge_billing_key"),
        delete_billing_key: ms("delete_billing_key"),
    };
    f.finish();
    Some(timeouts)
}

fn group(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<GroupEntry> {
    let mut f = Fields::open(decoder, "group", value)?;
    let id = f.required("id", |d, v| d.id("id", v));
    let name = f.optional("name", |d, v| d.name("name", v));
    let mode = f.required("mode", |d, v| d.word("mode", v, MODES));
    let stores = f.required("stores", |d, v| d.ids("stores", v));
    let members = f.required("members", |d, v| d.items("members", v, member));
    let rules = f.optional("rules", |d, v| d.items("rules", v, rule));
    let sticky = f.optional("sticky", |d, v| d.word("sticky", v, &["payment", "customer"]));
    f.finish();
    Some(GroupEntry {
        id: id?,
        name,
        mode: mode?,
        stores: stores?,
        members: members?,
        rules: rules.map_or_else(Vec::new, |rules| rules.value),
        sticky,
    })
}

fn rule(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<RuleEntry> {
    let mut f = Fields::open(decoder, "rules", value)?;
    let name = f.required("name", |d, v| d.name("name", v));
    let methods = f.optional("methods", |d, v| {
        d.items("methods", v, |d, v| d.word("methods", v, METHODS))
    });
    let min_amount = f.optional("min_amount", |d, v| d.number("min_amount", v, 0..=u32::MAX));
    let max_amount = f.optional("max_amount", |d, v| d.number("max_amount", v, 0..=u32::MAX));
    let currencies = f.optional("currencies", |d, v| d.ids("currencies", v));
    let devices = f.optional("devices", |d, v| {
        d.items("devices", v, |d, v| d.word("devices", v, &["pc", "mobile", "api"]))
    });
    let stores = f.optional("stores", |d, v| d.ids("stores", v));
    let wallets = f.optional("wallets", |d, v| d.ids("wallets", v));
    let card_issuers = f.optional("card_issuers", |d, v| d.ids("card_issuers", v));
    let card_bins = f.optional("card_bins", |d, v| d.ids("card_bins", v));
    let hours = f.optional("hours", |d, v| d.text("hours", v));
    let members = f.required("members", |d, v| d.items("members", v, member));
    f.finish();
    Some(RuleEntry {
        name: name?,
        methods,
        min_amount,
        max_amount,
        currencies,
        devices,
        stores,
        wallets,
        card_issuers,
        card_bins,
        hours,
        members: members?,
    })
}

fn member(decoder: &mut Decoder<'_>, value: &Value<'_>) -> Option<MemberEntry> {
    let mut f = Fields::open(decoder, "members", value)?;
    let channel = f.required("channel", |d, v| d.id("channel", v));
    let weight = f.required("weight", |d, v| d.number("weight", v, 0..=WEIGHT_MAX));
    f.finish();
    Some(MemberEntry {
        channel: channel?,
        weight: weight?,
    })
}
