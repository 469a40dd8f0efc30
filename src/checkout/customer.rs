//! The buyer: from the browser SDK's `customer` to the shape that PortOne V2's REST answers have.

use super::fields::{Fields, Problems};
use serde_json::{Map, Value, json};

/// The buyer, as the attempt stores it and as adapters want it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    /// PortOne V2 REST `Customer`, without absent members.
    pub stored: Map<String, Value>,
    /// Merchant's id of the buyer.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Phone number, as sent.
    pub phone: Option<String>,
}

/// Reads `customer` (enums already short).
pub fn read(request: Fields<'_>, problems: &mut Problems) -> Customer {
    let Some(object) = request.object("customer", problems) else {
        return Customer::default();
    };
    let fields = Fields::new(object, "customer.");
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let customer = Customer {
        stored: Map::new(),
        id: owned(fields.text("customerId", problems)),
        name: name(fields, problems),
        email: owned(fields.text("email", problems)),
        phone: owned(fields.text("phoneNumber", problems)),
    };
    let mut stored = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            stored.insert(name.to_owned(), value.into());
        }
    };
    put("id", customer.id.as_deref());
    put("name", customer.name.as_deref());
    put("email", customer.email.as_deref());
    put("phoneNumber", customer.phone.as_deref());
    put("zipcode", fields.text("zipcode", problems));
    put("gender", fields.word("gender", &["MALE", "FEMALE", "OTHER"], problems));
    put("birthYear", digits(fields, "birthYear", 4, problems));
    put("birthMonth", digits(fields, "birthMonth", 2, problems));
    put("birthDay", digits(fields, "birthDay", 2, problems));
    if let Some(address) = fields.object("address", problems).and_then(|a| address(a, problems)) {
        stored.insert("address".to_owned(), address);
    }
    Customer { stored, ..customer }
}

/// One name out of either style. Korean and Chinese names are written family name first, without a space.
fn name(fields: Fields<'_>, problems: &mut Problems) -> Option<String> {
    let full = fields.text("fullName", problems);
    let first = fields.text("firstName", problems);
    let last = fields.text("lastName", problems);
    if full.is_some() && (first.is_some() || last.is_some()) {
        problems.add(
            "customer.fullName",
            "give either fullName or firstName and lastName, not both",
        );
    }
    if let Some(full) = full {
        return Some(full.to_owned());
    }
    match (first, last) {
        (Some(first), Some(last)) if family_first(first) && family_first(last) => Some(format!("{last}{first}")),
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

fn family_first(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{4e00}'..='\u{9fff}'))
}

fn digits<'a>(fields: Fields<'a>, name: &str, length: usize, problems: &mut Problems) -> Option<&'a str> {
    let text = fields.text(name, problems)?;
    let fits = text.len() <= length && text.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        problems.add(
            &fields.path(name),
            &format!("must be a string of up to {length} digits"),
        );
    }
    fits.then_some(text)
}

/// PortOne V2 `Address`: `SEPARATED` with both lines, else `ONE_LINE`.
fn address(object: &Map<String, Value>, problems: &mut Problems) -> Option<Value> {
    let fields = Fields::new(object, "customer.address.");
    let line1 = fields.text("addressLine1", problems);
    let line2 = fields.text("addressLine2", problems);
    let city = fields.text("city", problems);
    let province = fields.text("province", problems);
    let country = fields.text("country", problems);
    let parts: Vec<&str> = [province, city, line1, line2].into_iter().flatten().collect();
    if parts.is_empty() {
        return None;
    }
    let one_line = parts.join(" ");
    let (Some(line1), Some(line2)) = (line1, line2) else {
        return Some(json!({"type": "ONE_LINE", "oneLine": one_line}));
    };
    let mut out = json!({"type": "SEPARATED", "oneLine": one_line, "addressLine1": line1, "addressLine2": line2});
    for (name, value) in [("city", city), ("province", province), ("country", country)] {
        if let (Some(value), Some(out)) = (value, out.as_object_mut()) {
            out.insert(name.to_owned(), value.into());
        }
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(value: &Value) -> (Customer, String) {
        let mut problems = Problems::default();
        let request = json!({ "customer": value });
        let customer = read(Fields::new(request.as_object().unwrap(), ""), &mut problems);
        (customer, problems.joined())
    }

    #[test]
    fn becomes_the_rest_shape_without_absent_members() {
        let (customer, problems) = parse(&json!({
            "customerId": "c-1", "fullName": "홍길동", "email": "hong@example.com", "phoneNumber": "010-1234-5678",
            "zipcode": "06236", "gender": "MALE", "birthYear": "1990", "birthMonth": "01", "birthDay": "31",
            "address": {"country": "KR", "addressLine1": "테헤란로 1", "addressLine2": "2층", "city": "강남구", "province": "서울"}
        }));
        assert_eq!(problems, "");
        assert_eq!(
            Value::Object(customer.stored),
            json!({
                "id": "c-1", "name": "홍길동", "email": "hong@example.com", "phoneNumber": "010-1234-5678",
                "zipcode": "06236", "gender": "MALE", "birthYear": "1990", "birthMonth": "01", "birthDay": "31",
                "address": {
                    "type": "SEPARATED", "oneLine": "서울 강남구 테헤란로 1 2층", "addressLine1": "테헤란로 1",
                    "addressLine2": "2층", "city": "강남구", "province": "서울", "country": "KR"
                }
            })
        );
        assert_eq!(customer.id.as_deref(), Some("c-1"));
        assert_eq!(parse(&json!({"fullName": ""})).0, Customer::default());
    }

    #[test]
    fn names_are_joined_as_their_script_does() {
        for (first, last, want) in [("길동", "홍", "홍길동"), ("Gildong", "Hong", "Gildong Hong")] {
            let (customer, _) = parse(&json!({"firstName": first, "lastName": last}));
            assert_eq!(customer.name.as_deref(), Some(want));
        }
        assert_eq!(parse(&json!({"lastName": "Hong"})).0.name.as_deref(), Some("Hong"));
        let (_, problems) = parse(&json!({"fullName": "a", "firstName": "b"}));
        assert_eq!(
            problems,
            "customer.fullName: give either fullName or firstName and lastName, not both"
        );
    }

    #[test]
    fn a_single_line_is_enough() {
        let (customer, problems) = parse(&json!({"address": {"addressLine1": "테헤란로 1", "city": "서울"}}));
        assert_eq!(problems, "");
        assert_eq!(
            customer.stored.get("address"),
            Some(&json!({"type": "ONE_LINE", "oneLine": "서울 테헤란로 1"}))
        );
    }

    #[test]
    fn every_wrong_member_is_named() {
        let (_, problems) = parse(&json!({
            "email": 1, "gender": "X", "birthYear": "90년", "birthDay": 3, "address": "Seoul"
        }));
        for name in ["email", "gender", "birthYear", "birthDay", "address"] {
            assert!(problems.contains(&format!("customer.{name}: ")), "{name} in {problems}");
        }
    }
}
