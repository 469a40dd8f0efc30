// Runs what the router says the browser must do ("open"): a PG's script, a form, or an address.
// Shared by the SDK (in the shop's page) and by the window page (on the router's own origin).

// How a PG's global wants to be called, where that is more than "call it with the object". Filled by the PG files. A glue
// of a form's script may have `before()`, run ahead of the script, and `ready()`, a promise of what the script loads itself.
const GLUE = {};

const scripts = new Map();

// Loads a PG's script once per page.
function loadScript(url, global) {
  if (global && window[global]) {
    return Promise.resolve();
  }
  if (!scripts.has(url)) {
    scripts.set(url, new Promise(function (resolve, reject) {
      const element = document.createElement("script");
      element.src = url;
      element.async = true;
      element.onload = function () { resolve(); };
      element.onerror = function () {
        // Forgotten, so that the next try loads it again.
        scripts.delete(url);
        element.remove();
        reject(problem("NARU_SCRIPT_BLOCKED", "the PG's script could not be loaded: " + new URL(url).host));
      };
      document.head.appendChild(element);
    }));
  }
  return scripts.get(url);
}

function problem(code, message) {
  const error = new Error(message);
  error.code = code;
  return error;
}

// "a.b" below window: the object that owns the last member, and that member.
function resolve(path) {
  const names = path.split(".");
  const last = names.pop();
  const owner = names.reduce(function (at, name) { return at && at[name]; }, window);
  if (!owner || typeof owner[last] !== "function") {
    throw problem("NARU_SCRIPT_CHANGED", "the PG's script has no function " + path);
  }
  return function (argument) { return owner[last](argument); };
}

function drawForm(action, charset, fields, target) {
  const form = document.createElement("form");
  form.id = "naru-form-" + Math.random().toString(36).slice(2);
  form.name = form.id;
  form.method = "post";
  form.action = action;
  form.acceptCharset = charset;
  form.target = target || "_self";
  form.hidden = true;
  fields.forEach(function (field) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = field[0];
    input.value = field[1];
    form.appendChild(input);
  });
  document.body.appendChild(form);
  return form;
}

// A frame over the page, with a button to leave it. Styles are set one by one: a shop's policy may forbid style texts.
function drawFrame(name, onClose) {
  const overlay = document.createElement("div");
  overlay.setAttribute("role", "dialog");
  overlay.setAttribute("aria-modal", "true");
  overlay.setAttribute("aria-label", "결제창 / Payment window");
  Object.assign(overlay.style, {
    position: "fixed", inset: "0", zIndex: "2147483646", background: "rgba(0,0,0,.55)",
    display: "flex", alignItems: "center", justifyContent: "center",
  });
  const frame = document.createElement("iframe");
  frame.name = name;
  frame.title = "결제창 / Payment window";
  frame.allow = "payment";
  Object.assign(frame.style, {
    width: "min(820px, 96vw)", height: "min(720px, 92vh)", border: "0", borderRadius: "8px", background: "#fff",
  });
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "닫기 Close";
  Object.assign(close.style, {
    position: "absolute", top: "12px", right: "12px", padding: "10px 16px", border: "0", borderRadius: "6px",
    background: "#fff", color: "#111", font: "600 14px system-ui, sans-serif", cursor: "pointer",
  });
  close.addEventListener("click", onClose);
  overlay.append(frame, close);
  document.body.appendChild(overlay);
  close.focus();
  return { frame: true, remove: function () { overlay.remove(); } };
}

function popupFeatures() {
  const width = 820, height = 720;
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - width) / 2));
  const top = Math.max(0, Math.round(window.screenY + (window.outerHeight - height) / 2));
  return "popup=yes,width=" + width + ",height=" + height + ",left=" + left + ",top=" + top;
}

// Runs an open object. `context`:
//   promise   the page stays and waits (true), or may be left for the PG (false)
//   popup     an already opened empty window to use, if any
//   success(query), fail(query)   the PG's script reports to this page: bring it to the return address
//   close()   the buyer left a frame of ours
//   windowUrl the router's own page that runs this window, where a PG's script cannot run in the shop's page
// Resolves, once the window is open, with { popup?, frame?, remove? }: what the caller has to watch and to clean up.
// Rejects if the window could not be opened.
function runOpen(open, context) {
  switch (open.kind) {
    case "script":
      return loadScript(open.scriptUrl, open.global).then(function () {
        const glue = GLUE[open.global] || callPlain;
        const running = glue(window[open.global], open, context);
        return running || {};
      });
    case "scriptForm": {
      const glue = GLUE[open.call];
      if (glue && glue.before) {
        glue.before();
      }
      return loadScript(open.scriptUrl).then(glue && glue.ready).then(function () {
        if (glue) {
          return glue(resolve(open.call), open, context) || {};
        }
        const form = drawForm(open.action, open.charset, open.fields);
        resolve(open.call)(form);
        return { remove: function () { form.remove(); } };
      });
    }
    case "form":
      return Promise.resolve(runForm(open, context));
    case "redirect":
      return Promise.resolve(runRedirect(open, context));
    default:
      return Promise.reject(problem("NARU_OPEN_UNKNOWN", "this script is too old for the window kind " + open.kind));
  }
}

// A global that is called with the object and reports, if at all, by a promise that rejects.
function callPlain(global, open, context) {
  const call = resolve(open.global + "." + open.call);
  const pending = call(open.params);
  if (pending && typeof pending.then === "function") {
    pending.then(null, function (error) { context.fail(errorQuery(error)); });
  }
}

function errorQuery(error) {
  return {
    code: String((error && error.code) || "NARU_WINDOW_ERROR"),
    message: String((error && error.message) || error),
  };
}

function runForm(open, context) {
  if (!context.promise) {
    drawForm(open.action, open.charset, open.fields).submit();
    return {};
  }
  const name = "naru-" + Math.random().toString(36).slice(2);
  let frame;
  if (open.iframe && !context.popup) {
    frame = drawFrame(name, context.close);
  } else {
    const popup = context.popup || window.open("", name, popupFeatures());
    if (!popup) {
      throw problem("NARU_POPUP_BLOCKED", "the browser blocked the payment window: allow popups for this site");
    }
    popup.name = name;
    const sent = drawForm(open.action, open.charset, open.fields, name);
    sent.submit();
    sent.remove();
    return { popup: popup };
  }
  const form = drawForm(open.action, open.charset, open.fields, name);
  form.submit();
  form.remove();
  return frame;
}

function runRedirect(open, context) {
  if (!context.promise) {
    window.location.assign(open.url);
    return {};
  }
  if (open.popup || context.popup) {
    const popup = context.popup || window.open("", "_blank", popupFeatures());
    if (!popup) {
      throw problem("NARU_POPUP_BLOCKED", "the browser blocked the payment window: allow popups for this site");
    }
    popup.location.replace(open.url);
    return { popup: popup };
  }
  const name = "naru-" + Math.random().toString(36).slice(2);
  const frame = drawFrame(name, context.close);
  window.frames[name].location.replace(open.url);
  return frame;
}

function queryOf(members) {
  const query = new URLSearchParams();
  Object.keys(members).forEach(function (name) {
    if (members[name] !== undefined && members[name] !== null) {
      query.set(name, String(members[name]));
    }
  });
  return query.toString();
}
