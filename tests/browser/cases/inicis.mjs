// KG Inicis: on a PC its script opens only where page, return and close addresses are of one origin, so a shop that waits
// gets the router's own page in a frame. On a phone a form takes the page.
import assert from "node:assert/strict";
import { PAY, begin, holds, outcome, test } from "../lib/cases.mjs";
import { env } from "../lib/router.mjs";
import { click, framed, windowCases } from "../lib/windows.mjs";

const channelKey = env("NARU_CHANNEL_INICIS");

// KG Inicis' overlay stands in the router's page, which stands in a frame of the shop's or is the page itself.
const overlay = (place) => place.frameLocator("#inicisModalDiv iframe");

windowCases({
  name: "KG Inicis",
  file: "inicis",
  channelKey,
  window: overlay,
  close: (page) => click(overlay(framed(page)), /닫기 \/ Close/),
  cancelled: "2001",
});

// KG Inicis names the address of the approval in the browser's return: one that leads elsewhere is not called.
for (const [name, stray] of [
  ["the approval's address leads elsewhere", { authUrl: "http://127.0.0.1:1/api/payAuth" }],
  ["the net-cancel's address leads elsewhere", { netCancelUrl: "https://fcstdpay.inicis.com.example/api/netCancel" }],
  ["the order number is another in the browser's return", { MOID: "SOMEBODY-ELSES-ORDER", orderNumber: "SOMEBODY-ELSES-ORDER" }],
]) {
  test(`KG Inicis: ${name}`, ["pc"], async (t) => {
    let altered = 0;
    await t.page.route("**/checkout/return/*", async (route) => {
      const posted = route.request().postData();
      if (!posted) {
        await route.continue();
        return;
      }
      const fields = new URLSearchParams(posted);
      for (const [field, value] of Object.entries(stray)) {
        if (fields.has(field)) {
          altered += 1;
          fields.set(field, value);
        }
      }
      await route.continue({ postData: fields.toString() });
    });
    const wanted = await begin(t, { channelKey });
    await click(overlay(framed(t.page)), PAY);
    const { result } = await outcome(t.page);
    assert.ok(altered > 0, "the return has the field");
    assert.equal(result.code, "BadRequest", JSON.stringify(result));
    await holds(wanted, "FAILED");
  });
}
