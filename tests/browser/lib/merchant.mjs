// A merchant's site on an origin of its own (another site, too: localhost is not 127.0.0.1), with the official npm
// package served as it is installed.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { router } from "./router.mjs";

const PACKAGE = new URL("../node_modules/@portone/browser-sdk/dist/", import.meta.url);

const document = (head) => `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>merchant</title><link rel="icon" href="data:,">${head}</head><body><h1>merchant</h1></body></html>`;

const script = `<script src="${router}/v2/browser-sdk.js"></script>`;

const PAGES = {
  // The script tag with another address.
  "/plain": script,
  // The tag in front, the bundle untouched.
  "/npm-first": `${script}<script type="module">
    import * as PortOne from "/sdk/v2.js";
    window.SDK = PortOne;</script>`,
  // The bundle is told where the script is.
  "/npm-url": `<script type="module">
    import * as PortOne from "/sdk/v2.js";
    PortOne.__INTERNAL__setPortOneSdkUrl("${router}/v2/browser-sdk.js");
    window.SDK = PortOne;</script>`,
  // A shop whose policy lets the router's script in and no PG's.
  "/strict": script,
  // A V1 page: the script tag with another address.
  "/v1": `<script src="${router}/v1/iamport.js"></script>`,
  "/done": "",
};

const STRICT = `default-src 'none'; script-src ${router}; connect-src ${router}; img-src data:; base-uri 'none'`;

const answer = async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname.startsWith("/sdk/") && /^\/sdk\/[\w./-]+\.js$/.test(pathname) && !pathname.includes("..")) {
    const body = await readFile(new URL(pathname.slice("/sdk/".length), PACKAGE));
    response.writeHead(200, { "Content-Type": "text/javascript; charset=utf-8" }).end(body);
    return;
  }
  if (!(pathname in PAGES)) {
    response.writeHead(404).end();
    return;
  }
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  if (pathname === "/strict") {
    headers["Content-Security-Policy"] = STRICT;
  }
  response.writeHead(200, headers).end(document(PAGES[pathname]));
};

export const startMerchant = async () => {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise((up) => server.listen(0, "127.0.0.1", up));
  return { origin: `http://localhost:${server.address().port}`, stop: () => server.close() };
};
