// Starts `tta serve` and a browser; everything ends with the test run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, beforeEach } from "node:test";
import { chromium } from "playwright-core";

const BINARY = process.env.TTA ?? new URL("../../target/debug/tta", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What the browser notes of an answer that is meant: a configuration that cannot be used. */
const REFUSED = /status of 422/;

/** A running sandbox, and what ends it. */
export async function startSandbox(...given) {
  const process = spawn(BINARY, ["serve", ...given], { stdio: ["ignore", "pipe", "inherit"], cwd: new URL("../..", import.meta.url) });
  let text = "";
  const [url, control] = await new Promise((resolve, reject) => {
    process.once("exit", (code) => reject(new Error(`tta serve ended with ${code}`)));
    process.stdout.on("data", (bytes) => {
      text += bytes;
      const found = /The page: (http:[^ ]*:\d+)\/[^]*This world, at (http:[^ ]*:\d+):/.exec(text);
      if (found) resolve(found.slice(1));
    });
  });
  const stop = async () => {
    process.kill();
    await once(process, "exit");
  };
  return { url, control, stop };
}

export const startBrowser = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A page whose console must stay without errors: a breach of the content security policy is one. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && !REFUSED.test(message.text()) && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.errors = errors;
  await page.goto(url);
  return page;
}

/** For all tests of a file: a sandbox that is reset before each, and a page of its own for each, given to `take`. */
export function onFreshPage(take) {
  let sandbox, browser, page;
  before(async () => {
    sandbox = await startSandbox();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await sandbox?.stop();
  });
  beforeEach(async () => {
    await call(sandbox.url, "POST", "reset", {});
    page = await openPage(browser, sandbox.url);
    await page.waitForSelector("main[data-ready=tester]");
    take({ sandbox, browser, page });
  });
  afterEach(async () => {
    assert.deepEqual(page.errors, []);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.context().close();
  });
}

/** Goes to a view as its link would, and waits until it is there. */
export async function view(page, name) {
  await page.evaluate((hash) => (location.hash = hash), `#/${name}`);
  await page.waitForSelector(`main[data-ready="${name.split("?")[0]}"]`);
}

/** Whether the element has the focus. Asked in one step: a view may be drawn again between two. */
export const hasFocus = async (page, target) => (await target.and(page.locator(":focus")).count()) === 1;

/** Presses Tab until the element has the focus: what no keyboard reaches fails here. */
export async function tabTo(page, target) {
  await target.waitFor();
  for (let presses = 0; presses < 150; presses += 1) {
    if (await hasFocus(page, target)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

/** Presses a button, or follows a link, by keyboard. */
export async function press(page, target, key = "Enter") {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Replaces what is in an editor or a field, by keyboard. */
export async function write(page, target, text) {
  await tabTo(page, target);
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** The JSON of a route. */
export async function call(url, method, path, body) {
  const request = { method, headers: { "content-type": "application/json" } };
  if (body !== undefined) request.body = JSON.stringify(body);
  const response = await fetch(`${url}/_sandbox/${path}`, request);
  return { status: response.status, body: await response.json() };
}
