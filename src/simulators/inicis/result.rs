//! What approvals answer: JSON, XML or pairs on the PC's hosts; a flat text on the mobile ones.

use super::form::{Form, flat, named};
use super::merchants::Merchant;
use super::payment::{Card, Means, Method, Payment};
use crate::simulators::clock::compact;
use crate::simulators::pg::Answer;
use encoding_rs::Encoding;
use http::StatusCode;
use serde_json::{Map, Value};

/// Writes the fields of a PC answer as it was asked for.
pub(super) fn pc_answer(form: &Form, merchant: Option<&Merchant>, mut fields: Vec<(String, String)>) -> Answer {
    let shaped = |word: &str| merchant.is_some_and(|m| m.shaped(word));
    if shaped("extra-keys") {
        fields.extend(named(&[("NEW_Member", "x"), ("p_SubCnt", "")]));
    }
    let charset: &'static Encoding = if shaped("euc-kr-always") {
        encoding_rs::EUC_KR
    } else {
        super::form::charset(form.text("charset"))
    };
    let text = match form.text("format") {
        "NVP" => flat(&fields),
        "JSON" => {
            let map: Map<String, Value> = fields.into_iter().map(|(n, v)| (n, Value::String(v))).collect();
            let value = Value::Object(map);
            if shaped("pretty") {
                serde_json::to_string_pretty(&value).unwrap_or_default()
            } else {
                value.to_string()
            }
        }
        _ => {
            let members: String = fields
                .iter()
                .map(|(n, v)| format!("<{n}>{}</{n}>", crate::simulators::html::escape(v)))
                .collect();
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><result>{members}</result>")
        }
    };
    let kind = if charset == encoding_rs::UTF_8 {
        "application/json;charset=UTF-8"
    } else {
        "application/json;charset=EUC-KR"
    };
    Answer::new(StatusCode::OK, kind, charset.encode(&text).0.into_owned())
}

fn flag(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

/// The answer to a PC approval.
pub(super) fn pc_fields(p: &Payment, m: &Merchant, total: i64, signature: &str) -> Vec<(String, String)> {
    let at = compact(p.approved_at);
    let (date, time) = at.split_at(8);
    let word = match &p.means {
        Means::Card(card) if card.isp => "VCard",
        _ => p.method.pc_word(),
    };
    let order = &p.order;
    let mut fields = named(&[
        ("resultCode", "0000"),
        ("resultMsg", "정상처리되었습니다."),
        ("tid", &p.tid),
        ("mid", &p.mid),
        ("MOID", &order.oid),
        ("TotPrice", &total.to_string()),
        ("goodName", &order.goods),
        ("goodsName", &order.goods),
        ("payMethod", word),
        ("applNum", &p.auth_no),
        ("applDate", date),
        ("applTime", time),
        ("EventCode", ""),
        ("buyerName", &order.buyer_name),
        ("buyerTel", &order.buyer_tel),
        ("buyerEmail", &order.buyer_email),
        ("custEmail", &order.buyer_email),
        ("currency", "WON"),
        ("payDevice", "PC"),
        ("FlgNotiSendChk", ""),
        ("authSignature", signature),
    ]);
    fields.extend(match &p.means {
        Means::Card(card) => pc_card(card, p, m),
        Means::Bank(code, _) => named(&[
            ("ACCT_BankCode", code),
            ("ACCT_Name", &order.buyer_name),
            ("CSHR_ResultCode", ""),
            ("CSHR_Type", ""),
        ]),
        Means::Vbank { bank, number, due } => {
            let due = compact(*due);
            named(&[
                ("VACT_Num", number),
                ("VACT_BankCode", bank.0),
                ("vactBankName", bank.1),
                ("VACT_Name", "（주）케이지이니시스"),
                ("VACT_InputName", &order.buyer_name),
                ("VACT_Date", due.get(..8).unwrap_or_default()),
                ("VACT_Time", due.get(8..).unwrap_or_default()),
            ])
        }
        Means::Phone(carrier) => named(&[("HPP_Num", "010****5678"), ("HPP_Corp", carrier)]),
        Means::Gift if p.method == Method::Culture => named(&[("CULT_UserID", "naru****")]),
        Means::Gift => Vec::new(),
    });
    fields
}

fn pc_card(card: &Card, p: &Payment, m: &Merchant) -> Vec<(String, String)> {
    let number = card_number(card, m);
    let part = flag(card.part && m.partial);
    let mut fields = named(&[
        ("CARD_Num", &number),
        ("CARD_Quota", &card.quota),
        ("CARD_Interest", "0"),
        ("CARD_Code", card.code),
        ("CARD_BankCode", card.bank),
        ("CARD_CorpFlag", flag(card.corporate)),
        ("CARD_CheckFlag", flag(card.check)),
        ("CARD_PRTC_CODE", part),
        ("CARD_PrtcCode", part),
        ("CARD_PurchaseCode", card.code),
        ("CARD_PurchaseName", card.name),
        ("CARD_MemberNum", ""),
        ("CARD_TerminalNum", ""),
        ("CARD_SrcCode", card.source),
        ("CARD_Point", ""),
        ("CARD_UsePoint", ""),
        ("CARD_CouponPrice", &p.order.amount.to_string()),
        ("CARD_CouponDiscount", "0"),
        ("CARD_ApplPrice", &p.order.amount.to_string()),
        ("P_FN_NM", card.name),
        ("OrgPrice", ""),
    ]);
    if let Some(key) = &p.bill_key {
        fields.extend(named(&[("CARD_BillKey", key)]));
    }
    fields
}

/// As answers tell it; some answers give twelve digits without a mask.
fn card_number(card: &Card, m: &Merchant) -> String {
    if m.shaped("bare-card-number") && !card.number.starts_with('*') {
        return "910012345678".to_owned();
    }
    card.number.clone()
}

/// The answer to a mobile approval. Values stand there as they are.
pub(super) fn mobile_fields(p: &Payment, m: &Merchant) -> Vec<(String, String)> {
    let order = &p.order;
    let (kind, first, quota) = match &p.means {
        Means::Card(card) if card.isp => ("ISP", card.code, card.quota.as_str()),
        Means::Card(card) => ("CARD", card.code, card.quota.as_str()),
        Means::Bank(code, _) => (p.method.mobile_word(), *code, ""),
        _ => (p.method.mobile_word(), "", ""),
    };
    let name = if m.shaped("name-ampersands") {
        format!("{}&&", order.buyer_name)
    } else {
        order.buyer_name.clone()
    };
    let next = if m.shaped("next-url-keys") {
        format!("{}&key=1&name=%25EA", order.return_url)
    } else {
        order.return_url.clone()
    };
    let amount = order.amount.to_string();
    let mut fields = named(&[
        ("P_STATUS", "00"),
        ("P_AUTH_DT", &compact(p.approved_at)),
        ("P_AUTH_NO", &p.auth_no),
        ("P_RMESG1", "성공적으로 처리 하였습니다."),
        ("P_RMESG2", quota),
        ("P_TID", &p.tid),
        ("P_FN_CD1", first),
        ("P_AMT", &amount),
        ("P_TYPE", kind),
        ("P_UNAME", &name),
        ("P_MID", &p.mid),
        ("P_OID", &order.oid),
        ("P_NOTI", &order.echo),
        ("P_NEXT_URL", &next),
        ("P_MNAME", ""),
        ("P_NOTEURL", order.noti_url.as_deref().unwrap_or_default()),
    ]);
    fields.extend(match &p.means {
        Means::Card(card) => named(&[
            ("P_CARD_MEMBER_NUM", ""),
            ("P_CARD_NUM", &card_number(card, m)),
            ("P_CARD_ISSUER_CODE", card.bank),
            ("P_CARD_PURCHASE_CODE", card.code),
            ("P_CARD_PRTC_CODE", flag(card.part && m.partial)),
            ("P_CARD_INTEREST", "0"),
            ("P_CARD_CHECKFLAG", flag(card.check)),
            ("P_CARD_ISSUER_NAME", card.name),
            ("P_CARD_PURCHASE_NAME", card.name),
            ("P_FN_NM", card.name),
            ("CARD_CorpFlag", flag(card.corporate)),
            ("P_SRC_CODE", card.source),
            ("P_CARD_APPLPRICE", &amount),
            ("P_CARD_USEPOINT", "000000000000"),
        ]),
        Means::Bank(_, name) => named(&[("P_FN_NM", name)]),
        Means::Vbank { bank, number, due } => {
            let due = compact(*due);
            named(&[
                ("P_VACT_NUM", number),
                ("P_VACT_BANK_CODE", bank.0),
                ("P_FN_NM", bank.1),
                ("P_VACT_DATE", due.get(..8).unwrap_or_default()),
                ("P_VACT_TIME", due.get(8..).unwrap_or_default()),
                ("P_VACT_NAME", "（주）케이지이니시스"),
            ])
        }
        Means::Phone(_) => named(&[("P_HPP_CORP", "***"), ("P_HPP_NUM", "010****5678")]),
        Means::Gift => Vec::new(),
    });
    fields.extend(named(&[("P_MERCHANT_RESERVED", ""), ("EventCode", "")]));
    fields
}
