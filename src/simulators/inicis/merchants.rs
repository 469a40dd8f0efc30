//! Merchants: MID, its keys, and what each contract allows.

use super::sign;
use crate::simulators::notices::check_url;
use crate::simulators::words::{ControlError, parse, unknown_word};
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Merchants at most.
const MERCHANTS_MAX: usize = 200_000;

/// Odd but genuine forms of answers and notices.
const SHAPES: &[&str] = &[
    // Answers.
    "pretty",
    "extra-keys",
    "total-altered",
    "bank-00",
    "bare-card-number",
    "name-ampersands",
    "next-url-keys",
    "euc-kr-always",
    "swapped-tids",
    "part-list-array",
    "no-noti",
    // Notices.
    "notice-old",
    "notice-encoded-twice",
    "notice-short-dates",
    "notice-no-bar",
    "notice-fn-cd2",
];

/// Checks words of shapes.
pub(super) fn shapes(field: &str, words: &[String]) -> Result<Vec<&'static str>, ControlError> {
    words
        .iter()
        .map(|word| {
            SHAPES
                .iter()
                .find(|known| *known == word)
                .copied()
                .ok_or_else(|| unknown_word(field, word, SHAPES))
        })
        .collect()
}

/// One contract.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub mid: Arc<str>,
    pub sign_key: String,
    pub api_key: String,
    pub api_iv: String,
    pub lite_key: String,
    pub hash_key: Option<String>,
    pub partial: bool,
    /// "부가세 업체정함": tax and tax-free parts are looked at.
    pub tax_split: bool,
    pub escrow: bool,
    pub billing: bool,
    pub key_in: bool,
    /// "가상계좌환불서비스".
    pub refund: bool,
    /// "주문번호 중복방지": an order number is taken once, and can be asked for.
    pub unique_oid: bool,
    /// Cancels are refused with 500906.
    pub short_of_money: bool,
    /// "입금통보 URL" of the portal.
    pub notify_url: Option<String>,
    pub escrow_url: Option<String>,
    /// `fc`, `ks`, `stg`; otherwise the two live centres take turns.
    pub idc: Option<&'static str>,
    /// Addresses handed out name the data centre in their path.
    pub idc_paths: bool,
    /// Addresses handed out lie below this instead of the simulator: a data centre that cannot be reached.
    pub call_base: Option<String>,
    pub shapes: Vec<&'static str>,
}

impl Merchant {
    fn new(mid: &str, sign_key: &str, api_key: &str, api_iv: &str) -> Self {
        Self {
            mid: Arc::from(mid),
            sign_key: sign_key.to_owned(),
            api_key: api_key.to_owned(),
            api_iv: api_iv.to_owned(),
            lite_key: String::new(),
            hash_key: None,
            partial: true,
            tax_split: false,
            escrow: false,
            billing: false,
            key_in: true,
            refund: true,
            unique_oid: false,
            short_of_money: false,
            notify_url: None,
            escrow_url: None,
            idc: None,
            idc_paths: false,
            call_base: None,
            shapes: Vec::new(),
        }
    }

    /// Reads a value that was encrypted with this merchant's INIAPI key.
    pub fn decrypt(&self, text: &str) -> Option<String> {
        sign::decrypt(text, &self.api_key, &self.api_iv)
    }

    pub fn shaped(&self, word: &str) -> bool {
        self.shapes.contains(&word)
    }
}

fn seeds() -> Vec<Merchant> {
    const SIGN: &str = "bmFydVNpbXVsYXRvclNpZ25LZXkwMDAx";
    const LITE: &str = "bmFydVNpbXVsYXRvckxpdGVLZXkwMDAx";
    const HASH: &str = "4E41525553494D484153484B45593031";
    let own = |mid: &str, key: &str| {
        let mut m = Merchant::new(mid, SIGN, key, "naruSimApiIv01==");
        LITE.clone_into(&mut m.lite_key);
        m.hash_key = Some(HASH.to_owned());
        m
    };
    let mut strict = own("naruinic2m", "naruSimApiKey002");
    (strict.unique_oid, strict.tax_split, strict.idc_paths) = (true, true, true);
    let mut escrow = own("naruinescr", "naruSimApiKey003");
    escrow.escrow = true;
    let mut billing = own("naruinbill", "naruSimApiKey004");
    billing.billing = true;
    // Inicis prints these three for everyone.
    let public = |mid: &str, key: &str, iv: &str| {
        let mut m = Merchant::new(mid, "SU5JTElURV9UUklQTEVERVNfS0VZU1RS", key, iv);
        m.idc = Some("stg");
        m
    };
    let mut test = public("INIpayTest", "ItEQKi3rY7uvDS8l", "HYb3yQ4f65QL89==");
    test.hash_key = Some("3CB8183A4BE283555ACC8363C0360223".to_owned());
    let mut test_escrow = public("iniescrow0", "yERbIlJ3NhTeObsA", "tOGDXbfoajk2DQ==");
    test_escrow.hash_key = Some("37F3A120C1DFCDEB708B00F5383D2263".to_owned());
    test_escrow.escrow = true;
    let mut test_billing = public("INIBillTst", "rKnPljRn5m6J9Mzz", "W2KLNKra6Wxc1P==");
    "b09LVzhuTGZVaEY1WmJoQnZzdXpRdz09".clone_into(&mut test_billing.lite_key);
    test_billing.billing = true;
    let general = own("naruinic1m", "naruSimApiKey001");
    vec![general, strict, escrow, billing, test, test_escrow, test_billing]
}

/// `PUT /_sim/inicis/merchants`: one of these or a list. Members left out keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    mid: String,
    sign_key: Option<String>,
    api_key: Option<String>,
    api_iv: Option<String>,
    lite_key: Option<String>,
    /// Empty: the merchant has none.
    hash_key: Option<String>,
    partial: Option<bool>,
    tax_split: Option<bool>,
    escrow: Option<bool>,
    billing: Option<bool>,
    key_in: Option<bool>,
    refund: Option<bool>,
    unique_oid: Option<bool>,
    short_of_money: Option<bool>,
    /// Where deposit notices of PC and API accounts go; an empty text ends them.
    notify_url: Option<String>,
    /// Where escrow notices go; an empty text ends them.
    escrow_url: Option<String>,
    /// `fc`, `ks`, `stg`, or empty for turns.
    idc: Option<String>,
    idc_paths: Option<bool>,
    /// What `authUrl` and the like begin with; an empty text for the simulator itself.
    call_base: Option<String>,
    shapes: Option<Vec<String>>,
}

/// All merchants.
#[derive(Debug)]
pub(super) struct Merchants(DashMap<Arc<str>, Arc<Merchant>>);

impl Merchants {
    pub fn seeded() -> Self {
        let this = Self(DashMap::new());
        this.reset();
        this
    }

    pub fn reset(&self) {
        self.0.clear();
        for merchant in seeds() {
            self.put(merchant);
        }
    }

    fn put(&self, merchant: Merchant) -> Arc<Merchant> {
        let merchant = Arc::new(merchant);
        self.0.insert(Arc::clone(&merchant.mid), Arc::clone(&merchant));
        merchant
    }

    pub fn get(&self, mid: &str) -> Option<Arc<Merchant>> {
        self.0.get(mid).map(|found| Arc::clone(found.value()))
    }

    /// Gives one merchant, or all of them, these shapes.
    pub fn reshape(&self, mid: Option<&str>, words: &[&'static str]) {
        let all: Vec<Arc<Merchant>> = self.0.iter().map(|found| Arc::clone(found.value())).collect();
        for known in all.iter().filter(|m| mid.is_none_or(|mid| mid == &*m.mid)) {
            let mut m = (**known).clone();
            m.shapes = words.to_vec();
            self.put(m);
        }
    }

    /// Applies `PUT /_sim/inicis/merchants`.
    pub fn change(&self, body: &[u8]) -> Result<Value, ControlError> {
        let changes: Vec<Change> = match parse::<Value>(body)? {
            Value::Array(_) => parse(body)?,
            _ => vec![parse(body)?],
        };
        let mut shown = Vec::with_capacity(changes.len());
        for change in changes {
            let m = self.merge(change)?;
            shown.push(
                json!({"mid": *m.mid, "partial": m.partial, "taxSplit": m.tax_split, "escrow": m.escrow,
                "billing": m.billing, "keyIn": m.key_in, "refund": m.refund, "uniqueOid": m.unique_oid,
                "shortOfMoney": m.short_of_money, "notifyUrl": m.notify_url, "escrowUrl": m.escrow_url,
                "idc": m.idc, "idcPaths": m.idc_paths, "callBase": m.call_base, "shapes": m.shapes}),
            );
        }
        Ok(Value::Array(shown))
    }

    fn merge(&self, change: Change) -> Result<Arc<Merchant>, ControlError> {
        if change.mid.len() != 10 || !change.mid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ControlError::bad("mid", "`mid` must have 10 letters or digits"));
        }
        let mut m = match self.get(&change.mid) {
            Some(known) => (*known).clone(),
            None if self.0.len() >= MERCHANTS_MAX => {
                return Err(ControlError::bad("mid", format!("at most {MERCHANTS_MAX} merchants")));
            }
            None => match (&change.sign_key, &change.api_key, &change.api_iv) {
                (Some(sign), Some(key), Some(iv)) => Merchant::new(&change.mid, sign, key, iv),
                _ => {
                    let text = format!("`{}` is new: give its signKey, apiKey and apiIv", change.mid);
                    return Err(ControlError::bad("signKey", text));
                }
            },
        };
        keys(&mut m, &change)?;
        for (slot, given) in [
            (&mut m.partial, change.partial),
            (&mut m.tax_split, change.tax_split),
            (&mut m.escrow, change.escrow),
            (&mut m.billing, change.billing),
            (&mut m.key_in, change.key_in),
            (&mut m.refund, change.refund),
            (&mut m.unique_oid, change.unique_oid),
            (&mut m.short_of_money, change.short_of_money),
            (&mut m.idc_paths, change.idc_paths),
        ] {
            *slot = given.unwrap_or(*slot);
        }
        for (slot, field, given) in [
            (&mut m.notify_url, "notifyUrl", change.notify_url),
            (&mut m.escrow_url, "escrowUrl", change.escrow_url),
            (&mut m.call_base, "callBase", change.call_base),
        ] {
            if let Some(url) = given {
                if !url.is_empty() {
                    check_url(&url).map_err(|why| ControlError::bad(field, format!("`{field}`: {why}")))?;
                }
                *slot = (!url.is_empty()).then_some(url);
            }
        }
        if let Some(word) = change.idc {
            m.idc = match word.as_str() {
                "" => None,
                other => Some(super::idc(other).ok_or_else(|| unknown_word("idc", other, super::IDCS))?),
            };
        }
        if let Some(words) = change.shapes {
            m.shapes = shapes("shapes", &words)?;
        }
        Ok(self.put(m))
    }
}

fn keys(m: &mut Merchant, change: &Change) -> Result<(), ControlError> {
    for (slot, field, given, exact) in [
        (&mut m.sign_key, "signKey", &change.sign_key, None),
        (&mut m.api_key, "apiKey", &change.api_key, Some(16)),
        (&mut m.api_iv, "apiIv", &change.api_iv, Some(16)),
        (&mut m.lite_key, "liteKey", &change.lite_key, None),
    ] {
        if let Some(key) = given {
            if !key.is_ascii() || key.is_empty() || exact.is_some_and(|length| key.len() != length) {
                let text = format!("`{field}` must be ASCII, and the INIAPI key and IV 16 characters long");
                return Err(ControlError::bad(field, text));
            }
            key.clone_into(slot);
        }
    }
    if let Some(key) = &change.hash_key {
        m.hash_key = (!key.is_empty()).then(|| key.clone());
    }
    Ok(())
}
