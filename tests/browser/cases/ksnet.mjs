// KSNET: on a PC its page stands in a frame that the SDK draws, and comes back inside it; on a phone a form takes the
// page. Nothing is paid before the router's own call.
import { env } from "../lib/router.mjs";
import { PAY } from "../lib/cases.mjs";
import { click, framed, windowCases } from "../lib/windows.mjs";

windowCases({
  name: "KSNET",
  file: "ksnet",
  channelKey: env("NARU_CHANNEL_KSNET"),
  window: (place) => place,
  close: async (page) => {
    await framed(page).getByRole("button", { name: PAY }).waitFor();
    await click(page, /닫기/);
  },
  closed: "NARU_WINDOW_CLOSED",
});
