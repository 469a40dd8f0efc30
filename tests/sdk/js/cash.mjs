// The official JavaScript server SDK, unmodified: virtual accounts by API, cash receipts, escrow refusals.
// Reads NARU_URL, NARU_API_SECRET, NARU_STORE_ID, NARU_CHANNEL_TOSS; exits 0 if everything held.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { PortOneClient } from "@portone/server-sdk";
import {
  ApplyEscrowLogisticsError,
  CancelPaymentError,
  CloseVirtualAccountError,
  PayInstantlyError,
} from "@portone/server-sdk/payment";
import {
  CancelCashReceiptError,
  GetCashReceiptError,
  IssueCashReceiptError,
} from "@portone/server-sdk/payment/cashReceipt";
import { env, refused } from "./common.mjs";

const storeId = env("NARU_STORE_ID");
const channelKey = env("NARU_CHANNEL_TOSS");
const { payment } = PortOneClient({ secret: env("NARU_API_SECRET"), baseUrl: env("NARU_URL"), storeId });

// A virtual account, closed before its deposit.
const paymentId = `sdk-js-${randomUUID()}/가상`;
const account = {
  paymentId,
  channelKey,
  orderName: "나루 가상계좌",
  amount: { total: 15_000 },
  currency: "KRW",
  customer: { name: { full: "김나루" } },
  method: { virtualAccount: { bank: "KOOKMIN", expiry: { validHours: 24 }, option: { type: "NORMAL" } } },
};
await refused(CloseVirtualAccountError, "PAYMENT_NOT_FOUND", () => payment.closeVirtualAccount({ paymentId }));
const issued = await payment.payInstantly(account);
assert.ok(issued.payment.pgTxId);
const waiting = await payment.getPayment({ paymentId });
assert.equal(waiting.status, "VIRTUAL_ACCOUNT_ISSUED");
assert.equal(waiting.method.type, "PaymentMethodVirtualAccount");
assert.equal(waiting.method.bank, "KOOKMIN");
assert.ok(waiting.method.accountNumber);
await refused(PayInstantlyError, "ALREADY_PAID", () => payment.payInstantly(account));
await refused(CancelPaymentError, "PAYMENT_NOT_PAID", () => payment.cancelPayment({ paymentId, reason: "아직" }));
const closed = await payment.closeVirtualAccount({ paymentId });
assert.ok(Date.parse(closed.closedAt) > 0);
const failed = await payment.getPayment({ paymentId });
assert.equal(failed.status, "FAILED");
assert.equal(failed.failure.reason, "가상계좌 말소");
await refused(CloseVirtualAccountError, "PAYMENT_NOT_WAITING_FOR_DEPOSIT", () =>
  payment.closeVirtualAccount({ paymentId }),
);
const elsewhere = { virtualAccount: { ...account.method.virtualAccount, bank: "KAKAO" } };
const bank = await refused(PayInstantlyError, "INVALID_REQUEST", () =>
  payment.payInstantly({ ...account, method: elsewhere }),
);
assert.match(bank.message, /^method\.virtualAccount\.bank:/);

// A cash receipt for money paid elsewhere.
const { cashReceipt } = payment;
const receiptOf = `sdk-js-${randomUUID()}`;
const receipt = {
  paymentId: receiptOf,
  channelKey,
  type: "PERSONAL",
  orderName: "나루 현금영수증",
  currency: "KRW",
  amount: { total: 11_000 },
  customer: { identityNumber: "010-1234-1234" },
};
await refused(GetCashReceiptError, "CASH_RECEIPT_NOT_FOUND", () =>
  cashReceipt.getCashReceiptByPaymentId({ paymentId: receiptOf }),
);
const made = await cashReceipt.issueCashReceipt(receipt);
assert.ok(made.cashReceipt.issueNumber && made.cashReceipt.pgReceiptId);
await refused(IssueCashReceiptError, "CASH_RECEIPT_ALREADY_ISSUED", () => cashReceipt.issueCashReceipt(receipt));
const shown = await cashReceipt.getCashReceiptByPaymentId({ paymentId: receiptOf });
assert.equal(shown.status, "ISSUED");
assert.equal(shown.amount, 11_000);
assert.equal(shown.vatAmount, 1_000);
assert.equal(shown.channel.key, channelKey);
const taken = await cashReceipt.cancelCashReceiptByPaymentId({ paymentId: receiptOf });
assert.equal(taken.cancelledAmount, 11_000);
await refused(CancelCashReceiptError, "CASH_RECEIPT_NOT_ISSUED", () =>
  cashReceipt.cancelCashReceiptByPaymentId({ paymentId: receiptOf }),
);
const receipts = await cashReceipt.getCashReceipts({ filter: { paymentId: receiptOf, statuses: ["CANCELLED"] } });
assert.equal(receipts.page.totalCount, 1);
assert.equal(receipts.items[0].status, "CANCELLED");

// Escrow calls the PG does not have.
await refused(ApplyEscrowLogisticsError, "PAYMENT_NOT_PAID", () =>
  payment.applyEscrowLogistics({
    paymentId,
    logistics: { company: "CJ", invoiceNumber: "1", sentAt: new Date().toISOString() },
  }),
);

console.log("ok");
