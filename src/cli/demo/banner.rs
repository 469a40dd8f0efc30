//! What the demo prints: where things are, and a payment to try.

use super::env_file::Values;

fn value<'v>(values: &'v Values, name: &str) -> Option<&'v str> {
    values.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// The text, English and Korean.
pub(super) fn text(values: &Values) -> String {
    let mut lines = vec![
        String::new(),
        "naru demo is up; nothing leaves this machine, Ctrl-C ends all of it".to_owned(),
        "나루 데모가 떴습니다. 이 기기 밖으로 나가는 요청은 없고, Ctrl-C로 모두 끝납니다".to_owned(),
        String::new(),
    ];
    let rows = [
        ("NARU_URL", "V2 API · 결제 API"),
        ("NARU_V1_URL", "V1 API (iamport) · 아임포트 API"),
        ("NARU_SHOP_URL", "sample shop · 견본 상점"),
        ("NARU_ADMIN_URL", "operations · 운영"),
        ("NARU_ADMIN_TOKEN", "  admin token · 운영 토큰"),
        ("NARU_SIM_URL", "PG simulators · PG 시뮬레이터"),
        (
            "NARU_CHANNELS_DIR",
            "channel files · 채널 설정 (edit them: 고치면 바로 반영)",
        ),
        ("NARU_STORE_ID", "store · 상점"),
        ("NARU_API_SECRET", "  API secret"),
        ("NARU_V1_KEY", "  V1 imp_key"),
        ("NARU_V1_SECRET", "  V1 imp_secret"),
    ];
    for (name, what) in rows {
        if let Some(value) = value(values, name) {
            lines.push(format!("  {value:<66} {what}"));
        }
    }
    for (name, value) in values {
        if let Some(provider) = name.strip_prefix("NARU_CHANNEL_") {
            lines.push(format!("  {value:<66} channel · 채널 ({})", provider.to_lowercase()));
        }
    }
    lines.extend(example(values));
    lines.push(String::new());
    lines.join("\n")
}

/// A key-in payment with a PG's public test card, if there is a channel that takes one.
fn example(values: &Values) -> Option<String> {
    let (url, secret) = (value(values, "NARU_URL")?, value(values, "NARU_API_SECRET")?);
    let channel = value(values, "NARU_CHANNEL_TOSS")?;
    Some(format!(
        r#"
try a payment · 결제해 보기
  curl -s {url}/payments/order-1/instant \
    -H 'Authorization: PortOne {secret}' -H 'Content-Type: application/json' \
    -d '{{"channelKey":"{channel}","orderName":"첫 주문","amount":{{"total":1000}},"currency":"KRW","method":{{"card":{{"credential":{{"number":"9410001234567890","expiryYear":"30","expiryMonth":"12","birthOrBusinessRegistrationNumber":"900101","passwordTwoDigits":"12"}}}}}}}}'
  curl -s {url}/payments/order-1 -H 'Authorization: PortOne {secret}'
  curl -s {url}/payments/order-1/cancel -H 'Authorization: PortOne {secret}' -H 'Content-Type: application/json' -d '{{"reason":"다시 생각함"}}'"#
    ))
}
