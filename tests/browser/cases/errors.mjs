// Errors before the window opens: the call rejects with PortOne's typed error, and nothing is opened.
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { api, env, order, router, simulator } from "../lib/router.mjs";
import { PAY, begin, holds, outcome, press, refused, request, test } from "../lib/cases.mjs";

const attempt = async (t, changes) => {
  const wanted = await begin(t, changes);
  const got = await outcome(t.page);
  assert.equal(await t.page.locator("#toss-payments-overlay").count(), 0, "no window");
  return { wanted, got };
};

const nothingKnown = async (paymentId) => {
  const { status, body } = await api("GET", `/payments/${paymentId}`);
  assert.equal(status, 404, JSON.stringify(body));
};

test("an amount other than the announced one", ["pc", "mobile"], async (t) => {
  const wanted = order({ redirectUrl: `${t.merchant}/done` });
  const announced = await api("POST", `/payments/${wanted.paymentId}/pre-register`, {
    storeId: wanted.storeId,
    totalAmount: wanted.totalAmount,
    currency: "KRW",
  });
  assert.equal(announced.status, 200, JSON.stringify(announced.body));
  await t.page.goto(`${t.merchant}/plain`);
  await request(t.page, { ...wanted, totalAmount: 100 });
  const got = await outcome(t.page);
  refused(got, "AmountNotEqualToPredefined", "totalAmount");
  assert.equal(got.error.paymentId, wanted.paymentId);
  // The right amount goes through.
  await request(t.page, wanted);
  await press(t.page, t.device, PAY);
  if (t.device === "pc") {
    await outcome(t.page);
  } else {
    await t.page.waitForURL(/\/done/);
  }
  await holds(wanted, "PAID");
});

test("a payment that is paid already", ["pc"], async (t) => {
  const wanted = await begin(t);
  await press(t.page, t.device, PAY);
  await outcome(t.page);
  await request(t.page, wanted);
  refused(await outcome(t.page), "PaymentAlreadyPaid", "paymentId");
  await holds(wanted, "PAID");
});

test("unknown channel and store", ["pc"], async (t) => {
  const channel = await attempt(t, { channelKey: "channel-key-of-nobody" });
  refused(channel.got, "ChannelNotFound", "channel-key-of-nobody");
  await nothingKnown(channel.wanted.paymentId);
  const store = await attempt(t, { storeId: "store-of-nobody" });
  refused(store.got, "StoreNotFound", "store-of-nobody");
  await nothingKnown(store.wanted.paymentId);
});

test("missing and wrong members are named, all at once", ["pc"], async (t) => {
  const first = await attempt(t, { orderName: undefined, totalAmount: "1000" });
  refused(first.got, "RequestParseFailed", "orderName");
  refused(first.got, "RequestParseFailed", "totalAmount");
  const none = await attempt(t, { channelKey: undefined });
  refused(none.got, "RequestParseFailed", "channelKey");
  const method = await attempt(t, { payMethod: "PAYPAL" });
  refused(method.got, "RequestParseFailed", "payMethod");
  await nothingKnown(method.wanted.paymentId);
  await t.page.evaluate(() => {
    window.outcome = null;
    window.PortOne.requestPayment().then(null, (error) => {
      window.outcome = { error: Object.assign({}, error, { message: error.message }), isError: error instanceof Error };
    });
  });
  refused(await outcome(t.page), "BadRequest");
});

test("what the PG cannot do is refused by name", ["pc"], async (t) => {
  const popup = await attempt(t, { windowType: { pc: "POPUP" } });
  refused(popup.got, "BadRequest", "windowType.pc");
  assert.equal(t.context.pages().length, 1, "the popup is gone");
  const small = await attempt(t, { totalAmount: 1 });
  refused(small.got, "BadRequest", "totalAmount");
  await nothingKnown(small.wanted.paymentId);
});

test("a window that takes over the page needs an address", ["mobile"], async (t) => {
  const { got, wanted } = await attempt(t, {});
  refused(got, "RequestParseFailed", "redirectUrl");
  await nothingKnown(wanted.paymentId);
});

test("redirects lead to web pages and apps only", ["mobile"], async (t) => {
  for (const redirectUrl of ["javascript:alert(1)", "data:text/html,x", "/relative"]) {
    const { got } = await attempt(t, { redirectUrl });
    refused(got, "RequestParseFailed", "redirectUrl");
  }
});

test("forceRedirect needs an address", ["pc"], async (t) => {
  const { got } = await attempt(t, { forceRedirect: true });
  refused(got, "RequestParseFailed", "redirectUrl");
});

test("functions that are not served reject at once", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/plain`);
  const found = await t.page.evaluate(async () => {
    const names = [
      "requestIssueBillingKeyAndPay",
      "requestIdentityVerification",
      "loadPaymentUI",
      "loadIssueBillingKeyUI",
      "updateLoadPaymentUIRequest",
      "updateLoadIssueBillingKeyUIRequest",
    ];
    const caught = [];
    for (const name of names) {
      const error = await window.PortOne[name]({}).then(
        () => null,
        (e) => e,
      );
      caught.push([name, error && error.__portOneErrorType, error && error.code, error && error.message]);
    }
    return caught;
  });
  for (const [name, type, code, message] of found) {
    assert.ok(/Error$/.test(type) && code && message.includes(name), JSON.stringify(found));
  }
});

test("a router that is down", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/plain`);
  await t.page.route(`${router}/checkout/payments`, (route) => route.abort("connectionrefused"));
  const wanted = order();
  await request(t.page, wanted);
  refused(await outcome(t.page), "Unavailable", "router");
  await nothingKnown(wanted.paymentId);
  t.complaints.splice(0, t.complaints.length, ...t.complaints.filter((c) => !c.includes("ERR_CONNECTION_REFUSED")));
});

// Taken in while the demo runs. The shop would offer it too, so the case runs when the others are done.
const WRONG_KEY = "channel-key-browser-wrong-client-key";

const wrongKey = async (t) => {
  const file = join(env("NARU_CHANNELS_DIR"), "browser-wrong-key.toml");
  await writeFile(
    file,
    `[[channel]]
key = "${WRONG_KEY}"
provider = "toss"
mode = "test"
mid = "tbrowser01"
stores = ["${env("NARU_STORE_ID")}"]
credentials = { clientKey = "test_ck_nobody00000000000000000", secretKey = "plain:test_sk_naruSimulator000000000001" }
endpoints = { api = "${simulator}/toss", script = "${simulator}/toss/v2/standard" }
`,
  );
  const reload = await fetch(`${env("NARU_ADMIN_URL")}/admin/config/reload`, {
    method: "POST",
    headers: { Authorization: `Bearer ${env("NARU_ADMIN_TOKEN")}` },
  });
  assert.equal(reload.status, 200, await reload.text());
  const { wanted, got } = await attempt(t, { channelKey: WRONG_KEY });
  const said = got.result || got.error;
  assert.equal(said.code, "PGProviderError", JSON.stringify(got));
  assert.ok(said.pgCode && said.pgMessage, JSON.stringify(got));
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, said.pgCode);
  await rm(file);
};

test("a client key that the PG does not know", ["pc"], wrongKey, { alone: true });
