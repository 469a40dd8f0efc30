// A payment session's page: the order behind a link, without a shop's page.
import assert from "node:assert/strict";
import { accessible } from "../lib/accessible.mjs";
import { CANCEL, PAY, arrived, holds, overlay, test } from "../lib/cases.mjs";
import { api, order, storeId } from "../lib/router.mjs";

const open = async (changes = {}) => {
  const { paymentId, totalAmount } = order();
  const session = {
    storeId, paymentId, totalAmount, profileKey: "profile-naru", country: "KR", currency: "KRW", orderName: "드립 커피 2잔",
    customerName: "홍길동", customerEmail: "buyer@example.com", storeName: "나루 찻집",
    products: [{ name: "드립 커피", unitPrice: totalAmount, quantity: 1 }], ...changes,
  };
  const { status, body } = await api("POST", "/payment-sessions", session);
  assert.equal(status, 200, JSON.stringify(body));
  return { ...body, wanted: { paymentId, totalAmount } };
};
// The router's own page runs the window: an overlay in it on a PC, the PG's page on a phone.
const press = async (t, button) => {
  const place = t.device === "pc" ? overlay(t.page) : t.page;
  await place.getByRole("button", { name: button }).click();
};

test("session: pays by card, then is at the shop", ["pc", "mobile"], async (t) => {
  const session = await open({ redirectUrl: `${t.merchant}/done` });
  await t.page.goto(session.url);
  await t.shoot(`session-${t.device}`);
  await accessible(t.page);
  await t.page.getByRole("button", { name: /카드/ }).click();
  await press(t, PAY);
  const query = await arrived(t.page, `${t.merchant}/done`);
  assert.equal(query.code, undefined, JSON.stringify(query));
  assert.equal(query.paymentId, session.wanted.paymentId);
  await holds(session.wanted, "PAID");
  // The link of a paid order shows that it is paid.
  await t.page.goto(session.url);
  await t.page.getByText("결제가 완료되었습니다").waitFor();
});

test("session: cancelled, tried again, and the result on the router's page", ["pc"], async (t) => {
  const session = await open();
  await t.page.goto(session.url);
  await t.page.getByRole("button", { name: /카카오페이/ }).click();
  await press(t, CANCEL);
  await t.page.getByRole("link", { name: /다시 결제하기/ }).click();
  await t.page.getByRole("button", { name: /카드/ }).click();
  await press(t, PAY);
  await t.page.getByText("결제가 완료되었습니다").waitFor();
  await holds(session.wanted, "PAID");
});

test("session: nothing is paid before the buyer agrees", ["pc"], async (t) => {
  const session = await open({ paymentMethod: "CARD_KR", agreements: [{ name: "이용약관", url: `${t.merchant}/done` }] });
  await t.page.goto(session.url);
  const button = t.page.getByRole("button", { name: /카드/ });
  assert.ok(await button.isDisabled());
  await t.page.getByLabel("이용약관").check();
  await button.click();
  await press(t, PAY);
  await t.page.getByText("결제가 완료되었습니다").waitFor();
  await holds(session.wanted, "PAID");
});

test("session: a picked method opens by itself; a closed session opens nothing", ["pc"], async (t) => {
  const session = await open({ paymentMethod: "CARD_KR" });
  await t.page.goto(session.url);
  await overlay(t.page).getByRole("button", { name: PAY }).waitFor();
  const other = await open();
  assert.equal((await api("POST", `/payment-sessions/${other.sessionId}/close`)).status, 200);
  await t.page.goto(other.url);
  await t.page.getByText("결제 정보를 찾을 수 없습니다").waitFor();
  t.complaints.splice(0, t.complaints.length, ...t.complaints.filter((c) => !c.includes("410 (Gone)")));
});
