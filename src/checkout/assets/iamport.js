// window.IMP: the functions of PortOne V1's script, answered by this router. A page changes this script's address only.
// On a PC the callback gets the result; where the window takes the page (phones), m_redirect_url does.

let userCode = null;
let tierCode = null;
const running = new Set();

function failure(merchantUid, error) {
  return {
    success: false, imp_success: false, imp_uid: null, merchant_uid: merchantUid || null,
    error_code: error.pgCode || error.code || "UnknownError", error_msg: error.pgMessage || error.message || null,
  };
}

// Nobody listens: a page that named m_redirect_url finds the result there.
function tell(callback, redirectUrl, result) {
  if (typeof callback === "function") {
    callback(result);
  } else if (redirectUrl) {
    const members = { imp_uid: result.imp_uid, merchant_uid: result.merchant_uid, imp_success: String(result.success) };
    if (!result.success) {
      Object.assign(members, { error_code: result.error_code, error_msg: result.error_msg });
    }
    Object.keys(members).forEach(function (name) {
      if (members[name] === null || members[name] === undefined) {
        delete members[name];
      }
    });
    goTo(redirectUrl + (redirectUrl.indexOf("?") < 0 ? "?" : "&") + queryOf(members));
  }
}

// Merchants may leave the order number out: it is made here, and nobody else's.
function orderNumber() {
  return "nobody_" + Date.now() + Math.random().toString(36).slice(2, 8);
}

function requestPay(params, callback) {
  const given = Object.assign({}, params);
  if (given.merchant_uid === undefined || given.merchant_uid === null || given.merchant_uid === "") {
    given.merchant_uid = orderNumber();
  }
  const order = given.merchant_uid;
  if (!userCode) {
    tell(callback, null, failure(order, { code: "BadRequest", message: "call IMP.init(userCode) first" }));
    return;
  }
  // The second click of a double click asks for nothing new.
  if (running.has(order)) {
    return;
  }
  running.add(order);
  const forget = function () { running.delete(order); };
  const way = { redirectUrl: given.m_redirect_url, windowType: given.popup ? { pc: "POPUP" } : {} };
  const body = { userCode: userCode, tierCode: tierCode, params: given };
  const path = "/checkout/v1/payments";
  const paying = given.customer_uid ? { result: issue(way, path, body) } : pay(way, path, body);
  paying.result.then(function (result) {
    return result.v1 ? JSON.parse(result.v1) : failure(order, result);
  }, function (error) {
    return failure(order, error);
  }).then(function (result) {
    forget();
    tell(callback, given.m_redirect_url, result);
  });
}

// What this router does not serve is said at once, where the page waits for an answer.
function missing(name, what) {
  return function () {
    const callback = Array.prototype.slice.call(arguments).filter(function (a) { return typeof a === "function"; })[0];
    const error = { code: "Unimplemented", message: name + ": " + what };
    if (!callback) {
      throw new Error(error.message);
    }
    callback(failure(null, error));
  };
}

const BUTTONS = "this router has no PayPal channels, so there are no buttons to draw";

window.IMP = {
  init: function (code) { userCode = code; tierCode = null; },
  agency: function (code, tier) { userCode = code; tierCode = tier || null; },
  request_pay: requestPay,
  certification: missing("IMP.certification", "this router has no identity verification (본인인증) channels"),
  loadUI: missing("IMP.loadUI", BUTTONS),
  updateLoadUIRequest: missing("IMP.updateLoadUIRequest", BUTTONS),
  loadModule: missing("IMP.loadModule", "this router draws no widgets"),
};
