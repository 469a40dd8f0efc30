//! Commands of several calls: access tokens, successes without a signature, orders around midnight.

use super::*;

const TOKEN: &str = r#"{"resultCode":"0000","resultMsg":"정상","accessToken":"tok_0123456789","tokenType":"Bearer","expireAt":"2021-11-05T17:44:35.150+0900","now":"2021-11-05T17:14:35.150+0900"}"#;

fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    let found = call.request.headers.iter().find(|(own, _)| *own == name);
    found.map_or("", |(_, value)| value)
}

fn hears(channel: &ChannelRevision, call: &Call, status: u16, body: &str) -> Step<Approval> {
    Nice.approved(&approve_command(), channel, call, &answer(status, body))
}

#[test]
fn with_bearer_the_token_comes_first_and_the_deed_is_the_same() {
    let channel = bearer();
    let token = Nice.approve(&approve_command(), &channel).unwrap();
    assert!(token.request.url.ends_with("/v1/access-token"));
    assert!(header(&token, "authorization").starts_with("Basic "));
    let deed = next(hears(&channel, &token, 200, TOKEN));
    assert_eq!(header(&deed, "authorization"), "Bearer tok_0123456789");
    let plain = Nice.approve(&approve_command(), &super::channel()).unwrap();
    assert_eq!(
        (deed.request.url.clone(), &deed.request.body),
        (plain.request.url, &plain.request.body)
    );
    assert_eq!(
        success(done(hears(&channel, &deed, 200, &payment().to_string()))).pg_tx_id,
        TID
    );
}

#[test]
fn a_refused_token_is_asked_for_once_more_and_no_oftener() {
    let channel = bearer();
    let token = Nice.approve(&approve_command(), &channel).unwrap();
    let deed = next(hears(&channel, &token, 200, TOKEN));
    let stale = r#"{"resultCode":"U103","resultMsg":"토큰 오류"}"#;
    let again = next(hears(&channel, &deed, 401, stale));
    assert!(again.request.url.ends_with("/v1/access-token"));
    let deed = next(hears(&channel, &again, 200, TOKEN));
    let end = done(hears(&channel, &deed, 401, stale));
    assert!(matches!(end, Outcome::Declined(f) if f.code == "U103"));
    // With Basic keys the same code is a wrong scheme, and asking again would not change it.
    let plain = Nice.approve(&approve_command(), &super::channel()).unwrap();
    assert!(matches!(
        done(hears(&super::channel(), &plain, 401, stale)),
        Outcome::Declined(_)
    ));
}

#[test]
fn without_a_token_nothing_was_asked_of_the_pg() {
    let channel = bearer();
    let token = Nice.approve(&approve_command(), &channel).unwrap();
    for (status, body) in [
        (401, r#"{"resultCode":"U116","resultMsg":"x"}"#),
        (200, r#"{"resultCode":"0000"}"#),
        (200, r#"{"resultCode":"0000","accessToken":"a b"}"#),
        (502, "<html>"),
    ] {
        assert!(
            matches!(done(hears(&channel, &token, status, body)), Outcome::Declined(_)),
            "{body}"
        );
    }
}

#[test]
fn an_unsigned_success_is_confirmed_by_an_inquiry() {
    for channel in [channel(), bearer()] {
        let mut call = Nice.approve(&approve_command(), &channel).unwrap();
        if call.request.url.ends_with("/v1/access-token") {
            call = next(hears(&channel, &call, 200, TOKEN));
        }
        let unsigned = with(payment(), |p| {
            p["signature"] = Value::Null;
            p["ediDate"] = Value::Null;
        });
        let confirm = next(hears(&channel, &call, 200, &unsigned.to_string()));
        assert!(confirm.request.url.ends_with(&format!("/v1/payments/{TID}")));
        assert_eq!(confirm.request.method, HttpMethod::Get);
        assert_eq!(header(&confirm, "authorization"), header(&call, "authorization"));
        // Unsigned again, but asked for by its tid: that is the confirmation.
        assert_eq!(
            success(done(hears(&channel, &confirm, 200, &unsigned.to_string()))).status,
            crate::payment::Status::Paid
        );
        // No answer to the question takes the approval back.
        for (status, body) in [
            (404, r#"{"resultCode":"U107","resultMsg":"x"}"#),
            (200, ""),
            (200, r#"{"resultCode":"3095"}"#),
        ] {
            assert!(
                matches!(done(hears(&channel, &confirm, status, body)), Outcome::Unknown(_)),
                "{body}"
            );
        }
    }
}

#[test]
fn an_unsigned_cancellation_is_confirmed_too() {
    let (command, channel) = (cancel_command(500, 1004), channel());
    let call = Nice.cancel(&command, &channel).unwrap();
    let unsigned = with(cancelled_payment(), |p| p["signature"] = Value::Null).to_string();
    let confirm = next(Nice.cancelled(&command, &channel, &call, &answer(200, &unsigned)));
    assert_eq!(confirm.request.method, HttpMethod::Get);
    // An inquiry shows no cancelledTid; the entry of our amount is it.
    let seen = with(cancelled_payment(), |p| p["cancelledTid"] = Value::Null).to_string();
    let outcome = done(Nice.cancelled(&command, &channel, &confirm, &answer(200, &seen)));
    let Outcome::Done(cancel) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        cancel.pg_cancellation_id.as_deref(),
        Some("UT0000113m01102111060900015678")
    );
}

#[test]
fn an_order_around_midnight_is_looked_for_under_both_days() {
    const MIDNIGHT: i64 = 1_636_124_400_000; // 2021-11-06 00:00 KST
    let absent = r#"{"resultCode":"U107","resultMsg":"거래 없음"}"#;
    for channel in [channel(), bearer()] {
        let asked = |ordered_at: i64, at: i64| {
            let command = Inquire {
                pg_tx_id: None,
                ordered_at,
                at,
                ..inquire_command()
            };
            let mut call = Nice.inquire(&command, &channel).unwrap();
            let mut days = Vec::new();
            loop {
                let body = if call.request.url.ends_with("/v1/access-token") {
                    TOKEN
                } else {
                    days.push(call.request.url.rsplit_once("orderDate=").unwrap().1.to_owned());
                    absent
                };
                match Nice.inquired(&command, &channel, &call, &answer(404, body)) {
                    Step::Send(next) => call = *next,
                    Step::Done(outcome) => {
                        assert!(matches!(outcome, Outcome::Done(PgView::Absent(_))), "{outcome:?}");
                        return days;
                    }
                }
            }
        };
        assert_eq!(asked(MIDNIGHT - 60_000, MIDNIGHT + 60_000), ["20211105", "20211106"]);
        assert_eq!(
            asked(MIDNIGHT - 60_000, MIDNIGHT - 30_000),
            ["20211105"],
            "not tomorrow yet"
        );
        assert_eq!(asked(MIDNIGHT + 60_000, MIDNIGHT + 120_000), ["20211106", "20211105"]);
        assert_eq!(asked(MIDNIGHT + 43_200_000, MIDNIGHT + 86_500_000), ["20211106"]);
    }
}

#[test]
fn found_under_the_second_day() {
    let command = Inquire {
        pg_tx_id: None,
        ordered_at: 1_636_124_399_000,
        at: 1_636_124_500_000,
        ..inquire_command()
    };
    let channel = channel();
    let call = Nice.inquire(&command, &channel).unwrap();
    let absent = answer(404, r#"{"resultCode":"U107","resultMsg":"x"}"#);
    let second = next(Nice.inquired(&command, &channel, &call, &absent));
    let outcome = done(Nice.inquired(&command, &channel, &second, &answer(200, payment().to_string())));
    assert!(
        matches!(outcome, Outcome::Done(PgView::Held { balance: 1004, .. })),
        "{outcome:?}"
    );
}
