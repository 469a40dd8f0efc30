// The page that a buyer comes back to. With a result: hands it to the page that waits, if one does. Without one: asks
// until there is, then goes on.

const main = document.getElementById("naru");

function handOver() {
  const target = main.dataset.target;
  const waiting = window.opener || (window.parent !== window ? window.parent : null);
  if (!waiting || !target) {
    return;
  }
  // Inside a PG's frames the shop is further out; the target origin keeps the result from everyone else.
  const receivers = new Set([waiting, window.top]);
  receivers.forEach(function (receiver) {
    receiver.postMessage({ source: "naru-checkout", result: JSON.parse(main.dataset.result) }, target);
  });
  if (window.opener) {
    window.close();
  }
}

function ask() {
  fetch(main.dataset.resultUrl, { headers: { Accept: "application/json" }, cache: "no-store" }).then(function (response) {
    return response.json();
  }).then(function (body) {
    if (body.pending) {
      setTimeout(ask, 1500);
    } else {
      window.location.replace(main.dataset.doneUrl);
    }
  }).catch(function () { setTimeout(ask, 3000); });
}

if (main.dataset.state === "pending") {
  ask();
} else {
  handOver();
}
