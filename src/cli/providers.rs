//! `naru providers`: the capability table, made from the adapters' descriptors.

use super::{ProvidersArguments, fail, say};
use crate::adapters::registry::ADAPTERS;
use crate::adapters::{Descriptor, Feature, When};
use std::fmt::Write;
use std::process::ExitCode;

pub(super) fn run(arguments: &ProvidersArguments) -> ExitCode {
    let descriptors: Vec<&Descriptor> = ADAPTERS.iter().map(|a| a.descriptor()).collect();
    if !arguments.json {
        say(descriptors.iter().map(|d| table(d)).collect::<String>().trim_end());
        return ExitCode::SUCCESS;
    }
    match serde_json::to_string_pretty(&descriptors) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

/// The word of a feature as the JSON form writes it.
fn word(feature: Feature) -> String {
    match serde_json::to_value(feature) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{feature:?}"),
    }
}

fn table(descriptor: &Descriptor) -> String {
    let names = &descriptor.names;
    let limits = &descriptor.limits;
    let methods: Vec<&str> = descriptor.methods.iter().map(|m| m.as_str()).collect();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{} · {} · {}", names.id, names.ko, names.en);
    let _ = writeln!(out, "  V2 pgProvider    {}", names.v2);
    let _ = writeln!(out, "  V1 pg            {}", names.v1.join(", "));
    let _ = writeln!(out, "  methods          {}", methods.join(", "));
    for (feature, when) in descriptor.features {
        let when = match when {
            When::Yes => "yes".to_owned(),
            When::Contract { note } => format!("by contract: {note}"),
            When::NotYet => "the PG has it, not served yet".to_owned(),
            When::Never { why } => format!("never: {why}"),
        };
        let _ = writeln!(out, "  {:<20} {when}", word(*feature));
    }
    let (least, most) = (limits.order_id_min, limits.order_id_max);
    let _ = writeln!(out, "  order number     {least} to {most} characters");
    let _ = writeln!(out, "  largest amount   {}", limits.amount_max);
    for (method, least) in limits.amount_min {
        let _ = writeln!(out, "  least amount     {least} ({})", method.as_str());
    }
    let _ = writeln!(out, "  currencies       {}", limits.currencies.join(", "));
    let _ = writeln!(
        out,
        "  instalments      from {}, up to {} months",
        limits.installment_min, limits.installment_months_max
    );
    for rule in limits.texts {
        let beyond = if rule.cut { "cut" } else { "refused" };
        let _ = writeln!(
            out,
            "  {:<20} at most {} characters, longer is {beyond}",
            rule.field, rule.chars_max
        );
    }
    for credential in descriptor.credentials {
        let kind = if credential.secret { "secret" } else { "plain" };
        let need = if credential.required { "required" } else { "optional" };
        let _ = writeln!(
            out,
            "  credential {:<12} {need}, {kind}: {} ({})",
            credential.name, credential.description, credential.format
        );
    }
    out.push('\n');
    out
}
