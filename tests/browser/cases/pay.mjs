// The plain ways: pay, cancel, be declined; result by promise and by redirect; PC and mobile.
import assert from "node:assert/strict";
import { api, channelKey, manualChannelKey, truth } from "../lib/router.mjs";
import { CANCEL, DECLINE, PAY, arrived, begin, holds, outcome, overlay, press, request, test } from "../lib/cases.mjs";

const REDIRECT = (t) => (t.device === "mobile" ? {} : { forceRedirect: true });

test("pays, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.shoot("toss-window-pc");
  await press(t.page, t.device, PAY);
  const { result } = await outcome(t.page);
  assert.deepEqual(Object.keys(result).sort(), ["paymentId", "transactionType", "txId"]);
  assert.equal(result.paymentId, wanted.paymentId);
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.transactionId, result.txId);
  assert.equal(payment.origin.platformType, "PC");
  assert.equal(payment.customData, JSON.stringify({ from: "browser" }));
  assert.equal(await t.page.locator("#toss-payments-overlay").count(), 0, "the overlay is gone");
});

test("pays, result by promise although a redirectUrl is given", ["pc"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done` });
  await press(t.page, t.device, PAY);
  const { result } = await outcome(t.page);
  assert.equal(result.code, undefined);
  assert.ok(t.page.url().endsWith("/plain"), "the page stays");
  await holds(wanted, "PAID");
});

test("pays, result by redirect", ["pc", "mobile"], async (t) => {
  const done = `${t.merchant}/done?mine=1%202#there`;
  const wanted = await begin(t, { redirectUrl: done, ...REDIRECT(t) });
  if (t.device === "mobile") {
    await t.page.getByRole("button", { name: PAY }).waitFor();
    await t.shoot("toss-window-mobile");
  }
  await press(t.page, t.device, PAY);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.mine, "1 2", "the shop's own query stays");
  assert.ok(t.page.url().endsWith("#there"));
  assert.equal(query.code, undefined);
  assert.equal(query.paymentId, wanted.paymentId);
  assert.equal(query.transactionType, "PAYMENT");
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.transactionId, query.txId);
  assert.equal(payment.origin.platformType, t.device === "pc" ? "PC" : "MOBILE");
});

test("the buyer cancels, result by promise", ["pc"], async (t) => {
  const wanted = await begin(t);
  await press(t.page, t.device, CANCEL);
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  assert.equal(result.pgCode, "USER_CANCEL");
  assert.ok(result.pgMessage && result.message);
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "USER_CANCEL");
});

test("the buyer closes the overlay", ["pc"], async (t) => {
  const wanted = await begin(t);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.page.getByRole("button", { name: /닫기/ }).click();
  const { result } = await outcome(t.page);
  assert.equal(result.code, "PGProviderError");
  assert.equal(result.pgCode, "USER_CANCEL");
  await holds(wanted, "FAILED");
});

test("the buyer closes the overlay, result by redirect", ["pc"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done`, forceRedirect: true });
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  await t.page.getByRole("button", { name: /닫기/ }).click();
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, "PGProviderError");
  assert.equal(query.pgCode, "USER_CANCEL");
  await holds(wanted, "FAILED");
});

test("the buyer cancels, result by redirect", ["pc", "mobile"], async (t) => {
  const wanted = await begin(t, { redirectUrl: `${t.merchant}/done`, ...REDIRECT(t) });
  await press(t.page, t.device, CANCEL);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, "PGProviderError");
  assert.equal(query.pgCode, "PAY_PROCESS_CANCELED");
  assert.equal(query.paymentId, wanted.paymentId);
  await holds(wanted, "FAILED");
});

test("authentication is declined", ["pc", "mobile"], async (t) => {
  const mobile = t.device === "mobile";
  const wanted = await begin(t, mobile ? { redirectUrl: `${t.merchant}/done` } : {});
  await press(t.page, t.device, DECLINE);
  const result = mobile ? await arrived(t.page, `${t.merchant}/done`) : (await outcome(t.page)).result;
  assert.equal(result.code, "PGProviderError");
  assert.equal(result.pgCode, "PAY_PROCESS_ABORTED");
  assert.match(result.pgMessage, /중단/);
  const payment = await holds(wanted, "FAILED");
  assert.equal(payment.failure.pgCode, "PAY_PROCESS_ABORTED");
});

test("after a decline the same payment is paid in a new window", ["pc"], async (t) => {
  const wanted = await begin(t);
  await press(t.page, t.device, DECLINE);
  assert.ok((await outcome(t.page)).result.code);
  await request(t.page, wanted);
  await press(t.page, t.device, PAY);
  assert.equal((await outcome(t.page)).result.code, undefined);
  await holds(wanted, "PAID");
});

test("a wallet and another card company", ["pc"], async (t) => {
  const wanted = await begin(t, { payMethod: "EASY_PAY", easyPay: { easyPayProvider: "EASY_PAY_PROVIDER_KAKAOPAY" } });
  await press(t.page, t.device, PAY);
  assert.equal((await outcome(t.page)).result.code, undefined);
  const payment = await holds(wanted, "PAID");
  assert.equal(payment.method.type, "PaymentMethodEasyPay");
});

test("a virtual account is issued", ["pc", "mobile"], async (t) => {
  const mobile = t.device === "mobile";
  const wanted = await begin(t, {
    payMethod: "VIRTUAL_ACCOUNT",
    virtualAccount: { accountExpiry: { validHours: 24 } },
    ...(mobile ? { redirectUrl: `${t.merchant}/done` } : {}),
  });
  await press(t.page, t.device, PAY);
  const result = mobile ? await arrived(t.page, `${t.merchant}/done`) : (await outcome(t.page)).result;
  assert.equal(result.code, undefined, JSON.stringify(result));
  const { body } = await api("GET", `/payments/${wanted.paymentId}`);
  assert.equal(body.status, "VIRTUAL_ACCOUNT_ISSUED");
  assert.ok(body.method.accountNumber);
});

test("manual approval: a token, and the shop's server confirms", ["pc", "mobile"], async (t) => {
  assert.notEqual(manualChannelKey, channelKey);
  const mobile = t.device === "mobile";
  const wanted = await begin(t, {
    channelKey: manualChannelKey,
    ...(mobile ? { redirectUrl: `${t.merchant}/done` } : {}),
  });
  await press(t.page, t.device, PAY);
  const result = mobile ? await arrived(t.page, `${t.merchant}/done`) : (await outcome(t.page)).result;
  assert.ok(result.paymentToken, JSON.stringify(result));
  const before = await api("GET", `/payments/${wanted.paymentId}`);
  assert.equal(before.body.status, "READY");
  const confirmed = await api("POST", `/payments/${wanted.paymentId}/confirm`, {
    paymentToken: result.paymentToken,
    totalAmount: wanted.totalAmount,
    currency: "KRW",
  });
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  await truth(wanted.paymentId, wanted.totalAmount, "PAID");
});
