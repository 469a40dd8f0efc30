use super::*;

#[tokio::test]
async fn a_card_approval_is_the_documented_answer() {
    let sim = sim().await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({"card": "CCLO", "check": true})).await;
    // No money has moved.
    assert!(ledger(&sim).await.is_empty());
    let answer = approve(
        &sim,
        &back,
        json!({"ordr_mony": 1004, "ordr_no": "ORD1", "pay_type": "PACA"}),
    )
    .await;
    for (name, value) in [
        ("res_cd", "0000"),
        ("res_msg", "정상처리"),
        ("order_no", "ORD1"),
        ("amount", "1004"),
        ("pay_method", "PACA"),
        ("card_cd", "CCLO"),
        ("card_name", "롯데카드"),
        ("acqu_cd", "CCAM"),
        ("card_mny", "1004"),
        ("quota", "00"),
        ("noinf", "N"),
        ("partcanc_yn", "Y"),
        ("card_bin_type_01", "0"),
        ("card_bin_type_02", "1"),
        ("escw_yn", "N"),
        ("res_tax_mny", "913"),
        ("res_vat_mny", "91"),
        ("res_free_mny", "0"),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    let tno = text(&answer, "tno");
    assert!(tno.len() == 14 && tno.bytes().all(|b| b.is_ascii_digit()));
    assert_eq!(
        (text(&answer, "app_no").len(), text(&answer, "app_time").len()),
        (8, 14)
    );
    assert!(text(&answer, "app_time").starts_with("20") && tno.starts_with(&text(&answer, "app_time")[2..4]));
    let rows = ledger(&sim).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (
            &rows[0]["tid"],
            &rows[0]["kind"],
            &rows[0]["balance"],
            &rows[0]["state"],
            &rows[0]["mid"]
        ),
        (
            &answer["tno"],
            &json!("approval"),
            &json!(1004),
            &json!("paid"),
            &json!(SITE)
        )
    );
}

#[tokio::test]
async fn every_method_answers_under_its_own_names() {
    let sim = sim().await;
    for (bits, kind, names) in [
        (CARD, "PACA", &["card_cd", "app_no"][..]),
        ("010000000000", "PABK", &["bank_name", "bank_code", "bk_mny"]),
        (
            "001000000000",
            "PAVC",
            &["bankname", "bankcode", "account", "va_date", "va_name"],
        ),
        ("000100000000", "PAPT", &["pnt_issue", "pnt_amount", "pnt_app_no"]),
        ("000010000000", "PAMC", &["commid", "mobile_no", "hp_app_time"]),
        ("000000001000", "PATK", &["tk_van_code", "tk_app_no", "tk_app_time"]),
    ] {
        let back = authenticated(&sim, bits, kind, "5000", json!({})).await;
        assert_eq!(back["use_pay_method"], bits);
        let answer = approve(
            &sim,
            &back,
            json!({"ordr_mony": "5000", "ordr_no": kind, "pay_type": kind}),
        )
        .await;
        assert_eq!((code(&answer), text(&answer, "pay_method")), ("0000", kind), "{answer}");
        assert!(names.iter().all(|name| !text(&answer, name).is_empty()), "{answer}");
        let dated = matches!(kind, "PABK" | "PAVC");
        assert_eq!(text(&answer, "tno").starts_with("20"), dated, "{answer}");
    }
    let rows = ledger(&sim).await;
    let account = rows.iter().find(|row| row["kind"] == "vbank").unwrap();
    assert_eq!(
        (&account["balance"], &account["state"]),
        (&json!(0), &json!("waiting-deposit"))
    );
    // The exception among success codes.
    shapes(&sim, &["v000"]).await;
    let back = authenticated(&sim, "001000000000", "ORDV", "5000", json!({})).await;
    let answer = approve(&sim, &back, json!({})).await;
    assert_eq!((code(&answer), text(&answer, "trace_no")), ("V000", ""));
}

#[tokio::test]
async fn wallets_show_in_a_card_answer_and_their_money_has_methods_of_its_own() {
    let sim = sim().await;
    for (name, kind, money) in [
        ("sspay", "OT01", None),
        ("ssgpay", "OT03", Some(("PASG", "SCSM"))),
        ("lpay", "OT11", None),
        ("payco", "OT12", None),
        ("kakaopay", "OT13", Some(("PAKM", "SCKA"))),
        ("naverpay", "OT16", Some(("PANP", "SCNA"))),
        ("applepay", "OT21", None),
        ("tosspay", "OT23", Some(("PATO", "SCTO"))),
    ] {
        let direct = format!("{name}_direct");
        let open = pc(&form(CARD, name, "5000", &[(&direct, "Y")]));
        let back = posted(&authenticate(&sim, &open, json!({})).await);
        let answer = approve(&sim, &back, json!({"pay_type": "PACA"})).await;
        assert_eq!(
            (text(&answer, "pay_method"), text(&answer, "card_other_pay_type")),
            ("PACA", kind)
        );
        let got = authenticate(&sim, &open, json!({"buyer": {"money": true}})).await;
        let Some((word, corp)) = money else {
            assert_eq!(got.status, 422, "{name}");
            continue;
        };
        let answer = approve(&sim, &posted(&got), json!({"pay_type": "PACA", "ordr_mony": "5000"})).await;
        for (member, value) in [
            ("pay_method", word),
            ("service_corp_id", corp),
            ("easypoint_mny", "5000"),
            ("card_mny", "0"),
            ("amount", "5000"),
        ] {
            assert_eq!(text(&answer, member), value, "{name} {member}");
        }
    }
    // From the hub the buyer picks the wallet in the window.
    let back = authenticated(&sim, CARD, "HUB1", "5000", json!({"wallet": "payco", "points": 1500})).await;
    let answer = approve(&sim, &back, json!({})).await;
    assert_eq!(
        (
            text(&answer, "payco_point_mny"),
            text(&answer, "card_mny"),
            text(&answer, "amount")
        ),
        ("1500", "3500", "5000")
    );
    let open = pc(&form(
        CARD,
        "NP",
        "5000",
        &[("naverpay_direct", "Y"), ("naverpay_point_direct", "Y")],
    ));
    let answer = approve(&sim, &posted(&authenticate(&sim, &open, json!({})).await), json!({})).await;
    assert_eq!(text(&answer, "pay_method"), "PANP");
}

#[tokio::test]
async fn a_blob_is_exchanged_once_whatever_comes_of_it() {
    let sim = sim().await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "0000");
    let again = approve(&sim, &back, json!({})).await;
    assert_eq!((code(&again), again.get("tno")), ("8094", None));
    for (wrong, expected) in [
        (json!({"ordr_mony": "1005"}), "8059"),
        (json!({"ordr_mony": "x"}), "8059"),
        (json!({"ordr_no": "OTHER"}), "8026"),
        (json!({"pay_type": "PAVC"}), "8024"),
    ] {
        let back = authenticated(&sim, CARD, "ORD2", "1004", json!({})).await;
        let refused = approve(&sim, &back, wrong.clone()).await;
        assert_eq!(code(&refused), expected, "{wrong}");
        assert_eq!(refused.as_object().unwrap().len(), 2, "{refused}");
        assert_eq!(code(&approve(&sim, &back, json!({})).await), "8094", "{wrong}");
    }
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn many_at_once_make_one_approval() {
    let sim = sim().await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    let calls = (0..8).map(|_| {
        let (sim, back) = (Arc::clone(&sim), back.clone());
        tokio::spawn(async move { code(&approve(&sim, &back, json!({})).await).to_owned() })
    });
    let mut codes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        codes.push(call.await.unwrap());
    }
    codes.sort();
    assert_eq!(codes.iter().filter(|code| *code == "0000").count(), 1);
    assert_eq!(codes.iter().filter(|code| *code == "8094").count(), 7);
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn tampered_foreign_and_old_blobs_open_nothing() {
    let sim = sim().await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    let other = authenticated(&sim, CARD, "ORD2", "1004", json!({})).await;
    for wrong in [
        json!({"enc_data": format!("A{}", &back["enc_data"][1..])}),
        json!({"enc_info": other["enc_info"]}),
        json!({"enc_info": "AAAA"}),
        json!({"enc_data": null}),
        json!({"tran_cd": null}),
        json!({"tran_cd": "00300001"}),
        json!({"site_cd": "NARU2"}),
    ] {
        assert_eq!(code(&approve(&sim, &back, wrong.clone()).await), "S005", "{wrong}");
    }
    // None of these used it up.
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "0000");
    advance(&sim, 10 * 60_000).await;
    assert_eq!(code(&approve(&sim, &other, json!({})).await), "8310");
    merchant(&sim, json!({"blobMs": 1000})).await;
    let short = authenticated(&sim, CARD, "ORD3", "1004", json!({})).await;
    advance(&sim, 1000).await;
    assert_eq!(code(&approve(&sim, &short, json!({})).await), "8310");
}

#[tokio::test]
async fn the_certificate_must_be_the_sites_own_on_one_line() {
    let sim = sim().await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    let spaceless: String = certificate().chars().filter(|c| !c.is_whitespace()).collect();
    let foreign = include_str!("../keys/KCP_AUTH_NARU2_CERT.txt").replace('\n', "");
    for wrong in [
        PEM.to_owned(),
        PEM.replace('\n', "\r\n"),
        spaceless,
        foreign,
        "x".to_owned(),
    ] {
        let refused = approve(&sim, &back, json!({"kcp_cert_info": wrong})).await;
        assert_eq!(
            (code(&refused), text(&refused, "res_msg")),
            ("S032", "접근권한이 없습니다")
        );
    }
    assert_eq!(
        code(&approve(&sim, &back, json!({"kcp_cert_info": null})).await),
        "S005"
    );
    assert_eq!(code(&approve(&sim, &back, json!({"site_cd": "XXXXX"})).await), "S032");
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "0000");
    // Past its twenty years it opens nothing any more.
    let late = authenticated(&sim, CARD, "ORD2", "1004", json!({})).await;
    advance(&sim, 20 * 366 * 24 * 3_600_000).await;
    assert_eq!(code(&approve(&sim, &late, json!({})).await), "S032");
}

#[tokio::test]
async fn declines_have_the_card_companys_code_and_use_the_blob_up() {
    let sim = sim().await;
    for (word, expected, message) in [
        ("limit", "CC61", "한도초과"),
        ("balance", "CC10", "잔액부족"),
        ("lost", "CC04", "분실카드"),
        ("pin", "CC63", "비밀번호 오류"),
        ("CC44", "CC44", "연체카드"),
    ] {
        let back = authenticated(&sim, CARD, "ORD1", "1004", json!({"decline": word})).await;
        let refused = approve(&sim, &back, json!({})).await;
        assert_eq!((code(&refused), text(&refused, "res_msg")), (expected, message));
        assert_eq!(code(&approve(&sim, &back, json!({})).await), "8094");
    }
    let open = pc(&form(CARD, "ORD1", "1004", &[]));
    let wrong = authenticate(&sim, &open, json!({"buyer": {"decline": "limits"}})).await;
    assert_eq!(wrong.status, 400);
    assert!(ledger(&sim).await.is_empty());
}

#[tokio::test]
async fn order_numbers_may_be_used_once_where_the_site_says_so() {
    let sim = sim().await;
    let first = paid(&sim, CARD, "ORD1", "1004", json!({})).await;
    let second = paid(&sim, CARD, "ORD1", "1004", json!({})).await;
    assert_ne!(first["tno"], second["tno"]);
    merchant(&sim, json!({"uniqueOrders": true})).await;
    let back = authenticated(&sim, CARD, "ORD1", "1004", json!({})).await;
    assert_eq!(code(&approve(&sim, &back, json!({})).await), "8338");
}

#[tokio::test]
async fn mixed_tax_adds_up_or_is_refused() {
    let sim = sim().await;
    let taxed = |supply: &'static str| {
        [
            ("tax_flag", "TG03"),
            ("comm_tax_mny", supply),
            ("comm_vat_mny", "1000"),
            ("comm_free_mny", "4000"),
        ]
    };
    let open = pc(&form(CARD, "ORD1", "15000", &taxed("10000")));
    let answer = approve(&sim, &posted(&authenticate(&sim, &open, json!({})).await), json!({})).await;
    assert_eq!(
        (
            text(&answer, "res_tax_flag"),
            text(&answer, "res_tax_mny"),
            text(&answer, "res_free_mny")
        ),
        ("TG03", "10000", "4000")
    );
    let wrong = authenticate(&sim, &pc(&form(CARD, "ORD1", "15000", &taxed("10001"))), json!({})).await;
    assert_eq!(wrong.error(), (400, "8079".into()));
    merchant(&sim, json!({"tax": false})).await;
    assert_eq!(authenticate(&sim, &open, json!({})).await.error(), (400, "8080".into()));
}

#[tokio::test]
async fn odd_shapes_of_answers() {
    let sim = sim().await;
    shapes(&sim, &["absent", "extra-members", "padded"]).await;
    let answer = paid(&sim, CARD, "ORD1", "1004", json!({})).await;
    assert!(answer.get("trace_no").is_none() && answer.get("order_no").is_none());
    assert_eq!(
        (text(&answer, "paymentMethod"), text(&answer, "res_msg")),
        ("01", "정상처리 |  ")
    );
    shapes(&sim, &["old-kakao"]).await;
    let buyer = json!({"wallet": "kakaopay", "money": true});
    let answer = paid(&sim, CARD, "ORD2", "1004", buyer).await;
    assert_eq!(
        (text(&answer, "kakaomny_mny"), answer.get("easypoint_mny")),
        ("1004", None)
    );
    let wrong = control(&sim, "PUT", "kcp/shapes", json!({"shapes": ["v0000"]})).await;
    assert!(wrong.status == 400 && wrong.text().contains("did you mean `v000`?"));
}
