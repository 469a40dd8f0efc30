// NICE Payments, both generations: each ends by posting the buyer's browser to the return address, so a shop that waits
// gets the router's own page in a frame. On a phone the window takes the page.
import { env } from "../lib/router.mjs";
import { click, framed, windowCases } from "../lib/windows.mjs";

windowCases({
  name: "NICE",
  file: "nice",
  channelKey: env("NARU_CHANNEL_NICE"),
  window: (place) => place.frameLocator("#nicepay-layer iframe"),
  close: (page) => click(framed(page).locator("#nicepay-layer"), /닫기 \/ Close/),
});
windowCases({
  name: "NICE (MID)",
  file: "nice_legacy",
  channelKey: env("NARU_CHANNEL_NICE_LEGACY"),
  window: (place) => place.frameLocator("#nice_layer iframe"),
  close: (page) => click(framed(page).locator("#nice_layer"), /닫기 \/ Close/),
});
