//! What the merchant gave and answers echo. The browser and the API write these members in their own spellings, so each
//! is shown only as far as it fits PortOne's response shape: one member of a wrong type would make a strict client
//! refuse the whole payment.

use serde::Serialize;
use serde_json::Value;

/// PortOne V2 `Customer`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_year: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_month: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_day: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zipcode: Option<&'a str>,
}

/// PortOne V2 `Address`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Address<'a> {
    r#type: &'static str,
    one_line: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    province: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

impl<'a> From<&'a Value> for Customer<'a> {
    fn from(value: &'a Value) -> Self {
        Self {
            id: text(value, "id"),
            name: text(value, "name"),
            birth_year: text(value, "birthYear"),
            birth_month: text(value, "birthMonth"),
            birth_day: text(value, "birthDay"),
            gender: text(value, "gender").filter(|word| matches!(*word, "MALE" | "FEMALE" | "OTHER")),
            email: text(value, "email"),
            phone_number: text(value, "phoneNumber"),
            address: value.get("address").and_then(address),
            zipcode: text(value, "zipcode"),
        }
    }
}

fn address(value: &Value) -> Option<Address<'_>> {
    let one_line = text(value, "oneLine")?;
    let (line1, line2) = (text(value, "addressLine1"), text(value, "addressLine2"));
    // The separated form requires both lines.
    let separated = line1.is_some() && line2.is_some();
    let part = |name| text(value, name).filter(|_| separated);
    Some(Address {
        r#type: if separated { "SEPARATED" } else { "ONE_LINE" },
        one_line,
        address_line1: line1.filter(|_| separated),
        address_line2: line2.filter(|_| separated),
        city: part("city"),
        province: part("province"),
        country: part("country"),
    })
}

/// PortOne V2 `PaymentProduct`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Product<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    amount: i64,
    quantity: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
}

/// Products as far as they fit; `None` if none were given.
#[must_use]
pub fn products(value: Option<&Value>) -> Option<Vec<Product<'_>>> {
    let items = value?.as_array()?;
    Some(items.iter().filter_map(product).collect())
}

fn product(value: &Value) -> Option<Product<'_>> {
    Some(Product {
        id: text(value, "id")?,
        name: text(value, "name")?,
        tag: text(value, "tag"),
        code: text(value, "code"),
        amount: value.get("amount")?.as_i64()?,
        quantity: int32(value.get("quantity"))?,
        link: text(value, "link"),
    })
}

/// An integer of 32 bits, as the schema wants counts.
#[must_use]
pub fn int32(value: Option<&Value>) -> Option<i32> {
    value?.as_i64().and_then(|n| i32::try_from(n).ok())
}
