// @portone/browser-sdk from npm, unmodified.
import assert from "node:assert/strict";
import { PAY, arrived, holds, outcome, press, refused, request, test } from "../lib/cases.mjs";
import { order, router } from "../lib/router.mjs";

const ready = async (t, path) => {
  const outside = [];
  t.context.on("request", (sent) => {
    if (!/^https?:\/\/(127\.0\.0\.1|localhost):/.test(sent.url()) && !sent.url().startsWith("data:")) {
      outside.push(sent.url());
    }
  });
  await t.page.goto(t.merchant + path);
  await t.page.waitForFunction(() => window.SDK);
  return outside;
};

for (const path of ["/npm-first", "/npm-url"]) {
  test(`the npm package, ${path}`, ["pc", "mobile"], async (t) => {
    const outside = await ready(t, path);
    const mobile = t.device === "mobile";
    const wanted = order({ redirectUrl: mobile ? `${t.merchant}/done` : undefined });
    await request(t.page, wanted, "SDK");
    await press(t.page, t.device, PAY);
    const result = mobile ? await arrived(t.page, `${t.merchant}/done`) : (await outcome(t.page)).result;
    assert.equal(result.code, undefined);
    assert.equal(result.paymentId, wanted.paymentId);
    await holds(wanted, "PAID");
    assert.deepEqual(outside, [], "nothing else was loaded");
  });

  test(`the npm package's error classes, ${path}`, ["pc"], async (t) => {
    await ready(t, path);
    await request(t.page, order({ channelKey: "nobody" }), "SDK");
    refused(await outcome(t.page), "ChannelNotFound");
    const classes = await t.page.evaluate(async (wanted) => {
      const SDK = window.SDK;
      const error = await SDK.requestPayment(wanted).catch((e) => e);
      const billing = await SDK.requestIssueBillingKey({}).catch((e) => e);
      return {
        payment: SDK.isPaymentError(error) && error instanceof SDK.PaymentError,
        notBilling: !SDK.isIssueBillingKeyError(error),
        billing: SDK.isIssueBillingKeyError(billing),
        scripts: [...document.scripts].filter((s) => s.src.endsWith("/v2/browser-sdk.js")).map((s) => new URL(s.src).origin),
      };
    }, order({ storeId: "nobody" }));
    assert.deepEqual(classes, { payment: true, notBilling: true, billing: true, scripts: [router] });
  });
}
