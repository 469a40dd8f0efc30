// What buyers and networks do: two tabs, closed tabs, the back button, returns that get lost, shops with strict policies.
import assert from "node:assert/strict";
import { accessible } from "../lib/accessible.mjs";
import { api, eventually, order, router, simulator } from "../lib/router.mjs";
import { CANCEL, PAY, arrived, begin, holds, keepReturn, outcome, overlay, press, refused, request, test } from "../lib/cases.mjs";

test("a double click opens one window", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/plain`);
  const wanted = order();
  await t.page.evaluate((wanted) => {
    window.outcome = null;
    const both = [window.PortOne.requestPayment(wanted), window.PortOne.requestPayment(wanted)];
    Promise.all(both).then((results) => {
      window.outcome = results;
    });
  }, wanted);
  await press(t.page, t.device, PAY);
  const [one, other] = await outcome(t.page);
  assert.deepEqual(one, other);
  const { body } = await api("GET", `/payments/${wanted.paymentId}/transactions`);
  assert.equal(body.items.length, 1, JSON.stringify(body));
  await holds(wanted, "PAID");
});

test("two tabs pay: one approval", ["pc"], async (t) => {
  const wanted = await begin(t);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  const second = await t.context.newPage();
  await second.goto(`${t.merchant}/plain`);
  await request(second, wanted);
  await overlay(second).getByRole("button", { name: PAY }).waitFor();
  await Promise.all([press(t.page, "pc", PAY), press(second, "pc", PAY)]);
  const [one, other] = await Promise.all([outcome(t.page), outcome(second)]);
  const paid = [one, other].filter((o) => o.result && !o.result.code);
  assert.ok(paid.length >= 1, JSON.stringify([one, other]));
  for (const o of [one, other].filter((o) => !paid.includes(o))) {
    const members = o.error || o.result;
    assert.ok(["PaymentAlreadyPaid", "InvalidEntityState"].includes(members.code), JSON.stringify(members));
  }
  await holds(wanted, "PAID");
});

test("two tabs pay, result by redirect: one approval", ["mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  await t.page.getByRole("button", { name: PAY }).waitFor();
  const second = await t.context.newPage();
  await second.goto(`${t.merchant}/plain`);
  await request(second, wanted);
  await second.getByRole("button", { name: PAY }).waitFor();
  await Promise.all([press(t.page, "mobile", PAY), press(second, "mobile", PAY)]);
  // Each tab ends at the shop or at a page of ours that says so.
  await Promise.all(
    [t.page, second].map((page) => page.waitForURL((url) => /\/done|\/checkout\/return\//.test(url.pathname))),
  );
  const ends = [t.page, second].map((page) => new URL(page.url()));
  const good = ends.filter((url) => url.pathname === "/done" && !url.searchParams.has("code"));
  assert.ok(good.length >= 1, ends.join(" "));
  await holds(wanted, "PAID");
});

test("the shop's page is closed while the window is open", ["pc"], async (t) => {
  const wanted = await begin(t);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  // Like a closed tab: the page gets its farewell events.
  await t.context.newPage();
  await t.page.close({ runBeforeUnload: true });
  await eventually(() => holds(wanted, "FAILED"));
});

test("the shop's page is left while the window is open, and the payment is tried again", ["pc"], async (t) => {
  const wanted = await begin(t);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.page.goto(`${t.merchant}/plain`);
  await eventually(() => holds(wanted, "FAILED"));
  await request(t.page, wanted);
  await press(t.page, t.device, PAY);
  assert.equal((await outcome(t.page)).result.code, undefined);
  await holds(wanted, "PAID");
});

test("back after the payment", ["mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  await press(t.page, t.device, PAY);
  await arrived(t.page, `${t.merchant}/done`);
  // Into the PG's window again: it is used up, and nothing more can be paid there.
  await t.page.goBack();
  assert.ok(t.page.url().startsWith(simulator), t.page.url());
  const again = t.page.getByRole("button", { name: PAY });
  if (await again.count()) {
    await again.click();
    await t.page.waitForURL(/decide/);
  }
  await holds(wanted, "PAID");
  // To the shop's page, and pay again with the same order.
  await t.page.goto(`${t.merchant}/plain`);
  await request(t.page, wanted);
  refused(await outcome(t.page), "PaymentAlreadyPaid");
  await holds(wanted, "PAID");
});

test("back from the window, then another try", ["mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  await t.page.getByRole("button", { name: PAY }).waitFor();
  await t.page.goBack();
  await t.page.waitForURL(/\/plain/);
  await request(t.page, wanted);
  await press(t.page, t.device, PAY);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, undefined);
  await holds(wanted, "PAID");
});

// The token of an attempt, from the return that the browser makes.
const watchReturn = (context) => {
  const seen = { url: null };
  context.on("request", (sent) => {
    if (sent.url().includes("/checkout/return/")) {
      seen.url = sent.url();
    }
  });
  return seen;
};

test("the way back to the shop is lost: the result can be asked for", ["mobile"], async (t) => {
  const seen = watchReturn(t.context);
  await t.page.route("**/done*", (route) => route.abort());
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  await press(t.page, t.device, PAY);
  await eventually(() => holds(wanted, "PAID"));
  const token = /return\/([\w-]+)/.exec(seen.url)[1];
  const answer = await fetch(`${router}/checkout/result/${token}`);
  const result = await answer.json();
  assert.equal(result.paymentId, wanted.paymentId);
  assert.equal(result.code, undefined);
  // The buyer presses reload: the shop is reached after all.
  await t.page.unroute("**/done*");
  await t.page.goto(`${router}/checkout/done/${token}`);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.txId, result.txId);
  t.complaints.splice(0, t.complaints.length, ...t.complaints.filter((c) => !c.includes("ERR_FAILED")));
});

test("the answer of the return is lost: the page asks again", ["pc"], async (t) => {
  let lost = 0;
  await t.page.route("**/checkout/return/**", async (route) => {
    if (lost === 0) {
      lost += 1;
      await route.fetch();
      await route.abort("connectionreset");
    } else {
      await route.continue();
    }
  });
  const wanted = await begin(t);
  await press(t.page, t.device, PAY);
  const { result } = await outcome(t.page);
  assert.equal(lost, 1);
  assert.equal(result.code, undefined, JSON.stringify(result));
  await holds(wanted, "PAID");
  t.complaints.splice(0, t.complaints.length, ...t.complaints.filter((c) => !c.includes("ERR_CONNECTION_RESET")));
});

test("the return comes late: the buyer waits on our page, then is at the shop", ["mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  const back = await keepReturn(t);
  const token = /return\/([\w-]+)/.exec(back.pathname)[1];
  await t.page.goto(`${router}/checkout/done/${token}`);
  await t.page.getByRole("heading", { name: "결제 결과를 확인하고 있습니다" }).waitFor();
  await t.shoot("confirming-mobile");
  await holds(wanted, "READY");
  // Now it comes, in another tab.
  const other = await t.context.newPage();
  await other.goto(back.href);
  await arrived(other, `${t.merchant}/done`);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, undefined);
  await holds(wanted, "PAID");
});

test("a shop whose policy keeps PG scripts out", ["pc", "mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done`, forceRedirect: true }, "/strict");
  // The router's own page runs the window there.
  await t.page.waitForURL((url) => url.href.startsWith(t.device === "pc" ? router : simulator));
  await press(t.page, t.device, PAY);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, undefined);
  await holds(wanted, "PAID");
  // The shop's own policy is what spoke up, on the shop's own page.
  const ours = t.complaints.filter((c) => !(c.includes("/strict") || c.includes("toss/v2/standard")));
  assert.deepEqual(ours, []);
  t.complaints.length = 0;
});

test("a shop whose policy keeps PG scripts out, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, {}, "/strict");
  const got = await outcome(t.page);
  assert.equal(got.error.__portOneErrorType, "PaymentError", JSON.stringify(got));
  assert.match(got.error.message, /script/);
  await holds(wanted, "FAILED");
  t.complaints.length = 0;
});

test("the window on the router's own page, opened by the shop", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/plain`);
  const wanted = order();
  await t.page.evaluate(
    async ([router, wanted]) => {
      window.messages = [];
      window.addEventListener("message", (event) => window.messages.push([event.origin, event.data]));
      const answer = await fetch(`${router}/checkout/payments`, {
        method: "POST",
        body: JSON.stringify({ ...wanted, device: "pc", resultMode: "promise" }),
      });
      const attempt = await answer.json();
      window.open(attempt.windowUrl, "_blank", "popup=yes,width=820,height=720");
    },
    [router, wanted],
  );
  const popup = await eventually(() => {
    const found = t.context.pages().find((page) => page !== t.page);
    assert.ok(found);
    return found;
  });
  await overlay(popup).getByRole("button", { name: PAY }).waitFor();
  await t.shoot("window-page-pc", popup);
  await Promise.all([popup.waitForEvent("close"), press(popup, "pc", PAY)]);
  const messages = await t.page.evaluate(() => window.messages);
  const ours = messages.filter(([, data]) => data && data.source === "naru-checkout");
  assert.equal(ours.length, 1, JSON.stringify(messages));
  assert.equal(ours[0][0], router);
  assert.equal(ours[0][1].result.paymentId, wanted.paymentId);
  await holds(wanted, "PAID");
});

test("cancelled on the router's own page, without a shop that waits", ["pc"], async (t) => {
  const wanted = order();
  const answer = await fetch(`${router}/checkout/payments`, {
    method: "POST",
    headers: { Origin: t.merchant, Referer: `${t.merchant}/plain?private=1` },
    body: JSON.stringify({ ...wanted, device: "pc", resultMode: "promise" }),
  });
  const attempt = await answer.json();
  await t.page.goto(attempt.windowUrl);
  await press(t.page, "pc", CANCEL);
  await t.page.getByRole("heading", { name: "결제가 완료되지 않았습니다" }).waitFor();
  await accessible(t.page);
  await t.shoot("result-cancelled-pc");
  await holds(wanted, "FAILED");
  // Back into the used window: its end is shown, no second try.
  await t.page.goto(attempt.windowUrl);
  await t.page.getByRole("heading", { name: "결제가 완료되지 않았습니다" }).waitFor();
  const { body } = await api("GET", `/payments/${wanted.paymentId}`);
  assert.equal(body.status, "FAILED");
  await t.page.getByRole("link", { name: /쇼핑몰로 돌아가기/ }).click();
  await t.page.waitForURL(`${t.merchant}/plain`);
});
