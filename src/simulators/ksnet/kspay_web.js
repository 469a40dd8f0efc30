// KSPay's script for PC pages, the part that a shop calls: an overlay with a frame, and the form posted into it.
(function () {
  "use strict";
  var box = null;

  window.closeEvent = function () {
    if (box) box.remove();
    box = null;
  };

  window._pay = function (form) {
    window.closeEvent();
    box = document.createElement("div");
    box.style.cssText =
      "position:fixed;inset:0;z-index:2147483647;background:rgba(0,0,0,.5);display:flex;align-items:center;justify-content:center";
    var frame = document.createElement("iframe");
    frame.name = "payment-frame";
    frame.title = "KSPay 결제창 / KSPay window";
    frame.style.cssText = "width:min(822px,96vw);height:min(630px,92vh);border:0;background:#fff";
    box.append(frame);
    document.body.append(box);
    form.method = "post";
    form.target = "payment-frame";
    form.action = "__BASE__/store/KSPayWebV1.4/KSPayPWeb.jsp";
    form.submit();
  };
})();
