import { test } from "../lib/cases.mjs";
import { shop } from "../lib/router.mjs";
test("shop look", ["pc", "mobile"], async (t) => {
  await t.page.goto(shop);
  await t.page.locator("#channels input").first().waitFor();
  await t.shoot(`shop-${t.device}`);
});
