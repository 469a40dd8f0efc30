// NHN KCP. Its script runs on a form of ours, calls one global of a fixed name with the result, and the form is then posted
// to the return address: it would take a waiting shop's page along, so there the router's own window page runs in a frame.
let kcpFinished = null;

GLUE.KCP_Pay_Execute_Web = function (execute, open, context) {
  if (context.promise && context.windowUrl) {
    const name = "naru-" + Math.random().toString(36).slice(2);
    const frame = drawFrame(name, context.close);
    window.frames[name].location.replace(context.windowUrl);
    return frame;
  }
  const form = drawForm(open.action, open.charset, open.fields);
  kcpFinished = function (result, closeEvent) {
    kcpFinished = null;
    // Copies the result into the inputs of the same names.
    window.GetField(form, result);
    const failed = form.elements.res_cd.value !== "0000";
    // Failures too: the router keeps their code and message.
    form.submit();
    if (failed && typeof closeEvent === "function") {
      closeEvent();
    }
  };
  try {
    execute(form);
  } catch (error) {
    form.remove();
    context.fail(errorQuery(error));
    return {};
  }
  return { remove: function () { form.remove(); } };
};

// KCP wants its callback to exist before its script is there.
GLUE.KCP_Pay_Execute_Web.before = function () {
  window.m_Completepayment = function (result, closeEvent) {
    if (kcpFinished) {
      kcpFinished(result, closeEvent);
    }
  };
};

// The script loads further files in no fixed order; the window opens once what they define is there.
GLUE.KCP_Pay_Execute_Web.ready = function () {
  return new Promise(function (resolved, rejected) {
    const until = Date.now() + 15000;
    (function look() {
      if (typeof window.KCP_Pay_Execute_Web === "function" && typeof window.GetField === "function") {
        resolved();
      } else if (Date.now() > until) {
        rejected(problem("NARU_SCRIPT_CHANGED", "KCP's script did not become ready"));
      } else {
        setTimeout(look, 50);
      }
    })();
  });
};
