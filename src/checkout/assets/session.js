// The order page of a payment session: opens the window of the method that the buyer picks.

const main = document.getElementById("naru");
const order = JSON.parse(main.dataset.order);
const buttons = Array.from(main.querySelectorAll("button[data-channel]"));
const agreements = Array.from(main.querySelectorAll("input[type=checkbox]"));
const problem = document.getElementById("problem");

if (main.dataset.color) {
  document.documentElement.style.setProperty("--button", main.dataset.color);
}

function deviceOf() {
  const hints = navigator.userAgentData;
  return (hints && hints.mobile) || /Android|iPhone|iPad|iPod|Mobile/i.test(navigator.userAgent || "") ? "mobile" : "pc";
}

function allow() {
  const agreed = agreements.every(function (box) { return box.checked; });
  buttons.forEach(function (button) { button.disabled = !agreed; });
  return agreed;
}

function tell(message) {
  problem.textContent = message;
  problem.hidden = false;
  allow();
}

function pay(button) {
  problem.hidden = true;
  buttons.forEach(function (other) { other.disabled = true; });
  const wallet = button.dataset.wallet;
  const request = Object.assign({}, order, { device: deviceOf(), channelKey: button.dataset.channel });
  Object.assign(request, wallet ? { payMethod: "EASY_PAY", easyPay: { easyPayProvider: wallet } } : { payMethod: "CARD" });
  fetch("/checkout/payments", { method: "POST", body: JSON.stringify(request) }).then(function (response) {
    return response.json();
  }).then(function (answer) {
    if (answer.windowUrl) {
      // The router's own page runs the window, whatever the PG needs for it.
      window.location.assign(answer.windowUrl);
    } else {
      tell(answer.message || "결제를 시작할 수 없습니다. Payment cannot start.");
    }
  }, function () {
    tell("연결할 수 없습니다. 잠시 후 다시 시도해 주세요. No connection, please try again.");
  });
}

agreements.forEach(function (box) { box.addEventListener("change", allow); });
buttons.forEach(function (button) { button.addEventListener("click", function () { pay(button); }); });
// Back from a window: the page is as it was when it was left.
window.addEventListener("pageshow", function () { allow(); });

const picked = buttons.filter(function (button) { return button.dataset.method === main.dataset.picked; })[0];
const first = !(window.performance && performance.getEntriesByType("navigation")[0] || {}).type ||
  performance.getEntriesByType("navigation")[0].type === "navigate";
if (allow() && picked && agreements.length === 0 && first) {
  pay(picked);
}
