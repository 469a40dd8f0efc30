// NICE Payments' script, the part that a shop's page calls, against the simulator's window.
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

  function post(url, fields) {
    var form = document.createElement("form");
    form.method = "post";
    form.action = url;
    form.acceptCharset = "utf-8";
    form.hidden = true;
    fields.forEach(function (field) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = field[0];
      input.value = field[1];
      form.appendChild(input);
    });
    document.body.appendChild(form);
    form.submit();
  }

  function showLayer(url, fnError) {
    close();
    var box = document.createElement("div");
    box.id = "nicepay-layer";
    box.style.cssText =
      "position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center";
    var panel = document.createElement("div");
    panel.style.cssText = "position:relative;width:min(660px,96vw);height:min(825px,92vh);background:#fff;border-radius:12px;overflow:hidden";
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
      var end = event.data && event.data.nicePaySimulator;
      if (!end) return;
      close();
      if (end.url) post(end.url, end.fields);
      else fnError({ errorMsg: end.error });
    }
    button.addEventListener("click", function () {
      close();
      fnError({ errorMsg: "결제창이 종료되었습니다. 사용자가 결제를 취소하였습니다." });
    });
    layer = { box: box, listener: listener };
    window.addEventListener("message", listener);
    document.body.append(box);
  }

  window.AUTHNICE = {
    requestPay: function (params) {
      var fnError = params && params.fnError;
      if (typeof fnError !== "function") {
        // The real script opens nothing without it either, and says so to the developer only.
        window.alert("필수 파라미터 fnError 누락 / required parameter fnError missing");
        return;
      }
      // Functions vanish in JSON; text/plain keeps the request simple: no preflight from the shop's origin.
      fetch(base + "/window/open", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(params) })
        .then(function (response) {
          return response.json().then(function (answer) {
            if (!response.ok) fnError({ errorMsg: answer.errorMsg });
            else if (answer.layer) showLayer(answer.url, fnError);
            else window.location.href = answer.url + "?mode=self";
          });
        })
        .catch(function () {
          fnError({ errorMsg: "통신 오류가 발생하였습니다." });
        });
    }
  };
})();
