// A buyer who changes what comes back. Nothing may be approved that was not asked for, and nothing twice.
import assert from "node:assert/strict";
import { accessible } from "../lib/accessible.mjs";
import { router } from "../lib/router.mjs";
import { PAY, arrived, begin, holds, keepReturn, press, test } from "../lib/cases.mjs";

// Pays in the PG's window, but keeps the return for the caller.
const caught = async (t, changes = {}) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done`, ...changes });
  return { wanted, url: await keepReturn(t) };
};

for (const [name, value] of [
  ["amount", "100"],
  ["amount", null],
  ["orderId", "someone-elses-order"],
  ["paymentKey", null],
]) {
  test(`the return's ${name} is ${value === null ? "removed" : "altered"}`, ["mobile"], async (t) => {
    const { wanted, url: whole } = await caught(t);
    const url = new URL(whole.href);
    if (value === null) {
      url.searchParams.delete(name);
    } else {
      url.searchParams.set(name, value);
    }
    await t.page.goto(url.href);
    const query = await arrived(t.page, `${t.merchant}/done`);
    assert.ok(query.code, "the shop hears of a failure");
    const payment = await holds(wanted, "FAILED");
    assert.ok(payment.failure.reason, JSON.stringify(payment.failure));
    // The true return comes too late.
    await t.page.goto(whole.href);
    assert.ok((await arrived(t.page, `${t.merchant}/done`)).code);
    await holds(wanted, "FAILED");
  });
}

test("a paymentKey of another payment", ["mobile"], async (t) => {
  const first = await caught(t);
  const second = await caught(t);
  const mixed = new URL(second.url.href);
  mixed.searchParams.set("paymentKey", first.url.searchParams.get("paymentKey"));
  await t.page.goto(mixed.href);
  assert.ok((await arrived(t.page, `${t.merchant}/done`)).code);
  await holds(second.wanted, "FAILED");
  await holds(first.wanted, "READY");
});

test("the return is replayed", ["mobile"], async (t) => {
  const { wanted, url } = await caught(t);
  const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(url.href, { redirect: "manual" })));
  for (const answer of answers) {
    assert.ok(answer.status < 400, String(answer.status));
  }
  await t.page.goto(url.href);
  const first = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(first.code, undefined);
  await t.page.goto(`${t.merchant}/plain`);
  await t.page.goto(url.href);
  const again = await arrived(t.page, `${t.merchant}/done`);
  assert.deepEqual(again, first);
  await holds(wanted, "PAID");
});

test("a failure is claimed after the payment", ["mobile"], async (t) => {
  const { wanted, url } = await caught(t);
  await t.page.goto(url.href);
  await arrived(t.page, `${t.merchant}/done`);
  const claim = new URL(url.href);
  claim.pathname += "/fail";
  claim.search = "?code=PAY_PROCESS_CANCELED&message=x";
  await t.page.goto(claim.href);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, undefined, "what is paid stays paid");
  await holds(wanted, "PAID");
});

test("a return for an attempt that nobody knows", ["pc", "mobile"], async (t) => {
  for (const token of ["A".repeat(43), "..%2F..%2Fpayments", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"]) {
    const answer = await t.page.goto(`${router}/checkout/return/${token}?paymentKey=x&orderId=y&amount=1`);
    assert.equal(answer.status(), 404);
    await t.page.getByRole("heading", { name: "결제 정보를 찾을 수 없습니다" }).waitFor();
    await t.page.getByRole("heading", { name: "Payment session not found" }).waitFor();
  }
  await accessible(t.page);
  await t.shoot(`error-${t.device}`);
});

test("one attempt's return at another attempt's address", ["mobile"], async (t) => {
  const first = await caught(t);
  const second = await caught(t);
  const token = (url) => /return\/([\w-]+)/.exec(url.pathname)[1];
  const crossed = new URL(first.url.href);
  crossed.pathname = `/checkout/return/${token(second.url)}`;
  await t.page.goto(crossed.href);
  assert.ok((await arrived(t.page, `${t.merchant}/done`)).code);
  await holds(second.wanted, "FAILED");
  // The first one is untouched, and its own return still works.
  await holds(first.wanted, "READY");
  await t.page.goto(first.url.href);
  assert.equal((await arrived(t.page, `${t.merchant}/done`)).code, undefined);
  await holds(first.wanted, "PAID");
});

test("a foreign page cannot pose as the router", ["pc"], async (t) => {
  const wanted = await begin(t);
  await t.page.locator("#toss-payments-overlay").waitFor();
  await t.page.evaluate((paymentId) => {
    window.postMessage(
      { source: "naru-checkout", result: { transactionType: "PAYMENT", txId: "forged", paymentId } },
      "*",
    );
  }, wanted.paymentId);
  await t.page.waitForTimeout(300);
  assert.equal(await t.page.evaluate(() => window.outcome), null);
  await press(t.page, t.device, PAY);
  await t.page.waitForFunction(() => window.outcome);
  await holds(wanted, "PAID");
});
