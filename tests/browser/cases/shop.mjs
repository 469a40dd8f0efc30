// The sample shop, as a customer sees it.
import assert from "node:assert/strict";
import { accessible } from "../lib/accessible.mjs";
import { CANCEL, DECLINE, PAY, overlay, press, test } from "../lib/cases.mjs";
import { channelKey, manualChannelKey, order, shop, truth } from "../lib/router.mjs";

const choose = (t, key) => t.page.locator(`#channels label:has(input[value="channelKey:${key}"])`).click();

const enter = async (t, query = "") => {
  await t.page.goto(shop + query);
  await t.page.locator("#channels input").first().waitFor();
  await choose(t, channelKey);
  const amount = order().totalAmount;
  await t.page.locator("#amount").fill(String(amount));
  return amount;
};

const buy = async (t, button) => {
  await t.page.locator("#pay").click();
  await press(t.page, t.device, button);
  await t.page.locator("#result:not([hidden])").waitFor();
};

const status = async (t, text) => {
  await t.page.locator("#status", { hasText: text }).waitFor();
  return t.page.locator("#details dd", { hasText: /^shop[0-9a-f]{32}$/ }).textContent();
};

test("shop: pay, look, cancel in part, cancel the rest", ["pc", "mobile"], async (t) => {
  const amount = await enter(t);
  await accessible(t.page);
  await t.shoot(`shop-${t.device}`);
  assert.match(await t.page.locator("#pay").textContent(), new RegExp(`^${amount.toLocaleString("ko-KR")}원 결제하기$`));
  await buy(t, PAY);
  const id = await status(t, "결제 완료");
  await truth(id, amount, "PAID");
  await t.page.getByRole("heading", { name: "결제 내역" }).waitFor();
  assert.ok(await t.page.locator("#result-title").evaluate((title) => title === document.activeElement), "focus follows");
  assert.ok(!new URL(t.page.url()).searchParams.has("txId"), "the address is clean");
  await accessible(t.page);
  await t.shoot(`shop-paid-${t.device}`);
  await t.page.getByLabel("취소할 금액").fill("1000");
  await t.page.getByRole("button", { name: "결제 취소" }).click();
  await status(t, "부분 취소");
  await truth(id, amount, "PARTIAL_CANCELLED", 1000);
  await t.page.getByRole("button", { name: "결제 취소" }).click();
  await status(t, "취소 완료");
  await truth(id, amount, "CANCELLED", amount);
  assert.equal(await t.page.locator("#cancel-form").isVisible(), false);
  const story = await t.page.locator("#timeline li span").allTextContents();
  assert.equal(story.length, 4, story.join());
  await accessible(t.page);
  await t.shoot(`shop-cancelled-${t.device}`);
});

test("shop: the buyer cancels, is declined, and pays at last", ["pc", "mobile"], async (t) => {
  const amount = await enter(t);
  await buy(t, CANCEL);
  const first = await status(t, "결제 실패");
  await t.page.locator("#error", { hasText: "취소" }).waitFor();
  await truth(first, amount, "FAILED");
  await accessible(t.page);
  await t.shoot(`shop-failed-${t.device}`);
  const again = await enter(t);
  await buy(t, DECLINE);
  await truth(await status(t, "결제 실패"), again, "FAILED");
  const last = order().totalAmount;
  await t.page.locator("#amount").fill(String(last));
  await buy(t, PAY);
  await truth(await status(t, "결제 완료"), last, "PAID");
});

test("shop: result by redirect on PC", ["pc"], async (t) => {
  const amount = await enter(t);
  await t.page.getByText("결제창 설정").click();
  await t.page.locator("#redirect").check();
  await t.page.locator("#pay").click();
  await Promise.all([t.page.waitForEvent("load"), press(t.page, t.device, PAY)]);
  await truth(await status(t, "결제 완료"), amount, "PAID");
});

test("shop: a group, an account, manual approval", ["pc", "mobile"], async (t) => {
  const group = await enter(t);
  await t.page.locator("#channels label", { hasText: "채널 그룹" }).click();
  await buy(t, PAY);
  await truth(await status(t, "결제 완료"), group, "PAID");
  const manual = await enter(t);
  await choose(t, manualChannelKey);
  await buy(t, PAY);
  await truth(await status(t, "결제 완료"), manual, "PAID");
  await enter(t);
  await t.page.locator("#methods label", { hasText: "가상계좌" }).click();
  await buy(t, PAY);
  await status(t, "입금 대기");
  await accessible(t.page);
  await t.shoot(`shop-account-${t.device}`);
});

test("shop: English", ["mobile"], async (t) => {
  await enter(t);
  await t.page.getByRole("button", { name: "Switch to English" }).click();
  await t.page.getByRole("heading", { name: "Your order" }).waitFor();
  assert.equal(await t.page.locator("html").getAttribute("lang"), "en");
  const korean = await t.page.evaluate(() =>
    [...document.querySelectorAll("[data-ko]")].filter((e) => /[가-힣]/.test(e.textContent)).map((e) => e.textContent),
  );
  assert.deepEqual(korean, []);
  await accessible(t.page);
  await t.shoot("shop-english-mobile");
  await buy(t, PAY);
  await t.page.locator("#status", { hasText: "Paid" }).waitFor();
  assert.equal(await t.page.locator("html").getAttribute("lang"), "en", "the language survives the redirect");
});

test("shop: by keyboard alone", ["pc"], async (t) => {
  await enter(t);
  await t.page.locator("#amount").focus();
  await t.page.keyboard.press("Enter");
  const approve = overlay(t.page).getByRole("button", { name: PAY });
  await approve.waitFor();
  await approve.press("Enter");
  await status(t, "결제 완료");
});

test("shop: a wrong amount is said before anything is asked", ["pc"], async (t) => {
  await enter(t);
  await t.page.locator("#amount").fill("0");
  await t.page.locator("#pay").click();
  await t.page.locator("#error", { hasText: "10,000,000" }).waitFor();
  assert.ok(await t.page.locator("#amount").evaluate((field) => field === document.activeElement));
  // Less than the PG takes: the router's typed error, shown.
  await t.page.locator("#amount").fill("1");
  await t.page.locator("#pay").click();
  await t.page.locator("#error", { hasText: "totalAmount" }).waitFor();
});
