// NHN KCP's window script, the part that a shop's page calls, against the simulator's window.
(function () {
  "use strict";
  var base = "__BASE__";
  var origin = new URL(base).origin;
  var layer = null;

  function closeEvent() {
    if (layer) {
      window.removeEventListener("message", layer.listener);
      layer.box.remove();
      layer = null;
    }
  }

  // The shop's page defines it before this script is loaded; the name is fixed.
  function complete(data) {
    if (typeof window.m_Completepayment === "function") window.m_Completepayment(data, closeEvent);
  }

  function refused(code, message) {
    complete({ res_cd: code, res_msg: message, enc_data: "", enc_info: "", tran_cd: "" });
  }

  function showLayer(url) {
    closeEvent();
    var box = document.createElement("div");
    box.id = "kcp_layer";
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
    frame.title = "NHN KCP 결제창 / NHN KCP window";
    frame.src = url + "?mode=layer";
    frame.style.cssText = "width:100%;height:100%;border:0";
    panel.append(frame, button);
    box.append(panel);
    function listener(event) {
      if (event.source !== frame.contentWindow || event.origin !== origin) return;
      var end = event.data && event.data.kcpSimulator;
      if (!end) return;
      // The window goes when the page says so, by closeEvent, or with the page itself.
      window.removeEventListener("message", listener);
      complete(end);
    }
    button.addEventListener("click", function () {
      refused("3001", "사용자가 결제를 취소하였습니다.");
      closeEvent();
    });
    layer = { box: box, listener: listener };
    window.addEventListener("message", listener);
    document.body.append(box);
  }

  // Copies the result into the shop's form; inputs that are not there are made.
  window.GetField = function (form, data) {
    var members = typeof data === "string" ? JSON.parse(data) : data;
    Object.keys(members).forEach(function (name) {
      var input = form.elements.namedItem(name);
      if (!input) {
        input = document.createElement("input");
        input.type = "hidden";
        input.name = name;
        form.appendChild(input);
      }
      input.value = members[name];
    });
  };

  window.KCP_Pay_Execute_Web = function (form) {
    var pairs = Array.prototype.filter
      .call(form.elements, function (input) { return input.name; })
      .map(function (input) { return [input.name, input.value]; });
    // text/plain keeps the request simple: no preflight from the shop's origin.
    fetch(base + "/window/open", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(pairs) })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) showLayer(answer.url);
          else refused(answer.code, answer.message);
        });
      })
      .catch(function () { refused("8999", "통신 오류가 발생하였습니다."); });
  };
  window.KCP_Pay_Execute = window.KCP_Pay_Execute_Web;
})();
