use super::*;
use crate::simulators::testing::{raw, read};

fn on(operation: &str, kind: &str) -> Value {
    json!([{"provider": "kcp", "operation": operation, "kind": kind, "times": 1, "delayMs": 20}])
}

async fn raw_approve(sim: &Arc<Simulators>, back: &Form) -> Result<Got, crate::net::Abort> {
    let body = json!({"site_cd": SITE, "kcp_cert_info": certificate(), "tran_cd": back["tran_cd"],
        "enc_data": back["enc_data"], "enc_info": back["enc_info"]});
    match raw(sim, "POST", "/kcp/gw/enc/v1/payment", &[], body.to_string().as_bytes()).await {
        Ok(response) => Ok(read(response).await),
        Err(abort) => Err(abort),
    }
}

#[tokio::test]
async fn what_the_wire_cannot_show_is_refused() {
    let sim = sim().await;
    for (operation, kind) in [
        ("approve", "bad-signature"),
        ("notify", "bad-signature"),
        ("approve", "rate-limit"),
        ("net-cancel", "hang"),
        ("list", "hang"),
        ("billing-pay", "lost-notify"),
        ("inquire", "duplicate-notify"),
    ] {
        let got = control(&sim, "PUT", "faults", on(operation, kind)).await;
        assert_eq!(got.status, 422, "{operation} {kind}");
        assert!(
            got.json()["message"].as_str().unwrap().starts_with("kcp: "),
            "{}",
            got.text()
        );
    }
    for (operation, kind) in [
        ("notify", "lost-notify"),
        ("vbank", "duplicate-notify"),
        ("register", "hang"),
    ] {
        put_faults(&sim, on(operation, kind)).await;
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_an_approval_that_a_second_call_cannot_find() {
    for kind in [
        "approve-then-drop",
        "error-500-after",
        "html-502-after",
        "bad-encoding",
        "decline:8046",
        "decline:9048",
    ] {
        let sim = sim().await;
        let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
        put_faults(&sim, on("approve", kind)).await;
        let got = raw_approve(&sim, &back).await;
        match kind {
            "approve-then-drop" => assert!(got.is_err()),
            "error-500-after" => assert_eq!(got.unwrap().status, 500),
            "html-502-after" => assert_eq!(got.unwrap().status, 502),
            "bad-encoding" => assert!(String::from_utf8(got.unwrap().body).is_err()),
            _ => assert_eq!(code(&got.unwrap().json()), &kind["decline:".len()..]),
        }
        assert_eq!(code(&approve(&sim, &back, json!({})).await), "8094", "{kind}");
        assert_eq!(ledger(&sim).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_lost_request_leaves_the_blob_as_it_was() {
    for kind in [
        "drop-before",
        "refuse",
        "error-500-before",
        "html-502-before",
        "maintenance",
        "decline:S032",
    ] {
        let sim = sim().await;
        let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
        put_faults(&sim, on("approve", kind)).await;
        match (kind, raw_approve(&sim, &back).await) {
            ("drop-before" | "refuse", got) => assert!(got.is_err()),
            ("maintenance", got) => assert_eq!(code(&got.unwrap().json()), "CC75"),
            ("decline:S032", got) => assert_eq!(code(&got.unwrap().json()), "S032"),
            (_, got) => assert!(got.unwrap().status >= 500),
        }
        assert!(ledger(&sim).await.is_empty(), "{kind}");
        assert_eq!(code(&approve(&sim, &back, json!({})).await), "0000", "{kind}");
    }
}

#[tokio::test]
async fn ordered_declines_have_the_tables_text() {
    let sim = sim().await;
    for (ordered, message) in [
        ("CC61", "한도초과"),
        ("CC99", "KCP 시스템 장애"),
        ("CC47", "카드사 승인거절"),
    ] {
        let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
        put_faults(&sim, on("approve", &format!("decline:{ordered}"))).await;
        let answer = approve(&sim, &back, json!({})).await;
        assert_eq!((code(&answer), text(&answer, "res_msg")), (ordered, message));
        assert_eq!(code(&approve(&sim, &back, json!({})).await), "8094");
    }
    assert!(ledger(&sim).await.is_empty());
    // KCP could not hand over the result and took the approval back itself.
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    put_faults(&sim, on("approve", "decline:9047")).await;
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "9047");
    let rows = ledger(&sim).await;
    assert_eq!((rows.len(), &rows[0]["balance"]), (2, &json!(0)));
}

#[tokio::test]
async fn a_cancel_whose_answer_is_lost_happened_once() {
    let sim = sim().await;
    let tno = text(&paid(&sim, CARD, "ORD1", "10000", json!({})).await, "tno").to_owned();
    put_faults(&sim, on("cancel", "decline:8387")).await;
    assert_eq!(code(&part(&sim, &tno, 3_000, 10_000).await), "8387");
    put_faults(&sim, on("cancel", "decline:8046")).await;
    assert_eq!(code(&part(&sim, &tno, 3_000, 10_000).await), "8046");
    assert_eq!(code(&part(&sim, &tno, 3_000, 10_000).await), "8038");
    assert_eq!(text(&inquire(&sim, &tno, "PACA", json!({})).await, "rem_mny"), "7000");
    put_faults(&sim, on("register", "maintenance")).await;
    let answer = api(&sim, "/std/tradeReg/register", json!({}), json!({})).await;
    assert_eq!(text(&answer, "Code"), "8314");
}

#[tokio::test]
async fn sites_are_checked_and_reset_forgets() {
    let sim = sim().await;
    for (change, field) in [
        (json!({"mid": "short1"}), "mid"),
        (json!({"mid": "abcde"}), "mid"),
        (json!({"mid": "NEW01"}), "certificate"),
        (json!({"mid": SITE, "certificate": "x"}), "certificate"),
        (json!({"mid": SITE, "notifyUrl": "https://x.test"}), "notifyUrl"),
        (json!({"mid": SITE, "notifyCharset": "utf8"}), "notifyCharset"),
        (json!({"mid": SITE, "keyIn": "yes"}), "keyIn"),
        (json!({"mid": SITE, "blobMs": 0}), "blobMs"),
        (json!({"mid": SITE, "shapes": ["x"]}), "shapes"),
    ] {
        let got = control(&sim, "PUT", "kcp/merchants", change).await;
        assert_eq!(
            (got.status, got.json()["field"].as_str()),
            (400, Some(field)),
            "{}",
            got.text()
        );
    }
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    paid(&sim, CARD, "ORD2", "1004", json!({})).await;
    control(&sim, "POST", "reset", Value::Null).await;
    assert!(ledger(&sim).await.is_empty());
    let own = json!({"mid": SITE, "certificate": PEM});
    control(&sim, "PUT", "kcp/merchants", own).await;
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "S005");
    assert_eq!(call(&sim, "GET", "/kcp/gw/enc/v1/payment", &[], b"").await.status, 405);
    assert_eq!(
        call(&sim, "POST", "/kcp/gw/enc/v2/payment", &[], b"{}").await.status,
        404
    );
    let broken = call(&sim, "POST", "/kcp/gw/enc/v1/payment", &[], b"not json").await;
    assert_eq!((broken.status, code(&broken.json())), (200, "S005"));
}
