//! Inquiry (INIAPI v2: "거래조회"): by TID, or by order number where the MID's order numbers are unique.

use super::cancel::undone_at;
use super::sign::credentials;
use super::wire::{Told, doubt, find, millis, read_json, scalar, whole};
use super::{codes, mask, method, rules, send, tables};
use crate::adapters::{
    Call, ChannelRevision, Inquire, Operation, Outcome, PgCancel, PgView, Refusal, Step, UnknownWhy, WireAnswer,
};
use crate::payment::{Approval, CardDetail, Failure, FailureKind, MethodDetail, Status};
use serde_json::{Map, Value, json};

/// The call.
pub(super) fn inquire(command: &Inquire, channel: &ChannelRevision) -> Result<Call, Refusal> {
    let by = match &command.pg_tx_id {
        Some(tid) if rules::is_tid(tid) => ("tid", tid.as_str()),
        Some(_) => return Err(Refusal::new("pgTxId", "is no TID of KG Inicis")),
        // Without that contract the answer is empty whatever happened, and would be read as "nothing there".
        None if !credentials(channel)?.unique_order_ids => {
            let message =
                "KG Inicis is asked by order number only with the contract 주문번호 중복방지 (uniqueOrderIds)";
            return Err(Refusal::new("orderId", message));
        }
        None => ("oid", command.order_id.as_str()),
    };
    send::v2(
        channel,
        Operation::Inquire,
        "inquiry",
        ("inquiry", ""),
        command.at,
        &[by],
    )
}

/// The answer.
pub(super) fn inquired(command: &Inquire, channel: &ChannelRevision, answer: &WireAnswer) -> Step<PgView> {
    let told = match read_json(answer) {
        Ok(told) => told,
        Err(why) => return Step::Done(Outcome::Unknown(why)),
    };
    if told.code() != "SUCCESS" {
        let (code, message) = (told.detail(), told.message());
        if codes::meaning(&code, &message).0 == FailureKind::NotFound {
            return Step::Done(Outcome::Done(PgView::Absent(Failure::new(
                FailureKind::NotFound,
                code,
                message,
            ))));
        }
        return Step::Done(codes::refused(&told));
    }
    Step::Done(view(command, channel, &told).map_or_else(Outcome::Unknown, Outcome::Done))
}

fn view(command: &Inquire, channel: &ChannelRevision, told: &Told) -> Result<PgView, UnknownWhy> {
    let tid = told.text("tid").filter(|t| rules::is_tid(t));
    let tid = tid.ok_or_else(|| doubt("NARU_WRONG_TID", "KG Inicis' answer has no TID"))?;
    if command.pg_tx_id.as_ref().is_some_and(|own| *own != tid) {
        return Err(doubt(
            "NARU_WRONG_TID",
            "KG Inicis' answer is about another TID than the one asked for",
        ));
    }
    let other = |name: &str, own: &str| told.text(name).is_some_and(|value| value != own);
    if other("mid", &channel.spec.mid) {
        return Err(doubt(
            "NARU_WRONG_MID",
            "KG Inicis' answer names another MID than this channel's",
        ));
    }
    let oid = told.text("oid");
    if oid
        .as_ref()
        .map_or(command.pg_tx_id.is_none(), |oid| *oid != command.order_id)
    {
        return Err(doubt(
            "NARU_WRONG_ORDER_ID",
            "KG Inicis' answer names another order than ours, or none",
        ));
    }
    let total = command.amounts.total;
    if told.whole("price") != Some(total) {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("KG Inicis' answer does not say the {total} asked for"),
        ));
    }
    let account = told.value("vacctInfo").and_then(Value::as_object);
    let by_account = told
        .text("paymethod")
        .is_some_and(|m| ["vbank", "vacct"].contains(&m.to_ascii_lowercase().as_str()));
    let waiting = by_account && !deposited(account, total)?;
    let cancels = cancels(told)?;
    let cut: i64 = cancels.iter().map(|c| c.amount).sum();
    let word = told.text("transactionStatus").unwrap_or_default();
    let (balance, status) = match word.as_str() {
        "APPROVAL" if cut == 0 && waiting => (total, Status::VirtualAccountIssued),
        "APPROVAL" if cut == 0 => (total, Status::Paid),
        "PART_CANCEL" if cut > 0 && cut < total => (total - cut, Status::PartialCancelled),
        "PART_CANCEL" if cut == total => (0, Status::Cancelled),
        "CANCEL" | "DEPOSIT_CANCELED" | "REFUND_COMPLETED" if cut <= total => (0, Status::Cancelled),
        _ => {
            let message =
                format!("KG Inicis' answer contradicts itself or is not listed: {word:?} with {cut} cancelled");
            return Err(doubt("NARU_WRONG_STATUS", message));
        }
    };
    let mut cancels = cancels;
    if balance == 0 && cut < total {
        cancels.push(PgCancel {
            id: Some(tid.clone()),
            amount: total - cut,
            at: undone_at(told),
            reason: None,
        });
    }
    Ok(PgView::Held {
        approval: Box::new(approval(command, told, tid, by_account, waiting)),
        balance,
        cancels,
        status,
    })
}

fn member(object: Option<&Map<String, Value>>, name: &str) -> Option<String> {
    object.and_then(|object| find(object, name)).and_then(scalar)
}

/// Whether an account was paid: it has a day and an amount of deposit, and the amount is the right one.
fn deposited(account: Option<&Map<String, Value>>, total: i64) -> Result<bool, UnknownWhy> {
    let status = member(account, "depositStatus")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let amount = member(account, "depositAmount").as_deref().and_then(whole).unwrap_or(0);
    if member(account, "depositDate").is_none() || amount == 0 || status.contains("CANCEL") {
        return Ok(false);
    }
    if amount != total {
        return Err(doubt(
            "NARU_WRONG_AMOUNT",
            format!("KG Inicis says that {amount} were deposited of {total}"),
        ));
    }
    Ok(true)
}

/// Parts that were cancelled, oldest first; none are told in four different ways.
fn cancels(told: &Told) -> Result<Vec<PgCancel>, UnknownWhy> {
    let list: Vec<&Map<String, Value>> = match told.value("partCancelTransInfo") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for entry in list.into_iter().filter(|entry| !entry.is_empty()) {
        let amount = member(Some(entry), "requestPrice").as_deref().and_then(whole);
        let Some(amount) = amount.filter(|a| (1..=1_000_000_000_000).contains(a)) else {
            return Err(doubt(
                "NARU_WRONG_BALANCE",
                "KG Inicis' answer lists a partial cancellation without its amount",
            ));
        };
        let [day, time] = ["requestDate", "requestTime"].map(|n| member(Some(entry), n).unwrap_or_default());
        all.push(PgCancel {
            id: member(Some(entry), "tid"),
            amount,
            at: millis(&format!("{day}{time}")),
            reason: None,
        });
    }
    all.sort_by_key(|cancel| cancel.at);
    Ok(all)
}

/// As much of an approval as the inquiry tells.
fn approval(command: &Inquire, told: &Told, tid: String, by_account: bool, waiting: bool) -> Approval {
    let asked = command.approving.as_ref().map(|a| a.method);
    let word = method::api_word(told, asked.unwrap_or(crate::payment::MethodKind::Card));
    let account = told.value("vacctInfo").and_then(Value::as_object);
    let card = told.value("cardInfo").and_then(Value::as_object);
    let at = told.moment("approvedDate", "approvedTime");
    let mut keep = json!({"paymethod": word});
    if by_account {
        keep["account"] = member(account, "accountNumber").into();
        keep["oid"] = command.order_id.clone().into();
        keep["amount"] = command.amounts.total.into();
    }
    let detail = match word {
        "Vacct" => Some(MethodDetail::VirtualAccount {
            bank: member(account, "bankCode")
                .as_deref()
                .and_then(tables::bank)
                .map(str::to_owned),
            account_number: member(account, "accountNumber").unwrap_or_default(),
            fixed: None,
            remittee: member(account, "accountName"),
            remitter: member(account, "depositName"),
            expires_at: member(account, "validDate").as_deref().and_then(millis),
            issued_at: at,
        }),
        "Card" if command.pg_tx_id.is_none() => Some(MethodDetail::Card(CardDetail {
            approval_number: member(card, "approvedNumber"),
            ..CardDetail::default()
        })),
        _ => None,
    };
    let paid = if by_account {
        let [day, time] = ["depositDate", "depositTime"].map(|n| member(account, n).unwrap_or_default());
        millis(&format!("{day}{time}"))
    } else {
        at
    };
    Approval {
        cash_receipt: None,
        escrow: false,
        receipt_url: Some(method::receipt(&tid)),
        status: if waiting {
            Status::VirtualAccountIssued
        } else {
            Status::Paid
        },
        method: detail,
        approved_at: paid.filter(|_| !waiting),
        raw: Some(mask::masked(&told.body)),
        keep: Some(keep),
        pg_tx_id: tid,
    }
}
