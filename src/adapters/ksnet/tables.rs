//! KSNET's card and bank codes and PortOne's words for them.

/// A card: two-digit code, PortOne V2 `CardCompany`. 25 (foreign), 52 (Naver Pay) and 99 (others) have no word.
static CARDS: &[(&str, &str)] = &[
    ("01", "BC_CARD"),
    ("02", "KOOKMIN_CARD"),
    ("03", "HANA_CARD"),
    ("04", "SAMSUNG_CARD"),
    ("05", "SHINHAN_CARD"),
    ("08", "HYUNDAI_CARD"),
    ("09", "LOTTE_CARD"),
    ("11", "CITI_CARD"),
    ("12", "SUHYUP_CARD"),
    ("14", "WOORI_CARD"),
    ("15", "NH_CARD"),
    ("16", "JEJU_CARD"),
    ("17", "GWANGJU_CARD"),
    ("18", "JEONBUK_CARD"),
    ("19", "SHINHAN_CARD"),
    ("23", "KOOKMIN_CARD"),
    ("24", "HANA_CARD"),
    ("26", "CITI_CARD"),
];

/// A word of the REST API's `issuerCardType` or a part of its `issuerCardName`, and PortOne V2 `CardCompany`. Only
/// `HYUNDAI` was seen; the others follow its pattern, and an unlisted word has no meaning.
static CARD_NAMES: &[(&str, &str, &str)] = &[
    ("BC", "비씨", "BC_CARD"),
    ("KOOKMIN", "국민", "KOOKMIN_CARD"),
    ("HANA", "하나", "HANA_CARD"),
    ("SAMSUNG", "삼성", "SAMSUNG_CARD"),
    ("SHINHAN", "신한", "SHINHAN_CARD"),
    ("HYUNDAI", "현대", "HYUNDAI_CARD"),
    ("LOTTE", "롯데", "LOTTE_CARD"),
    ("CITI", "씨티", "CITI_CARD"),
    ("SUHYUP", "수협", "SUHYUP_CARD"),
    ("WOORI", "우리", "WOORI_CARD"),
    ("NONGHYUP", "농협", "NH_CARD"),
    ("JEJU", "제주", "JEJU_CARD"),
    ("KWANGJU", "광주", "GWANGJU_CARD"),
    ("JEONBUK", "전북", "JEONBUK_CARD"),
];

/// A bank: two-digit code, PortOne V2 `Bank`. 12 to 15 are local cooperatives; 05, 26 and 53 are old numbers.
static BANKS: &[(&str, &str)] = &[
    ("02", "KDB"),
    ("03", "IBK"),
    ("04", "KOOKMIN"),
    ("05", "HANA"),
    ("07", "SUHYUP"),
    ("11", "NONGHYUP"),
    ("12", "LOCAL_NONGHYUP"),
    ("13", "LOCAL_NONGHYUP"),
    ("14", "LOCAL_NONGHYUP"),
    ("15", "LOCAL_NONGHYUP"),
    ("20", "WOORI"),
    ("23", "STANDARD_CHARTERED"),
    ("26", "SHINHAN"),
    ("27", "CITI"),
    ("31", "DAEGU"),
    ("32", "BUSAN"),
    ("34", "KWANGJU"),
    ("35", "JEJU"),
    ("37", "JEONBUK"),
    ("39", "KYONGNAM"),
    ("45", "KFCC"),
    ("48", "SHINHYUP"),
    ("50", "SAVINGS_BANK"),
    ("53", "CITI"),
    ("64", "NFCF"),
    ("71", "POST"),
    ("81", "HANA"),
    ("88", "SHINHAN"),
    ("89", "K_BANK"),
    ("90", "KAKAO"),
    ("E0", "SAMSUNG_SECURITIES"),
];

/// PortOne's word for a card code; of a code of six digits the last two count.
pub(super) fn card(code: &str) -> Option<&'static str> {
    let code = code.trim();
    let last = if code.len() == 6 { code.get(4..)? } else { code };
    CARDS.iter().find(|row| row.0 == last).map(|row| row.1)
}

/// PortOne's word for a card that the REST API names by a word or a name.
pub(super) fn card_named(word: &str, name: &str) -> Option<&'static str> {
    let named = |row: &&(&str, &str, &str)| row.0 == word || (!name.is_empty() && name.contains(row.1));
    CARD_NAMES.iter().find(named).map(|row| row.2)
}

/// PortOne's word for a bank code of two digits, three with a zero before it, or more with blanks or zeros.
pub(super) fn bank(code: &str) -> Option<&'static str> {
    let code = code.trim();
    let two = match code.len() {
        2 => code,
        3 | 6 => {
            let (zeros, two) = code.split_at_checked(code.len() - 2)?;
            zeros.bytes().all(|b| b == b'0').then_some(two)?
        }
        _ => return None,
    };
    BANKS.iter().find(|row| row.0 == two).map(|row| row.1)
}

/// Whether accounts can be asked for at a bank: the REST API takes PortOne's words for banks as far as they were seen.
pub(super) fn issues(word: &str) -> bool {
    BANKS.iter().any(|row| row.1 == word)
}
