// The official JavaScript server SDK's verifier on webhooks that a running naru delivered.
// Argument: a JSON file {secrets: [two], stranger, deliveries: [{headers, body}]}; exits 0 if everything held.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Webhook } from "@portone/server-sdk";

const { secrets, stranger, deliveries } = JSON.parse(readFileSync(process.argv[2], "utf8"));
assert.ok(deliveries.length > 0);
const now = Date.now;
const reason = async (secret, body, headers) => {
  try {
    await Webhook.verify(secret, body, headers);
  } catch (error) {
    assert.ok(error instanceof Webhook.WebhookVerificationError, error.stack);
    return error.reason;
  }
  return "verified";
};

for (const { headers, body } of deliveries) {
  for (const secret of secrets) {
    const event = await Webhook.verify(secret, body, headers);
    assert.ok(event.type.startsWith("Transaction."));
    assert.ok(!Number.isNaN(Date.parse(event.timestamp)));
    assert.ok(event.data.paymentId && event.data.storeId && event.data.transactionId);
    assert.equal(await reason(secret, body.replace("paymentId", "paymentid"), headers), "NO_MATCHING_SIGNATURE");
    for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
      const { [name]: _, ...rest } = headers;
      assert.equal(await reason(secret, body, rest), "MISSING_REQUIRED_HEADERS");
    }
    const at = Number(headers["webhook-timestamp"]) * 1000;
    for (const [seconds, expected] of [[301, "TIMESTAMP_TOO_OLD"], [-301, "TIMESTAMP_TOO_NEW"], [299, "verified"], [-299, "verified"]]) {
      Date.now = () => at + seconds * 1000;
      assert.equal(await reason(secret, body, headers), expected);
      Date.now = now;
    }
  }
  assert.equal(await reason(stranger, body, headers), "NO_MATCHING_SIGNATURE");
}
console.log("ok");
