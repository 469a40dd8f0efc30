// The official JavaScript server SDK, unmodified, pointed at a running naru by base URL only.
// Reads NARU_URL, NARU_API_SECRET, NARU_STORE_ID, NARU_CHANNEL_TOSS, NARU_CHANNEL_TOSS_BILLING; exits 0 if everything held.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { PortOneClient } from "@portone/server-sdk";
import { CancelPaymentError, GetPaymentError, PayInstantlyError, PayWithBillingKeyError } from "@portone/server-sdk/payment";
import { DeleteBillingKeyError } from "@portone/server-sdk/payment/billingKey";
import { env, refused } from "./common.mjs";

const storeId = env("NARU_STORE_ID");
const channelKey = env("NARU_CHANNEL_TOSS");
const client = PortOneClient({ secret: env("NARU_API_SECRET"), baseUrl: env("NARU_URL"), storeId });
const { payment } = client;

// The PG's publicly documented test card.
const card = {
  number: "9410001234567890",
  expiryYear: "30",
  expiryMonth: "12",
  birthOrBusinessRegistrationNumber: "900101",
  passwordTwoDigits: "12",
};
const order = (paymentId, changes = {}) => ({
  paymentId,
  channelKey,
  orderName: "나루 SDK 주문",
  amount: { total: 12_300, taxFree: 300 },
  currency: "KRW",
  customer: { id: "buyer-1", name: { full: "김나루" }, email: "buyer@example.com" },
  customData: JSON.stringify({ from: "sdk" }),
  method: { card: { credential: card } },
  ...changes,
});

// Pay, and read it back.
const paymentId = `sdk-js-${randomUUID()}/한글 1`;
const paid = await payment.payInstantly(order(paymentId));
assert.ok(paid.payment.pgTxId);
assert.ok(paid.payment.paidAt);
const found = await payment.getPayment({ paymentId });
assert.equal(found.status, "PAID");
assert.equal(found.id, paymentId);
assert.equal(found.storeId, storeId);
assert.equal(found.amount.total, 12_300);
assert.equal(found.amount.taxFree, 300);
assert.equal(found.amount.vat, 1_091);
assert.equal(found.channel.key, channelKey);
assert.equal(found.channel.type, "TEST");
assert.equal(found.method.type, "PaymentMethodCard");
assert.equal(found.customer.name, "김나루");
assert.equal(found.customData, JSON.stringify({ from: "sdk" }));
assert.equal(found.pgTxId, paid.payment.pgTxId);

// Find it in a list.
const list = await payment.getPayments({
  page: { number: 0, size: 100 },
  filter: { storeId, from: new Date(Date.now() - 600_000).toISOString(), until: new Date(Date.now() + 600_000).toISOString() },
});
assert.ok(list.items.some((item) => item.id === paymentId && item.status === "PAID"));
assert.ok(list.page.totalCount >= 1);

// Twice is once.
await refused(PayInstantlyError, "ALREADY_PAID", () => payment.payInstantly(order(paymentId)));

// Cancel a part, then the rest.
const part = await payment.cancelPayment({ paymentId, amount: 2_000, taxFreeAmount: 100, reason: "일부 환불" });
assert.equal(part.cancellation.status, "SUCCEEDED");
assert.equal(part.cancellation.totalAmount, 2_000);
assert.equal(part.cancellation.taxFreeAmount, 100);
assert.equal((await payment.getPayment({ paymentId })).status, "PARTIAL_CANCELLED");
await refused(CancelPaymentError, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", () =>
  payment.cancelPayment({ paymentId, amount: 10_301, reason: "너무 많이" }),
);
const rest = await payment.cancelPayment({ paymentId, currentCancellableAmount: 10_300, reason: "전액 환불" });
assert.equal(rest.cancellation.totalAmount, 10_300);
const cancelled = await payment.getPayment({ paymentId });
assert.equal(cancelled.status, "CANCELLED");
assert.equal(cancelled.cancellations.length, 2);
assert.equal(cancelled.amount.cancelled, 12_300);
await refused(CancelPaymentError, "PAYMENT_ALREADY_CANCELLED", () =>
  payment.cancelPayment({ paymentId, reason: "또" }),
);

// Typed errors.
await refused(GetPaymentError, "PAYMENT_NOT_FOUND", () => payment.getPayment({ paymentId: `absent-${randomUUID()}` }));
await refused(PayInstantlyError, "CHANNEL_NOT_FOUND", () =>
  payment.payInstantly(order(`sdk-js-${randomUUID()}`, { channelKey: `channel-key-${randomUUID()}` })),
);
const wrongCard = { card: { credential: { ...card, number: "0000000000000000" } } };
const declined = await refused(PayInstantlyError, "PG_PROVIDER", () =>
  payment.payInstantly(order(`sdk-js-${randomUUID()}`, { method: wrongCard })),
);
assert.equal(declined.pgCode, "INVALID_CARD_NUMBER");
assert.ok(declined.pgMessage.length > 0);
assert.equal(declined.kind, "invalid-card");
const stranger = PortOneClient({ secret: "not-a-secret-of-this-store", baseUrl: env("NARU_URL"), storeId });
await refused(GetPaymentError, "UNAUTHORIZED", () => stranger.payment.getPayment({ paymentId }));

// A billing key: issue, look up, pay, schedule, revoke, delete.
const billingChannel = env("NARU_CHANNEL_TOSS_BILLING");
const { billingKey: keys, paymentSchedule: schedules } = payment;
const issued = await keys.issueBillingKey({
  channelKey: billingChannel,
  method: { card: { credential: card } },
  customer: { id: "buyer-1", name: { full: "김나루" } },
  customData: "구독",
});
const { billingKey } = issued.billingKeyInfo;
assert.match(billingKey, /^billing-key-/);
assert.equal(issued.billingKeyInfo.channels[0].key, billingChannel);
const info = await keys.getBillingKeyInfo({ billingKey });
assert.equal(info.status, "ISSUED");
assert.equal(info.methods[0].type, "BillingKeyPaymentMethodCard");
assert.equal(info.customData, "구독");
const keyList = await keys.getBillingKeyInfos({ filter: { storeId, status: ["ISSUED"] } });
assert.ok(keyList.items.some((item) => item.billingKey === billingKey));
const charge = { billingKey, orderName: "구독 1월", amount: { total: 9_900 }, currency: "KRW" };
const chargedId = `sdk-js-${randomUUID()}`;
const charged = await payment.payWithBillingKey({ paymentId: chargedId, ...charge });
assert.ok(charged.payment.pgTxId);
const chargedPayment = await payment.getPayment({ paymentId: chargedId });
assert.equal(chargedPayment.status, "PAID");
assert.equal(chargedPayment.billingKey, billingKey);
await refused(PayWithBillingKeyError, "ALREADY_PAID", () => payment.payWithBillingKey({ paymentId: chargedId, ...charge }));
const timeToPay = new Date(Date.now() + 3_600_000).toISOString();
const plannedId = `sdk-js-${randomUUID()}`;
const planned = await schedules.createPaymentSchedule({ paymentId: plannedId, payment: charge, timeToPay });
const paymentScheduleId = planned.schedule.id;
const plan = await schedules.getPaymentSchedule({ paymentScheduleId });
assert.equal(plan.status, "SCHEDULED");
assert.equal(plan.paymentId, plannedId);
assert.equal(plan.totalAmount, 9_900);
const scheduleList = await schedules.getPaymentSchedules({
  filter: { billingKey, from: new Date(Date.now() - 60_000).toISOString(), until: new Date(Date.now() + 7_200_000).toISOString() },
});
assert.equal(scheduleList.page.totalCount, 1);
await refused(DeleteBillingKeyError, "PAYMENT_SCHEDULE_ALREADY_EXISTS", () => keys.deleteBillingKey({ billingKey }));
const revoked = await schedules.revokePaymentSchedules({ billingKey, scheduleIds: [paymentScheduleId] });
assert.deepEqual(revoked.revokedScheduleIds, [paymentScheduleId]);
assert.equal((await schedules.getPaymentSchedule({ paymentScheduleId })).status, "REVOKED");
const gone = await keys.deleteBillingKey({ billingKey, reason: "해지", requester: "CUSTOMER" });
assert.ok(gone.deletedAt);
assert.equal((await keys.getBillingKeyInfo({ billingKey })).status, "DELETED");
await refused(PayWithBillingKeyError, "BILLING_KEY_ALREADY_DELETED", () =>
  payment.payWithBillingKey({ paymentId: `sdk-js-${randomUUID()}`, ...charge }),
);

// Tokens in place of the secret.
const tokens = await client.auth.loginViaApiSecret({ apiSecret: env("NARU_API_SECRET") });
assert.ok(tokens.accessToken && tokens.refreshToken);
const again = await client.auth.refreshToken({ refreshToken: tokens.refreshToken });
assert.ok(again.accessToken);

console.log("ok");
