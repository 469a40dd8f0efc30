// KG Inicis' INIStdPay, the part that a shop's page calls, against the simulator's window.
(function () {
  "use strict";
  var base = "__BASE__";
  var origin = new URL(base).origin;
  var layer = null;

  function close() {
    if (layer) {
      window.removeEventListener("message", layer.listener);
      layer.box.remove();
      layer = null;
    }
  }

  function post(end) {
    var form = document.createElement("form");
    form.method = "post";
    form.action = end.post;
    form.acceptCharset = /^euc/i.test(end.charset) ? "euc-kr" : "utf-8";
    end.fields.forEach(function (field) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = field[0];
      input.value = field[1];
      form.appendChild(input);
    });
    document.body.appendChild(form);
    form.submit();
  }

  function show(url) {
    close();
    var box = document.createElement("div");
    box.id = "inicisModalDiv";
    box.style.cssText =
      "position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center";
    var frame = document.createElement("iframe");
    frame.title = "KG이니시스 결제창 / KG Inicis window";
    frame.src = url;
    frame.style.cssText = "width:min(820px,96vw);height:min(600px,92vh);border:0;border-radius:12px;background:#fff";
    box.appendChild(frame);
    function listener(event) {
      if (event.source !== frame.contentWindow || !event.data) return;
      // The merchant's own closing page loads INIStdPay_close.js in the frame.
      if (event.data.inicisSimulatorClose) {
        close();
        return;
      }
      var end = event.origin === origin && event.data.inicisSimulator;
      if (!end) return;
      if (end.close) {
        frame.src = end.close;
        return;
      }
      close();
      post(end);
    }
    layer = { box: box, listener: listener };
    window.addEventListener("message", listener);
    document.body.appendChild(box);
  }

  window.INIStdPay = {
    pay: function (formId) {
      var form = document.getElementById(formId);
      if (!form || /Mobi/.test(navigator.userAgent)) {
        window.alert("[INIStdPay/Dev.Error] " + (form ? "PC only" : "no form " + formId));
        return;
      }
      var fields = Array.prototype.filter
        .call(form.elements, function (input) { return input.name; })
        .map(function (input) { return [input.name, input.value]; });
      // text/plain keeps the request simple: no preflight from the shop's origin.
      fetch(base + "/window/open", {
        method: "POST",
        headers: { "Content-Type": "text/plain" },
        body: JSON.stringify({ fields: fields, origin: window.location.origin }),
      })
        .then(function (response) {
          return response.json().then(function (answer) {
            if (response.ok) show(answer.url);
            else window.alert("[INIStdPay] " + answer.message);
          });
        })
        .catch(function () { window.alert("[INIStdPay] 통신 오류가 발생하였습니다."); });
    },
  };
})();
