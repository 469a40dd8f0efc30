// window.PortOne: the functions of PortOne's browser SDK V2, answered by this router.
// Put this script before a bundle that uses @portone/browser-sdk and nothing else changes.

const opening = new Map();

function requestPayment(request) {
  if (!request || typeof request !== "object") {
    return Promise.reject(paymentError({ code: "BadRequest", message: "requestPayment needs a request object" }));
  }
  const key = JSON.stringify([request.storeId, request.paymentId]);
  if (!opening.has(key)) {
    const paying = pay(request);
    const forget = function () { opening.delete(key); };
    opening.set(key, paying.result);
    paying.opened.then(function () { setTimeout(forget, DOUBLE_CLICK_MS); }, forget);
  }
  return opening.get(key);
}

function requestIssueBillingKey(request) {
  if (!request || typeof request !== "object") {
    return Promise.reject(paymentError({
      __portOneErrorType: "IssueBillingKeyError", transactionType: "ISSUE_BILLING_KEY",
      code: "BadRequest", message: "requestIssueBillingKey needs a request object",
    }));
  }
  return issue(request, "/checkout/billing-keys");
}

// What this router does not serve yet fails at once and by name, instead of hanging.
function missing(name, type, transactionType, what) {
  return function () {
    return Promise.reject(typedError(type, transactionType, {
      code: "Unimplemented",
      message: name + ": " + what,
    }));
  };
}

const BILLING = "no PG of this router issues a key and charges it in one window; issue the key, then charge it";
const BUTTONS = "this router has no PayPal channels, so there are no buttons to draw";

window.PortOne = {
  requestPayment: requestPayment,
  requestIssueBillingKey: requestIssueBillingKey,
  requestIssueBillingKeyAndPay: missing("requestIssueBillingKeyAndPay", "IssueBillingKeyAndPayError",
    "ISSUE_BILLING_KEY_AND_PAY", BILLING),
  requestIdentityVerification: missing("requestIdentityVerification", "IdentityVerificationError",
    "IDENTITY_VERIFICATION", "this router has no identity verification (본인인증) channels"),
  loadPaymentUI: missing("loadPaymentUI", "LoadPaymentUIError", "PAYMENT", BUTTONS),
  loadIssueBillingKeyUI: missing("loadIssueBillingKeyUI", "LoadIssueBillingKeyUIError", "ISSUE_BILLING_KEY", BUTTONS),
  updateLoadPaymentUIRequest: missing("updateLoadPaymentUIRequest", "LoadPaymentUIError", "PAYMENT", BUTTONS),
  updateLoadIssueBillingKeyUIRequest: missing("updateLoadIssueBillingKeyUIRequest", "LoadIssueBillingKeyUIError",
    "ISSUE_BILLING_KEY", BUTTONS),
};
