use super::*;

#[tokio::test]
async fn a_card_approval_is_the_documented_answer() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({"card": "06"})).await;
    let got = approve(&sim, &pair, "1004", &[]).await;
    let body = got.json();
    for (name, value) in [
        ("ResultCode", "3001"),
        ("TID", pair.0.as_str()),
        ("MID", MID),
        ("Moid", "ORD1"),
        ("Amt", "000000001004"),
        ("PayMethod", "CARD"),
        ("GoodsName", "테스트상품"),
        ("CardCode", "06"),
        ("CardQuota", "00"),
        ("CcPartCl", "1"),
        ("ClickpayCl", ""),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(body["Signature"], sha(&[&pair.0, MID, "1004"]));
    assert_eq!(body["AuthDate"].as_str().unwrap().len(), 12);
    let number = body["CardNo"].as_str().unwrap();
    assert!(number.len() == 16 && number.starts_with("53611234****"), "{number}");
    assert!(body.as_object().unwrap().values().all(Value::is_string));
    assert_eq!(status(&sim, &pair.0).await, "0");
}

#[tokio::test]
async fn every_method_has_its_own_success() {
    let sim = sim();
    for (method, expected, digits) in [
        ("CARD", "3001", "0101"),
        ("BANK", "4000", "0201"),
        ("VBANK", "4100", "0301"),
        ("CELLPHONE", "A000", "0501"),
        ("SSG_BANK", "0000", "0201"),
        ("CMS_BANK", "0000", "0201"),
        ("GIFT_CULT", "0000", "0101"),
    ] {
        let moid = method.replace('_', "");
        let pair = authenticated(&sim, method, &moid, "5000", json!({})).await;
        let got = approve(&sim, &pair, "5000", &[]).await;
        assert_eq!(code(&got), expected, "{method}: {}", got.text());
        assert!(pair.0.starts_with(&format!("{MID}{digits}")), "{method}");
        assert_eq!(
            got.json()["AuthCode"] == "",
            method == "GIFT_CULT" || method == "VBANK",
            "{method}"
        );
    }
    let account = ledger(&sim)
        .await
        .into_iter()
        .find(|row| row["kind"] == "vbank")
        .unwrap();
    assert_eq!(account["balance"], 0);
}

#[tokio::test]
async fn wallets_show_as_their_number() {
    let sim = sim();
    for (extra, number, card) in [
        (("NicepayReserved", "DirectKakao=Y"), "16", "04"),
        (("DirectEasyPay", "E021"), "21", "04"),
        (("EasyPayMethod", "E020=POINT"), "20", "42"),
    ] {
        let mut fields = form("CARD", &format!("ORD{number}"), "5000");
        fields.push((extra.0.to_owned(), extra.1.to_owned()));
        if number == "20" {
            fields.push(("DirectEasyPay".to_owned(), "E020".to_owned()));
        }
        let back = posted(&authenticate(&sim, &pc(&fields), json!({})).await);
        let got = approve(&sim, &(back["TxTid"].clone(), back["AuthToken"].clone()), "5000", &[])
            .await
            .json();
        assert_eq!(
            (got["ClickpayCl"].as_str(), got["CardCode"].as_str()),
            (Some(number), Some(card))
        );
        assert_eq!(got["CardNo"] == "", card == "42");
    }
}

#[tokio::test]
async fn an_approval_happens_once_and_for_the_authenticated_amount() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    assert_eq!(code(&approve(&sim, &pair, "1005", &[]).await), "A123");
    assert_eq!(code(&approve(&sim, &pair, "1004", &[("SignData", "0")]).await), "A211");
    assert_eq!(code(&approve(&sim, &pair, "1004", &[("SignData", "")]).await), "9000");
    assert_eq!(
        code(&approve(&sim, &pair, "1004", &[("MID", "nobody000m")]).await),
        "3012"
    );
    let other = (pair.0.clone(), "NICETOKN".to_owned());
    assert_eq!(code(&approve(&sim, &other, "1004", &[]).await), "A210");
    assert_eq!(code(&approve(&sim, &pair, "1004", &[]).await), "3001");
    assert_eq!(code(&approve(&sim, &pair, "1004", &[]).await), "A225");
    merchant(&sim, json!({"repeatCode": "2201"})).await;
    let refused = approve(&sim, &pair, "1004", &[]).await;
    assert_eq!(
        (code(&refused).as_str(), refused.json()["Signature"].as_str()),
        ("2201", Some(""))
    );
    assert_eq!(ledger(&sim).await.len(), 1);
    // A number is free for another approval, unless the contract says otherwise.
    let again = paid(&sim, "CARD", "ORD1", "1004").await;
    assert_ne!(again.0, pair.0);
    merchant(&sim, json!({"uniqueMoid": true})).await;
    let third = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    assert_eq!(code(&approve(&sim, &third, "1004", &[]).await), "A127");
}

#[tokio::test]
async fn small_late_and_declined_ones_are_refused() {
    let sim = sim();
    let small = authenticated(&sim, "CARD", "ORD1", "999", json!({})).await;
    assert_eq!(code(&approve(&sim, &small, "999", &[]).await), "3041");
    let lost = authenticated(&sim, "CARD", "ORD2", "1004", json!({"decline": "lost"})).await;
    let got = approve(&sim, &lost, "1004", &[]).await;
    assert_eq!(
        (code(&got).as_str(), got.json()["ResultMsg"].as_str()),
        ("3095", Some("분실카드"))
    );
    assert_eq!(status(&sim, &lost.0).await, "9");
    let late = authenticated(&sim, "CARD", "ORD3", "1004", json!({})).await;
    advance(&sim, 30 * 60_000).await;
    assert_eq!(code(&approve(&sim, &late, "1004", &[]).await), "A245");
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn answers_come_in_the_charset_and_form_asked_for() {
    let sim = sim();
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    let got = approve(&sim, &pair, "1004", &[("CharSet", "euc-kr"), ("EdiType", "KV")]).await;
    let text = EUC_KR.decode(&got.body).0.into_owned();
    assert!(text.starts_with("ResultCode=3001&ResultMsg=카드 결제 성공&"), "{text}");
    // EUC-KR is what comes if nothing is asked.
    let got = approve(&sim, &pair, "1004", &[("CharSet", "")]).await;
    assert!(String::from_utf8(got.body.clone()).is_err());
    assert_eq!(got.header("content-type"), "text/html;charset=euc-kr");
}

#[tokio::test]
async fn odd_shapes_and_both_readings_of_the_signature() {
    let sim = sim();
    merchant(&sim, json!({"signatureAmount": "padded", "shapes": ["blank-lines", "trailing-blanks", "auth-date-14", "no-part-cancel"]})).await;
    let pair = authenticated(&sim, "CARD", "ORD1", "1004", json!({})).await;
    let got = approve(&sim, &pair, "1004", &[]).await;
    assert!(got.body.starts_with(b"\r\n"));
    let body = got.json();
    assert_eq!(body["Signature"], sha(&[&pair.0, MID, "000000001004"]));
    assert_eq!(
        (body["Moid"].as_str(), body["CcPartCl"].as_str()),
        (Some("ORD1  "), Some("0"))
    );
    assert_eq!(body["AuthDate"].as_str().unwrap().len(), 14);
    merchant(&sim, json!({"shapes": ["absent", "plain-amounts", "euc-kr-always"]})).await;
    let pair = authenticated(&sim, "CARD", "ORD2", "1004", json!({})).await;
    let got = approve(&sim, &pair, "1004", &[]).await;
    let body: Value = serde_json::from_str(&EUC_KR.decode(&got.body).0).unwrap();
    assert_eq!((body["Amt"].as_str(), body.get("ClickpayCl")), (Some("1004"), None));
    let got = control(&sim, "PUT", "nice_legacy/shapes", json!({"shapes": ["blank"]})).await;
    assert!(got.status == 400 && got.text().contains("`blank-lines`"));
}
