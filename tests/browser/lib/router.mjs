// The router and the PG simulators as a merchant's server sees them: what is true, whatever a browser says.
import assert from "node:assert/strict";

export const env = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: start naru demo with --env-file and pass its values on`);
  return value;
};

export const router = env("NARU_URL");
export const simulator = env("NARU_SIM_URL");
export const shop = env("NARU_SHOP_URL");
export const storeId = env("NARU_STORE_ID");
export const channelKey = env("NARU_CHANNEL_TOSS");
export const manualChannelKey = env("NARU_CHANNEL_TOSS_MANUAL");

// Runs against one demo do not meet either.
const FIRST_AMOUNT = 20_000 + 500 * Math.floor(Math.random() * 10_000);
let orders = 0;

// A payment that nothing else in this run resembles: its amount identifies it in the PG's ledger.
export const order = (changes = {}) => {
  orders += 1;
  return {
    storeId,
    channelKey,
    paymentId: `browser-${FIRST_AMOUNT}-${orders}`,
    orderName: "드립 커피 2잔",
    totalAmount: FIRST_AMOUNT + orders,
    currency: "CURRENCY_KRW",
    payMethod: "CARD",
    customer: { fullName: "홍길동", email: "buyer@example.com", phoneNumber: "010-1234-1234" },
    customData: { from: "browser" },
    ...changes,
  };
};



export const api = async (method, path, body) => {
  const answer = await fetch(router + path, {
    method,
    headers: { Authorization: `PortOne ${env("NARU_API_SECRET")}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
};

export const ledger = async () => (await fetch(`${simulator}/_sim/ledger`)).json();

const OPEN = ["READY", "IN_PROGRESS", "ABORTED", "EXPIRED", "FAILED"];

const heldOf = (rows) => rows.filter((row) => row.kind === "approval" && !OPEN.includes(String(row.state).toUpperCase()));

// What GET says of a payment, after checking that the PG holds exactly that.
export const truth = async (paymentId, total, status, cancelled = 0) => {
  const { body } = await api("GET", `/payments/${paymentId}`);
  assert.equal(body.status, status, `${paymentId}: ${JSON.stringify(body)}`);
  assert.equal(body.amount.total, total);
  const held = heldOf(await ledger()).filter((row) => row.amount === total);
  if (["PAID", "PARTIAL_CANCELLED", "CANCELLED", "VIRTUAL_ACCOUNT_ISSUED"].includes(status)) {
    assert.equal(held.length, 1, `${paymentId}: the PG holds ${JSON.stringify(held)}`);
    assert.equal(held[0].tid, body.pgTxId);
    if (status !== "VIRTUAL_ACCOUNT_ISSUED") {
      assert.equal(held[0].balance, total - cancelled, JSON.stringify(held));
    }
  } else {
    assert.deepEqual(held, [], `${paymentId} is ${status}, and yet the PG holds an approval`);
  }
  return body;
};

// A beacon or a background report may need a moment.
export const eventually = async (what, seconds = 10) => {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (Date.now() > until) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }
};

// No approval at the PG that the router does not know, over all cases.
export const noOrphans = async () => {
  const page = encodeURIComponent(JSON.stringify({ page: { number: 0, size: 500 } }));
  const { body } = await api("GET", `/payments?requestBody=${page}`);
  const known = new Set(body.items.map((payment) => payment.pgTxId));
  const orphans = heldOf(await ledger()).filter((row) => !known.has(row.tid));
  assert.deepEqual(orphans, [], "the PG holds approvals that the router does not know");
};
