//! A billing key, and the only ways its state may change.
//!
//! What merchants hold is our own id. Behind it stand one or more *parts*: the key of one PG for one channel. A key of a
//! channel group ("super billing key") has a part for every channel of the group, and each part is issued and deleted
//! on its own. The state of the whole follows from its parts.

use super::{ChannelRef, Failure, GroupRef, MethodDetail, MethodKind, Millis, Origin};
use serde::{Deserialize, Serialize};

/// State of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartStatus {
    /// The window may be open; the PG was not asked for a key.
    Ready,
    /// The intent to issue is committed; the PG's answer is not. Also while an issue's outcome is not known.
    Issuing,
    /// The PG's key is at hand.
    Issued,
    /// The intent to delete is committed, or its outcome is not known: never charged any more.
    Deleting,
    /// Gone.
    Deleted,
    /// Never issued.
    Failed,
}

/// State of a key, as its parts make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyStatus {
    /// The window may be open.
    Ready,
    /// At least one part has no outcome yet, and none is issued.
    Issuing,
    /// At least one part can be charged or is being deleted.
    Issued,
    /// Nothing can be charged any more.
    Deleted,
    /// No part was ever issued.
    Failed,
}

impl KeyStatus {
    /// Word in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Issuing => "ISSUING",
            Self::Issued => "ISSUED",
            Self::Deleted => "DELETED",
            Self::Failed => "FAILED",
        }
    }
}

/// The key of one PG for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPart {
    /// Channel, frozen: the key lives at that MID only.
    pub channel: ChannelRef,
    /// State.
    pub status: PartStatus,
    /// Our number of the issue at the PG.
    pub order_id: String,
    /// The buyer's name at the PG for this key.
    pub customer_key: String,
    /// The PG's key, sealed; erased with the deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<serde_json::Value>,
    /// Keyed hash of the PG's key: by it a notice that names the key finds it. Stays when the key is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// What the key stands for, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodDetail>,
    /// PG's id of the issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_tx_id: Option<String>,
    /// The PG's answer to the issue, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_response: Option<String>,
    /// Why the issue, or the last deletion, failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Millis>,
}

/// A billing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingKey {
    /// What merchants know it by: `billing-key-<uuid>`.
    pub id: String,
    /// Store.
    pub store_id: String,
    /// Grows by one with each applied event; the ledger refuses a write made on an older one.
    pub version: u64,
    /// What the buyer registers.
    pub method_kind: MethodKind,
    /// Group, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupRef>,
    /// One a channel, in the group's order; never empty.
    pub parts: Vec<KeyPart>,
    /// Customer in PortOne V2's response shape, without nulls.
    pub customer: serde_json::Value,
    /// Merchant's `customData`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<String>,
    /// Merchant's `issueId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_id: Option<String>,
    /// Merchant's `issueName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_name: Option<String>,
    /// Further request members: `noticeUrls`, `skipWebhook`.
    pub extras: serde_json::Map<String, serde_json::Value>,
    /// Where it came from.
    pub origin: Origin,
    /// When it was asked for, ms.
    pub requested_at: Millis,
    /// Last event.
    pub updated_at: Millis,
    /// Last change of the state.
    pub status_changed_at: Millis,
    /// First part issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Millis>,
    /// Last part deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

/// What the PG said of an issued part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartIssued {
    /// The PG's key, sealed.
    pub sealed: serde_json::Value,
    /// Keyed hash of the PG's key.
    pub mark: String,
    /// What it stands for.
    pub method: Option<MethodDetail>,
    /// PG's id of the issue.
    pub pg_tx_id: Option<String>,
    /// PG's answer, masked.
    pub raw: Option<String>,
    /// PG's time, ms.
    pub issued_at: Option<Millis>,
}

/// Something that happened to a part.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyEvent {
    /// The intent to issue is being committed.
    IssueStarted,
    /// The PG issued. Also late truth for a part that counted as failed.
    Issued(Box<PartIssued>),
    /// Nothing was issued that anybody could charge.
    IssueFailed(Failure),
    /// The intent to delete is being committed.
    DeleteStarted,
    /// The key is gone at the PG (or the PG has no deletion and the router forgot it).
    Deleted(Option<Millis>),
    /// The PG refused, or was not reached: the key stands as before.
    DeleteFailed(Failure),
}

/// An event that does not fit the state of the key's part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} does not apply to a billing key's part in state {from:?}")]
pub struct IllegalKeyEvent {
    /// State it was in; `None` if the key has no part of that channel.
    pub from: Option<PartStatus>,
    /// What was tried.
    pub event: &'static str,
}

impl KeyEvent {
    /// Word in the journal.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::IssueStarted => "IssueStarted",
            Self::Issued(_) => "Issued",
            Self::IssueFailed(_) => "IssueFailed",
            Self::DeleteStarted => "DeleteStarted",
            Self::Deleted(_) => "Deleted",
            Self::DeleteFailed(_) => "DeleteFailed",
        }
    }
}

impl BillingKey {
    /// State of the whole.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        let any = |wanted: &[PartStatus]| self.parts.iter().any(|p| wanted.contains(&p.status));
        if any(&[PartStatus::Issued, PartStatus::Deleting]) {
            KeyStatus::Issued
        } else if any(&[PartStatus::Issuing]) {
            KeyStatus::Issuing
        } else if any(&[PartStatus::Ready]) {
            KeyStatus::Ready
        } else if any(&[PartStatus::Deleted]) {
            KeyStatus::Deleted
        } else {
            KeyStatus::Failed
        }
    }

    /// The part of a channel.
    #[must_use]
    pub fn part(&self, channel_key: &str) -> Option<&KeyPart> {
        self.parts.iter().find(|p| p.channel.key == channel_key)
    }

    /// Whether no part waits for the outcome of an issue or a deletion.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let open = [PartStatus::Ready, PartStatus::Issuing, PartStatus::Deleting];
        self.parts.iter().all(|p| !open.contains(&p.status))
    }

    /// Applies an event to the part of a channel.
    ///
    /// # Errors
    /// The event does not fit the part's state; the key is unchanged.
    pub fn apply(&mut self, channel_key: &str, event: &KeyEvent, now: Millis) -> Result<(), IllegalKeyEvent> {
        use PartStatus::{Deleted, Deleting, Failed, Issued, Issuing, Ready};
        let before = self.status();
        let illegal = |from| IllegalKeyEvent {
            from,
            event: event.word(),
        };
        let part = self.parts.iter_mut().find(|p| p.channel.key == channel_key);
        let part = part.ok_or_else(|| illegal(None))?;
        let next = match (part.status, event) {
            (Ready, KeyEvent::IssueStarted) => Issuing,
            (Issuing | Failed, KeyEvent::Issued(_)) => Issued,
            (Ready | Issuing, KeyEvent::IssueFailed(_)) => Failed,
            (Issued, KeyEvent::DeleteStarted) => Deleting,
            // A buyer may remove the key at the wallet: gone without our asking.
            (Issued | Deleting, KeyEvent::Deleted(_)) => Deleted,
            (Deleting, KeyEvent::DeleteFailed(_)) => Issued,
            (from, _) => return Err(illegal(Some(from))),
        };
        part.status = next;
        match event {
            KeyEvent::Issued(issued) => {
                part.sealed = Some(issued.sealed.clone());
                part.mark = Some(issued.mark.clone());
                part.method.clone_from(&issued.method);
                part.pg_tx_id.clone_from(&issued.pg_tx_id);
                part.pg_response.clone_from(&issued.raw);
                part.failure = None;
                part.failed_at = None;
                let at = issued.issued_at.unwrap_or(now);
                self.issued_at = Some(self.issued_at.map_or(at, |first| first.min(at)));
            }
            KeyEvent::IssueFailed(failure) | KeyEvent::DeleteFailed(failure) => {
                part.failure = Some(failure.clone());
                part.failed_at = Some(now);
            }
            KeyEvent::Deleted(at) => {
                part.sealed = None;
                part.failure = None;
                part.failed_at = None;
                let at = at.unwrap_or(now);
                self.deleted_at = Some(self.deleted_at.map_or(at, |last| last.max(at)));
            }
            KeyEvent::IssueStarted | KeyEvent::DeleteStarted => {}
        }
        self.version += 1;
        self.updated_at = now;
        if self.status() != before {
            self.status_changed_at = now;
        }
        Ok(())
    }
}

/// Under this name the V1 API's `customer_uid` stands in the extras of a key and of what it is charged for.
pub const CUSTOMER_UID: &str = "customerUid";

/// Which key, and which schedule, a payment was charged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingRef {
    /// Billing key (our id).
    pub key: String,
    /// Schedule that charged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::sample;
