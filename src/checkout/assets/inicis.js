// KG Inicis, PC: INIStdPay.pay(form id). Return and close addresses must have the scheme and host of the page that opens
// the window (V023), so in a shop's page the router's own window page runs in a frame over it, or in its place.
GLUE["INIStdPay.pay"] = function (pay, open, context) {
  if (context.windowUrl && !context.promise) {
    window.location.assign(context.windowUrl);
    return {};
  }
  if (context.windowUrl) {
    const name = "naru-" + Math.random().toString(36).slice(2);
    const frame = drawFrame(name, context.close);
    window.frames[name].location.replace(context.windowUrl);
    return frame;
  }
  const form = drawForm(open.action, open.charset, open.fields);
  const closeUrl = (open.fields.find(function (field) { return field[0] === "closeUrl"; }) || [])[1];
  // The script loads closeUrl inside its overlay and tells nobody: the page sees it there and goes there itself.
  const watch = setInterval(function () {
    const closed = Array.from(document.querySelectorAll("iframe")).some(function (frame) {
      try {
        return Boolean(closeUrl) && frame.contentWindow.location.href.split("?")[0] === closeUrl;
      } catch (error) {
        // Another origin: the overlay is still KG Inicis'.
        return false;
      }
    });
    if (closed) {
      clearInterval(watch);
      context.close();
    }
  }, 400);
  pay(form.id);
  return { remove: function () { clearInterval(watch); form.remove(); } };
};
