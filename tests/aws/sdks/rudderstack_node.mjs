// RudderStack's SDK for Node, told on standard input where to send what; prints the errors that it reports.
import { readFileSync } from "node:fs";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const { origin, writeKey, flushes } = JSON.parse(readFileSync(0, "utf8"));
const errors = [];
const errorHandler = (error) => errors.push(error.message);
// It logs to standard output, which is for the result.
const analytics = new RudderAnalytics(writeKey, { dataPlaneUrl: origin, errorHandler, logLevel: "none" });
for (const calls of flushes) {
  for (const { type, ...message } of calls) analytics[type](message);
  await analytics.flush();
}
console.log(JSON.stringify({ errors }));
