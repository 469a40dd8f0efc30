// KSNET: on a PC its page stands in a frame that the SDK draws, and comes back inside it; on a phone a form takes the
// page. Nothing is paid before the router's own call.
import assert from "node:assert/strict";
import { env } from "../lib/router.mjs";
import { CANCEL, PAY, arrived, begin, holds, outcome, test } from "../lib/cases.mjs";

const channelKey = env("NARU_CHANNEL_KSNET");
const FRAME = 'iframe[name^="naru-"]';

const framed = (page) => page.frameLocator(FRAME);
const press = (place, button) => place.getByRole("button", { name: button }).click();

test("KSNET: pays, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await framed(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.shoot("ksnet-window-pc");
  await press(framed(t.page), PAY);
  const { result } = await outcome(t.page);
  assert.equal(result.code, undefined, JSON.stringify(result));
  assert.ok(t.page.url().endsWith("/plain"), "the page stays");
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.transactionId, result.txId);
  assert.equal(await t.page.locator(FRAME).count(), 0, "the frame is gone");
});

test("KSNET: the buyer cancels, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await press(framed(t.page), CANCEL);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  await holds(wanted, "FAILED");
});

test("KSNET: the buyer closes the window, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t, { channelKey });
  await framed(t.page).getByRole("button", { name: PAY }).waitFor();
  await press(t.page, /닫기/);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "NARU_WINDOW_CLOSED");
});

test("KSNET: pays, result by redirect", ["pc", "mobile"], async (t) => {
  const done = `${t.merchant}/done`;
  const forceRedirect = t.device === "pc" ? { forceRedirect: true } : {};
  const wanted = await begin(t, { channelKey, redirectUrl: done, ...forceRedirect });
  // Nobody waits for the result on a phone, nor with forceRedirect: the form takes the page.
  await t.page.getByRole("button", { name: PAY }).waitFor();
  if (t.device === "mobile") {
    await t.shoot("ksnet-window-mobile");
  }
  await press(t.page, PAY);
  const query = await arrived(t.page, done);
  assert.equal(query.code, undefined, JSON.stringify(query));
  assert.equal(query.paymentId, wanted.paymentId);
  await holds(wanted, "PAID");
});
