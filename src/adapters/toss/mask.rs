//! Toss's answers as they may be written down: the text stays as it came, members with personal data or keys do not.

use crate::adapters::Mask;

/// Members that never reach a log, a journal row or a stored answer, in requests and answers alike.
pub(super) const MASK: Mask = Mask {
    fields: &[
        "accountNumber",
        "authKey",
        "bankAccountNumber",
        "billingKey",
        "cardExpirationMonth",
        "cardExpirationYear",
        "cardNumber",
        "cardPassword",
        "customerEmail",
        "customerIdentityNumber",
        "customerMobilePhone",
        "customerName",
        "depositorName",
        "holderName",
        "registrationNumber",
        "secret",
        "vbv",
    ],
    secret_segment: 0,
};

/// The masked text of a JSON body that was parsed before. The scan itself accepts any bytes.
pub(super) fn masked(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(super::wire::without_bom(body));
    crate::adapters::mask::masked(&text, MASK.fields, &["number"])
}

pub(super) use crate::adapters::mask::is_full_number;

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn members_with_personal_data_are_replaced_at_any_depth_and_the_rest_stays_as_it_came() {
        let body = r#"{"orderId":"a","secret":"ps_x","mobilePhone":{"customerMobilePhone" : "01000000000"},
            "virtualAccount":{"accountNumber":12345,"bankCode":"11","refundReceiveAccount":{"holderName":null}},"z":[1,2]}"#;
        let out = masked(body.as_bytes());
        assert_eq!(
            out,
            r#"{"orderId":"a","secret":"***","mobilePhone":{"customerMobilePhone" : "***"},
            "virtualAccount":{"accountNumber":"***","bankCode":"11","refundReceiveAccount":{"holderName":null}},"z":[1,2]}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    }

    #[test]
    fn a_value_that_is_a_masked_name_and_an_escaped_name_are_told_apart() {
        assert_eq!(masked(br#"{"a":"secret","b":1}"#), r#"{"a":"secret","b":1}"#);
        assert_eq!(
            masked(br#"{"\u0073ecret":{"x":[1]},"b":1}"#),
            r#"{"\u0073ecret":"***","b":1}"#
        );
    }

    #[test]
    fn truncated_and_foreign_bytes_do_not_panic_and_stay_hidden() {
        assert_eq!(masked(br#"{"secret":"ps_cut"#), r#"{"secret":"***""#);
        assert_eq!(masked(br#"{"secret":"ps_cut\"#), r#"{"secret":"***""#);
        assert_eq!(masked(br#"{"secret":"#), r#"{"secret":"***""#);
        let _ = masked(b"\xff\xfe\"\\");
    }
}
