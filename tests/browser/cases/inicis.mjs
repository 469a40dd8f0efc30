// KG Inicis: on a PC its script opens only where page, return and close addresses are of one origin, so a shop that waits
// gets the router's own page in a frame. On a phone a form takes the page.
import assert from "node:assert/strict";
import { env } from "../lib/router.mjs";
import { CANCEL, PAY, arrived, begin, holds, outcome, test } from "../lib/cases.mjs";

const channelKey = env("NARU_CHANNEL_INICIS");
const CLOSE = /닫기 \/ Close/;

// KG Inicis' overlay stands in the router's page, which stands in a frame of the shop's or is the page itself.
const overlay = (place) => place.frameLocator("#inicisModalDiv iframe");
const framed = (page) => overlay(page.frameLocator('iframe[name^="naru-"]'));
const press = (place, button) => place.getByRole("button", { name: button }).click();

test("KG Inicis: pays, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await framed(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.shoot("inicis-window-pc");
  await press(framed(t.page), PAY);
  const { result } = await outcome(t.page);
  assert.equal(result.code, undefined, JSON.stringify(result));
  assert.ok(t.page.url().endsWith("/plain"), "the page stays");
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.transactionId, result.txId);
  assert.equal(await t.page.locator('iframe[name^="naru-"]').count(), 0, "the frame is gone");
});

test("KG Inicis: the buyer cancels, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await press(framed(t.page), CANCEL);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "2001");
});

test("KG Inicis: the buyer closes the window, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await press(framed(t.page), CLOSE);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  await holds(wanted, "FAILED");
});

test("KG Inicis: pays, result by redirect", ["pc", "mobile"], async (t) => {
  const done = `${t.merchant}/done`;
  const forceRedirect = t.device === "pc" ? { forceRedirect: true } : {};
  const wanted = await begin(t, { channelKey, redirectUrl: done, ...forceRedirect });
  const place = t.device === "pc" ? overlay(t.page) : t.page;
  await place.getByRole("button", { name: PAY }).waitFor();
  if (t.device === "mobile") {
    await t.shoot("inicis-window-mobile");
  }
  await press(place, PAY);
  const query = await arrived(t.page, done);
  assert.equal(query.code, undefined, JSON.stringify(query));
  assert.equal(query.paymentId, wanted.paymentId);
  await holds(wanted, "PAID");
});
