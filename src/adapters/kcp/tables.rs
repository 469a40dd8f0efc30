//! KCP's code tables and PortOne's words for them (KCP docs: "카드코드", "은행코드", "제휴간편결제").

/// A card: KCP's code, PortOne V2 `CardCompany`. The first row of a word is what a request gets.
static CARDS: &[(&str, &str)] = &[
    ("CCKM", "KOOKMIN_CARD"),
    ("CCNH", "NH_CARD"),
    ("CCBC", "BC_CARD"),
    ("CCLG", "SHINHAN_CARD"),
    ("CCSS", "SAMSUNG_CARD"),
    ("CCDI", "HYUNDAI_CARD"),
    ("CCLO", "LOTTE_CARD"),
    ("CCAM", "LOTTE_CARD"),
    ("CCHN", "HANA_CARD"),
    ("CCKE", "HANA_CARD"),
    ("CCCT", "CITI_CARD"),
    ("CCHM", "CITI_CARD"),
    ("CCSG", "CITI_CARD"),
    ("CCKJ", "GWANGJU_CARD"),
    ("CCSU", "SUHYUP_CARD"),
    ("CCJB", "JEONBUK_CARD"),
    ("CCCJ", "JEJU_CARD"),
    // Seen in integrations, not in KCP's own table.
    ("CCPH", "WOORI_CARD"),
    ("CCMG", "KFCC"),
    ("CCPO", "EPOST"),
    ("CCSB", "SAVINGS_BANK_KOREA"),
    ("CCKD", "KOREA_DEVELOPMENT_BANK"),
    ("CCCU", "SHINHYUP"),
    ("CCSH", "SUHYUP_CARD"),
    ("CCKA", "KAKAO_BANK"),
];

/// A bank: the standard code, PortOne V2 `Bank`. KCP writes `BK` and two digits, for securities firms `B` and three.
static BANKS: &[(&str, &str)] = &[
    ("002", "KDB"),
    ("003", "IBK"),
    ("004", "KOOKMIN"),
    ("007", "SUHYUP"),
    ("011", "NONGHYUP"),
    ("012", "LOCAL_NONGHYUP"),
    ("020", "WOORI"),
    ("023", "STANDARD_CHARTERED"),
    ("027", "CITI"),
    ("031", "DAEGU"),
    ("032", "BUSAN"),
    ("034", "KWANGJU"),
    ("035", "JEJU"),
    ("037", "JEONBUK"),
    ("039", "KYONGNAM"),
    ("045", "KFCC"),
    ("048", "SHINHYUP"),
    ("064", "NFCF"),
    ("071", "POST"),
    ("081", "HANA"),
    ("088", "SHINHAN"),
    ("089", "K_BANK"),
    ("090", "KAKAO"),
    ("092", "TOSS"),
    ("209", "YUANTA_SECURITIES"),
    ("218", "KB_SECURITIES"),
    ("238", "MIRAE_ASSET_SECURITIES"),
    ("240", "SAMSUNG_SECURITIES"),
    ("243", "KOREA_SECURITIES"),
    ("247", "NH_SECURITIES"),
    ("262", "HI_SECURITIES"),
    ("263", "HYUNDAI_MOTOR_SECURITIES"),
    ("266", "SK_SECURITIES"),
    ("267", "DAISHIN_SECURITIES"),
    ("269", "HANHWA_SECURITIES"),
    ("270", "HANA_SECURITIES"),
    ("278", "SHINHAN_SECURITIES"),
    ("279", "DB_SECURITIES"),
    ("280", "EUGENE_SECURITIES"),
    ("287", "MERITZ_SECURITIES"),
    ("291", "SHINYOUNG_SECURITIES"),
];

/// Codes of banks that merged, and the bank they are now.
static MERGED: &[(&str, &str)] = &[
    ("026", "088"),
    ("021", "088"),
    ("053", "027"),
    ("006", "004"),
    ("025", "081"),
    ("005", "081"),
    ("083", "020"),
];

/// Banks that issue virtual accounts, as KCP wants them named there: Shinhan still under its old code.
static ISSUING: &[(&str, &str)] = &[
    ("KOOKMIN", "BK04"),
    ("IBK", "BK03"),
    ("SUHYUP", "BK07"),
    ("NONGHYUP", "BK11"),
    ("WOORI", "BK20"),
    ("STANDARD_CHARTERED", "BK23"),
    ("SHINHAN", "BK26"),
    ("DAEGU", "BK31"),
    ("BUSAN", "BK32"),
    ("KWANGJU", "BK34"),
    ("KYONGNAM", "BK39"),
    ("POST", "BK71"),
    ("HANA", "BK81"),
];

/// A wallet: PortOne V2 `EasyPayProvider`, the field that opens it, `card_other_pay_type` of its cards, `pay_method` and
/// `service_corp_id` of its money (empty where it has none).
pub(super) struct Wallet {
    pub(super) word: &'static str,
    pub(super) direct: &'static str,
    card: &'static str,
    money: &'static str,
    service: &'static str,
}

static WALLETS: &[Wallet] = &[
    wallet("SAMSUNGPAY", "sspay_direct", "OT01", "", ""),
    wallet("SSGPAY", "ssgpay_direct", "OT03", "PASG", "SCSM"),
    wallet("LPAY", "lpay_direct", "OT11", "", "SCLP"),
    wallet("PAYCO", "payco_direct", "OT12", "PACP", ""),
    wallet("KAKAOPAY", "kakaopay_direct", "OT13", "PAKM", "SCKA"),
    wallet("NAVERPAY", "naverpay_direct", "OT16", "PANP", "SCNA"),
    wallet("APPLEPAY", "applepay_direct", "OT21", "", ""),
    wallet("TOSSPAY", "tosspay_direct", "OT23", "PATO", "SCTO"),
];

const fn wallet(
    word: &'static str,
    direct: &'static str,
    card: &'static str,
    money: &'static str,
    service: &'static str,
) -> Wallet {
    Wallet {
        word,
        direct,
        card,
        money,
        service,
    }
}

/// `tk_van_code` and PortOne's word for the gift certificate.
static GIFTS: &[(&str, &str)] = &[
    ("SCCL", "CULTURELAND"),
    ("SCBL", "BOOKNLIFE"),
    ("SCGM", "SMART_MUNSANG"),
];

/// PortOne's word for a card. Two internet banks report another issuer's code and are told by `isp_issuer_cd`.
pub(super) fn card_company(code: &str, isp: Option<&str>) -> Option<&'static str> {
    match (code, isp) {
        ("CCKM", Some("KM90")) => Some("KAKAO_BANK"),
        ("CCBC", Some("BC96")) => Some("K_BANK"),
        _ => CARDS.iter().find(|row| row.0 == code).map(|row| row.1),
    }
}

/// KCP's code for PortOne's `CardCompany`.
pub(super) fn card_code(word: &str) -> Option<&'static str> {
    CARDS.iter().find(|row| row.1 == word).map(|row| row.0)
}

/// PortOne's word for a bank code, with or without `BK`.
pub(super) fn bank(code: &str) -> Option<&'static str> {
    let digits = code.trim().trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let padded = format!("{digits:0>3}");
    let now = MERGED
        .iter()
        .find(|row| row.0 == padded)
        .map_or(padded.as_str(), |row| row.1);
    BANKS.iter().find(|row| row.0 == now).map(|row| row.1)
}

/// KCP's code for PortOne's `Bank`: `BK04`, `B238`.
pub(super) fn bank_code(word: &str) -> Option<String> {
    let code = BANKS.iter().find(|row| row.1 == word)?.0;
    Some(match code.strip_prefix('0') {
        Some(two) => format!("BK{two}"),
        None => format!("B{code}"),
    })
}

/// KCP's code for a bank that issues virtual accounts.
pub(super) fn issuing_bank(word: &str) -> Option<&'static str> {
    ISSUING.iter().find(|row| row.0 == word).map(|row| row.1)
}

/// Wallet of a PortOne word.
pub(super) fn wallet_of(word: &str) -> Option<&'static Wallet> {
    WALLETS.iter().find(|row| row.word == word)
}

/// PortOne's word for `card_other_pay_type`.
pub(super) fn wallet_by_card(code: &str) -> Option<&'static str> {
    WALLETS.iter().find(|row| row.card == code).map(|row| row.word)
}

/// PortOne's word for wallet money, by `pay_method` or `service_corp_id`.
pub(super) fn wallet_by_money(pay_method: &str, service: Option<&str>) -> Option<&'static str> {
    let by_method = WALLETS
        .iter()
        .find(|row| !row.money.is_empty() && row.money == pay_method);
    let by_service = || {
        let service = service?;
        WALLETS
            .iter()
            .find(|row| !row.service.is_empty() && row.service == service)
    };
    by_method.or_else(by_service).map(|row| row.word)
}

/// Whether a `pay_method` is wallet money.
pub(super) fn is_money(pay_method: &str) -> bool {
    WALLETS
        .iter()
        .any(|row| !row.money.is_empty() && row.money == pay_method)
}

/// PortOne's word for a gift certificate's `tk_van_code`.
pub(super) fn gift(code: &str) -> Option<&'static str> {
    GIFTS.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// `van_code` of PortOne's gift certificate, of those that the window is opened for.
pub(super) fn gift_code(word: &str) -> Option<&'static str> {
    GIFTS.iter().take(2).find(|row| row.1 == word).map(|row| row.0)
}

/// Words for messages that list what is accepted.
pub(super) fn card_words() -> String {
    joined(CARDS.iter().map(|row| row.1))
}

/// Words of banks that refunds go to.
pub(super) fn bank_words() -> String {
    joined(BANKS.iter().map(|row| row.1))
}

/// Words of banks that issue accounts.
pub(super) fn issuing_words() -> String {
    joined(ISSUING.iter().map(|row| row.0))
}

/// Words of wallets.
pub(super) fn wallet_words() -> String {
    joined(WALLETS.iter().map(|row| row.word))
}

fn joined(words: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    words.join(", ")
}
