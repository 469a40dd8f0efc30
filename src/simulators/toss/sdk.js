// Toss Payments SDK v2, the part that a shop's page calls, against the simulator's window.
(function () {
  "use strict";
  var base = "__BASE__";
  var origin = new URL(base).origin;
  var overlay = null;

  function failure(code, message) {
    var error = new Error(message);
    error.code = code;
    return error;
  }

  function close() {
    if (overlay) {
      window.removeEventListener("message", overlay.listener);
      overlay.box.remove();
      overlay = null;
    }
  }

  function showOverlay(url) {
    return new Promise(function (resolve, reject) {
      close();
      var box = document.createElement("div");
      box.id = "toss-payments-overlay";
      box.style.cssText =
        "position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center";
      var panel = document.createElement("div");
      panel.style.cssText = "position:relative;width:min(480px,96vw);height:min(720px,92vh);background:#fff;border-radius:12px;overflow:hidden";
      var button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", "닫기 / Close");
      button.textContent = "×";
      button.style.cssText = "position:absolute;top:8px;right:12px;border:0;background:none;font-size:28px;cursor:pointer";
      var frame = document.createElement("iframe");
      frame.title = "토스페이먼츠 결제창 / Toss Payments window";
      frame.src = url + "?mode=iframe";
      frame.style.cssText = "width:100%;height:100%;border:0";
      panel.append(frame, button);
      box.append(panel);
      function listener(event) {
        if (event.source !== frame.contentWindow || event.origin !== origin) return;
        var end = event.data && event.data.tossPaymentsSimulator;
        if (!end) return;
        if (end.url) {
          window.location.href = end.url;
          return;
        }
        close();
        if (end.resolve) resolve(end.resolve);
        else reject(failure(end.reject.code, end.reject.message));
      }
      button.addEventListener("click", function () {
        close();
        reject(failure("USER_CANCEL", "사용자에 의해 결제가 취소되었습니다."));
      });
      overlay = { box: box, listener: listener };
      window.addEventListener("message", listener);
      document.body.append(box);
    });
  }

  function open(call) {
    // text/plain keeps the request simple: no preflight from the shop's origin.
    return fetch(base + "/window/open", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(call) })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (!response.ok) throw failure(answer.code, answer.message);
          return answer;
        });
      })
      .then(function (opened) {
        if (opened.iframe) return showOverlay(opened.url);
        window.location.href = opened.url + "?mode=self";
        return new Promise(function () {});
      });
  }

  function TossPayments(clientKey) {
    if (typeof clientKey !== "string" || !/^(test|live)_(ck|gck|sk|gsk)_/.test(clientKey)) {
      throw failure("INVALID_CLIENT_KEY", "잘못된 클라이언트 키입니다.");
    }
    if (/^(test|live)_g?sk_/.test(clientKey)) {
      throw failure("INSECURE_KEY_USAGE", "시크릿 키는 브라우저에서 사용할 수 없습니다.");
    }
    function caller(call, customerKey) {
      return function (params) {
        return open({ clientKey: clientKey, call: call, customerKey: customerKey, params: params || {} });
      };
    }
    return {
      payment: function (options) {
        var customerKey = options && options.customerKey;
        return {
          requestPayment: caller("payment.requestPayment", customerKey),
          requestBillingAuth: caller("payment.requestBillingAuth", customerKey),
          destroy: function () { close(); return Promise.resolve(); }
        };
      },
      widgets: function (options) {
        var customerKey = options && options.customerKey;
        var amount = null;
        function render(text) {
          return function (where) {
            var target = document.querySelector(where.selector);
            if (!target) return Promise.reject(failure("INVALID_SELECTOR", "selector에 해당하는 요소가 없습니다."));
            target.textContent = text;
            return Promise.resolve({ on: function () {}, destroy: function () { target.textContent = ""; return Promise.resolve(); } });
          };
        }
        return {
          setAmount: function (value) { amount = value; return Promise.resolve(); },
          renderPaymentMethods: render("결제 수단은 다음 창에서 고릅니다. / Choose the method in the window."),
          renderAgreement: render("약관에 동의합니다. / Terms accepted."),
          requestPayment: function (params) {
            if (!amount) return Promise.reject(failure("NOT_SETUP_AMOUNT", "결제 금액을 먼저 설정해주세요."));
            return caller("widgets.requestPayment", customerKey)(Object.assign({}, params, { amount: amount }));
          }
        };
      }
    };
  }
  TossPayments.ANONYMOUS = "@@ANONYMOUS";
  window.TossPayments = TossPayments;
})();
