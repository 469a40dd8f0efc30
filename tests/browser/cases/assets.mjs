// The script as shops load it: small, cached, asked for again cheaply.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { env, router, shop } from "../lib/router.mjs";
import { test } from "../lib/cases.mjs";

const GZIPPED_MAX = 20 * 1024;

const smallAndCached = (path, page) => async (t) => {
  const url = `${router}${path}`;
  const first = await fetch(url);
  const body = Buffer.from(await first.arrayBuffer());
  const size = gzipSync(body).length;
  assert.ok(size <= GZIPPED_MAX, `${size} bytes gzipped, ${GZIPPED_MAX} at most`);
  const etag = first.headers.get("etag");
  assert.match(etag, /^"[0-9a-f]+"$/);
  const again = await fetch(url, { headers: { "If-None-Match": etag } });
  assert.equal(again.status, 304);
  assert.equal((await again.arrayBuffer()).byteLength, 0);
  // The browser does the same: a second page load takes it from its cache.
  await t.page.goto(`${t.merchant}${page}`);
  await t.page.goto(`${t.merchant}${page}?again`);
  const size2 = await t.page.evaluate((u) => performance.getEntriesByName(u)[0].transferSize, url);
  assert.equal(size2, 0, "from the cache");
};

test("the script is small and cached", ["pc"], smallAndCached("/v2/browser-sdk.js", "/plain"));
test("the iamport script is small and cached", ["pc"], smallAndCached("/v1/iamport.js", "/v1"));

test("our pages forbid everything they do not need", ["pc"], async () => {
  for (const [url, must] of [
    [shop, ["script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]],
    [`${router}/checkout/done/${"A".repeat(43)}`, ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]],
  ]) {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const policy = answer.headers.get("content-security-policy");
    for (const part of must) {
      assert.ok(policy.includes(part), `${url}: ${policy}`);
    }
    assert.ok(!/script-src[^;]*unsafe/.test(policy), policy);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  }
});

// One round trip from the click to the answer: the browser must not have to ask for permission first.
const noPreflight = async () => {
  const metrics = await (await fetch(`${env("NARU_ADMIN_URL")}/metrics`)).text();
  const calls = metrics.split("\n").filter((line) => line.includes('route="/checkout/'));
  assert.ok(calls.some((line) => line.includes('route="/checkout/payments",status="200"')), metrics);
  assert.deepEqual(calls.filter((line) => line.includes('status="204"')), [], "no preflight in all of these cases");
};

test("no call of the script needs a preflight", ["pc"], noPreflight, { alone: true });
