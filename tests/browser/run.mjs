// Runs every case against a running naru demo; prints "ok" last if all of them held.
// Reads what `naru demo --env-file` writes; NARU_SCREENSHOTS is where pictures go; arguments select cases by name.
import { mkdir } from "node:fs/promises";
import { cases } from "./lib/cases.mjs";
import { launch, openProfile } from "./lib/browser.mjs";
import { startMerchant } from "./lib/merchant.mjs";
import { noOrphans } from "./lib/router.mjs";
import "./cases/shop.mjs";
import "./cases/pay.mjs";
import "./cases/errors.mjs";
import "./cases/awkward.mjs";
import "./cases/tampered.mjs";
import "./cases/package.mjs";
import "./cases/assets.mjs";
import "./cases/inicis.mjs";
import "./cases/kcp.mjs";
import "./cases/ksnet.mjs";
import "./cases/nice.mjs";
import "./cases/iamport.mjs";
import "./cases/billing.mjs";
import "./cases/session.mjs";

const PARALLEL = 4;
const pictures = process.env.NARU_SCREENSHOTS;
const wanted = process.argv.slice(2);

if (pictures) {
  await mkdir(pictures, { recursive: true });
}
const browser = await launch();
const merchant = await startMerchant();
const failures = [];

const runOne = async ({ name, device, run }) => {
  const since = Date.now();
  const { context, complaints } = await openProfile(browser, device);
  const page = await context.newPage();
  const shoot = async (file, of = page) => {
    if (pictures) {
      await of.screenshot({ path: `${pictures}/${file}.png`, fullPage: true, animations: "disabled" });
    }
  };
  try {
    await run({ context, page, device, merchant: merchant.origin, complaints, shoot });
    if (complaints.length) {
      throw new Error(`the browser complained:\n  ${complaints.join("\n  ")}`);
    }
    console.log(`passed ${name} (${Date.now() - since} ms)`);
  } catch (error) {
    failures.push(name);
    const where = context.pages().map((p) => p.url()).join(" ");
    console.log(`FAILED ${name}: ${error.stack}\n  pages: ${where}\n  complaints: ${complaints.join("\n  ") || "none"}`);
  } finally {
    await context.close();
  }
};

const chosen = cases.filter(({ name }) => !wanted.length || wanted.some((word) => name.includes(word)));
const together = chosen.filter(({ alone }) => !alone);
const worker = async () => {
  for (let next = together.shift(); next; next = together.shift()) {
    await runOne(next);
  }
};
try {
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const one of chosen.filter(({ alone }) => alone)) {
    await runOne(one);
  }
  await noOrphans();
} finally {
  await browser.close();
  merchant.stop();
}
if (failures.length) {
  console.log(`${failures.length} cases failed: ${failures.join(", ")}`);
  process.exit(1);
}
console.log("ok");
