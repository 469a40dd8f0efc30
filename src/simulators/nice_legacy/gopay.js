// NICE Payments' legacy script, the part that a shop's page calls, against the simulator's window.
(function () {
  "use strict";
  var base = "__BASE__";
  var knowsPhones = __PHONES__;
  var origin = new URL(base).origin;
  var layer = null;

  function close() {
    if (layer) {
      window.removeEventListener("message", layer.listener);
      layer.box.remove();
      layer = null;
    }
  }

  function closed(code, message) {
    close();
    if (typeof window.nicepayClose === "function") window.nicepayClose(code, message);
  }

  // The result goes into the shop's own form; a field that is there already gets the new value.
  function fill(form, fields) {
    fields.forEach(function (field) {
      var input = form.elements.namedItem(field[0]);
      if (!input) {
        input = document.createElement("input");
        input.type = "hidden";
        input.name = field[0];
        form.appendChild(input);
      }
      input.value = field[1];
    });
  }

  function showLayer(url, form) {
    close();
    var box = document.createElement("div");
    box.id = "nice_layer";
    box.style.cssText =
      "position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center";
    var panel = document.createElement("div");
    panel.style.cssText = "position:relative;width:min(660px,96vw);height:min(720px,92vh);background:#fff;border-radius:12px;overflow:hidden";
    var button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", "닫기 / Close");
    button.textContent = "×";
    button.style.cssText = "position:absolute;top:8px;right:12px;border:0;background:none;font-size:28px;cursor:pointer";
    var frame = document.createElement("iframe");
    frame.title = "나이스페이 결제창 / NICE Payments window";
    frame.src = url + "?mode=layer";
    frame.style.cssText = "width:100%;height:100%;border:0";
    panel.append(frame, button);
    box.append(panel);
    function listener(event) {
      if (event.source !== frame.contentWindow || event.origin !== origin) return;
      var end = event.data && event.data.nicePayLegacySimulator;
      if (!end) return;
      if (end.closed) {
        closed(end.closed[0], end.closed[1]);
        return;
      }
      close();
      fill(form, end.fields);
      window.nicepaySubmit();
    }
    button.addEventListener("click", function () {
      closed("9999", "사용자가 결제창을 닫았습니다.");
    });
    layer = { box: box, listener: listener };
    window.addEventListener("message", listener);
    document.body.append(box);
  }

  window.goPay = function (form) {
    if (knowsPhones && /Mobi/.test(navigator.userAgent)) {
      form.action = base + "/v3/v3Payment.jsp";
      form.acceptCharset = "euc-kr";
      form.submit();
      return;
    }
    var pairs = Array.prototype.filter
      .call(form.elements, function (input) { return input.name; })
      .map(function (input) { return [input.name, input.value]; });
    // text/plain keeps the request simple: no preflight from the shop's origin.
    fetch(base + "/window/open", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(pairs) })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) showLayer(answer.url, form);
          else closed(answer.code, answer.message);
        });
      })
      .catch(function () { closed("I001", "통신 오류가 발생하였습니다."); });
  };
})();
