//! Payment methods: what was asked for, and what the PG says was used (PortOne V2 `PaymentMethod` union).

use serde::{Deserialize, Serialize};

/// A method as requested (PortOne V2 `PaymentMethodType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MethodKind {
    /// Credit, debit or gift card.
    Card,
    /// Account transfer (계좌이체).
    Transfer,
    /// Virtual account (가상계좌).
    VirtualAccount,
    /// Gift certificate (상품권).
    GiftCertificate,
    /// Mobile phone bill (휴대폰 소액결제).
    Mobile,
    /// Easy pay wallet (간편결제).
    EasyPay,
}

impl MethodKind {
    /// The wire word, e.g. `VIRTUAL_ACCOUNT`; also a metrics label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "CARD",
            Self::Transfer => "TRANSFER",
            Self::VirtualAccount => "VIRTUAL_ACCOUNT",
            Self::GiftCertificate => "GIFT_CERTIFICATE",
            Self::Mobile => "MOBILE",
            Self::EasyPay => "EASY_PAY",
        }
    }
}

/// Card scheme (PortOne V2 `CardBrand`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names are the documentation
pub enum CardBrand {
    Local,
    Master,
    Unionpay,
    Visa,
    Jcb,
    Amex,
    Diners,
}

/// PortOne V2 `CardType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names are the documentation
pub enum CardType {
    Credit,
    Debit,
    Gift,
}

/// PortOne V2 `CardOwnerType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the names are the documentation
pub enum CardOwner {
    Personal,
    Corporate,
}

/// A card as far as the PG tells. Numbers are masked by the PG; a full number never gets here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CardDetail {
    /// Issuer, PortOne V2 `CardCompany`, if the code is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The PG's own issuer code, always kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_code: Option<String>,
    /// Acquirer, PortOne V2 `CardCompany` (`publisher` there).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquirer: Option<String>,
    /// Scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<CardBrand>,
    /// Credit, debit, gift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_type: Option<CardType>,
    /// Personal or corporate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<CardOwner>,
    /// First six digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Masked number in whatever style the PG masks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Card product name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Issuer's approval number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_number: Option<String>,
    /// Instalment months, 0 = lump sum.
    pub installment_months: u32,
    /// Interest-free instalments.
    pub interest_free: bool,
    /// The merchant pays the interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interest_free_from_merchant: Option<bool>,
    /// Card points were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_used: Option<bool>,
}

/// What was used to pay. Unlisted codes stay `None` beside the raw PG answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MethodDetail {
    /// Card.
    Card(CardDetail),
    /// Account transfer.
    Transfer {
        /// PortOne V2 `Bank`.
        bank: Option<String>,
        /// Masked account number.
        account_number: Option<String>,
    },
    /// Virtual account.
    VirtualAccount {
        /// PortOne V2 `Bank`.
        bank: Option<String>,
        /// Account number to deposit to.
        account_number: String,
        /// `true` for a fixed account.
        fixed: Option<bool>,
        /// Account holder shown to the buyer.
        remittee: Option<String>,
        /// Who deposited.
        remitter: Option<String>,
        /// Deadline, ms.
        expires_at: Option<i64>,
        /// Issue time, ms.
        issued_at: Option<i64>,
    },
    /// Gift certificate.
    GiftCertificate {
        /// PortOne V2 `PaymentMethodGiftCertificateType`.
        certificate: Option<String>,
        /// Approval number, empty when the PG gives none.
        approval_number: String,
    },
    /// Mobile phone bill.
    Mobile {
        /// Phone number.
        phone_number: Option<String>,
    },
    /// Easy pay.
    EasyPay {
        /// PortOne V2 `EasyPayProvider`.
        provider: Option<String>,
        /// The funding behind it, when the PG tells; `None` with `charge` = true is wallet money.
        card: Option<CardDetail>,
        /// Paid from wallet money or points.
        charge: bool,
    },
}

impl MethodDetail {
    /// The method's kind.
    #[must_use]
    pub fn kind(&self) -> MethodKind {
        match self {
            Self::Card(_) => MethodKind::Card,
            Self::Transfer { .. } => MethodKind::Transfer,
            Self::VirtualAccount { .. } => MethodKind::VirtualAccount,
            Self::GiftCertificate { .. } => MethodKind::GiftCertificate,
            Self::Mobile { .. } => MethodKind::Mobile,
            Self::EasyPay { .. } => MethodKind::EasyPay,
        }
    }
}
