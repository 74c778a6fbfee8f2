// Segment's SDK for Node, told on standard input where to send what; prints the errors that it reports.
import { readFileSync } from "node:fs";
import { Analytics } from "@segment/analytics-node";

const { origin, writeKey, flushes } = JSON.parse(readFileSync(0, "utf8"));
const errors = [];
const analytics = new Analytics({ writeKey, host: origin });
analytics.on("error", (error) => errors.push(String(error.reason ?? error.code)));
for (const calls of flushes) {
  for (const { type, ...message } of calls) analytics[type](message);
  await analytics.flush();
}
await analytics.closeAndFlush();
console.log(JSON.stringify({ errors }));
