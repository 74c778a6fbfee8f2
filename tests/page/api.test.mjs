// The JSON for scripts, and who may use it.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { call, startSandbox } from "./sandbox.mjs";

let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(async () => sandbox?.stop());

test("every documented route answers its example", async () => {
  const { body } = await call(sandbox.url, "GET", "");
  assert.ok(body.routes.length > 20);
  await call(sandbox.url, "POST", "send", { payload: "{\"operation\":\"listAudiences\"}" });
  const [feed] = [(await call(sandbox.url, "GET", "feed")).body];
  const fill = { "{name}": "direct_audience_entered.json", "/{id}/": "/1800000000000000001/", "{id}": String(feed[0].id) };
  for (const { method, path, example } of body.routes) {
    if (path.endsWith("/stream")) continue;
    const filled = Object.entries(fill).reduce((text, [from, to]) => text.replace(from, to), path.replace("/_sandbox/", ""));
    if (method === "DELETE" || path.endsWith("/reset")) continue;
    // A load that an example before has begun.
    while ((await call(sandbox.url, "GET", "load")).body?.running);
    const { status, body: reply } = await call(sandbox.url, method, filled, example ?? undefined);
    assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(reply)}`);
  }
});

test("a mistake is answered with a status and a sentence", async () => {
  for (const [method, path, body, status, sentence] of [
    ["GET", "nothing", undefined, 404, /GET \/_sandbox\/ lists them/],
    ["PATCH", "feed", undefined, 405, /GET, DELETE/],
    ["POST", "send", { payloads: "" }, 400, /unknown field/],
    ["POST", "test", { event: "{", config: "{}" }, 400, /the event is not JSON/],
    ["POST", "test", { event: "{}", config: "{" }, 422, /./],
    ["POST", "load", { people: 100_001, batch: 1 }, 400, /people are 1 to 100000/],
    ["PUT", "weather", { kind: "hail", on: true }, 400, /throttling/],
    ["GET", "feed/999999", undefined, 404, /no such invocation/],
    ["GET", "audiences/1/members", undefined, 404, /no such audience/],
  ]) {
    const { status: got, body: reply } = await call(sandbox.url, method, path, body);
    assert.equal(got, status, `${method} ${path}`);
    assert.match(reply.error, sentence, `${method} ${path}`);
  }
});

/** A request with headers that fetch would not send. */
function raw(method, path, headers, url = sandbox.url) {
  return new Promise((resolve, reject) => {
    const request = http.request(url + path, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    request.on("error", reject);
    request.end(method === "GET" ? undefined : "{}");
  });
}

test("other sites and other names of this machine are refused", async () => {
  const own = new URL(sandbox.url).host;
  for (const [method, path, headers, status] of [
    ["GET", "/", { host: "sandbox.example.com" }, 421],
    ["GET", "/_sandbox/feed", { host: "127.0.0.1.example.com" }, 421],
    ["POST", "/_sandbox/reset", { origin: "https://example.com" }, 403],
    ["POST", "/_sandbox/reset", { "sec-fetch-site": "cross-site" }, 403],
    ["POST", "/_sandbox/reset", { origin: "null" }, 403],
    ["POST", "/2015-03-31/functions/sandbox/invocations", { origin: "https://example.com" }, 403],
    ["GET", "/_sandbox/stream", { "sec-fetch-site": "cross-site" }, 403],
    ["GET", "/", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, 200],
    ["POST", "/_sandbox/reset", { origin: `http://${own}`, "sec-fetch-site": "same-origin" }, 200],
    ["GET", "/", { host: `localhost:${own.split(":")[1]}` }, 200],
  ]) {
    const got = await raw(method, path, headers);
    assert.equal(got.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
    assert.equal(got.headers["access-control-allow-origin"], undefined);
  }
});

test("the routes of the sandbox's world are for this machine only, too", async () => {
  for (const [method, path, headers, status] of [
    ["GET", "/secret", { host: "sandbox.example.com" }, 421],
    ["PUT", "/secret", { origin: "https://example.com" }, 403],
    ["POST", "/reset", { "sec-fetch-site": "cross-site" }, 403],
    ["GET", "/members", {}, 200],
  ]) {
    const got = await raw(method, path, headers, sandbox.control);
    assert.equal(got.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
  }
});

test("the page may run its own files only", async () => {
  const { headers } = await raw("GET", "/", {});
  const policy = headers["content-security-policy"];
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[\w-]{22}'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.notEqual(policy, (await raw("GET", "/", {})).headers["content-security-policy"], "a nonce of its own");
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("the stream tells of an invocation", async () => {
  const response = await fetch(`${sandbox.url}/_sandbox/stream`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  await call(sandbox.url, "POST", "send", { payload: "{\"operation\":\"listAudiences\"}" });
  let text = "";
  while (!/event: request\ndata: \{.*"way_in":"operation".*\}\n\n/.test(text)) text += (await reader.read()).value;
  await reader.cancel();
});
