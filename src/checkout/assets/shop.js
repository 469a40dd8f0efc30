// The sample shop's page. Everything about payments is in `pay`: it is what a shop with PortOne has already.

const WORDS = {
  ko: {
    READY: "결제 대기", APPROVING: "승인 중", UNKNOWN: "결과 확인 중", PAY_PENDING: "승인 심사 중",
    VIRTUAL_ACCOUNT_ISSUED: "입금 대기", PAID: "결제 완료", PARTIAL_CANCELLED: "부분 취소", CANCELLED: "취소 완료",
    FAILED: "결제 실패", CARD: "카드", TRANSFER: "계좌이체", VIRTUAL_ACCOUNT: "가상계좌", GIFT_CERTIFICATE: "상품권",
    MOBILE: "휴대폰", EASY_PAY: "간편결제", requested: "결제 요청", paid: "승인", failed: "실패",
    cancelRequested: "취소 요청", cancelled: "취소", cancelFailed: "취소 실패", group: "채널 그룹", none: "사용할 수 있는 채널이 없습니다",
    total: "금액", vat: "부가세", refunded: "취소 금액", channel: "채널", reason: "라우팅 이유", method: "결제 수단",
    order: "주문 번호", transaction: "거래 번호", receipt: "영수증", show: "영수증 보기", failure: "사유", busy: "결제창을 여는 중…",
    test: "테스트", live: "실거래", pay: "결제하기", issued: "가상계좌 발급", expires: "입금 기한",
    cancelHelp: "지금 취소할 수 있는 금액: ", code: "오류 코드", amount: "금액은 1에서 10,000,000 사이의 정수여야 합니다",
  },
  en: {
    READY: "Waiting for payment", APPROVING: "Approving", UNKNOWN: "Confirming the outcome", PAY_PENDING: "Under review",
    VIRTUAL_ACCOUNT_ISSUED: "Waiting for the deposit", PAID: "Paid", PARTIAL_CANCELLED: "Partly cancelled",
    CANCELLED: "Cancelled", FAILED: "Failed", CARD: "Card", TRANSFER: "Bank transfer", VIRTUAL_ACCOUNT: "Virtual account",
    GIFT_CERTIFICATE: "Gift certificate", MOBILE: "Mobile phone", EASY_PAY: "Easy pay", requested: "Requested",
    paid: "Approved", failed: "Failed", cancelRequested: "Cancel requested", cancelled: "Cancelled",
    cancelFailed: "Cancel failed", group: "Channel group", none: "There is no channel to use", total: "Amount", vat: "VAT",
    refunded: "Cancelled", channel: "Channel", reason: "Routing reason", method: "Method", order: "Order number",
    transaction: "Transaction", receipt: "Receipt", show: "Show receipt", failure: "Reason", busy: "Opening the window…", test: "test",
    live: "live", pay: "Pay", issued: "Account issued", expires: "Deposit until", cancelHelp: "Can be cancelled now: ",
    code: "Error code", amount: "The amount must be an integer from 1 to 10,000,000",
  },
};

// Names of card companies and banks, without the word for what they are.
const ISSUERS = {
  SHINHAN: "신한", KOOKMIN: "국민", HYUNDAI: "현대", SAMSUNG: "삼성", LOTTE: "롯데", HANA: "하나", WOORI: "우리", NONGHYUP: "농협",
  BC: "비씨", CITI: "씨티", KAKAO_BANK: "카카오뱅크", K_BANK: "케이뱅크", TOSS_BANK: "토스뱅크", SUHYUP: "수협", SHINHYUP: "신협",
  POST: "우체국", SAEMAUL: "새마을금고", GWANGJU: "광주", JEONBUK: "전북", JEJU: "제주", BUSAN: "부산", DAEGU: "대구",
  KYONGNAM: "경남", IBK: "기업은행", KDB: "산업은행", TOSSPAY: "토스페이", KAKAOPAY: "카카오페이", NAVERPAY: "네이버페이", PAYCO: "페이코",
  SAMSUNGPAY: "삼성페이", SSGPAY: "SSG페이", LPAY: "엘페이", APPLEPAY: "애플페이",
};

const byId = function (id) { return document.getElementById(id); };
let language = "ko";
let config = { channels: [], groups: [] };
let shown = null;

function word(key) {
  return WORDS[language][key] || key;
}

function won(amount) {
  return new Intl.NumberFormat(language === "ko" ? "ko-KR" : "en-US").format(amount) + (language === "ko" ? "원" : " KRW");
}

// "SHINHAN_CARD" for people.
function issuer(code) {
  if (!code) {
    return "";
  }
  const plain = code.replace(/_CARD$/, "");
  const korean = ISSUERS[plain];
  if (language === "ko" && korean) {
    return korean + (plain === code ? "" : "카드");
  }
  return plain.length <= 3 ? plain : plain.charAt(0) + plain.slice(1).toLowerCase().replaceAll("_", " ");
}

function moment(at) {
  return new Date(at).toLocaleString(language === "ko" ? "ko-KR" : "en-US", { dateStyle: "medium", timeStyle: "medium" });
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function call(method, path, body) {
  const options = { method: method, headers: { Accept: "application/json" } };
  if (body) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  return fetch("/shop/api/" + path, options).then(function (response) {
    return response.json().then(function (value) {
      if (!response.ok || value.code) {
        throw new Error(value.message || value.code || String(response.status));
      }
      return value;
    });
  });
}

function showError(id, error) {
  const place = byId(id);
  place.hidden = !error;
  // The code is for developers, so it comes last.
  place.textContent = error ? error.message + (error.code ? " (" + (error.pgCode || error.code) + ")" : "") : "";
}

function drawChannels() {
  const place = byId("channels");
  const before = picked();
  place.replaceChildren();
  const choices = config.channels.map(function (channel) {
    return { value: "channelKey:" + channel.channelKey, title: channel.name,
      note: channel.provider[language] + " · " + word(channel.mode) };
  }).concat(config.groups.map(function (group) {
    return { value: "channelGroupId:" + group.channelGroupId, title: group.name, note: word("group") + " · " + word(group.mode) };
  }));
  if (!choices.length) {
    place.append(element("p", word("none")));
  }
  choices.forEach(function (choice, index) {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = "channel";
    radio.value = choice.value;
    radio.checked = before ? before === choice.value : index === 0;
    radio.addEventListener("change", drawMethods);
    const text = element("strong", choice.title);
    text.append(element("small", choice.note));
    label.append(radio, text);
    place.append(label);
  });
  byId("pay").disabled = !choices.length;
}

function picked() {
  const radio = document.querySelector("input[name=channel]:checked");
  return radio ? radio.value : "";
}

function drawMethods() {
  const key = picked().replace("channelKey:", "");
  const channel = config.channels.find(function (c) { return c.channelKey === key; });
  const place = byId("methods");
  const before = pickedMethod();
  const kinds = channel ? channel.methods : ["CARD"];
  place.replaceChildren();
  kinds.forEach(function (kind, index) {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = "method";
    radio.value = kind;
    radio.checked = kinds.includes(before) ? before === kind : index === 0;
    label.append(radio, element("span", word(kind)));
    place.append(label);
  });
}

function pickedMethod() {
  const radio = document.querySelector("input[name=method]:checked");
  return radio ? radio.value : "";
}

function amountWanted() {
  const total = Number(byId("amount").value);
  return Number.isInteger(total) && total >= 1 && total <= 10000000 ? total : null;
}

function drawPay() {
  const total = amountWanted();
  byId("pay").textContent = total === null ? word("pay") : language === "ko" ? won(total) + " " + word("pay") :
    word("pay") + " " + won(total);
}

function addDetail(key, value, link) {
  if (value === undefined || value === null || value === "") {
    return;
  }
  const dd = document.createElement("dd");
  if (link) {
    const a = element("a", value);
    a.href = link;
    a.target = "_blank";
    a.rel = "noopener noreferrer";
    dd.append(a);
  } else {
    dd.textContent = value;
  }
  byId("details").append(element("dt", word(key)), dd);
}

function drawPayment() {
  if (!shown) {
    return;
  }
  const payment = shown;
  byId("result").hidden = false;
  const status = byId("status");
  status.textContent = word(payment.status);
  status.dataset.status = payment.status;
  byId("paid-for").textContent = payment.orderName;
  byId("total").textContent = won(payment.total);
  byId("details").replaceChildren();
  addDetail("vat", won(payment.vat));
  addDetail("refunded", payment.cancelled ? won(payment.cancelled) : "");
  if (payment.method) {
    addDetail("method", [word(payment.method.kind), issuer(payment.method.issuer), payment.method.number].filter(Boolean).join(" "));
    addDetail("expires", payment.method.expiresAt ? moment(payment.method.expiresAt) : "");
  }
  addDetail("failure", payment.failure ? payment.failure.message + " (" + payment.failure.code + ")" : "");
  addDetail("channel", payment.channel + " · " + payment.mid);
  addDetail("reason", payment.reason);
  addDetail("order", payment.paymentId);
  addDetail("transaction", payment.transactionId);
  addDetail("receipt", payment.receiptUrl ? word("show") : "", payment.receiptUrl);
  const timeline = byId("timeline");
  timeline.replaceChildren();
  payment.timeline.forEach(function (step) {
    const time = element("time", moment(step.at));
    time.dateTime = new Date(step.at).toISOString();
    const item = document.createElement("li");
    item.dataset.what = step.what;
    item.append(element("span", word(step.what) + (step.amount ? " " + won(step.amount) : "")), time);
    timeline.append(item);
  });
  byId("cancel-form").hidden = !payment.cancellable;
  byId("cancel-amount").value = payment.cancellable;
  byId("cancel-help").textContent = word("cancelHelp") + won(payment.cancellable);
}

// Asks the shop's own server: what the browser brought is never proof of a payment.
function follow(paymentId, tries) {
  return call("GET", "payments/" + encodeURIComponent(paymentId)).then(function (payment) {
    shown = payment;
    drawPayment();
    if (tries > 0 && ["READY", "APPROVING", "UNKNOWN"].includes(payment.status)) {
      return new Promise(function (resolve) { setTimeout(resolve, 1500); }).then(function () {
        return follow(paymentId, tries - 1);
      });
    }
    return payment;
  });
}

function showResult(result) {
  byId("browser-result").textContent = JSON.stringify(result, null, 2);
  showError("error", result.code ? result : null);
  const path = "payments/" + encodeURIComponent(result.paymentId);
  // A channel with manual approval hands out a token: the shop's server decides, and finishes the payment with it.
  const finished = result.paymentToken ? call("POST", path + "/confirm", { paymentToken: result.paymentToken }) :
    Promise.resolve();
  return finished.catch(function (error) { showError("error", error); }).then(function () {
    return follow(result.paymentId, result.code ? 1 : 40);
  }).then(function () {
    byId("result-title").focus({ preventScroll: true });
    byId("result").scrollIntoView({ block: "start" });
  });
}

function pay(order) {
  const choice = picked().split(":");
  const device = document.querySelector("input[name=device]:checked").value;
  const request = {
    storeId: config.storeId,
    paymentId: order.paymentId,
    orderName: byId("name").value,
    totalAmount: order.totalAmount,
    currency: "KRW",
    payMethod: pickedMethod(),
    customer: { fullName: byId("buyer").value, phoneNumber: "010-0000-0000", email: "buyer@example.com" },
    redirectUrl: window.location.origin + "/shop/?lang=" + language,
    forceRedirect: byId("redirect").checked,
    locale: language === "ko" ? "KO_KR" : "EN_US",
    productType: "REAL",
  };
  if (request.payMethod === "VIRTUAL_ACCOUNT") {
    request.virtualAccount = { accountExpiry: { validHours: 72 } };
  }
  request[choice[0]] = choice.slice(1).join(":");
  if (device) {
    request.device = device;
  }
  return window.PortOne.requestPayment(request);
}

function submit(event) {
  event.preventDefault();
  const total = amountWanted();
  if (total === null) {
    showError("error", new Error(word("amount")));
    byId("amount").focus();
    return;
  }
  const button = byId("pay");
  button.disabled = true;
  button.textContent = word("busy");
  showError("error", null);
  call("POST", "orders", { totalAmount: total }).then(pay).then(showResult).catch(function (error) {
    showError("error", error);
  }).then(function () {
    button.disabled = false;
    drawPay();
  });
}

function cancel(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  showError("cancel-error", null);
  const path = "payments/" + encodeURIComponent(shown.paymentId) + "/cancel";
  call("POST", path, { amount: Number(byId("cancel-amount").value) }).then(function (payment) {
    shown = payment;
    drawPayment();
  }).catch(function (error) {
    showError("cancel-error", error);
    return follow(shown.paymentId, 10);
  }).then(function () { button.disabled = false; });
}

function speak(next) {
  language = next;
  document.documentElement.lang = next;
  document.querySelectorAll("[data-ko]").forEach(function (place) { place.textContent = place.dataset[next]; });
  const button = byId("language");
  button.textContent = next === "ko" ? "English" : "한국어";
  button.lang = next === "ko" ? "en" : "ko";
  button.setAttribute("aria-label", next === "ko" ? "Switch to English" : "한국어로 바꾸기");
  drawChannels();
  drawMethods();
  drawPay();
  drawPayment();
}

byId("language").addEventListener("click", function () { speak(language === "ko" ? "en" : "ko"); });
byId("form").addEventListener("submit", submit);
byId("amount").addEventListener("input", drawPay);
byId("cancel-form").addEventListener("submit", cancel);

const query = new URLSearchParams(window.location.search);
call("GET", "config").then(function (loaded) {
  config = loaded;
  byId("store").textContent = loaded.storeName;
  speak(query.get("lang") === "en" ? "en" : "ko");
  if (query.get("paymentId")) {
    // Back from a redirect. The address is cleaned, so that a reload shows the payment without the old result.
    const result = Object.fromEntries(query.entries());
    delete result.lang;
    window.history.replaceState(null, "", "/shop/?lang=" + language);
    return showResult(result);
  }
}).catch(function (error) { showError("error", error); });
