// The official JavaScript server SDK, unmodified: the operations that the other scripts do not call. What this router
// does not serve ends as the SDK's own typed error.
// Reads NARU_URL, NARU_SIM_URL, NARU_API_SECRET, NARU_STORE_ID and NARU_CHANNEL_…; exits 0 if everything held.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { PortOneClient, PortOneError } from "@portone/server-sdk";
import { env, refused as refusedAs } from "./common.mjs";

const storeId = env("NARU_STORE_ID");
const router = env("NARU_URL");
const client = PortOneClient({ secret: env("NARU_API_SECRET"), baseUrl: router, storeId });
const { payment, identityVerification } = client;
const refused = async (type, call, text = /./) => {
  const data = await refusedAs(PortOneError, type, call);
  assert.match(data.message ?? "", text);
  return data;
};
const json = async (url, body) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, body ? { method: "POST", headers, body: JSON.stringify(body) } : {});
  assert.ok(answer.ok, `${url}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};

// A buyer at a window, without a browser: what the simulator sends back is sent on, and the result is read.
const throughWindow = async (provider, request) => {
  const order = {
    storeId, orderName: "나루 SDK 창", currency: "KRW", payMethod: "CARD", device: "pc",
    customer: { fullName: "김나루", email: "buyer@example.com", phoneNumber: "01012345678" },
    redirectUrl: "https://shop.example/done", ...request,
  };
  const opened = await json(`${router}/checkout/payments`, order);
  const back = await json(`${env("NARU_SIM_URL")}/_sim/${provider}/authenticate`, { open: opened.open, as: "approve" });
  const headers = back.contentType ? { "content-type": back.contentType } : {};
  const sent = await fetch(back.url, { method: back.method, headers, body: back.body || undefined, redirect: "manual" });
  assert.ok(sent.status < 400, `${back.url}: ${sent.status} ${await sent.text()}`);
  return json(opened.resultUrl);
};
const since = new Date(Date.now() - 1_000).toISOString();

// Manual approval: announced, authenticated, then confirmed by the server.
const confirmedId = `sdk-rest-${randomUUID()}`;
await payment.preRegisterPayment({ paymentId: confirmedId, totalAmount: 12_300, currency: "KRW" });
const manual = { paymentId: confirmedId, channelKey: env("NARU_CHANNEL_TOSS_MANUAL"), totalAmount: 12_300 };
const authenticated = await throughWindow("toss", manual);
assert.ok(authenticated.paymentToken, JSON.stringify(authenticated));
const { paymentToken, txId } = authenticated;
const confirm = (changes) => payment.confirmPayment({ paymentId: confirmedId, paymentToken, txId, ...changes });
await refused("INVALID_PAYMENT_TOKEN", () => confirm({ paymentToken: "not-this-one" }));
await refused("INFORMATION_MISMATCH", () => confirm({ totalAmount: 12_301 }));
const confirmed = await confirm({ currency: "KRW", totalAmount: 12_300, isTest: true });
assert.ok(confirmed.payment?.pgTxId ?? confirmed.pgTxId, JSON.stringify(confirmed));
await refused("ALREADY_PAID", () => confirm({}));
await refused("ALREADY_PAID", () => payment.preRegisterPayment({ paymentId: confirmedId, totalAmount: 1 }));

// Its tries, its webhook again.
const { items: tries } = await payment.getPaymentTransactions({ paymentId: confirmedId });
assert.deepEqual(tries.map((t) => t.status), ["PAID"]);
const until = async (what, found) => {
  for (let left = 40; left > 0; left -= 1) {
    const result = await found();
    if (result) return result;
    await pause(250);
  }
  return assert.fail(`${what} did not come`);
};
await until("the webhook", async () => (await payment.getPayment({ paymentId: confirmedId })).webhooks?.length);
const resent = await payment.resendWebhook({ paymentId: confirmedId });
assert.ok(resent.webhook.id);
await refused("WEBHOOK_NOT_FOUND", () => payment.resendWebhook({ paymentId: confirmedId, webhookId: "none" }));

// A part is given back; the feeds tell it once, in order, from any place.
const { cancellation } = await payment.cancelPayment({ paymentId: confirmedId, amount: 2_300, reason: "일부" });
const stop = (cancellationId) => payment.stopPaymentCancellation({ paymentId: confirmedId, cancellationId });
await refused("PAYMENT_CANCELLATION_NOT_PENDING", () => stop(cancellation.id));
await refused("PAYMENT_CANCELLATION_NOT_FOUND", () => stop("none"));
await refused("INVALID_REQUEST", () => payment.capturePayment({ paymentId: confirmedId }), /nothing to do/);
await refused("PAYMENT_NOT_FOUND", () => payment.capturePayment({ paymentId: "none" }));
const store = { paymentId: confirmedId, items: [{ storeBusinessRegistrationNumber: "1234567890", storeName: "가게", totalAmount: 1, currency: "KRW" }] };
await refused("INVALID_REQUEST", () => payment.registerStoreReceipt(store), /shops inside a shop/);
const read = async (feed, member) => {
  const all = [];
  for (let cursor; ; ) {
    const { items } = await feed({ from: since, size: 1, ...(cursor && { cursor }) });
    if (items.length === 0) return all;
    all.push(items[0][member]);
    cursor = items[0].cursor;
  }
};
const inOrder = await read(payment.getAllPaymentsByCursor, "payment");
assert.equal(inOrder.filter((p) => p.id === confirmedId && p.status === "PARTIAL_CANCELLED").length, 1);
const events = await until("both changes", async () => {
  const all = await read(payment.getAllPaymentEventsByCursor, "paymentEvent");
  const mine = all.filter((event) => event.paymentId === confirmedId);
  return mine.length > 1 && mine;
});
assert.deepEqual(events.map((e) => [e.type, e.eventAmount]), [["PAID", 12_300], ["PARTIAL_CANCELLED", -2_300]]);
await refused("INVALID_REQUEST", () => payment.getAllPaymentsByCursor({ cursor: "?" }), /cursor/);

// Escrow: a delivery at a gateway that takes it; calls that it lacks, and a payment that is none.
const escrowId = `sdk-rest-${randomUUID()}`;
await throughWindow("kcp", { paymentId: escrowId, channelKey: env("NARU_CHANNEL_KCP"), totalAmount: 15_000, payMethod: "TRANSFER", isEscrow: true, products: [{ id: "p-1", name: "찻잔", amount: 15_000, quantity: 1 }] });
const delivery = { paymentId: escrowId, logistics: { company: "CJ", invoiceNumber: "1234567890", sentAt: new Date().toISOString() } };
assert.ok((await payment.applyEscrowLogistics(delivery)).appliedAt);
await refused("INVALID_REQUEST", () => payment.modifyEscrowLogistics(delivery));
await refused("INVALID_REQUEST", () => payment.confirmEscrow({ paymentId: escrowId, fromStore: true }));
const { items: escrows } = await payment.getPayments({ filter: { from: since, until: new Date(Date.now() + 60_000).toISOString(), isEscrow: true } });
assert.deepEqual(escrows.map((p) => p.id), [escrowId]);

// Nothing of these stands behind this router: each refusal is typed and says why.
const { billingKey, promotion, additionalFeature } = payment;
await refused("BILLING_KEY_NOT_FOUND", () => billingKey.confirmBillingKey({ billingIssueToken: "none" }));
const andPay = { billingIssueToken: "none", paymentId: "p", totalAmount: 1, currency: "KRW" };
await refused("INVALID_REQUEST", () => billingKey.confirmBillingKeyIssueAndPay(andPay), /in one window/);
await refused("PROMOTION_NOT_FOUND", () => promotion.getPromotion({ promotionId: "none" }));
const channelKey = env("NARU_CHANNEL_TOSS");
await refused("INVALID_REQUEST", () => additionalFeature.getPgCardPromotions({ channelKey, amount: 1_000 }), /not read/);
await refused("CHANNEL_NOT_FOUND", () => additionalFeature.getPgCardPromotions({ channelKey: "none", amount: 1_000 }));
const person = { identityVerificationId: "i-1" };
const customer = { id: "c", name: "김나루", phoneNumber: "01012345678" };
for (const call of [
  () => identityVerification.getIdentityVerification(person),
  () => identityVerification.getIdentityVerifications({}),
  () => identityVerification.sendIdentityVerification({ ...person, channelKey, customer, operator: "SKT", method: "SMS" }),
  () => identityVerification.confirmIdentityVerification({ ...person, otp: "000000" }),
  () => identityVerification.resendIdentityVerification(person),
]) {
  await refused("INVALID_REQUEST", call, /identity provider/);
}
await refused("INVALID_REQUEST", () => client.pgSpecific.getKakaopayPaymentOrder({ pgTxId: "t", channelKey }), /KakaoPay/);
const report = { filter: { from: "2026-01-01", until: "2026-01-31" } };
const { reconciliation } = client;
await refused("INVALID_REQUEST", () => reconciliation.getPaymentReconciliationSettlementVatReport(report), /scope/);
await refused("INVALID_REQUEST", () => reconciliation.getPaymentReconciliationTransactionVatReport(report), /scope/);

console.log("ok");
