// The cases that every window passes which a shop that waits gets in a frame of the router's, and a phone as a page.
import assert from "node:assert/strict";
import { CANCEL, PAY, arrived, begin, holds, outcome, test } from "./cases.mjs";

const FRAME = 'iframe[name^="naru-"]';

export const framed = (page) => page.frameLocator(FRAME);
export const click = (place, button) => place.getByRole("button", { name: button }).click();

// `window`: where the PG's buttons are in a place (the router's frame, or the page itself); `close`: closes what stands in
// the shop's page; `cancelled`, `closed`: the PG's codes of those, where it has one; `order`: what the redirected payment
// orders; `seen`: looks at its window.
export const windowCases = ({ name, file, channelKey, window, close, cancelled, closed, order = {}, seen = async () => {} }) => {
  const failed = async (wanted, code) => {
    const payment = await holds(wanted, "FAILED");
    if (code) {
      assert.equal(payment.failure.pgCode, code);
    }
  };

  test(`${name}: pays, result by promise`, ["pc"], async (t) => {
    const wanted = await begin(t, { channelKey });
    const place = window(framed(t.page));
    await place.getByRole("button", { name: PAY }).waitFor();
    await t.shoot(`${file}-window-pc`);
    await click(place, PAY);
    const { result } = await outcome(t.page);
    assert.equal(result.code, undefined, JSON.stringify(result));
    assert.ok(t.page.url().endsWith("/plain"), "the page stays");
    const payment = await holds(wanted, "PAID");
    assert.equal(payment.transactionId, result.txId);
    assert.equal(await t.page.locator(FRAME).count(), 0, "the frame is gone");
  });

  test(`${name}: the buyer cancels, result by promise`, ["pc"], async (t) => {
    const wanted = await begin(t, { channelKey });
    await click(window(framed(t.page)), CANCEL);
    const { result } = await outcome(t.page);
    assert.equal(result.code, "PGProviderError");
    await failed(wanted, cancelled);
  });

  test(`${name}: the buyer closes the window, result by promise`, ["pc"], async (t) => {
    const wanted = await begin(t, { channelKey });
    await close(t.page);
    const { result } = await outcome(t.page);
    assert.equal(result.code, "PGProviderError");
    await failed(wanted, closed);
  });

  // Nobody waits for the result on a phone, nor with forceRedirect: the window takes the page.
  test(`${name}: pays, result by redirect`, ["pc", "mobile"], async (t) => {
    const done = `${t.merchant}/done`;
    const forceRedirect = t.device === "pc" ? { forceRedirect: true } : {};
    const wanted = await begin(t, { channelKey, redirectUrl: done, ...order, ...forceRedirect });
    const place = t.device === "pc" ? window(t.page) : t.page;
    await place.getByRole("button", { name: PAY }).waitFor();
    await seen(place);
    if (t.device === "mobile") {
      await t.shoot(`${file}-window-mobile`);
    }
    await click(place, PAY);
    const query = await arrived(t.page, done);
    assert.equal(query.code, undefined, JSON.stringify(query));
    assert.equal(query.paymentId, wanted.paymentId);
    await holds(wanted, "PAID");
  });
};
