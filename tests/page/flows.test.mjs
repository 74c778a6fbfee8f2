// What a person does on the page, by keyboard alone, in a real browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { call, hasFocus, onFreshPage, openPage, press, tabTo, view, write } from "./sandbox.mjs";

const event = (name) => readFile(new URL(`../../events/${name}.json`, import.meta.url), "utf8");
let sandbox, browser, page;

onFreshPage((given) => ({ sandbox, browser, page } = given));

const seen = (text) => page.getByText(text).first().waitFor();
const button = (name) => page.getByRole("button", { name, exact: true }).first();

test("1: the tester shows mappings, identifiers, requests, and errors at their place", async () => {
  const result = page.getByRole("region", { name: "Result" });
  await result.getByText("would be the outcome").waitFor();
  await result.getByText("sent as EMAIL_SHA256").waitFor();
  await result.getByText('event = "Audience Exited"').waitFor();
  const failing = result.locator(".failing").filter({ hasText: 'event = "Audience Exited"' });
  assert.match(await failing.innerText(), /event is "Audience Entered"/, "the value that the condition met");
  assert.equal(await result.getByText("jane.doe@example.com").count(), 0, "masked until asked");
  await press(page, button("Show personal data"));
  await result.getByText("jane.doe@example.com").first().waitFor();
  await result.getByText("janedoe@example.com").first().waitFor();

  const config = page.getByLabel("Configuration, destination.json");
  await write(page, config, '{"settings":{"advertiser_idd":"7"}}');
  await page.locator(".problems").getByText("$.settings.advertiser_idd").waitFor();
  await page.locator(".cm-lintRange-error").first().waitFor();
  await write(page, config, '{"mappings":[{"name":"in","action":"addUser","trigger":"event = \\"Something Else\\"","fields":{"selected_advertiser_id":"7000000000000000001","audience_id":"1800000000000000001"}}]}');
  await result.getByText('event = "Something Else"').waitFor();
  const { body: calls } = await call(sandbox.url, "GET", "feed");
  assert.deepEqual(calls, [], "nothing was sent");
});

test("1: the configuration is completed by its schema", async () => {
  const config = page.getByLabel("Configuration, destination.json");
  await write(page, config, "{\n  \n}");
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("End");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete").getByText("mappings").waitFor();
  await page.keyboard.press("Escape");
});

test("2: an event is sent, and its way and the members are shown", async () => {
  await press(page, page.getByRole("link", { name: "Send", exact: true }));
  await page.waitForSelector("main[data-ready=send]");
  await press(page, button("Send"));
  await page.getByRole("region", { name: "What goes to TikTok" }).getByText("/segment/mapping/").waitFor();
  await page.getByRole("region", { name: "What TikTok says" }).getByText("HTTP 200, code 0").waitFor();
  const members = page.locator(".members");
  await members.getByText("abandoned_cart").waitFor();
  assert.match(await members.innerText(), /0 before, 3 after/);
  await write(page, page.getByLabel("What comes: the invocation's payload, JSON"), await event("direct_audience_exited"));
  await press(page, button("Send"));
  await page.waitForFunction(() => /0 after/.test(document.querySelector(".members")?.textContent ?? ""));
});

test("3: the feed is live, can be filtered, paused, copied and taken to the tester", async () => {
  await view(page, "feed");
  await seen("Nothing has come yet.");
  const sending = async (name) => call(sandbox.url, "POST", "send", { payload: await event(name) });
  await sending("direct_audience_entered");
  await sending("direct_membership_conflict");
  await fetch(`${sandbox.url}/events`, { method: "POST", headers: { authorization: `Basic ${btoa("sandbox-write-key:")}`, "content-type": "application/json" }, body: await event("direct_audience_entered") });
  await page.locator("tbody tr").nth(2).waitFor();
  await page.locator("tbody").getByText("function URL").waitFor();

  await tabTo(page, page.getByLabel("Outcome"));
  await page.keyboard.type("rej");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await press(page, page.locator("tbody button").first());
  const detail = page.getByRole("complementary", { name: "Chosen invocation" });
  await detail.getByText("MEMBERSHIP_CONFLICT").first().waitFor();

  for (const [name, expected] of [["Copy as curl", /^curl /], ["Copy as aws lambda invoke", /^aws lambda invoke --endpoint-url/], ["Copy as file for events/", /^\{/]]) {
    await press(page, page.getByRole("button", { name }));
    await page.waitForFunction(async (source) => new RegExp(source).test(await navigator.clipboard.readText()), expected.source);
  }
  await press(page, button("Pause"));
  await sending("direct_membership_conflict");
  await seen("1 waiting");
  await press(page, button("Go on"));
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);

  await press(page, page.getByRole("button", { name: "Open event 0 in the tester" }));
  await page.waitForSelector("main[data-ready=tester]");
  await page.getByRole("region", { name: "Result" }).getByText("MEMBERSHIP_CONFLICT").first().waitFor();
});

test("3: the focus stays where it is while invocations come", async () => {
  const payload = await event("direct_audience_entered");
  await call(sandbox.url, "POST", "send", { payload });
  await view(page, "feed");
  const first = await page.locator("tbody tr").first().getAttribute("data-id");
  const row = page.locator(`tr[data-id="${first}"] button`);
  await tabTo(page, row);
  await call(sandbox.url, "POST", "send", { payload });
  await page.locator("tbody tr").nth(1).waitFor();
  assert.ok(await hasFocus(page, row));
});

test("3: a request that is refused as a whole says why", async () => {
  await call(sandbox.url, "POST", "send", { payload: await event("http_v2_wrong_signature") });
  await view(page, "feed");
  await page.getByRole("row").getByText("WRONG_SIGNATURE").waitFor();
});

test("3: a copied curl command is the request again", async () => {
  await call(sandbox.url, "POST", "send", { payload: await event("http_v2_signed_webhook") });
  await view(page, "feed");
  await press(page, page.locator("tbody button").first());
  await press(page, page.getByRole("button", { name: "Copy as curl" }));
  await seen("Copied.");
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const { execFileSync } = await import("node:child_process");
  const reply = JSON.parse(execFileSync("bash", ["-c", `${command} -s`], { encoding: "utf8" }));
  assert.equal(reply.summary.delivered, 1);
});

test("4: two configurations are compared over the feed", async () => {
  await call(sandbox.url, "POST", "send", { payload: await event("direct_audience_entered") });
  await call(sandbox.url, "POST", "send", { payload: await event("direct_no_identifier") });
  await view(page, "compare");
  await write(page, page.getByLabel("Configuration B"), '{"settings":{"advertiser_id":"7000000000000000001","identity_rules":"segment"}}');
  await press(page, button("Compare"));
  await seen("1 event of 2 would change.");
  await press(page, page.locator(".change summary"));
  await page.getByRole("region", { name: "difference of the requests" }).waitFor();
  await write(page, page.getByLabel("Configuration B"), '{"mappings":');
  await press(page, button("Compare"));
  await seen("B cannot be used");
});

test("5: an audience is made, shown and deleted", async () => {
  await call(sandbox.url, "POST", "send", { payload: await event("direct_audience_entered") });
  await view(page, "audiences");
  await seen("EMAIL_SHA256: 1");
  await page.locator(".chart canvas").waitFor();
  const summary = page.locator("summary").filter({ hasText: "EMAIL_SHA256" });
  await press(page, summary);
  const another = (await event("direct_audience_entered")).replace("jane.doe@", "joe@");
  await call(sandbox.url, "POST", "send", { payload: another });
  await seen("EMAIL_SHA256: 2");
  assert.ok(await hasFocus(page, summary.and(page.locator("details:not([open]) > summary"))), "what is closed stays closed, with the focus");
  await write(page, page.getByLabel("New audience"), "vip");
  await page.keyboard.press("Enter");
  const row = page.getByRole("row", { name: /vip/ });
  await row.waitFor();
  await press(page, page.getByRole("button", { name: "Delete vip" }));
  await page.keyboard.insertText("vip");
  await press(page, page.getByRole("dialog").getByRole("button", { name: "Delete" }));
  await row.getByText("deleted").waitFor();
});

test("6: dead letters are shown by reason, sent again and discarded", async () => {
  await call(sandbox.url, "POST", "send", { payload: await event("direct_membership_conflict") });
  await call(sandbox.url, "POST", "send", { payload: await event("sqs_one_bad_record") });
  await view(page, "rejected");
  await seen("MEMBERSHIP_CONFLICT");
  const letter = page.locator("summary").filter({ hasText: "contradict" });
  await press(page, letter);
  await call(sandbox.url, "POST", "send", { payload: await event("sqs_one_bad_record") });
  await seen("2 messages");
  assert.ok(await hasFocus(page, letter.and(page.locator("details[open] > summary"))), "what is open stays open, with the focus");
  await press(page, button("Send again"));
  await seen("2 messages sent again.");
  const letters = async () => (await call(sandbox.url, "GET", "rejected")).body.length;
  while ((await letters()) < 3) await page.waitForTimeout(50);
  await press(page, button("Discard all"));
  await press(page, page.getByRole("dialog").getByRole("button", { name: "Discard" }));
  await seen("The dead-letter queue is empty.");
});

for (const [kind, outcome] of [["Throttling", "retryable"], ["Outage", "retryable"], ["Dead token", "retryable"], ["Refused rows", "rejected"], ["Secret unreadable", "retryable"], ["Latency", "delivered"]]) {
  test(`7: ${kind} has an effect and passes`, async () => {
    await view(page, "weather");
    const toggle = page.getByRole("switch", { name: kind });
    await press(page, toggle, "Space");
    await toggle.and(page.locator("[aria-checked=true]")).waitFor();
    await press(page, button("Send one event"));
    await seen(`One event: ${outcome}.`);
    await page.locator(".weather-card.on").getByText(/met it\.$/).waitFor();
    await press(page, button("Fine weather"));
    await toggle.and(page.locator("[aria-checked=false]")).waitFor();
    await press(page, button("Send one event"));
    await seen("One event: delivered.");
  });
}

test("7: a load of invented people has progress and comes to an end", async () => {
  await view(page, "weather");
  await write(page, page.getByLabel("People", { exact: true }), "2000");
  await press(page, button("Send them"));
  await seen("Done");
  await seen("2,000 of 2,000 people");
  const { body: load } = await call(sandbox.url, "GET", "load");
  assert.equal(load.sent, 2000);
  assert.equal(Object.values(load.outcomes).reduce((sum, count) => sum + count), 2000, "every event has an outcome");
  await page.locator(".load canvas").waitFor();
});

test("9: an advertiser connects by the consent page", async () => {
  await call(sandbox.url, "PUT", "token", { life: "revoked" });
  await view(page, "connect");
  await press(page, button("Make the link"));
  const opened = page.context().waitForEvent("page");
  await press(page, page.getByRole("link", { name: "Open the consent page" }));
  const consent = await opened;
  await press(consent, consent.getByRole("button", { name: "Confirm" }));
  await consent.getByText("7000000000000000001").waitFor();
  assert.match(consent.url(), /\/oauth\/callback/);
  await consent.close();
  await press(page, button("Check"));
  await page.getByRole("table", { name: "What the check found" }).waitFor();
});

test("a shared link holds event and configuration, after a warning", async () => {
  await press(page, button("Share"));
  await page.getByRole("dialog").getByText("personal data").waitFor();
  await press(page, button("Copy the link"));
  await seen("The link is copied.");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /#\/tester\?share=/);
  const other = await openPage(browser, link);
  await other.getByText("personas-entered-1001").first().waitFor();
  await other.context().close();
});

test("what was tried is remembered in this browser, and forgotten when asked", async () => {
  await page.getByRole("region", { name: "Result" }).getByText("would be the outcome").waitFor();
  await press(page, button("History"));
  await page.getByRole("dialog").getByText("Add to Audience: delivered").waitFor();
  await press(page, button("Forget all"));
  await press(page, button("History"));
  await page.getByRole("dialog").getByText("Nothing yet.").waitFor();
});

test("8: a list is looked through first, then delivered with progress", async () => {
  await view(page, "list");
  await press(page, button("Use a small sample"));
  await seen("4 rows");
  await seen("3 usable");
  await seen("1 duplicate");
  await page.getByRole("table", { name: "Rows that cannot go" }).getByText("NO_USABLE_IDENTIFIER").waitFor();
  await write(page, page.getByLabel("Audience"), "leads");
  await press(page, button("Deliver"));
  await seen("4 of 4 rows");
  await seen("Done.");
  const { body: audiences } = await call(sandbox.url, "GET", "audiences");
  assert.ok(audiences.find(({ name }) => name === "leads").members > 0);
});

/** Chooses a file of this text on the page of lists. */
const choose = (text) => page.locator("input[type=file]").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

test("8: where no column is guessed, it is chosen", async () => {
  await view(page, "list");
  await choose("Who,Mailing Address,cancelled_at\njane@example.com,Main St 1,2026-05-01\njohn.doe@example.com\n");
  await seen("none of the columns says who is meant");
  assert.ok(await button("Deliver").isDisabled());
  const chooser = page.getByLabel("email", { exact: true });
  assert.deepEqual(await chooser.locator("option").allInnerTexts(), ["–", "Who", "Mailing Address", "cancelled_at"]);
  await chooser.selectOption("Who");
  await seen("1 usable");
  const broken = page.getByRole("table", { name: "Rows that cannot go" });
  assert.match(await broken.innerText(), /2\s+INVALID_RECORD/);
  await page.getByLabel("email", { exact: true }).selectOption("–");
  await seen("none of the columns says who is meant");
  await choose("email,email\na@example.com,b@example.com\n");
  await seen("two columns are called `email`");
});
