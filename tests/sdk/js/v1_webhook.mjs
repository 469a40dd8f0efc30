// What a merchant of the V1 API does with the webhooks that a running naru delivered: read the body by its content type, then
// ask the API by imp_uid with the npm clients, unmodified. Reads NARU_V1_URL, NARU_V1_KEY, NARU_V1_SECRET.
// Argument: a JSON file {deliveries: [{path, headers, body}]}; exits 0 if everything held.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Old = require("iamport");
const { Iamport, Request } = require("iamport-rest-client-nodejs");
const { Payments } = Request;

Old.DEFAULT_HOST = process.env.NARU_V1_URL;
const keys = { apiKey: process.env.NARU_V1_KEY, apiSecret: process.env.NARU_V1_SECRET };
const old = new Old({ impKey: keys.apiKey, impSecret: keys.apiSecret });
const iamport = new Iamport({ ...keys, baseUrl: process.env.NARU_V1_URL });

const { deliveries } = JSON.parse(readFileSync(process.argv[2], "utf8"));
assert.ok(deliveries.length > 0);
for (const { path, headers, body } of deliveries) {
  const form = path.endsWith("/form");
  assert.equal(headers["content-type"], form ? "application/x-www-form-urlencoded" : "application/json");
  assert.equal(headers["webhook-signature"], undefined);
  const told = form ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
  const keys = Object.keys(told).filter((key) => key !== "cancellation_id");
  assert.deepEqual(keys, ["imp_uid", "merchant_uid", "status"]);
  assert.equal("cancellation_id" in told, told.status === "cancelled");
  assert.ok(["paid", "ready", "failed", "cancelled"].includes(told.status), body);

  const { data } = await Payments.getByImpUid({ imp_uid: told.imp_uid }).request(iamport);
  assert.equal(data.code, 0, data.message);
  const payment = data.response;
  assert.deepEqual([payment.imp_uid, payment.merchant_uid], [told.imp_uid, told.merchant_uid]);
  assert.equal((await old.payment.getByImpUid({ imp_uid: told.imp_uid })).merchant_uid, told.merchant_uid);
  if (told.status === "cancelled") {
    // A part leaves the payment paid: receivers look at the amount.
    assert.ok(payment.cancel_amount > 0);
    assert.equal(payment.status, payment.cancel_amount === payment.amount ? "cancelled" : "paid");
    assert.ok(payment.cancel_history.some((c) => c.cancellation_id === told.cancellation_id), JSON.stringify(payment));
  }
  if (told.status === "failed") {
    assert.equal(payment.status, "failed");
  }
}
console.log("ok");
