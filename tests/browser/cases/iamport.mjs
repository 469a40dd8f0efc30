// A page of V1: the script tag has another address, and nothing else changes.
import assert from "node:assert/strict";
import { CANCEL, DECLINE, PAY, arrived, holds, outcome, overlay, press, test } from "../lib/cases.mjs";
import { channelKey, env, eventually, order } from "../lib/router.mjs";

const v1 = env("NARU_V1_URL");
const userCode = env("NARU_V1_USER_CODE");

// The V1 REST API, as a merchant's server calls it after the callback.
const rest = async (path) => {
  const keys = { imp_key: env("NARU_V1_KEY"), imp_secret: env("NARU_V1_SECRET") };
  const headers = { "Content-Type": "application/json" };
  const login = await fetch(`${v1}/users/getToken`, { method: "POST", headers, body: JSON.stringify(keys) });
  const { access_token: token } = (await login.json()).response;
  const answer = await fetch(v1 + path, { headers: { Authorization: token } });
  const body = await answer.json();
  assert.equal(body.code, 0, JSON.stringify(body));
  return body.response;
};

// A payment that nothing else resembles, in V1's words.
const params = (changes = {}) => {
  const { paymentId, totalAmount } = order();
  return {
    channelKey, pay_method: "card", merchant_uid: paymentId, name: "드립 커피 2잔", amount: totalAmount,
    buyer_name: "홍길동", buyer_email: "buyer@example.com", buyer_tel: "010-1234-1234", custom_data: { cart: 7 },
    ...changes,
  };
};
const wantedOf = (given) => ({ paymentId: given.merchant_uid, totalAmount: given.amount });

// Calls request_pay as a page of V1 does; `window.outcome` is what the callback got.
const call = (page, given, code = userCode) =>
  page.evaluate(
    ([given, code]) => {
      window.outcome = null;
      window.calls = 0;
      if (code) {
        window.IMP.init(code);
      }
      window.IMP.request_pay(given, (result) => {
        window.calls += 1;
        window.outcome = result;
      });
    },
    [given, code],
  );
const begin = async (t, changes = {}) => {
  const given = params(changes);
  await t.page.goto(`${t.merchant}/v1`);
  await call(t.page, given);
  return given;
};

test("iamport: pays, result by callback", ["pc"], async (t) => {
  const given = await begin(t, { m_redirect_url: `${t.merchant}/done` });
  await press(t.page, t.device, PAY);
  const result = await outcome(t.page);
  assert.equal(result.success, true);
  assert.equal(result.imp_success, true);
  assert.equal(result.merchant_uid, given.merchant_uid);
  assert.match(result.imp_uid, /^imp_\d+$/);
  assert.equal(result.paid_amount, given.amount);
  assert.equal(result.status, "paid");
  assert.equal(result.pay_method, "card");
  assert.deepEqual(result.custom_data, { cart: 7 });
  assert.equal(result.error_code, null);
  assert.ok(t.page.url().endsWith("/v1"), "the page stays");
  const seen = await rest(`/payments/${result.imp_uid}?include_sandbox=true`);
  assert.equal(seen.merchant_uid, given.merchant_uid);
  assert.equal(seen.amount, given.amount);
  assert.equal(seen.status, "paid");
  assert.equal(seen.pg_tid, result.pg_tid);
  await holds(wantedOf(given), "PAID");
});

test("iamport: pays, result by m_redirect_url", ["mobile"], async (t) => {
  const given = await begin(t, { m_redirect_url: `${t.merchant}/done?mine=1` });
  await press(t.page, t.device, PAY);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.deepEqual(Object.keys(query).sort(), ["imp_success", "imp_uid", "merchant_uid", "mine"]);
  assert.equal(query.imp_success, "true");
  assert.equal(query.merchant_uid, given.merchant_uid);
  assert.equal((await rest(`/payments/${query.imp_uid}?include_sandbox=true`)).status, "paid");
  await holds(wantedOf(given), "PAID");
});

test("iamport: the buyer cancels", ["pc", "mobile"], async (t) => {
  const given = await begin(t, { m_redirect_url: `${t.merchant}/done` });
  await press(t.page, t.device, CANCEL);
  const pc = t.device === "pc";
  const result = pc ? await outcome(t.page) : await arrived(t.page, `${t.merchant}/done`);
  assert.equal(String(pc ? result.success : result.imp_success), "false");
  assert.equal(result.merchant_uid, given.merchant_uid);
  assert.match(result.imp_uid, /^imp_\d+$/);
  assert.match(result.error_code, /CANCEL/);
  assert.ok(result.error_msg);
  await holds(wantedOf(given), "FAILED");
});

test("iamport: authentication is declined", ["pc"], async (t) => {
  const given = await begin(t);
  await press(t.page, t.device, DECLINE);
  const result = await outcome(t.page);
  assert.equal(result.success, false);
  assert.equal(result.error_code, "PAY_PROCESS_ABORTED");
  await holds(wantedOf(given), "FAILED");
});

test("iamport: pg names the channel, or the store's default does", ["pc"], async (t) => {
  for (const pg of ["tosspayments.tnaru00001", undefined]) {
    const given = await begin(t, { channelKey: undefined, pg });
    await press(t.page, t.device, PAY);
    const result = await outcome(t.page);
    assert.equal(result.success, true, JSON.stringify(result));
    assert.equal(result.pg_provider, "tosspayments");
    await holds(wantedOf(given), "PAID");
  }
});

test("iamport: a double click is one payment and one callback", ["pc"], async (t) => {
  const given = params();
  await t.page.goto(`${t.merchant}/v1`);
  await call(t.page, given);
  await t.page.evaluate((again) => window.IMP.request_pay(again, () => { window.calls += 1; }), given);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  await press(t.page, t.device, PAY);
  assert.equal((await outcome(t.page)).success, true);
  assert.equal(await t.page.evaluate(() => window.calls), 1);
  await holds(wantedOf(given), "PAID");
});

test("iamport: what is wrong is told before a window opens", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/v1`);
  const refused = async (given, code, text, init = userCode) => {
    await call(t.page, given, init);
    const result = await outcome(t.page);
    assert.equal(result.success, false);
    assert.equal(result.imp_uid, null);
    assert.equal(result.error_code, code, JSON.stringify(result));
    assert.match(result.error_msg, text);
    assert.equal(result.merchant_uid, given.merchant_uid);
  };
  await refused(params(), "BadRequest", /IMP.init/, null);
  await refused(params(), "StoreNotFound", /userCode/, "imp99999999");
  await refused(params({ amount: "1000" }), "RequestParseFailed", /amount: must be an integer/);
  await refused(params({ pay_method: "gold" }), "RequestParseFailed", /pay_method/);
  await refused(params({ channelKey: "channel-key-none" }), "ChannelNotFound", /channel-key-none/);
  await refused(params({ channelKey: undefined, pg: "html5_inicis.none" }), "ChannelNotFound", /pg: the store has no open channel/);
  await refused(params({ channelKey: env("NARU_CHANNEL_TOSS_MANUAL") }), "BadRequest", /manual_confirm/);
  const paid = await begin(t);
  await press(t.page, t.device, PAY);
  assert.equal((await outcome(t.page)).success, true);
  await eventually(() => refused(paid, "PaymentAlreadyPaid", /is paid/), 5);
});

test("iamport: functions that are not served answer at once", ["pc"], async (t) => {
  await t.page.goto(`${t.merchant}/v1`);
  for (const [name, args] of [["certification", [{}]], ["loadUI", ["paypal-spb", {}]], ["loadModule", ["x", {}]]]) {
    const result = await t.page.evaluate(
      ([name, args]) => new Promise((told) => window.IMP[name](...args, told)),
      [name, args],
    );
    assert.equal(result.success, false);
    assert.equal(result.error_code, "Unimplemented");
    assert.ok(result.error_msg.startsWith(`IMP.${name}: `), result.error_msg);
  }
  await t.page.evaluate((code) => window.IMP.agency(code, "tier-1"), userCode);
  await call(t.page, params(), null);
  assert.match((await outcome(t.page)).error_msg, /tierCode/);
});

test("iamport: a customer_uid registers a card, in a window of its own", ["pc"], async (t) => {
  const customer = `buyer-${Date.now()}`;
  await t.page.goto(`${t.merchant}/v1`);
  const opened = t.page.waitForEvent("popup");
  const given = params({ channelKey: env("NARU_CHANNEL_TOSS_BILLING"), customer_uid: customer, customer_id: customer, amount: 0 });
  await call(t.page, given);
  const popup = await opened;
  await popup.getByRole("button", { name: /등록|결제하기|동의/ }).first().click();
  const result = await outcome(t.page);
  assert.equal(result.success, true, JSON.stringify(result));
  assert.equal(result.customer_uid, customer);
  assert.equal(result.merchant_uid, given.merchant_uid);
  const seen = await rest(`/subscribe/customers/${customer}`);
  assert.equal(seen.customer_uid, customer);
});
