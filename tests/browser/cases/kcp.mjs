// NHN KCP: on a PC its script opens a layer on the page that runs it, and then posts the page's own form; a shop that waits
// gets the router's own page in a frame. On a phone a form takes the page to KCP's, in EUC-KR.
import assert from "node:assert/strict";
import { env } from "../lib/router.mjs";
import { CANCEL, PAY, arrived, begin, holds, outcome, test } from "../lib/cases.mjs";

const channelKey = env("NARU_CHANNEL_KCP");
const CLOSE = /닫기 \/ Close/;

// KCP's layer stands in the router's page, which stands in a frame of the shop's or is the page itself.
const layer = (place) => place.locator("#kcp_layer");
const inside = (place) => place.frameLocator("#kcp_layer iframe");
const framed = (page) => page.frameLocator('iframe[name^="naru-"]');
const press = (place, button) => place.getByRole("button", { name: button }).click();

test("KCP: pays, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await inside(framed(t.page)).getByRole("button", { name: PAY }).waitFor();
  await t.shoot("kcp-window-pc");
  await press(inside(framed(t.page)), PAY);
  const { result } = await outcome(t.page);
  assert.equal(result.code, undefined, JSON.stringify(result));
  assert.ok(t.page.url().endsWith("/plain"), "the page stays");
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.transactionId, result.txId);
  assert.equal(await t.page.locator('iframe[name^="naru-"]').count(), 0, "the frame is gone");
});

test("KCP: the buyer cancels, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await press(inside(framed(t.page)), CANCEL);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "3001");
});

test("KCP: the buyer closes the window, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await layer(framed(t.page)).getByRole("button", { name: CLOSE }).click();
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "3001");
});

test("KCP: pays, result by redirect", ["pc", "mobile"], async (t) => {
  const done = `${t.merchant}/done`;
  const forceRedirect = t.device === "pc" ? { forceRedirect: true } : {};
  // Korean text goes to the phone's page in KCP's own charset.
  const wanted = await begin(t, { channelKey, redirectUrl: done, orderName: "나루 커피 원두", ...forceRedirect });
  const place = t.device === "pc" ? inside(t.page) : t.page;
  await place.getByRole("button", { name: PAY }).waitFor();
  assert.ok(await place.getByText("나루 커피 원두").isVisible(), "the goods are readable");
  if (t.device === "mobile") {
    await t.shoot("kcp-window-mobile");
  }
  await press(place, PAY);
  const query = await arrived(t.page, done);
  assert.equal(query.code, undefined, JSON.stringify(query));
  assert.equal(query.paymentId, wanted.paymentId);
  await holds(wanted, "PAID");
});

test("KCP: the buyer cancels, result by redirect", ["mobile"], async (t) => {
  const done = `${t.merchant}/done`;
  const wanted = await begin(t, { channelKey, redirectUrl: done });
  await press(t.page, CANCEL);
  const query = await arrived(t.page, done);
  assert.equal(query.pgCode, "3001", JSON.stringify(query));
  await holds(wanted, "FAILED");
});
