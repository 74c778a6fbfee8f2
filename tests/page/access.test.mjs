// Every view at both widths and in both themes: no serious finding of axe, nothing wider than the window.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { call, openPage, startBrowser, startSandbox, view } from "./sandbox.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["tester", "send", "list", "feed", "compare", "rejected", "audiences", "connect", "weather", "scripts"];
let sandbox, browser;

before(async () => {
  sandbox = await startSandbox();
  browser = await startBrowser();
  for (const name of ["direct_audience_entered", "direct_membership_conflict", "sqs_one_bad_record", "http_v2_signed_webhook"]) {
    const payload = await readFile(new URL(`../../events/${name}.json`, import.meta.url), "utf8");
    await call(sandbox.url, "POST", "send", { payload });
  }
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

async function serious(page) {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(`${AXE}; undefined`);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 300)}`);
}

for (const width of [360, 1440]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${width} px, ${colorScheme}`, async () => {
      const page = await openPage(browser, sandbox.url, { viewport: { width, height: 900 }, colorScheme });
      for (const name of VIEWS) {
        await view(page, name);
        await page.waitForLoadState("networkidle");
        if (name === "feed") await page.locator("tbody button").first().press("Enter");
        if (name === "feed") await page.getByText("What became of it").waitFor();
        if (name === "send") await page.getByRole("button", { name: "Send", exact: true }).press("Enter");
        if (name === "send") await page.locator(".members").first().waitFor();
        assert.deepEqual(await serious(page), [], name);
        const { wide, window } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, window: innerWidth }));
        assert.ok(wide <= window, `${name} is ${wide} px wide in ${window}`);
        const cut = await page.evaluate(() => [...document.querySelectorAll("main .badge, main button")].filter((element) => {
          const card = element.closest(".mapping, .card, .pane, .table, main").getBoundingClientRect();
          return element.getBoundingClientRect().right > Math.min(card.right, innerWidth) + 1;
        }).map((element) => element.textContent));
        assert.deepEqual(cut, [], `${name}: what is cut off at its card's edge`);
      }
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }
}

test("the menu opens and closes by keyboard where it is narrow", async () => {
  const page = await openPage(browser, sandbox.url, { viewport: { width: 360, height: 740 } });
  await page.waitForSelector("main[data-ready=tester]");
  const menu = page.getByRole("button", { name: "Menu" });
  assert.equal(await page.getByRole("link", { name: "Live feed" }).isVisible(), false);
  await menu.press("Enter");
  await page.getByRole("link", { name: "Live feed" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await menu.getAttribute("aria-expanded"), "false");
  await page.context().close();
});

test("the theme can be chosen and stays", async () => {
  const page = await openPage(browser, sandbox.url);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByLabel("Theme").selectOption("dark");
  assert.notEqual(await ground(), light);
  await page.reload();
  assert.notEqual(await ground(), light);
  await page.context().close();
});

test("a reader hears one heading, a main part and named views", async () => {
  const page = await openPage(browser, sandbox.url);
  await page.waitForSelector("main[data-ready=tester]");
  const tree = await page.locator("body").ariaSnapshot();
  for (const part of ["navigation \"Views\"", "heading \"Mapping tester\" [level=1]", "main", "region \"Result\"", "link \"Skip to the content\""]) {
    assert.ok(tree.includes(part), `${part} in\n${tree}`);
  }
  await page.context().close();
});
