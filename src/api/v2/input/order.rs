//! What is bought, beyond the amount: members that payments keep and answers echo.

use super::customer::address;
use crate::api::v2::decode::{AMOUNT_MAX, Object};
use crate::api::v2::error::ApiError;
use crate::api::v2::limits;
use serde_json::{Map, Value};

/// Decodes `products`, `productCount`, `productType`, `country`, `noticeUrls`, `shippingAddress` and `skipWebhook`
/// into [`crate::engine::NewAttempt::extras`], under the same names.
///
/// # Errors
/// 400 naming the field.
pub fn extras(body: &mut Object<'_>) -> Result<Map<String, Value>, ApiError> {
    let mut extras = Map::new();
    if let Some(products) = products(body)? {
        extras.insert("products".to_owned(), products.into());
    }
    let count = body.integer(
        "productCount",
        0..=i64::from(i32::MAX),
        "must be an integer, zero or more",
    )?;
    if let Some(count) = count {
        extras.insert("productCount".to_owned(), count.into());
    }
    if let Some(kind) = body.word("productType", &[("PHYSICAL", "PHYSICAL"), ("DIGITAL", "DIGITAL")])? {
        extras.insert("productType".to_owned(), kind.into());
    }
    if let Some(country) = body.country("country")? {
        extras.insert("country".to_owned(), country.into());
    }
    if let Some(urls) = notice_urls(body)? {
        extras.insert("noticeUrls".to_owned(), urls.into());
    }
    if let Some(address) = address(body, "shippingAddress")? {
        extras.insert("shippingAddress".to_owned(), address.into());
    }
    if body.flag("skipWebhook")? == Some(true) {
        extras.insert("skipWebhook".to_owned(), true.into());
    }
    Ok(extras)
}

fn products(body: &mut Object<'_>) -> Result<Option<Vec<Value>>, ApiError> {
    let Some(items) = body.array("products", limits::PRODUCTS)? else {
        return Ok(None);
    };
    let mut products = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let mut item = body.item("products", index, item)?;
        let mut product = Map::new();
        product.insert("id".to_owned(), item.need_text("id", limits::LINE)?.into());
        product.insert("name".to_owned(), item.need_text("name", limits::LINE)?.into());
        let amount = item.integer("amount", -AMOUNT_MAX..=AMOUNT_MAX, "must be an integer")?;
        product.insert(
            "amount".to_owned(),
            amount.ok_or_else(|| item.missing("amount"))?.into(),
        );
        let quantity = item.integer("quantity", 0..=i64::from(i32::MAX), "must be an integer, zero or more")?;
        product.insert(
            "quantity".to_owned(),
            quantity.ok_or_else(|| item.missing("quantity"))?.into(),
        );
        for (name, max) in [("tag", limits::LINE), ("code", limits::LINE), ("link", limits::URL)] {
            if let Some(text) = item.text(name, max)? {
                product.insert(name.to_owned(), text.into());
            }
        }
        products.push(product.into());
    }
    Ok(Some(products))
}

/// An empty list is as good as none (PortOne: "빈 배열은 무시됩니다").
fn notice_urls(body: &mut Object<'_>) -> Result<Option<Vec<Value>>, ApiError> {
    let urls = body.array("noticeUrls", limits::NOTICE_URLS)?.unwrap_or_default();
    for (index, url) in urls.iter().enumerate() {
        let fits = url.as_str().is_some_and(|text| {
            let web = text.starts_with("https://") || text.starts_with("http://");
            web && text.len() <= limits::URL && text.parse::<http::Uri>().is_ok()
        });
        if !fits {
            let max = limits::URL;
            let message = format!("must be an http or https URL of at most {max} characters");
            return Err(body.fail(&format!("noticeUrls[{index}]"), &message));
        }
    }
    Ok(Some(urls).filter(|urls| !urls.is_empty()))
}
