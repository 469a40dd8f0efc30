//! `CustomerInput` → the shape that answers show (`Customer`).

use crate::api::v2::decode::Object;
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use serde_json::{Map, Value};

/// The customer: as answers show it, and what a PG is told.
#[derive(Debug, Default)]
pub struct Customer {
    /// PortOne V2 `Customer`, without nulls.
    pub shown: Map<String, Value>,
    /// Name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

/// Decodes `customer`. `country` and `businessRegistrationNumber` are checked and then left: no answer shows them.
///
/// # Errors
/// 400 naming the field.
pub fn customer(body: &mut Object<'_>) -> Result<Customer, ApiError> {
    let Some(mut input) = body.object("customer")? else {
        return Ok(Customer::default());
    };
    let mut customer = Customer {
        name: name(&mut input)?,
        email: input.text("email", limits::LINE)?,
        ..Customer::default()
    };
    for (member, max) in [
        ("id", limits::LINE),
        ("birthYear", limits::CODE),
        ("birthMonth", limits::CODE),
        ("birthDay", limits::CODE),
        ("phoneNumber", limits::CODE),
        ("zipcode", limits::CODE),
    ] {
        if let Some(text) = input.text(member, max)? {
            customer.shown.insert(member.to_owned(), text.into());
        }
    }
    let genders = [("MALE", "MALE"), ("FEMALE", "FEMALE"), ("OTHER", "OTHER")];
    if let Some(gender) = input.word("gender", &genders)? {
        customer.shown.insert("gender".to_owned(), gender.into());
    }
    input.country("country")?;
    input.text("businessRegistrationNumber", limits::CODE)?;
    if let Some(address) = address(&mut input, "address")? {
        customer.shown.insert("address".to_owned(), address.into());
    }
    for (member, text) in [("name", &customer.name), ("email", &customer.email)] {
        if let Some(text) = text {
            customer.shown.insert(member.to_owned(), text.clone().into());
        }
    }
    Ok(customer)
}

fn name(customer: &mut Object<'_>) -> Result<Option<String>, ApiError> {
    let Some(mut name) = customer.object("name")? else {
        return Ok(None);
    };
    let full = name.text("full", limits::LINE)?;
    let Some(mut separated) = name.object("separated")? else {
        return Ok(full);
    };
    let first = separated.need_text("first", limits::LINE)?;
    let last = separated.need_text("last", limits::LINE)?;
    // Korean names are written family name first and without a space.
    let korean = |text: &str| text.chars().all(|c| ('가'..='힣').contains(&c));
    let joined = if korean(&first) && korean(&last) {
        format!("{last}{first}")
    } else {
        format!("{first} {last}")
    };
    Ok(full.or(Some(joined)))
}

/// `SeparatedAddressInput` → `SeparatedAddress`, whose one-line form must always be there.
///
/// # Errors
/// 400 naming the field.
pub fn address(parent: &mut Object<'_>, member: &'static str) -> Result<Option<Map<String, Value>>, ApiError> {
    let Some(mut input) = parent.object(member)? else {
        return Ok(None);
    };
    let line1 = input.need_text("addressLine1", limits::LINE)?;
    let line2 = input
        .text("addressLine2", limits::LINE)?
        .ok_or_else(|| input.missing("addressLine2"))?;
    let city = input.text("city", limits::LINE)?;
    let province = input.text("province", limits::LINE)?;
    let country = input.country("country")?;
    // Korean order: from the province down to the door.
    let parts = [province.as_deref(), city.as_deref(), Some(&line1), Some(&line2)];
    let one_line: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let mut address = Map::new();
    address.insert("type".to_owned(), "SEPARATED".into());
    address.insert("oneLine".to_owned(), one_line.join(" ").into());
    address.insert("addressLine1".to_owned(), line1.into());
    address.insert("addressLine2".to_owned(), line2.into());
    for (name, text) in [("city", city), ("province", province), ("country", country)] {
        if let Some(text) = text {
            address.insert(name.to_owned(), text.into());
        }
    }
    Ok(Some(address))
}
