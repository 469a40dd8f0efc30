//! Codes of V1: cards and banks by their KFTC (금융결제원) numbers, the store's channels, tiers.

use super::error::V1Error;
use super::{Answer, Call};
use crate::adapters::{ChannelRevision, Feature, Mode, When};
use crate::api::v2::banks::BANKS;
use serde::Serialize;

/// KFTC code, PortOne V2 `CardCompany`, Korean name.
static CARDS: &[(&str, &str, &str)] = &[
    ("361", "BC_CARD", "BC카드"),
    ("381", "KOOKMIN_CARD", "KB국민카드"),
    ("367", "HYUNDAI_CARD", "현대카드"),
    ("365", "SAMSUNG_CARD", "삼성카드"),
    ("368", "LOTTE_CARD", "롯데카드"),
    ("371", "NH_CARD", "NH카드"),
    ("041", "WOORI_CARD", "우리카드"),
    ("374", "HANA_CARD", "하나카드"),
    ("366", "SHINHAN_CARD", "신한카드"),
    ("370", "CITI_CARD", "씨티카드"),
    ("369", "SUHYUP_CARD", "수협카드"),
    ("364", "GWANGJU_CARD", "광주카드"),
    ("372", "JEONBUK_CARD", "전북카드"),
    ("373", "JEJU_CARD", "제주카드"),
    ("045", "KFCC", "새마을금고"),
    ("048", "SHINHYUP", "신협"),
    ("002", "KOREA_DEVELOPMENT_BANK", "KDB산업은행"),
    ("071", "EPOST", "우체국"),
    ("050", "SAVINGS_BANK_KOREA", "저축은행"),
    ("089", "K_BANK", "케이뱅크"),
    ("090", "KAKAO_BANK", "카카오뱅크"),
    ("092", "TOSS_BANK", "토스뱅크"),
    ("238", "MIRAE_ASSET_SECURITIES", "미래에셋증권"),
];

/// KFTC code and PortOne V2 `Bank`.
static BANK_CODES: &[(&str, &str)] = &[
    ("001", "BANK_OF_KOREA"),
    ("002", "KDB"),
    ("003", "IBK"),
    ("004", "KOOKMIN"),
    ("007", "SUHYUP"),
    ("008", "KEXIM"),
    ("011", "NONGHYUP"),
    ("012", "LOCAL_NONGHYUP"),
    ("020", "WOORI"),
    ("023", "STANDARD_CHARTERED"),
    ("027", "CITI"),
    ("030", "SUHYUP_FEDERATION"),
    ("031", "DAEGU"),
    ("032", "BUSAN"),
    ("034", "KWANGJU"),
    ("035", "JEJU"),
    ("037", "JEONBUK"),
    ("039", "KYONGNAM"),
    ("045", "KFCC"),
    ("048", "SHINHYUP"),
    ("050", "SAVINGS_BANK"),
    ("052", "MORGAN_STANLEY"),
    ("054", "HSBC"),
    ("055", "DEUTSCHE"),
    ("057", "JPMC"),
    ("058", "MIZUHO"),
    ("059", "MUFG"),
    ("060", "BANK_OF_AMERICA"),
    ("061", "BNP_PARIBAS"),
    ("062", "ICBC"),
    ("063", "BANK_OF_CHINA"),
    ("064", "NFCF"),
    ("065", "UOB"),
    ("066", "BOCOM"),
    ("067", "CCB"),
    ("071", "POST"),
    ("076", "KODIT"),
    ("077", "KIBO"),
    ("081", "HANA"),
    ("088", "SHINHAN"),
    ("089", "K_BANK"),
    ("090", "KAKAO"),
    ("092", "TOSS"),
    ("094", "SGI"),
    ("101", "KCIS"),
    ("209", "YUANTA_SECURITIES"),
    ("218", "KB_SECURITIES"),
    ("221", "SANGSANGIN_SECURITIES"),
    ("222", "HANYANG_SECURITIES"),
    ("223", "LEADING_SECURITIES"),
    ("224", "BNK_SECURITIES"),
    ("225", "IBK_SECURITIES"),
    ("227", "DAOL_SECURITIES"),
    ("238", "MIRAE_ASSET_SECURITIES"),
    ("240", "SAMSUNG_SECURITIES"),
    ("243", "KOREA_SECURITIES"),
    ("247", "NH_SECURITIES"),
    ("261", "KYOBO_SECURITIES"),
    ("262", "HI_SECURITIES"),
    ("263", "HYUNDAI_MOTOR_SECURITIES"),
    ("264", "KIWOOM_SECURITIES"),
    ("265", "EBEST_SECURITIES"),
    ("266", "SK_SECURITIES"),
    ("267", "DAISHIN_SECURITIES"),
    ("269", "HANHWA_SECURITIES"),
    ("270", "HANA_SECURITIES"),
    ("271", "TOSS_SECURITIES"),
    ("278", "SHINHAN_SECURITIES"),
    ("279", "DB_SECURITIES"),
    ("280", "EUGENE_SECURITIES"),
    ("287", "MERITZ_SECURITIES"),
    ("288", "KAKAO_PAY_SECURITIES"),
    ("290", "BOOKOOK_SECURITIES"),
    ("291", "SHINYOUNG_SECURITIES"),
    ("292", "CAPE_SECURITIES"),
    ("293", "KOREA_SECURITIES_FINANCE"),
    ("294", "KOREA_FOSS_SECURITIES"),
    ("295", "WOORI_INVESTMENT_BANK"),
];

/// KFTC code of a card company (PortOne V2 `CardCompany`).
#[must_use]
pub fn card_code(word: &str) -> Option<&'static str> {
    CARDS
        .iter()
        .find(|(_, company, _)| *company == word)
        .map(|(code, ..)| *code)
}

/// Korean name of a card company.
#[must_use]
pub fn card_name(word: &str) -> Option<&'static str> {
    CARDS
        .iter()
        .find(|(_, company, _)| *company == word)
        .map(|(.., name)| *name)
}

/// KFTC code of a bank (PortOne V2 `Bank`).
#[must_use]
pub fn bank_code(word: &str) -> Option<&'static str> {
    BANK_CODES.iter().find(|(_, bank)| *bank == word).map(|(code, _)| *code)
}

/// Korean name of a bank (PortOne V2 `Bank`).
#[must_use]
pub fn bank_name(word: &str) -> Option<&'static str> {
    BANKS.iter().find(|(bank, _)| *bank == word).map(|(_, name)| *name)
}

/// PortOne V2 `Bank` of what V1 calls say: the KFTC code, its last two digits (Inicis), `BK` and those (KCP), or the word
/// itself.
#[must_use]
pub fn bank_word(given: &str) -> Option<&'static str> {
    let given = given.trim();
    let digits = given.strip_prefix("BK").unwrap_or(given);
    let code = match digits.len() {
        2 if digits.bytes().all(|b| b.is_ascii_digit()) => format!("0{digits}"),
        _ => digits.to_owned(),
    };
    let by_code = BANK_CODES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, bank)| *bank);
    by_code.or_else(|| BANKS.iter().find(|(bank, _)| *bank == given).map(|(bank, _)| *bank))
}

/// PortOne V1 `StandardCodeAnnotation`.
#[derive(Debug, Serialize)]
struct Code {
    code: &'static str,
    name: &'static str,
}

fn all_cards() -> impl Iterator<Item = Code> {
    CARDS.iter().map(|(code, _, name)| Code { code, name })
}

fn all_banks() -> impl Iterator<Item = Code> {
    BANK_CODES.iter().map(|(code, bank)| Code {
        code,
        name: bank_name(bank).unwrap_or(bank),
    })
}

fn one(mut codes: impl Iterator<Item = Code>, code: &str, message: &str) -> Result<Answer, V1Error> {
    let found = codes.find(|known| known.code == code);
    Answer::ok(&found.ok_or_else(|| V1Error::not_found(message))?)
}

/// `GET /cards`.
pub(super) fn cards() -> Result<Answer, V1Error> {
    Answer::ok(&all_cards().collect::<Vec<_>>())
}

/// `GET /cards/{card_standard_code}`.
pub(super) fn card(code: &str) -> Result<Answer, V1Error> {
    one(all_cards(), code, "존재하지 않는 카드사 코드입니다.")
}

/// `GET /banks`.
pub(super) fn banks() -> Result<Answer, V1Error> {
    Answer::ok(&all_banks().collect::<Vec<_>>())
}

/// `GET /banks/{bank_standard_code}`.
pub(super) fn bank(code: &str) -> Result<Answer, V1Error> {
    one(all_banks(), code, "존재하지 않는 은행 코드입니다.")
}

/// PortOne V1 `PgSettingAnnotation`.
#[derive(Debug, Serialize)]
struct PgSetting<'a> {
    pg_provider: String,
    pg_id: &'a str,
    sandbox: bool,
    r#type: &'static str,
    channel_name: &'a str,
    channel_key: &'a str,
}

impl<'a> PgSetting<'a> {
    fn new(channel: &'a ChannelRevision, kind: &'static str) -> Self {
        let names = &channel.adapter.descriptor().names;
        Self {
            pg_provider: names
                .v1
                .first()
                .map_or_else(|| names.v2.to_lowercase(), |word| (*word).to_owned()),
            pg_id: &channel.spec.mid,
            sandbox: channel.spec.mode == Mode::Test,
            r#type: kind,
            channel_name: &channel.spec.name,
            channel_key: &channel.spec.key,
        }
    }
}

/// `GET /users/pg`: the store's channels; one that takes card data by API is there twice, as PortOne's are.
pub(super) fn channels(call: &Call) -> Result<Answer, V1Error> {
    let mine = call.snapshot.channels.values();
    let mut mine: Vec<_> = mine
        .filter(|channel| channel.takes_new(call.now) && channel.spec.stores.contains(&call.store.id))
        .collect();
    mine.sort_by(|a, b| a.spec.key.cmp(&b.spec.key));
    let settings: Vec<PgSetting<'_>> = mine
        .into_iter()
        .flat_map(|channel| {
            let has = |feature| {
                let when = channel.adapter.descriptor().feature(feature);
                matches!(when, When::Yes | When::Contract { .. })
            };
            let by_api = has(Feature::Instant) || has(Feature::BillingKeyInstant);
            let kinds = [
                channel.adapter.window().is_some().then_some("payment"),
                by_api.then_some("api_payment"),
            ];
            kinds
                .into_iter()
                .flatten()
                .map(move |kind| PgSetting::new(channel, kind))
        })
        .collect();
    Answer::ok(&settings)
}
