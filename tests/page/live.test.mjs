// What a view shows stays in step with the sandbox, whichever comes first: what it reads, or the news of a change.
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { call, onFreshPage, openPage, press, view } from "./sandbox.mjs";

const event = (name) => readFile(new URL(`../../events/${name}.json`, import.meta.url), "utf8");
const [ENTERED, CONFLICT] = await Promise.all([event("direct_audience_entered"), event("direct_membership_conflict")]);
const LIST = JSON.stringify({ operation: "listAudiences" });
let sandbox, browser, page;

onFreshPage((given) => ({ sandbox, browser, page } = given));

const send = (payload) => call(sandbox.url, "POST", "send", { payload });
const button = (name) => page.getByRole("button", { name, exact: true }).first();

/** Answers a route's first request with what is true before `change`, but only once the page has heard of it. */
async function answersLate(route, news, change) {
  let isFirst = true;
  await page.route(`**/_sandbox/${route}`, async (met) => {
    if (!isFirst) return met.continue();
    isFirst = false;
    const response = await met.fetch();
    const heard = page.evaluate((name) => new Promise((resolve) => {
      const source = new EventSource("/_sandbox/stream");
      source.addEventListener("open", () => (globalThis.listens = true));
      source.addEventListener(name, () => resolve(source.close()));
    }), news);
    await page.waitForFunction(() => globalThis.listens);
    await change();
    await heard;
    // This listener has heard of it; the page's own has, a moment later at most.
    await page.waitForTimeout(200);
    await met.fulfill({ response });
  });
}

test("the feed has an invocation that came while it was read", async () => {
  await answersLate("feed", "request", () => send(ENTERED));
  await view(page, "feed");
  await page.locator("tbody tr").getByText("delivered").waitFor();
});

test("an audience has the size that it got while it was read", async () => {
  await answersLate("audiences", "sizes", () => send(ENTERED));
  await view(page, "audiences");
  await page.getByRole("row").filter({ hasText: "abandoned_cart" }).getByRole("cell", { name: "3", exact: true }).waitFor();
});

test("weather is on that was switched while it was read", async () => {
  await answersLate("state", "weather", () => call(sandbox.url, "PUT", "weather", { kind: "throttling", on: true }));
  await view(page, "weather");
  await page.getByRole("switch", { name: "Throttling" }).and(page.locator("[aria-checked=true]")).waitFor();
});

test("a letter is shown that came while they were read", async () => {
  await answersLate("rejected", "letters", () => send(CONFLICT));
  await view(page, "rejected");
  await page.getByText("MEMBERSHIP_CONFLICT").first().waitFor();
});

test("a letter goes that no invocation took", async () => {
  await view(page, "rejected");
  await page.getByText("The dead-letter queue is empty.").waitFor();
  await send(CONFLICT);
  await page.getByText("MEMBERSHIP_CONFLICT").first().waitFor();
  await call(sandbox.url, "POST", "reset", {});
  await page.getByText("The dead-letter queue is empty.").waitFor();
});

test("a view is shown although news come faster than it is read", async () => {
  await page.route("**/_sandbox/rejected", async (met) => {
    await page.waitForTimeout(1_000);
    await met.continue();
  });
  const sent = [send(CONFLICT)];
  const news = setInterval(() => sent.push(send(CONFLICT)), 200);
  try {
    await view(page, "rejected");
    await page.getByText("MEMBERSHIP_CONFLICT").first().waitFor();
  } finally {
    clearInterval(news);
    await Promise.all(sent);
  }
});

test("what came while the stream was away is shown when it is back", async () => {
  const other = await openPage(browser, "about:blank");
  let isAway = true;
  await other.route("**/_sandbox/stream", (met) => (isAway ? met.abort() : met.continue()));
  await other.goto(sandbox.url);
  await view(other, "feed");
  await other.getByText("Nothing has come yet.").waitFor();
  await send(LIST);
  isAway = false;
  await other.locator("tbody tr").getByText("operation").waitFor();
  await other.context().close();
});

test("a feed that was paused has everything when it goes on", async () => {
  await view(page, "feed");
  await press(page, button("Pause"));
  await send(ENTERED);
  await send(LIST);
  await page.getByText("2 waiting").waitFor();
  await press(page, button("Go on"));
  await page.locator("tbody tr").nth(1).waitFor();
});
