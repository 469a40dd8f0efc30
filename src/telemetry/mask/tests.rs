#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{KEPT_BYTES, masked, pan};
use proptest::prelude::*;
use serde_json::json;

const FIELDS: &[&str] = &["cardNumber", "secretKey", "비밀"];
/// The card schemes' published test number.
const PAN: &str = "4111111111111111";

fn hide(text: &str) -> String {
    masked(text.as_bytes(), FIELDS)
}

#[test]
fn members_at_any_depth_whatever_their_value() {
    let text = r#"{"a":1,"cardNumber":"s1","b":[{"secretKey" :
        {"x":["s2",{"y":"}s2"}]}},{"cardNumber":  [1,2,"s3"]}],"c":{"secretKey":12.5e3},"z":"kept","비밀":null}"#;
    let expected = r#"{"a":1,"cardNumber":"***","b":[{"secretKey" :
        "***"},{"cardNumber":  "***"}],"c":{"secretKey":"***"},"z":"kept","비밀":"***"}"#;
    assert_eq!(hide(text), expected);
    assert!(serde_json::from_str::<serde_json::Value>(&hide(text)).is_ok());
}

#[test]
fn escaped_names_and_quotes_in_values() {
    assert_eq!(hide(r#"{"card\u004eumber":"a\"b,\\"}"#), r#"{"card\u004eumber":"***"}"#);
    assert_eq!(
        hide(r#"{"k":"cardNumber","l":"a:\"b"}"#),
        r#"{"k":"cardNumber","l":"a:\"b"}"#
    );
}

#[test]
fn other_members_stay_byte_by_byte() {
    let text = "{ \"name\" : \"나루 \\u0041 \\/\" ,\n\t\"amount\":1000, \"CardNumber\":\"x\", \"cardNumbers\":\"y\" }";
    assert_eq!(hide(text), text);
    assert_eq!(masked(text.as_bytes(), &[]), text);
}

#[test]
fn json_inside_json_and_inside_forms() {
    let inner = json!({"deep": {"cardNumber": "hush-hush"}}).to_string();
    let twice = json!({"data": json!({"more": inner}).to_string()}).to_string();
    assert!(!hide(&twice).contains("hush"), "{}", hide(&twice));
    let form = format!(
        "a=1&data={}&b=2",
        form_urlencoded::byte_serialize(inner.as_bytes()).collect::<String>()
    );
    let hidden = hide(&form);
    assert!(
        !hidden.contains("hush") && hidden.starts_with("a=1&data=") && hidden.ends_with("&b=2"),
        "{hidden}"
    );
}

#[test]
fn forms() {
    assert_eq!(
        hide("a=1&cardNumber=s+1%26&b=%EA%B0%80"),
        "a=1&cardNumber=***&b=%EA%B0%80"
    );
    assert_eq!(hide("card%4Eumber=s&a"), "card%4Eumber=***&a");
    assert_eq!(hide("n=4111+1111-1111%201111&c=1"), "n=411111******1111&c=1");
    assert_eq!(hide("msg=정상 처리&secretKey=s\n"), "msg=정상 처리&secretKey=***");
}

#[test]
fn broken_json_and_other_text() {
    for text in [
        r#"{"a":"x","cardNumber":"hush"#,
        r#"{"a":"unclosed,"cardNumber":"hush","b":1}"#,
        r#"callback({"cardNumber":"hush\" hush","b":1})"#,
        r#"<r><cardNumber>hush</cardNumber></r>"#,
        r#"<input name="cardNumber" value="hush">"#,
        "cardNumber: hush; next",
        r#"error: {\"secretKey\":\"hush\"}"#,
        r#"a=1&raw={"secretKey":"hush&hush"}"#,
    ] {
        assert!(!hide(text).contains("hush"), "{}", hide(text));
    }
    assert_eq!(
        hide("<p>점검 중입니다 cardNumber</p>"),
        "<p>점검 중입니다 cardNumber</p>"
    );
}

#[test]
fn card_numbers_anywhere() {
    assert_eq!(hide(PAN), "411111******1111");
    assert_eq!(hide("no 4111-1111-1111-1111."), "no 411111******1111.");
    assert_eq!(hide("2026-11-22 4111111111111111 12"), "2026-11-22 411111******1111 12");
    assert_eq!(hide("x4111111111111111y"), "x411111******1111y");
    assert_eq!(hide(r#"{"n":4111111111111111}"#), r#"{"n":411111******1111}"#);
    assert_eq!(hide(r#"{"n":"\u0034111111111111111"}"#), r#"{"n":"411111******1111"}"#);
    // Wrong sum, too short, too long.
    for kept in ["4111111111111112", "411111111111", "20261122411111111111111100"] {
        assert_eq!(hide(kept), kept);
    }
}

#[test]
fn euc_kr_and_broken_bytes_become_text() {
    let (bytes, _, _) = encoding_rs::EUC_KR.encode("msg=승인거절&secretKey=s");
    assert_eq!(masked(&bytes, FIELDS), "msg=승인거절&secretKey=***");
    let text = masked(b"{\"a\":\"\xff\xff\",\"secretKey\":\"s\xff\"}", FIELDS);
    assert!(text.contains("\"secretKey\":\"***\""), "{text}");
}

#[test]
fn long_bodies_are_cut_with_a_mark_and_never_inside_a_number() {
    for unit in ["가나다\"", "4111-1111-1111-1111 ", "{\"a\":\"b\"},", "a=1&", "\\"] {
        let text = unit.repeat(40_000 / unit.len());
        for text in [
            text.clone(),
            format!("[{text}"),
            format!("\"{text}"),
            format!("q={text}"),
        ] {
            let kept = hide(&text);
            assert!(kept.len() < KEPT_BYTES + 64, "{}", kept.len());
            assert!(
                kept.ends_with(&format!("…[cut here; {} bytes in all]", text.len())),
                "{kept}"
            );
            assert!(!kept.contains("4111-"), "{kept}");
        }
    }
    let exact = "x".repeat(KEPT_BYTES);
    assert_eq!(hide(&exact), exact);
    for offset in 0..40 {
        let text = format!("{}{PAN}{}", "x".repeat(KEPT_BYTES - offset), "y".repeat(500));
        assert!(!hide(&text).contains("41111111"), "offset {offset}");
    }
}

/// A JSON string written in one of the many ways JSON allows, chosen by `how`.
fn written(text: &str, how: u8) -> String {
    let mut out = String::from("\"");
    for (index, char) in text.chars().enumerate() {
        let escape = (usize::from(how) >> (index % 7)) & 1 == 1;
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '/' if escape => out.push_str("\\/"),
            _ if escape || char < ' ' => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

fn space(how: u8) -> &'static str {
    ["", " ", "\n\t", "  \r\n"][usize::from(how) % 4]
}

/// A secret that no other part of a generated body can contain.
const SECRET: &str = "S3CRET";

fn value(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        ("[ -~가-힣😀]{0,12}", any::<u8>()).prop_map(|(t, how)| written(&t, how)),
    ];
    leaf.prop_recursive(depth, 32, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), any::<u8>()).prop_map(|(items, how)| format!(
                "[{}{}]",
                space(how),
                items.join(",")
            )),
            prop::collection::vec(("[a-z\"\\\\:]{0,8}", inner.clone(), any::<u8>()), 0..4).prop_map(object),
            (inner, any::<u8>(), 0..FIELDS.len(), any::<u8>()).prop_map(|(around, how, field, shape)| {
                let secret = match shape % 4 {
                    0 => written(&format!("a{SECRET}\"{SECRET}"), 0),
                    1 => format!("[\"}}\",{around},\"{SECRET}\"]"),
                    2 => format!("{{\"x\":{{\"{SECRET}\":[{around},\"\\\\\"]}}}}"),
                    _ => format!("\"\\\\{SECRET}\\\\\""),
                };
                let name = written(FIELDS[field], how);
                format!("{{\"o\":{around},{name}{}:{}{secret}}}", space(how), space(how >> 2))
            }),
        ]
    })
    .boxed()
}

fn object(members: Vec<(String, String, u8)>) -> String {
    let members: Vec<String> = members
        .into_iter()
        .map(|(name, value, how)| format!("{}{}{}:{value}", space(how), written(&name, how), space(how >> 3)))
        .collect();
    format!("{{{}}}", members.join(","))
}

proptest! {
    #[test]
    fn no_secret_survives_any_formatting(text in value(5), wrap in 0_u8..4) {
        prop_assume!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        let text = match wrap {
            0 => format!("{{\"m\":{text}}}"),
            1 => format!(" \u{feff}[{text}]"),
            2 => json!({"inner": format!("{{\"m\":{text}}}")}).to_string(),
            _ => format!("a=1&data={}", form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()),
        };
        let hidden = hide(&text);
        prop_assert!(!hidden.contains(SECRET), "{text}\n{hidden}");
        if wrap == 0 {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&hidden).is_ok() || hidden.contains("***"));
        }
    }

    #[test]
    fn no_secret_survives_a_cut(text in value(4), at in any::<prop::sample::Index>()) {
        let text = format!("{{\"m\":{text}}}");
        let mut end = at.index(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(!hide(&text[..end]).contains(SECRET), "{}\n{}", &text[..end], hide(&text[..end]));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = masked(&bytes, FIELDS);
    }

    #[test]
    fn any_odd_text_is_survived(text in "[\\[\\]{}\":,\\\\=&%+<>a-c가😀 0-9]{0,80}") {
        let _ = masked(text.as_bytes(), &["a", "b", "가"]);
    }

    #[test]
    fn every_valid_card_number_is_shortened(digits in prop::collection::vec(0_u8..10, 12..19),
                                            gaps in any::<u32>(), around in "[a-z,:.]{1,5}") {
        let mut number = digits;
        number.push(0);
        let last = number.len() - 1;
        while !pan::luhn(&number) {
            number[last] += 1;
        }
        let mut text = around.clone();
        for (index, digit) in number.iter().enumerate() {
            // At most one separator between groups of two or more digits.
            if index > 0 && index % 2 == 0 && (gaps >> index) & 1 == 1 {
                text.push(if gaps & 1 == 1 { ' ' } else { '-' });
            }
            text.push(char::from(b'0' + digit));
        }
        text.push_str(&around);
        let hidden = hide(&text);
        let middle: String = number[6..last - 3].iter().map(|d| char::from(b'0' + d)).collect();
        prop_assert!(hidden.contains("******"), "{text}\n{hidden}");
        if middle.len() > 4 {
            prop_assert!(!hidden.contains(&middle), "{text}\n{hidden}");
        }
    }
}
