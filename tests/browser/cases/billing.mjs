// Windows that register a card: a shop that waits gets a window of its own for it, a phone goes there.
import assert from "node:assert/strict";
import { CANCEL, PAY, arrived, outcome, test } from "../lib/cases.mjs";
import { api, env, storeId } from "../lib/router.mjs";

const REGISTER = /등록|결제하기|동의하고/;
let issues = 0;

const wanted = (channelKey, changes = {}) => {
  issues += 1;
  return {
    storeId, channelKey, billingKeyMethod: "CARD", issueId: `issue-${Date.now()}-${issues}`, issueName: "나루 구독",
    customer: { customerId: "buyer-1", fullName: "홍길동", email: "buyer@example.com", phoneNumber: "010-1234-1234" },
    ...changes,
  };
};

// Calls requestIssueBillingKey as a shop's button does.
const issue = async (t, request) => {
  await t.page.goto(`${t.merchant}/plain`);
  const popup = request.redirectUrl ? null : t.page.waitForEvent("popup");
  await t.page.evaluate((request) => {
    window.outcome = null;
    window.PortOne.requestIssueBillingKey(request).then(
      (result) => { window.outcome = { result }; },
      (error) => { window.outcome = { error: Object.assign({}, error, { message: error.message }) }; },
    );
  }, request);
  return popup;
};

// A key that was told of is one that can be charged, and is gone once it is deleted.
const charges = async (billingKey, channelKey) => {
  const { body: key } = await api("GET", `/billing-keys/${billingKey}`);
  assert.equal(key.status, "ISSUED", JSON.stringify(key));
  assert.equal(key.channels[0].key, channelKey);
  const paymentId = `browser-charge-${Date.now()}-${issues}`;
  const amount = { total: 9_900 };
  const customer = { name: { full: "홍길동" }, email: "buyer@example.com", phoneNumber: "01012341234" };
  const paid = await api("POST", `/payments/${encodeURIComponent(paymentId)}/billing-key`, {
    billingKey, orderName: "나루 구독", amount, currency: "KRW", customer,
  });
  assert.equal(paid.status, 200, JSON.stringify(paid.body));
  const { body: payment } = await api("GET", `/payments/${paymentId}`);
  assert.equal(payment.status, "PAID");
  assert.equal(payment.billingKey, billingKey);
};

const billingCases = ({ name, file, channelKey, pc = (page) => page, mobile = (page) => page, cancelled, phone = {} }) => {
  test(`billing, ${name}: registers a card, result by promise`, ["pc"], async (t) => {
    const popup = await issue(t, wanted(channelKey));
    const place = pc(popup);
    await place.getByRole("button", { name: REGISTER }).first().waitFor();
    await t.shoot(`${file}-billing-pc`, popup);
    await place.getByRole("button", { name: REGISTER }).first().click();
    const { result, error } = await outcome(t.page);
    assert.ok(result?.billingKey, JSON.stringify(error ?? result));
    await charges(result.billingKey, channelKey);
  });

  test(`billing, ${name}: the buyer cancels, result by promise`, ["pc"], async (t) => {
    const popup = await issue(t, wanted(channelKey));
    await pc(popup).getByRole("button", { name: CANCEL }).first().click();
    const { result } = await outcome(t.page);
    assert.equal(result.billingKey, undefined);
    assert.equal(result.code, "PGProviderError");
    assert.equal(result.pgCode, cancelled);
  });

  test(`billing, ${name}: registers a card, result by redirect`, ["mobile"], async (t) => {
    const done = `${t.merchant}/done`;
    await issue(t, wanted(channelKey, { redirectUrl: done, ...phone }));
    const place = mobile(t.page);
    await place.getByRole("button", { name: REGISTER }).first().waitFor();
    await t.shoot(`${file}-billing-mobile`);
    await place.getByRole("button", { name: REGISTER }).first().click();
    const query = await arrived(t.page, done);
    assert.ok(query.billingKey, JSON.stringify(query));
    await charges(query.billingKey, channelKey);
  });
};

billingCases({ name: "Toss", file: "toss", channelKey: env("NARU_CHANNEL_TOSS_BILLING"), cancelled: "PAY_PROCESS_CANCELED" });
billingCases({
  name: "KG Inicis",
  file: "inicis",
  channelKey: env("NARU_CHANNEL_INICIS_BILLING"),
  pc: (page) => page.frameLocator("#inicisModalDiv iframe"),
  cancelled: "2001",
  // Its page for phones says how long the service lasts.
  phone: { offerPeriod: { interval: "1m" } },
});
billingCases({
  name: "KCP",
  file: "kcp",
  channelKey: env("NARU_CHANNEL_KCP_BILLING"),
  pc: (page) => page.frameLocator("#kcp_layer iframe"),
  cancelled: "3001",
});
