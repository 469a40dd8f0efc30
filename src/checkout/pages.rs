//! Our own pages, in Korean and English side by side: a buyer who lands here came from a PG, not from a settings menu.

use super::result::{Members, to_json};
use super::urls;
use crate::adapters::Open;
use crate::net::escape;
use crate::payment::{Status, Transaction};

/// What a page says, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Paid.
    Paid,
    /// Account issued, deposit awaited.
    Issued,
    /// The PG decides later.
    UnderReview,
    /// Authenticated; the shop finishes the payment.
    Authenticated,
    /// Failed or cancelled by the buyer.
    Failed,
    /// The outcome is not known yet.
    Confirming,
    /// Token unknown or expired.
    NotFound,
    /// What came back is not what was opened.
    Mismatch,
    /// Another attempt of this payment is paid or running.
    AlreadyPaid,
    /// The router cannot work at this moment.
    Unavailable,
    /// A card or wallet is registered for later charges.
    Registered,
    /// It is not.
    NotRegistered,
}

impl Notice {
    /// For a finished attempt.
    pub fn of(transaction: &Transaction, members: &Members) -> Self {
        let confirmable = members.iter().any(|(name, _)| *name == "paymentToken");
        match transaction.status {
            _ if confirmable => Self::Authenticated,
            Status::VirtualAccountIssued => Self::Issued,
            Status::PayPending => Self::UnderReview,
            Status::Failed => Self::Failed,
            _ => Self::Paid,
        }
    }

    /// CSS class, heading and explanation in Korean, the same in English.
    fn words(self) -> [&'static str; 5] {
        match self {
            Self::Paid => [
                "good",
                "결제가 완료되었습니다",
                "이 창을 닫고 쇼핑몰에서 주문 내역을 확인해 주세요.",
                "Payment complete",
                "You can close this window and see your order in the shop.",
            ],
            Self::Issued => [
                "good",
                "가상계좌가 발급되었습니다",
                "쇼핑몰에서 계좌번호와 입금 기한을 확인해 주세요.",
                "Virtual account issued",
                "See the shop for the account number and the deposit deadline.",
            ],
            Self::UnderReview => [
                "wait",
                "결제가 접수되었습니다",
                "결제사에서 확인한 뒤 쇼핑몰에 결과를 알려 드립니다.",
                "Payment received",
                "The payment provider is reviewing it; the shop will tell you the result.",
            ],
            Self::Authenticated => [
                "good",
                "인증이 완료되었습니다",
                "쇼핑몰에서 결제를 마무리합니다.",
                "Authenticated",
                "The shop is now completing the payment.",
            ],
            Self::Failed => [
                "bad",
                "결제가 완료되지 않았습니다",
                "쇼핑몰로 돌아가 다시 시도하거나 다른 결제 수단을 선택해 주세요.",
                "The payment was not completed",
                "Please go back to the shop to try again or to choose another method.",
            ],
            Self::Confirming => [
                "wait",
                "결제 결과를 확인하고 있습니다",
                "다시 결제하지 마시고 잠시만 기다려 주세요. 결과가 나오면 자동으로 이동합니다.",
                "Confirming your payment",
                "Please wait and do not pay again. This page moves on as soon as the result is known.",
            ],
            Self::NotFound => [
                "bad",
                "결제 정보를 찾을 수 없습니다",
                "결제 시간이 지났거나 주소가 올바르지 않습니다. 이 화면에서는 아무 결제도 승인되지 않았습니다. 쇼핑몰에서 주문 상태를 확인해 주세요.",
                "Payment session not found",
                "It has expired, or the address is wrong. Nothing was approved from this page. Please check your order in the shop.",
            ],
            Self::Mismatch => [
                "bad",
                "결제 정보가 일치하지 않아 중단했습니다",
                "승인된 금액은 없습니다. 쇼핑몰로 돌아가 다시 시도해 주세요.",
                "Stopped: the payment data does not match",
                "Nothing was approved. Please go back to the shop and try again.",
            ],
            Self::AlreadyPaid => [
                "wait",
                "이미 결제가 완료되었거나 진행 중인 주문입니다",
                "다시 결제하지 마시고 쇼핑몰에서 주문 상태를 확인해 주세요.",
                "This order is already paid or being paid",
                "Please do not pay again; check your order in the shop.",
            ],
            Self::Unavailable => [
                "wait",
                "지금은 결제를 처리할 수 없습니다",
                "잠시 후 다시 시도해 주세요. 쇼핑몰에서 주문 상태를 확인할 수 있습니다.",
                "The payment cannot be processed right now",
                "Please try again in a moment. The shop shows the state of your order.",
            ],
            Self::Registered => [
                "good",
                "결제 수단이 등록되었습니다",
                "이 창을 닫고 쇼핑몰에서 확인해 주세요. 지금 결제된 금액은 없습니다.",
                "Payment method registered",
                "You can close this window. Nothing was charged now.",
            ],
            Self::NotRegistered => [
                "bad",
                "결제 수단이 등록되지 않았습니다",
                "쇼핑몰로 돌아가 다시 시도하거나 다른 결제 수단을 선택해 주세요.",
                "The payment method was not registered",
                "Please go back to the shop to try again or to choose another method.",
            ],
        }
    }
}

/// Addresses an attempt's pages need, all on our own origin.
#[derive(Debug, Clone)]
pub struct Links {
    /// Where the result can be asked for.
    pub result: String,
    /// Where the buyer goes once there is one.
    pub done: String,
    /// Where the PG returns to.
    pub back: String,
}

fn document(notice: Notice, data: &str, extra: &str, head: &str, script: Option<&str>) -> String {
    let [class, ko, ko_text, en, en_text] = notice.words();
    let script = script.map_or(String::new(), |name| {
        format!("<script src=\"/checkout/assets/{name}\" defer></script>")
    });
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{ko} · {en}</title>\n\
         <link rel=\"stylesheet\" href=\"/checkout/assets/page.css\">\n{head}{script}\n</head>\n<body>\n\
         <main id=\"naru\" class=\"card {class}\"{data}>\n<div class=\"mark\" aria-hidden=\"true\"></div>\n\
         <div role=\"status\">\n<h1>{ko}</h1>\n<p>{ko_text}</p>\n\
         <div lang=\"en\">\n<h2>{en}</h2>\n<p>{en_text}</p>\n</div>\n</div>\n{extra}</main>\n</body>\n</html>\n"
    )
}

/// The page of a finished attempt: hands the result to the page that waits for it, if there is one.
pub fn outcome(transaction: &Transaction, members: &Members) -> String {
    outcome_of(
        Notice::of(transaction, members),
        transaction.origin.url.as_deref(),
        members,
    )
}

/// The page of a result; `shop` is the page that the buyer came from.
pub fn outcome_of(notice: Notice, shop: Option<&str>, members: &Members) -> String {
    let shop = shop.filter(|url| urls::check_http(url).is_ok());
    let target = shop.and_then(urls::origin_of).unwrap_or_default();
    let data = format!(
        " data-state=\"done\" data-result=\"{}\" data-target=\"{}\"",
        escape(&to_json(members).to_string()),
        escape(&target)
    );
    let reason = members.iter().find(|(name, _)| *name == "message");
    let reason = reason.map_or(String::new(), |(_, text)| {
        format!("<p class=\"reason\">{}</p>\n", escape(text))
    });
    let link = shop.map_or(String::new(), |url| {
        format!("<p><a class=\"button\" href=\"{}\">쇼핑몰로 돌아가기 · <span lang=\"en\">Back to the shop</span></a></p>\n", escape(url))
    });
    document(notice, &data, &format!("{reason}{link}"), "", Some("outcome.js"))
}

/// The page of an attempt whose outcome is not known yet.
pub fn confirming(links: &Links) -> String {
    let data = format!(
        " data-state=\"pending\" data-result-url=\"{}\" data-done-url=\"{}\"",
        escape(&links.result),
        escape(&links.done)
    );
    // Without scripts the page asks again by itself.
    let head = format!(
        "<noscript><meta http-equiv=\"refresh\" content=\"3;url={}\"></noscript>\n",
        escape(&links.done)
    );
    document(Notice::Confirming, &data, "", &head, Some("outcome.js"))
}

/// The page of an order whose outcome is not known yet; `head` asks again.
pub fn refreshing(head: &str) -> String {
    document(Notice::Confirming, "", "", head, None)
}

/// The page of an order whose last try failed.
pub fn failed_order(reason: &str, again: &str) -> String {
    let extra = format!(
        "<p class=\"reason\">{}</p>\n<p><a class=\"button\" href=\"{}\">다시 결제하기 · <span lang=\"en\">Try again</span></a></p>\n",
        escape(reason),
        escape(again)
    );
    document(Notice::Failed, "", &extra, "", None)
}

/// The page of an order.
pub fn order(shop: &str, data: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{} · 결제 · Checkout</title>\n\
         <link rel=\"stylesheet\" href=\"/checkout/assets/page.css\">\n\
         <script src=\"/checkout/assets/session.js\" defer></script>\n</head>\n<body>\n\
         <main id=\"naru\" class=\"card\"{data}>\n{body}\
         <noscript><p>결제에는 자바스크립트가 필요합니다. <span lang=\"en\">Paying needs JavaScript.</span></p></noscript>\n\
         </main>\n</body>\n</html>\n",
        escape(shop)
    )
}

/// A page that only tells something.
pub fn plain(notice: Notice) -> String {
    document(notice, "", "", "", None)
}

/// The body of a redirect, for the rare client that does not follow it (an app link in an old browser).
pub fn moved(location: &str) -> String {
    let link = format!(
        "<p><a class=\"button\" href=\"{}\">계속하기 · <span lang=\"en\">Continue</span></a></p>\n",
        escape(location)
    );
    document(Notice::Confirming, "", &link, "", None)
}

/// The page that runs a window on our own origin.
pub fn window(open: &Open, links: &Links) -> Result<String, serde_json::Error> {
    let open = serde_json::to_string(open)?;
    Ok(format!(
        "<!doctype html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>결제창 · Payment</title>\n\
         <link rel=\"stylesheet\" href=\"/checkout/assets/page.css\">\n\
         <script src=\"/checkout/assets/window.js\" defer></script>\n</head>\n<body>\n\
         <main id=\"naru\" class=\"card wait\" data-open=\"{}\" data-back=\"{}\">\n\
         <div class=\"mark\" aria-hidden=\"true\"></div>\n\
         <div role=\"status\">\n<h1>결제창을 여는 중입니다</h1>\n<p lang=\"en\">Opening the payment window</p>\n</div>\n\
         <p id=\"problem\" class=\"reason\" role=\"alert\" hidden></p>\n\
         <p><button type=\"button\" id=\"again\" class=\"button\">결제창 열기 · <span lang=\"en\">Open the window</span></button></p>\n\
         <p><a href=\"{}/close\">결제 취소 · <span lang=\"en\">Cancel</span></a></p>\n\
         <noscript><p>이 결제창은 자바스크립트가 필요합니다. <span lang=\"en\">This window needs JavaScript.</span></p></noscript>\n\
         </main>\n</body>\n</html>\n",
        escape(&open),
        escape(&links.back),
        escape(&links.back)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::result::{Standing, standing};
    use super::super::sample::transaction;
    use super::*;
    use crate::engine::Returned;
    use crate::payment::{Failure, FailureKind};

    fn members(transaction: &Transaction) -> Members {
        let returned = Returned::Finished {
            transaction: Box::new(transaction.clone()),
            redirect_url: None,
        };
        match standing(&returned) {
            Standing::Done { members, .. } => members,
            Standing::Pending => Vec::new(),
        }
    }

    #[test]
    fn nothing_breaks_out_of_its_place() {
        assert_eq!(
            escape("<a href='x' title=\"y\">&\0"),
            "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;\u{fffd}"
        );
        let failure = Failure::new(FailureKind::Other, "X", "<script>alert(1)</script>\" onload=\"x");
        let mut failed = transaction(Status::Failed, Some(failure));
        failed.payment_id = "\"><img src=x>".to_owned();
        failed.origin.url = Some("https://shop.example.com/\"><b>".to_owned());
        let html = outcome(&failed, &members(&failed));
        assert!(
            !html.contains("<script>alert") && !html.contains("<img") && !html.contains("\"><b>"),
            "{html}"
        );
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "the PG's words are shown"
        );
    }

    #[test]
    fn the_result_goes_to_the_merchants_origin_only() {
        let mut paid = transaction(Status::Paid, None);
        paid.origin.url = Some("https://shop.example.com/cart".to_owned());
        let html = outcome(&paid, &members(&paid));
        assert!(html.contains("data-target=\"https://shop.example.com\""), "{html}");
        assert!(html.contains("href=\"https://shop.example.com/cart\""), "{html}");
        paid.origin.url = Some("javascript:alert(1)".to_owned());
        let html = outcome(&paid, &members(&paid));
        assert!(
            html.contains("data-target=\"\"") && !html.contains("javascript:"),
            "{html}"
        );
    }

    #[test]
    fn each_state_says_what_it_is() {
        for (status, text) in [
            (Status::Paid, "결제가 완료되었습니다"),
            (Status::VirtualAccountIssued, "가상계좌가 발급되었습니다"),
            (Status::PayPending, "결제가 접수되었습니다"),
            (Status::Failed, "결제가 완료되지 않았습니다"),
        ] {
            let transaction = transaction(status, None);
            assert!(outcome(&transaction, &members(&transaction)).contains(text), "{text}");
        }
        let html = plain(Notice::NotFound);
        assert!(html.contains("결제 정보를 찾을 수 없습니다") && html.contains("Payment session not found"));
        assert!(!html.contains("<script"), "nothing to run");
    }

    #[test]
    fn pages_have_no_inline_script_and_no_handlers() {
        let links = Links {
            result: "/r".to_owned(),
            done: "/d".to_owned(),
            back: "/b".to_owned(),
        };
        let open = Open::Redirect {
            url: "https://pg.example/?a=1&b=\"2\"".to_owned(),
            popup: false,
        };
        let paid = transaction(Status::Paid, None);
        for html in [
            confirming(&links),
            moved("app://x?a=\"1\""),
            window(&open, &links).unwrap_or_default(),
            outcome(&paid, &members(&paid)),
        ] {
            for tag in html.split("<script").skip(1) {
                assert!(tag.starts_with(" src=\"/checkout/assets/"), "{tag}");
            }
            assert!(
                !html.contains(" onload") && !html.contains(" onclick") && !html.contains("style="),
                "{html}"
            );
        }
    }
}
