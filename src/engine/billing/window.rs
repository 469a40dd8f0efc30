//! Keys by the PG's window: opening it, what its return means, the exchange, and confirmation by the merchant.

use super::super::attempt::check_feature;
use super::super::exchange::Trail;
use super::super::request::EngineError;
use super::super::{ids, ms, now};
use super::issue::{NewKey, apply, issued};
use super::part::SKIP_WEBHOOK;
use super::{BillingError, Engine, billing, journal, key_hook};
use crate::adapters::{
    ChannelRevision, Device, Feature, IssueKey, Open, OpenKeyRequest, Refusal, WindowReturn, WindowVerdict,
};
use crate::ledger::{AttemptRow, BillingWrite, LedgerError, Write};
use crate::payment::{BillingKey, Failure, FailureKind, KeyEvent, KeyPart, KeyStatus, PartStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Marks tokens of windows for keys, so that one address serves both kinds of windows. A payment's token is shorter.
const PREFIX: &str = "bk-";
/// Characters of a random token.
const RANDOM: usize = 43;

/// What opening a window for a key needs besides the key.
#[derive(Debug, Clone)]
pub struct KeyWindowInput {
    /// Device.
    pub device: Device,
    /// The whole `requestIssueBillingKey` object.
    pub raw: Value,
    /// Public origin of the return URLs.
    pub public_url: String,
    /// Where the merchant wants the result.
    pub redirect_url: Option<String>,
    /// Amount to show, never charged.
    pub display_amount: Option<i64>,
    /// Buyer's phone number.
    pub customer_phone: Option<String>,
}

/// An open window for a key.
#[derive(Debug, Clone)]
pub struct OpenedKey {
    /// The key to be.
    pub key: BillingKey,
    /// Unguessable token of the window: part of the return and result URLs.
    pub token: String,
    /// What the browser must do.
    pub open: Open,
    /// Where the merchant wants the result.
    pub redirect_url: Option<String>,
}

/// How a window for a key stands.
#[derive(Debug, Clone)]
pub enum KeyReturned {
    /// The buyer is still in the window, or the issue's outcome is not known yet.
    Pending(Box<BillingKey>),
    /// Issued, failed, or deleted since.
    Finished {
        /// Key.
        key: Box<BillingKey>,
        /// Where the merchant wants the result.
        redirect_url: Option<String>,
    },
    /// Authenticated; the merchant's server confirms with this token.
    Confirmable {
        /// Key.
        key: Box<BillingKey>,
        /// `billingIssueToken`.
        issue_token: String,
        /// Where the merchant wants the result.
        redirect_url: Option<String>,
    },
}

/// Confirm an issue.
#[derive(Debug, Clone, Default)]
pub struct ConfirmKey {
    /// Store.
    pub store_id: String,
    /// `billingIssueToken` from the browser.
    pub issue_token: String,
    /// Guard: test or live.
    pub is_test: Option<bool>,
    /// No webhook for the success.
    pub skip_webhook: bool,
}

/// What a token leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Token {
    /// An open window.
    KeyWindow {
        expected: Box<IssueKey>,
        open: Box<Open>,
        keep: Option<Value>,
        redirect_url: Option<String>,
        manual: bool,
        issue_token: Option<String>,
    },
    /// An authentication that waits for the merchant; `exchange` is what the window brought, sealed.
    KeyIssue { exchange: Value, expected: Box<IssueKey> },
}

impl Engine {
    /// Whether a token of our own URLs is one of a window for a key.
    #[must_use]
    pub fn is_key_token(token: &str) -> bool {
        token.len() == PREFIX.len() + RANDOM && token.starts_with(PREFIX)
    }

    /// Opens a window for a key.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn open_key_window(
        self: &Arc<Self>,
        channel: Arc<ChannelRevision>,
        new: NewKey,
        input: KeyWindowInput,
    ) -> Result<OpenedKey, EngineError> {
        let at = now();
        check_feature(&channel, Feature::BillingKeyWindow)?;
        let keys = channel.adapter.billing_keys();
        let window = keys.and_then(|keys| keys.by_window()).ok_or_else(|| {
            EngineError::Unsupported(Refusal::new(
                "channelKey",
                "the channel's PG has no window for billing keys",
            ))
        })?;
        let token = ids::token().map_err(|()| EngineError::Storage("no randomness".into()))?;
        let token = format!("{PREFIX}{token}");
        let key = new.row(&[Arc::clone(&channel)], None, "channelKey", at);
        let part = only_part(&key)?;
        let expected = new.command(part, at);
        let request = open_request(&new, &input, &expected, &token);
        let mut trail = Trail::default();
        let registered = match window.register(&request, &channel).map_err(EngineError::Refused)? {
            None => None,
            Some(call) => Some(self.register(&channel, call, &mut trail).await?),
        };
        let opened = window
            .open(&request, &channel, registered.as_ref())
            .map_err(EngineError::Refused)?;
        let doc = to_doc(&Token::KeyWindow {
            expected: Box::new(expected),
            open: Box::new(opened.open.clone()),
            keep: opened.keep.as_ref().map(|keep| self.seal_keep(&key.id, keep)),
            redirect_url: input.redirect_url.clone(),
            manual: channel.spec.manual_confirm,
            issue_token: None,
        })?;
        let row = AttemptRow {
            token: token.clone(),
            transaction_id: key.id.clone(),
            doc,
            expires_at: at + ms(self.options.window_ttl),
        };
        let mut writes = self.revision_write(&channel)?;
        writes.push(billing(BillingWrite::InsertKey(Box::new(key.clone()))));
        writes.push(Write::Attempt(Box::new(row)));
        writes.push(key_hook(&key, "BillingKey.Ready", at));
        writes.push(journal(&key.id, "window", json!({ "exchanges": trail.exchanges })));
        self.ledger.commit(writes).await?;
        self.stored_revisions.insert(channel.revision.clone(), ());
        Ok(OpenedKey {
            key,
            token,
            open: opened.open,
            redirect_url: input.redirect_url,
        })
    }

    /// The open window once more, for the page on our own origin that runs it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a token that is unknown or expired; [`EngineError::InvalidToken`] once it is used.
    pub async fn key_window_open(&self, token: &str) -> Result<OpenedKey, EngineError> {
        let (row, found) = self.key_token(token).await?;
        let Token::KeyWindow {
            open,
            issue_token,
            redirect_url,
            ..
        } = found
        else {
            return Err(EngineError::NotFound);
        };
        if row.expires_at < now() {
            return Err(EngineError::NotFound);
        }
        let key = self.key_of_row(&row).await?;
        if key.status() != KeyStatus::Ready || issue_token.is_some() {
            return Err(EngineError::InvalidToken);
        }
        Ok(OpenedKey {
            key,
            token: token.to_owned(),
            open: *open,
            redirect_url,
        })
    }

    /// The browser came back from a window for a key (or reported failure or closing).
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown or expired token; else see [`EngineError`].
    pub async fn key_window_returned(
        self: &Arc<Self>,
        token: &str,
        back: WindowReturn,
    ) -> Result<KeyReturned, EngineError> {
        let (row, found) = self.key_token(token).await?;
        let Token::KeyWindow {
            expected,
            keep,
            redirect_url,
            manual,
            issue_token,
            ..
        } = found
        else {
            return Err(EngineError::NotFound);
        };
        let key = self.key_of_row(&row).await?;
        if key.status() != KeyStatus::Ready {
            return self.key_joined(key, redirect_url).await;
        }
        if let Some(issue_token) = issue_token {
            return Ok(confirmable(key, issue_token, redirect_url));
        }
        if row.expires_at < now() {
            return Err(EngineError::NotFound);
        }
        let part = &only_part(&key)?.channel;
        let channel = self.exact_revision(&part.key, &part.revision).await?;
        let keys = channel.adapter.billing_keys();
        let window = keys.and_then(|keys| keys.by_window()).ok_or(EngineError::NotFound)?;
        let keep = self.open_keep(&key.id, keep.as_ref());
        match window.returned(&back, &expected, keep.as_ref(), &channel) {
            WindowVerdict::Failed(failure) => self.fail_key(key, failure, redirect_url).await,
            WindowVerdict::Tampered(refusal) => {
                tracing::warn!(
                    target: "naru::security", billing_key = key.id, channel = part.key, field = refusal.field,
                    "a window's return does not match what was stored; nothing is issued"
                );
                let failure = Failure::new(FailureKind::Tampered, "NARU_RETURN_TAMPERED", refusal.to_string());
                self.fail_key(key, failure, redirect_url).await
            }
            WindowVerdict::Authenticated { token: proof, .. } if manual => {
                let issue_token = self.await_confirmation(&row, &key, proof, *expected).await?;
                Ok(confirmable(key, issue_token, redirect_url))
            }
            WindowVerdict::Authenticated { token: proof, .. } => {
                let id = key.id.clone();
                let command = IssueKey {
                    token: proof,
                    ..*expected
                };
                match self.exchange_key(key, channel, command).await {
                    Ok(key) => Ok(standing(key, redirect_url)),
                    Err(EngineError::Outstanding(_)) => {
                        let key = self.ledger.billing_key(&id).await?.ok_or(EngineError::NotFound)?;
                        Ok(KeyReturned::Pending(Box::new(key)))
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// How the key behind a window's token stands now.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown token.
    pub async fn key_window_result(&self, token: &str) -> Result<KeyReturned, EngineError> {
        let (row, found) = self.key_token(token).await?;
        let Token::KeyWindow {
            redirect_url,
            issue_token,
            ..
        } = found
        else {
            return Err(EngineError::NotFound);
        };
        let key = self.key_of_row(&row).await?;
        Ok(match (key.status(), issue_token) {
            (KeyStatus::Ready, Some(issue_token)) => confirmable(key, issue_token, redirect_url),
            _ => standing(key, redirect_url),
        })
    }

    /// Issues what the buyer authenticated, on the merchant's word.
    ///
    /// # Errors
    /// [`BillingError::KeyNotFound`] for an unknown token, [`BillingError::KeyIssued`] if it was used.
    pub async fn confirm_key(self: &Arc<Self>, request: ConfirmKey) -> Result<BillingKey, EngineError> {
        let unknown = |_| EngineError::from(BillingError::KeyNotFound);
        let (row, found) = self.key_token(&request.issue_token).await.map_err(unknown)?;
        let Token::KeyIssue { exchange, expected } = found else {
            return Err(BillingError::KeyNotFound.into());
        };
        let mut key = self.key_of_row(&row).await.map_err(unknown)?;
        if key.store_id != request.store_id {
            return Err(BillingError::KeyNotFound.into());
        }
        let part = only_part(&key)?.channel.clone();
        if request.is_test.is_some_and(|test| test == part.live) {
            return Err(EngineError::Mismatch("isTest"));
        }
        match key.status() {
            KeyStatus::Ready if row.expires_at >= now() => {}
            KeyStatus::Issuing => {
                return issued(self.wait_key(&key.id, self.deadline(), BillingKey::is_settled).await?);
            }
            KeyStatus::Issued | KeyStatus::Deleted => return Err(BillingError::KeyIssued.into()),
            KeyStatus::Ready | KeyStatus::Failed => return Err(BillingError::KeyNotFound.into()),
        }
        let token = self
            .open_keep(&key.id, Some(&exchange))
            .ok_or(BillingError::KeyNotFound)?;
        let channel = self.exact_revision(&part.key, &part.revision).await?;
        if request.skip_webhook {
            key.extras.insert(SKIP_WEBHOOK.to_owned(), true.into());
        }
        issued(self.exchange_key(key, channel, IssueKey { token, ..*expected }).await?)
    }

    /// Fails a key whose PG was never asked for it. If the row changed meanwhile, its truth stands.
    async fn fail_key(
        &self,
        stored: BillingKey,
        failure: Failure,
        redirect_url: Option<String>,
    ) -> Result<KeyReturned, EngineError> {
        let at = now();
        let mut key = stored.clone();
        let channel = only_part(&key)?.channel.key.clone();
        let doc = json!({ "event": "IssueFailed", "kind": failure.kind, "code": failure.code });
        apply(&mut key, &channel, &KeyEvent::IssueFailed(failure), at)?;
        let writes = vec![
            billing(BillingWrite::UpdateKey {
                key: Box::new(key.clone()),
                expected: stored.version,
            }),
            key_hook(&key, "BillingKey.Failed", at),
            journal(&key.id, "return", doc),
        ];
        match self.ledger.commit(writes).await {
            Ok(()) => {
                self.waiters.wake(&key.id);
                Ok(standing(key, redirect_url))
            }
            Err(LedgerError::Stale) => self.key_joined(stored, redirect_url).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Stores an authentication until the merchant confirms it, under a token of its own.
    async fn await_confirmation(
        &self,
        row: &AttemptRow,
        key: &BillingKey,
        proof: Value,
        expected: IssueKey,
    ) -> Result<String, EngineError> {
        let issue_token = ids::token().map_err(|()| EngineError::Storage("no randomness".into()))?;
        let waiting = AttemptRow {
            token: issue_token.clone(),
            doc: to_doc(&Token::KeyIssue {
                exchange: self.seal_keep(&key.id, &proof),
                expected: Box::new(expected),
            })?,
            ..row.clone()
        };
        let mut window = row.clone();
        if let Some(doc) = window.doc.as_object_mut() {
            doc.insert("issueToken".to_owned(), issue_token.clone().into());
        }
        let writes = vec![
            Write::Attempt(Box::new(waiting)),
            Write::Attempt(Box::new(window)),
            journal(
                &key.id,
                "return",
                json!({ "event": "Authenticated", "waitsFor": "confirm" }),
            ),
        ];
        self.ledger.commit(writes).await?;
        Ok(issue_token)
    }

    /// A return for a key that is past its window: what became of it.
    async fn key_joined(&self, stored: BillingKey, redirect_url: Option<String>) -> Result<KeyReturned, EngineError> {
        match self.wait_key(&stored.id, self.deadline(), BillingKey::is_settled).await {
            Ok(key) => Ok(standing(key, redirect_url)),
            Err(EngineError::Outstanding(_)) => Ok(KeyReturned::Pending(Box::new(stored))),
            Err(error) => Err(error),
        }
    }

    async fn key_token(&self, token: &str) -> Result<(AttemptRow, Token), EngineError> {
        let row = self.ledger.attempt(token).await?.ok_or(EngineError::NotFound)?;
        // A payment's token leads to another kind of row: unknown here.
        let found = Token::deserialize(&row.doc).map_err(|_| EngineError::NotFound)?;
        Ok((row, found))
    }

    async fn key_of_row(&self, row: &AttemptRow) -> Result<BillingKey, EngineError> {
        let key = self.ledger.billing_key(&row.transaction_id).await?;
        key.ok_or(EngineError::NotFound)
    }
}

/// The part of a key that a window is for: it has no other.
fn only_part(key: &BillingKey) -> Result<&KeyPart, EngineError> {
    let part = key.parts.first();
    part.ok_or_else(|| EngineError::Storage(format!("billing key {} has no part", key.id)))
}

fn to_doc(token: &Token) -> Result<Value, EngineError> {
    serde_json::to_value(token).map_err(|error| EngineError::Storage(error.to_string()))
}

fn open_request(new: &NewKey, input: &KeyWindowInput, expected: &IssueKey, token: &str) -> OpenKeyRequest {
    OpenKeyRequest {
        order_id: expected.order_id.clone(),
        customer_key: expected.customer_key.clone(),
        name: new.issue_name.clone(),
        method: new.method,
        display_amount: input.display_amount,
        device: input.device,
        customer_name: new.customer_name.clone(),
        customer_email: new.customer_email.clone(),
        customer_phone: input.customer_phone.clone(),
        customer_id: expected.customer_id.clone(),
        at: expected.at,
        return_url: format!("{}/checkout/return/{token}", input.public_url.trim_end_matches('/')),
        raw: input.raw.clone(),
    }
}

fn confirmable(key: BillingKey, issue_token: String, redirect_url: Option<String>) -> KeyReturned {
    KeyReturned::Confirmable {
        key: Box::new(key),
        issue_token,
        redirect_url,
    }
}

fn standing(key: BillingKey, redirect_url: Option<String>) -> KeyReturned {
    let open = [PartStatus::Ready, PartStatus::Issuing];
    let pending = key.parts.iter().any(|p| open.contains(&p.status));
    let key = Box::new(key);
    if pending {
        return KeyReturned::Pending(key);
    }
    KeyReturned::Finished { key, redirect_url }
}
