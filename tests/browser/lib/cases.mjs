// What every case is made of.
import assert from "node:assert/strict";
import { eventually, order, truth } from "./router.mjs";

export const cases = [];

// `devices`: the case runs once for each. `alone`: it runs when the others are done.
export const test = (name, devices, run, options = {}) => {
  for (const device of devices) {
    cases.push({ name: `${name} [${device}]`, device, run, alone: options.alone === true });
  }
};

export const PAY = /결제하기/;
export const CANCEL = /취소/;
export const DECLINE = /거절/;

// Calls requestPayment in a page as a shop's button does; `window.outcome` is what came of it.
export const request = (page, wanted, sdk = "PortOne") =>
  page.evaluate(
    ([wanted, sdk]) => {
      window.outcome = null;
      window[sdk].requestPayment(wanted).then(
        (result) => {
          window.outcome = { result };
        },
        (error) => {
          const own = Object.assign({}, error, { message: error.message });
          window.outcome = { error: own, isError: error instanceof Error };
        },
      );
    },
    [wanted, sdk],
  );

export const outcome = async (page) => {
  const handle = await page.waitForFunction(() => window.outcome, null, { timeout: 30_000 });
  return handle.jsonValue();
};

// The PG's window: an overlay in the shop's page on PC, a page of its own on mobile.
export const overlay = (page) => page.frameLocator("#toss-payments-overlay iframe");
export const press = async (page, device, button) => {
  const place = device === "pc" ? overlay(page) : page;
  await place.getByRole("button", { name: button }).click();
};

// The query a redirect brought, once the buyer is back at the merchant's page.
export const arrived = async (page, done) => {
  await page.waitForURL((url) => url.href.startsWith(done));
  return Object.fromEntries(new URL(page.url()).searchParams);
};

// Asserts a typed error of PortOne's SDK, and that nothing was opened for the payment.
export const refused = (got, code, member) => {
  assert.ok(got.error, `an error was expected, not ${JSON.stringify(got)}`);
  assert.equal(got.error.__portOneErrorType, "PaymentError");
  assert.equal(got.error.transactionType, "PAYMENT");
  assert.equal(got.error.code, code, JSON.stringify(got.error));
  assert.ok(got.isError, "what is thrown is an Error");
  assert.ok(got.error.message, "it says why");
  if (member) {
    assert.ok(got.error.message.includes(member), `${got.error.message} names ${member}`);
  }
};

// A payment through the plain merchant page, up to the PG's window.
export const begin = async (t, changes = {}, path = "/plain") => {
  const wanted = order(changes);
  await t.page.goto(t.merchant + path);
  await request(t.page, wanted);
  return wanted;
};

export const holds = (wanted, status, cancelled = 0) =>
  truth(wanted.paymentId, wanted.totalAmount, status, cancelled);

// Pays in the PG's own page, but keeps the address it sends the browser to instead of going there.
export const keepReturn = async (t) => {
  let url = null;
  await t.page.route("**/window/*/decide", async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 });
    url = answer.headers().location;
    await route.fulfill({ status: 204 });
  });
  await press(t.page, "mobile", PAY);
  await eventually(() => assert.ok(url, "the PG sends the browser somewhere"));
  await t.page.unroute("**/window/*/decide");
  return new URL(url);
};
