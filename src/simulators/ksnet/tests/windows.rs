use super::*;

#[tokio::test]
async fn the_first_fetch_approves_and_others_repeat_it() {
    let sim = sim();
    let back = posted(&authenticate(&sim, &open("Web", &form("1000000000", "ORD1", "1004")), json!({})).await);
    let id = &back["reCommConId"];
    assert_eq!(
        (id.len(), id.starts_with('w'), back["reCnclType"].as_str()),
        (20, true, "")
    );
    assert!(!back.contains_key("ECHA") && !back.contains_key("a"));
    assert!(ledger(&sim).await.is_empty());
    let first = fetched(&sim, "Web", id, "1", "1004").await;
    assert!(first.starts_with(b"\r\n") && first.ends_with(b"`\r\n\r\n"));
    let result = values(&first);
    assert_eq!(
        (
            result["authyn"].as_str(),
            result["amt"].as_str(),
            result["ordno"].as_str()
        ),
        ("O", "1004", "ORD1")
    );
    assert_eq!((result["isscd"].as_str(), result["msg1"].as_str()), ("05", "신한카드"));
    assert_eq!((result["trno"].len(), result["trno"].starts_with('1')), (12, true));
    assert_eq!(fetched(&sim, "Web", id, "1", "1004").await, first);
    assert_eq!(ledger(&sim).await.len(), 1);
    assert!(fetched(&sim, "Mobile", id, "1", "1004").await.is_empty());
    fetched(&sim, "Web", id, "3", "1004").await;
    assert!(fetched(&sim, "Web", id, "1", "1004").await.is_empty());
    assert!(fetched(&sim, "Web", "wunknown", "1", "1004").await.is_empty());
}

#[tokio::test]
async fn declines_tell_their_code_and_approve_nothing() {
    let sim = sim();
    for (more, code, text) in [
        (json!({"buyer": {"decline": "limit"}}), "8326", "한도"),
        (json!({"buyer": {"decline": "balance"}}), "9001", "잔액부족"),
        (json!({"as": "fail"}), "9005", "인증"),
        (json!({"as": "fail", "code": "6003"}), "6003", "비밀번호"),
    ] {
        let id = authenticated(&sim, "1000000000", "ORD1", more).await;
        let result = fetch(&sim, &id).await;
        assert_eq!((result["authyn"].as_str(), result["authno"].as_str()), ("X", code));
        assert!(result["msg1"].contains(text), "{}", result["msg1"]);
    }
    // Cut at byte 16, inside a character.
    let id = authenticated(&sim, "1000000000", "ORD1", json!({"buyer": {"decline": "lost"}})).await;
    let body = fetched(&sim, "Web", &id, "1", "1004").await;
    let parts: Vec<&[u8]> = body.split(|b| *b == b'`').collect();
    assert!(EUC_KR.decode(parts[7]).2 && parts[7].len() == 16);
    // Another amount than the window's is declined for good.
    let id = authenticated(&sim, "1000000000", "ORD1", json!({})).await;
    let wrong = fetched(&sim, "Web", &id, "1", "1005").await;
    assert_eq!(values(&wrong)["authyn"], "X");
    assert_eq!(fetched(&sim, "Web", &id, "1", "1004").await, wrong);
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn a_buyer_who_cancels_leaves_no_key_and_phones_echo() {
    let sim = sim();
    let fields = form("1000000000", "ORD1", "1004");
    let back = posted(&authenticate(&sim, &open("Mobile", &fields), json!({"as": "user-cancel"})).await);
    assert_eq!((back["reCommConId"].as_str(), back["reCnclType"].as_str()), ("", "1"));
    assert_eq!((back["ECHA"].as_str(), back.contains_key("a")), ("echo-1", false));
    let closed = authenticate(&sim, &open("Web", &fields), json!({"as": "user-close"})).await;
    assert_eq!(closed.json()["method"], "NONE");
    let tampered = json!({"tamper": {"reCommConId": "w0", "authyn": "O", "reHash": null}});
    let back = posted(&authenticate(&sim, &open("Mobile", &fields), tampered).await);
    assert_eq!((back["reCommConId"].as_str(), back["authyn"].as_str()), ("w0", "O"));
    assert!(!back.contains_key("reHash"));
}

#[tokio::test]
async fn each_method_has_its_own_fields() {
    let sim = sim();
    for (flags, result, digit, authno) in [
        ("0100000000", "6001", '6', "11"),
        ("0010000000", "2001", '2', "11"),
        ("0000010000", "M001", '5', ""),
        ("0000001000", "G001", '7', ""),
        ("0000000010000", "1001", '1', ""),
        ("0000000000001", "1001", '1', ""),
    ] {
        let id = authenticated(&sim, flags, "ORD1", json!({})).await;
        let got = fetch(&sim, &id).await;
        assert_eq!(
            (got["authyn"].as_str(), got["result"].as_str()),
            ("O", result),
            "{flags}"
        );
        assert!(got["trno"].starts_with(digit), "{flags}");
        if !authno.is_empty() {
            assert_eq!(got["authno"], authno, "{flags}");
        }
        if result == "6001" {
            assert_eq!(got["isscd"].len(), 14);
        }
        if flags.len() == 13 {
            assert_eq!(got["aqucd"] == "52", flags.ends_with('1'));
        }
    }
    let rows = ledger(&sim).await;
    assert_eq!(
        (rows[0]["kind"].as_str(), rows[0]["state"].as_str()),
        (Some("vbank"), Some("waiting"))
    );
}

#[tokio::test]
async fn the_window_refuses_what_its_manual_forbids() {
    let sim = sim();
    for (device, name, value) in [
        ("Web", "sndStoreid", "77000000"),
        ("Web", "sndStoreid", "1111111111"),
        ("Web", "sndAmount", ""),
        ("Web", "sndAmount", "1234567890"),
        ("Web", "sndAmount", "999"),
        ("Web", "sndReply", "/return"),
        ("Web", "sndPaymethod", "0001000000"),
        ("Web", "sndGoodname", "a`b"),
        ("Web", "sndGoodname", "😀"),
        (
            "Web",
            "sndGoodname",
            "가나다라마바사아자차카타파하가나다라마바사아자차카타",
        ),
        ("Mobile", "sndGoodname", "가나다라마바사아자차카타파하가나"),
        ("Mobile", "sndOrdernumber", "ORD-1"),
        ("Web", "sndMobile", "010-1234-5678"),
        ("Web", "iframeYn", ""),
        ("Web", "sndCharSet", "latin1"),
    ] {
        let mut fields = form("1000000000", "ORD1", "1004");
        for field in fields.iter_mut().filter(|(known, _)| known == name) {
            field.1 = value.to_owned();
        }
        let got = authenticate(&sim, &open(device, &fields), json!({})).await;
        assert_eq!(
            (got.status, got.json()["field"].as_str()),
            (400, Some(name)),
            "{}",
            got.text()
        );
    }
    let elsewhere = json!({"kind": "form", "action": "http://evil.test/", "charset": "utf-8", "fields": []});
    assert_eq!(
        authenticate(&sim, &elsewhere, json!({})).await.json()["field"],
        "open.action"
    );
}

#[tokio::test]
async fn a_browser_gets_pages_that_post_to_the_shop() {
    let sim = sim();
    let fields = form("1000000000", "ORD1", "1004");
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let page = call(
        &sim,
        "POST",
        "/ksnet/store/KSPayWebV1.4/KSPayPWeb.jsp",
        &[],
        body.as_bytes(),
    )
    .await;
    let html = page.text();
    assert!(page.status == 200 && html.contains("당근10kg"), "{html}");
    let at = html.find("/ksnet/window/").unwrap();
    let path = html[at..].split('"').next().unwrap();
    let done = call(&sim, "POST", path, &[], b"as=approve&card=08").await.text();
    assert!(
        done.contains("action=\"http://shop.test/return?t=1\"") && done.contains("reCommConId"),
        "{done}"
    );
    assert_eq!(call(&sim, "POST", path, &[], b"as=approve").await.status, 404);
    let script = call(&sim, "GET", "/ksnet/store/KSPayWebV1.4/js/kspay_web_ssl.js", &[], b"").await;
    assert!(
        script
            .text()
            .contains("http://sim.test/ksnet/store/KSPayWebV1.4/KSPayPWeb.jsp")
    );
}
