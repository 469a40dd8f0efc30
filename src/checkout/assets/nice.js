// NICE Payments. Both generations end by posting the buyer's browser to the return address. In a shop's page that waits
// that would take the page along, so there the router's own window page runs in a frame over it.
function niceFrame(context) {
  const name = "naru-" + Math.random().toString(36).slice(2);
  const frame = drawFrame(name, context.close);
  window.frames[name].location.replace(context.windowUrl);
  return frame;
}

// AUTHNICE.requestPay(params): what fails before or in the window is told to fnError only, in words without a code.
GLUE.AUTHNICE = function (AUTHNICE, open, context) {
  if (context.promise && context.windowUrl) {
    return niceFrame(context);
  }
  const params = Object.assign({}, open.params, {
    fnError: function (result) {
      context.fail({
        errorMsg: String((result && (result.errorMsg || result.msg)) || ""),
        orderId: open.params.orderId,
      });
    },
  });
  AUTHNICE[open.call](params);
};

// goPay(form) of the older generation: adds its result to the form and calls one of two globals of fixed names.
GLUE.goPay = function (goPay, open, context) {
  if (context.promise && context.windowUrl) {
    return niceFrame(context);
  }
  const form = drawForm(open.action, open.charset, open.fields);
  window.nicepaySubmit = function () { form.submit(); };
  window.nicepayClose = function (code, message) {
    form.remove();
    if (code || message) {
      context.fail({ AuthResultCode: code || "", AuthResultMsg: message || "" });
    } else {
      context.close();
    }
  };
  goPay(form);
  return { remove: function () { form.remove(); } };
};
