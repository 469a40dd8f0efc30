use super::*;

fn code(answer: &Value) -> String {
    let text = answer["resultMsg"].as_str().unwrap_or_default();
    match answer["resultCode"].as_str() {
        Some("01") => text.get(1..7).unwrap_or_default().to_owned(),
        other => other.unwrap_or_default().to_owned(),
    }
}

#[tokio::test]
async fn refunds_follow_the_books() {
    let sim = sim();
    let tid = paid(&sim, MID, "O1", "1000", &[]).await["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let whole = refund(&sim, "Card", &tid, Some(("1000", "0"))).await;
    assert_eq!(code(&whole), "500749");
    assert_eq!(code(&refund(&sim, "Card", &tid, Some(("400", "500"))).await), "500706");
    let part = refund(&sim, "Card", &tid, Some(("400", "600"))).await;
    assert_eq!(
        (code(&part).as_str(), &part["prtcRemains"], &part["prtcTid"]),
        ("00", &json!("600"), &json!(tid))
    );
    assert_eq!(code(&refund(&sim, "Card", &tid, Some(("400", "600"))).await), "500706");
    assert_eq!(code(&refund(&sim, "Card", &tid, Some(("700", "0"))).await), "500826");
    assert_eq!(code(&refund(&sim, "Card", &tid, None).await), "500625");
    let data = format!("{{\"tid\":\"{tid}\",\"msg\":\"x\",\"price\":\"600\",\"confirmPrice\":\"0\"}}");
    let rest = v2(&sim, "/v2/pg/partialRefund", MID, API_KEY, "partialRefund", &data).await;
    assert_eq!((code(&rest).as_str(), &rest["prtcCnt"]), ("00", &json!("2")));
    assert_eq!(code(&refund(&sim, "Card", &tid, None).await), "500626");
    let rows = ledger(&sim).await;
    assert_eq!((rows.len(), &rows[0]["balance"]), (3, &json!(0)));
    let seen = v2(
        &sim,
        "/v2/pg/inquiry",
        MID,
        API_KEY,
        "inquiry",
        &format!("{{\"tid\":\"{tid}\"}}"),
    )
    .await;
    assert_eq!(
        (&seen["resultCode"], &seen["transactionStatus"]),
        (&json!("SUCCESS"), &json!("CANCEL"))
    );
    assert_eq!(seen["partCancelTransInfo"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn hashes_merchants_and_paths_are_checked() {
    let sim = sim();
    let tid = paid(&sim, MID, "O1", "1000", &[]).await["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let data = format!("{{\"tid\":\"{tid}\",\"msg\":\"x\"}}");
    let wrong = v2(&sim, "/v2/pg/refund", MID, "naruSimApiKey009", "refund", &data).await;
    assert!(wrong["resultMsg"].as_str().unwrap().contains("hashData"), "{wrong}");
    let other = v2(&sim, "/v2/pg/refund", "naruinic2m", "naruSimApiKey002", "refund", &data).await;
    assert_eq!(code(&other), "500621");
    let lost = post(&sim, "/api/v1/nothing", &[("a", "b")]).await;
    assert!(serde_json::from_slice::<Value>(&lost.body).is_err());
    let form = post(&sim, "/v2/pg/refund", &[("mid", MID)]).await.json();
    assert_eq!(form["resultCode"], "ER0102");
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn deposits_are_told_in_both_formats_and_refunded_to_an_account() {
    let sim = sim();
    let (inbox, url, _stop) = Inbox::listen().await;
    let set = json!({"mid": MID, "notifyUrl": url});
    assert_eq!(control(&sim, "PUT", "inicis/merchants", set).await.status, 200);
    let vbank = [("gopaymethod", "VBank")];
    let issued = paid(&sim, MID, "V1", "1000", &vbank).await;
    let tid = issued["tid"].as_str().unwrap();
    assert_eq!(issued["VACT_BankCode"], "88");
    assert_eq!(code(&refund(&sim, "Vacct", tid, None).await), "500628");
    let wrong = control(&sim, "POST", "inicis/deposit", json!({"orderId": "V1", "amount": 900})).await;
    assert_eq!(wrong.status, 422);
    let told = control(
        &sim,
        "POST",
        "inicis/deposit",
        json!({"orderId": "V1", "name": "홍길동"}),
    )
    .await;
    assert_eq!(told.json()["notices"], 1, "{}", told.text());
    let request = inbox.wait(1).await.remove(0);
    let read = |body: &[u8]| -> Fields {
        super::super::form::Form::parse(body, encoding_rs::EUC_KR)
            .0
            .into_iter()
            .collect()
    };
    let notice = read(&request.body);
    assert!(notice["no_req_tid"] == tid && notice["no_tid"] != tid && notice["nm_input"] == "홍길동");
    assert_eq!(
        (notice["cd_bank"].as_str(), notice["amt_input"].as_str()),
        ("00000088", "1000")
    );
    assert_eq!(code(&refund(&sim, "GVacct", tid, None).await), "500628");
    let phone = [("P_INI_PAYMENT", "VBANK"), ("P_NOTI_URL", url.as_str())];
    let back = posted(&authenticate(&sim, &mobile("V2", "1000", &phone), json!({})).await);
    post(&sim, "/smart/payReq.ini", &[("P_MID", MID), ("P_TID", &back["P_TID"])]).await;
    let mut last = Fields::new();
    control(&sim, "POST", "inicis/deposit", json!({"orderId": "V2"})).await;
    for _ in 0..500 {
        let all = inbox.got.lock().unwrap().clone();
        if let Some(found) = all
            .iter()
            .map(|r| read(&r.body))
            .find(|f| f.get("P_STATUS").is_some_and(|s| s == "02"))
        {
            last = found;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(
        last["P_RMESG1"].starts_with("P_VACCT_NO=") && last["P_OID"] == "V2",
        "{last:?}"
    );
}

#[tokio::test]
async fn a_billing_key_is_issued_and_charged() {
    let (sim, mid, key) = (sim(), "naruinbill", "naruSimApiKey004");
    let open = pc(mid, "B1", "1000", &[("acceptmethod", "centerCd(Y):BILLAUTH(Card)")]);
    let back = posted(&authenticate(&sim, &open, json!({})).await);
    let answer = with_token(&sim, "/api/payAuth", mid, &back["authToken"], "1000", "1767225630008").await;
    let bill = answer["CARD_BillKey"].as_str().unwrap().to_owned();
    assert_eq!(bill.len(), 40);
    let data = |name: &str, bill: &str| {
        json!({"url": "https://shop.example", "moid": "B2", "goodName": "월 구독", "buyerName": name,
            "buyerEmail": "a@example.com", "buyerTel": "01012345678", "price": "1000", "billKey": bill,
            "authentification": "00", "cardQuota": "00", "quotaInterest": "0"})
        .to_string()
    };
    let blank = v2(&sim, "/v2/pg/billing", mid, key, "billing", &data(" ", &bill)).await;
    assert_eq!(
        (code(&blank).as_str(), &blank["errorDetails"][0]["field"]),
        ("ER0102", &json!("buyerName"))
    );
    let unknown = v2(
        &sim,
        "/v2/pg/billing",
        mid,
        key,
        "billing",
        &data("홍길동", &"0".repeat(40)),
    )
    .await;
    assert_eq!(code(&unknown), "550997");
    let charged = v2(&sim, "/v2/pg/billing", mid, key, "billing", &data("홍길동", &bill)).await;
    assert_eq!((code(&charged).as_str(), &charged["price"]), ("00", &json!("1000")));
    let kinds: Vec<Value> = ledger(&sim).await.iter().map(|row| row["kind"].clone()).collect();
    assert!(
        kinds.contains(&json!("billing")) && kinds.contains(&json!("approval")),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_escrow_payment_is_delivered_rejected_and_refunded() {
    let (sim, mid, key) = (sim(), "naruinescr", "naruSimApiKey003");
    let change = [("gopaymethod", "DirectBank"), ("acceptmethod", "centerCd(Y):useescrow")];
    let tid = paid(&sim, mid, "E1", "1000", &change).await["tid"]
        .as_str()
        .unwrap()
        .to_owned();
    let covered = ["type", "timestamp", "clientIp", "mid", "oid", "tid", "price"];
    let mut fields = vec![
        ("type", "Dlv"),
        ("mid", mid),
        ("tid", tid.as_str()),
        ("oid", "E1"),
        ("price", "1000"),
        ("report", "I"),
        ("charge", "SH"),
    ];
    for name in [
        "invoice",
        "registName",
        "exCode",
        "exName",
        "invoiceDay",
        "sendName",
        "sendTel",
        "sendPost",
        "sendAddr1",
        "recvName",
        "recvTel",
        "recvPost",
        "recvAddr",
    ] {
        fields.push((name, "x"));
    }
    assert_eq!(code(&v1(&sim, "/api/v1/escrow", key, &covered, &fields).await), "00");
    let decide = json!({"tid": tid, "decision": "reject"});
    assert_eq!(control(&sim, "POST", "inicis/escrow", decide).await.status, 200);
    let data = format!("{{\"tid\":\"{tid}\",\"msg\":\"x\"}}");
    assert_eq!(
        code(&v2(&sim, "/v2/pg/refund", mid, key, "refund", &data).await),
        "500685"
    );
    let confirm = [
        ("type", "Dncf"),
        ("mid", mid),
        ("originalTid", tid.as_str()),
        ("dcnfName", "나루"),
    ];
    let covered = ["type", "timestamp", "clientIp", "mid", "originalTid"];
    assert_eq!(code(&v1(&sim, "/api/v1/escrow", key, &covered, &confirm).await), "00");
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
}

/// The encrypted values are Inicis' published ones, made with the public test MID's key.
#[tokio::test]
async fn an_account_by_api_is_refunded_to_an_encrypted_account_and_a_receipt_issued() {
    let (sim, mid, key) = (sim(), "INIpayTest", "ItEQKi3rY7uvDS8l");
    let buyer = [
        ("buyerName", "홍길동"),
        ("buyerEmail", "a@example.com"),
        ("buyerTel", "01012345678"),
    ];
    let mut pay = vec![
        ("type", "Pay"),
        ("paymethod", "Vacct"),
        ("mid", mid),
        ("url", "http://shop.test"),
        ("moid", "V9"),
        ("goodName", "상품"),
        ("price", "1000"),
        ("bankCode", "88"),
        ("dtInput", "20991231"),
        ("tmInput", "2359"),
        ("nmInput", "홍길동"),
        ("flgCash", "0"),
    ];
    pay.extend(buyer);
    let issued = v1(
        &sim,
        "/api/v1/formpay",
        key,
        &[&HEAD[..], &["moid", "price"]].concat(),
        &pay,
    )
    .await;
    assert_eq!(
        (code(&issued).as_str(), &issued["validTime"]),
        ("00", &json!("235900")),
        "{issued}"
    );
    let tid = issued["tid"].as_str().unwrap();
    let deposit = control(&sim, "POST", "inicis/deposit", json!({"tid": tid})).await;
    assert_eq!(deposit.status, 200);
    let covered = [&HEAD[..], &["tid", "refundAcctNum"]].concat();
    let mut back = vec![
        ("type", "Refund"),
        ("paymethod", "Vacct"),
        ("mid", mid),
        ("tid", tid),
        ("msg", "환불"),
        ("refundAcctNum", "123456789"),
        ("refundBankCode", "88"),
        ("refundAcctName", "홍길동"),
    ];
    assert_eq!(code(&v1(&sim, "/api/v1/refund", key, &covered, &back).await), "500200");
    back[5].1 = "qwMHVJqsmXKoR+d8wQTS4g==";
    assert_eq!(code(&v1(&sim, "/api/v1/refund", key, &covered, &back).await), "00");
    let covered = [&HEAD[..], &["crPrice", "supPrice", "srcvPrice", "regNum"]].concat();
    let mut issue = vec![
        ("type", "Issue"),
        ("paymethod", "Receipt"),
        ("mid", mid),
        ("goodName", "상품"),
        ("crPrice", "1000"),
        ("supPrice", "909"),
        ("tax", "91"),
        ("srcvPrice", "0"),
        ("regNum", "d/9xiZ/mtVPXWv2RalFeHA=="),
        ("useOpt", "0"),
        ("currency", "WON"),
    ];
    issue.extend(buyer);
    let receipt = v1(&sim, "/api/v1/receipt", key, &covered, &issue).await;
    assert_eq!(code(&receipt), "00", "{receipt}");
    let states: Vec<Value> = ledger(&sim).await.iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["cancelled", "cancelled", "issued"]);
}
