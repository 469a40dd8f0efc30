// The page on the router's own origin that runs a window: popups, app web views, and shops whose policy keeps PG
// scripts out. It is left for the PG; whatever the PG's script tells it goes to the return address.

const main = document.getElementById("naru");
const back = main.dataset.back;
const again = document.getElementById("again");
const shown = document.getElementById("problem");

function leave(door, members) {
  window.location.assign(back + door + (members ? "?" + queryOf(members) : ""));
}

function start() {
  shown.hidden = true;
  const context = {
    promise: false,
    success: function (members) { leave("", members); },
    fail: function (members) { leave("/fail", members); },
    close: function () { leave("/close"); },
  };
  new Promise(function (resolve) { resolve(runOpen(JSON.parse(main.dataset.open), context)); }).catch(function (error) {
    // Shown instead of reported: the buyer may try again, or cancel with the link below.
    shown.textContent = "결제창을 열지 못했습니다. The window could not be opened. (" + errorQuery(error).message + ")";
    shown.hidden = false;
    again.focus();
  });
}

again.addEventListener("click", start);
start();
