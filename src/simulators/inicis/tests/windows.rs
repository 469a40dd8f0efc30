use super::*;

#[tokio::test]
async fn a_pc_payment_is_approved_once_and_signed() {
    let sim = sim();
    let back = posted(&authenticate(&sim, &pc(MID, "O1", "1000", &[]), json!({})).await);
    assert_eq!(
        (back["resultCode"].as_str(), back["orderNumber"].as_str()),
        ("0000", "O1")
    );
    assert_eq!(back["authUrl"], "http://sim.test/inicis/api/payAuth");
    assert!(["fc", "ks"].contains(&back["idc_name"].as_str()));
    let token = &back["authToken"];
    let wrong = with_token(&sim, "/api/payAuth", MID, token, "999", "1767225630008").await;
    assert_eq!(wrong["resultCode"], "500610");
    let other = if back["idc_name"] == "fc" { "ks" } else { "fc" };
    let path = format!("/{other}stdpay/api/payAuth");
    let elsewhere = with_token(&sim, &path, MID, token, "1000", "1767225630008").await;
    assert_eq!(elsewhere["resultCode"], "500694");
    let unapproved = with_token(&sim, "/api/netCancel", MID, token, "1000", "1767225630008").await;
    assert_eq!(unapproved["resultCode"], "500623");
    let answer = with_token(&sim, "/api/payAuth", MID, token, "1000", "1767225630008").await;
    assert_eq!(answer["resultCode"], "0000", "{answer}");
    let expected = sha256(&format!("TotPrice=1000&tstamp=1767225630008&mid={MID}"));
    assert_eq!(answer["authSignature"], expected);
    assert_eq!(answer["tid"].as_str().map(str::len), Some(40));
    assert_eq!(
        (&answer["goodName"], &answer["payMethod"]),
        (&json!("테스트 상품"), &json!("Card"))
    );
    let again = with_token(&sim, "/api/payAuth", MID, token, "1000", "1767225630008").await;
    assert_eq!(again["resultCode"], "500704");
    let undone = with_token(&sim, "/api/netCancel", MID, token, "1000", "1767225630008").await;
    assert_eq!(
        (&undone["resultCode"], &undone["tid"]),
        (&json!("0000"), &answer["tid"])
    );
    let twice = with_token(&sim, "/api/netCancel", MID, token, "1000", "1767225630008").await;
    assert_eq!(twice["resultCode"], "500626");
    let rows = ledger(&sim).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!((&rows[0]["balance"], &rows[1]["kind"]), (&json!(0), &json!("cancel")));
}

#[tokio::test]
async fn the_pc_window_checks_hashes_hosts_and_amounts() {
    let sim = sim();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("signature", "0")], "500202"),
        (&[("mKey", "0")], "500202"),
        (&[("verification", "0")], "500633"),
        (&[("closeUrl", "http://other.test/close")], "V023"),
        (&[("mid", "naruinicXX")], "500400"),
        (&[("acceptmethod", "BILLAUTH(Card)")], "550433"),
        (&[("price", "1,000")], "500609"),
    ];
    for (change, code) in cases {
        let got = authenticate(&sim, &pc(MID, "O1", "1000", change), json!({})).await;
        assert_eq!(got.error(), (400, (*code).to_owned()), "{change:?}");
    }
    let small = pc(MID, "O1", "500", &[("acceptmethod", "centerCd(Y)")]);
    assert_eq!(
        authenticate(&sim, &small, json!({})).await.error(),
        (400, "500608".to_owned())
    );
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_buyer_ends_the_window_in_other_ways() {
    let sim = sim();
    let open = pc(MID, "O1", "1000", &[]);
    let cancelled = posted(&authenticate(&sim, &open, json!({"as": "user-cancel"})).await);
    assert_eq!(cancelled["resultCode"], "2001");
    assert!(!cancelled.contains_key("authToken"));
    let closed = authenticate(&sim, &open, json!({"as": "user-close"})).await.json();
    assert_eq!(
        (&closed["method"], &closed["url"]),
        (&json!("GET"), &json!("http://shop.test/close"))
    );
    let forged =
        json!({"tamper": {"authUrl": "https://evil.test/api/payAuth", "idc_name": "xx", "netCancelUrl": null}});
    let forged = posted(&authenticate(&sim, &open, forged).await);
    assert_eq!(
        (forged["authUrl"].as_str(), forged["idc_name"].as_str()),
        ("https://evil.test/api/payAuth", "xx")
    );
    assert!(!forged.contains_key("netCancelUrl"));
    let phone = posted(&authenticate(&sim, &mobile("O2", "1000", &[]), json!({"as": "user-cancel"})).await);
    assert!(phone["P_STATUS"] == "01" && phone["P_RMESG1"].contains("결제를 취소"));
}

#[tokio::test]
async fn declines_carry_their_code_where_each_product_puts_it() {
    let sim = sim();
    let limit = json!({"buyer": {"decline": "limit"}});
    let back = posted(&authenticate(&sim, &pc(MID, "O1", "1000", &[]), limit.clone()).await);
    let answer = with_token(&sim, "/api/payAuth", MID, &back["authToken"], "1000", "1767225630008").await;
    assert_eq!(
        (&answer["resultCode"], &answer["authSignature"]),
        (&json!("120049"), &json!(""))
    );
    let back = posted(&authenticate(&sim, &mobile("O2", "1000", &[]), limit).await);
    let got = post(&sim, "/smart/payReq.ini", &[("P_MID", MID), ("P_TID", &back["P_TID"])]).await;
    assert!(
        got.text().starts_with("P_STATUS=01&P_RMESG1=[120049]"),
        "{}",
        got.text()
    );
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_mobile_payment_reads_euc_kr_and_answers_a_flat_text() {
    let sim = sim();
    let back = posted(&authenticate(&sim, &mobile("O1", "1000", &[]), json!({})).await);
    assert!(!back.contains_key("P_OID") && back["P_NOTI"] == "att-1");
    assert_eq!(back["P_REQ_URL"], "http://sim.test/inicis/smart/payReq.ini");
    let got = post(&sim, "/smart/payReq.ini", &[("P_MID", MID), ("P_TID", &back["P_TID"])]).await;
    let text = got.text();
    assert!(
        text.starts_with("P_STATUS=00&") && text.contains("&P_UNAME=홍길동&"),
        "{text}"
    );
    assert!(
        text.contains(&format!("&P_NEXT_URL={BACK}&")) && !text.contains(&back["P_TID"]),
        "{text}"
    );
    let undo = [
        ("P_MID", MID),
        ("P_TID", &*back["P_TID"]),
        ("P_AMT", "1000"),
        ("P_OID", "O1"),
    ];
    let undone = post(&sim, "/smart/payNetCancel.ini", &undo).await.text();
    assert!(undone.starts_with("P_STATUS=00&"), "{undone}");
    // A body in UTF-8 is not put right.
    let mut open = mobile("O2", "1000", &[]);
    open["charset"] = json!("utf-8");
    let back = posted(&authenticate(&sim, &open, json!({})).await);
    let got = post(&sim, "/smart/payReq.ini", &[("P_MID", MID), ("P_TID", &back["P_TID"])]).await;
    assert!(got.text().starts_with("P_STATUS=00&") && !got.text().contains("홍길동"));
    let forged = authenticate(&sim, &mobile("O3", "1000", &[("P_AMT", "1001")]), json!({})).await;
    assert_eq!(forged.error(), (400, "500633".to_owned()));
    let mut slashless = mobile("O4", "1000", &[]);
    slashless["action"] = json!("http://sim.test/inicis/smart/payment");
    assert_eq!(
        authenticate(&sim, &slashless, json!({})).await.error(),
        (400, "MX1002".to_owned())
    );
}

#[tokio::test]
async fn a_browser_is_served_the_script_and_the_window() {
    let sim = sim();
    let script = call(&sim, "GET", "/inicis/stdjs/INIStdPay.js", &[], b"").await.text();
    assert!(script.contains("http://sim.test/inicis") && script.contains("INIStdPay"));
    let fields = pc(MID, "O1", "1000", &[])["fields"].clone();
    let ask = |origin: &str| json!({"fields": fields, "origin": origin}).to_string();
    let refused = call(
        &sim,
        "POST",
        "/inicis/window/open",
        &[],
        ask("http://other.test").as_bytes(),
    )
    .await;
    assert_eq!(refused.error(), (400, "V023".to_owned()));
    let opened = call(
        &sim,
        "POST",
        "/inicis/window/open",
        &[],
        ask("http://shop.test").as_bytes(),
    )
    .await;
    let url = opened.json()["url"].as_str().unwrap().replace("http://sim.test", "");
    assert!(call(&sim, "GET", &url, &[], b"").await.text().contains("1000 KRW"));
    let done = call(&sim, "POST", &format!("{url}/decide"), &[], b"as=approve&method=CARD").await;
    assert!(done.text().contains("authToken"));
    assert_eq!(call(&sim, "GET", &url, &[], b"").await.status, 404);
}

#[tokio::test]
async fn a_false_signature_can_be_ordered_on_approvals_only() {
    let sim = sim();
    let fault = |op: &str| json!([{"provider": "inicis", "operation": op, "kind": "bad-signature", "times": 1}]);
    assert_eq!(control(&sim, "PUT", "faults", fault("cancel")).await.status, 422);
    assert_eq!(control(&sim, "PUT", "faults", fault("notify")).await.status, 422);
    assert_eq!(control(&sim, "PUT", "faults", fault("approve")).await.status, 200);
    let answer = paid(&sim, MID, "O1", "1000", &[]).await;
    let right = sha256(&format!("TotPrice=1000&tstamp=1767225630008&mid={MID}"));
    assert!(answer["authSignature"] != right && answer["authSignature"].as_str().unwrap().len() == 64);
}
