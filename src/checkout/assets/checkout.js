// From a request to its result: opens an attempt at the router, runs its window, waits. Shared by the scripts of V2 and V1.

const SELF = document.currentScript && document.currentScript.src;
const ORIGIN = SELF ? new URL(SELF).origin : window.location.origin;

// How long an approval whose outcome is not known is waited for, and how often it is asked.
const CONFIRM_MS = 10 * 60 * 1000;
const POLL_MS = 1500;
// While a window of ours is open its page reports by message; asking is for the case that the message gets lost.
const WATCH_MS = 500;
const WATCH_ASK_MS = 4000;
// A window reports its result before it closes; a little later nothing more comes.
const CLOSED_GRACE_MS = 1500;
// The second click of a double click comes while the window opens, or right after.
const DOUBLE_CLICK_MS = 1000;

function typedError(type, transactionType, members) {
  const error = new Error(members.message);
  error.name = type;
  return Object.assign(error, members, { __portOneErrorType: type, transactionType: transactionType });
}

// Members that come from the router name their own kind; what is made here is a payment's unless a caller says more.
function paymentError(members) {
  return typedError(members.__portOneErrorType || "PaymentError", members.transactionType || "PAYMENT", members);
}

function deviceOf(request) {
  if (request.device === "pc" || request.device === "mobile") {
    return request.device;
  }
  const hints = navigator.userAgentData;
  if (hints && hints.mobile) {
    return "mobile";
  }
  const agent = navigator.userAgent || "";
  const tablet = /Macintosh/.test(agent) && navigator.maxTouchPoints > 1;
  return tablet || /Android|iPhone|iPad|iPod|Mobile|SamsungBrowser/i.test(agent) ? "mobile" : "pc";
}

// pc without forceRedirect waits in the page, everything else that has an address goes there.
function waitsInPage(request, device) {
  if (!request.redirectUrl) {
    return true;
  }
  return device === "pc" && request.forceRedirect !== true;
}

function wait(ms) {
  return new Promise(function (resolve) { setTimeout(resolve, ms); });
}

function fetchJson(url, options) {
  const merged = Object.assign({ credentials: "omit", cache: "no-store" }, options);
  merged.headers = Object.assign({ Accept: "application/json" }, merged.headers);
  return fetch(url, merged).then(function (response) {
    return response.json().then(function (body) { return { ok: response.ok, status: response.status, body: body }; });
  });
}

function unreachable(error) {
  return paymentError({ code: "Unavailable", message: "the payment router did not answer: " + error.message });
}

// One request; a text/plain body needs no preflight, so this is one round trip.
function openAttempt(request, device, promise, path) {
  const body = Object.assign({}, request, { device: device, resultMode: promise ? "promise" : "redirect" });
  return fetchJson(ORIGIN + (path || "/checkout/payments"), { method: "POST", body: JSON.stringify(body) }).then(function (answer) {
    if (!answer.ok) {
      throw paymentError(answer.body);
    }
    return answer.body;
  }, function (error) { throw unreachable(error); });
}

// Brings something to the return address. Sending it again is safe, so a lost answer is asked for again.
function report(attempt, door, members, tries) {
  const query = members ? "?" + queryOf(members) : "";
  const url = attempt.returnUrl + door + query;
  return fetchJson(url, { method: "POST", keepalive: true }).then(function (answer) {
    return answer.status >= 500 ? Promise.reject(new Error("HTTP " + answer.status)) : answer.body;
  }).catch(function (error) {
    if (tries <= 0) {
      throw error;
    }
    return wait(1000).then(function () { return report(attempt, door, members, tries - 1); });
  });
}

function isResult(body) {
  const known = !!body && (body.transactionType === "PAYMENT" || body.transactionType === "ISSUE_BILLING_KEY");
  return known && !body.__portOneErrorType;
}

// Waits in the page until there is a result: from the PG's script, from a window or frame of ours, or by asking.
function Waiting(attempt) {
  const self = this;
  let running = {};
  let settled = false;
  let stop;
  this.result = new Promise(function (resolve, reject) {
    function settle(how, value) {
      if (settled) {
        return;
      }
      settled = true;
      window.removeEventListener("message", onMessage);
      window.removeEventListener("pagehide", onLeave);
      clearInterval(watch);
      if (running.remove) {
        running.remove();
      }
      if (running.popup && !running.popup.closed) {
        running.popup.close();
      }
      how(value);
    }
    function onMessage(event) {
      const data = event.data;
      if (event.origin === new URL(attempt.returnUrl).origin && data && data.source === "naru-checkout" && isResult(data.result) &&
          data.result.transactionType === (attempt.transactionType || "PAYMENT") && data.result.txId === attempt.transactionId) {
        settle(resolve, data.result);
      }
    }
    let asking = false;
    function ask(until) {
      if (asking || settled) {
        return;
      }
      asking = true;
      fetchJson(attempt.resultUrl).then(function (answer) {
        asking = false;
        if (isResult(answer.body)) {
          settle(resolve, answer.body);
        } else if (answer.body.__portOneErrorType && answer.status < 500) {
          settle(reject, paymentError(answer.body));
        } else if (until && Date.now() > until) {
          settle(reject, paymentError({
            code: "DeadlineExceeded", txId: attempt.transactionId, paymentId: attempt.paymentId,
            message: "the outcome is not known yet: ask the server for this payment before trying again",
          }));
        }
      }, function () { asking = false; });
    }
    let reported = false;
    function take(door, members) {
      const until = Date.now() + CONFIRM_MS;
      reported = true;
      report(attempt, door, members, 5).then(function (body) {
        if (isResult(body)) {
          settle(resolve, body);
        } else if (body.__portOneErrorType) {
          settle(reject, paymentError(body));
        }
      }, function () { /* asked below */ }).then(function () {
        if (!settled) {
          clearInterval(watch);
          watch = setInterval(function () { ask(until); }, POLL_MS);
        }
      });
    }
    let asked = Date.now();
    let closing = false;
    let watch = setInterval(function () {
      if (running.popup && running.popup.closed && !closing) {
        closing = true;
        setTimeout(function () {
          if (!settled && !reported) {
            take("/close");
          }
        }, CLOSED_GRACE_MS);
      } else if ((running.popup || running.frame) && Date.now() - asked > WATCH_ASK_MS) {
        asked = Date.now();
        ask();
      }
    }, WATCH_MS);
    // The buyer leaves the shop's page, and an overlay or frame in it goes along. A popup may still be finished.
    function onLeave(event) {
      if (!event.persisted && !settled && !reported && !running.popup) {
        navigator.sendBeacon(attempt.returnUrl + "/close");
      }
    }
    window.addEventListener("pagehide", onLeave);
    window.addEventListener("message", onMessage);
    self.success = function (members) { take("", members); };
    self.fail = function (members) { take("/fail", members); };
    self.close = function () { take("/close"); };
    stop = function (error) { settle(reject, error); };
  });
  this.runs = function (handle) {
    running = handle || {};
    if (settled && running.remove) {
      running.remove();
    }
  };
  this.stop = function (error) { stop(error); };
}

// The window never opened: the attempt is closed and the caller gets the typed error.
function neverOpened(attempt, error) {
  const query = errorQuery(error);
  return report(attempt, "/fail", query, 1).catch(function () { /* the attempt expires by itself */ }).then(function () {
    const members = { message: query.message, txId: attempt.transactionId, paymentId: attempt.paymentId };
    if (query.code.indexOf("NARU_") === 0) {
      throw paymentError(Object.assign(members, { code: "UnknownError" }));
    }
    throw paymentError(Object.assign(members, {
      code: "PGProviderError", pgCode: query.code, pgMessage: query.message,
    }));
  });
}

function payInPage(attempt, popup) {
  const waiting = new Waiting(attempt);
  const context = {
    promise: true, popup: popup, success: waiting.success, fail: waiting.fail, close: waiting.close,
    windowUrl: attempt.windowUrl,
  };
  let opening;
  if (popup && (attempt.open.kind === "script" || attempt.open.kind === "scriptForm")) {
    // A script runs in the window it is to draw: the window page on the router's origin.
    popup.location.replace(attempt.windowUrl);
    opening = Promise.resolve({ popup: popup });
  } else {
    opening = new Promise(function (resolve) { resolve(runOpen(attempt.open, context)); });
  }
  opening.then(waiting.runs, function (error) {
    if (popup) {
      popup.close();
    }
    neverOpened(attempt, error).catch(waiting.stop);
  });
  return waiting.result;
}

function goTo(url) {
  window.location.assign(url);
  // The page is about to be gone: like PortOne's script, this never settles.
  return new Promise(function () {});
}

function payByLeaving(attempt) {
  const context = {
    promise: false,
    success: function (members) { goTo(attempt.returnUrl + "?" + queryOf(members)); },
    fail: function (members) { goTo(attempt.returnUrl + "/fail?" + queryOf(members)); },
    close: function () { goTo(attempt.returnUrl + "/close"); },
    windowUrl: attempt.windowUrl,
  };
  return new Promise(function (resolve) { resolve(runOpen(attempt.open, context)); }).then(function () {
    return new Promise(function () {});
  }, function () {
    // A shop's own policy may keep the PG's script out: the router's page runs it then.
    return goTo(attempt.windowUrl);
  });
}

// `request` says how the result comes back; `body` is what the router reads, if that is something else.
function pay(request, path, body) {
  const device = deviceOf(request);
  const promise = waitsInPage(request, device);
  const type = (request.windowType || {})[device];
  // Browsers open windows only while they answer a click, so it is opened before anything is asked.
  const popup = promise && type === "POPUP" ? window.open("", "_blank", popupFeatures()) : null;
  const opened = openAttempt(body || request, device, promise, path);
  const result = opened.then(function (attempt) {
    return promise ? payInPage(attempt, popup) : payByLeaving(attempt);
  }, function (error) {
    if (popup) {
      popup.close();
    }
    throw error;
  });
  return { opened: opened, result: result };
}

// Registering a card leaves the page it runs in, so a shop's page that waits gets a window of its own for it.
function issue(request, path, body) {
  const kind = { __portOneErrorType: "IssueBillingKeyError", transactionType: "ISSUE_BILLING_KEY" };
  const device = deviceOf(request);
  const promise = waitsInPage(request, device);
  const popup = promise ? window.open("", "_blank", popupFeatures()) : null;
  if (promise && !popup) {
    return Promise.reject(paymentError(Object.assign({
      code: "UnknownError", message: "the browser blocked the window: allow popups for this site",
    }, kind)));
  }
  return openAttempt(body || request, device, promise, path).then(function (attempt) {
    return promise ? payInPage(attempt, popup) : payByLeaving(attempt);
  }).catch(function (error) {
    if (popup) {
      popup.close();
    }
    throw Object.assign(error, kind, { name: kind.__portOneErrorType });
  });
}
