// KG Inicis: on a PC its script opens only where page, return and close addresses are of one origin, so a shop that waits
// gets the router's own page in a frame. On a phone a form takes the page.
import { env } from "../lib/router.mjs";
import { click, framed, windowCases } from "../lib/windows.mjs";

// KG Inicis' overlay stands in the router's page, which stands in a frame of the shop's or is the page itself.
const overlay = (place) => place.frameLocator("#inicisModalDiv iframe");

windowCases({
  name: "KG Inicis",
  file: "inicis",
  channelKey: env("NARU_CHANNEL_INICIS"),
  window: overlay,
  close: (page) => click(overlay(framed(page)), /닫기 \/ Close/),
  cancelled: "2001",
});
