//! What a call comes to: fields, or a refusal with its code.

use super::codes;
use super::form::Form;
use super::sign::sign;
use crate::simulators::notices::Notice;
use std::borrow::Cow;

/// Fields of an answer, and what follows from the call.
#[derive(Debug)]
pub(super) struct Done {
    pub fields: Vec<(String, String)>,
    pub notices: Vec<Notice>,
}

pub(super) type Reply = Result<Done, Refusal>;

/// Fields with names that never change.
pub(super) fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl From<Vec<(String, String)>> for Done {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self {
            fields,
            notices: Vec::new(),
        }
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: Cow<'static, str>,
    pub message: Cow<'static, str>,
}

pub(super) fn refusal(code: &'static str) -> Refusal {
    Refusal {
        code: code.into(),
        message: codes::message(code).into(),
    }
}

impl Refusal {
    /// A code that the fault menu orders.
    pub fn ordered(code: &str, message: Option<&str>) -> Self {
        Self {
            code: code.to_owned().into(),
            message: message.map_or_else(|| codes::message(code).into(), |text| text.to_owned().into()),
        }
    }

    /// Names the field that is wrong.
    pub fn about(mut self, field: &str) -> Self {
        self.message = format!("{} ({field})", self.message).into();
        self
    }

    /// The card company's own words.
    pub fn worded(mut self, text: &'static str) -> Self {
        self.message = text.into();
        self
    }

    /// As an answer: what the request named comes back, everything else is empty.
    pub fn fields(&self, form: &Form, cancel: bool) -> Vec<(String, String)> {
        let mut fields = named(&[
            ("ResultCode", &self.code),
            ("ResultMsg", &self.message),
            ("TID", form.text("TID")),
            ("MID", form.text("MID")),
            ("Moid", form.text("Moid")),
            ("Signature", ""),
        ]);
        fields.extend(if cancel {
            named(&[
                ("ErrorCD", &self.code),
                ("ErrorMsg", &self.message),
                ("CancelAmt", ""),
                ("RemainAmt", ""),
                ("CancelNum", ""),
                ("CancelDate", ""),
                ("CancelTime", ""),
                ("PayMethod", ""),
            ])
        } else {
            named(&[("Amt", ""), ("AuthCode", ""), ("AuthDate", ""), ("PayMethod", "")])
        });
        fields
    }

    /// As an error of the browser's script.
    pub fn for_script(&self, field: &str) -> crate::simulators::words::ControlError {
        crate::simulators::words::ControlError::script(&self.code, field, self.message.clone())
    }
}

/// A field that must be there, at most `max` bytes long in EUC-KR.
pub(super) fn need<'a>(form: &'a Form, name: &str, max: usize) -> Result<&'a str, Refusal> {
    form.get(name)
        .filter(|text| codes::width(text) <= max)
        .ok_or_else(|| refusal("9000").about(name))
}

/// Checks `SignData` over the named fields; all of them must be there.
pub(super) fn signed(form: &Form, fields: &[&str], key: &str, code: &'static str) -> Result<(), Refusal> {
    let date = need(form, "EdiDate", 14)?;
    if date.len() != 14 || !date.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refusal("9000").about("EdiDate"));
    }
    let parts = fields
        .iter()
        .map(|name| need(form, name, 64))
        .collect::<Result<Vec<_>, _>>()?;
    if need(form, "SignData", 500)? == sign(&parts, key) {
        Ok(())
    } else {
        Err(refusal(code))
    }
}

/// The four parts of an amount under a tax contract: all of them, with the right sum.
pub(super) fn tax_parts(form: &Form, prefix: &str, amount: i64) -> Result<(), Refusal> {
    let names = match prefix {
        "Receipt" => [
            "ReceiptSupplyAmt",
            "ReceiptVAT",
            "ReceiptServiceAmt",
            "ReceiptTaxFreeAmt",
        ],
        _ => ["SupplyAmt", "GoodsVat", "ServiceAmt", "TaxFreeAmt"],
    };
    let mut sum = 0;
    for name in names {
        sum += form
            .amount(name)
            .ok_or_else(|| Refusal::ordered("1617", Some("과세 구분 금액이 누락되었습니다.")).about(name))?;
    }
    if sum == amount {
        return Ok(());
    }
    Err(Refusal::ordered(
        "1615",
        Some("과세 구분 금액의 합이 거래금액과 다릅니다."),
    ))
}
