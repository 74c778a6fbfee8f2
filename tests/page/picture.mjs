// Takes the picture of the page that README and book show: `node tests/page/picture.mjs`, after `cargo build -p tta`.
import { openPage, press, startBrowser, startSandbox } from "./sandbox.mjs";

const path = new URL("../../docs/src/img/page.png", import.meta.url).pathname;
const sandbox = await startSandbox();
const browser = await startBrowser();
try {
  const page = await openPage(browser, sandbox.url, { viewport: { width: 1240, height: 780 }, colorScheme: "light" });
  await page.waitForSelector("main[data-ready=tester]");
  const result = page.getByRole("region", { name: "Result" });
  await result.getByText("sent as EMAIL_SHA256").waitFor();
  await press(page, page.getByRole("button", { name: "Show personal data", exact: true }));
  await result.getByText("jane.doe@example.com").first().waitFor();
  // Where the pointer and the focus are is nobody's matter.
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path, animations: "disabled" });
} finally {
  await browser.close();
  await sandbox.stop();
}
