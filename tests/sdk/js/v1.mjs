// The V1 (iamport) clients of npm, unmodified, pointed at a running naru by base URL only: every method they have is called.
// Reads NARU_V1_URL, NARU_V1_KEY, NARU_V1_SECRET, NARU_URL, NARU_API_SECRET, NARU_STORE_ID, NARU_CHANNEL_TOSS,
// NARU_CHANNEL_TOSS_BILLING, NARU_SIM_URL, NARU_ADMIN_URL, NARU_ADMIN_TOKEN, NARU_CHANNELS_DIR; exits 0 if everything held.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { PortOneClient } from "@portone/server-sdk";
import { env } from "./common.mjs";

const require = createRequire(import.meta.url);
const Old = require("iamport");
const { Iamport, Request } = require("iamport-rest-client-nodejs");
const { Banks, Cards, Certifications, Customers, Escrows, External, Kakao, NaverCo, NaverPay, Payco, Payments, Prepare, Receipts } =
  Request;
const { Subscribe, Vbanks } = Request;

const url = env("NARU_V1_URL");
// The old client takes its host from here, before anything is made.
Old.DEFAULT_HOST = url;
const old = new Old({ impKey: env("NARU_V1_KEY"), impSecret: env("NARU_V1_SECRET") });
const iamport = new Iamport({ apiKey: env("NARU_V1_KEY"), apiSecret: env("NARU_V1_SECRET"), baseUrl: url });
const v2 = PortOneClient({ secret: env("NARU_API_SECRET"), baseUrl: env("NARU_URL"), storeId: env("NARU_STORE_ID") });
const billing = env("NARU_CHANNEL_TOSS_BILLING");

/** What a request of the newer client answers, decoded by it. */
const ask = async (request) => {
  const { data } = await request.request(iamport);
  assert.equal(data.code, 0);
  assert.equal(data.message, null);
  return data.response;
};
/** What a request of the newer client is refused with: status (200 for business refusals), code, message. */
const refused = async (request, status, message) => {
  const error = await request.request(iamport).then(
    () => assert.fail(`${message} was expected, but the call succeeded`),
    (error) => error,
  );
  assert.ok(error.response, error.stack);
  const { code, message: said, response } = error.response.data;
  assert.equal(error.response.status ?? 200, status, said);
  assert.notEqual(code, 0);
  assert.equal(response, null);
  assert.match(said, message);
};
const refusedOld = async (call, code, message) => {
  const error = await call.then(
    () => assert.fail(`${code} was expected, but the call succeeded`),
    (error) => error,
  );
  assert.equal(error.code, code, error.stack);
  if (message) assert.match(error.message, message);
};

// The PG's publicly documented test card.
const card = { card_number: "9410-0012-3456-7890", expiry: "2030-12", birth: "900101", pwd_2digit: "12" };
const buyer = { buyer_name: "김나루", buyer_email: "buyer@example.com", buyer_tel: "010-1234-1234", buyer_addr: "서울", buyer_postcode: "04524" };
const uid = (what) => `v1-js-${what}-${randomUUID()}`;
const seconds = () => Math.floor(Date.now() / 1000);

// Pay with a card, and find the payment in every way.
const first = uid("주문/1");
const paid = await old.subscribe.onetime({ merchant_uid: first, amount: 11_000, name: "나루 주문", custom_data: '{"a":1}', ...card, ...buyer });
assert.equal(paid.status, "paid", paid.fail_reason);
assert.match(paid.imp_uid, /^imps_[0-9]+$/);
assert.equal(paid.merchant_uid, first);
assert.equal(paid.amount, 11_000);
assert.equal(paid.sandbox, true);
assert.equal(paid.buyer_addr, "서울");
assert.equal(paid.failed_at, 0);
assert.equal(paid.vbank_num, null);
await refusedOld(old.subscribe.onetime({ merchant_uid: first, amount: 11_000, ...card }), "IAMPORT_1", /이미 결제가 이루어진/);
const { imp_uid } = paid;
// Payments of test channels are shown where they are asked for.
await refusedOld(old.payment.getByImpUid({ imp_uid }), "HTTP_404");
const found = await old.payment.getByImpUid({ imp_uid, include_sandbox: true });
assert.deepEqual({ ...found }, { ...paid });
assert.equal((await old.payment.getByMerchant({ merchant_uid: encodeURIComponent(first) })).imp_uid, imp_uid);
assert.equal((await old.payment.getByStatus({ payment_status: "paid" })).list[0].imp_uid, imp_uid);
await refusedOld(old.payment.getByStatus({ payment_status: "lost" }), "HTTP_400");

// Both versions see one payment.
const seen = await v2.payment.getPayment({ paymentId: first });
assert.equal(seen.status, "PAID");
assert.equal(seen.amount.total, 11_000);
assert.equal(seen.customer.name, "김나루");
const byV2 = await old.payment.getByImpUid({ imp_uid: seen.transactionId, include_sandbox: true });
assert.equal(byV2.imp_uid, imp_uid);

// The store may show them always.
await refused(Payments.getByImpUid({ imp_uid }), 404, /^존재하지 않는 결제정보입니다\.$/);
const file = `${env("NARU_CHANNELS_DIR")}/store.toml`;
writeFileSync(`${file}.new`, readFileSync(file, "utf8").replace("[store.v1]\n", "[store.v1]\ninclude_sandbox = true\n"));
renameSync(`${file}.new`, file);
const reload = await fetch(`${env("NARU_ADMIN_URL")}/admin/config/reload`, {
  method: "POST",
  headers: { authorization: `Bearer ${env("NARU_ADMIN_TOKEN")}` },
});
assert.equal(reload.status, 200, await reload.text());
assert.equal((await ask(Payments.getByImpUid({ imp_uid }))).imp_uid, imp_uid);

// Lists.
const named = encodeURIComponent(first);
assert.equal((await ask(Payments.getByMerchantUid({ merchant_uid: named, status: "paid", sorting: "-started" }))).imp_uid, imp_uid);
const attempts = await ask(Payments.getByMerchantUids({ merchant_uid: named, status: "all", sorting: "started", page: 1 }));
assert.equal(attempts.total, 1);
assert.equal(attempts.next, 0);
assert.equal(attempts.list[0].imp_uid, imp_uid);
const page = await ask(Payments.getByStatus({ status: "all", page: 1, limit: 1, from: seconds() - 600, to: seconds() + 1, sorting: "-updated" }));
assert.ok(page.total >= 1 && page.list.length === 1);
const some = await Payments.getByImpUids({ imp_uid: [imp_uid, "imp_448280090638"] }).request(iamport);
assert.equal(some.status, 207);
assert.deepEqual(some.data.response.map((one) => one.imp_uid), [imp_uid]);
assert.deepEqual(some.data.failed, ["imp_448280090638"]);
await refused(Payments.getByImpUids({ imp_uid: ["imp_1"] }), 404, /^존재하지 않는 결제정보입니다\.$/);
await refused(Payments.getByStatus({ status: "lost", page: 1, limit: 1 }), 400, /^지원되지 않는 상태값입니다\.$/);

// Cancel in part, with a wrong and a right checksum, then all of it, then again.
await refused(Payments.cancel({ imp_uid, amount: 1_000, checksum: 5, reason: "변심" }), 200, /checksum/);
const part = await ask(Payments.cancel({ imp_uid, amount: 1_000, checksum: 11_000, reason: "변심" }));
assert.equal(part.status, "paid");
assert.equal(part.cancel_amount, 1_000);
const balance = await ask(Payments.getAmountByImpUid({ imp_uid }));
assert.equal(balance.amount, 11_000);
assert.equal(balance.primary.supply + balance.primary.vat, 10_000);
const all = await old.payment.cancel({ merchant_uid: first, reason: "변심" });
assert.equal(all.status, "cancelled");
assert.equal(all.cancel_amount, 11_000);
assert.deepEqual(all.cancel_history.map((one) => one.amount), [1_000, 10_000]);
await refusedOld(old.payment.cancel({ imp_uid }), "IAMPORT_1", /^이미 전액취소된 주문입니다\.$/);
await refusedOld(old.payment.cancel({ merchant_uid: "nobody" }), "IAMPORT_1", /^취소할 결제건이 존재하지 않습니다\.$/);
await refusedOld(old.payment.cancel({}), "HTTP_400");
assert.equal((await v2.payment.getPayment({ paymentId: first })).status, "CANCELLED");

// Amounts announced before.
const announced = uid("prepare");
assert.equal((await old.payment.prepare({ merchant_uid: announced, amount: 5_000 })).amount, 5_000);
assert.equal((await old.payment.getPrepare({ merchant_uid: announced })).merchant_uid, announced);
await refused(Prepare.postAmount({ merchant_uid: announced, amount: 1 }), 200, /^결제정보 사전등록에 실패하였습니다\(이미 등록된 merchant_uid입니다\)\.$/);
assert.equal((await ask(Prepare.getAmount({ merchant_uid: announced }))).amount, 5_000);
await refused(Prepare.getAmount({ merchant_uid: "nobody" }), 404, /^사전등록된 결제정보가 존재하지 않습니다\.$/);

// Billing keys.
const customer_uid = uid("buyer");
const channel_key = billing;
await refused(Customers.getBillingKey({ customer_uid }), 404, new RegExp(`^요청하신 customer_uid\\(${customer_uid}\\)로 등록된 정보를 찾을 수 없습니다\\.$`));
const key = await ask(Customers.postBillingKey({ customer_uid, channel_key, customer_id: "buyer-1", customer_name: "김나루", ...card }));
assert.equal(key.customer_uid, customer_uid);
assert.match(key.card_number, /\*/);
assert.equal((await ask(Customers.getBillingKey({ customer_uid }))).customer_name, "김나루");
const keys = await ask(Customers.getBillingKeys({ customer_uid: [customer_uid] }));
assert.equal(keys[0].customer_uid, customer_uid);
assert.equal((await old.subscribe_customer.get({ customer_uid })).customer_uid, customer_uid);
assert.equal((await old.subscribe_customer.getCustomers({ customer_uid })).customer_uid, customer_uid);
const again = await ask(Subscribe.again({ customer_uid, merchant_uid: uid("again"), amount: 3_000, name: "구독" }));
assert.equal(again.status, "paid", again.fail_reason);
assert.equal(again.customer_uid, customer_uid);
assert.equal(again.customer_uid_usage, "payment");
assert.equal((await old.subscribe.again({ customer_uid, merchant_uid: uid("again"), amount: 3_000 })).status, "paid");
await refused(Subscribe.again({ customer_uid: "nobody", merchant_uid: uid("x"), amount: 1_000, name: "x" }), 200, /^등록되지 않은 구매자입니다\.$/);
const charged = await ask(Customers.getPayments({ customer_uid, page: 1 }));
assert.equal(charged.total, 2);

// A card with a customer_uid is kept, and used again; declined payments are answered as failed.
const kept = uid("kept");
const once = await ask(Subscribe.onetime({ merchant_uid: uid("once"), amount: 2_000, name: "첫 결제", customer_uid: kept, channel_key, ...card }));
assert.equal(once.status, "paid", once.fail_reason);
assert.equal(once.customer_uid, kept);

const sim = `${env("NARU_SIM_URL")}/_sim/faults`;
const faults = async (operation) => {
  const fault = { provider: "toss", operation, kind: "decline:REJECT_CARD_PAYMENT", times: 1 };
  const put = await fetch(sim, { method: "PUT", body: JSON.stringify([fault]) });
  assert.equal(put.status, 200, await put.text());
};
await faults("instant");
const declined = uid("declined");
const failed = await old.subscribe.onetime({ merchant_uid: declined, amount: 2_000, ...card });
assert.equal(failed.status, "failed");
assert.match(failed.fail_reason, /^\[REJECT_CARD_PAYMENT\]/);
assert.ok(failed.failed_at > 0);
await faults("billing-pay");
const refusedCharge = await ask(Subscribe.again({ customer_uid, merchant_uid: declined, amount: 2_000, name: "구독" }));
assert.equal(refusedCharge.status, "failed");
assert.notEqual(refusedCharge.imp_uid, failed.imp_uid);
// A merchant_uid that failed may be tried again; both attempts are there, the newest first.
await fetch(sim, { method: "DELETE" });
assert.equal((await ask(Subscribe.again({ customer_uid, merchant_uid: declined, amount: 2_000, name: "구독" }))).status, "paid");
const tries = await ask(Payments.getByMerchantUids({ merchant_uid: declined, status: "all", sorting: "-started", page: 1 }));
assert.deepEqual(tries.list.map((one) => one.status), ["paid", "failed", "failed"]);
assert.equal((await ask(Payments.getByMerchantUid({ merchant_uid: declined, status: "failed", sorting: "started" }))).imp_uid, failed.imp_uid);
await faults("billing-issue");
await refused(Customers.postBillingKey({ customer_uid: uid("x"), channel_key, ...card }), 200, /^카드정보 인증에 실패하였습니다\.\[REJECT_CARD_PAYMENT\]/);
await faults("billing-issue");
const scheduling = { customer_uid: uid("x"), channel_key, ...card, schedules: [{ merchant_uid: uid("x"), schedule_at: seconds() + 60, amount: 1_000 }] };
await refused(Subscribe.schedule(scheduling), 200, /^카드정보 확인에 실패하였습니다\.\[REJECT_CARD_PAYMENT\]/);
await fetch(sim, { method: "DELETE" });

// Schedules.
const monthly = uid("monthly");
const schedule = (merchant_uid, schedule_at) => ({ merchant_uid, schedule_at, amount: 4_000, name: "월 구독", ...buyer });
const later = seconds() + 86_400;
const made = await ask(Subscribe.schedule({ customer_uid, schedules: [schedule(monthly, later), schedule(`${monthly}-2`, later + 10)] }));
assert.deepEqual(made.map((one) => one.merchant_uid), [monthly, `${monthly}-2`]);
const one = await ask(Subscribe.getScheduled({ merchant_uid: monthly }));
assert.equal(one.schedule_status, "scheduled");
const range = { page: 1, from: later - 60, to: later + 60, "schedule-status": "scheduled" };
assert.equal((await ask(Subscribe.getScheduleds({ customer_uid, ...range }))).total, 2);
assert.equal((await ask(Customers.getScheduleds({ customer_uid, ...range }))).total, 2);
const taken = await ask(Subscribe.unschedule({ customer_uid, merchant_uid: [`${monthly}-2`] }));
assert.deepEqual(taken.map((one) => one.schedule_status), ["revoked"]);
assert.equal((await old.subscribe.unschedule({ customer_uid }))[0].merchant_uid, monthly);
await refusedOld(old.subscribe.unschedule({ customer_uid }), "IAMPORT_1", /^취소할 예약결제 기록이 존재하지 않습니다\.$/);
const soon = uid("soon");
await old.subscribe.schedule({ customer_uid, schedules: [schedule(soon, seconds() + 2)] });
let run = await ask(Subscribe.getScheduled({ merchant_uid: soon }));
for (let tries = 0; run.schedule_status === "scheduled" || !run.payment_status; tries += 1) {
  assert.ok(tries < 100, JSON.stringify(run));
  await sleep(200);
  run = await ask(Subscribe.getScheduled({ merchant_uid: soon }));
}
assert.equal(run.schedule_status, "executed");
assert.equal(run.payment_status, "paid");
assert.equal((await old.payment.getByMerchant({ merchant_uid: soon })).customer_uid_usage, "payment.scheduled");

// Deleted keys are gone.
assert.equal((await old.subscribe_customer.delete({ customer_uid: kept })).customer_uid, kept);
assert.equal((await old.subscribe_customer.create({ customer_uid: kept, channel_key, ...card })).customer_uid, kept);
assert.equal((await old.subscribe_customer.deleteCustomers({ customer_uid: kept })).customer_uid, kept);
assert.equal((await old.subscribe_customer.createCustomers({ customer_uid: kept, channel_key, ...card })).customer_uid, kept);
assert.equal((await ask(Customers.deleteBillingKey({ customer_uid: kept }))).customer_uid, kept);
await refused(Customers.deleteBillingKey({ customer_uid: kept }), 404, /로 등록된 정보를 찾을 수 없습니다\.$/);

// A virtual account, closed before its deposit; another one, paid, with a cash receipt, refunded.
const account = (merchant_uid) => ({ merchant_uid, amount: 22_000, vbank_code: "004", vbank_due: later, vbank_holder: "나루", name: "가상계좌", ...buyer });
const closing = await ask(Vbanks.post(account(uid("vbank"))));
assert.equal(closing.status, "ready");
assert.equal(closing.pay_method, "vbank");
assert.equal(closing.vbank_code, "004");
assert.ok(closing.vbank_num && closing.vbank_date instanceof Date);
const closed = await ask(Vbanks.delete({ imp_uid: closing.imp_uid }));
assert.equal(closed.status, "failed");
assert.equal(closed.fail_reason, "가상계좌 말소");
await refused(Vbanks.put({ imp_uid: closing.imp_uid, amount: 1 }), 400, /is not served by naru/);
await refused(Vbanks.getHolder({ bank_code: "004", bank_num: "1" }), 400, /is not served by naru/);
const waiting = await old.vbank.create(account(uid("vbank")));
await refused(Receipts.postReceipt({ imp_uid: waiting.imp_uid, identifier: "010-1234-1234" }), 200, /결제완료/);
// What an operator does once in the PG's portal.
const merchant = { mid: waiting.pg_id, notifyUrl: `${env("NARU_URL")}/notify/toss/${env("NARU_CHANNEL_TOSS")}` };
const told = await fetch(`${env("NARU_SIM_URL")}/_sim/toss/merchants`, { method: "PUT", body: JSON.stringify(merchant) });
assert.equal(told.status, 200, await told.text());
const deposit = await fetch(`${env("NARU_SIM_URL")}/_sim/toss/deposit`, {
  method: "POST",
  body: JSON.stringify({ tid: waiting.pg_tid, amount: 22_000, name: "김나루" }),
});
assert.equal(deposit.status, 200, await deposit.text());
let deposited = await ask(Payments.getByImpUid({ imp_uid: waiting.imp_uid }));
for (let tries = 0; deposited.status !== "paid"; tries += 1) {
  assert.ok(tries < 100, deposited.status);
  await sleep(200);
  deposited = await ask(Payments.getByImpUid({ imp_uid: waiting.imp_uid }));
}
const receipt = await ask(Receipts.postReceipt({ imp_uid: waiting.imp_uid, identifier: "010-1234-1234", identifier_type: "phone" }));
assert.equal(receipt.imp_uid, waiting.imp_uid);
assert.equal(receipt.amount, 22_000);
assert.equal(receipt.vat, 2_000);
assert.equal((await ask(Receipts.getReceipt({ imp_uid: waiting.imp_uid }))).apply_num, receipt.apply_num);
await refused(Receipts.postReceipt({ imp_uid: waiting.imp_uid, identifier: "01012341234" }), 200, /이미 현금영수증이 발급된/);
await ask(Receipts.deleteReceipt({ imp_uid: waiting.imp_uid }));
await refused(Payments.cancel({ imp_uid: waiting.imp_uid, reason: "환불" }), 200, /refund_account/);
const refund = { refund_holder: "김나루", refund_bank: "088", refund_account: "110-123-456789" };
assert.equal((await ask(Payments.cancel({ imp_uid: waiting.imp_uid, reason: "환불", ...refund }))).status, "cancelled");

// Receipts for money paid elsewhere.
const elsewhere = uid("receipt");
await refused(External.getReceipt({ merchant_uid: elsewhere }), 404, /현금영수증이 존재하지 않습니다/);
const external = await ask(External.postReceipt({ merchant_uid: elsewhere, name: "현금 판매", amount: 5_500, identifier: "01012341234" }));
assert.equal(external.merchant_uid, elsewhere);
assert.equal(external.vat, 500);
assert.equal((await ask(External.getReceipt({ merchant_uid: elsewhere }))).apply_num, external.apply_num);
await ask(External.deleteReceipt({ merchant_uid: elsewhere }));
await refused(External.deleteReceipt({ merchant_uid: elsewhere }), 404, /현금영수증이 존재하지 않습니다/);

// Codes.
assert.ok((await ask(Cards.getCards())).some((one) => one.code === "381" && one.name === "KB국민카드"));
assert.equal((await ask(Cards.getCard({ code: "366" }))).name, "신한카드");
assert.ok((await ask(Banks.getBanks())).some((one) => one.code === "004"));
assert.equal((await ask(Banks.getBank({ code: "088" }))).name, "신한은행");
await refused(Banks.getBank({ code: "999" }), 404, /은행 코드/);

// What the PG has no call for, and what this router does not serve: typed refusals, readable by the clients.
const logis = { imp_uid: again.imp_uid, logis: { company: "CJGLS", invoice: "1", sent_at: seconds() } };
await refused(Escrows.postEscrow(logis), 200, /요청을 처리할 수 없습니다/);
await refused(Escrows.putEscrow(logis), 200, /요청을 처리할 수 없습니다/);
const orders = { imp_uid, product_order_id: ["1"] };
for (const request of [
  Certifications.getCertification?.({ imp_uid }),
  Certifications.deleteCertification?.({ imp_uid }),
  Kakao.getOrders({ payment_request_date: "20260101" }),
  Payco.postOrderStatus({ imp_uid, status: "CANCELED" }),
  NaverPay.postPoint({ imp_uid }),
  NaverPay.postEscrow({ imp_uid }),
  NaverPay.getCashAmount({ imp_uid }),
  ...["place", "ship", "shipExchanged", "requestReturn", "withholdReturn", "resolveReturn", "rejectReturn", "approveReturn", "cancel"].map((name) =>
    NaverCo[name](orders),
  ),
  NaverCo.getProductOrderIds({ imp_uid }),
  NaverCo.getOrderDetail({ product_order_id: "1" }),
  NaverCo.getReviews({ from: 1, to: 2 }),
].filter(Boolean)) {
  await refused(request, 400, /is not served by naru/);
}
await refusedOld(old.certification.get({ imp_uid }), "HTTP_400");
await refusedOld(old.certification.delete({ imp_uid }), "HTTP_400");

// Wrong keys.
const stranger = new Iamport({ apiKey: env("NARU_V1_KEY"), apiSecret: "wrong", baseUrl: url });
const error = await Cards.getCards().request(stranger).catch((error) => error);
assert.equal(error.response.status, 401);
assert.equal(error.response.data.code, -1);

console.log("ok");
