use super::schema::check;
use super::{NOW, SECRET, STORE, get, plan_with, post, refusal, snapshot, snapshot_with, tokens};
use crate::api::v2::plan::Plan;
use crate::api::v2::token::{ACCESS_MS, REFRESH_MS, TokenPair};
use http::HeaderValue;
use serde_json::json;

fn login() -> crate::net::Request {
    let mut request = post("/login/api-secret", &json!({"apiSecret": SECRET}).to_string());
    request.headers.clear();
    request
}

#[test]
fn login_gives_a_pair_that_works_and_has_the_published_shape() {
    let (snapshot, tokens) = (snapshot(), tokens());
    let Ok(Plan::Tokens(pair)) = plan_with(login(), &snapshot, &tokens) else {
        panic!("logged in");
    };
    let wire = serde_json::to_value(&pair).unwrap();
    assert_eq!(check("LoginViaApiSecretResponse", &wire), Ok(()));
    assert_eq!(check("RefreshTokenResponse", &wire), Ok(()));
    let mut bearer = get("/payments/p");
    let header = HeaderValue::from_str(&format!("Bearer {}", pair.access_token)).unwrap();
    bearer.headers.insert("authorization", header);
    assert!(plan_with(bearer, &snapshot, &tokens).is_ok());
    let mut with_refresh = get("/payments/p");
    let header = HeaderValue::from_str(&format!("Bearer {}", pair.refresh_token)).unwrap();
    with_refresh.headers.insert("authorization", header);
    assert!(
        plan_with(with_refresh, &snapshot, &tokens).is_err(),
        "a refresh token opens nothing"
    );
    let body = json!({"refreshToken": pair.refresh_token}).to_string();
    assert!(matches!(
        plan_with(post("/token/refresh", &body), &snapshot, &tokens),
        Ok(Plan::Tokens(_))
    ));
    assert!(
        !format!("{pair:?}").contains(&pair.access_token),
        "tokens are not printable"
    );
}

#[test]
fn bad_logins_are_refused() {
    for (path, body, status, named) in [
        (
            "/login/api-secret",
            json!({"apiSecret": "wrong"}),
            401,
            "the credential",
        ),
        ("/login/api-secret", json!({}), 400, "apiSecret: "),
        ("/login/api-secret", json!({"apiSecret": 7}), 400, "apiSecret: "),
        ("/login/api-secret", json!({"apiSecret": ""}), 400, "apiSecret: "),
        (
            "/login/api-secret",
            json!({"apiSecret": "x".repeat(3_000)}),
            400,
            "apiSecret: ",
        ),
        ("/login/api-secret", json!([]), 400, "body: "),
        (
            "/token/refresh",
            json!({"refreshToken": "wrong"}),
            401,
            "the credential",
        ),
        ("/token/refresh", json!({}), 400, "refreshToken: "),
    ] {
        let (got, _, message) = refusal(post(path, &body.to_string()));
        assert_eq!(got, status, "{path} {body}");
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn tokens_end_in_time() {
    let (snapshot, tokens) = (snapshot(), tokens());
    let pair = tokens.login(&snapshot, SECRET, NOW).unwrap();
    let store = |at| tokens.store(&snapshot, &pair.access_token, at).map(|s| s.id.clone());
    assert_eq!(store(NOW + ACCESS_MS - 1).as_deref(), Some(STORE));
    assert_eq!(store(NOW + ACCESS_MS), None);
    assert!(
        tokens
            .refresh(&snapshot, &pair.refresh_token, NOW + REFRESH_MS)
            .is_none()
    );
    assert!(
        tokens
            .refresh(&snapshot, &pair.refresh_token, NOW + REFRESH_MS - 1)
            .is_some()
    );
}

#[test]
fn a_newer_login_or_refresh_ends_earlier_refresh_tokens() {
    let (snapshot, tokens) = (snapshot(), tokens());
    let first = tokens.login(&snapshot, SECRET, NOW).unwrap();
    // Within the same millisecond.
    let second = tokens.login(&snapshot, SECRET, NOW).unwrap();
    assert!(tokens.refresh(&snapshot, &first.refresh_token, NOW).is_none());
    let third = tokens.refresh(&snapshot, &second.refresh_token, NOW).unwrap();
    assert!(
        tokens.refresh(&snapshot, &second.refresh_token, NOW).is_none(),
        "works once"
    );
    assert!(tokens.refresh(&snapshot, &third.refresh_token, NOW).is_some());
    assert!(
        tokens.store(&snapshot, &first.access_token, NOW).is_some(),
        "access tokens live on"
    );
}

#[test]
fn routers_with_one_key_accept_each_others_tokens() {
    let (snapshot, here, there) = (snapshot(), tokens(), tokens());
    let pair: TokenPair = here.login(&snapshot, SECRET, NOW).unwrap();
    assert!(there.store(&snapshot, &pair.access_token, NOW).is_some());
    let newer = there.refresh(&snapshot, &pair.refresh_token, NOW).unwrap();
    assert!(here.refresh(&snapshot, &newer.refresh_token, NOW).is_some());
    assert!(
        here.refresh(&snapshot, &pair.refresh_token, NOW).is_none(),
        "it has seen a newer one"
    );
    let stranger = crate::api::v2::token::Tokens::new(crate::api::v2::derived(&[8; 32], b"naru v2 token"));
    assert!(stranger.store(&snapshot, &pair.access_token, NOW).is_none());
}

#[test]
fn tokens_die_with_their_secret_and_do_not_survive_tampering() {
    let tokens = tokens();
    let pair = tokens.login(&snapshot(), SECRET, NOW).unwrap();
    let rotated = snapshot_with(&[(STORE, "the-next-self-made-secret", None)]);
    assert!(tokens.store(&rotated, &pair.access_token, NOW).is_none());
    let expired = snapshot_with(&[(STORE, SECRET, Some(NOW + 1))]);
    assert!(tokens.store(&expired, &pair.access_token, NOW + 1).is_none());
    for at in [0, 10, 40, pair.access_token.len() - 2] {
        let mut changed = pair.access_token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(tokens.store(&snapshot(), &changed, NOW).is_none(), "byte {at}");
    }
    for junk in ["", "a", "....", &"A".repeat(5_000)] {
        assert!(tokens.store(&snapshot(), junk, NOW).is_none());
    }
}
