// `tta serve --buffered`, as deployed: the queue, its drain, dead letters, and sending them again.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { call, openPage, press, startBrowser, startSandbox, view } from "./sandbox.mjs";

const AUDIENCE = "1800000000000000001";
let sandbox, browser, page;

before(async () => {
  sandbox = await startSandbox("--buffered");
  browser = await startBrowser();
  page = await openPage(browser, sandbox.url);
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const seen = (text) => page.getByText(text).first().waitFor();
const button = (name) => page.getByRole("button", { name, exact: true }).first();
const size = async () => (await call(sandbox.url, "GET", "audiences")).body.find((one) => one.audience_id === AUDIENCE).members;

/** Polls until the audience has so many members. */
async function members(count) {
  while ((await size()) !== count) await page.waitForTimeout(50);
}

test("an event is accepted, drained and delivered; what fails five times is a dead letter that can be sent again", async () => {
  const payload = await readFile(new URL("../../events/direct_audience_entered.json", import.meta.url), "utf8");
  const { body: accepted } = await call(sandbox.url, "POST", "send", { payload });
  assert.equal(accepted.outcome, "accepted");
  await members(3);
  await view(page, "feed");
  await page.getByRole("row").filter({ hasText: "queue" }).filter({ hasText: "delivered" }).first().waitFor();

  await call(sandbox.url, "POST", "reset", {});
  await call(sandbox.url, "PUT", "weather", { kind: "dead_token", on: true });
  await call(sandbox.url, "POST", "send", { payload });
  await view(page, "rejected");
  await seen("RETRIES_USED_UP");
  assert.equal(await size(), 0);

  await call(sandbox.url, "PUT", "weather", { kind: "dead_token", on: false });
  await press(page, button("Send again"));
  await seen("1 message sent again.");
  await members(3);
  await seen("The dead-letter queue is empty.");
  assert.deepEqual(page.errors, []);
});

test("what waits in the queue is said to wait, and not to be without a mapping", async () => {
  await call(sandbox.url, "POST", "reset", {});
  await view(page, "send");
  await press(page, button("Send"));
  await page.getByRole("region", { name: "What goes to TikTok" }).getByText("it waits in the buffer queue").waitFor();
  await seen("It waits in the buffer queue");
  assert.equal(await page.getByText("No mapping").count(), 0);
  await members(3);
});
