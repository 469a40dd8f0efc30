//! `naru unknown`: operations whose outcome no machine could tell, and what people say of them.

use super::admin::{AdminArguments, lines};
use super::{block_on, fail, say};
use bytes::Bytes;
use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Map, Value};
use std::process::ExitCode;

/// What to do at the desk.
#[derive(Debug, Subcommand)]
pub(super) enum UnknownCommand {
    /// Lists open cases, the oldest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        admin: AdminArguments,
    },
    /// Settles a case; who did and why is kept in the journal.
    Rule(RuleArguments),
}

/// A ruling.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Case, as the list names it.
    id: String,
    /// What is decided.
    #[arg(long, value_enum)]
    decision: DecisionWord,
    /// PG's transaction id, for `adopt`: the PG is asked about it first.
    #[arg(long, value_name = "ID")]
    pg_tx_id: Option<String>,
    /// PG's id of the cancellation, for `cancelled`.
    #[arg(long, value_name = "ID")]
    pg_cancellation_id: Option<String>,
    /// Who decides.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    admin: AdminArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DecisionWord {
    /// Look again now.
    Look,
    /// Take over a transaction that the PG confirms.
    Adopt,
    /// It never happened.
    NotDone,
    /// The cancellation was made, or the money went back by another way.
    Cancelled,
}

pub(super) fn run(command: UnknownCommand) -> ExitCode {
    block_on(async {
        let done = match command {
            UnknownCommand::List { limit, admin } => list(limit, &admin).await,
            UnknownCommand::Rule(ruling) => rule(ruling).await,
        };
        match done {
            Ok(text) => {
                say(&text);
                ExitCode::SUCCESS
            }
            Err(error) => fail(error),
        }
    })
}

async fn list(limit: u32, admin: &AdminArguments) -> Result<String, String> {
    let path = format!("/admin/unknown?limit={limit}");
    let answer = admin.call(Method::GET, &path, Bytes::new()).await?;
    let columns = [
        "id",
        "operation",
        "state",
        "ageMs",
        "provider",
        "mid",
        "paymentId",
        "total",
        "pgTxId",
        "lastError",
    ];
    let lines = lines(&answer, &columns);
    Ok(if lines.is_empty() {
        "no operation waits for its outcome".to_owned()
    } else {
        lines.join("\n")
    })
}

async fn rule(ruling: RuleArguments) -> Result<String, String> {
    let word = ruling.decision.to_possible_value().map(|v| v.get_name().to_owned());
    let mut body: Map<String, Value> = [
        ("decision", word),
        ("by", Some(ruling.by)),
        ("reason", Some(ruling.reason)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect();
    for (name, value) in [
        ("pgTxId", ruling.pg_tx_id),
        ("pgCancellationId", ruling.pg_cancellation_id),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), value.into());
        }
    }
    let path = format!("/admin/unknown/{}", ruling.id);
    let body = Value::Object(body).to_string();
    let answer = ruling.admin.call(Method::POST, &path, body.into()).await?;
    Ok(answer.to_string())
}
