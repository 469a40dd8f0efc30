// NHN KCP: on a PC its script opens a layer on the page that runs it, and then posts the page's own form; a shop that waits
// gets the router's own page in a frame. On a phone a form takes the page to KCP's, in EUC-KR.
import assert from "node:assert/strict";
import { env } from "../lib/router.mjs";
import { CANCEL, arrived, begin, holds, test } from "../lib/cases.mjs";
import { click, framed, windowCases } from "../lib/windows.mjs";

const channelKey = env("NARU_CHANNEL_KCP");
const GOODS = "나루 커피 원두";

// KCP's layer stands in the router's page, which stands in a frame of the shop's or is the page itself.
windowCases({
  name: "KCP",
  file: "kcp",
  channelKey,
  window: (place) => place.frameLocator("#kcp_layer iframe"),
  close: (page) => click(framed(page).locator("#kcp_layer"), /닫기 \/ Close/),
  cancelled: "3001",
  closed: "3001",
  // Korean text goes to the phone's page in KCP's own charset.
  order: { orderName: GOODS },
  seen: async (place) => assert.ok(await place.getByText(GOODS).isVisible(), "the goods are readable"),
});

test("KCP: the buyer cancels, result by redirect", ["mobile"], async (t) => {
  const done = `${t.merchant}/done`;
  const wanted = await begin(t, { channelKey, redirectUrl: done });
  await click(t.page, CANCEL);
  const query = await arrived(t.page, done);
  assert.equal(query.pgCode, "3001", JSON.stringify(query));
  await holds(wanted, "FAILED");
});
