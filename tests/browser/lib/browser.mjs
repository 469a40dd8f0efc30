// A buyer's browser: one fresh profile per case, and whatever it complains about.
import assert from "node:assert/strict";
import { chromium, devices } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing may leave this machine, not even by mistake.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, args: FLAGS });

const PROFILES = {
  pc: { viewport: { width: 1280, height: 860 } },
  mobile: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
};

// Statuses that a case asks for show up as console errors; they are no fault of the page.
const STATUS = /^Failed to load resource: the server responded with a status of (400|403|404|409|503)/;

export const openProfile = async (browser, device) => {
  assert.ok(PROFILES[device], device);
  const context = await browser.newContext({ ...PROFILES[device], locale: "ko-KR", timezoneId: "Asia/Seoul" });
  context.setDefaultTimeout(30_000);
  const complaints = [];
  const complain = (text) => complaints.push(text);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
    });
  });
  context.on("weberror", (error) => complain(`uncaught: ${error.error().stack || error.error()}`));
  context.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !STATUS.test(text)) {
      complain(`console: ${text} (${message.location().url})`);
    }
  });
  return { context, complaints };
};
