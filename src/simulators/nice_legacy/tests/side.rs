use super::*;

async fn deliver(sim: &Arc<Simulators>, tid: &str, change: &[(&str, &str)]) -> Got {
    let sign = sha(&[tid, MID, "03", DATE]);
    let base = [
        ("TID", tid),
        ("ReqType", "03"),
        ("DeliveryCoNm", "우체국택배"),
        ("BuyerAddr", "서울"),
        ("InvoiceNum", "123"),
        ("RegisterName", "김나루"),
        ("ConfirmMail", "1"),
        ("SignData", &sign),
    ];
    page(sim, "escrow_process.jsp", &base, change).await
}

async fn escrow_paid(sim: &Arc<Simulators>, moid: &str) -> String {
    let mut fields = form("CARD", moid, "10000");
    fields.push(("TransType".to_owned(), "1".to_owned()));
    let back = posted(&authenticate(sim, &pc(&fields), json!({})).await);
    let pair = (back["TxTid"].clone(), back["AuthToken"].clone());
    assert_eq!(code(&approve(sim, &pair, "10000", &[]).await), "3001");
    pair.0
}

#[tokio::test]
async fn delivery_is_registered_once_and_then_the_buyer_decides() {
    let sim = sim();
    let tid = escrow_paid(&sim, "E1").await;
    assert_eq!(code(&cancel(&sim, &tid, "5000", "1", &[]).await), "2052");
    assert_eq!(code(&deliver(&sim, &tid, &[("InvoiceNum", "")]).await), "9000");
    assert_eq!(code(&deliver(&sim, &tid, &[("SignData", "0")]).await), "A211");
    let early = json!({"tid": tid, "decision": "confirm"});
    assert_eq!(
        control(&sim, "POST", "nice_legacy/escrow", early.clone()).await.status,
        422
    );
    let done = deliver(&sim, &tid, &[]).await.json();
    assert_eq!(
        (done["ResultCode"].as_str(), done["ProcessDate"].as_str().unwrap().len()),
        (Some("C000"), 8)
    );
    assert_eq!(code(&deliver(&sim, &tid, &[]).await), "C005");
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &[]).await), "2027");
    assert_eq!(
        control(&sim, "POST", "nice_legacy/escrow", early).await.json()["notices"],
        0
    );
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &[]).await), "2014");
    // A rejection lets the money go back.
    let tid = escrow_paid(&sim, "E2").await;
    deliver(&sim, &tid, &[]).await;
    control(
        &sim,
        "POST",
        "nice_legacy/escrow",
        json!({"tid": tid, "decision": "reject"}),
    )
    .await;
    assert_eq!(code(&cancel(&sim, &tid, "10000", "0", &[]).await), "2001");
    assert_eq!(code(&deliver(&sim, &tid, &[]).await), "C007");
    let (tid, _) = paid(&sim, "CARD", "ORD1", "10000").await;
    assert_eq!(code(&deliver(&sim, &tid, &[]).await), "C003");
    assert_eq!(
        code(&deliver(&sim, "nicepay00m01012006221311045107", &[]).await),
        "C006"
    );
    merchant(&sim, json!({"escrow": false})).await;
    assert_eq!(code(&deliver(&sim, &tid, &[]).await), "C002");
}

#[tokio::test]
async fn a_receipt_is_issued_and_cancelled_whole() {
    let sim = sim();
    let tid = format!("{MID}04012601020304050001");
    let issue = async |change: &[(&str, &str)]| {
        let sign = sha(&[MID, "11000", DATE, "R1"]);
        let base = [
            ("TID", tid.as_str()),
            ("Moid", "R1"),
            ("GoodsName", "셔츠"),
            ("ReceiptAmt", "11000"),
            ("ReceiptType", "1"),
            ("ReceiptTypeNo", "01012345678"),
            ("ReceiptSupplyAmt", "10000"),
            ("ReceiptVAT", "1000"),
            ("ReceiptServiceAmt", "0"),
            ("ReceiptTaxFreeAmt", "0"),
            ("SignData", &sign),
        ];
        page(&sim, "cash_receipt.jsp", &base, change).await
    };
    assert_eq!(code(&issue(&[("ReceiptVAT", "999")]).await), "1615");
    assert_eq!(code(&issue(&[("ReceiptTaxFreeAmt", "")]).await), "1617");
    assert_eq!(code(&issue(&[("ReceiptTypeNo", "123")]).await), "7013");
    assert_eq!(code(&issue(&[("ReceiptType", "3")]).await), "9000");
    assert_eq!(code(&issue(&[("TID", "x")]).await), "W002");
    assert_eq!(code(&issue(&[]).await), "7001");
    assert_eq!(code(&issue(&[]).await), "A225");
    assert_eq!(code(&cancel(&sim, &tid, "1000", "1", &[]).await), "2011");
    let done = cancel(&sim, &tid, "11000", "0", &[]).await.json();
    assert_eq!(
        (done["ResultCode"].as_str(), done["Signature"].clone()),
        (Some("2001"), json!(sha(&[&tid, MID, "11000"])))
    );
    assert_eq!(code(&cancel(&sim, &tid, "11000", "0", &[]).await), "2013");
}
